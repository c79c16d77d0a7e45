"""One training on many hosts, each of which runs the same command.

The command starts a process that joins those of the other hosts, trains with them, and
ends. If one of them is lost they all end, and nothing else does: the same command, on
as many hosts or on others, goes on from the last checkpoint. When all are done the
first host goes on alone with an ordinary run, which finds its models trained.
"""

import contextlib
import hashlib
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

import jax
from absl import logging
from tqdm import tqdm

from vaejax import devices, hosts, interrupt, portion, resumable, run_folder, tracking
from vaejax.collection import Collection, open_collection
from vaejax.compiled import cache_compilations

ALONE = {"seed": 0, "data": 1, "coordinator": "", "processes": 1, "process": 0}
ERRORS = {error.__name__: error for error in (FloatingPointError, OSError)}


def alone(settings: dict) -> dict:
    """The settings of the same run on one host."""
    return settings | {"mesh": ALONE}


def train(
    settings: dict, workdir: Path | None, results: Path, started: float
) -> tuple[bool, Path]:
    """Trains the models of a run with the other hosts, up to their last checkpoints.

    Args:
      settings: with a `mesh.coordinator`.
      workdir, results, started: of `experiment.run`; all hosts see the same folders.

    Returns:
      Whether this is the first of the hosts, and the run folder.

    Raises:
      ValueError: as `experiment.run`.
      ConnectionError: a process was lost.
      Interrupted: somebody wants to stop; the last epoch is saved.
    """
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    given = (settings, workdir, results, started, send)
    process = context.Process(target=train_here, args=given)
    process.start()
    send.close()
    try:
        with interrupt.deferred():
            while process.is_alive():
                process.join(0.2)
                if interrupt.asked():
                    process.terminate()  # it saves the epoch
        return _answer(process, receive)
    finally:
        process.kill()


def _answer(process, receive: Connection) -> tuple[bool, Path]:
    try:
        kind, told = receive.recv()
    except EOFError:
        raise ConnectionError(
            f"the training on this host ended with exit code {process.exitcode}: it, "
            "or another host's, was lost. The same command on every host goes on from "
            "the last checkpoint, also on more or fewer of them."
        ) from None
    if kind == "trained":
        return told
    if kind == "interrupted":
        raise interrupt.Interrupted(told)
    raise ERRORS.get(kind, ValueError)(told)


def train_here(
    settings: dict,
    workdir: Path | None,
    results: Path,
    started: float,
    answer: Connection,
) -> None:
    """The process that trains; its answer is what `_answer` reads."""
    logging.set_verbosity(logging.ERROR)
    tqdm.set_lock(threading.RLock())  # its own outlives a process that is killed
    interrupt.install()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # which the command passes on
    threading.Thread(target=_end_with_parent, daemon=True).start()
    options = settings["mesh"]
    try:
        hosts.join(*(options[name] for name in ("coordinator", "processes", "process")))
        folder = _train(settings, workdir, results, started)
        answer.send(("trained", (hosts.is_first(), folder)))
    except (ValueError, FloatingPointError, OSError) as error:
        kind = next((name for name, e in ERRORS.items() if isinstance(error, e)), "")
        answer.send((kind, str(error)))
        _leave(answer)
    except interrupt.Interrupted as stop:
        answer.send(("interrupted", int(stop.signal)))
    except jax.errors.JaxRuntimeError as error:  # as where another process is lost
        print(f"\n{error}", file=sys.stderr)
        _leave(answer)
    except Exception:  # noqa: BLE001
        traceback.print_exc()
        _leave(answer)


def _leave(answer: Connection) -> None:
    """Ends this process so that the others learn of it at once."""
    answer.close()
    os._exit(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def _train(settings: dict, workdir: Path | None, results: Path, started: float) -> Path:
    mesh = devices.mesh_for(settings)
    devices.connect(mesh)
    cache_compilations(settings)
    found = open_collection(settings)
    recorded = alone(settings)
    folder = workdir or results / run_folder.identity(recorded, found.fingerprint)
    with contextlib.ExitStack() as stack:
        is_finished = False
        if hosts.is_first():
            given = folder, recorded, found.fingerprint
            is_finished = run_folder.is_finished(*given)
            if not is_finished:
                stack.enter_context(run_folder.locked(folder))
                run_folder.open_run(*given)
                by = f"{jax.process_count()} processes on {mesh.size} devices"
                print(f"Run folder: {folder}, trained by {by}", flush=True)
        if not hosts.everyones(is_finished)[0]:
            _fit_all(settings, found, folder, mesh, started)
        hosts.meet()
    return folder


def _fit_all(settings: dict, found: Collection, folder: Path, mesh, started) -> None:
    if not folder.is_dir():
        raise ValueError(
            f"--workdir={folder} is there on the first host, and not on this one. All "
            "must see the same folders: name one on a file system that they share."
        )
    streams = _for_streams(settings, folder)
    with contextlib.ExitStack() as stack:
        if hosts.is_first():
            stack.callback(shutil.rmtree, streams, ignore_errors=True)
        dataset = portion.prepare(settings, found, mesh, streams)
        history, tracker = folder / "history.jsonl", tracking.nobody
        if hosts.is_first():
            of_run = tracking.of_run(settings, folder, tracking.nobody)
            tracker = stack.enter_context(of_run)
            hosts.meet()
        else:  # has the epochs so far, and writes where nobody looks
            aside = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            hosts.meet()
            if history.exists():
                shutil.copy(history, aside)
            history = aside / history.name
        hosts.meet()
        kept = run_folder.History(history, tracker)
        for options in resumable.models_to_train(settings):
            resumable.fitted(options, dataset, settings, folder, kept, started)
        hosts.meet()  # nobody reads streams any more


def _for_streams(settings: dict, folder: Path) -> Path:
    """For streams of this run alone, in the cache; left by it where it was killed."""
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return Path(settings["data"]["cache_dir"]) / "streams" / hosts.everyones(name)[0]
