"""Clusters -> scores: rows of scores.csv, for every clustering of a run."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from tqdm import tqdm

from vaejax import metrics
from vaejax.cluster import rows_seen
from vaejax.core import Dataset
from vaejax.evaluate import CLASSES, Clustering, Latents, clusterings, is_told

BINS = 5  # of a factor that is measured


class Truth(NamedTuple):
    """A label column, where it is known, and shuffles of it."""

    column: str
    known: np.ndarray  # bool [n]
    values: np.ndarray  # str [known]
    songs: Int[np.ndarray, " known"]  # which song each row is cut from
    shuffles: Int[np.ndarray, "p known"]


def truths(
    columns: Mapping[str, np.ndarray],
    songs: np.ndarray,
    *,
    labels: Sequence[str],
    permutations: int,
) -> list[Truth]:
    """The columns of `labels` that the collection has with at least two classes."""
    found = []
    for column in labels:
        values = columns.get(column, np.zeros(0, str))
        known = values != ""
        values = values[known]
        if len(np.unique(values)) < 2:
            continue
        _, of_song = np.unique(songs[known], return_inverse=True)
        shuffles = metrics.permuted(values, of_song, n=permutations, seed=0)
        found.append(Truth(column, known, values, of_song, shuffles))
    return found


class Factors(NamedTuple):
    """What is known to vary in a collection, for measures of disentanglement."""

    names: tuple[str, ...]
    known: np.ndarray  # bool [n], rows of which every factor is known
    classes: Int[np.ndarray, "known m"]


def factors_of(dataset: Dataset, names: Sequence[str]) -> Factors | None:
    """The columns of `names` that the collection has with at least two values.

    None if these are fewer than two. A measurement, a column of numbers with fewer than
    ten rows a value, counts in BINS bins of equally many rows.

    Raises:
      ValueError: the factors vary too little to be scored.
    """
    from vaejax import disentanglement

    columns = {name: dataset.labels[name] for name in names if name in dataset.labels}
    columns = {n: v for n, v in columns.items() if len(np.unique(v[v != ""])) > 1}
    if len(columns) < 2:
        return None
    known = np.all([values != "" for values in columns.values()], axis=0)
    classes = np.stack([_classes(v[known]) for v in columns.values()], axis=1)
    disentanglement.usable(classes)
    return Factors(tuple(columns), known, classes)


def _classes(values: np.ndarray) -> Int[np.ndarray, " n"]:
    found, numbers = np.unique(values, return_inverse=True)
    try:
        amounts = found.astype(float)[numbers]
    except ValueError:
        return numbers
    if len(values) >= 10 * len(found):
        return numbers
    edges = np.quantile(amounts, np.linspace(0, 1, BINS + 1)[1:-1])
    return np.searchsorted(edges, amounts, side="right")


def latent_scores(latents: Latents, *, limit: float = 0.01) -> Iterator[dict]:
    """How much a model's code is used, as rows of scores.csv without a clusterer.

    A unit is active if its mean varies by more than `limit` over the collection (Burda
    et al. 2016, arXiv:1509.00519, sec. 4.2); the other terms are of the held-out rows.
    """
    if "kl" not in latents.terms:
        return
    variance = latents.z.astype(np.float64).var(axis=1)  # [s, k]
    found = {
        "active_units": (variance > limit).sum(axis=1),
        "units": np.full(len(variance), variance.shape[1]),
        "kl": latents.terms["kl"],
    }
    if "recon" in latents.terms:
        found["recon"] = latents.terms["recon"]
        # The bound itself, whatever weights and free bits make of it in the loss.
        found["negative_elbo"] = found["recon"] + found["kl"]
    # Of a fusion that learns what its views count.
    found |= {n: x for n, x in latents.terms.items() if n.startswith("weight_")}
    if latents.probability is not None:
        assigned = latents.probability.argmax(axis=2)
        found["clusters"] = np.full(len(assigned), latents.probability.shape[2])
        found["clusters_used"] = np.array([len(np.unique(row)) for row in assigned])
    for seed in latents.seeds:
        for metric, values in found.items():
            yield _unclustered(latents, seed, metric, float(values[seed]))


def disentanglement_scores(
    latents: Sequence[Latents], factors: Factors
) -> Iterator[dict]:
    """Every measure of `disentanglement`, seed by seed, as rows of scores.csv.

    The first rows are those of the true factors as a code: the most that can be had.
    """
    from vaejax import disentanglement

    truth = factors.classes[None].astype(np.float32)
    whole = Latents("true factors", "factors", truth)
    for one in (whole, *latents):
        for seed in one.seeds:
            rows = one.z[seed] if one is whole else one.z[seed][factors.known]
            found = disentanglement.scores(rows, factors.classes)
            for metric, value in found.items():
                row = _unclustered(one, seed, metric, value)
                yield row | {"label": "+".join(factors.names)}


def clusters_and_scores(
    latents: Sequence[Latents],
    columns: Mapping[str, np.ndarray],
    songs: np.ndarray,
    cluster: Mapping[str, Any],
    judged: Mapping[str, Any],
) -> tuple[list[Clustering], list[dict], dict[str, np.ndarray]]:
    """Every clustering, its scores, and its ARI on shuffled labels, model by model.

    Args:
      columns: {label: str [n]}.
      songs: of every row.
      cluster: the section `cluster` of a config.
      judged: the section `eval`.
    """
    about = {name: judged[name] for name in ("labels", "permutations")}
    truth = truths(columns, songs, **about)
    ks = numbers_of_clusters(cluster["k"], truth, most=len(songs) // 2)
    found, rows, nulls = [], [], []
    for one in tqdm(latents, desc="clusters and scores", unit="model"):
        rows += latent_scores(one)
        of_model = list(clusterings(one, names=cluster["names"], ks=ks))
        scored = scores(of_model, truth)
        found += of_model
        rows += scored.rows
        nulls.append(scored.nulls)
    joined = {one.column: [part[one.column] for part in nulls] for one in truth}
    return found, rows, {name: np.concatenate(parts) for name, parts in joined.items()}


def numbers_of_clusters(
    asked: Sequence[int | str], truth: Sequence[Truth], *, most: int
) -> tuple[int, ...]:
    """The k of a config, with the number of classes of each label for `classes`.

    Raises:
      ValueError: there is no number among them.
    """
    counts = [len(np.unique(one.values)) for one in truth]
    classes = [count for count in counts if count <= most]
    ks = [k for part in asked for k in (classes if part == CLASSES else [part])]
    if not ks:
        raise ValueError(
            f"config.cluster.k={CLASSES} is no number: no label has from 2 to {most} "
            f"classes. Add a number, as in config.cluster.k=10,{CLASSES}."
        )
    return tuple(sorted(set(ks)))


class Scored(NamedTuple):
    """Scores of clusterings, and the ARI of each against shuffled labels."""

    rows: list[dict]  # the columns of scores.csv; internal scores first
    nulls: dict[str, Float[np.ndarray, "m p"]]  # {label: a row a clustering}


def scores(clusterings: Sequence[Clustering], truth: Sequence[Truth]) -> Scored:
    """Every score of the clusterings of one model."""
    rows = []
    nulls: dict[str, list] = {one.column: [] for one in truth}
    inside = _internal(clusterings)
    for clustering, found in zip(clusterings, inside, strict=True):
        about = _about(clustering)
        told = "told" if is_told(clustering.told, [t.column for t in truth]) else ""
        space = {"space": clustering.space, "label": "", "told": ""}
        rows += [about | space | {"metric": m, "value": v} for m, v in found.items()]
        for one in truth:
            found, null = _external(clustering.cluster[one.known], one)
            space = {"space": "", "label": one.column, "told": told}
            rows += [
                about | space | {"metric": m, "value": v} for m, v in found.items()
            ]
            nulls[one.column].append(null)
    rows += _stabilities(clusterings)
    return Scored(rows, {label: np.array(found) for label, found in nulls.items()})


def _about(clustering: Clustering) -> dict:
    names = ("model", "clusterer", "k", "seed")
    return {name: getattr(clustering, name) for name in names}


def _internal(clusterings: Sequence[Clustering]) -> list[dict[str, float]]:
    """Internal scores; those of one space share its distances."""
    found: list[dict[str, float]] = [{} for _ in clusterings]
    spaces: dict[int | None, list[int]] = {}
    for i, clustering in enumerate(clusterings):
        if clustering.z is not None:  # a consensus has no space
            spaces.setdefault(clustering.seed, []).append(i)
    for rows in spaces.values():
        z = clusterings[rows[0]].z
        labels = [clusterings[i].cluster for i in rows]
        for i, values in zip(rows, metrics.internal(z, labels), strict=True):
            bic = clusterings[i].bic
            found[i] = values if bic is None else values | {"bic": bic}
            found[i] |= _sample(clusterings[i])
    return found


def _sample(clustering: Clustering) -> dict[str, float]:
    """How many rows the clusterer saw, and of how many, where it did not see all."""
    n = len(clustering.cluster)
    seen = rows_seen(clustering.clusterer, n)
    return {"rows_seen": float(seen), "rows": float(n)} if seen < n else {}


def _external(
    clusters: Int[np.ndarray, " known"], truth: Truth
) -> tuple[dict[str, float], Float[np.ndarray, " p"]]:
    """Scores by clip, and by song where a song has several clips."""
    found = metrics.external(clusters, truth.values)
    null = metrics.null_ari(clusters, truth.shuffles)
    found["p_value"] = metrics.p_value(found["ari"], null)
    if truth.songs.max() + 1 < len(truth.songs):
        by_song = [metrics.majority(x, truth.songs) for x in (clusters, truth.values)]
        for metric, value in metrics.external(*by_song).items():
            found[f"song_{metric}"] = value
    return found, null.astype(np.float32)


def _stabilities(clusterings: Sequence[Clustering]) -> Iterator[dict]:
    """How far the seeds of each clusterer and k agree: their mean pairwise ARI."""
    groups: dict[tuple, list[Clustering]] = {}
    for one in clusterings:
        if one.seed is not None:
            groups.setdefault((one.clusterer, one.k), []).append(one)
    for group in groups.values():
        if len(group) > 1:
            pairs = itertools.combinations([one.cluster for one in group], 2)
            value = float(np.mean([metrics.ari(a, b) for a, b in pairs]))
            space = {"space": group[0].space, "label": "", "told": ""}
            row = _about(group[0]) | {"seed": None} | space
            yield row | {"metric": "stability", "value": value}


def _unclustered(latents: Latents, seed: int, metric: str, value: float) -> dict:
    about = {"model": latents.model, "clusterer": "", "k": None, "seed": seed}
    what = {"space": latents.space, "label": "", "metric": metric}
    return about | what | {"value": value, "told": ""}
