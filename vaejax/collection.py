"""What a config points at -> Dataset: a folder of songs, the songbook, or images."""

import os
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from vaejax import check, data, images, run_folder
from vaejax.core import Dataset, Rejected, Track

# Configs name these; a collection may have any of them, or none.
OPTIONAL_LABELS = {"language", "genre", "key", "level_db", "bandwidth_hz"}
SONGBOOKS = Path(__file__).parents[1] / "data" / "songbook"


class Collection(NamedTuple):
    """What there is to cluster, before any audio is read."""

    fingerprint: str
    tracks: tuple[Track, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    arrays: Dataset | None = None  # in place of tracks: a set of images


def open_collection(settings: dict) -> Collection:
    """Reads metadata or images, and refuses settings that do not go with them.

    The embedded collection is rendered if it is missing.

    Raises:
      ValueError: the collection cannot be read, or is too small for the settings.
    """
    options = settings["data"]
    root = options["root"]
    if root == "digits" or root.endswith(".npz"):
        arrays = images.read(root, held_out_share=options["held_out_share"])
        found = Collection(data.fingerprint(arrays), arrays=arrays)
    else:
        from vaejax import corpus

        folder = songbook_folder(settings) if root == "songbook" else Path(root)
        read = corpus.read(folder, allow_outside=options["allow_outside"])
        found = Collection(corpus.fingerprint(read.tracks), *read)
    _refuse_misfits(settings, found)
    return found


def songbook_folder(settings: dict) -> Path:
    """The embedded collection of the size asked for, rendered if it is missing."""
    from vaejax import songbook

    options = settings["songbook"]
    name = "{n_songs}x{duration_s:g}s-seed{seed}".format(**options)
    # A second's delay: a collection that is there already needs no bar.
    with tqdm(total=options["n_songs"], desc="songbook", unit="song", delay=1) as bar:
        songbook.render(
            SONGBOOKS / name,
            **options,
            n_workers=n_workers(settings),
            on_song=lambda done: bar.update(done - bar.n),
        )
    return SONGBOOKS / name


def n_workers(settings: dict) -> int:
    """Processes for work outside of JAX: as configured, or one per core."""
    return settings["data"]["n_workers"] or len(os.sched_getaffinity(0))


def _refuse_misfits(settings: dict, found: Collection) -> None:
    if found.arrays is not None:
        columns = set(found.arrays.labels)
        n_rows = n_songs = len(found.arrays.ids)
    else:
        columns = {name for track in found.tracks for name in track.columns}
        columns |= {"artist"}
        n_rows = len(found.tracks)
        n_songs = len({track.song_id for track in found.tracks})
    check.collection(
        settings,
        n_rows=n_rows,
        n_songs=n_songs,
        columns=columns,
        optional=OPTIONAL_LABELS,
    )


def prepare(
    settings: dict, found: Collection, workdir: Path
) -> tuple[Dataset, list, str]:
    """Features of every usable track; what is set aside goes to `rejected.csv`.

    Returns:
      The dataset; its clips, none for a set of images; what was found, in words.

    Raises:
      ValueError: too few tracks are left for the settings.
    """
    options = settings["data"]
    if found.arrays is not None:
        dataset = data.conditioned(found.arrays, options["condition"])
        return dataset, [], f"{len(dataset.ids)} images"
    from vaejax import corpus, features

    clips, unreadable = features.extract(
        found.tracks,
        cache_dir=Path(settings["data"]["cache_dir"]),
        n_workers=n_workers(settings),
        **settings["features"],
    )
    rejected = (*found.rejected, *unreadable)
    run_folder.write_csv(workdir / "rejected.csv", Rejected._fields, rejected)
    if not clips:
        raise ValueError(
            f"none of the {len(unreadable)} files can be used. The first: "
            f"{unreadable[0].reason} All reasons: {workdir / 'rejected.csv'}"
        )
    tracks = tuple(clip.track for clip in clips)
    statistics = corpus.statistics(tracks, rejected)
    run_folder.write_json(workdir / "collection.json", statistics)
    _refuse_misfits(settings, found._replace(tracks=tracks))
    dataset = data.from_clips(clips, **{name: options[name] for name in data.OPTIONS})
    odd = write_tracks(workdir / "tracks.csv", clips)
    about = corpus.describe(statistics)
    if odd:
        about += f"\nUsed, but odd: {odd} tracks; tracks.csv has a note on each"
    return dataset, clips, about


def write_tracks(path: Path, clips: list) -> int:
    """Writes what is known of every track; returns how many carry a note."""
    columns = list(dict.fromkeys(name for c in clips for name in c.track.columns))
    about = ("track_id", "file_name", "song_id", "title", "artist")
    measured = ("duration_s", "level_db", "note")
    rows = [
        [getattr(clip.track, name) for name in about]
        + [clip.track.columns.get(name) for name in columns]
        + [round(clip.duration_s, 3), round(clip.level_db, 1), clip.note]
        for clip in clips
    ]
    header = [*about, *columns, *(f"audio_{name}" for name in measured)]
    run_folder.write_csv(path, header, rows)
    return sum(bool(clip.note) for clip in clips)
