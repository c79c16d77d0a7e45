"""What a config points at -> Dataset: a folder of songs, the songbook, or images."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from vaejax import check, data, devices, images, run_folder, traits
from vaejax.core import Dataset, Rejected, Track
from vaejax.text.versions import Lyrics

# Configs name these; a collection may have any of them, or none.
OPTIONAL_LABELS = {"language", "genre", "key", "level_db", "bandwidth_hz"}
LYRICS_ALONE = ("lyrics",)  # the modalities of a run that needs no audio
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
        from vaejax import corpus, texts

        folder = folder_of(settings)
        if root == "songbook":
            render(settings, folder)
        of_texts = options["modalities"] == LYRICS_ALONE and texts.is_texts(folder)
        read_all = texts.read if of_texts else corpus.read
        read = read_all(folder, allow_outside=options["allow_outside"])
        found = Collection(corpus.fingerprint(read.tracks), *read)
    _refuse_misfits(settings, found)
    return found


def folder_of(settings: dict) -> Path:
    """Where the collection lies; the embedded one in a folder for each of its sizes."""
    if settings["data"]["root"] != "songbook":
        return Path(settings["data"]["root"])
    name = "{n_songs}x{duration_s:g}s-seed{seed}".format(**settings["songbook"])
    return SONGBOOKS / name


def render(settings: dict, folder: Path) -> None:
    """Renders the embedded collection of the size asked for, if it is missing."""
    from vaejax import songbook

    options = settings["songbook"]
    # A second's delay: a collection that is there already needs no bar.
    with tqdm(total=options["n_songs"], desc="songbook", unit="song", delay=1) as bar:
        songbook.render(
            folder,
            **options,
            n_workers=n_workers(settings),
            on_song=lambda done: bar.update(done - bar.n),
        )


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
        if uses_lyrics(settings):
            columns |= {"lyrics_language"}
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
        write_images(workdir / "tracks.csv", dataset)
        return dataset, [], f"{len(dataset.ids)} images"
    return _prepare_tracks(settings, found, workdir)


def _prepare_tracks(
    settings: dict, found: Collection, workdir: Path
) -> tuple[Dataset, list, str]:
    from vaejax import corpus, lyrics

    options, notes = settings["data"], []
    tracks, rejected, read = found.tracks, [*found.rejected], {}
    if uses_lyrics(settings):
        tracks, read, unused = _with_lyrics(settings, tracks)
        rejected += unused
        notes.append(lyrics.described(read.values()))
        notes.append(lyrics.agreement(tracks, list(read.values())))
    clips, unreadable = clips_of(settings, tracks)
    tracks = tuple(clip.track for clip in clips) if clips or unreadable else tracks
    rejected += unreadable
    run_folder.write_csv(workdir / "rejected.csv", Rejected._fields, rejected)
    if not tracks:
        failed = unreadable or rejected
        raise ValueError(
            f"none of the {len(failed)} files can be used. The first: "
            f"{failed[0].reason} All reasons: {workdir / 'rejected.csv'}"
        )
    statistics = corpus.statistics(tracks, rejected)
    where = {"folder": str(folder_of(settings).resolve())}
    run_folder.write_json(workdir / "collection.json", where | statistics)
    _refuse_misfits(settings, found._replace(tracks=tracks))
    words = None
    if "lyrics" in options["modalities"]:
        words = vectors_of(settings, [read[track.track_id] for track in tracks])
    given = {name: options[name] for name in data.OPTIONS}
    if clips:
        dataset = data.from_clips(clips, **given, words=words)
    else:
        shares = options["condition"], options["held_out_share"]
        dataset = data.from_tracks(tracks, {}, words, *shares)
    odd = write_tracks(workdir / "tracks.csv", tracks, clips, heard(settings, clips))
    run_folder.write_json(workdir / "words.json", words_of(settings, tracks))
    if odd:
        notes.append(f"Used, but odd: {odd} tracks; tracks.csv has a note on each")
    about = [corpus.describe(statistics), *filter(None, notes)]
    return dataset, clips, "\n".join(about)


def uses_lyrics(settings: dict) -> bool:
    """Whether the lyrics have to be read."""
    options = settings["data"]
    return "lyrics" in options["modalities"] or options["tracks"] == "with_lyrics"


def _with_lyrics(
    settings: dict, tracks: Sequence[Track]
) -> tuple[tuple[Track, ...], dict[str, Lyrics], list[Rejected]]:
    """The tracks to use, their lyrics by id, and what is set aside."""
    from vaejax import lyrics

    data_options, options = settings["data"], settings["lyrics"]
    found, rejected = lyrics.read(tracks, options, Path(data_options["cache_dir"]))
    every = (
        data_options["tracks"] == "all" and data_options["modalities"] != LYRICS_ALONE
    )
    kept, read = [], {}
    for track, one in zip(tracks, found, strict=True):
        if every or lyrics.has_any(one, options):
            kept.append(track._replace(columns=lyrics.columns(one) | track.columns))
            read[track.track_id] = one
        else:
            reason = f"{track.file_name!r} has no lyrics, which this run is about."
            rejected.append(Rejected(track.file_name, track.track_id, reason))
    return tuple(kept), read, rejected


def vectors_of(
    settings: dict, lyrics: list[Lyrics], n_fitted: int | None = None
) -> data.Words:
    """The lyrics of tracks as vectors, fitted to all of them or to the first ones."""
    from vaejax.lyrics import words

    return words(
        lyrics,
        form=settings["data"]["lyrics"],
        options=settings["lyrics"],
        cache_dir=Path(settings["data"]["cache_dir"]),
        dtype=devices.dtype(settings["networks"]["dtype"]),
        n_fitted=n_fitted,
    )


def clips_of(settings: dict, tracks: Sequence[Track]) -> tuple[list, list[Rejected]]:
    """Features of the audio; nothing where the run is about lyrics alone."""
    if settings["data"]["modalities"] == LYRICS_ALONE:
        return [], []
    from vaejax import features

    return features.extract(
        tracks,
        cache_dir=Path(settings["data"]["cache_dir"]),
        n_workers=n_workers(settings),
        **settings["features"],
    )


def heard(settings: dict, clips: list) -> dict[str, np.ndarray]:
    """What can be heard in every clip, each measured once and for all."""
    if not clips:
        return {}
    options = settings["features"]
    return traits.of_clips(
        clips,
        cache_dir=Path(settings["data"]["cache_dir"]),
        sample_rate_hz=options["sample_rate_hz"],
        hop=options["hop"],
    )


def words_of(settings: dict, tracks: Sequence[Track]) -> dict[str, dict[str, int]]:
    """{track id: {word: how often}} of the tracks that have lyrics.

    Words in what the singers sing; their romanisation where there is nothing else.
    """
    from vaejax.text import keywords, versions

    options = settings["lyrics"]
    found = versions.originals(tracks, drop=options["drop"])
    return {
        track.track_id: dict(keywords.words_of(lines))
        for track, lines in zip(tracks, found, strict=True)
        if lines
    }


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
    run_folder.write_csv(path, header, rows)
    return sum(bool(clip.note) for clip in clips)


def write_images(path: Path, dataset: Dataset) -> None:
    """The same of a set of images, which have no files of their own."""
    labels = dataset.labels
    names = ("file_name", "title", "artist")
    header = ["track_id", "song_id", *labels, *(n for n in names if n not in labels)]
    columns = [dataset.ids, dataset.songs, *labels.values()]
    empty = [""] * (len(header) - len(columns))
    rows = zip(*columns, strict=True)
    run_folder.write_csv(path, header, ([*row, *empty] for row in rows))
