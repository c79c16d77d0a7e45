"""The feature cache: arrays in a few large files, found by content through an index.

Arrays are appended to shards, one per writing process, and never change afterwards. An
SQLite index says where they lie. It is written about once a second, and only after the
shards are on the disk: a process that is killed loses its last second and nothing else,
and several processes may share a folder. Those that only write shards may be on other
machines that share the file system. Every read is checked against a CRC-32 of the
arrays and of all that the index says of them. A second table remembers the content of
unchanged files.
"""

import errno
import hashlib
import itertools
import json
import mmap
import multiprocessing
import os
import resource
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from vaejax.disk import to_disk

SHARD_BYTES = 2**31  # a shard of this size is left for a new one
SAVE_EVERY_S = 1.0  # of work that is lost with a killed process, at most
_ALIGN = 64
_OTHER_FILES = 256  # that may be open besides the shards
_INDEX = "index-2.sqlite"  # the number changes with the tables below
_TABLES = """
    CREATE TABLE IF NOT EXISTS files (
        path BLOB PRIMARY KEY, stamp TEXT, content BLOB) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS records (
        content BLOB, settings BLOB, shard TEXT, start INTEGER, crc32 INTEGER,
        shapes TEXT, meta TEXT, PRIMARY KEY (content, settings)) WITHOUT ROWID;
"""


class StoreError(ValueError):
    """The cache folder cannot be used as it is."""


class Record(NamedTuple):
    """Where the arrays of one content lie, and what else is known about it."""

    content: bytes  # SHA-256 of the file
    shard: str
    start: int  # byte
    crc32: int  # of the arrays, then of shapes and meta
    shapes: list  # of the float32 arrays, one after the other
    meta: dict[str, Any]  # plain values, as JSON has them


def note(content: bytes, meta: dict[str, Any]) -> Record:
    """A record without arrays."""
    return Record(content, "", 0, checksum(0, [], meta), [], meta)


def checksum(of_arrays: int, shapes: list, meta: dict[str, Any]) -> int:
    """The CRC-32 of a record, from that of the bytes of its arrays."""
    return zlib.crc32(json.dumps([shapes, meta]).encode(), of_arrays)


class Store(NamedTuple):
    """An open cache folder."""

    folder: Path
    index: sqlite3.Connection
    settings: bytes  # records made with other settings are not seen
    files: dict[bytes, tuple[str, bytes]]  # not in the index yet
    records: dict[bytes, Record]  # by content; not in the index yet
    shards: dict[str, np.ndarray]  # mapped into memory
    saved: list[float]  # when, last


@contextmanager
def opened(folder: Path, settings: dict[str, Any]) -> Iterator[Store]:
    """The cache in this folder, made if need be; saved and closed at the end.

    Args:
      folder: on a file system that locks files.
      settings: everything besides the content that changes a number.

    Raises:
      StoreError: the index is damaged, or the folder cannot be written.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).digest()
    try:
        (folder / "shards").mkdir(parents=True, exist_ok=True)
        index = sqlite3.connect(folder / _INDEX, timeout=60, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{str(folder)!r} cannot hold a cache: {error}.") from error
    try:
        index.executescript(_TABLES)
        store = Store(folder, index, digest, {}, {}, {}, [time.monotonic()])
        try:
            yield store
        finally:
            save(store)
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{str(folder / _INDEX)!r} cannot be used: {error}. If nothing else uses "
            f"it, delete {str(folder)!r}; the features are then computed again."
        ) from error
    finally:
        index.close()


def stamp(path: Path) -> str:
    """What changes when a file does, without reading it.

    Raises:
      OSError: there is no such file.
    """
    seen = path.stat()
    return f"{seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns} {seen.st_ino}"


def known_content(store: Store, path: Path, stamp: str) -> bytes | None:
    """The SHA-256 of the file, if it has not changed since it was last read."""
    name = os.fsencode(path.absolute())
    if name in store.files:
        noted, content = store.files[name]
        return content if noted == stamp else None
    query = "SELECT stamp, content FROM files WHERE path = ?"
    for row in store.index.execute(query, (name,)).fetchall():
        if row[0] == stamp:
            return row[1]
    return None


def remember_content(store: Store, path: Path, stamp: str, content: bytes) -> None:
    """Notes the SHA-256 of a file, from when `stamp` was taken."""
    store.files[os.fsencode(path.absolute())] = (stamp, content)
    _save_in_time(store)


def find(store: Store, content: bytes) -> Record | None:
    """The record of a content under the store's settings; none that is damaged.

    Its arrays are looked at when they are read.
    """
    if content in store.records:
        return store.records[content]
    query = "SELECT * FROM records WHERE content = ? AND settings = ?"
    for row in store.index.execute(query, (content, store.settings)).fetchall():
        shard, start, crc32, *texts = row[2:]
        try:
            shapes, meta = map(json.loads, texts)
        except ValueError:
            return None
        record = Record(content, shard, start, crc32, shapes, meta)
        return record if shapes or crc32 == checksum(0, [], meta) else None
    return None


def keep(store: Store, record: Record) -> None:
    """Adds a record, which is on the disk within about a second of other work.

    One by one, every record would wait for the disk: 40 a second, where a cluster makes
    thousands.
    """
    store.records[record.content] = record
    _save_in_time(store)


def drop(store: Store, record: Record) -> None:
    """Forgets a damaged record, unless another process has replaced it."""
    save(store)
    store.index.execute(
        "DELETE FROM records WHERE (content, settings, shard, start) = (?, ?, ?, ?)",
        (record.content, store.settings, record.shard, record.start),
    )


def _save_in_time(store: Store) -> None:
    if time.monotonic() - store.saved[0] > SAVE_EVERY_S:
        save(store)


def save(store: Store) -> None:
    """Puts into the index what is only noted so far, once its shards are on the disk.

    Raises:
      StoreError: a shard is not there.
    """
    _shards_to_disk(store)
    files = [(path, *known) for path, known in store.files.items()]
    records = [_row(store, record) for record in store.records.values()]
    if files or records:
        with store.index:  # commits, or rolls back
            store.index.execute("BEGIN IMMEDIATE")
            store.index.executemany("REPLACE INTO files VALUES (?, ?, ?)", files)
            store.index.executemany(
                "REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", records
            )
    store.files.clear()
    store.records.clear()
    store.saved[0] = time.monotonic()


def _shards_to_disk(store: Store) -> None:
    folder = store.folder / "shards"
    shards = {record.shard for record in store.records.values() if record.shapes}
    for shard in sorted(shards):
        try:
            to_disk(folder / shard)
        except FileNotFoundError:
            raise _not_shared(folder / shard) from None
    if shards:
        to_disk(folder)


def _not_shared(path: Path) -> StoreError:
    return StoreError(
        f"{str(path)!r} is not there on {os.uname().nodename!r}. All machines must see "
        "the same cache: name a config.data.cache_dir on a file system that they share."
    )


def _row(store: Store, record: Record) -> tuple:
    """As in the table of records."""
    where = (record.content, store.settings, record.shard, record.start, record.crc32)
    return (*where, json.dumps(record.shapes), json.dumps(record.meta))


def fill(folder: Path, writer: str, make: Callable, job: tuple[bytes, Path]) -> Record:
    """The work of one process: makes the arrays of a file and writes them.

    Any number of processes may do so at once; none of them opens the index.

    Args:
      folder: of the cache.
      writer: a name that is new with every run; that of the process is added to it.
      make: path -> (float32 arrays, plain values for the index).
      job: the file's content and path.

    Raises:
      StoreError: the disk is full, or does not take it for another reason.
    """
    content, path = job
    made, meta = make(path)
    if not made:
        return note(content, meta)
    try:
        writer = f"{writer}-{multiprocessing.current_process().name}"
        shard, start, crc32 = _append(folder / "shards", writer, made)
        shapes = [list(array.shape) for array in made]
        total = checksum(crc32, shapes, meta)
        return Record(content, shard, start, total, shapes, meta)
    except FileNotFoundError as error:
        raise _not_shared(folder) from error
    except OSError as error:
        raise StoreError(
            f"{str(folder)!r} does not take the features: {error.strerror}. Free some "
            "space, or name another config.data.cache_dir."
        ) from error


def _append(
    folder: Path, writer: str, arrays: Sequence[np.ndarray]
) -> tuple[str, int, int]:
    """Shard, start and checksum of the arrays, one after the other."""
    for part in itertools.count():
        path = folder / f"{writer}-{part:04d}.bin"
        if not path.exists() or path.stat().st_size < SHARD_BYTES:
            break
    pieces = []
    for array in arrays:
        data = array.astype("<f4", copy=False).tobytes()
        pieces += [data, bytes(-len(data) % _ALIGN)]
    body = b"".join(pieces)
    with open(path, "ab") as file:
        # Not aligned where the process before this one was killed as it wrote.
        file.write(bytes(-file.tell() % _ALIGN))
        start = file.tell()
        file.write(body)
    return path.name, start, zlib.crc32(body)


def arrays(store: Store, record: Record) -> list[Float32[np.ndarray, "..."]] | None:
    """Read-only views into the mapped shard, or None where the record is damaged."""
    sizes = [4 * int(np.prod(shape)) for shape in record.shapes]
    ends = np.cumsum([size + -size % _ALIGN for size in sizes]) + record.start
    shard = _mapped(store, record.shard, int(ends[-1]))
    if shard is None:
        return None
    crc32 = zlib.crc32(shard[record.start : ends[-1]])
    if checksum(crc32, record.shapes, record.meta) != record.crc32:
        return None
    starts = [record.start, *ends[:-1]]
    return [
        shard[start : start + size].view(np.float32).reshape(shape)
        for start, size, shape in zip(starts, sizes, record.shapes, strict=True)
    ]


def _mapped(store: Store, name: str, end: int) -> np.ndarray | None:
    """The bytes of a shard that holds at least `end` of them."""
    if len(store.shards.get(name, ())) < end:
        _allow_files(len(store.shards) + 1)
        try:
            with open(store.folder / "shards" / name, "rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (FileNotFoundError, ValueError):  # gone, or empty
            return None
        except OSError as error:
            if error.errno != errno.EMFILE:
                raise
            raise StoreError(
                f"{str(store.folder)!r} has more shards than files may be open at "
                f"once, {resource.getrlimit(resource.RLIMIT_NOFILE)[1]}. Raise that, "
                "with `ulimit -n`, or as its system allows."
            ) from error
        store.shards[name] = np.frombuffer(data, np.uint8)
    shard = store.shards[name]
    return shard if len(shard) >= end else None


def _allow_files(shards: int) -> None:
    """A mapped shard is an open file; most systems allow 1024 to who does not ask."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if shards + _OTHER_FILES > soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
