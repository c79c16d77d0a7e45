"""Work on files on a Dask cluster: `workers.results`, on any number of machines.

A task is a few jobs, worked on as on one machine: in a process beside the Dask worker,
within the limits of a job, so that no file ends a Dask worker. What a lost worker had
is done by another one; jobs that took several workers with them are set aside. All
machines must see the same files under the same paths and have the same code; both are
checked. Dask knows nobody: whoever reaches a scheduler may run code on its workers.
"""

import functools
import hashlib
import itertools
import logging
import multiprocessing
import os
import pickle
import socket
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vaejax import workers
from vaejax.workers import Job, Limits, WorkerError

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"  # the scheduler that means a cluster of this machine
TCP = "tcp://"  # begins one that is somewhere else: tcp://HOST:PORT
PACKAGE = "distributed>=2026.1,<2027"
RETRIES = 3  # of a task whose worker was lost, or that raised something
_PATIENCE_S = 10  # for the scheduler to answer
_LONGEST_GREETING = 2**20  # bytes; they are some dozens
# A task costs 30 ms, of which 5 are the scheduler's and ours. What is worked on is
# lost with us, and at the end threads wait for the last one.
_MOST = 64  # jobs a task
_TASKS = 8  # a thread, at least, where there are so many jobs
_AHEAD = 2  # tasks a thread, the one in work included
_ASK_EVERY_S = 1.0  # how many threads there are: workers come and go
_DECIDES = ("numpy", "scipy", "soxr", "soundfile")  # the bits of what is computed
# A terminal tells of Ctrl-C all processes, and the first one ends the others.
_DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
_GONE = (
    "the Dask scheduler is gone, or has dropped the work. What was finished is kept, "
    "and the same command goes on."
)


class DaskError(ValueError):
    """The cluster cannot be used; the message says why."""


def results(
    work: Callable[[Job], Any],
    jobs: Iterable[Job],
    *,
    n_workers: int,
    limits: Limits | None = None,
    scheduler: str,
    n_jobs: int,
) -> Iterator[tuple[Job, Any]]:
    """Each job with its result, in the order of completion, as `workers.results`.

    Nothing starts before there is a job, and few jobs are taken in advance.

    Args:
      work: a function of a module; what it raises is raised here, after retries.
      jobs: tuples or text; may be a generator over millions. A path in one of them is
        a file that all machines must see.
      n_workers: threads of a local cluster; another one has those that it has.
      limits: of each job.
      scheduler: LOCAL, or the address of Dask's scheduler.
      n_jobs: about how many there are. The more, the larger are the tasks.

    Raises:
      DaskError: the cluster is not there, goes away, or has other code or other files
        than we.
    """
    jobs = iter(jobs)
    first = list(itertools.islice(jobs, 1))
    if not first:
        return
    packed = zlib.compress(pickle.dumps((work, limits)), 1)
    task = functools.partial(_work_on, packed, code())
    with _client(scheduler, n_workers) as client:
        n_threads = _n_threads(client)
        if not n_threads:
            print(f"Waiting for workers of {scheduler}.", file=sys.stderr, flush=True)
        size = min(_MOST, max(1, n_jobs // (_TASKS * max(1, n_threads))))
        jobs = itertools.chain(first, jobs)
        parts = iter(lambda: list(itertools.islice(jobs, size)), [])
        yield from _streamed(client, task, parts)


def _streamed(
    client: "Client", task: Callable[[list], tuple], parts: Iterator[list[Job]]
) -> Iterator[tuple[Job, Any]]:
    """Few tasks are handed out at a time, as many as keep all threads busy."""
    from distributed import as_completed

    running: dict[Any, list] = {}
    done = as_completed(loop=client.loop, with_results=True, raise_errors=False)
    room, asked = 0, float("-inf")
    while True:
        if time.monotonic() - asked > _ASK_EVERY_S:
            room = _AHEAD * max(1, _n_threads(client))
            asked = time.monotonic()
        while len(running) < room:
            some = next(parts, [])
            if not some:
                break
            future = client.submit(task, some, retries=RETRIES, pure=False)
            running[future] = some
            done.add(future)
        if not running:
            return
        future, result = next(done)
        some = running.pop(future)
        if future.status == "finished":
            host, unseen, pairs = result
            _refuse_if_seen_here(unseen, host)
            yield from pairs
            continue
        _raise_unless_lost(future, result)
        if len(some) == 1:
            why = "was given up: every Dask worker that had it ended."
            yield some[0], WorkerError(why)
            continue
        for job in some:  # one of them may be the reason, and one after the other tells
            yield from _streamed(client, task, iter([[job]]))


def _n_threads(client: "Client") -> int:
    try:
        return sum(client.nthreads().values())
    except OSError as error:
        raise DaskError(_GONE) from error


def _raise_unless_lost(future: Any, result: Any) -> None:
    """Raises what has gone wrong, unless it is that too many workers were lost."""
    from distributed.scheduler import KilledWorker

    if future.status != "error":
        raise DaskError(_GONE)
    error = result[1]
    missing = error.__cause__ or error  # the scheduler raises another one from it
    if isinstance(missing, ImportError):
        raise DaskError(
            f"the Dask scheduler or a worker cannot work: {missing}. Install what is "
            "here, and start both with PYTHONPATH="
            f"{Path(__file__).absolute().parents[1]}."
        ) from error
    if not isinstance(error, KilledWorker):
        raise error


def _refuse_if_seen_here(unseen: list[Path], host: str) -> None:
    for path in filter(_sees, unseen):
        raise DaskError(
            f"the Dask worker on {host!r} cannot read {str(path)!r}, which is here. "
            "All machines must see config.data.root and config.data.cache_dir under "
            "the same paths: name folders of a file system that they share."
        )


def _sees(path: Path) -> bool:
    return os.access(path, os.R_OK)


def _work_on(
    packed: bytes, wanted: str, jobs: list[Job]
) -> tuple[str, list[Path], list[tuple[Job, Any]]]:
    """The task of a Dask worker: these jobs, in a process of their own.

    Returns:
      This machine; the files that it does not see; each job with its result.
    """
    if code() != wanted:
        raise DaskError(
            f"a Dask worker computes with {code()}, and the program that asks it with "
            f"{wanted}. Install the same on both, and start the workers again."
        )
    # As a daemon it might have no processes; ours end with it.
    multiprocessing.current_process().daemon = False
    # Dask has its own processes give memory back at once; ours would ask for it again
    # with every file, which takes them half as long again.
    os.environ.pop("MALLOC_TRIM_THRESHOLD_", None)
    work, limits = pickle.loads(zlib.decompress(packed))
    pairs = list(workers.results(work, jobs, n_workers=1, limits=limits))
    unseen = [x for job in jobs for x in job if isinstance(x, Path) and not _sees(x)]
    return os.uname().nodename, unseen, pairs


@functools.cache
def code() -> str:
    """What decides the bits of what is computed here, in words."""
    source = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        source.update(path.read_bytes())
    libraries = [f"{name} {metadata.version(name)}" for name in _DECIDES]
    return ", ".join([f"source {source.hexdigest()[:8]}", *libraries])


@contextmanager
def _client(scheduler: str, n_workers: int) -> Iterator["Client"]:
    """A connection to the scheduler, or to a cluster of this machine alone."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise DaskError(
            f"config.features.scheduler={scheduler!r} needs Dask: pip install "
            f"'{PACKAGE}' ({error})."
        ) from error
    if scheduler != LOCAL:
        with _connected(Client, scheduler) as client:
            yield client
        return
    # One Dask worker: its threads wait for processes, and share what these load.
    about = {"n_workers": 1, "threads_per_worker": n_workers, "memory_limit": 0}
    # Without a dashboard; the port of what is left of its server must be free.
    quiet = {"dashboard_address": "127.0.0.1:0", "silence_logs": logging.CRITICAL}
    quiet["scheduler_kwargs"] = {"dashboard": False}
    with workers.plain_start():
        cluster = LocalCluster(**about, **quiet, preload=[_DEAF])
    with cluster, _connected(Client, cluster.scheduler_address) as client:
        yield client


@contextmanager
def _connected(connect: Callable, address: str) -> Iterator["Client"]:
    try:
        _greet(address)
        client = connect(address, set_as_default=False, timeout=_PATIENCE_S)
    except OSError as error:
        raise DaskError(
            f"config.features.scheduler={address!r} is no Dask scheduler that answers "
            f"({error}). Start one with `dask scheduler`, or leave the option out."
        ) from error
    with client:
        yield client


def _greet(address: str) -> None:
    """Waits for the first word of a scheduler.

    Dask's own client waits long for who refuses, without a reason, for ever for who is
    silent, and takes the words of others for a length in memory.

    Raises:
      OSError: there is no scheduler.
    """
    host, _, port = address.removeprefix(TCP).rpartition(":")
    place = host.strip("[]"), int(port)
    with socket.create_connection(place, _PATIENCE_S) as connection:
        length = int.from_bytes(connection.recv(8), "little")
    if not 0 < length < _LONGEST_GREETING:
        raise ConnectionError("something else is there")
