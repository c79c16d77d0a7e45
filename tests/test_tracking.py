"""Epochs are told to trackers, and TensorBoard's own reader finds them again."""

import json
import struct
import sys

import pytest

from vaejax import disk, tracking

ROW = {
    "model": "vade",
    "epoch": 3,
    "phase": "training",
    "seconds": 9.33,
    "loss": [118.5, None, 2],
    "kl_per_dim": [[1.9, 1.8], [1.9, 1.7], [0.1, 0.2]],
    "running": [True, False, True],
    "broken_at": [-1, 7, -1],
    "collapsed": [False, False, True],
    "valid_loss": [120.0, None, 3.0],
    "diverged": [{"seed": 1, "term": "kl"}],
}


def rows(model, epochs, add=0.0):
    """Two seeds, whose loss is known at every epoch."""
    return [
        {"model": model, "epoch": n, "seconds": 0.1, "loss": [n + add, 10 * n + add]}
        for n in epochs
    ]


def events_of(path):
    """The records of an event file, by the rules of the format, one by one."""
    event_pb2 = pytest.importorskip("tensorboardX.proto.event_pb2")
    content, found, at = path.read_bytes(), [], 0
    while at < len(content):
        (size,) = struct.unpack_from("<Q", content, at)
        found.append(event_pb2.Event.FromString(content[at + 12 : at + 12 + size]))
        at += 12 + size + 4
    return found


def write(folder, *told):
    with tracking.tensorboard(folder) as tracker:
        for row in told:
            tracker(row)


def test_an_epoch_is_a_finite_number_for_every_term_and_seed():
    assert tracking.scalars(ROW) == {
        "vade/seed0/loss": 118.5,
        "vade/seed2/loss": 2.0,
        "vade/seed0/valid_loss": 120.0,
        "vade/seed2/valid_loss": 3.0,
    }


def test_a_row_of_the_history_file_is_told_as_it_was(tmp_path):
    again = json.loads(json.dumps(ROW))
    assert tracking.scalars(again) == tracking.scalars(ROW)


def test_trackers_are_told_in_their_order():
    heard = []
    tell = tracking.together(
        [lambda row: heard.append(("a", row["epoch"])), heard.append]
    )
    tell(ROW)
    assert heard == [("a", 3), ROW]
    tracking.together([tracking.nobody])(ROW)


def test_an_event_file_holds_every_epoch_as_a_step(tmp_path):
    pytest.importorskip("tensorboardX")
    write(tmp_path / "new", *rows("vae", (1, 2)), *rows("autoencoder", (1,)))
    files = sorted((tmp_path / "new").rglob("*tfevents*"))
    assert [str(p.parent.relative_to(tmp_path / "new")) for p in files] == [
        *("autoencoder/seed0", "autoencoder/seed1", "vae/seed0", "vae/seed1"),
    ]
    version, start, *epochs = events_of(files[3])
    assert version.file_version == "brain.Event:2"
    assert start.session_log.status == start.session_log.START
    found = [
        (e.step, e.summary.value[0].tag, e.summary.value[0].simple_value)
        for e in epochs
    ]
    assert found == [(1, "loss", 10.0), (2, "loss", 20.0)]


def test_tensorboard_reads_the_files_and_drops_what_was_run_again(tmp_path):
    pytest.importorskip("tensorboardX")
    name = "tensorboard.backend.event_processing.event_accumulator"
    reader = pytest.importorskip(name)
    write(tmp_path, *rows("vae", range(1, 6)))
    # Killed after epoch 5, in the middle of a record; goes on from the checkpoint of 3.
    (first,) = (tmp_path / "vae" / "seed1").iterdir()
    first.write_bytes(first.read_bytes()[:-7])
    write(tmp_path, *rows("vae", range(4, 8), add=0.5))
    found = reader.EventAccumulator(str(tmp_path / "vae" / "seed1"))
    found.Reload()
    assert found.Tags()["scalars"] == ["loss"]
    read = [(event.step, event.value) for event in found.Scalars("loss")]
    assert read == [(n, 10 * n + 0.5 * (n > 3)) for n in range(1, 8)]


def test_what_was_told_is_on_the_disk_before_the_end(tmp_path, monkeypatch):
    pytest.importorskip("tensorboardX")
    monkeypatch.setattr(tracking, "FLUSH_S", 0.0)
    with tracking.tensorboard(tmp_path) as tracker:
        tracker(rows("vae", (1,))[0])
        (path,) = (tmp_path / "vae" / "seed0").iterdir()
        assert [event.step for event in events_of(path)] == [0, 1, 1]


def test_files_are_closed_when_training_stops_with_an_error(tmp_path):
    pytest.importorskip("tensorboardX")
    with pytest.raises(ConnectionError), tracking.tensorboard(tmp_path) as tracker:
        tracker(rows("vae", (1,))[0])
        raise ConnectionError("of another tracker, and no fault of the disk")
    (path,) = (tmp_path / "vae" / "seed0").iterdir()
    assert len(events_of(path)) == 3


def test_a_folder_that_does_not_take_the_files_is_named(tmp_path):
    pytest.importorskip("tensorboardX")
    (tmp_path / "vae").write_text("in the way")
    with pytest.raises(
        disk.DiskError, match=f"^{tmp_path} cannot be written: .*folder"
    ):
        write(tmp_path, *rows("vae", (1,)))


def test_without_the_library_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with (
        pytest.raises(ValueError, match=r"config.train.tensorboard=True needs .* pip"),
        tracking.tensorboard(tmp_path),
    ):
        pass
