"""Arrays -> Dataset: statistics over frames, standardisation, rows held out by song."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from vaejax.core import Batch, Dataset, Track


def mel_statistics(mel: Float[np.ndarray, "t f"]) -> Float[np.ndarray, " d"]:
    """Mean, deviation and mean step of every band over the frames; d = 3f, in dB.

    The step is the absolute difference of neighbouring frames: it tells plucked from
    bowed where the deviation cannot. One frame has deviation and step 0.
    """
    steps = np.abs(np.diff(mel, axis=0, prepend=mel[:1]))
    return np.concatenate([mel.mean(axis=0), mel.std(axis=0), steps.mean(axis=0)])


def mfcc_statistics(mfcc: Float[np.ndarray, "t d"]) -> Float[np.ndarray, " d2"]:
    """Means of the coefficients; deviations of these and of both their deltas.

    The means of the deltas are left out: over a clip they are near 0, and
    standardisation would blow up their noise.
    """
    n = mfcc.shape[1] // 3
    return np.concatenate([mfcc[:, :n].mean(axis=0), mfcc.std(axis=0)])


STATISTICS = {"mel": mel_statistics, "mfcc": mfcc_statistics}


def statistics(
    clips: Sequence, modality: str
) -> tuple[Float[np.ndarray, "n d"], Bool[np.ndarray, " n"]]:
    """The statistics of every clip over its own frames; every row counts."""
    rows = [STATISTICS[modality](getattr(clip, modality)) for clip in clips]
    return np.stack(rows), np.ones(len(rows), bool)


def image(
    clips: Sequence, modality: str
) -> tuple[Float[np.ndarray, "n t f"], Bool[np.ndarray, "n t"]]:
    """Every clip, padded to the longest; the mask is true for its own frames."""
    rows = [getattr(clip, modality) for clip in clips]
    lengths = np.array([len(row) for row in rows])
    padded = np.zeros((len(rows), lengths.max(), rows[0].shape[1]), np.float32)
    for place, row in zip(padded, rows, strict=True):
        place[: len(row)] = row
    return padded, np.arange(lengths.max())[None] < lengths[:, None]


INPUTS = {f.__name__: f for f in (statistics, image)}


def from_clips(
    clips: Sequence, *, modalities: Sequence[str], mel: str, held_out_share: float
) -> Dataset:
    """One row a clip, sorted by track id, so that the order of files changes nothing.

    Args:
      clips: of `features.extract`.
      modalities: names in STATISTICS.
      mel: what the spectrogram is to a model, a name in INPUTS; MFCC are statistics.
      held_out_share: share of the songs that training does not see.
    """
    clips = sorted(clips, key=lambda clip: clip.track.track_id)
    forms = {"mel": mel, "mfcc": "statistics"}
    inputs = {name: INPUTS[forms[name]](clips, name) for name in modalities}
    tracks = [clip.track for clip in clips]
    songs = np.array([track.song_id for track in tracks])
    return standardised(
        inputs,
        ids=np.array([track.track_id for track in tracks]),
        songs=songs,
        labels=label_columns(tracks),
        held_out=hold_out(songs, held_out_share),
    )


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
) -> Dataset:
    """Every feature to mean 0 and deviation 1 over the rows that are trained on.

    A feature that is constant there carries nothing and becomes 0 everywhere, and so
    does what a mask hides. A mask over frames goes to the models as `<name>_mask`.

    Args:
      inputs: {modality: (x [n, ..., d], mask [n, ...])}.
    """
    batch, scale = {}, {}
    for name, (x, mask) in inputs.items():
        mean, std = scale[name] = _scale(x[~held_out][mask[~held_out]])
        z = (x - mean.astype(np.float32)) / std.astype(np.float32)
        batch[name] = np.where(mask[..., None], z, 0).astype(np.float32)
        if mask.ndim > 1:
            batch[f"{name}_mask"] = mask.astype(np.float32)
    return _dataset(
        batch, ids=ids, songs=songs, labels=labels, held_out=held_out, scale=scale
    )


def _scale(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of every column; infinite where it is constant."""
    x = x.astype(np.float64)
    mean, std = x.mean(axis=0), x.std(axis=0)
    constant = std <= 1e-6 * np.maximum(1.0, np.abs(mean))
    return mean, np.where(constant, np.inf, std)


def _dataset(batch, **columns) -> Dataset:
    rows = [x.reshape(len(x), -1) for x in modalities(batch).values()]
    raw = np.concatenate(rows, axis=1)
    return Dataset(batch=batch, raw=raw, **columns)


def modalities(batch: Batch) -> Batch:
    """A batch without its masks."""
    return {name: x for name, x in batch.items() if not name.endswith("_mask")}


def from_arrays(root: str, *, held_out_share: float) -> Dataset:
    """A benchmark of images with one label, `class`; pixels in [0, 1], as they are.

    Args:
      root: "digits" (scikit-learn's 1,797 images of 8 x 8) or the path of an `.npz`
        with x, y or with x_train, y_train, x_test, y_test; uint8, or float in [0, 1].

    Raises:
      ValueError: the file lacks these arrays, or their values are not in range.
    """
    x, y = _digits() if root == "digits" else _read_npz(Path(root))
    n = len(x)
    ids = np.array([f"{i:0{len(str(n))}d}" for i in range(n)])
    return _dataset(
        {"pixels": x.reshape(n, -1)},
        ids=ids,
        songs=ids,
        labels={"class": y.astype(str)},
        held_out=hold_out(ids, held_out_share),
        scale={},
    )


def fingerprint(dataset: Dataset) -> str:
    """A short hash of the rows and labels, to tell one set from another."""
    digest = hashlib.sha256(dataset.raw.tobytes())
    for values in dataset.labels.values():
        digest.update(values.tobytes())
    return digest.hexdigest()[:16]


def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    return (digits.data / 16.0).astype(np.float32), digits.target


def _read_npz(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    if {"x", "y"} <= arrays.keys():
        x, y = arrays["x"], arrays["y"]
    elif {"x_train", "y_train", "x_test", "y_test"} <= arrays.keys():
        x = np.concatenate([arrays["x_train"], arrays["x_test"]])
        y = np.concatenate([arrays["y_train"], arrays["y_test"]])
    else:
        raise ValueError(
            f"{path} holds {', '.join(arrays)}; it must hold x and y, or x_train, "
            "y_train, x_test and y_test."
        )
    if len(x) != len(y):
        raise ValueError(f"{path}: x has {len(x)} rows, y has {len(y)}.")
    if x.dtype == np.uint8:
        x = x / np.float32(255)
    if not (np.isfinite(x).all() and x.min() >= 0 and x.max() <= 1):
        raise ValueError(f"{path}: x must be uint8, or float in [0, 1]. Got {x.dtype}.")
    return x.astype(np.float32), y
