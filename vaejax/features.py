"""Tracks -> log-mel spectrograms and MFCC, in parallel, cached by content.

What decides whether a clip is computed is the content of its file and the settings, not
its name or age. One bad file is set aside with its reason, and the rest goes on.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import numpy as np
from jaxtyping import Float32
from tqdm import tqdm

from vaejax import audio, contents, dask_workers, mapped, store, workers
from vaejax.core import Rejected, Track

VERSION = 1  # raised whenever audio.py gives other numbers
# Of one file. The loudest half minute of an hour in stereo at 96 kHz takes 4 s and .1
# GB; the rest is for slow machines, odd formats and MP3 that do not state their length.
CPU_S = 120
WALL_S = 1200  # where the disk or other programs keep it waiting
MEMORY_BYTES = 2**31
_BYTES_PER_S = 2**22  # more for a longer window: stereo at 192 kHz, in three copies
_ROUNDS = 3  # for a cache whose records turn out to be damaged


class Team(NamedTuple):
    """Who computes: processes of this machine, or of a Dask cluster."""

    n_workers: int
    scheduler: str  # "" is none


class Clip(NamedTuple):
    """The features of one track, as read-only views into files."""

    track: Track
    mel: Float32[np.ndarray, "t f"]  # dB relative to the loudest bin, in [-80, 0]
    mfcc: Float32[np.ndarray, "t d"]  # coefficients, deltas, second deltas
    duration_s: float  # of the audio used
    level_db: float  # its RMS relative to full scale, in [-120, 0] for most
    note: str  # what is odd about it: cut short, silent, channels that cancel


def extract(
    tracks: Sequence[Track],
    *,
    cache_dir: Path,
    n_workers: int,
    scheduler: str = "",
    sample_rate_hz: int,
    duration_s: float,
    crop: str,
    n_fft: int,
    hop: int,
    n_mels: int,
    n_mfcc: int,
    needed: Callable[[Sequence[Track]], Container[str]] | None = None,
) -> tuple[list[Clip], list[Rejected]]:
    """The clips in the order of their tracks, and the tracks that give none.

    A second call computes only what is new. One that is killed loses only the files in
    flight. Memory does not grow with the features, only with the number of tracks.

    Args:
      tracks: of `corpus.read`.
      cache_dir: made if need be; may be shared by processes that run at once.
      n_workers: processes that decode, at least 1; this one never does.
      scheduler: of a Dask cluster that does it instead: its address, or local for one
        of this machine alone. The features are the same.
      sample_rate_hz: to which everything is resampled.
      duration_s: longest stretch used of a file.
      crop: where that stretch lies: start, centre or loudest.
      n_fft: samples in a frame.
      hop: samples between frames.
      n_mels: bands.
      n_mfcc: coefficients, at most n_mels.
      needed: of the tracks that have features, the ids of those that are read; of all
        others the shapes are known, and everything is 0. None reads all.

    Raises:
      StoreError: the cache folder is damaged or does not keep what it is given.
      DaskError: the cluster cannot be used.
    """
    team = Team(n_workers, scheduler)
    frames = {"sample_rate_hz": sample_rate_hz, "n_fft": n_fft, "hop": hop}
    crops = {"duration_s": float(duration_s), "crop": crop}
    settings = frames | crops | {"n_mels": n_mels, "n_mfcc": n_mfcc}

    def recipe() -> audio.Recipe:
        bank = audio.mel_bank(**frames, n_mels=n_mels)
        return audio.Recipe(sample_rate_hz, duration_s, crop, bank, n_mfcc)

    with store.opened(cache_dir, settings | {"version": VERSION}) as cache:
        for _ in range(_ROUNDS):
            records = _records(cache, tracks, recipe, team)
            pairs = [*zip(tracks, records, strict=True)]
            usable = [track for track, record in pairs if record.shapes]
            ids = needed(usable) if needed else {track.track_id for track in usable}
            found = [_clip(cache, *pair, pair[0].track_id in ids) for pair in pairs]
            if all(found):
                clips = [clip for clip in found if isinstance(clip, Clip)]
                return clips, [row for row in found if isinstance(row, Rejected)]
    raise store.StoreError(
        f"{str(cache_dir)!r} does not keep what is written to it: checksums fail "
        f"{_ROUNDS} times in a row. Name another config.data.cache_dir."
    )


def _clip(
    cache: store.Store, track: Track, record: store.Record, is_read: bool
) -> Clip | Rejected | None:
    """What a record says about its track; None where the record is damaged."""
    if not record.shapes:
        reason = f"{track.file_name!r} {' '.join(record.meta.values())}"
        return Rejected(track.file_name, track.track_id, reason)
    if not is_read:
        empty = (np.broadcast_to(np.float32(0), shape) for shape in record.shapes)
        return Clip(track, *empty, **record.meta)
    arrays = store.arrays(cache, record)
    if arrays is None:
        store.drop(cache, record)
        return None
    mapped.forget(arrays[0])  # the pages of its shard that the checksum has read
    return Clip(track, *arrays, **record.meta)


def _records(
    cache: store.Store,
    tracks: Sequence[Track],
    recipe: Callable[[], audio.Recipe],
    team: Team,
) -> list[store.Record]:
    """One record a track, computed where the cache has none."""
    paths = [track.path.absolute() for track in tracks]  # for whoever reads them
    records = [_cached(cache, path) for path in paths]
    missing = {row: paths[row] for row, record in enumerate(records) if record is None}
    if not missing:
        return records
    with tqdm(total=len(missing), desc="features", unit="file", mininterval=0.5) as bar:

        def done(row: int, record: store.Record) -> None:
            records[row] = record
            bar.update()

        _compute(cache, missing, recipe, team, done)
    return records


def _cached(cache: store.Store, path: Path) -> store.Record | None:
    """The record of a file that has not changed since it was read."""
    content = contents.known(cache, path)
    return store.find(cache, content) if content else None


def _compute(
    cache: store.Store,
    paths: dict[int, Path],
    recipe: Callable[[], audio.Recipe],
    team: Team,
    done: Callable[[int, store.Record], None],
) -> None:
    """Calls `done` for every row; contents that are equal are computed once."""
    waiting: dict[bytes, list[int]] = {}
    jobs = _jobs(cache, paths, waiting, team.n_workers, done)
    first = next(jobs, None)
    if first is None:
        return
    made = recipe()  # only now worth a second
    folder, analyse = cache.folder.absolute(), partial(audio.analyse, made)
    work = partial(store.fill, folder, uuid4().hex, analyse)
    how = {"n_workers": team.n_workers, "limits": limits(made.duration_s)}
    results_of = _results_of(team.scheduler, len(paths))
    with closing(results_of(work, chain([first], jobs), **how)) as results:
        for (content, path), record in results:
            if isinstance(record, workers.WorkerError):
                record = _unavailable(record)
            elif contents.known(cache, path) != content:  # which is what was decoded
                why = "was changed or removed while it was read."
                record = _unavailable(audio.UnavailableError(why))
            if "unavailable" not in record.meta:  # else it may be there next time
                store.keep(cache, record)
            for row in waiting.pop(content):
                done(row, record)


def _results_of(scheduler: str, n_jobs: int) -> Callable[..., Iterator]:
    """`workers.results`, or the same on a cluster."""
    if not scheduler:
        return workers.results
    return partial(dask_workers.results, scheduler=scheduler, n_jobs=n_jobs)


def limits(duration_s: float) -> workers.Limits:
    """What a process may take for a file of which so much is used."""
    memory = MEMORY_BYTES + _BYTES_PER_S * round(duration_s)
    return workers.Limits(CPU_S + round(duration_s), WALL_S, memory)


def _jobs(
    cache: store.Store,
    paths: dict[int, Path],
    waiting: dict[bytes, list[int]],
    n_threads: int,
    done: Callable[[int, store.Record], None],
) -> Iterator[tuple[bytes, Path]]:
    """Contents without a record; the rows that wait for them go into `waiting`."""
    for row, content in contents.read(cache, paths, n_threads):
        if isinstance(content, audio.AudioError):
            done(row, _unavailable(content))
        elif content in waiting:
            waiting[content].append(row)
        elif record := store.find(cache, content):
            done(row, record)
        else:
            waiting[content] = [row]
            yield content, paths[row]


def _unavailable(error: Exception) -> store.Record:
    return store.Record(b"", "", 0, 0, [], {"unavailable": str(error)})
