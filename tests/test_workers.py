"""Processes are plain, few jobs wait, and a crash costs one job."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vaejax import workers


def test_a_job_that_ends_its_process_is_set_aside_and_the_rest_goes_on():
    jobs = [0] * 6 + [signal.SIGKILL] + [0] * 6 + [signal.SIGSEGV] + [0] * 20
    done = list(workers.results(signal.raise_signal, iter(jobs), n_workers=2))
    assert sorted(job for job, _ in done) == sorted(jobs)
    for job, result in done:
        assert isinstance(result, workers.WorkerError) == bool(job)


def test_what_a_job_raises_is_raised_here():
    with pytest.raises(ZeroDivisionError):
        list(workers.results(eval, ["1", "1 / 0", "2"], n_workers=2))


def test_jobs_are_taken_as_they_are_needed():
    taken = []

    def jobs():
        for i in range(50):
            taken.append(i)
            yield str(i)

    results = workers.results(eval, jobs(), n_workers=2)
    assert taken == []
    next(results)
    assert len(taken) <= 8
    assert sorted([0, *(value for _, value in results)])[-1] == 49


def test_a_worker_is_plain(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)  # which Dask sets
    asked = [
        "sorted({'jax', 'librosa', 'pytest'} & set(__import__('sys').modules))",
        "__import__('os').environ['OMP_NUM_THREADS']",
        "getattr(__import__('sys').modules['__main__'], '__file__', '')",
    ]
    answers = dict(workers.results(eval, asked, n_workers=2))
    assert answers[asked[0]] == [] and answers[asked[1]] == "1"
    assert "pytest" not in answers[asked[2]]
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def children() -> set[int]:
    return {child.pid for child in multiprocessing.active_children()}


LIMITS = workers.Limits(cpu_s=60, wall_s=60, memory_bytes=2**30)


@pytest.mark.parametrize("limits", [None, LIMITS])
def test_who_stops_listening_leaves_no_process(limits):
    jobs = ["1", *["__import__('time').sleep(60)"] * 9]
    before, started = children(), time.monotonic()
    results = workers.results(eval, jobs, n_workers=2, limits=limits)
    assert next(results) == ("1", 1)
    assert len(children() - before) == 2
    results.close()
    assert children() == before and time.monotonic() - started < 30


def test_a_signal_to_all_processes_is_no_fault_of_a_file():
    jobs = [f"__import__('time').sleep(0.2) or {i}" for i in range(6)]
    results = workers.results(eval, jobs, n_workers=2, limits=LIMITS)
    found = [next(results)[1]]
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGTERM)
        os.kill(child.pid, signal.SIGINT)
    assert sorted([*found, *(value for _, value in results)]) == list(range(6))


def test_what_was_raised_says_where():
    with pytest.raises(ZeroDivisionError) as raised:
        list(workers.results(eval, ["1 / 0"], n_workers=1))
    assert "in _answer" in raised.value.__notes__[0]


EARLY = """
import sys
sys.path.insert(0, sys.argv[1])
from vaejax import workers
results = workers.results(eval, ["1", "__import__('time').sleep(60)"], n_workers=2)
next(results)
raise SystemExit(3)
"""


def test_a_program_that_ends_early_does_not_wait_for_its_processes():
    root = Path(workers.__file__).parents[1]
    command = [sys.executable, "-c", EARLY, str(root)]
    assert subprocess.run(command, timeout=30).returncode == 3
