"""Where arrays lie: what is free, which way they go, and files that nobody sees."""

import math
import os
import resource
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from test_data import HOW, clips

from vaejax import data, mapped, memory, scaling, sketch
from vaejax.memory import Room

GB = 10**9
CPU = Room(ram=16.0 * GB, device=None, disk=100.0 * GB, n_devices=1)
GPU = Room(ram=16.0 * GB, device=8.0 * GB, disk=100.0 * GB, n_devices=1)
PLACE = Path("cache")


@pytest.mark.parametrize(
    "there, n_bytes, streamed, mapped",
    [
        (CPU, 4 * GB, False, False),  # three times 4 of 80 % of 16
        (CPU, 5 * GB, True, False),
        (CPU, 25 * GB // 2, True, True),  # with the parts on their way it is too much
        (GPU, 4 * GB, False, False),  # 60 % of 8 are 4.8
        (GPU, 5 * GB, True, False),
        (GPU, 13 * GB, True, True),
        (CPU._replace(n_devices=4), 3 * GB, True, False),  # each has a copy
    ],
)
def test_arrays_go_the_first_way_that_has_room(there, n_bytes, streamed, mapped):
    way = memory.way("auto", n_bytes, there, PLACE)
    assert (way.streamed, way.mapped) == (streamed, mapped)
    assert way.words.startswith(f"Memory: {n_bytes / GB:.1f} GB of arrays, 16.0 GB")
    last = {"at once": False, "goes on": True}
    assert last[" ".join(way.words.split()[-2:])] == streamed
    assert ("a file in cache" in way.words) == mapped


def test_the_way_that_is_asked_for_is_taken():
    assert memory.way("stream", 1000, CPU, PLACE)[:2] == (True, True)
    # More than is good, but not more than there is.
    assert memory.way("resident", 5 * GB, CPU, PLACE)[:2] == (False, False)


@pytest.mark.parametrize(
    "asked, there, n_bytes, text",
    [
        ("resident", CPU, 6 * GB, "config.data.memory='resident'.*needs 18.0 GB"),
        ("resident", GPU, 8 * GB + 1, "config.data.memory='resident'.*Take auto"),
        (
            "auto",
            CPU._replace(disk=19.0 * GB),
            20 * GB,
            "config.data.cache_dir='cache'",
        ),
        ("stream", CPU._replace(disk=1.0), 2 * GB, "no room for them.*data.frames"),
    ],
)
def test_what_works_neither_way_is_refused(asked, there, n_bytes, text):
    with pytest.raises(ValueError, match=text):
        memory.way(asked, n_bytes, there, PLACE)


def test_devices_that_share_rows_have_room_for_more():
    there = Room(ram=100 * GB, device=10 * GB, disk=100 * GB, n_devices=4)
    alone, shared = (
        memory.way("auto", 20 * GB, there, PLACE, shared_by=n) for n in (1, 4)
    )
    assert alone.streamed and not shared.streamed


def test_models_that_have_no_room_are_refused(monkeypatch):
    monkeypatch.setattr(memory, "free_ram", lambda: 9.9 * GB)
    memory.refuse_training(GB, GB, 5)
    with pytest.raises(ValueError, match=r"train.seeds=5.*need 10.0 GB; 9.9 GB of the"):
        memory.refuse_training(2 * GB, 0, 5)
    each = 19.6 * GB / jax.local_device_count()
    monkeypatch.setattr(memory, "free_on_device", lambda: each)
    with pytest.raises(ValueError, match="need 20.0 GB.*config.train.batch_size"):
        memory.refuse_training(0, GB, 5)  # there the seeds do not take turns


def test_what_is_free_heeds_the_limits_of_the_process():
    free = memory.free_ram()
    assert 1e6 < free < math.inf
    code = (
        "import resource, numpy\n"
        "from vaejax import memory\n"
        "hard = resource.getrlimit(resource.RLIMIT_DATA)[1]\n"
        "used = 1024 * memory._numbers('/proc/self/status')['VmData']\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (used + 2**26, hard))\n"
        "free = memory.free_ram()\n"
        "numpy.ones(int(0.9 * free), 'i1')\n"
        "try:\n"
        "    numpy.ones(2**27, 'i1')\n"
        "except MemoryError:\n"
        "    print(0 < free <= 2**26)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout.strip() == "True", found.stderr


def test_what_is_free_heeds_a_cgroup(tmp_path):
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 500\ninactive_file 150\n")
    files = tmp_path, "memory.max", "memory.current"
    assert memory._left(*files) == 450.0
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._left(*files) == math.inf
    assert memory._left(tmp_path / "none", *files[1:]) == math.inf


def test_an_array_in_a_file_is_like_any_other_and_leaves_no_file(tmp_path):
    x = mapped.in_file(tmp_path / "new")((1000, 30), np.float32)
    assert not any((tmp_path / "new").iterdir()) and not x.any()
    x[:] = np.arange(30)
    mapped.forget(x[5:7].reshape(-1))
    np.testing.assert_array_equal(x, np.broadcast_to(np.arange(30.0), (1000, 30)))
    assert mapped.moved(x, np.zeros) is x
    mapped.forget(np.ones(3))  # of an array in RAM nothing is lost


def test_arrays_in_files_with_names_can_be_read_by_others(tmp_path):
    zeros = mapped.in_files(tmp_path / "new")
    first, second = zeros((4, 2)), zeros((3,), np.int32)
    assert not first.any() and not second.any()
    first[:], second[:] = 2.0, [1, 2, 3]
    for x in (first, second[:2]):  # a part knows its file as well
        assert mapped.moved(x, np.zeros) is x
        mapped.forget(x)
        x.flush()
        seen = np.memmap(x.filename, x.dtype, "r", shape=x.shape)
        np.testing.assert_array_equal(seen, x)
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["0", "1"]


def test_a_folder_that_does_not_take_the_file_is_named(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, limits[1]))
    try:
        with pytest.raises(ValueError, match="cache_dir=.*does not take 4.2 MB"):
            mapped.in_file(tmp_path)((1024, 1024))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not os.listdir(tmp_path)


def test_a_dataset_in_files_and_in_pieces_is_the_same(tmp_path, monkeypatch):
    how = HOW | {"mel": "image", "mfcc": "image", "modalities": ("mel", "mfcc", "flux")}
    whole = data.from_clips(clips(), **how)
    monkeypatch.setattr(mapped, "PARTS", 8 * 3 * 9 * 4 * 4)  # three rows of mel
    made = []

    def zeros(*shape):
        made.append(mapped.in_file(tmp_path)(*shape))
        return made[-1]

    parts = data.from_clips(clips(), **how, zeros=zeros)
    assert len(made) == 3 and [p.start for p in mapped.pieces(made[0])][:2] == [0, 3]
    for name, x in whole.batch.items():
        np.testing.assert_array_equal(parts.batch[name], x)
    assert all(any(x is y for x in parts.batch.values()) for y in made)
    np.testing.assert_array_equal(parts.raw, whole.raw)


def test_means_and_deviations_are_numpys(monkeypatch):
    rng = np.random.default_rng(0)
    x = (1000 + rng.normal(size=(50, 7, 3))).astype(np.float32)
    seen = rng.random((50, 7)) < 0.6
    monkeypatch.setattr(mapped, "PARTS", 8 * 4 * 7 * 3 * 4)
    mean, std = scaling.scale_of(x, seen)
    rows = x[seen].astype(float)
    np.testing.assert_array_equal(mean, rows.mean(axis=0))
    np.testing.assert_array_equal(std, rows.std(axis=0))


def test_a_sketch_keeps_distances():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 20_000)).astype(np.float32)
    x[20:] += 0.5  # another cluster
    found = sketch.sketch(x)
    assert found.shape == (40, sketch.SKETCHED) and found.dtype == np.float32

    def squares(y):
        return np.sum((y[:, None] - y[None]) ** 2, axis=-1)[np.triu_indices(40, 1)]

    ratio = squares(found) / squares(x)
    # The deviation is sqrt(2 / 1024) = .044 of a squared distance.
    np.testing.assert_allclose(ratio.mean(), 1, atol=0.02)
    assert ratio.std() < 0.06


def test_short_rows_and_few_rows_are_vectors_as_they_are(monkeypatch):
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    np.testing.assert_array_equal(sketch.as_vectors(x), x.reshape(2, 12))
    monkeypatch.setattr(sketch, "MOST", 1)
    np.testing.assert_array_equal(sketch.as_vectors(x), x.reshape(2, 12))
    assert sketch.as_vectors(np.ones((2, 2000), np.float32)).shape == (2, 1024)
