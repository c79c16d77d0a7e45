"""Files that are whole or not there, whatever happens to the process or the power.

They are written beside their name, flushed to the disk and renamed.
"""

import errno
import io
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vaejax import cells


class DiskError(ValueError):
    """A file or folder that cannot be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        """Says what to do about it."""
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        full |= "space" in str(error.strerror)
        cure = "Free some space" if full else "Name another folder"
        super().__init__(
            f"{path} cannot be written: {error.strerror}. {cure}; what was finished "
            "is kept, and the same command goes on."
        )


def write_text(path: Path, text: str) -> None:
    """Writes the file whole or not at all.

    A file name that is not UTF-8 on the disk is written with its bytes escaped.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Writes the file whole or not at all.

    Raises:
      DiskError: the disk is full, or does not take it for another reason.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        to_disk(path.parent)  # or the new name may be lost with the power
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise DiskError(path, error) from error


def to_disk(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file, indented."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes arrays as NumPy's compressed `.npz`."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_bytes(path, content.getvalue())


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Writes a table that no spreadsheet runs (see `cells`); None is an empty cell."""
    write_text(path, cells.as_csv(header, rows))
