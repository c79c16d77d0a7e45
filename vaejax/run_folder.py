"""A run folder: opened once, resumed by the same command, never overwritten silently.

Files are written beside their name, flushed to the disk and renamed, so that none is
ever half there.
"""

import csv
import hashlib
import io
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = (
    *("jax", "flax", "optax", "orbax-checkpoint", "numpy", "scipy"),
    *("scikit-learn", "umap-learn", "librosa", "soundfile", "soxr"),
)
# These change how fast a run goes, not what comes out.
WITHOUT_EFFECT = {("data", "cache_dir"), ("data", "n_workers")}


def identity(config: dict, collection: str) -> str:
    """Eight hex digits: equal for the same settings on the same collection."""
    kept = {
        section: {
            key: value
            for key, value in options.items()
            if (section, key) not in WITHOUT_EFFECT
        }
        for section, options in config.items()
    }
    text = json.dumps([kept, collection], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def open_run(folder: Path, config: dict, collection: str) -> bool:
    """Creates the folder, or opens it to go on; says whether it is finished.

    Raises:
      ValueError: the folder holds a run with other settings or another collection, or
        something else.
    """
    path = folder / "config.json"
    if path.exists():
        there = json.loads(path.read_text())
        if there["id"] != identity(config, collection):
            raise ValueError(_difference(folder, there, config))
        return (folder / "finished.json").exists()
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(
            f"--workdir={folder} is not empty and holds no run. Name another folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "id": identity(config, collection),
        "collection": collection,
        "config": config,
        "versions": {name: metadata.version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "commit": commit(),
        "command": command(),
    }
    write_json(path, record)
    return False


def _difference(folder: Path, there: dict, config: dict) -> str:
    old = there["config"]
    config = json.loads(json.dumps(config))  # tuples to lists, as they were written
    changed = [
        f"config.{section}.{key} is {old.get(section, {}).get(key)!r} there and "
        f"{value!r} now"
        for section, options in config.items()
        for key, value in options.items()
        if old.get(section, {}).get(key) != value
    ]
    what = "; ".join(changed[:3]) or "the collection has changed since"
    return (
        f"--workdir={folder} holds another run: {what}. Name another folder, or leave "
        "--workdir out to have one made."
    )


def command() -> str:
    """The command line that runs."""
    return shlex.join(["python", *sys.argv])


def commit() -> str:
    """The commit of the source, "" outside of a git checkout."""
    source = Path(__file__).parent
    try:
        found = subprocess.run(
            ["git", "-C", source, "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()


def write_text(path: Path, text: str) -> None:
    """Writes the file whole or not at all.

    A file name that is not UTF-8 on the disk is written with its bytes escaped.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Writes the file whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file, indented."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes arrays as NumPy's compressed `.npz`."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_bytes(path, content.getvalue())


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Writes a table; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, text.getvalue())


class History:
    """`history.jsonl`: one line an epoch, lists over seeds."""

    def __init__(self, path: Path) -> None:
        """Opens the file; `rows` is what it holds, without a last line cut short."""
        self._path = path
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        self.rows = [json.loads(line) for line in lines]

    def go_back(self, model: str, epoch: int) -> None:
        """Drops the rows of a model after `epoch`, which will be run again."""
        self.rows = [
            row for row in self.rows if row["model"] != model or row["epoch"] <= epoch
        ]
        write_text(self._path, "".join(json.dumps(row) + "\n" for row in self.rows))

    def add(self, row: dict) -> None:
        """Appends one row."""
        self.rows.append(row)
        with self._path.open("a") as file:
            file.write(json.dumps(row) + "\n")

    def of(self, model: str) -> list[dict]:
        """The rows of one model, in order."""
        return [row for row in self.rows if row["model"] == model]
