"""Scores -> `scores.csv`, `assignments.csv` and the table at the end of a run."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vaejax import disk
from vaejax.evaluate import Clustering, Latents
from vaejax.tables import Estimate, number, shown
from vaejax.trained import SIDE_BY_SIDE, inputs_of

MOST_RAW = 4096  # dimensions of raw features that a run keeps
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
    seed: int | None  # None of what all seeds have in common
    space: str
    label: str
    metric: str
    value: float
    told: str  # "told" where the model was given a label that is scored


def scores_of(rows: Sequence[dict], settings: dict) -> list[Score]:
    """The rows of `scoring`, with what each model of a run sees."""
    models = dict.fromkeys(row["model"] for row in rows)
    seen = {model: inputs_of(settings, model) for model in models}
    inputs = ("modalities", "fusion")
    return [
        Score(**dict(zip(inputs, seen[r["model"]], strict=True)), **r) for r in rows
    ]


def assignments(clustering: Clustering, ids: np.ndarray) -> Iterator[tuple]:
    """The rows of one clustering, in ASSIGNMENT_COLUMNS."""
    c = clustering
    probability = [""] * len(ids) if c.probability is None else c.probability.round(6)
    for track_id, cluster, p in zip(ids, c.cluster, probability, strict=True):
        yield track_id, c.model, c.clusterer, c.k, c.seed, int(cluster), p


def arrays(latents: Sequence[Latents], ids: np.ndarray) -> dict[str, np.ndarray]:
    """What `latents.npz` holds: track ids, and z and p(c | x) of every model.

    Baselines, which are the same for every seed, are kept once; raw features of more
    than MOST_RAW dimensions are not kept.
    """
    found = {"track_id": ids}
    for one in latents:
        fixed = one.space in SIDE_BY_SIDE
        if one.space == "raw" and one.z.shape[2] > MOST_RAW:
            continue
        found[f"{one.model}_z"] = one.z[:1] if fixed else one.z
        if one.probability is not None:
            found[f"{one.model}_probability"] = one.probability
    return found


def write(
    workdir: Path,
    clusterings: Sequence[Clustering],
    scores: Sequence[Score],
    nulls: Mapping[str, np.ndarray],
    ids: np.ndarray,
    tables: Sequence[str] = (),
) -> None:
    """Writes assignments.csv, scores.csv, permutations.npz, and the tables as text.

    Args:
      nulls: {label: ARI of every clustering against every shuffle [m, p]}.
      tables: that come after the scores in scores.txt.
    """
    rows = (row for one in clusterings for row in assignments(one, ids))
    disk.write_csv(workdir / "assignments.csv", ASSIGNMENT_COLUMNS, rows)
    disk.write_csv(workdir / "scores.csv", Score._fields, scores)
    disk.write_npz(workdir / "permutations.npz", dict(nulls))
    text = "\n\n".join([table(scores), *filter(None, tables)])
    disk.write_text(workdir / "scores.txt", text + "\n")


def summary(scores: Iterable[Score], *, metric: str, k: int) -> list[dict]:
    """Mean and deviation over seeds of one external score, a row per method."""
    values = defaultdict(list)
    for s in scores:
        if (s.metric, s.k) == (metric, k) and s.label:
            values[marked(s), s.clusterer, s.label].append(s.value)
    return [
        dict(zip(("model", "clusterer", "label"), method, strict=True))
        | {"mean": float(np.mean(v)), "std": float(np.std(v))}
        for method, v in values.items()
    ]


def marked(score: Score) -> str:
    """The name of the model, with a star where it was told a label."""
    return f"{score.model}*" if score.told else score.model


def table(scores: Iterable[Score]) -> str:
    """Mean ± standard deviation over seeds, one block per label and k; 100 columns.

    p is the largest over the seeds. Within a block the rows keep the order in which
    they were scored. Blocks about the latent codes themselves come first.
    """
    values, seeds = defaultdict(list), defaultdict(list)
    for s in scores:
        if not s.metric.startswith(ELSEWHERE):
            key = (s.label, s.k, marked(s), s.clusterer, s.metric)
            values[key].append(s.value)
            seeds[key].append(s.seed)
    keys = list(values)
    whole = dict.fromkeys((k, label) for label, k, _, name, _ in keys if not name)
    blocks = [_block(label, k, values, whole=True) for k, label in whole]
    for label in dict.fromkeys(label for label, _, _, name, _ in keys if name):
        for k in dict.fromkeys(k for _, k, _, name, _ in keys if name):
            blocks.append(_block(label, k, values, whole=False))
    return "\n\n".join(blocks + warnings(values, seeds))


def _block(label: str, k: int | None, values: dict, *, whole: bool) -> str:
    """The scores of one label and k: of clusterings, or of `whole` latent codes."""
    columns, width, about = _heading(label, k, whole)
    methods = [
        (model, name)
        for of_label, n, model, name, _ in values
        if n == k and (of_label == label) and (not name) == whole
    ]
    lines = [
        about,
        _line("model", "" if whole else "clusterer", columns.values(), width),
    ]
    for model, name in dict.fromkeys(methods):
        cells = [
            _cell(metric, values.get((label, k, model, name, metric), []))
            for metric in columns
        ]
        units = values.get((label, k, model, name, "units"))
        if units:
            cells[0] += f" of {units[0]:.0f}"
        lines.append(_line(model, name, cells, width))
    if any(model.endswith("*") for model, _ in methods):
        lines.append("  * was told a label: this is no evidence of what it finds")
    return "\n".join(lines)


def _heading(label: str, k: int | None, whole: bool) -> tuple[dict, int, str]:
    if whole and label:
        return FACTORS, 11, f"disentanglement of {label.replace('+', ', ')}"
    if whole:
        return LATENT, 16, "latent codes; nats a row, held out"
    which = f"k = {k}" if k else "k chosen by the clusterer"
    if label:
        return EXTERNAL, 11, f"against {label}, {which}"
    return INTERNAL, 13, f"internal, each in its own space, {which}"


def warnings(values: dict, seeds: dict) -> list[str]:
    """A line for every model whose code is empty, or whose clusters are, in a seed.

    Args:
      values: {(label, k, model, clusterer, metric): a value a seed}.
      seeds: which seeds these are, alike.
    """
    lines = []
    for key, found in values.items():
        _, _, model, _, metric = key
        by_seed = list(zip(seeds[key], found, strict=True))
        empty = ", ".join(str(seed) for seed, x in by_seed if x < COLLAPSED)
        if metric == "kl" and empty:
            lines.append(
                f"Warning: {model} has collapsed, seeds {empty}: its code says less "
                f"than {COLLAPSED} nats of a row. Lower config.model.beta, lengthen "
                "config.model.warmup, or set config.model.free_bits."
            )
        own = values.get(("", None, model, "", "clusters"), [])
        unused = [f"{i} ({x:.0f})" for i, x in by_seed if own and x < own[0]]
        if metric == "clusters_used" and unused:
            lines.append(
                f"Note: {model} uses fewer than its {own[0]:.0f} clusters in seeds "
                f"{', '.join(unused)}."
            )
        if metric.startswith("weight_"):
            view = metric.removeprefix("weight_")
            lines.append(f"Note: {model} weighs {view} by {_cell(metric, found)}.")
    lines += _short(values) + _samples(values)
    return ["\n".join(lines)] if lines else []


def _short(values: dict) -> list[str]:
    """A line for every model whose clusterers found fewer clusters than asked for."""
    names = defaultdict(set)
    for (_, k, model, clusterer, metric), found in values.items():
        apart = clusterer == "own"  # of which the model's own scores tell
        if metric == "clusters_found" and k and min(found) < k and not apart:
            names[model].add(f"{clusterer} (k = {k})")
    return [
        f"Note: on {model}, {_listed(sorted(who))} found fewer clusters than asked for."
        for model, who in names.items()
    ]


def _samples(values: dict) -> list[str]:
    """A line for every number of rows that clusterers saw, if not all."""
    names = defaultdict(set)
    for (label, k, model, clusterer, metric), found in values.items():
        if metric == "rows_seen":
            n = values[label, k, model, clusterer, "rows"][0]
            names[found[0], n].add(clusterer)
    return [
        f"Note: {_listed(sorted(who))} saw {seen:,.0f} of {n:,.0f} rows; the others "
        "follow these."
        for (seen, n), who in sorted(names.items())
    ]


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _line(model: str, clusterer: str, cells: Iterable[str], width: int) -> str:
    row = f"  {model:<15.15} {clusterer:<16.16}"
    row += "".join(f"{cell:>{width}}" for cell in cells)
    return row.rstrip()


def _cell(metric: str, values: Sequence[float]) -> str:
    if not values:
        return "–"
    if metric == "p_value":
        return number(max(values), 3)
    return shown(estimate(values))


def estimate(values: Sequence[float]) -> Estimate:
    """The mean and, of several seeds, the deviation."""
    std = float(np.std(values)) if len(values) > 1 else None
    return Estimate(float(np.mean(values)), std)


ELSEWHERE = ("probe_", "retrieval_")  # metrics with tables of their own
COLLAPSED = 0.1  # nats of KL under which a code says nothing

LATENT = {
    "active_units": "active units",
    "kl": "KL",
    "recon": "reconstr.",
    "negative_elbo": "-ELBO",
}
FACTORS = {
    "mig": "MIG",
    "sap": "SAP",
    "dci_disentanglement": "DCI disent.",
    "dci_completeness": "complete.",
    "dci_informativeness": "informat.",
    "factor_vae": "FactorVAE",
}
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
    "stability": "stability",
}
