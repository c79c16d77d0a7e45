"""Work on files in processes of their own, which never import JAX or librosa.

A decoder may crash on a file, work on it for ever, or want all memory. A process works
on one job at a time, within limits that the system keeps, so that it is known which
job ended it, and how. That job is set aside; a new process goes on with the rest.
"""

import atexit
import math
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
import traceback
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

Job = TypeVar("Job")

_DEPTH = 3  # jobs per process, the one in work included: enough to keep it busy
_END = object()  # no more jobs
_ONE_THREAD = {  # processes times threads would fight for the cores
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
_HERE = uuid4().hex[:12]  # host names and process ids may be those of a container
_PROCESSES = threading.Lock()  # starts and ends are not for several threads at once
# Once, by the server that processes are forked from: another one then takes 7 ms.
_LOADED = ["vaejax.audio", "vaejax.contents", "vaejax.store", "scipy.fft"]


class WorkerError(RuntimeError):
    """A job ended the process that worked on it; the message says how."""


class Limits(NamedTuple):
    """What one job may take. A program that it starts may take the same memory."""

    cpu_s: int  # of processor time, which stands still while others use the machine
    wall_s: int  # for what waits for ever
    memory_bytes: int  # of the process; files mapped into memory do not count


class _Worker(NamedTuple):
    process: BaseProcess
    pipe: Connection
    jobs: deque  # sent and not answered; the first is in work


def results(
    work: Callable[[Job], Any],
    jobs: Iterable[Job],
    *,
    n_workers: int,
    limits: Limits | None = None,
) -> Iterator[tuple[Job, Any]]:
    """Each job with its result, in the order of completion.

    A job that ends its process, or wants more than its limits, has a WorkerError as
    its result. No process starts before there is a job, and few jobs are taken in
    advance.

    Args:
      work: a function of a module; what it raises is raised here.
      jobs: small values; may be a generator over millions.
      n_workers: processes, at least 1.
      limits: of each job, for work on what strangers made; None is for trusted work.
    """
    jobs, again, team = iter(jobs), deque(), {}

    def take() -> Any:
        return again.popleft() if again else next(jobs, _END)

    leave = partial(_dismiss, team, limits)
    atexit.register(leave)  # before Python waits for processes that wait for us
    try:
        while True:
            _hand_out(take, team, partial(_hire, work, limits), n_workers)
            busy = {worker.pipe: slot for slot, worker in team.items() if worker.jobs}
            if not busy:
                return
            for pipe in wait(busy):
                worker = team[busy[pipe]]
                job = worker.jobs.popleft()
                try:
                    done, result = pipe.recv()
                except (EOFError, OSError):
                    again.extend(team.pop(busy[pipe]).jobs)
                    done, result = True, WorkerError(_ending(worker, limits))
                if not done:
                    raise result
                yield job, result
    finally:
        leave()
        atexit.unregister(leave)


def _hand_out(
    take: Callable[[], Any],
    team: dict[int, _Worker],
    hire: Callable[[int], _Worker],
    n_workers: int,
) -> None:
    """Gives every process as many jobs as it may have, the idle ones first."""
    for depth in range(_DEPTH):
        for slot in range(n_workers):
            if slot in team and len(team[slot].jobs) > depth:
                continue
            job = take()
            if job is _END:
                return
            if slot not in team:
                team[slot] = hire(slot)
            team[slot].jobs.append(job)
            try:
                team[slot].pipe.send(job)
            except OSError:
                pass  # it has ended: to be seen where it is waited for


def _hire(work: Callable, limits: Limits | None, slot: int) -> _Worker:
    """Starts a process under a name that no other has, here or on another machine.

    It ends in the number of the process; one that takes its place has the same.
    """
    # Not forked from here: this process has JAX's threads, and a copy of their locks
    # would hang.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    pipe, theirs = context.Pipe()
    name = f"{_HERE}-{threading.get_native_id()}-{slot}"
    with theirs, _PROCESSES, plain_start():
        # No daemon, for those may have no processes of their own.
        process = context.Process(target=_serve, args=(work, theirs, limits), name=name)
        process.start()
    return _Worker(process, pipe, deque())


def _dismiss(team: dict[int, _Worker], limits: Limits | None) -> None:
    for worker in team.values():
        worker.pipe.close()
        if worker.jobs and limits:  # nobody waits for them any more
            worker.process.kill()
        elif worker.jobs:
            worker.process.terminate()  # it may save what it has
    while team:
        _join(team.popitem()[1].process)


def _ending(worker: _Worker, limits: Limits | None) -> str:
    """How a process ended, as the end of a sentence that begins with the file."""
    worker.pipe.close()
    _join(worker.process)
    code = worker.process.exitcode
    if code >= 0:
        return f"ended the process that read it (exit code {code})."
    if limits and code == -signal.SIGXCPU:
        return f"took over {limits.cpu_s} s of processor time."
    if limits and code == -signal.SIGALRM:
        return f"took over {limits.wall_s} s."
    name = signal.Signals(-code).name
    if code in (-signal.SIGKILL, -signal.SIGTERM):
        return (
            f"was given up: its process was ended from outside ({name}), as systems "
            "do where memory runs out."
        )
    return f"crashed the process that read it ({name}): a fault of a decoder."


def _join(process: BaseProcess) -> None:
    wait([process.sentinel])
    with _PROCESSES:
        process.join()


@contextmanager
def plain_start() -> Iterator[None]:
    """Processes started here do not import the launcher, and use one thread each."""
    main = sys.modules["__main__"]
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    sys.modules["__main__"] = types.ModuleType("__main__")
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        for name, value in before.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value


def _serve(work: Callable, pipe: Connection, limits: Limits | None) -> None:
    """The life of a process: answers jobs until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the work in order
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    with open(os.devnull, "w") as nowhere:
        for descriptor in (1, 2):  # decoders chatter about every odd byte
            os.dup2(nowhere.fileno(), descriptor)
    answer = partial(_answer, work)
    if limits:
        _confine(limits)
        answer = partial(_limited_answer, work, limits)
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        pipe.send(answer(job))


def _answer(work: Callable, job: Any) -> tuple[bool, Any]:
    """(True, the result), or (False, what is to be raised)."""
    try:
        return True, work(job)
    except Exception as error:  # noqa: BLE001  # raised again by `results`
        error.add_note(traceback.format_exc())
        return False, error


def _limited_answer(work: Callable, limits: Limits, job: Any) -> tuple[bool, Any]:
    spent_s = math.ceil(time.process_time())
    _lower(resource.RLIMIT_CPU, spent_s + limits.cpu_s)
    signal.alarm(limits.wall_s)  # ends the process, in whatever code it is
    done, result = _answer(work, job)
    signal.alarm(0)
    if isinstance(result, MemoryError):
        most = f"{limits.memory_bytes / 2**30:.3g} GB"
        return True, WorkerError(f"needs over {most} of memory.")
    return done, result


def _confine(limits: Limits) -> None:
    for name in (signal.SIGALRM, signal.SIGXCPU):
        signal.signal(name, signal.SIG_DFL)
    # A scheduler sends it to all processes; what is in work is not the file's fault.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Not the address space: threads and mapped files take much that costs nothing.
    _lower(resource.RLIMIT_DATA, limits.memory_bytes)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(what: int, value: int) -> None:
    """Sets a limit that can be raised again, as far as the system's own allows."""
    hard = resource.getrlimit(what)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(what, (value, hard))


def _leave_with_parent() -> None:
    """A killed parent cannot tell its processes to end."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
