"""The feature cache at the size of millions of tracks.

The index is real, entry by entry. The shards have their real number, sizes and places,
and are holes in the file system: reading zeros costs all but the disk.
"""

import hashlib
import mmap
import os
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from vaejax import mapped, store
from vaejax.benchmarks import features

SHAPES = [[1292, 128], [1292, 120]]  # log-mel and MFCC of 30 s: 1.28 MB
META = {"duration_s": 30.0, "level_db": -14.123456789, "note": ""}
STAMP = "4801234 1700000000123456789 1700000001123456789 {}"  # of an MP3 of 5 MB
SETTINGS = {"sample_rate_hz": 22050, "n_mels": 128}
WRITERS = 64  # processes that write shards at once
LOOKED_UP = 10_000  # tracks, any of all
READ = 1000  # of them
CLIPS = 12  # of which the speed of a core is the mean
CORES = (1, 16, 64, 256)
AT_ONCE = 100_000  # tracks that are saved together, where time does not count
IN_MEMORY = {"journal_mode": "OFF", "synchronous": "OFF", "cache_size": -2_000_000}
ADDED = 20_000  # tracks of which the speed is measured


def store_of_millions(*, n: int, folder: Path | None = None) -> Iterator[str]:
    """Yields the lines of a table of what the index takes, and of what follows for n.

    Args:
      n: tracks at the end; the lines before have a tenth and a hundredth.
      folder: with room for the index; None is the system's for temporary files.
    """
    with tempfile.TemporaryDirectory(dir=folder) as name:
        cache, done = Path(name), 0
        yield (
            f"{'tracks':>10}{'shards':>8}{'index':>10}{'a track':>9}{'added':>11}"
            f"{'opened':>9}{'looked up':>11}{'read':>9}{'RAM':>10}"
        )
        for size in sorted({max(1, n // 100), max(1, n // 10), n}):
            timed = max(done, size - ADDED)
            _add_at_once(cache, range(done, timed))
            yield _line(cache, size, (size - timed) / _added(cache, range(timed, size)))
            done = size
        rate = features.rate_of_a_core(cache, CLIPS)
    yield from _forecast(n, rate)


def _add_at_once(cache: Path, rows: range) -> None:
    """As `_added`, in memory: the pages fill in the same order, and nobody waits."""
    record_of = _records(cache)
    with store.opened(cache, SETTINGS) as index:
        for name, value in IN_MEMORY.items():
            index.index.execute(f"PRAGMA {name} = {value}")
        for first in rows[::AT_ONCE]:
            for row in rows[first - rows.start :][:AT_ONCE]:
                record = record_of(row)
                index.records[record.content] = record
                known = STAMP.format(row), record.content
                index.files[os.fsencode(_path(row))] = known
            store.save(index)


def _added(cache: Path, rows: range) -> float:
    """Seconds for records and contents of tracks, as an extraction adds them."""
    record_of = _records(cache)
    start = time.perf_counter()
    with store.opened(cache, SETTINGS) as index:
        for row in rows:
            record = record_of(row)
            store.remember_content(index, _path(row), STAMP.format(row), record.content)
            store.keep(index, record)
    return time.perf_counter() - start


def _records(cache: Path) -> Callable[[int], store.Record]:
    """Row -> its record; the shard of every row is made as large as it has to be."""
    one = store.note(b"", META)._replace(shapes=SHAPES)
    zeros = zlib.crc32(bytes(_n_bytes()))
    one = one._replace(crc32=store.checksum(zeros, SHAPES, META))
    made: set[str] = set()

    def record_of(row: int) -> store.Record:
        turn, writer = divmod(row, WRITERS)
        part, place = divmod(turn, store.SHARD_BYTES // _n_bytes() + 1)
        shard = f"{'0' * 32}-{'0' * 12}-{writer:07d}-0-{part:04d}.bin"
        if shard not in made:
            with open(cache / "shards" / shard, "ab") as file:
                file.truncate(store.SHARD_BYTES + _n_bytes())
            made.add(shard)
        start = place * _n_bytes()
        return one._replace(content=_content(row), shard=shard, start=start)

    return record_of


def _n_bytes() -> int:
    """Of the arrays of a track."""
    return sum(4 * int(np.prod(shape)) for shape in SHAPES)


def _content(row: int) -> bytes:
    return hashlib.sha256(row.to_bytes(8)).digest()


def _path(row: int) -> Path:
    return Path(f"/collections/millions/audio/{row // 1000:05d}/{row % 1000:03d}.mp3")


def _line(cache: Path, size: int, added_per_s: float) -> str:
    n_bytes = sum(path.stat().st_size for path in cache.glob("*.sqlite*"))
    rows = np.random.default_rng(0).integers(size, size=LOOKED_UP).tolist()
    start = time.perf_counter()
    with store.opened(cache, SETTINGS) as index:
        opened_s = time.perf_counter() - start
        look_s = median(_seconds(partial(_look_up, index), row) for row in rows)
        found = [store.find(index, _content(row)) for row in rows[:READ]]
        read_s = median(_seconds(partial(_read, index), one) for one in found)
        resident = int(Path("/proc/self/statm").read_text().split()[1])
    n_shards = len(os.listdir(cache / "shards"))
    return (
        f"{size:>10}{n_shards:>8}{n_bytes / 1e6:>7.0f} MB{n_bytes / size:>7.0f} B"
        f"{added_per_s:>9.0f}/s{1e3 * opened_s:>6.0f} ms{1e6 * look_s:>8.0f} µs"
        f"{1e3 * read_s:>6.1f} ms{resident * mmap.PAGESIZE / 1e6:>7.0f} MB"
    )


def _look_up(index: store.Store, row: int) -> None:
    """What a run that computes nothing asks of every track, but for the file system."""
    content = store.known_content(index, _path(row), STAMP.format(row))
    if content is None or store.find(index, content) is None:
        raise ValueError(f"row {row} is not in the index of {str(index.folder)!r}.")


def _read(index: store.Store, record: store.Record) -> None:
    arrays = store.arrays(index, record)
    if arrays is None:
        raise ValueError(f"{record.shard!r} is damaged in {str(index.folder)!r}.")
    mapped.forget(arrays[0])


def _seconds(work: Callable, about: object) -> float:
    start = time.perf_counter()
    work(about)
    return time.perf_counter() - start


def _forecast(n: int, rate: float) -> Iterator[str]:
    """What was not done: the extraction itself."""
    n_bytes = n * _n_bytes()
    yield (
        f"{n} tracks of 30 s, extrapolated: {n_bytes / 1e12:.3g} TB of features, "
        f"{_n_bytes() / 1e6:.3g} MB a track; a core here makes {rate:.1f} tracks/s"
    )
    for cores in CORES:
        hours = n / (rate * cores) / 3600
        needs = (
            f"{rate * cores:.0f} tracks/s, {rate * cores * _n_bytes() / 1e6:.0f} MB/s"
        )
        yield f"{cores:>6} cores: {hours:>9.1f} h, if the file system takes {needs}"
