"""Processes are plain, few jobs wait, and a crash costs one job."""

import os
import signal

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
