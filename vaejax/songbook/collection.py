"""The rendered collection as a folder, in the Hugging Face AudioFolder convention.

    metadata.csv                        one row a song
    audio/<language>/<track_id>.flac    22,050 Hz, mono, 16 bits
    lyrics/<track_id>.txt               and .roman.txt, .translated.txt; 60 % have them
    songbook.json                       the settings it was rendered with

The folder appears whole or not at all: it is rendered beside its place and renamed.
"""

import csv
import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from vaejax import workers
from vaejax.songbook import lyrics
from vaejax.songbook.instruments import SAMPLE_RATE_HZ
from vaejax.songbook.plan import Song, plan

VERSION = 2  # raised whenever the same settings would give other files
SHORTEST_S = 1.0
COLUMNS = (
    "file_name,track_id,song_id,title,artist,language,genre,lyrics_file,"
    "romanized_file,translated_file,tempo_bpm,key,mode,duration_s,level_db,snr_db,"
    "bandwidth_hz,tilt_db_per_octave"
).split(",")
_SUFFIXES = {
    "original": ".txt",
    "romanized": ".roman.txt",
    "translated": ".translated.txt",
}


class Job(NamedTuple):
    """What a worker needs to write one song."""

    folder: Path
    song: Song
    seed: int
    duration_s: float


def render(
    root: Path,
    *,
    n_songs: int = 240,
    duration_s: float = 10.0,
    seed: int = 0,
    n_workers: int = 2,
    on_song: Callable[[int], None] | None = None,
) -> None:
    """Renders the collection into `root`, or returns at once if it is there already.

    Args:
      root: the folder to make; its parents are made too.
      n_songs: 1,120 with `duration_s=30` is the full-size collection.
      duration_s: seconds of each song.
      seed: the same seed gives the same bytes, whatever `n_workers` is; another kind
        of processor rounds some samples otherwise, by the least bit.
      n_workers: processes; 1 renders in this one.
      on_song: called in this process with the number of songs written so far.

    Raises:
      ValueError: a setting is out of range, or `root` holds other settings or other
        files.
    """
    _check(n_songs=n_songs, duration_s=duration_s, seed=seed, n_workers=n_workers)
    root = Path(root)
    asked = {"version": VERSION, "n_songs": n_songs, "seed": seed}
    asked["duration_s"] = float(duration_s)
    if _holds(root, asked):
        return
    root.parent.mkdir(parents=True, exist_ok=True)
    _remove_orphans(root)
    partial = root.with_name(f"{_prefix(root)}{os.getpid()}")
    partial.mkdir()
    try:
        _write(partial, asked, n_workers, on_song)
        partial.rename(root)
    except OSError:
        # another process may have been faster; its folder is as good as ours
        if not _holds(root, asked):
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _check(*, n_songs: int, duration_s: float, seed: int, n_workers: int) -> None:
    for name, value, least in (
        ("n_songs", n_songs, 1),
        ("duration_s", duration_s, SHORTEST_S),
        ("seed", seed, 0),
        ("n_workers", n_workers, 1),
    ):
        if not least <= value < float("inf"):
            raise ValueError(
                f"songbook {name}={value} must be at least {least} and finite. "
                f"Set {name}={least} or more."
            )


def _holds(root: Path, asked: dict[str, int | float]) -> bool:
    """Whether the folder is this collection; an error if it is anything else."""
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    settings = root / "songbook.json"
    if not settings.is_file():
        raise ValueError(
            f"{root} exists and holds no songbook.json, so it was not rendered here "
            "and is left alone. Give the songbook a folder of its own."
        )
    try:
        found = json.loads(settings.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"{settings} is not JSON ({error}). Remove {root} to render it again."
        ) from error
    if found != asked:
        raise ValueError(
            f"{root} holds a songbook with {_told(found)}, and {_told(asked)} was "
            "asked for. Give another folder, ask for the same settings, or remove it."
        )
    return True


def _told(settings: object) -> str:
    if not isinstance(settings, dict):
        return f"settings {settings!r}"
    return ", ".join(f"{name}={value}" for name, value in settings.items())


def _prefix(root: Path) -> str:
    return f".{root.name}.partial-{socket.gethostname()}-"


def _remove_orphans(root: Path) -> None:
    """Removes what killed renders of this folder, on this machine, left beside it."""
    for left in root.parent.iterdir():
        prefix, owner = left.name[: len(_prefix(root))], left.name[len(_prefix(root)) :]
        if prefix == _prefix(root) and owner.isdecimal() and not _alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process_id != os.getpid()


def _write(
    folder: Path,
    settings: dict[str, int | float],
    n_workers: int,
    on_song: Callable[[int], None] | None,
) -> None:
    """Writes every file of the collection into a folder that no one reads yet."""
    seed, duration_s = int(settings["seed"]), float(settings["duration_s"])
    songs = plan(int(settings["n_songs"]), seed)
    (folder / "lyrics").mkdir()
    for language in {song.language for song in songs}:
        (folder / "audio" / language).mkdir(parents=True)
    jobs = [Job(folder, song, seed, duration_s) for song in songs]
    for done, _ in enumerate(_finished(jobs, n_workers), start=1):
        if on_song is not None:
            on_song(done)
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(_row(song, duration_s) for song in songs)
    text = json.dumps(settings, indent=2) + "\n"
    (folder / "songbook.json").write_text(text, encoding="utf-8")


def _finished(jobs: list[Job], n_workers: int) -> Iterator[None]:
    """Runs the jobs and yields after each one."""
    if n_workers == 1 or len(jobs) == 1:
        yield from map(write_song, jobs)
        return
    for _, ended in workers.results(write_song, jobs, n_workers=n_workers):
        if isinstance(ended, workers.WorkerError):
            raise ended
        yield


def _audio_name(song: Song) -> str:
    return f"audio/{song.language}/{song.track_id}.flac"


def write_song(job: Job) -> None:
    """Writes the audio and the lyrics of one song."""
    import soundfile

    from vaejax.songbook.mix import render_song

    song = job.song
    samples = render_song(song, seed=job.seed, duration_s=job.duration_s)
    soundfile.write(
        job.folder / _audio_name(song), samples, SAMPLE_RATE_HZ, subtype="PCM_16"
    )
    if song.has_lyrics:
        for version, suffix in _SUFFIXES.items():
            path = job.folder / "lyrics" / f"{song.track_id}{suffix}"
            # bytes: text mode would write other line ends on Windows
            path.write_bytes(lyrics.text(song.sheet, version).encode())


def _row(song: Song, duration_s: float) -> dict[str, str | float]:
    stem = f"lyrics/{song.track_id}" if song.has_lyrics else None
    files = {
        column: f"{stem}{suffix}" if stem else ""
        for column, suffix in zip(
            ("lyrics_file", "romanized_file", "translated_file"),
            _SUFFIXES.values(),
            strict=True,
        )
    }
    known = {name: value for name, value in song._asdict().items() if name in COLUMNS}
    return (
        known
        | files
        | {
            "file_name": _audio_name(song),
            "song_id": f"song_{song.index:05d}",
            "duration_s": f"{round(duration_s * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ:.3f}",
        }
    )
