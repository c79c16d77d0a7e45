"""Latents -> clusters, for every model, seed, clusterer and k of a run."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from threadpoolctl import threadpool_limits

from vaejax.cluster import CLUSTERERS, FIXED, Labels, consensus
from vaejax.core import Dataset

CLASSES = "classes"  # among numbers of clusters: as many as each label has classes
SUNG = ("lyrics_language",)  # as good as a label
CONSENSUS_OF = ("kmeans", "own")  # clusterers whose seeds are asked what they agree on


class Latents(NamedTuple):
    """What one model makes of the collection, seed by seed."""

    model: str
    space: str  # names the space of internal metrics: z, raw or pca
    z: Float[np.ndarray, "s n k"]
    probability: Float[np.ndarray, "s n c"] | None = None  # a model's own p(c | x)
    told: tuple[str, ...] = ()  # label columns that the model was told
    terms: dict[str, np.ndarray] = {}  # of the loss, [s] or [s, k], on held-out rows

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that have a result; the codes of others are NaN."""
        return tuple(i for i, z in enumerate(self.z) if np.isfinite(z).all())


class Clustering(NamedTuple):
    """One clustering of the collection and where it comes from.

    A consensus of all seeds has no seed, and no space of its own.
    """

    model: str
    space: str
    clusterer: str
    k: int | None  # None where the clusterer chooses
    seed: int | None
    cluster: Int[np.ndarray, " n"]
    probability: Float[np.ndarray, " n"] | None = None
    bic: float | None = None
    z: Float[np.ndarray, "n k"] | None = None
    told: tuple[str, ...] = ()


def is_told(told: Collection[str], labels: Collection[str]) -> bool:
    """Whether a model was told one of the labels that are scored.

    Then it is out of competition for all of them: a language tells much of a genre.
    """
    return not {*labels, *SUNG}.isdisjoint(told)


def raw(dataset: Dataset, *, n_seeds: int, pca_dim: int) -> Latents:
    """The standardised features themselves, the same for every seed."""
    del pca_dim
    return Latents("raw", "raw", _of_every_seed(dataset.raw, n_seeds))


def pca(dataset: Dataset, *, n_seeds: int, pca_dim: int) -> Latents:
    """The first principal components, the same for every seed."""
    from sklearn.decomposition import PCA

    dim = min(pca_dim, *dataset.raw.shape)
    z = PCA(dim, svd_solver="full").fit_transform(dataset.raw).astype(np.float32)
    return Latents("pca", "pca", _of_every_seed(z, n_seeds))


def _of_every_seed(z: np.ndarray, n_seeds: int) -> Float[np.ndarray, "s n k"]:
    return np.broadcast_to(z, (n_seeds, *z.shape))  # one copy in memory


BASELINES = {f.__name__: f for f in (raw, pca)}


def clusterings(
    latents: Latents, *, names: Sequence[str], ks: Sequence[int]
) -> Iterator[Clustering]:
    """Every clusterer of `names` at every k, and the model's own assignment.

    What the seeds of CONSENSUS_OF agree on comes last.
    """
    found = []
    for seed in latents.seeds:
        z = latents.z[seed]
        with threadpool_limits(1):  # threads that share a core wait for each other
            of_seed = list(_of_seed(latents, seed, names, ks))
        for name, k, labels in of_seed:
            where = (latents.model, latents.space, name, k, seed)
            found.append(Clustering(*where, *labels, z=z, told=latents.told))
            yield found[-1]
    if len(latents.seeds) > 1:
        yield from _consensuses(found)


def _of_seed(
    latents: Latents, seed: int, names: Sequence[str], ks: Sequence[int]
) -> Iterator[tuple[str, int | None, Labels]]:
    z = np.ascontiguousarray(latents.z[seed])
    for name in names:
        asked = (None,) if name in FIXED else ks
        found = CLUSTERERS[name](z, ks=asked, seed=seed)
        for k, labels in zip(asked, found, strict=True):
            yield name, k, labels
    if latents.probability is not None:
        p = latents.probability[seed]
        yield "own", p.shape[1], Labels(p.argmax(axis=1), p.max(axis=1))


def _consensuses(found: Sequence[Clustering]) -> Iterator[Clustering]:
    groups: dict[tuple[str, int | None], list[Clustering]] = {}
    for one in found:
        groups.setdefault((one.clusterer, one.k), []).append(one)
    for (name, k), group in groups.items():
        if name in CONSENSUS_OF:
            with threadpool_limits(1):
                of_seeds = np.stack([one.cluster for one in group])
                agreed = consensus(of_seeds, n_clusters=k)
            first = group[0]
            where = (first.model, "", f"consensus_{name}", k, None)
            yield Clustering(*where, agreed, told=first.told)
