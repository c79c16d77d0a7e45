"""Every epoch of a training, told to whatever tracks experiments.

A tracker is one function of a row of `history.jsonl`: {"model": its name, "epoch": from
1, "phase": ..., "seconds": ..., term: a number a seed, ...}. It is called after every
epoch, once the row is written. A training that goes on from a checkpoint tells of the
epochs after that again; one that was finished before tells of none.

    experiment.run(config, ..., on_epoch=tracker)

Weights & Biases, after `wandb.init()`, and MLflow, after `mlflow.start_run()`:

    def tracker(row):
        wandb.log(tracking.scalars(row) | {"epoch": row["epoch"]})

    def tracker(row):
        mlflow.log_metrics(tracking.scalars(row), step=row["epoch"])

Functions are passed in Python alone: no config names code that is to be run.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vaejax.disk import DiskError

Tracker = Callable[[dict[str, Any]], None]
ABOUT = {"model", "epoch", "phase", "seconds", "broken_at"}  # no terms of the loss
FLUSH_S = 2.0  # at least, between the times that event files are flushed to the disk


def scalars(row: dict[str, Any]) -> dict[str, float]:
    """{"MODEL/seedS/TERM": value} of an epoch.

    Left out are values that are not finite (None in the row), terms that are lists a
    seed, and what is true or false.
    """
    return {
        f"{row['model']}/seed{seed}/{term}": float(value)
        for term, values in row.items()
        if term not in ABOUT and isinstance(values, list)
        for seed, value in enumerate(values)
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


@contextlib.contextmanager
def of_run(settings: dict, folder: Path, tracker: Tracker) -> Iterator[Tracker]:
    """The tracker, and TensorBoard's beside it if the settings of a run ask for that.

    Raises:
      ValueError: as `tensorboard`.
    """
    if not settings["train"]["tensorboard"]:
        yield tracker
        return
    with tensorboard(folder / "tensorboard") as events:
        yield together([events, tracker])


def nobody(row: dict[str, Any]) -> None:
    """The tracker of a training that is not tracked."""
    del row


def together(trackers: Sequence[Tracker]) -> Tracker:
    """One tracker that tells all of them, in their order."""

    def tell(row: dict[str, Any]) -> None:
        for tracker in trackers:
            tracker(row)

    return tell


class _Events(NamedTuple):
    """The event files that are open, one a model and seed."""

    folder: Path
    writers: dict[str, Any]  # {"MODEL/seedS": writer}
    closing: contextlib.ExitStack  # closes them
    flushed: list[float]  # when, the last time


@contextlib.contextmanager
def tensorboard(folder: Path) -> Iterator[Tracker]:
    """A tracker that writes TensorBoard's event files; `tensorboard --logdir=FOLDER`.

    Every seed of a model is a run, MODEL/seedS, every term a tag, every epoch a step.
    Where a training goes on from a checkpoint, TensorBoard drops the steps that are run
    again. Nothing is written by a thread: a full disk is told at once.

    Raises:
      ValueError: tensorboardX is not installed.
      DiskError: the disk does not take the files.
    """
    try:
        import tensorboardX.event_file_writer  # noqa: F401
    except ImportError as error:
        raise ValueError(
            "config.train.tensorboard=True needs tensorboardX: pip install "
            f"'tensorboardX>=2.6,<3' ({error})."
        ) from error
    with contextlib.ExitStack() as closing:
        events = _Events(folder, {}, closing, [time.monotonic()])

        def tell(row: dict[str, Any]) -> None:
            with _told_of(folder):
                _add(events, row)

        yield tell


@contextlib.contextmanager
def _told_of(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DiskError(folder, error) from error


def _add(events: _Events, row: dict[str, Any]) -> None:
    """Adds an epoch to the files, opening those that it is the first of."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.summary import Summary

    runs: dict[str, list[Summary.Value]] = {}
    for name, value in scalars(row).items():
        run, _, term = name.rpartition("/")
        runs.setdefault(run, []).append(Summary.Value(tag=term, simple_value=value))
    for run, values in runs.items():
        if run not in events.writers:
            events.writers[run] = _opened(events.folder / run, row["epoch"])
            events.closing.callback(_close, events.folder, events.writers[run])
        seen = Summary(value=values)
        event = Event(wall_time=time.time(), step=row["epoch"], summary=seen)
        events.writers[run].write_event(event)
    now = time.monotonic()
    if now - events.flushed[0] > FLUSH_S:
        events.flushed[0] = now
        for writer in events.writers.values():
            writer.flush()


def _opened(folder: Path, epoch: int):
    """A new event file, which replaces what others of its run say from `epoch` on."""
    from tensorboardX.event_file_writer import EventsWriter
    from tensorboardX.proto.event_pb2 import Event, SessionLog

    folder.mkdir(parents=True, exist_ok=True)
    # The library's own names differ by the second and the host alone.
    suffix = f".{os.getpid()}.{time.time_ns()}"
    writer = EventsWriter(str(folder / "events"), suffix)
    start = SessionLog(status=SessionLog.START)
    writer.write_event(Event(wall_time=time.time(), step=epoch, session_log=start))
    return writer


def _close(folder: Path, writer) -> None:
    with _told_of(folder):
        writer.close()
