"""The cache folder keeps what it is given, or says what is wrong with it."""

import errno
import mmap
import os
import random
import resource
import signal
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from test_features import extract, songs

from vaejax import store
from vaejax.store import StoreError

SETTINGS = {"bands": 4}
META = {"duration_s": 1.25, "note": ""}


def made(number: int) -> list[np.ndarray]:
    return [np.full((6, 4), number, np.float32), np.arange(5, dtype=np.float32)]


def fill(folder: Path, n: int, writer: str = "w") -> None:
    """Keeps n contents, each with arrays of its own."""
    with store.opened(folder, SETTINGS) as cache:
        for i in range(n):
            job = (b"%02d" % i, Path())
            record = store.fill(folder, writer, lambda _, i=i: (made(i), META), job)
            store.keep(cache, record)
        store.keep(cache, store.note(b"odd", {"reason": "is a text."}))


def read(folder: Path, i: int) -> list[np.ndarray] | None:
    with store.opened(folder, SETTINGS) as cache:
        record = store.find(cache, b"%02d" % i)
        found = record and store.arrays(cache, record)
        return found and [np.array(x) for x in found]


def is_whole(folder: Path, i: int) -> bool:
    found = read(folder, i)
    return found is not None and all(map(np.array_equal, found, made(i)))


def test_a_full_shard_is_left_for_a_new_one(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "SHARD_BYTES", 300)
    fill(tmp_path, 9)
    assert len(list((tmp_path / "shards").iterdir())) > 3
    assert all(is_whole(tmp_path, i) for i in range(9))


def test_arrays_start_at_multiples_of_64_bytes(tmp_path):
    fill(tmp_path, 3)
    with store.opened(tmp_path, SETTINGS) as cache:
        for i in range(3):
            for x in store.arrays(cache, store.find(cache, b"%02d" % i)):
                assert x.ctypes.data % 64 == 0


def test_other_settings_see_nothing(tmp_path):
    fill(tmp_path, 1)
    with store.opened(tmp_path, {"bands": 5}) as cache:
        assert store.find(cache, b"00") is None


def test_a_damaged_index_says_what_to_delete(tmp_path):
    fill(tmp_path, 1)
    (tmp_path / store._INDEX).write_bytes(b"rubbish" * 1000)
    with pytest.raises(StoreError, match="not a database. .* delete '"):
        read(tmp_path, 0)


@pytest.mark.parametrize(
    "column, value",
    [
        ("shapes", "[[4, 6], [5]]"),
        ("shapes", "[[6, 4], [5"),
        ("shapes", "[]"),
        ("meta", '{"duration_s": 1.5, "note": ""}'),
        ("start", 64),
        ("start", 10**9),
        ("crc32", 7),
        ("shard", "another.bin"),
    ],
)
def test_what_the_index_says_is_checked_like_the_arrays(column, value, tmp_path):
    fill(tmp_path, 2)
    with sqlite3.connect(tmp_path / store._INDEX) as index:
        index.execute(f"UPDATE records SET {column} = ?", (value,))
    index.close()
    assert read(tmp_path, 0) is None


def test_a_reason_that_was_changed_is_found_anew(tmp_path):
    fill(tmp_path, 0)
    with sqlite3.connect(tmp_path / store._INDEX) as index:
        index.execute("UPDATE records SET meta = ?", ('{"reason": "is a test."}',))
    index.close()
    with store.opened(tmp_path, SETTINGS) as cache:
        assert store.find(cache, b"odd") is None


def test_whatever_bit_flips_in_a_shard_there_is_no_wrong_number(tmp_path):
    fill(tmp_path, 4)
    (path,) = (tmp_path / "shards").iterdir()
    whole, draw = path.read_bytes(), random.Random(0)
    for _ in range(100):
        content = bytearray(whole)
        at = draw.randrange(len(content))
        content[at] ^= 1 << draw.randrange(8)
        path.write_bytes(content)
        lost = [i for i in range(4) if not is_whole(tmp_path, i)]
        assert lost == [at * 4 // len(whole)]
        assert read(tmp_path, lost[0]) is None
    for size in (0, 1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        found = [read(tmp_path, i) for i in range(4)]
        assert [x is not None for x in found] == [
            (i + 1) * len(whole) // 4 <= size for i in range(4)
        ]


def test_a_file_in_the_place_of_the_cache_is_named(tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(StoreError, match="/cache' cannot hold a cache"):
        fill(tmp_path / "cache", 1)


def test_a_full_disk_ends_the_run_with_its_reason(tmp_path):
    fill(tmp_path, 1)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(StoreError, match="does not take .* Free some space"):
            job = (b"new", Path())
            store.fill(tmp_path, "other", lambda _: (made(1), META), job)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_cache_that_forgets_is_not_tried_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "arrays", lambda *_: None)
    with pytest.raises(StoreError, match="checksums fail 3 times in a row"):
        extract(songs(tmp_path / "songs", 1), tmp_path / "cache")


def test_what_a_killed_process_left_of_a_record_shifts_no_other(tmp_path):
    fill(tmp_path, 1)
    (shard,) = (tmp_path / "shards").iterdir()
    with shard.open("ab") as file:
        file.write(b"cut")
    with store.opened(tmp_path, SETTINGS) as cache:
        job = (b"07", Path())
        record = store.fill(tmp_path, "w", lambda _: (made(7), META), job)
        store.keep(cache, record)
    assert record.shard == shard.name and record.start % 64 == 0
    assert is_whole(tmp_path, 0) and is_whole(tmp_path, 7)


def test_records_of_the_last_second_are_found_before_they_are_in_the_index(tmp_path):
    with store.opened(tmp_path, SETTINGS) as cache:
        record = store.note(b"odd", {"reason": "is a text."})
        store.keep(cache, record)
        assert store.find(cache, b"odd") == record
        query = "SELECT COUNT(*) FROM records"
        assert cache.index.execute(query).fetchone() == (0,)
        store.save(cache)
        assert cache.index.execute(query).fetchone() == (1,)
        assert store.find(cache, b"odd") == record


def test_a_cache_that_another_machine_does_not_share_is_named(tmp_path):
    where = f"is not there on '{os.uname().nodename}'. All machines must see the same"
    job = (b"01", Path())
    with pytest.raises(StoreError, match=f"elsewhere' {where}"):
        store.fill(tmp_path / "elsewhere", "w", lambda _: (made(1), META), job)
    with pytest.raises(StoreError, match=f"0000.bin' {where}"):
        with store.opened(tmp_path, SETTINGS) as cache:
            record = store.fill(tmp_path, "w", lambda _: (made(1), META), job)
            (tmp_path / "shards" / record.shard).unlink()
            store.keep(cache, record)


def test_more_shards_than_open_files_are_allowed_for_or_told(tmp_path, monkeypatch):
    limits = [(300, 4000)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.append(pair))
    fill(tmp_path, 1)
    with store.opened(tmp_path, SETTINGS) as cache:
        record = store.find(cache, b"00")
        cache.shards.update({str(i): np.zeros(1, np.uint8) for i in range(100)})

        def full(*_, **__):
            raise OSError(errno.EMFILE, "Too many open files")

        monkeypatch.setattr(mmap, "mmap", full)
        with pytest.raises(StoreError, match="more shards than .* once, 4000. Raise"):
            store.arrays(cache, record)
    assert limits[-1] == (4000, 4000)
