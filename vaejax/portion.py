"""What one of several processes prepares: features in shares, arrays of its own rows.

Features are extracted in shares into the cache that all processes see. Of the arrays
each holds the rows that lie on its devices; what is streamed it writes a part of, into
files that all read. Standardisation adds up over all of them.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np
from jax.sharding import Mesh

from vaejax import (
    collection,
    data,
    devices,
    hosts,
    mapped,
    memory,
    oddities,
    train,
)
from vaejax.collection import Collection
from vaejax.core import Dataset, Track
from vaejax.shares import Held, Joined, Share, shared


def prepare(settings: dict, found: Collection, mesh: Mesh, folder: Path) -> Dataset:
    """The dataset of `collection.prepare`, of which the rows of this process are here.

    Args:
      folder: that all processes see, for the arrays of what is streamed.

    Raises:
      ValueError: no file can be used, or what can be used differs between processes.
    """
    options = settings["data"]
    if found.arrays is not None:
        dataset = data.conditioned(found.arrays, options["condition"])
        share = devices.share_of(train.rows_of(dataset), mesh)
        batch = {name: x[share.rows] for name, x in dataset.batch.items()}
        batch = shared(batch, share, len(dataset.ids))
        return dataset._replace(batch=batch, raw=dataset.raw[:, :0])
    tracks, words = found.tracks, None
    if collection.uses_lyrics(settings):
        tracks, read, _ = hosts.first_then_others(
            lambda: collection.with_lyrics(settings, tracks)
        )
    hosts.in_shares(tracks, lambda some: collection.clips_of(settings, some))
    clips, _ = collection.clips_of(
        settings,
        tracks,
        needed=lambda usable: _ids(usable, _share(settings, usable, mesh).rows),
    )
    tracks = [clip.track for clip in clips] or tracks
    _refuse_disagreement(tracks)
    collection.refuse_misfits(settings, found._replace(tracks=tuple(tracks)))
    if "lyrics" in options["modalities"]:
        lyrics = [read[track.track_id] for track in tracks]
        words = hosts.first_then_others(lambda: collection.vectors_of(settings, lyrics))
    return _placed(settings, tracks, clips, words, mesh, folder)


def _ids(tracks: Sequence[Track], rows: np.ndarray) -> set[str]:
    """Of the tracks whose rows these are."""
    order = data.by_id(tracks)
    return {tracks[i].track_id for i in order[rows]}


def _share(settings: dict, tracks: Sequence[Track], mesh: Mesh) -> Share:
    """The rows that lie on the devices of this process."""
    songs = np.array([tracks[i].song_id for i in data.by_id(tracks)])
    held_out = data.hold_out(songs, settings["data"]["held_out_share"])
    return devices.share_of(train.split(held_out), mesh)


def _refuse_disagreement(tracks: Sequence[Track]) -> None:
    text = "\n".join(track.track_id for track in tracks)
    seen = (len(tracks), hashlib.sha256(text.encode()).hexdigest())
    everyones = hosts.everyones(seen)
    if any(one != everyones[0] for one in everyones):
        counts = [n for n, _ in everyones]
        raise ValueError(
            f"config.data.root: of the same folder the processes can use {counts} "
            "tracks. All of them have to see the same files: look at its mount on "
            "every host."
        )


def _placed(
    settings: dict,
    tracks: Sequence[Track],
    clips: list,
    words: data.Words | None,
    mesh: Mesh,
    folder: Path,
) -> Dataset:
    options, share = settings["data"], _share(settings, tracks, mesh)
    n_bytes = collection.n_bytes(options, clips, words) * len(share.rows) // len(tracks)
    cache = Path(options["cache_dir"])
    on_host = max(1, mesh.shape["data"] // jax.process_count())
    there = memory.room(cache)
    way = memory.way(options["memory"], n_bytes, there, cache, shared_by=on_host)
    if any(hosts.everyones(way.streamed)):
        return _in_files(settings, tracks, words, folder)
    dataset = data.from_songs(tracks, clips, words, options, np.zeros, share)
    _refuse_nonfinite(dataset, share)
    return dataset


def _in_files(
    settings: dict, tracks: Sequence[Track], words: data.Words | None, folder: Path
) -> Dataset:
    """Any row may be in a batch: each process writes some of them, for all to read."""
    ranges = hosts.ranges(len(tracks))
    rows = np.array(ranges[jax.process_index()])
    share = Share(rows, np.ones(len(rows), bool))
    clips, _ = collection.clips_of(
        settings, tracks, needed=lambda usable: _ids(usable, rows)
    )
    zeros = mapped.in_files(folder / str(jax.process_index()))
    dataset = data.from_songs(tracks, clips, words, settings["data"], zeros, share)
    _refuse_nonfinite(dataset, share)
    held = {name: x for name, x in dataset.batch.items() if isinstance(x, Held)}
    written = {name: mapped.moved(x.here, zeros) for name, x in held.items()}
    for x in written.values():
        x.flush()
    hosts.meet()
    joined = {name: _joined(x, ranges, folder) for name, x in written.items()}
    return dataset._replace(streamed=True, batch=dataset.batch | joined)


def _joined(mine: np.memmap, ranges: Sequence[range], folder: Path) -> Joined:
    """The rows that all processes have written where this one has written its own."""
    file = Path(mine.filename).name
    parts = []
    for i, rows in enumerate(ranges):
        shape = (len(rows), *mine.shape[1:])
        parts.append(np.memmap(folder / str(i) / file, mine.dtype, "r", shape=shape))
    return Joined(parts)


def _refuse_nonfinite(dataset: Dataset, share: Share) -> None:
    here = {k: x.here for k, x in dataset.batch.items() if isinstance(x, Held)}
    ids = dataset.ids[share.rows]
    oddities.refuse_nonfinite(dataset._replace(batch=here, ids=ids))
