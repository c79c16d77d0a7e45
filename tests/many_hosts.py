"""Trains with several processes, kills one of them, and goes on with others.

python tests/many_hosts.py FOLDER

Processes stand for hosts: each has a device of its own, and sees the others by the
network alone. All are forked after the imports, before JAX has started. The script
fails unless what comes out is what one process makes of it, but for rounding.
"""

import argparse
import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from multiprocessing import Pipe
from pathlib import Path

import jax
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from killed import config_of  # noqa: E402

from vaejax import experiment, portion, songbook, together  # noqa: E402
from vaejax.shares import Joined  # noqa: E402

EPOCHS = 8  # of config_of
TOLERANCE = 1e-4


def config_for(folder: Path):
    config = config_of(folder / "songs", folder / "cache")
    config.data.update(mel="image", frames=8, held_out_share=0.2)
    config.model.update(pretrain=0.3)
    return config


def forked(folder: Path, work: Callable[[], None]) -> int:
    """The process id of a child that does some work, with one device of its own."""
    pid = os.fork()
    if pid:
        return pid
    with open(folder / "log.txt", "a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_num_cpu_devices", 1)
    try:
        work()
    except BaseException as error:  # noqa: BLE001
        print(f"FAILED: {type(error).__name__}: {error}", flush=True)
        os._exit(1)
    os._exit(0)


def alone(folder: Path, run: Path, **mesh) -> int:
    """An ordinary run, or the rest of one."""
    config = config_for(folder)
    config.mesh.update(mesh)
    now = time.perf_counter()
    given = {"workdir": run, "results": folder, "started": now}

    def work() -> None:
        experiment.present_run = lambda folder, settings: None  # nobody looks at it
        experiment.run(config, **given)

    return forked(folder, work)


def joined(folder: Path, run: Path, n: int, **mesh) -> list[int]:
    """Processes that train together on a stream; they meet at an address."""
    config = config_for(folder)
    config.data.memory = "stream"
    config.mesh.update(coordinator=f"localhost:{free_port()}", processes=n, **mesh)
    return trained(folder, run, n, lambda i: config.mesh.update(process=i), config)


def of_slurm(folder: Path, run: Path, n: int, **mesh) -> list[int]:
    """The same, as tasks of a job of Slurm, which tells where to meet; resident."""
    config = config_for(folder)
    config.mesh.update(coordinator="auto", **mesh)
    job = {"SLURM_JOB_ID": str(os.getpid()), "SLURM_STEP_NODELIST": "localhost"}

    def told(i: int) -> None:
        task = {"SLURM_NTASKS": str(n), "SLURM_PROCID": str(i), "SLURM_LOCALID": "0"}
        os.environ.update(job | task)

    return trained(folder, run, n, told, config)


def trained(folder: Path, run: Path, n: int, told: Callable, config) -> list[int]:
    def work(i: int) -> None:
        told(i)
        _, send = Pipe(duplex=False)
        settings = experiment.settings_from(config)
        refuse_other_rows()
        together.train_here(settings, run, folder, time.perf_counter(), send)

    return [forked(folder, lambda i=i: work(i)) for i in range(n)]


def refuse_other_rows() -> None:
    """Fails where a process holds all rows, or has read the songs of all.

    What is streamed lies in files, a part by every process.
    """
    prepare = portion.prepare

    def checked(settings, found, mesh, folder):
        dataset = prepare(settings, found, mesh, folder)
        streamed = settings["data"]["memory"] == "stream"
        for x in dataset.batch.values():
            assert dataset.streamed == streamed == isinstance(x, Joined)
            parts = x.parts if streamed else [x.here]
            fewer = max(map(len, parts)) < len(x)
            assert fewer == (streamed or mesh.shape["data"] > 1)
        return dataset

    portion.prepare = checked


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return one.getsockname()[1]


def ended(*pids: int) -> list[int]:
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]


def n_epochs(run: Path) -> int:
    path = run / "history.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def history(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "history.jsonl").open()]


def difference(run: Path, other: Path) -> float:
    """The largest one between the losses and codes of two runs, in deviations."""
    pairs = [*zip(history(run), history(other), strict=True)]
    assert [(a["model"], a["epoch"]) for a, _ in pairs] == [
        (b["model"], b["epoch"]) for _, b in pairs
    ]
    terms = [[np.array(row["valid_loss"]) for row in pair] for pair in pairs]
    found = [np.max(np.abs(a - b) / np.maximum(np.abs(a), 1)) for a, b in terms]
    with np.load(run / "latents.npz") as a, np.load(other / "latents.npz") as b:
        names = [name for name in a if name.endswith("_z")]
        found += [np.abs(a[name] - b[name]).max() / a[name].std() for name in names]
    return float(max(found))


def main(folder: Path) -> None:
    gc.freeze()  # as in typed.py
    songbook.render(folder / "songs", n_songs=24, duration_s=1.0, seed=1, n_workers=1)
    one, several = folder / "one", folder / "several"
    first, second = joined(folder, several, 2, data=2)
    while n_epochs(several) < 4:
        time.sleep(0.01)
    os.kill(second, signal.SIGKILL)
    codes = ended(first, second)
    assert codes == [1, -signal.SIGKILL], f"{codes}; see {folder / 'log.txt'}"
    assert 4 <= n_epochs(several) < EPOCHS and not (several / "scores.csv").exists()
    print(f"Killed one of 2 processes after epoch {n_epochs(several)}")
    codes = ended(*of_slurm(folder, several, 4, seed=2, data=2))
    assert codes == [0] * 4, f"{codes}; see {folder / 'log.txt'}"
    assert n_epochs(several) == EPOCHS
    # The command itself, as on a single host: it finds everything trained.
    address = f"localhost:{free_port()}"
    codes = ended(alone(folder, one), alone(folder, several, coordinator=address))
    assert codes == [0, 0], f"{codes}; see {folder / 'log.txt'}"
    found = difference(one, several)
    assert found < TOLERANCE, found
    print(f"4 went on, and the run equals that of one process to {found:.1e}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    main(folder)
