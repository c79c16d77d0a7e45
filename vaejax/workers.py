"""Work on files in processes of their own, which never import JAX or librosa.

A decoder may crash on a file. Then its process dies, and the pool with it: what was in
flight is tried again one at a time, and the job that ends its process is set aside.
"""

import multiprocessing
import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits

Job = TypeVar("Job")

_DEPTH = 4  # jobs in flight per process: enough to keep each busy
_ONE_THREAD = {  # processes times threads would fight for the cores
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


class WorkerError(RuntimeError):
    """A job ended the process that worked on it."""


def results(
    work: Callable[[Job], Any], jobs: Iterable[Job], *, n_workers: int
) -> Iterator[tuple[Job, Any]]:
    """Each job with its result, in the order of completion.

    A job that ends its process has a WorkerError as its result. No process starts
    before there is a job, and few jobs are taken in advance.

    Args:
      work: a function of a module; what it raises is raised here.
      jobs: may be a generator over millions.
      n_workers: processes; with 1 the work is done in this one.
    """
    if n_workers == 1:
        with threadpool_limits(1):  # or sums are rounded otherwise than in processes
            for job in jobs:
                yield job, work(job)
        return
    jobs = iter(jobs)
    pool: ProcessPoolExecutor | None = None
    flying: dict[Future, Job] = {}
    lost: list[Job] = []
    try:
        while True:
            for job in islice(jobs, _DEPTH * n_workers - len(flying)):
                pool = pool or _pool(n_workers)
                try:
                    flying[_submit(pool, work, job)] = job
                except BrokenProcessPool:
                    lost.append(job)
            if not flying and not lost:
                return
            # A pool that breaks ends all its futures at once.
            when = FIRST_COMPLETED if not lost else "ALL_COMPLETED"
            for future in wait(flying, return_when=when).done:
                job = flying.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    lost.append(job)
                else:
                    yield job, future.result()
            if lost and not flying:
                pool = pool and pool.shutdown()
                while lost:
                    yield lost[-1], _alone(work, lost.pop())
    except KeyboardInterrupt:
        for child in multiprocessing.active_children():
            child.terminate()  # or the pool waits for what they are doing
        raise
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)


def _alone(work: Callable[[Job], Any], job: Job) -> Any:
    """The result of a job in a process of its own, or a WorkerError."""
    with _pool(1) as pool:
        try:
            return _submit(pool, work, job).result()
        except BrokenProcessPool:
            return WorkerError("ends the process that reads it: a fault of a decoder.")


def _pool(n_workers: int) -> ProcessPoolExecutor:
    # Not fork: this process has JAX's threads, and a copy of their locks would hang.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(n_workers, context, initializer=_settle)


def _submit(pool: ProcessPoolExecutor, work: Callable[[Job], Any], job: Job) -> Future:
    with _plain_start():  # processes start as they are needed
        return pool.submit(work, job)


@contextmanager
def _plain_start() -> Iterator[None]:
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


def _settle() -> None:
    """Makes a process fit for the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the work in order
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)  # MPEG decoders chatter about every odd byte


def _leave_with_parent() -> None:
    """A killed parent cannot tell its processes to end."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
