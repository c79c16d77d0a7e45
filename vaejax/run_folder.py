"""A run folder: opened once, resumed by the same command, never overwritten silently.

A finished run knows the checksums of its files.
"""

import datetime
import fcntl
import hashlib
import json
import os
import platform
import shlex
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from vaejax import disk, tracking
from vaejax.tracking import Tracker

PACKAGES = (
    *("jax", "flax", "optax", "orbax-checkpoint", "numpy", "scipy"),
    *("scikit-learn", "umap-learn", "librosa", "soundfile", "soxr"),
)
LOCK = ".lock"
FINISHED = "finished.json"
KEPT = (  # what tables, figures and pages are made from
    *("config.json", "history.jsonl", "tracks.csv", "rejected.csv", "words.json"),
    "notes.json",
    *("latents.npz", "reconstructions.npz", "assignments.csv", "scores.csv"),
    "permutations.npz",
)
# These change how a run goes, not what comes out.
WITHOUT_EFFECT = {("data", key) for key in ("cache_dir", "n_workers", "memory")}
WITHOUT_EFFECT |= {("train", "tensorboard"), ("train", "checkpoint_minutes")}
WITHOUT_EFFECT |= {("features", "scheduler")}
_MESH = ("seed", "data", "coordinator", "processes", "process")
WITHOUT_EFFECT |= {("mesh", key) for key in _MESH}  # but for rounding


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


def is_finished(folder: Path, config: dict, collection: str) -> bool:
    """Whether the folder holds this run, and all of it.

    Raises:
      ValueError: the folder holds a run with other settings or another collection, or
        something else.
    """
    if (folder / "config.json").exists():
        there = read_config(folder)
        if there["id"] != identity(config, collection):
            raise ValueError(_difference(folder, there, config))
        return (folder / FINISHED).exists()
    if folder.exists() and any(path.name[0] != "." for path in folder.iterdir()):
        raise ValueError(
            f"--workdir={folder} is not empty and holds no run. Name another folder."
        )
    return False


def open_run(folder: Path, config: dict, collection: str) -> None:
    """Writes down what is run in the folder; a run that is there already goes on.

    Raises:
      ValueError: as `is_finished`.
    """
    for path in folder.glob(".*.tmp"):  # of a process that was killed
        path.unlink()
    is_finished(folder, config, collection)
    if (folder / "config.json").exists():
        return
    record = {
        "id": identity(config, collection),
        "collection": collection,
        "config": config,
        "versions": {name: metadata.version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "commit": commit(),
        "command": command(),
    }
    disk.write_json(folder / "config.json", record)


def read_config(folder: Path) -> dict:
    """What `open_run` wrote.

    Raises:
      ValueError: it was changed or damaged since.
    """
    path = folder / "config.json"
    try:
        there = json.loads(path.read_bytes())
        whole = there["id"] == identity(there["config"], there["collection"])
    except (ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise ValueError(
            f"{path} was changed or damaged since it was written. Restore it, or name "
            "another --workdir."
        )
    return there


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


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Makes the folder if need be, and keeps every other process out of it.

    The lock goes with the process, however that ends.

    Raises:
      ValueError: another process works in the folder.
      DiskError: the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("a+")
    except OSError as error:
        raise disk.DiskError(folder, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise ValueError(
                f"--workdir={folder} is in use by {file.read().strip() or 'another'}. "
                "Wait until it is finished, or name another folder."
            ) from None
        except OSError as error:
            raise disk.DiskError(folder / LOCK, error) from error
        file.truncate(0)
        since = datetime.datetime.now().isoformat(" ", "seconds")
        file.write(f"process {os.getpid()} on {socket.gethostname()} since {since}\n")
        file.flush()
        yield


def seal(folder: Path, *, seconds: float) -> None:
    """Marks the run as finished, with the checksums of what it has kept."""
    sums = {name: _sha256(folder / name) for name in KEPT if (folder / name).is_file()}
    record = {"seconds": round(seconds, 1), "sha256": sums}
    disk.write_text(folder / FINISHED, _line(record))


def verify(folder: Path) -> None:
    """Refuses a finished run whose files are not as it has written them.

    Raises:
      ValueError: a file is missing, or was changed or damaged since.
    """
    record = _row((folder / FINISHED).read_bytes())
    if record is None:
        raise ValueError(
            f"{folder / FINISHED} was changed or damaged since the run wrote it. "
            "Restore it; or delete it, and the command in config.json makes everything "
            "after the training anew."
        )
    for name, wanted in record["sha256"].items():
        path = folder / name
        if not path.is_file() or _sha256(path) != wanted:
            how = "was changed or damaged since" if path.is_file() else "is gone"
            raise ValueError(
                f"{path} {how} the run wrote it. Restore it; or delete "
                f"{folder / FINISHED}, and the command in config.json makes everything "
                "after the training anew."
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class History:
    """`history.jsonl`: one line an epoch, lists over seeds, and a checksum of each."""

    def __init__(self, path: Path, tracker: Tracker = tracking.nobody) -> None:
        """Opens the file; `rows` is what it holds up to the first damaged line.

        Args:
          tracker: is told of every row that is added, once it is written.
        """
        self._path, self._tracker = path, tracker
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        rows = [_row(line) for line in lines]
        whole = rows.index(None) if None in rows else len(rows)
        self.rows = [row for row in rows[:whole] if row]

    def n_whole(self, model: str) -> int:
        """How many epochs of a model there are, from the first on without a gap."""
        epochs = [row["epoch"] for row in self.of(model)]
        gaps = (i for i, epoch in enumerate(epochs) if epoch != i + 1)
        return next(gaps, len(epochs))

    def go_back(self, model: str, epoch: int) -> None:
        """Drops the rows of a model after `epoch`, which will be run again."""
        self.rows = [
            row for row in self.rows if row["model"] != model or row["epoch"] <= epoch
        ]
        disk.write_text(self._path, "".join(map(_line, self.rows)))

    def add(self, row: dict) -> None:
        """Appends one row.

        Raises:
          DiskError: the disk does not take it.
        """
        self.rows.append(row)
        try:
            with self._path.open("a") as file:
                file.write(_line(row))
        except OSError as error:
            raise disk.DiskError(self._path, error) from error
        self._tracker(row)

    def of(self, model: str) -> list[dict]:
        """The rows of one model, in order."""
        return [row for row in self.rows if row["model"] == model]


def _line(row: dict) -> str:
    text = json.dumps(row)
    return json.dumps(row | {"crc32": zlib.crc32(text.encode())}) + "\n"


def _row(line: bytes) -> dict | None:
    """The row of a line, or None where that is damaged."""
    try:
        row = json.loads(line)
        return row if row.pop("crc32") == zlib.crc32(json.dumps(row).encode()) else None
    except (ValueError, KeyError, AttributeError):
        return None
