"""Many short runs: does anything grow that should not?

python tests/soak.py FOLDER --n=200        in one process
python tests/soak.py FOLDER --n=50 --fresh in processes of their own

Prints memory, open files and the size of the compilation cache as it goes, and fails if
the second half of the runs added more than the limits below.
"""

import argparse
import contextlib
import ctypes
import gc
import io
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

MEMORY_MB, FILES, CACHE_MB = 0.5, 0, 0.01  # that a run may add


class Seen(NamedTuple):
    """What a process holds."""

    memory_mb: float
    files: int
    cache_mb: float


def look(cache: Path) -> Seen:
    """What this process holds, and the cache of compilations."""
    # What is free, in Python or in the C library, is not held.
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    size = sum(path.stat().st_size for path in cache.glob("compiled/*"))
    memory_mb = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return Seen(memory_mb, len(os.listdir("/proc/self/fd")), size / 2**20)


def one(place: Path, number: int) -> None:
    """One run on images, VaDE and all; its folder is removed."""
    from configs import vade
    from vaejax import experiment

    config = vade.get_config()
    config.data.update(root=str(place / "images.npz"), modalities=("pixels",))
    config.data.cache_dir = str(place / "cache")
    config.networks.update(hidden=(8,), dtype="float32", likelihood="bernoulli")
    config.model.update(latent_dim=3, n_clusters=3, start="means")
    config.train.update(epochs=4, seeds=2, checkpoint_every=2)
    config.cluster.update(names=("kmeans",), k=(3,))
    config.baselines.names = ("pca",)
    config.eval.update(labels=("class",), permutations=99)
    config.figures.update(projections=(), pdf=False)
    run = place / f"run{number}"
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        experiment.run(config, workdir=run, results=place, started=time.perf_counter())
    shutil.rmtree(run)


def images(place: Path) -> None:
    """A hundred images in three classes."""
    place.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(0)
    y = np.arange(100) % 3
    x = np.clip(draw.normal(0.3, 0.1, (100, 6, 6)) + 0.2 * y[:, None, None], 0, 1)
    np.savez(place / "images.npz", x=x.astype(np.float32), y=y)


def soak(place: Path, n: int, fresh: bool, memory_mb: float) -> None:
    """Runs n times; raises SystemExit if something grows."""
    images(place)
    seen = []
    for i in range(n):
        if fresh:
            script = [sys.executable, __file__, str(place), "--one", str(i)]
            subprocess.run(script, check=True, capture_output=True)
        else:
            one(place, i)
        seen.append(look(place / "cache"))
        if i % max(1, n // 10) == 0 or i == n - 1:
            shown = "{:.0f} MB, {} files, cache {:.1f} MB".format(*seen[-1])
            print(f"[{i + 1} of {n}] {shown}", flush=True)
    half = n // 2
    grown = [
        (b - a) / (n - half) for a, b in zip(seen[half - 1], seen[-1], strict=True)
    ]
    told = "{:.3f} MB, {:.2f} files, cache {:.3f} MB".format(*grown)
    print(f"A run of the second half adds {told}", flush=True)
    limits = (memory_mb, FILES, CACHE_MB)
    sys.exit(int(any(x > most for x, most in zip(grown, limits, strict=True))))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", type=Path)
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--memory-mb", type=float, default=MEMORY_MB)
    parser.add_argument("--one", type=int)
    given = parser.parse_args()
    if given.one is None:
        soak(given.place, given.n, given.fresh, given.memory_mb)
    else:
        one(given.place, given.one)
