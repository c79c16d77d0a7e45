"""Several processes train as one does, also when one of them is lost."""

import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from configs import vae
from vaejax import devices, experiment, hosts, shares
from vaejax.shares import Held, Joined, Share

HERE = Path(__file__).parent


def test_a_process_is_lost_and_others_go_on_to_the_same_numbers(tmp_path):
    script = [sys.executable, HERE / "many_hosts.py", tmp_path]
    done = subprocess.run(script, capture_output=True, text=True, timeout=500)
    log = tmp_path / "log.txt"
    assert done.returncode == 0, done.stderr + (log.read_text() if log.exists() else "")
    assert "Killed one of 2 processes" in done.stdout
    assert "4 went on, and the run equals that of one process" in done.stdout


def test_of_one_process_everyone_is_that_one():
    assert hosts.everyones([1, "a"]) == [[1, "a"]]
    assert hosts.is_first() and hosts.total(np.arange(3)).tolist() == [0, 1, 2]
    done = []
    hosts.in_shares([1, 2], done.append)
    assert done == []


def test_shares_of_processes_follow_each_other_and_differ_by_one(monkeypatch):
    assert hosts.ranges(7) == [range(7)]
    monkeypatch.setattr(jax, "process_count", lambda: 3)
    assert hosts.ranges(7) == [range(2), range(2, 4), range(4, 7)]
    assert [len(share) for share in hosts.ranges(1)] == [0, 0, 1]


def test_an_array_that_is_held_in_part_gives_its_rows_by_their_numbers():
    share = Share(np.array([1, 4, 5]), np.array([True, False, True]))
    x = Held(np.array([[1.0], [4.0], [5.0]]), share, 9)
    assert len(x) == 9 and x.shape == (9, 1)
    assert x[np.array([[5, 1]])].tolist() == [[[5.0], [1.0]]]
    assert shares.has(x, 4) and not shares.has(x, 3)
    for row in (0, 3, 8):
        with pytest.raises(IndexError, match="does not hold"):
            x[np.array([1, row])]


def test_an_array_in_parts_is_the_whole_one():
    whole = np.arange(24.0).reshape(8, 3)
    x = Joined([whole[:3], whole[3:3], whole[3:4], whole[4:]])
    assert len(x) == 8 and x.shape == (8, 3) and x.dtype == whole.dtype
    rows = np.array([[7, 0, 3], [4, 2, 2]])
    np.testing.assert_array_equal(x[rows], whole[rows])
    np.testing.assert_array_equal(x[np.int64(3)], whole[3])
    assert x[rows[:0]].shape == (0, 3, 3)
    assert shares.has(x, 5) and shares.row_bytes(x) == whole[:1].nbytes
    with pytest.raises(IndexError):
        x[np.array([8])]


def test_every_row_is_counted_by_one_process_alone():
    mesh = devices.mesh_of(2, seed=2, data=2)
    split = np.array([0, 2, 3, 5, 6]), np.array([1, 4])
    share = devices.share_of(split, mesh)
    assert share.rows.tolist() == [0, 1, 2, 3, 4, 5, 6] and share.counted.all()


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"coordinator": "host"}, "must be '', auto, or HOST:PORT"),
        ({"coordinator": "host:0"}, "must be '', auto, or HOST:PORT"),
        ({"coordinator": "host:65536"}, "must be '', auto, or HOST:PORT"),
        ({"coordinator": "a:1", "process": 1}, "process=1 must be below .*processes=1"),
    ],
)
def test_wrong_hosts_are_refused_at_once(changes, message):
    config = vae.get_config()
    config.mesh.update(changes)
    with pytest.raises(ValueError, match=message):
        experiment.settings_from(config)
