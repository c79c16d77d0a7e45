"""`tracks.csv`: all that a run knows of every track, a row each."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vaejax import disk
from vaejax.core import Dataset, Track


def write_tracks(
    path: Path, tracks: Sequence[Track], clips: list, heard: dict[str, np.ndarray]
) -> int:
    """Writes what is known of every track; returns how many carry a note.

    Args:
      heard: {name: a value a clip}.
    """
    columns = list(dict.fromkeys(name for track in tracks for name in track.columns))
    about = ("track_id", "file_name", "song_id", "title", "artist")
    measured = ("duration_s", "level_db", "note", *heard) if clips else ()
    rows = [
        [getattr(track, name) for name in about]
        + [track.columns.get(name) for name in columns]
        for track in tracks
    ]
    for i, (row, clip) in enumerate(zip(rows, clips, strict=bool(clips))):
        row += [round(clip.duration_s, 3), round(clip.level_db, 1), clip.note]
        values = [float(x[i]) for x in heard.values()]
        row += [float(f"{x:.4g}") if np.isfinite(x) else None for x in values]
    header = [*about, *columns, *(f"audio_{name}" for name in measured)]
    disk.write_csv(path, header, rows)
    return sum(bool(clip.note) for clip in clips)


def write_images(path: Path, dataset: Dataset) -> None:
    """The same of a set of images, which have no files of their own."""
    labels = dataset.labels
    names = ("file_name", "title", "artist")
    header = ["track_id", "song_id", *labels, *(n for n in names if n not in labels)]
    columns = [dataset.ids, dataset.songs, *labels.values()]
    empty = [""] * (len(header) - len(columns))
    rows = zip(*columns, strict=True)
    disk.write_csv(path, header, ([*row, *empty] for row in rows))
