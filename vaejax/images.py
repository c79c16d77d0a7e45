"""Benchmarks of images: scikit-learn's digits or an `.npz` -> Dataset."""

import lzma
import math
import struct
import tokenize
import zipfile
import zlib
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
LIMIT_BYTES = 2**33  # unpacked; dSprites has 3 GB
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_UNREADABLE = (  # what zipfile, zlib and NumPy raise on damaged files
    *(OSError, EOFError, ValueError, RuntimeError, NotImplementedError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, TypeError, OverflowError),
    *(KeyError, struct.error, RecursionError, MemoryError, tokenize.TokenError),
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
    for name, array in arrays.items():
        _check_kind(path, name, array)
    if "latents_classes" in arrays:
        x = _unpacked(path, arrays) if "packed" in arrays else arrays["imgs"]
        labels = _factors(path, arrays["latents_classes"])
    elif "x" in arrays:
        x, labels = arrays["x"], _classes(arrays["y"])
    else:
        parts = arrays["x_train"], arrays["x_test"]
        if parts[0].shape[1:] != parts[1].shape[1:]:
            raise ValueError(
                f"{path}: x_train is {parts[0].shape} and x_test {parts[1].shape}; "
                "images must be of one size."
            )
        x = np.concatenate(parts)
        labels = _classes(np.concatenate([arrays["y_train"], arrays["y_test"]]))
    for name, values in labels.items():
        if len(values) != len(x):
            raise ValueError(
                f"{path}: {len(x)} images and {len(values)} values of {name}."
            )
    return _in_range(path, x), labels


def _check_kind(path: Path, name: str, array: np.ndarray) -> None:
    """Labels are a list; everything else is an array of numbers."""
    is_label = name.startswith("y")
    kinds, rule = ("buifUS", "[n]") if is_label else ("buif", "an array of numbers")
    if array.dtype.kind not in kinds or (
        array.ndim != 1 if is_label else not array.ndim
    ):
        raise ValueError(
            f"{path}: {name} must be {rule}. Got {array.dtype} {array.shape}."
        )


def _arrays(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise ValueError(
            f"config.data.root={path} does not exist. Name an .npz of images, "
            "digits, songbook, or a folder of songs."
        )
    try:
        with zipfile.ZipFile(path) as file:
            sizes = {i.filename.removesuffix(".npy"): i for i in file.infolist()}
            wanted = next(
                (members for members in MEMBERS if members <= set(sizes)), set()
            )
            _check_sizes(path, sum(sizes[name].file_size for name in wanted))
            arrays = {name: _array(file, sizes[name]) for name in wanted}
    except _UNREADABLE as error:
        raise ValueError(f"{path} is not a readable .npz file: {error}") from error
    if not arrays:
        choices = "; or ".join(", ".join(sorted(members)) for members in MEMBERS)
        found = ", ".join(sorted(sizes))
        raise ValueError(f"{path} holds {found:.200}; it must hold {choices}.")
    return arrays


def _check_sizes(path: Path, n_bytes: int) -> None:
    """What is packed may be a thousand times as large as the file."""
    if n_bytes > LIMIT_BYTES:
        raise ValueError(
            f"{path} holds {n_bytes / 2**30:.1f} GB of arrays; at most "
            f"{LIMIT_BYTES >> 30} are read. Take fewer images."
        )


def _array(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """An array, of which the header may claim no more than there is."""
    with file.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        read_header = _HEADERS.get(version)
        if read_header is None:
            raise ValueError(f"{member.filename} is of format {version}")
        shape, in_columns, dtype = read_header(stream)
        n = math.prod(shape)
        if dtype.hasobject or min(shape, default=0) < 0:
            raise ValueError(f"{member.filename} is no array of numbers or texts")
        if n * dtype.itemsize > member.file_size:
            raise ValueError(
                f"{member.filename} claims the shape {shape}, and has "
                f"{member.file_size} bytes"
            )
        data = stream.read(n * dtype.itemsize)
    order = "F" if in_columns else "C"
    return np.frombuffer(data, dtype, count=n).reshape(shape, order=order)


def _unpacked(path: Path, arrays: dict[str, np.ndarray]) -> np.ndarray:
    packed, shape = arrays["packed"], tuple(arrays["shape"].tolist()[-2:])
    sized = len(shape) == 2 and all(isinstance(n, int) and n > 0 for n in shape)
    if not sized or packed.dtype != np.uint8 or packed.ndim != 2:
        raise ValueError(
            f"{path}: packed must be uint8 [n, bytes], and shape its size."
        )
    n_bits = math.prod(shape)
    if not n_bits <= 8 * packed.shape[1] < n_bits + 8:
        raise ValueError(
            f"{path}: packed has {packed.shape[1]} bytes an image; {shape} needs "
            f"{-(-n_bits // 8)}."
        )
    bits = np.unpackbits(packed, axis=-1)[:, :n_bits]
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
