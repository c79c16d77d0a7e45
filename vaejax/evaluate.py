"""Latents -> clusters -> scores, for every model, seed, clusterer and k of a run."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from vaejax import metrics
from vaejax.cluster import CLUSTERERS, FIXED, Labels
from vaejax.core import Dataset

BINS = 5  # of a factor that is measured


class Latents(NamedTuple):
    """What one model makes of the collection, seed by seed."""

    model: str
    space: str  # names the space of internal metrics: z, raw or pca
    z: Float[np.ndarray, "s n k"]
    probability: Float[np.ndarray, "s n c"] | None = None  # a model's own p(c | x)
    told: tuple[str, ...] = ()  # label columns that the model was told
    terms: dict[str, np.ndarray] = {}  # of the loss, [s] or [s, k], on held-out rows


class Clustering(NamedTuple):
    """One clustering of the collection and where it comes from."""

    model: str
    space: str
    clusterer: str
    k: int | None  # None where the clusterer chooses
    seed: int
    cluster: Int[np.ndarray, " n"]
    probability: Float[np.ndarray, " n"] | None
    z: Float[np.ndarray, "n k"]
    told: tuple[str, ...] = ()


def raw(dataset: Dataset, *, n_seeds: int, pca_dim: int) -> Latents:
    """The standardised features themselves, the same for every seed."""
    del pca_dim
    return Latents("raw", "raw", np.stack([dataset.raw] * n_seeds))


def pca(dataset: Dataset, *, n_seeds: int, pca_dim: int) -> Latents:
    """The first principal components, the same for every seed."""
    from sklearn.decomposition import PCA

    dim = min(pca_dim, *dataset.raw.shape)
    z = PCA(dim, svd_solver="full").fit_transform(dataset.raw).astype(np.float32)
    return Latents("pca", "pca", np.stack([z] * n_seeds))


BASELINES = {f.__name__: f for f in (raw, pca)}


def clusterings(
    latents: Latents, *, names: Sequence[str], ks: Sequence[int]
) -> Iterator[Clustering]:
    """Every clusterer of `names` at every k, and the model's own assignment."""
    for seed, z in enumerate(latents.z):
        found = [
            (name, k, CLUSTERERS[name](z, n_clusters=k or 2, seed=seed))
            for name in names
            for k in ((None,) if name in FIXED else ks)
        ]
        if latents.probability is not None:
            p = latents.probability[seed]
            own = Labels(p.argmax(axis=1), p.max(axis=1))
            found.append(("own", p.shape[1], own))
        for name, k, labels in found:
            yield Clustering(
                latents.model,
                *(latents.space, name, k, seed, *labels),
                z=z,
                told=latents.told,
            )


class Truth(NamedTuple):
    """A label column, where it is known, and shuffles of it."""

    column: str
    known: np.ndarray  # bool [n]
    values: np.ndarray  # str [known]
    shuffles: Int[np.ndarray, "p known"]


def truths(
    dataset: Dataset, *, labels: Sequence[str], permutations: int
) -> list[Truth]:
    """The columns of `labels` that the collection has with at least two classes."""
    found = []
    for column in labels:
        values = dataset.labels.get(column, np.zeros(0, str))
        known = values != ""
        if len(np.unique(values[known])) < 2:
            continue
        shuffles = metrics.permuted(
            values[known], dataset.songs[known], n=permutations, seed=0
        )
        found.append(Truth(column, known, values[known], shuffles))
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
    for seed in range(len(latents.z)):
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
        for seed, z in enumerate(one.z):
            rows = z if one is whole else z[factors.known]
            found = disentanglement.scores(rows, factors.classes)
            for metric, value in found.items():
                row = _unclustered(one, seed, metric, value)
                yield row | {"label": "+".join(factors.names)}


def _unclustered(latents: Latents, seed: int, metric: str, value: float) -> dict:
    about = {"model": latents.model, "clusterer": "", "k": None, "seed": seed}
    what = {"space": latents.space, "label": "", "metric": metric}
    return about | what | {"value": value, "told": ""}


def scores(clustering: Clustering, truth: Sequence[Truth]) -> Iterator[dict]:
    """Every score as the columns of a row of scores.csv; internal ones first."""
    names = ("model", "clusterer", "k", "seed")
    about = {name: getattr(clustering, name) for name in names}
    found = metrics.internal(clustering.z, clustering.cluster)
    for metric, value in found.items():
        space = {"space": clustering.space, "label": "", "told": ""}
        yield about | space | {"metric": metric, "value": value}
    for column, known, values, shuffles in truth:
        found = metrics.external(clustering.cluster[known], values, shuffles)
        for metric, value in found.items():
            told = "told" if column in clustering.told else ""
            space = {"space": "", "label": column, "told": told}
            yield about | space | {"metric": metric, "value": value}
