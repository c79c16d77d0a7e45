"""Scores -> `scores.csv`, `assignments.csv` and the table at the end of a run."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vaejax import run_folder
from vaejax.core import Dataset
from vaejax.evaluate import Clustering, Latents

ASSIGNMENT_COLUMNS = (
    *("track_id", "model", "clusterer", "k", "seed", "cluster", "probability"),
)


class Score(NamedTuple):
    """One row of `scores.csv`: one number."""

    model: str
    modalities: str
    fusion: str
    clusterer: str
    k: int | None
    seed: int
    space: str
    label: str
    metric: str
    value: float


def assignments(clustering: Clustering, ids: np.ndarray) -> Iterator[tuple]:
    """The rows of one clustering, in ASSIGNMENT_COLUMNS."""
    c = clustering
    probability = [""] * len(ids) if c.probability is None else c.probability.round(6)
    for track_id, cluster, p in zip(ids, c.cluster, probability, strict=True):
        yield track_id, c.model, c.clusterer, c.k, c.seed, int(cluster), p


def arrays(latents: Sequence[Latents], dataset: Dataset) -> dict[str, np.ndarray]:
    """What `latents.npz` holds: track ids, and z and p(c | x) of every model."""
    found = {"track_id": dataset.ids}
    for one in latents:
        found[f"{one.model}_z"] = one.z
        if one.probability is not None:
            found[f"{one.model}_probability"] = one.probability
    return found


def write(
    workdir: Path,
    clusterings: Sequence[Clustering],
    scores: Sequence[Score],
    ids: np.ndarray,
) -> None:
    """Writes assignments.csv, scores.csv and the table, scores.txt."""
    rows = (row for one in clusterings for row in assignments(one, ids))
    run_folder.write_csv(workdir / "assignments.csv", ASSIGNMENT_COLUMNS, rows)
    run_folder.write_csv(workdir / "scores.csv", Score._fields, scores)
    run_folder.write_text(workdir / "scores.txt", table(scores) + "\n")


def summary(scores: Iterable[Score], *, metric: str, k: int) -> list[dict]:
    """Mean and deviation over seeds of one external score, a row per method."""
    values = defaultdict(list)
    for s in scores:
        if (s.metric, s.k) == (metric, k) and s.label:
            values[s.model, s.clusterer, s.label].append(s.value)
    return [
        dict(zip(("model", "clusterer", "label"), method, strict=True))
        | {"mean": float(np.mean(v)), "std": float(np.std(v))}
        for method, v in values.items()
    ]


def table(scores: Iterable[Score]) -> str:
    """Mean ± standard deviation over seeds, one block per label and k; 100 columns.

    p is the largest over the seeds. Within a block the rows keep the order in which
    they were scored.
    """
    values = defaultdict(list)
    for s in scores:
        values[s.label, s.k, s.model, s.clusterer, s.metric].append(s.value)
    methods = dict.fromkeys((k, model, name) for _, k, model, name, _ in values)
    blocks = [
        _block(label, k, methods, values)
        for label in dict.fromkeys(label for label, *_ in values)
        for k in dict.fromkeys(k for k, _, _ in methods)
    ]
    return "\n\n".join(blocks)


def _block(label: str, k: int | None, methods, values) -> str:
    columns, width = (EXTERNAL, 12) if label else (INTERNAL, 14)
    which = f"k = {k}" if k else "k chosen by the clusterer"
    about = f"against {label}" if label else "internal, each in its own space"
    lines = [f"{about}, {which}", _line("model", "clusterer", columns.values(), width)]
    for n, model, name in methods:
        if n == k:
            cells = [
                _cell(metric, values.get((label, k, model, name, metric), []))
                for metric in columns
            ]
            lines.append(_line(model, name, cells, width))
    return "\n".join(lines)


def _line(model: str, clusterer: str, cells: Iterable[str], width: int) -> str:
    row = f"  {model:<16.16} {clusterer:<9.9}" + "".join(f"{c:>{width}}" for c in cells)
    return row.rstrip()


def _cell(metric: str, values: Sequence[float]) -> str:
    if not values:
        return "–"
    if metric == "p_value":
        return _number(max(values), 3)
    mean, std = np.mean(values), np.std(values)
    digits = 3 if abs(mean) < 10 else max(0, 3 - int(math.log10(abs(mean))))
    spread = f" ±{_number(std, digits)}" if len(values) > 1 else ""  # one seed has none
    return _number(mean, digits) + spread


def _number(value: float, digits: int) -> str:
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:.{digits}f}")


EXTERNAL = {
    "ari": "ARI",
    "ami": "AMI",
    "nmi": "NMI",
    "purity": "purity",
    "accuracy": "ACC",
    "p_value": "p",
}
INTERNAL = {
    "silhouette": "silhouette",
    "calinski_harabasz": "Calinski-H.",
    "davies_bouldin": "Davies-B.",
    "noise_share": "noise share",
}
