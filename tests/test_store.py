"""The cache folder keeps what it is given, or says what is wrong with it."""

import pytest
from test_features import assert_same, extract, songs

from vaejax import store
from vaejax.store import StoreError


def test_a_full_shard_is_left_for_a_new_one(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "SHARD_BYTES", 5000)
    tracks = songs(tmp_path / "songs", 9)
    first = extract(tracks, tmp_path / "cache")[0]
    assert len(list((tmp_path / "cache" / "shards").iterdir())) > 3
    assert_same(first, extract(tracks, tmp_path / "cache")[0])


def test_arrays_start_at_multiples_of_64_bytes(tmp_path):
    for clip in extract(songs(tmp_path / "songs", 5), tmp_path / "cache")[0]:
        assert clip.mel.ctypes.data % 64 == clip.mfcc.ctypes.data % 64 == 0


def test_a_damaged_index_says_what_to_delete(tmp_path):
    tracks = songs(tmp_path / "songs", 1)
    extract(tracks, tmp_path / "cache")
    (tmp_path / "cache" / "index-1.sqlite").write_bytes(b"rubbish" * 1000)
    with pytest.raises(StoreError, match="not a database. .* delete .*/cache'"):
        extract(tracks, tmp_path / "cache")


def test_a_file_in_the_place_of_the_cache_is_named(tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(StoreError, match="/cache' cannot hold a cache"):
        extract([], tmp_path / "cache")


def test_a_full_disk_ends_the_run_with_its_reason(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    tracks = songs(tmp_path / "songs", 1)
    monkeypatch.setattr(store, "_append", full)
    with pytest.raises(StoreError, match="No space left on device. Free some space"):
        extract(tracks, tmp_path / "cache")


def test_a_cache_that_forgets_is_not_tried_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "arrays", lambda *_: None)
    with pytest.raises(StoreError, match="checksums fail 3 times in a row"):
        extract(songs(tmp_path / "songs", 1), tmp_path / "cache")
