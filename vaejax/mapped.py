"""Arrays that lie in mapped files, and pieces of arrays.

Pages of a mapped file can be dropped when memory is short, and come again.
"""

import itertools
import math
import mmap
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

PARTS = 2**27  # bytes of a part on its way to the device; three of them at once


def in_file(folder: Path) -> Callable[..., np.ndarray]:
    """`np.zeros` whose arrays lie in a file that nobody sees and that goes with them.

    Its blocks are taken at once, so that a full disk is found here. Pages that were
    read or written can be dropped and come again; `forget` does so early.

    Raises:
      ValueError: the folder does not take it.
    """

    def unseen() -> IO[bytes]:
        return tempfile.TemporaryFile(dir=folder)

    def zeros(shape: tuple[int, ...], dtype=np.float32) -> np.ndarray:
        with _taken(unseen, folder, shape, dtype) as file:
            content = mmap.mmap(file.fileno(), 0)
        return np.ndarray(shape, dtype, buffer=content)

    return zeros


def in_files(folder: Path) -> Callable[..., np.memmap]:
    """The same in files that others can open: 0, 1, ... in the order of the calls."""
    numbers = itertools.count()

    def zeros(shape: tuple[int, ...], dtype=np.float32) -> np.memmap:
        path = folder / str(next(numbers))
        with _taken(lambda: path.open("w+b"), folder, shape, dtype):
            return np.memmap(path, dtype, "r+", shape=shape)

    return zeros


@contextmanager
def _taken(
    create: Callable[[], IO[bytes]], folder: Path, shape: tuple[int, ...], dtype
) -> Iterator[IO[bytes]]:
    """A new file in the folder, with room for an array."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with create() as file:
            os.posix_fallocate(file.fileno(), 0, n_bytes)
            yield file
    except OSError as error:
        raise ValueError(
            f"config.data.cache_dir={str(folder)!r} does not take "
            f"{n_bytes / 1e6:,.1f} MB of arrays as a mapped file: "
            f"{error.strerror}. Name another, free some space, or raise `ulimit "
            "-v`, which counts mapped files as well."
        ) from error


def moved(x: np.ndarray, zeros: Callable[..., np.ndarray]) -> np.ndarray:
    """The array in a mapped file: itself, if it is in one, or a copy.

    Args:
      zeros: of `in_file`.
    """
    if _mapping(x) is not None:
        return x
    found = zeros(x.shape, x.dtype)
    for piece in pieces(found):
        found[piece] = x[piece]
    return found


def forget(x: np.ndarray) -> None:
    """Lets go of the pages of a mapped file, which come again when they are asked for.

    Nothing is lost: what was written to the file is in it. Other arrays stay.
    """
    mapped = _mapping(x)
    if mapped is not None:
        mapped.madvise(mmap.MADV_DONTNEED)


def _mapping(x: np.ndarray) -> mmap.mmap | None:
    """The mapped file that an array is a view of, if it is one."""
    base = x
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base if isinstance(base, mmap.mmap) else None


def pieces(x: np.ndarray) -> Iterator[slice]:
    """Slices of rows that are small enough for copies; used pages are let go of."""
    step = max(1, PARTS // 8 // max(x[:1].nbytes, 1))
    for start in range(0, len(x), step):
        yield slice(start, start + step)
        forget(x)
