"""What a run does after training, timed part by part on made-up latents.

Each line says how many rows that part saw: where the exact method takes time or memory
with the square of the rows, it works in blocks, or a sample stands for the rest.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from vaejax import cards, cluster, metrics, project, report, scoring, silhouette
from vaejax.evaluate import Clustering, Latents, clusterings
from vaejax.pages import collection_map

ROUNDS = 3
COMPARED = 10_000  # rows whose silhouettes scikit-learn computes as well
DIMENSIONS, VARIED, COMPONENTS = 128, 10, 12  # of the latents
CLIPS = 2  # of a song
KS = (5, 10, 20)
PERMUTATIONS = 999
NEIGHBOURS = 8


class Collection(NamedTuple):
    """Latents of one seed, and what is known of their rows."""

    latents: Latents
    songs: np.ndarray  # str [n]
    columns: dict[str, np.ndarray]  # {label: str [n]}; genre goes with the latents


def clusters(*, n: int) -> Iterator[str]:
    """Yields a line for each part of the work, with its seconds, as it is done.

    Compilation counts: a run compiles as well. So does all memory of the process.

    Args:
      n: rows.

    Raises:
      ValueError: n is too small for the numbers of clusters.
    """
    if n < 2 * max(KS):
        raise ValueError(
            f"--n={n} must be at least {2 * max(KS)}: up to {max(KS)} clusters are "
            "looked for."
        )
    made = collection(n)
    yield f"{n:,} rows of {DIMENSIONS} numbers, {_cores()} cores, k of {KS}"
    yield _row("part", "seconds", "peak GB", "rows that are seen, and how")
    start = time.perf_counter()
    found: list[Clustering] = []
    for name in cluster.CLUSTERERS:
        some, line = _part(name, _seen(name, n), _clustered, made.latents, name)
        found += some
        yield line
    yield from _scored(made, found)
    shown = next(one for one in found if (one.clusterer, one.k) == ("kmeans", KS[1]))
    yield from _mapped(made, shown)
    seconds = time.perf_counter() - start
    yield _row(
        "whole", f"{seconds:.1f}", f"{_peak_gb():.2f}", f"{seconds / 60:.1f} min"
    )
    yield _compared(shown.z, [one.cluster for one in found])


def collection(n: int) -> Collection:
    """Twelve Gaussians of different shapes in ten dimensions, and noise in all."""
    rng = np.random.default_rng(0)
    n_songs = -(-n // CLIPS)
    song = np.repeat(np.arange(n_songs), CLIPS)[:n]
    component = rng.integers(COMPONENTS, size=n_songs)[song]
    centre = 3 * rng.normal(size=(COMPONENTS, VARIED))
    shape = 0.5 * rng.normal(size=(COMPONENTS, VARIED, VARIED))
    axes = np.linalg.qr(rng.normal(size=(DIMENSIONS, VARIED)))[0].T
    noise = rng.normal(size=(n, VARIED))
    x = centre[component] + np.einsum("nd,nde->ne", noise, shape[component])
    z = x @ axes + 0.2 * rng.normal(size=(n, DIMENSIONS))
    language = rng.integers(5, size=n_songs)[song]
    columns = {"genre": component, "language": language}
    return Collection(
        Latents("vae", "z", z.astype(np.float32)[None]),
        np.char.add("song ", song.astype(str)),
        {name: np.char.add(name, codes.astype(str)) for name, codes in columns.items()},
    )


def _clustered(latents: Latents, name: str) -> list[Clustering]:
    return list(clusterings(latents, names=(name,), ks=KS))


def _seen(clusterer: str, n: int) -> str:
    seen = cluster.rows_seen(clusterer, n)
    if clusterer == "kmeans" and n > cluster.MOST_FITTED:
        return f"all; starts are tried on {cluster.MOST_FITTED:,}"
    return "all" if seen == n else f"a sample of {seen:,}; the others follow these"


def _scored(made: Collection, found: Sequence[Clustering]) -> Iterator[str]:
    """What `scoring` does, in three parts."""
    z, labels = made.latents.z[0], [one.cluster for one in found]
    about = {"labels": tuple(made.columns), "permutations": PERMUTATIONS}
    truth, line = _part(
        "permutations",
        f"all; {PERMUTATIONS} of each label",
        *(scoring.truths, made.columns, made.songs),
        **about,
    )
    yield line
    side = silhouette.TILE
    how = f"all; silhouettes exact, in tiles of {side} x {side} distances"
    yield _part("internal scores", how, metrics.internal, z, labels)[1]
    outside = [one._replace(z=None) for one in found]
    yield _part("external scores", "all", scoring.scores, outside, truth)[1]
    ids = np.arange(len(z)).astype(str)
    how, seconds = _timed(_csv_mb, found, ids)
    yield _row("assignments.csv", f"{seconds:.1f}", f"{_peak_gb():.2f}", how)


def _csv_mb(found: Sequence[Clustering], ids: np.ndarray) -> str:
    """Writes them as a run does."""
    import tempfile
    from pathlib import Path

    from vaejax import disk

    rows = (row for one in found for row in report.assignments(one, ids))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "assignments.csv"
        disk.write_csv(path, report.ASSIGNMENT_COLUMNS, rows)
        return f"all; {path.stat().st_size / 1e6:.0f} MB"


def _mapped(made: Collection, shown: Clustering) -> Iterator[str]:
    """The map, and the page that shows it."""
    xy, line = _part("UMAP", "all", project.umap, shown.z, seed=0)
    yield line
    near, line = _part("neighbours", "all", project.neighbours, shown.z, NEIGHBOURS)
    yield line
    columns = {name: values.tolist() for name, values in made.columns.items()}
    found, line = _part(
        "cards",
        "all",
        *(cards.cards, shown.cluster, shown.z),
        **{"songs": made.songs, "columns": columns, "words": None, "traits": {}},
    )
    yield line
    (page, seconds) = _timed(_page, made, shown, xy, near, found)
    size = f"all; {len(page.encode()) / 1e6:.1f} MB"
    yield _row("map.html", f"{seconds:.1f}", f"{_peak_gb():.2f}", size)


def _page(made, shown, xy, near, found) -> str:
    n, titles = len(xy), made.songs.tolist()
    return collection_map.map_page(
        title="Benchmark",
        about="",
        ids=[f"{i:06d}" for i in range(n)],
        titles=titles,
        artists=[""] * n,
        xy=xy.astype(np.float64),
        columns={"cluster": shown.cluster.tolist()}
        | {name: values.tolist() for name, values in made.columns.items()},
        confidence=None,
        neighbours=near,
        audio=[f"audio/{i:06d}.mp3" for i in range(n)],
        cards=[
            {"cluster": card.cluster, "name": card.name, "size": card.size}
            | {"lines": cards.lines(card, titles)[1:]}
            for card in found
        ],
    )


def _compared(
    z: Float[np.ndarray, "n k"], clusterings: Sequence[Int[np.ndarray, " n"]]
) -> str:
    """The silhouettes of some rows, by us and by scikit-learn, in turns.

    Ours of the first clustering alone, and of all, which share their distances.
    """
    from sklearn.metrics import silhouette_samples

    n = min(COMPARED, len(z))
    z, every = z[:n], [one[:n] for one in clusterings]
    first = every[:1]
    (ours,) = silhouette.samples(z, first)  # compiled before it is timed
    silhouette.samples(z, every)
    alone, shared = [], []
    for _ in range(ROUNDS):
        theirs, plain = _timed(silhouette_samples, z, first[0])
        alone.append(plain / _timed(silhouette.samples, z, first)[1])
        shared.append(plain * len(every) / _timed(silhouette.samples, z, every)[1])
    return (
        f"silhouettes of {n:,} rows beside scikit-learn's: {median(alone):.1f} x for "
        f"one clustering, {median(shared):.0f} x for {len(every)} of them; "
        f"largest difference {_largest(ours - theirs):.0e}"
    )


def _largest(difference: Float[np.ndarray, " n"]) -> float:
    return float(np.abs(difference).max())


def _part(part: str, how: str, work: Callable, *args, **options) -> tuple[Any, str]:
    """What the work returns, and a line about it."""
    found, seconds = _timed(work, *args, **options)
    return found, _row(part, f"{seconds:.1f}", f"{_peak_gb():.2f}", how)


def _timed(work: Callable, *args, **options) -> tuple[Any, float]:
    start = time.perf_counter()
    found = work(*args, **options)
    return found, time.perf_counter() - start


def _peak_gb() -> float:
    """Memory of this process at its peak so far; in bytes on macOS, else in KiB."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _row(part: str, seconds: str, peak: str, how: str) -> str:
    return f"{part:16}{seconds:>9}{peak:>9}  {how}"
