"""A Dask cluster gives what this machine does, whatever happens to its workers."""

import contextlib
import itertools
import logging
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
from pathlib import Path

import pytest
from test_features import SETTINGS, assert_same, extract, songs, track

from vaejax import contents, dask_workers, features, store, workers
from vaejax.dask_workers import DaskError

distributed = pytest.importorskip("distributed")
import dask  # noqa: E402  # comes with it

LIMITS = workers.Limits(cpu_s=60, wall_s=60, memory_bytes=2**30)


@contextlib.contextmanager
def cluster_of(n_workers: int, **how):
    """Dask workers of one thread."""
    how |= {"threads_per_worker": 1, "memory_limit": 0, "dashboard_address": ":0"}
    with workers.plain_start():
        cluster = distributed.LocalCluster(
            n_workers=n_workers, silence_logs=logging.CRITICAL, **how
        )
    with cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster():
    with cluster_of(2) as cluster:
        yield cluster


@pytest.fixture
def thread():
    """A cluster that is a thread of this process, for what needs no processes."""
    soon = {"distributed.comm.timeouts.connect": "300ms"}
    with (
        cluster_of(1, processes=False, protocol="tcp") as cluster,
        dask.config.set(soon),
    ):
        yield cluster


def evaluated(cluster, jobs, **limits):
    """Pairs of a Python expression and its value."""
    return dask_workers.results(
        eval,
        iter(jobs),
        n_workers=1,
        limits=LIMITS._replace(**limits),
        scheduler=cluster.scheduler_address,
        n_jobs=64,
    )


def one_by_one(address: str) -> dict:
    return {"n_workers": 1, "scheduler": address, "n_jobs": 1}


def pids(cluster) -> list[int]:
    """Of the Dask workers, once those that were killed are back."""
    while len(cluster.scheduler.workers) < len(cluster.workers):
        time.sleep(0.02)
    return [nanny.pid for nanny in cluster.workers.values()]


def rows(cache) -> list[tuple]:
    """What the index says of every record, without where it lies."""
    with contextlib.closing(sqlite3.connect(cache / store._INDEX)) as index:
        what = "content, settings, crc32, shapes, meta"
        return index.execute(f"SELECT {what} FROM records ORDER BY content").fetchall()


@pytest.fixture
def some(tmp_path):
    """Twenty songs, two of them the same, and two files that are none."""
    tracks = songs(tmp_path / "songs", 20)
    tracks[7].path.write_bytes(tracks[8].path.read_bytes())
    (tmp_path / "songs" / "bad.wav").write_bytes(b"<html>")
    bad = [track(tmp_path / "songs" / name) for name in ("bad.wav", "none.wav")]
    return [*tracks[:5], *bad, *tracks[5:]]


def test_a_cluster_gives_the_records_that_this_machine_gives(
    some, tmp_path, cluster, monkeypatch
):
    alone, refused = extract(some, tmp_path / "pool", n_workers=2)
    address = cluster.scheduler_address
    clips, also = extract(some, tmp_path / "dask", scheduler=address)
    assert_same(alone, clips)
    assert refused == also and len(refused) == 2
    assert rows(tmp_path / "pool") == rows(tmp_path / "dask") != []
    # A shard for each of the two threads, however many tasks they had.
    assert len(list((tmp_path / "dask" / "shards").iterdir())) <= 2
    monkeypatch.setattr(dask_workers, "_client", None)
    again, _ = extract(some, tmp_path / "dask", scheduler=address)
    assert_same(clips, again)


def test_a_cluster_of_this_machine_comes_and_goes_with_the_run(some, tmp_path):
    alone, _ = extract(some, tmp_path / "pool", n_workers=2)
    clips, _ = extract(some, tmp_path / "dask", scheduler="local")
    assert_same(alone, clips)


def test_a_relative_cache_is_one_place_for_all(some, tmp_path, cluster, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the workers are elsewhere
    address = cluster.scheduler_address
    found = [one._replace(path=one.path.relative_to(tmp_path)) for one in some[:3]]
    options = SETTINGS | {"n_workers": 1, "scheduler": address}
    clips, _ = features.extract(
        found, cache_dir=(tmp_path / "cache").relative_to(tmp_path), **options
    )
    assert len(clips) == 3


def test_a_killed_worker_loses_nothing(some, tmp_path, cluster, monkeypatch):
    real = dask_workers.results
    killed = []

    def meanwhile(*args, **options):
        for pair in real(*args, **options | {"n_jobs": 32}):
            if not killed:
                killed.append(pids(cluster)[0])
                os.kill(killed[0], signal.SIGKILL)
            yield pair

    monkeypatch.setattr(dask_workers, "results", meanwhile)
    slow = {"duration_s": 0.5, "hop": 1}
    address = cluster.scheduler_address
    clips, refused = extract(some, tmp_path / "dask", scheduler=address, **slow)
    alone, also = extract(some, tmp_path / "pool", n_workers=1, **slow)
    assert_same(alone, clips)
    assert killed and refused == also
    assert rows(tmp_path / "pool") == rows(tmp_path / "dask")


# The parent of the process that forks ours is the Dask worker.
KILL = (
    "__import__('os').kill(int(open(f'/proc/{__import__(\"os\").getppid()}/stat')"
    ".read().rsplit(')', 1)[1].split()[1]), 9) or __import__('time').sleep(60)"
)


def test_a_job_that_ends_every_worker_is_set_aside_and_no_other(cluster, monkeypatch):
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    jobs = [*map(str, range(12)), KILL, *map(str, range(12, 20))]
    found = list(evaluated(cluster, jobs))
    assert sorted(job for job, _ in found) == sorted(jobs)
    given_up = dict(found).pop(KILL)
    assert isinstance(given_up, workers.WorkerError)
    assert str(given_up) == "was given up: every Dask worker that had it ended."
    assert all(result == int(job) for job, result in found if job != KILL)


def test_a_file_ends_the_process_of_its_limits_and_no_worker(cluster):
    jobs = {
        "__import__('time').sleep(30)": "took over 2 s.",
        "len(bytes(2**31))": "needs over 1 GB of memory.",
        "__import__('os').abort()": "crashed the process that read it (SIGABRT)",
        "'jax' in __import__('sys').modules": "False",
        "'MALLOC_TRIM_THRESHOLD_' in __import__('os').environ": "False",
    }
    before = pids(cluster)
    found = dict(evaluated(cluster, [*jobs, *map(str, range(9))], wall_s=2))
    assert all(reason in str(found[job]) for job, reason in jobs.items())
    assert sum(found[str(i)] for i in range(9)) == 36
    assert pids(cluster) == before


def test_few_jobs_are_taken_in_advance(thread):
    taken = []
    jobs = (taken.append(i) or str(i) for i in range(200))
    results = evaluated(thread, jobs)
    next(results)
    assert len(taken) <= 32
    assert len(list(results)) == 199


def test_a_cluster_hashes_files_as_this_machine_does(some, tmp_path, cluster):
    paths = [one.path for one in some]
    found = []
    for scheduler in ("", cluster.scheduler_address):
        with store.opened(tmp_path / f"cache{len(found)}", {}) as cache:
            found.append(contents.of_all(cache, paths, 2, scheduler))
            assert [contents.known(cache, path) for path in paths[:6]] == [
                bytes.fromhex(content) for content in found[-1][:6]
            ]
    assert found[0] == found[1]
    assert [bool(content) for content in found[0]] == [True] * 6 + [False] + [True] * 15


def test_a_file_that_only_we_see_is_named_with_the_machine(thread, monkeypatch):
    seen = itertools.chain([False], itertools.repeat(True))  # there first, then here
    monkeypatch.setattr(dask_workers, "_sees", lambda path: next(seen))
    song = Path("songs/a.wav")
    results = dask_workers.results(
        len, [(1, song)], **one_by_one(thread.scheduler_address)
    )
    reason = f"on '{os.uname().nodename}' cannot read '{song}', which is here. All mach"
    with pytest.raises(DaskError, match=reason):
        list(results)


def test_a_file_that_nobody_sees_is_no_mistake_of_the_cluster(thread):
    jobs = [(1, Path("songs/none.wav"))]
    results = dask_workers.results(len, jobs, **one_by_one(thread.scheduler_address))
    assert list(results) == [(jobs[0], 2)]


def test_workers_without_a_library_are_told_what_to_install(thread):
    with pytest.raises(DaskError, match="No module named 'vaejax.none'. Install what"):
        list(evaluated(thread, ["__import__('vaejax.none')"]))


def test_what_a_job_raises_is_raised_here(thread):
    with pytest.raises(ZeroDivisionError):
        list(evaluated(thread, ["1", "1 / 0"]))


def test_a_scheduler_that_goes_away_is_told(thread, monkeypatch):
    monkeypatch.setattr(dask_workers, "_PATIENCE_S", 1)
    results = evaluated(thread, ["1", *["__import__('time').sleep(.2)"] * 60])
    next(results)
    thread.close()
    with pytest.raises(DaskError, match="scheduler is gone.*the same command goes on"):
        list(results)


def test_workers_with_other_code_are_refused(thread, monkeypatch):
    versions = itertools.chain(["numpy 2"], itertools.repeat("numpy 3"))
    monkeypatch.setattr(dask_workers, "code", lambda: next(versions))
    with pytest.raises(DaskError, match="computes with numpy 3, and .* with numpy 2"):
        list(evaluated(thread, ["1"]))


GREETINGS = {b"": "something else", b"SSH-2.0-": "something else", None: "timed out"}


@pytest.mark.parametrize("greeting", GREETINGS)
def test_a_server_that_is_no_scheduler_is_named(greeting, monkeypatch):
    monkeypatch.setattr(dask_workers, "_PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                if greeting is None:
                    connection.recv(1)  # until the other side gives up
                else:
                    connection.sendall(greeting)

        threading.Thread(target=answer, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        reason = f"='{address}' is no Dask scheduler .*{GREETINGS[greeting]}"
        with pytest.raises(DaskError, match=reason):
            list(dask_workers.results(eval, ["1"], **one_by_one(address)))


def test_a_scheduler_that_is_not_there_is_named_at_once():
    start = time.monotonic()
    with pytest.raises(DaskError, match=r"refused\). Start one with `dask scheduler`"):
        address = "tcp://127.0.0.1:9"
        list(dask_workers.results(eval, ["1"], **one_by_one(address)))
    assert time.monotonic() - start < 5


def test_without_dask_its_command_is_told(some, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DaskError, match="scheduler='local' needs Dask: pip install"):
        extract(some, tmp_path / "cache", scheduler="local")
