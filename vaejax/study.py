"""A study: every cell of a grid as a run of its own, and all of them in one report.

Each cell has a folder, so that a study that is stopped goes on where it was, and one
that fails takes no other with it.
"""

import contextlib
import json
import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ml_collections import ConfigDict

from vaejax import disk, experiment, grid, interrupt, run_folder, workers
from vaejax.grid import Cell, cells
from vaejax.trained import settings_of


class Job(NamedTuple):
    """What a process needs to run a cell."""

    name: str
    settings: dict[str, dict]
    folder: Path
    log: Path
    n_workers: int
    devices: tuple[str, ...]  # CUDA devices to share out; none on a CPU


class Outcome(NamedTuple):
    """How a cell has ended, as study.json keeps it."""

    name: str
    folder: str
    status: str  # done or failed
    error: str
    seconds: float


def run(
    config: ConfigDict,
    *,
    workdir: Path | None,
    results: Path,
    started: float,
    n_workers: int = 1,
    devices: Sequence[str] = (),
) -> None:
    """Runs every cell that is not finished, and makes the report of all that are.

    Args:
      config: of an experiment, with a `study` and `grids`.
      workdir: the folder of the study; cells are folders in it. None names one under
        `results` by what is studied.
      results: where study folders without a name go.
      started: time.perf_counter() when the command started.
      n_workers: cells that run at once, each in a process with a share of the cores.
      devices: CUDA devices that these processes share out.

    Raises:
      ValueError: the grid cannot be, which is known before any cell is run; another
        process runs the study; or cells have failed, after the others are done.
    """
    found = cells(config)
    workdir = workdir or results / identity(config)
    jobs = [_job(cell, workdir, n_workers, tuple(devices)) for cell in found]
    with run_folder.locked(workdir):
        (workdir / "logs").mkdir(exist_ok=True)
        lines = [f"{len(jobs)} cells. Study folder: {workdir}"]
        experiment.say("\n".join(lines + grid.without_effect(config, found)))
        failed = _run_all(jobs, config.study, workdir)
        if len(failed) < len(jobs):
            experiment.say("Tables, figures and pages of the study")
            present_study(workdir)
            experiment.say(f"\n{(workdir / 'scores.txt').read_text()}")
            clock = _clock(time.perf_counter() - started)
            experiment.say(f"Finished in {clock}. Open {workdir / 'report.html'}")
    if failed:
        raise ValueError(
            f"{len(failed)} of {len(jobs)} cells failed. The first, {failed[0].name}: "
            f"{failed[0].error} The same command tries them again; logs are in "
            f"{workdir / 'logs'}."
        )


def _run_all(jobs: list[Job], name: str, workdir: Path) -> list[Outcome]:
    """Runs the jobs, keeps study.json up to date, and returns those that failed."""
    outcomes: dict[str, Outcome] = {}
    for job, outcome in _outcomes(jobs, jobs[0].n_workers):
        outcomes[job.name] = outcome
        _tell(outcome, list(outcomes.values()), jobs)
        ordered = [outcomes[job.name] for job in jobs if job.name in outcomes]
        record = {"command": run_folder.command(), "study": name}
        record |= {"cells": [one._asdict() for one in ordered]}
        disk.write_json(workdir / "study.json", record)
    return [one for one in outcomes.values() if one.status == "failed"]


def identity(config: ConfigDict) -> str:
    """The grid's name, and eight hex digits that are equal for the same settings."""
    sections = config.to_dict()
    grids = {"study": sections.pop("study"), "grids": repr(sections.pop("grids"))}
    return f"{config.study}-{run_folder.identity(sections | {'study': grids}, '')}"


def present_study(workdir: Path, **options) -> None:
    """Makes the report of the cells that are done, from their files."""
    from vaejax import present

    kept = json.loads((workdir / "study.json").read_text())
    outcomes = kept["cells"]
    done = [workdir / one["folder"] for one in outcomes if one["status"] == "done"]
    runs = [(folder, settings_of(folder)) for folder in done]
    present.present_study(workdir, runs, outcomes, kept["command"], **options)


def _job(cell: Cell, workdir: Path, n_workers: int, devices: tuple[str, ...]) -> Job:
    try:
        settings = experiment.settings_from(cell.config)
    except ValueError as error:
        raise ValueError(f"cell {cell.name!r}: {error}") from error
    if settings["mesh"]["coordinator"]:
        raise ValueError(
            "config.mesh.coordinator is for one run on many hosts. Run the cells of a "
            "study on several by --workers, or name other grids on each host."
        )
    name = cell.name.replace(" ", "_").replace(",", "").replace("/", "_")
    log = workdir / "logs" / f"{name}.txt"
    return Job(cell.name, settings, workdir / name, log, n_workers, devices)


def _outcomes(jobs: list[Job], n_workers: int) -> Iterator[tuple[Job, Outcome]]:
    if n_workers == 1:  # in this process, whose bars are seen
        for job in jobs:
            yield job, _run_cell(job)
        return
    for job, found in workers.results(in_background, jobs, n_workers=n_workers):
        if isinstance(found, workers.WorkerError):  # as of too little memory
            error = f"its process was ended from outside. Log: {job.log}."
            found = Outcome(job.name, job.folder.name, "failed", error, 0.0)
        yield job, found


def in_background(job: Job) -> Outcome:
    """Runs a cell in a process of its own, on a share of the machine."""
    interrupt.install(signal.SIGTERM)  # Ctrl-C is the parent's to pass on
    number = int(multiprocessing.current_process().name.rpartition("-")[2])
    if job.devices:
        chosen = job.devices[number % len(job.devices)]
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", chosen)
    else:
        cores = sorted(os.sched_getaffinity(0))
        share = cores[number % job.n_workers :: job.n_workers]
        os.sched_setaffinity(0, share or cores)
    return _run_cell(job)


def _run_cell(job: Job) -> Outcome:
    started = time.perf_counter()
    error = _logged(job.log, lambda: _run(job))
    seconds = round(time.perf_counter() - started, 1)
    if error:
        return Outcome(job.name, job.folder.name, "failed", error, seconds)
    took = json.loads((job.folder / "finished.json").read_text())["seconds"]
    return Outcome(job.name, job.folder.name, "done", "", took)


def _run(job: Job) -> None:
    experiment.run(
        ConfigDict(job.settings),
        workdir=job.folder,
        results=job.folder.parent,
        started=time.perf_counter(),
    )


def _logged(log: Path, work: Callable[[], None]) -> str:
    """Does the work with its messages in a log; returns its error, "" without one."""
    with log.open("a") as file, contextlib.redirect_stdout(file):
        try:
            work()
        # Whatever ends a cell, the others go on; the log has the whole of it.
        except Exception as error:  # noqa: BLE001
            traceback.print_exc(file=file)
            return f"{type(error).__name__}: {error}"
    return ""


def _tell(outcome: Outcome, so_far: Sequence[Outcome], jobs: Sequence[Job]) -> None:
    mean = sum(one.seconds for one in so_far) / len(so_far)
    left = mean * (len(jobs) - len(so_far)) / jobs[0].n_workers
    how = outcome.error or f"done in {_clock(outcome.seconds)}"
    rest = f"; about {_clock(left)} to go" if left else ""
    count = f"[{len(so_far)} of {len(jobs)}]"
    experiment.say(f"{count} {outcome.name}: {how}{rest}")


def _clock(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
