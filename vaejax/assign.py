"""Songs that a run has not seen -> its clusters.

A song of the collection itself is told by its input, bit by bit, and gets the cluster
that it has there: no arithmetic is involved. Others get the model's own assignment, or
that of their nearest neighbours among the codes of the collection.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from vaejax import cells, collection, corpus, data, inputs, lyrics, texts
from vaejax.core import Batch, Rejected, Track
from vaejax.evaluate import Clustering
from vaejax.fusion import LYRICS
from vaejax.layout import stem
from vaejax.project import nearest
from vaejax.trained import Finished

NEAREST = 5  # of the collection, that vote on a cluster
COLUMNS = (
    *("file_name", "title", "cluster", "name", "probability", "known", "nearest"),
)


class Assigned(NamedTuple):
    """A song and its cluster."""

    track: Track
    cluster: int  # -1 is noise
    probability: float  # p(c | x), or the share of the neighbours' votes
    known: str  # the id of the track of the collection that it is, "" if it is new
    nearest: tuple[str, ...]  # ids of the tracks with the nearest codes


def tracks_of(paths: Sequence[Path], *, words_alone: bool) -> list[Track]:
    """The songs in files and folders.

    A file has the lyrics of a text beside it with the same stem.

    Raises:
      FileNotFoundError: a path does not exist.
      ValueError: a folder holds no song.
    """
    found: list[Track] = []
    for path in paths:
        if path.is_dir():
            read = texts.read if words_alone and texts.is_texts(path) else corpus.read
            found += read(path, allow_outside=False).tracks
        elif path.is_file():
            found.append(_of_file(path))
        else:
            raise FileNotFoundError(f"{str(path)!r} does not exist.")
    return found


def _of_file(path: Path) -> Track:
    beside = path.with_suffix(".txt")
    words = {"original": beside} if beside.is_file() else {}
    name = stem(path.name)
    return Track(str(path), path, path.name, str(path), name, "", {}, words)


def assign(
    run: Finished, chosen: Clustering, tracks: Sequence[Track]
) -> tuple[list[Assigned], list[Rejected]]:
    """The cluster of every song that can be used, and the songs that cannot.

    Args:
      run: with the seed of the clustering.
      chosen: a clustering of the run's own model and seed.
      tracks: of `tracks_of`.

    Raises:
      ValueError: none of the songs can be used.
    """
    tracks, batch, rejected = seen(run, tracks)
    codes = np.asarray(jax.jit(run.model.encode)(run.variables, batch))
    rows = nearest(run.codes, codes, NEAREST)
    if chosen.clusterer == "own":
        p = np.asarray(jax.jit(run.model.assign)(run.variables, batch), float)
        clusters, probability = p.argmax(axis=1), p.max(axis=1)
    else:
        clusters, probability = voted(run.codes, chosen.cluster, codes, rows)
    places = known_rows(run.dataset.batch, batch)
    ids = run.dataset.ids
    found = []
    for i, (track, place) in enumerate(zip(tracks, places, strict=True)):
        cluster, p_i = int(clusters[i]), float(probability[i])
        if place is not None:
            cluster = int(chosen.cluster[place])
            p_i = (
                1.0 if chosen.probability is None else float(chosen.probability[place])
            )
        known = "" if place is None else str(ids[place])
        found.append(Assigned(track, cluster, p_i, known, tuple(ids[rows[i]].tolist())))
    return found, rejected


def seen(
    run: Finished, tracks: Sequence[Track]
) -> tuple[list[Track], Batch, list[Rejected]]:
    """Other songs as the model of a run sees them; those that it cannot are set aside.

    Raises:
      ValueError: none of the songs can be used.
    """
    settings, options = run.settings, run.settings["data"]
    clips, rejected = collection.clips_of(settings, tracks)
    kept = [clip.track for clip in clips] if clips or rejected else list(tracks)
    words = None
    if kept and LYRICS in options["modalities"]:
        kept, words, unread = _with_words(run, kept)
        rejected += unread
    if not kept:
        raise ValueError(f"none of the songs can be used. {rejected[0].reason}")
    forms = inputs.forms_of(options["modalities"], options["mel"], options["mfcc"])
    return kept, data.alike(run.dataset, clips, forms, words), rejected


def _with_words(
    run: Finished, tracks: Sequence[Track]
) -> tuple[list[Track], data.Words, list[Rejected]]:
    """The lyrics of songs as vectors, of a kind with those of the collection.

    Songs without lyrics are set aside where these are all there is.
    """
    settings, ids = run.settings, set(run.dataset.ids.tolist())
    options, cache_dir = settings["lyrics"], Path(settings["data"]["cache_dir"])
    there = collection.open_collection(settings).tracks
    old = [track for track in there if track.track_id in ids]
    fitted, _ = lyrics.read(old, options, cache_dir)
    read, rejected = lyrics.read(tracks, options, cache_dir)
    pairs = list(zip(tracks, read, strict=True))
    if settings["data"]["modalities"] == collection.LYRICS_ALONE:
        for track, one in pairs:
            if not lyrics.has_any(one, options):
                reason = f"{track.file_name!r} has no lyrics, which this run is about."
                rejected.append(Rejected(track.file_name, track.track_id, reason))
        pairs = [pair for pair in pairs if lyrics.has_any(pair[1], options)]
    both = [*fitted, *(one for _, one in pairs)]
    found = collection.vectors_of(settings, both, n_fitted=len(old))
    words = found._replace(x=found.x[len(old) :], mask=found.mask[len(old) :])
    return [track for track, _ in pairs], words, rejected


def voted(
    codes: Float[np.ndarray, "n k"],
    clusters: Int[np.ndarray, " n"],
    others: Float[np.ndarray, "b k"],
    rows: Int[np.ndarray, "b m"],
) -> tuple[Int[np.ndarray, " b"], Float[np.ndarray, " b"]]:
    """The cluster of most of the nearest codes, nearer ones heavier, and its share."""
    distance = np.linalg.norm(codes[rows] - others[:, None], axis=2)
    weight = 1 / np.maximum(distance, 1e-12)
    names = np.unique(clusters)
    votes = np.stack(
        [np.sum(weight * (clusters[rows] == name), axis=1) for name in names], axis=1
    )
    return names[votes.argmax(axis=1)], votes.max(axis=1) / votes.sum(axis=1)


def known_rows(batch: Batch, others: Batch) -> list[int | None]:
    """The row of the collection with the same audio, bit by bit; or the same lyrics.

    A file of the collection is known without its lyrics too: they may lie elsewhere.
    """
    named = [name for name in others if name != "condition"]
    names = [name for name in named if not name.startswith(LYRICS)] or named
    rows = {digest: i for i, digest in enumerate(_digests(batch, names))}
    return [rows.get(digest) for digest in _digests(others, names)]


def _digests(batch: Batch, names: Sequence[str]) -> list[bytes]:
    n = len(batch[names[0]])
    found = [hashlib.sha256() for _ in range(n)]
    for name in names:
        for one, row in zip(found, np.asarray(batch[name]), strict=True):
            one.update(np.ascontiguousarray(row).tobytes())
    return [one.digest() for one in found]


def as_csv(found: Sequence[Assigned], names: dict[int, str]) -> str:
    """One row a song, in COLUMNS.

    Args:
      names: of the clusters, where they have one.
    """
    rows = []
    for one in found:
        name, p = names.get(one.cluster, ""), round(one.probability, 4)
        about = (one.track.file_name, one.track.title, one.cluster, name, p)
        rows.append((*about, one.known, " ".join(one.nearest)))
    return cells.as_csv(COLUMNS, rows)
