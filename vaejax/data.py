"""Arrays -> Dataset: statistics over frames, standardisation, rows held out by song."""

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from vaejax.core import Batch, Dataset, Track
from vaejax.mapped import forget, pieces
from vaejax.scaling import in_place, scale_of, scaled
from vaejax.sketch import as_vectors

Zeros = Callable[..., np.ndarray]  # np.zeros, or `mapped.in_file`


def flux(mel: Float[np.ndarray, "t f"]) -> Float[np.ndarray, "t f"]:
    """How far every band has moved since the frame before, in dB; 0 at the first.

    It tells plucked from bowed, which the means of frames cannot.
    """
    return np.abs(np.diff(mel, axis=0, prepend=mel[:1]))


def mel_statistics(mel: Float[np.ndarray, "t f"]) -> Float[np.ndarray, " d"]:
    """Mean, deviation and mean flux of every band over the frames; d = 3f, in dB.

    One frame has deviation and flux 0.
    """
    return np.concatenate([mel.mean(axis=0), mel.std(axis=0), flux(mel).mean(axis=0)])


def mfcc_statistics(mfcc: Float[np.ndarray, "t d"]) -> Float[np.ndarray, " d2"]:
    """Means of the coefficients; deviations of these and of both their deltas.

    The means of the deltas are left out: over a clip they are near 0, and
    standardisation would blow up their noise.
    """
    n = mfcc.shape[1] // 3
    return np.concatenate([mfcc[:, :n].mean(axis=0), mfcc.std(axis=0)])


FRAMES = {  # of a clip, by modality
    "mel": lambda clip: clip.mel,
    "mfcc": lambda clip: clip.mfcc,
    "flux": lambda clip: flux(clip.mel),
}
STATISTICS = {"mel": mel_statistics, "mfcc": mfcc_statistics}


def statistics(
    clips: Sequence, modality: str, step: int, zeros: Zeros = np.zeros
) -> tuple[Float[np.ndarray, "n d"], Bool[np.ndarray, " n"]]:
    """The statistics of every clip over its own frames; every row counts."""
    del step, zeros  # they are of the frames as they are, and small
    rows = [STATISTICS[modality](FRAMES[modality](clip)) for clip in clips]
    return np.stack(rows), np.ones(len(rows), bool)


def image(
    clips: Sequence, modality: str, step: int, zeros: Zeros = np.zeros
) -> tuple[Float[np.ndarray, "n t f"], Bool[np.ndarray, "n t"]]:
    """Every clip, padded to the longest; the mask is true for its own frames.

    One frame of the image is the mean of `step` frames of the clip; of those that there
    are, where a clip ends.
    """
    lengths = np.array([math.ceil(len(clip.mel) / step) for clip in clips])
    longest = int(lengths.max())
    n_bands = FRAMES[modality](clips[0]).shape[1]
    padded = zeros((len(clips), longest, n_bands), np.float32)
    for piece in pieces(padded):
        for place, clip in zip(padded[piece], clips[piece], strict=True):
            frames = FRAMES[modality](clip)
            place[: math.ceil(len(frames) / step)] = _averaged(frames, step)
            forget(clip.mel)
    return padded, np.arange(longest)[None] < lengths[:, None]


def _averaged(frames: Float[np.ndarray, "t f"], step: int) -> np.ndarray:
    starts = np.arange(0, len(frames), step)
    sizes = np.diff(starts, append=len(frames))
    return np.add.reduceat(frames, starts, axis=0) / sizes[:, None]


def frame_step(clips: Sequence, frames: int) -> int:
    """How many frames of audio one frame of an image averages; `frames` = 0: one."""
    longest = max(len(clip.mel) for clip in clips)
    return math.ceil(longest / frames) if frames else 1


INPUTS = {f.__name__: f for f in (statistics, image)}


def forms_of(modalities: Sequence[str], mel: str, mfcc: str) -> dict[str, str]:
    """{modality: name in INPUTS} of the audio; flux is an image."""
    forms = {"mel": mel, "mfcc": mfcc, "flux": "image"}
    return {name: forms[name] for name in modalities if name in FRAMES}


OPTIONS = ("modalities", "mel", "mfcc", "frames", "condition", "held_out_share")


class Words(NamedTuple):
    """The lyrics of every track as vectors."""

    x: Float[np.ndarray, "n l e"]  # one vector a line, or l = 1 for a song
    mask: Bool[np.ndarray, "n l"]  # nothing but false for a track without lyrics
    each: bool  # every feature to deviation 1, or all of them by one number


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
    """
    step = frame_step(clips, frames)
    forms = forms_of(modalities, mel, mfcc)
    tracks = [clip.track for clip in clips]
    in_order = [clips[i] for i in by_id(tracks)]  # now: what is made is not moved again
    inputs = {
        name: INPUTS[form](in_order, name, step, zeros) for name, form in forms.items()
    }
    dataset = from_tracks(tracks, inputs, words, condition, held_out_share)
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
) -> Dataset:
    """One row a track, sorted by id, as the rows of the inputs of `standardised` are.

    The words are in the order of the tracks.
    """
    order = by_id(tracks)
    tracks = [tracks[i] for i in order]
    if words:
        inputs = inputs | {"lyrics": (words.x[order], words.mask[order])}
    songs = np.array([track.song_id for track in tracks])
    dataset = standardised(
        inputs,
        together=() if not words or words.each else ("lyrics",),
        ids=np.array([track.track_id for track in tracks]),
        songs=songs,
        labels=label_columns(tracks),
        held_out=hold_out(songs, held_out_share),
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
) -> Dataset:
    """Every feature to mean 0 and deviation 1 over the rows that are trained on.

    A feature that is constant there carries nothing and becomes 0 everywhere, and so
    does what a mask hides. A mask over frames goes to the models as `<name>_mask`.

    Args:
      inputs: {modality: (x [n, ..., d], mask [n, ...])}; x of float32 is overwritten,
        for there may be no room for two of it.
      together: modalities whose features are divided by one number, so that their mean
        variance is 1: where features that vary little say little.
    """
    batch, scale = {}, {}
    for name, (x, mask) in inputs.items():
        mean, std = scale_of(x, (mask.T & ~held_out).T)
        if name in together:
            std = np.full_like(std, np.sqrt(np.mean(std[np.isfinite(std)] ** 2)))
        scale[name] = mean, std
        batch[name] = in_place(x, mask, mean, std)
        if mask.ndim > 1:
            batch[f"{name}_mask"] = mask.astype(np.float32)
    return _dataset(
        batch, ids=ids, songs=songs, labels=labels, held_out=held_out, scale=scale
    )


def _dataset(batch, **columns) -> Dataset:
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
