"""Kills runs with SIGKILL, in every stage, until the same command has finished them.

python tests/killed.py FOLDER --n=30

Every run is a child that is forked after the imports, so that most of its life is work.
It ends with the files of a run that nobody disturbed, bit for bit, or the script fails.
"""

import argparse
import gc
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import sklearn.cluster
import sklearn.decomposition
import sklearn.mixture  # noqa: F401

sys.path.insert(0, str(Path(__file__).parents[1]))

from configs import vade  # noqa: E402
from vaejax import (  # noqa: E402, F401
    corpus,
    experiment,
    features,
    present,
    probes,
    songbook,
)

LONGEST_S = 0.4  # from the start of a stage to the signal


STAGES: dict[str, Callable[[Path, Path], bool]] = {  # (run, cache) -> has it begun?
    "preparation": lambda run, cache: any(cache.glob("shards/*")),
    "training": lambda run, cache: (run / "history.jsonl").exists(),
    "checkpointing": lambda run, cache: any(run.glob("checkpoints/*/periodic/*tmp*")),
    "clustering": lambda run, cache: (run / "checkpoints/vade/best").exists(),
    "report": lambda run, cache: (run / "scores.csv").exists(),
}


def config_of(songs: Path, cache: Path):
    """A run of a few seconds."""
    config = vade.get_config()
    config.data.update(root=str(songs), cache_dir=str(cache), n_workers=1)
    config.features.update(n_mels=16, n_mfcc=8)
    config.networks.update(hidden=(8,), dtype="float32")
    config.model.update(latent_dim=3, n_clusters=3, start="means")
    config.train.update(epochs=8, seeds=2, checkpoint_every=1, batch_size=8)
    config.cluster.update(names=("kmeans", "gmm"), k=(3,))
    config.baselines.names = ("raw",)
    config.eval.update(permutations=99, nuisance=False)
    config.figures.update(projections=(), pdf=False, n_reconstructions=1)
    return config


def start(songs: Path, cache: Path, run: Path, *, drawn: bool = True) -> int:
    """The process id of a child that runs, or goes on with, one experiment."""
    pid = os.fork()
    if pid:
        return pid
    with open(run.parent / "log.txt", "a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    now = time.perf_counter()
    config = config_of(songs, cache)
    if not drawn:
        experiment.present_run = lambda folder, settings: None
    try:
        experiment.run(config, workdir=run, results=run.parent, started=now)
    except BaseException as error:  # noqa: BLE001
        print(f"FAILED: {type(error).__name__}: {error}", flush=True)
        os._exit(1)
    os._exit(0)


def killed_in(pid: int, begun: Callable[[], bool], delay_s: float) -> bool:
    """Kills the child `delay_s` after a stage has begun; False if it ends before."""
    while not begun():
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
        time.sleep(0.002)
    time.sleep(delay_s)
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1] == signal.SIGKILL


def kept(run: Path) -> dict[str, object]:
    """What must be equal, whatever happened on the way."""
    texts = {n: (run / n).read_text() for n in ("scores.csv", "assignments.csv")}
    with np.load(run / "latents.npz") as file:
        return texts | {name: file[name].tobytes() for name in file.files}


def main(place: Path, n: int, seed: int) -> None:
    """Kills `n` times; says in which stages."""
    gc.freeze()  # as in typed.py
    songs, draw, counts = place / "songs", random.Random(seed), Counter()
    songbook.render(songs, n_songs=24, duration_s=1.0, seed=0, n_workers=1)
    pid = start(songs, place / "cache", place / "whole", drawn=False)
    assert os.waitpid(pid, 0)[1] == 0, (place / "log.txt").read_text()
    wanted = kept(place / "whole")
    n_runs, stages = 0, list(STAGES)
    while sum(counts.values()) < n:
        n_runs += 1
        assert n_runs < 5 + n, "runs end before they can be killed"
        run, cache = place / f"run{n_runs}", place / f"cache{n_runs}"
        shutil.copytree(place / "cache/compiled", cache / "compiled")
        for stage in stages * 2:
            pid = start(songs, cache, run)
            begun = STAGES[stage]
            delay_s = draw.uniform(0, LONGEST_S)
            found = killed_in(pid, lambda b=begun, r=run, c=cache: b(r, c), delay_s)
            counts[stage] += found
            if sum(counts.values()) >= n:
                break
        pid = start(songs, cache, run)
        assert os.waitpid(pid, 0)[1] == 0, (place / "log.txt").read_text()
        assert kept(run) == wanted, f"{run} differs"
        shutil.rmtree(cache)
    told = ", ".join(f"{stage} {counts[stage]}" for stage in stages)
    print(f"{n} kills in {n_runs} runs ({told}): all files equal", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", type=Path)
    parser.add_argument("--n", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    main(given.place, given.n, given.seed)
