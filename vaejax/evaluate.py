"""Latents -> clusters -> scores, for every model, seed, clusterer and k of a run."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from vaejax import metrics
from vaejax.cluster import CLUSTERERS, FIXED, Labels
from vaejax.core import Dataset


class Latents(NamedTuple):
    """What one model makes of the collection, seed by seed."""

    model: str
    space: str  # names the space of internal metrics: z, raw or pca
    z: Float[np.ndarray, "s n k"]
    probability: Float[np.ndarray, "s n c"] | None = None  # a model's own p(c | x)


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
            yield Clustering(latents.model, latents.space, name, k, seed, *labels, z=z)


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


def scores(clustering: Clustering, truth: Sequence[Truth]) -> Iterator[dict]:
    """Every score as the columns of a row of scores.csv; internal ones first."""
    names = ("model", "clusterer", "k", "seed")
    about = {name: getattr(clustering, name) for name in names}
    found = metrics.internal(clustering.z, clustering.cluster)
    for metric, value in found.items():
        space = {"space": clustering.space, "label": ""}
        yield about | space | {"metric": metric, "value": value}
    for column, known, values, shuffles in truth:
        found = metrics.external(clustering.cluster[known], values, shuffles)
        for metric, value in found.items():
            space = {"space": "", "label": column}
            yield about | space | {"metric": metric, "value": value}
