"""Arrays -> Dataset: standardisation, and rows held out by song."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from vaejax.core import Batch, Dataset, Track
from vaejax.inputs import INPUTS, Zeros, forms_of, frame_step
from vaejax.mapped import pieces
from vaejax.scaling import in_place, scale_of, scaled
from vaejax.shares import Share, shared
from vaejax.sketch import as_vectors

OPTIONS = ("modalities", "mel", "mfcc", "frames", "condition", "held_out_share")


class Words(NamedTuple):
    """The lyrics of every track as vectors."""

    x: Float[np.ndarray, "n l e"]  # one vector a line, or l = 1 for a song
    mask: Bool[np.ndarray, "n l"]  # nothing but false for a track without lyrics
    each: bool  # every feature to deviation 1, or all of them by one number


def from_songs(
    tracks: Sequence[Track],
    clips: Sequence,
    words: Words | None,
    options: dict,
    zeros: Zeros,
    share: Share | None = None,
) -> Dataset:
    """`from_clips`, or `from_tracks` where there is no audio.

    Args:
      options: the section `data` of a config.
    """
    if clips:
        given = {name: options[name] for name in OPTIONS}
        return from_clips(clips, **given, words=words, zeros=zeros, share=share)
    shares = options["condition"], options["held_out_share"]
    return from_tracks(tracks, {}, words, *shares, share)


def from_clips(
    clips: Sequence,
    *,
    modalities: Sequence[str],
    mel: str,
    mfcc: str,
    frames: int,
    condition: Sequence[str],
    held_out_share: float,
    words: Words | None = None,
    zeros: Zeros = np.zeros,
    share: Share | None = None,
) -> Dataset:
    """One row a clip; rows in the order of track ids, which `corpus.read` gives.

    Args:
      clips: of `features.extract`.
      modalities: names in FRAMES, and lyrics.
      mel, mfcc: what the frames are to a model, names in INPUTS; flux is an image.
      frames: of an image, at most; longer clips are averaged. 0 keeps every frame.
      condition: label columns that the model is told, as batch["condition"].
      held_out_share: share of the songs that training does not see.
      words: of the same tracks, where lyrics are one of the modalities.
      zeros: makes the arrays of images.
      share: the rows that are here, where several processes have some each.
    """
    step = frame_step(clips, frames)
    forms = forms_of(modalities, mel, mfcc)
    tracks = [clip.track for clip in clips]
    in_order = [clips[i] for i in by_id(tracks)]  # now: what is made is not moved again
    if share:  # and the longest clip, which sets the length of images
        longest = max(in_order, key=lambda clip: len(clip.mel))
        in_order = [*(in_order[i] for i in share.rows), longest]
    inputs = {
        name: INPUTS[form](in_order, name, step, zeros) for name, form in forms.items()
    }
    if share:
        inputs = {name: (x[:-1], mask[:-1]) for name, (x, mask) in inputs.items()}
    dataset = from_tracks(tracks, inputs, words, condition, held_out_share, share)
    return dataset._replace(frame_step=step)


def alike(
    dataset: Dataset, clips: Sequence, forms: dict[str, str], words: Words | None
) -> Batch:
    """Other songs as a model that was trained on a dataset sees them.

    Features are standardised by the numbers of the dataset, pictures cut or padded to
    the length of its own. What a model was told of a label is unknown.

    Args:
      clips: of `features.extract`; or none, where the words are all there is.
      forms: {modality: name in INPUTS} of the audio.
      words: of the same songs, where lyrics are one of the modalities.
    """
    step = dataset.frame_step
    inputs = {name: INPUTS[form](clips, name, step) for name, form in forms.items()}
    if words:
        inputs["lyrics"] = words.x, words.mask
    batch: Batch = {}
    for name, (x, mask) in inputs.items():
        if mask.ndim > 1:
            x, mask = (_of_length(a, dataset.batch[name].shape[1]) for a in (x, mask))
            batch[f"{name}_mask"] = mask.astype(np.float32)
        batch[name] = scaled(x, mask, *dataset.scale[name])
    if dataset.told:
        n = len(next(iter(batch.values())))
        batch["condition"] = np.zeros((n, len(dataset.told)), np.int32)
    return batch


def _of_length(x: np.ndarray, length: int) -> np.ndarray:
    """Cut or padded with zeros along the second axis."""
    cut = x[:, :length]
    rest = [(0, 0), (0, length - cut.shape[1]), *[(0, 0)] * (x.ndim - 2)]
    return np.pad(cut, rest)


def by_id(tracks: Sequence[Track]) -> Int[np.ndarray, " n"]:
    """The rows of the tracks in the order of their ids."""
    return np.argsort([track.track_id for track in tracks], kind="stable")


def from_tracks(
    tracks: Sequence[Track],
    inputs: dict[str, tuple[np.ndarray, np.ndarray]],
    words: Words | None,
    condition: Sequence[str],
    held_out_share: float,
    share: Share | None = None,
) -> Dataset:
    """One row a track, sorted by id, as the rows of the inputs of `standardised` are.

    The words are in the order of the tracks.
    """
    order = by_id(tracks)
    tracks = [tracks[i] for i in order]
    if words:
        rows = order[share.rows] if share else order
        inputs = inputs | {"lyrics": (words.x[rows], words.mask[rows])}
    songs = np.array([track.song_id for track in tracks])
    dataset = standardised(
        inputs,
        together=() if not words or words.each else ("lyrics",),
        ids=np.array([track.track_id for track in tracks]),
        songs=songs,
        labels=label_columns(tracks),
        held_out=hold_out(songs, held_out_share),
        share=share,
    )
    return conditioned(dataset, condition)


def conditioned(dataset: Dataset, columns: Sequence[str]) -> Dataset:
    """The dataset with `condition` int [n, columns] in its batch, if there are any.

    0 is unknown; the classes, sorted, count from 1. A class that no row to train on has
    is unknown as well: the model could not learn what it means.
    """
    told, indices = {}, []
    for column in columns:
        values = dataset.labels[column]
        known = values[~dataset.held_out & (values != "")]
        told[column] = tuple(np.unique(known).tolist())
        number = {name: i + 1 for i, name in enumerate(told[column])}
        indices.append([number.get(value, 0) for value in values.tolist()])
    if not columns:
        return dataset
    condition = np.array(indices, np.int32).T
    return dataset._replace(batch=dataset.batch | {"condition": condition}, told=told)


def label_columns(tracks: Sequence[Track]) -> dict[str, np.ndarray]:
    """Every metadata column as str [n], "" where a track lacks it."""
    names = dict.fromkeys(name for track in tracks for name in track.columns)
    columns = {
        name: np.array([track.columns.get(name, "") for track in tracks])
        for name in names
    }
    return columns | {"artist": np.array([track.artist for track in tracks])}


def hold_out(songs: np.ndarray, share: float) -> Bool[np.ndarray, " n"]:
    """Marks the rows of a share of the songs, at least one if share > 0.

    Songs are ranked by a hash of their id: all clips of a song go together, and one
    song more in the collection leaves the others where they are.
    """
    names = sorted(set(songs.tolist()), key=_digest)
    n = 0 if share == 0 else max(1, round(share * len(names)))
    return np.isin(songs, names[: min(n, len(names) - 1)])


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def standardised(
    inputs: dict[str, tuple[np.ndarray, np.ndarray]],
    *,
    ids: np.ndarray,
    songs: np.ndarray,
    labels: dict[str, np.ndarray],
    held_out: Bool[np.ndarray, " n"],
    together: Sequence[str] = (),
    share: Share | None = None,
) -> Dataset:
    """Every feature to mean 0 and deviation 1 over the rows that are trained on.

    A feature that is constant there carries nothing and becomes 0 everywhere, and so
    does what a mask hides. A mask over frames goes to the models as `<name>_mask`.

    Args:
      inputs: {modality: (x [n, ..., d], mask [n, ...])}; x of float32 is overwritten,
        for there may be no room for two of it.
      together: modalities whose features are divided by one number, so that their mean
        variance is 1: where features that vary little say little.
      share: the rows that x and mask have, of several processes; `raw` is then empty.
    """
    batch, scale = {}, {}
    counted = share.counted & ~held_out[share.rows] if share else ~held_out
    for name, (x, mask) in inputs.items():
        mean, std = scale_of(x, (mask.T & counted).T)
        if name in together:
            std = np.full_like(std, np.sqrt(np.mean(std[np.isfinite(std)] ** 2)))
        scale[name] = mean, std
        batch[name] = in_place(x, mask, mean, std)
        if mask.ndim > 1:
            batch[f"{name}_mask"] = mask.astype(np.float32)
    columns = {"ids": ids, "songs": songs, "labels": labels, "held_out": held_out}
    return _dataset(batch, share, scale=scale, **columns)


def _dataset(batch: Batch, share: Share | None = None, **columns) -> Dataset:
    if share:
        n = len(columns["ids"])
        batch, raw = shared(batch, share, n), np.zeros((n, 0), np.float32)
    else:
        raw = side_by_side(batch, [*modalities(batch)])
    return Dataset(batch=batch, raw=raw, told={}, frame_step=1, **columns)


def side_by_side(batch: Batch, names: Sequence[str]) -> Float[np.ndarray, "n d"]:
    """Modalities as one vector a row; of lyrics the mean over lines.

    What would have too many numbers is a sketch (`sketch`).
    """
    rows = [mean_of_lines(batch) if n == "lyrics" else batch[n] for n in names]
    return np.concatenate([as_vectors(x) for x in rows], axis=1)


def mean_of_lines(batch: Batch) -> Float[np.ndarray, "n e"]:
    """The mean over the lines of every row's lyrics, 0 without any."""
    mask = batch["lyrics_mask"]
    total = np.sum(batch["lyrics"] * mask[..., None], axis=1)
    return total / np.maximum(mask.sum(axis=1), 1)[:, None]


def has_lyrics(batch: Batch) -> Bool[np.ndarray, " n"]:
    """Which rows have a line of lyrics."""
    return batch["lyrics_mask"].max(axis=1) > 0


def modalities(batch: Batch) -> Batch:
    """What a batch holds to be encoded: no masks, no labels."""
    return {
        name: x
        for name, x in batch.items()
        if not name.endswith("_mask") and name != "condition"
    }


def from_pixels(
    x: Float[np.ndarray, "n *d"], *, ids: np.ndarray, labels: dict, held_out: np.ndarray
) -> Dataset:
    """Images with values in [0, 1], as they are; every image is its own song."""
    return _dataset(
        {"pixels": x}, ids=ids, songs=ids, labels=labels, held_out=held_out, scale={}
    )


def fingerprint(dataset: Dataset) -> str:
    """A short hash of the rows and labels, to tell one set from another."""
    digest = hashlib.sha256()
    for x in modalities(dataset.batch).values():
        for piece in pieces(x):
            digest.update(np.ascontiguousarray(x[piece]))
    for values in dataset.labels.values():
        digest.update(values.tobytes())
    return digest.hexdigest()[:16]
