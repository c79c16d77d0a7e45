"""What a config points at -> Dataset: a folder of songs, the songbook, or images."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from vaejax import (
    check,
    contents,
    data,
    devices,
    disk,
    hosts,
    images,
    inputs,
    inventory,
    mapped,
    memory,
    sketch,
    store,
    traits,
)
from vaejax.core import Dataset, Rejected, Track
from vaejax.text.versions import Lyrics

# Configs name these; a collection may have any of them, or none.
OPTIONAL_LABELS = {"language", "genre", "key", "level_db", "bandwidth_hz"}
LYRICS_ALONE = ("lyrics",)  # the modalities of a run that needs no audio
SONGBOOKS = Path("data/songbook")  # beside the cache


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
      StoreError: the cache folder cannot be used.
    """
    options = settings["data"]
    root = options["root"]
    if root == "digits" or root.endswith(".npz"):
        arrays = images.read(root, held_out_share=options["held_out_share"])
        found = Collection(data.fingerprint(arrays), arrays=arrays)
        refuse_misfits(settings, found)
        return found
    from vaejax import corpus, texts

    folder = folder_of(settings)
    if root == "songbook":
        hosts.first_then_others(lambda: render(settings, folder))
    of_texts = options["modalities"] == LYRICS_ALONE and texts.is_texts(folder)
    read_all = texts.read if of_texts else corpus.read
    found = Collection("", *read_all(folder, allow_outside=options["allow_outside"]))
    refuse_misfits(settings, found)
    files = _files_of(settings, found.tracks)
    hosts.in_shares(files, lambda some: _hashes(settings, some))
    known = dict(zip(files, _hashes(settings, files), strict=True))
    return found._replace(fingerprint=corpus.fingerprint(found.tracks, known))


def _hashes(settings: dict, files: Sequence[Path]) -> list:
    alone = settings["data"]["modalities"] == LYRICS_ALONE
    scheduler = "" if alone else settings["features"]["scheduler"]
    with store.opened(Path(settings["data"]["cache_dir"]), {}) as cache:
        return contents.of_all(cache, files, n_workers(settings), scheduler)


def _files_of(settings: dict, tracks: Sequence[Track]) -> list[Path]:
    """Whose content decides what a run gives."""
    texts = [
        value
        for track in tracks
        for value in track.lyrics.values()
        if isinstance(value, Path)
    ]
    alone = settings["data"]["modalities"] == LYRICS_ALONE
    return texts if alone else [track.path for track in tracks] + texts


def folder_of(settings: dict) -> Path:
    """Where the collection lies; the embedded one in a folder for each of its sizes."""
    if settings["data"]["root"] != "songbook":
        return Path(settings["data"]["root"])
    from vaejax import songbook

    name = "{n_songs}x{duration_s:g}s-seed{seed}".format(**settings["songbook"])
    return SONGBOOKS / f"{name}-v{songbook.VERSION}"


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


def refuse_misfits(settings: dict, found: Collection) -> None:
    """Refuses settings that do not go with the columns and sizes of a collection.

    Raises:
      ValueError: names the option, its value, the rule and the next step.
    """
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
        inventory.write_images(workdir / "tracks.csv", dataset)
        way = _way(settings, sum(x.nbytes for x in dataset.batch.values()))
        about = [f"{len(dataset.ids)} images", way.words, *_sketched(dataset)]
        return _placed(options, dataset, way), [], "\n".join(about)
    return _prepare_tracks(settings, found, workdir)


def _prepare_tracks(
    settings: dict, found: Collection, workdir: Path
) -> tuple[Dataset, list, str]:
    from vaejax import corpus, lyrics

    options, notes = settings["data"], []
    tracks, rejected, read = found.tracks, [*found.rejected], {}
    if uses_lyrics(settings):
        tracks, read, unused = with_lyrics(settings, tracks)
        rejected += unused
        notes.append(lyrics.described(read.values()))
        notes.append(lyrics.agreement(tracks, list(read.values())))
    clips, unreadable = clips_of(settings, tracks)
    tracks = tuple(clip.track for clip in clips) if clips or unreadable else tracks
    rejected += unreadable
    disk.write_csv(workdir / "rejected.csv", Rejected._fields, rejected)
    if not tracks:
        failed = unreadable or rejected
        raise ValueError(
            f"none of the {len(failed)} files can be used. The first: "
            f"{failed[0].reason} All reasons: {workdir / 'rejected.csv'}"
        )
    statistics = corpus.statistics(tracks, rejected)
    where = {"folder": str(folder_of(settings).resolve())}
    disk.write_json(workdir / "collection.json", where | statistics)
    refuse_misfits(settings, found._replace(tracks=tracks))
    words = None
    if "lyrics" in options["modalities"]:
        words = vectors_of(settings, [read[track.track_id] for track in tracks])
    way = _way(settings, n_bytes(options, clips, words))
    zeros = mapped.in_file(Path(options["cache_dir"])) if way.mapped else np.zeros
    dataset = data.from_songs(tracks, clips, words, options, zeros)
    heard_in = heard(settings, clips)
    odd = inventory.write_tracks(workdir / "tracks.csv", tracks, clips, heard_in)
    disk.write_json(workdir / "words.json", words_of(settings, tracks))
    if odd:
        notes.append(f"Used, but odd: {odd} tracks; tracks.csv has a note on each")
    about = [corpus.describe(statistics), *filter(None, notes)]
    about += [way.words, *_sketched(dataset)]
    return _placed(options, dataset, way), clips, "\n".join(about)


def n_bytes(options: dict, clips: list, words: data.Words | None) -> int:
    """Of the arrays that will be made of the clips and words."""
    n = 0 if words is None else words.x.size + words.mask.size
    forms = inputs.forms_of(*(options[key] for key in ("modalities", "mel", "mfcc")))
    for name, form in forms.items():
        step = inputs.frame_step(clips, options["frames"])
        longest = max(clips, key=lambda clip: len(clip.mel))
        x, mask = inputs.INPUTS[form]([longest], name, step)
        n += len(clips) * (x.size + (mask.size if mask.ndim > 1 else 0))
    return 4 * n


def _way(settings: dict, n_bytes: int) -> memory.Way:
    folder = Path(settings["data"]["cache_dir"])
    given = settings["data"]["memory"], n_bytes, memory.room(folder), folder
    return memory.way(*given, shared_by=settings["mesh"]["data"])


def _placed(options: dict, dataset: Dataset, way: memory.Way) -> Dataset:
    """The dataset with its arrays where they shall lie."""
    batch = dataset.batch
    if way.mapped:
        zeros = mapped.in_file(Path(options["cache_dir"]))
        batch = {name: mapped.moved(x, zeros) for name, x in batch.items()}
    return dataset._replace(batch=batch, streamed=way.streamed)


def _sketched(dataset: Dataset) -> list[str]:
    """What the baselines see where rows are too long for them."""
    seen = data.modalities(dataset.batch)
    names = [name for name, x in seen.items() if not sketch.is_kept(x)]
    if not names:
        return []
    return [
        f"Baselines and probes see {', '.join(names)} as {sketch.SKETCHED} numbers a "
        "row, which keep distances within 2 %."
    ]


def uses_lyrics(settings: dict) -> bool:
    """Whether the lyrics have to be read."""
    options = settings["data"]
    return "lyrics" in options["modalities"] or options["tracks"] == "with_lyrics"


def with_lyrics(
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


def clips_of(
    settings: dict, tracks: Sequence[Track], **needed: Callable
) -> tuple[list, list[Rejected]]:
    """Features of the audio; nothing where the run is about lyrics alone.

    Args:
      needed: which of them are read, for `features.extract`.
    """
    if settings["data"]["modalities"] == LYRICS_ALONE:
        return [], []
    from vaejax import features

    return features.extract(
        tracks,
        cache_dir=Path(settings["data"]["cache_dir"]),
        n_workers=n_workers(settings),
        **settings["features"],
        **needed,
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
