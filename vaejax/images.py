"""Benchmarks of images: scikit-learn's digits or an `.npz` -> Dataset."""

import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import Float

from vaejax.core import Dataset
from vaejax.data import from_pixels, hold_out

MEMBERS = (
    {"x", "y"},
    {"x_train", "y_train", "x_test", "y_test"},
    {"packed", "shape", "latents_classes"},
    {"imgs", "latents_classes"},
)
FACTORS = ("color", "shape", "scale", "orientation", "x", "y")


def read(root: str, *, held_out_share: float) -> Dataset:
    """Images with values in [0, 1] as the modality `pixels`, and what they show.

    Args:
      root: "digits" (scikit-learn's 1,797 images of 8 x 8) or the path of an `.npz`:
        x, y, or x_train, y_train, x_test, y_test, whose one label is `class`; or
        dSprites' imgs or bit-`packed` images of a `shape`, with latents_classes, whose
        labels are the FACTORS. Images are uint8, or float in [0, 1].
      held_out_share: of the images.

    Raises:
      ValueError: the file cannot be read, lacks these arrays, or their values are not
        in range.
    """
    x, labels = _digits() if root == "digits" else _read_npz(Path(root))
    n = len(x)
    ids = np.array([f"{i:0{len(str(n))}d}" for i in range(n)])
    held_out = hold_out(ids, held_out_share)
    return from_pixels(x, ids=ids, labels=labels, held_out=held_out)


def _digits() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    return (digits.images / 16.0).astype(np.float32), _classes(digits.target)


def _classes(y: np.ndarray) -> dict[str, np.ndarray]:
    return {"class": y.astype(str)}


def _read_npz(path: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    arrays = _arrays(path)
    if "latents_classes" in arrays:
        x = _unpacked(arrays) if "packed" in arrays else arrays["imgs"]
        labels = _factors(path, arrays["latents_classes"])
    elif "x" in arrays:
        x, labels = arrays["x"], _classes(arrays["y"])
    else:
        x = np.concatenate([arrays["x_train"], arrays["x_test"]])
        labels = _classes(np.concatenate([arrays["y_train"], arrays["y_test"]]))
    for name, values in labels.items():
        if len(values) != len(x):
            raise ValueError(
                f"{path}: {len(x)} images and {len(values)} values of {name}."
            )
    return _in_range(path, x), labels


def _arrays(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise ValueError(
            f"config.data.root={path} does not exist. Name an .npz of images, "
            "digits, songbook, or a folder of songs."
        )
    try:
        with zipfile.ZipFile(path) as file:
            names = {name.removesuffix(".npy") for name in file.namelist()}
        wanted = next((members for members in MEMBERS if members <= names), set())
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in wanted}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not a readable .npz file: {error}") from error
    if not arrays:
        choices = "; or ".join(", ".join(sorted(members)) for members in MEMBERS)
        found = ", ".join(sorted(names))
        raise ValueError(f"{path} holds {found}; it must hold {choices}.")
    return arrays


def _unpacked(arrays: dict[str, np.ndarray]) -> np.ndarray:
    shape = tuple(arrays["shape"][-2:].tolist())
    bits = np.unpackbits(arrays["packed"], axis=-1)[:, : shape[0] * shape[1]]
    return bits.reshape(-1, *shape).astype(np.float32)


def _factors(path: Path, classes: np.ndarray) -> dict[str, np.ndarray]:
    if classes.ndim != 2 or classes.shape[1] != len(FACTORS):
        raise ValueError(
            f"{path}: latents_classes must be [n, {len(FACTORS)}], for "
            f"{', '.join(FACTORS)}. Got {classes.shape}."
        )
    return {name: classes[:, i].astype(str) for i, name in enumerate(FACTORS)}


def _in_range(path: Path, x: np.ndarray) -> Float[np.ndarray, "n *d"]:
    if x.size == 0:
        raise ValueError(f"{path} holds no images: x is {x.shape}.")
    if x.dtype == np.uint8 and x.max() > 1:  # 0 and 1 are of binary images
        x = x / np.float32(255)
    if not (np.isfinite(x).all() and x.min() >= 0 and x.max() <= 1):
        raise ValueError(f"{path}: x must be uint8, or float in [0, 1]. Got {x.dtype}.")
    return x.astype(np.float32)
