"""Clusterers: (z [n, k], ks, seed) -> Labels for each number of clusters in `ks`.

Those of FIXED choose the number themselves: they give one clustering, and -1 is noise
in it. scikit-learn does the work over a NumPy bridge. Methods that look at all pairs of
rows are fitted to a sample of a large collection (`MOST_PAIRED`); the other rows go
with the nearest one of it. `rows_seen` says which methods saw how many.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from vaejax import project
from vaejax.project import neighbour_map, some_rows

MOST_FITTED = 20_000  # rows that a mixture and the starts of k-means are learnt from
MOST_PAIRED = 10_000  # rows that methods see whose cost is quadratic in them
STARTS = 10


class Labels(NamedTuple):
    """A clustering and, where the method has them, what it says of its own fit."""

    cluster: Int[np.ndarray, " n"]
    probability: Float[np.ndarray, " n"] | None = None  # of each label
    bic: float | None = None  # of a mixture, on what it was fitted to


Clusterer = Callable[..., list[Labels]]


def kmeans(z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int) -> Labels:
    """K-means, the best of ten starts by inertia.

    Above 20,000 rows the starts are tried on as many, and the best goes on with all.
    """
    from sklearn.cluster import KMeans

    many = len(z) > MOST_FITTED
    seen = z[some_rows(len(z), MOST_FITTED, seed=seed)] if many else z
    fitted = KMeans(n_clusters, n_init=STARTS, random_state=seed).fit(seen)
    if many:
        fitted = KMeans(n_clusters, init=fitted.cluster_centers_, n_init=1).fit(z)
    return Labels(fitted.labels_)


def ward(z: Float[np.ndarray, "n k"], *, ks: Sequence[int], seed: int) -> list[Labels]:
    """Agglomerative clustering by Ward's criterion; deterministic.

    One tree is cut at every k.
    """
    from scipy.cluster import hierarchy

    del seed
    tree = hierarchy.ward(z.astype(np.float64))
    return [Labels(cut) for cut in hierarchy.cut_tree(tree, list(ks)).T]


def spectral(z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int) -> Labels:
    """Spectral clustering of the graph of ten nearest neighbours.

    Source: von Luxburg 2007, "A tutorial on spectral clustering".
    """
    import warnings

    from sklearn.cluster import SpectralClustering

    model = SpectralClustering(
        n_clusters,
        affinity="nearest_neighbors",
        n_neighbors=min(10, len(z)),
        random_state=seed,
    )
    with warnings.catch_warnings():  # islands are clusters: that is what is looked for
        warnings.filterwarnings("ignore", "Graph is not fully connected")
        return Labels(model.fit_predict(z.astype(np.float64)))


def gmm(z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int) -> Labels:
    """Gaussian mixture with diagonal covariances."""
    return _likeliest(z, "diag", n_clusters=n_clusters, seed=seed)


def n2d(z: Float[np.ndarray, "n k"], *, ks: Sequence[int], seed: int) -> list[Labels]:
    """Gaussian mixture with full covariances on a map that keeps neighbours together.

    Source: McConville et al. 2020, arXiv:1908.05968, there on an autoencoder's codes.
    """
    mapped = neighbour_map(z, n_dimensions=10, seed=seed)
    found = [_likeliest(mapped, "full", n_clusters=k, seed=seed) for k in ks]
    return [labels._replace(bic=None) for labels in found]  # of another space than z


def neighbour_responsibilities(
    z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int
) -> Float[np.ndarray, "n c"]:
    """p(c | x) of `n2d`; UMAP in ten dimensions draws the map.

    Clusters are seldom ellipsoids in z; on the map, many more are.
    """
    mapped = neighbour_map(z, n_dimensions=10, seed=seed)
    return responsibilities(mapped, "full", n_clusters=n_clusters, seed=seed)


def responsibilities(
    x: Float[np.ndarray, "n d"], covariance: str, *, n_clusters: int, seed: int
) -> Float[np.ndarray, "n c"]:
    """p(c | x) of a Gaussian mixture, the likeliest of ten starts.

    It is fitted to 20,000 rows, drawn by the seed, where there are more. Variances are
    kept above a ten-thousandth of the mean variance of x: more would blur the tight
    islands of a map into one another.
    """
    return _mixture(x, covariance, n_clusters=n_clusters, seed=seed)[0]


def _mixture(
    x: Float[np.ndarray, "n d"], covariance: str, *, n_clusters: int, seed: int
) -> tuple[Float[np.ndarray, "n c"], float]:
    """p(c | x), and the Bayesian information criterion on the rows it was fitted to."""
    from sklearn.mixture import GaussianMixture

    x = x.astype(np.float64)
    many = len(x) > MOST_FITTED
    seen = x[some_rows(len(x), MOST_FITTED, seed=seed)] if many else x
    fitted = GaussianMixture(
        n_clusters,
        covariance_type=covariance,
        n_init=STARTS,
        max_iter=300,
        reg_covar=1e-4 * max(x.var(axis=0).mean(), 1e-12),
        random_state=seed,
    ).fit(seen)
    return fitted.predict_proba(x), float(fitted.bic(seen))


def _likeliest(
    x: Float[np.ndarray, "n d"], covariance: str, *, n_clusters: int, seed: int
) -> Labels:
    p, bic = _mixture(x, covariance, n_clusters=n_clusters, seed=seed)
    return Labels(p.argmax(axis=1), p.max(axis=1), bic)


def dbscan(z: Float[np.ndarray, "n k"], *, n_clusters: int | None, seed: int) -> Labels:
    """DBSCAN with its radius at the knee of the curve of distances to neighbours.

    The curve holds each point's distance to its 5th nearest other, sorted; the knee is
    the point furthest below the chord between its ends (Satopaa et al. 2011). The
    number of clusters is DBSCAN's own.
    """
    from sklearn.cluster import DBSCAN

    del n_clusters, seed
    neighbours = min(5, len(z) - 1)
    radius = knee(neighbour_distances(z, neighbours))
    labels = DBSCAN(eps=max(radius, 1e-12), min_samples=neighbours + 1).fit_predict(z)
    return Labels(labels)


def hdbscan(
    z: Float[np.ndarray, "n k"], *, n_clusters: int | None, seed: int
) -> Labels:
    """HDBSCAN; a cluster has at least one row in fifty, and five.

    Source: Campello et al. 2013, "Density-based clustering based on hierarchical
    density estimates". The number of clusters is its own; the probability is how firmly
    a row belongs to its cluster.
    """
    from sklearn.cluster import HDBSCAN

    del n_clusters, seed
    smallest = min(max(5, len(z) // 50), len(z))
    # Trees do not help in many dimensions: all distances are four times as fast there.
    model = HDBSCAN(smallest, algorithm="brute", copy=True)
    fitted = model.fit(z.astype(np.float64))
    return Labels(fitted.labels_, fitted.probabilities_)


def neighbour_distances(z: Float[np.ndarray, "n k"], neighbours: int) -> np.ndarray:
    """Each point's distance to its nth nearest other point, ascending."""
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=neighbours).fit(z).kneighbors()
    return np.sort(found[0][:, -1])


def knee(curve: Float[np.ndarray, " n"]) -> float:
    """The value of an ascending curve where it is furthest below its chord."""
    chord = np.linspace(curve[0], curve[-1], len(curve))
    return float(curve[np.argmax(chord - curve)])


def consensus(
    clusterings: Int[np.ndarray, "s n"], *, n_clusters: int
) -> Int[np.ndarray, " n"]:
    """The partition that agrees best with several: k-means on which cluster each names.

    Every clustering becomes one indicator a cluster; the squared distance of two rows
    is twice the number of clusterings that part them. Its cost is linear in the rows.
    Source: Wu et al. 2015, "K-means-based consensus clustering", IEEE TKDE 27.
    """
    from sklearn.cluster import KMeans

    named = [c[:, None] == np.unique(c)[None] for c in clusterings]
    x = np.hstack(named).astype(np.float32)
    return KMeans(n_clusters, n_init=STARTS, random_state=0).fit_predict(x)


def each_k(cluster: Callable[..., Labels]) -> Clusterer:
    """A clusterer of one number of clusters as one of several."""

    def clustered(z, *, ks, seed):
        return [cluster(z, n_clusters=k, seed=seed) for k in ks]

    return clustered


def from_some(cluster: Clusterer) -> Clusterer:
    """The same up to MOST_PAIRED rows; of more it sees some, the rest follows."""

    def clustered(z, *, ks, seed):
        if len(z) <= MOST_PAIRED:
            return cluster(z, ks=ks, seed=seed)
        rows = some_rows(len(z), MOST_PAIRED, seed=seed)
        nearest = project.nearest(z[rows], z, 1)[:, 0]
        return [_of_all(one, nearest) for one in cluster(z[rows], ks=ks, seed=seed)]

    return clustered


def _of_all(some: Labels, nearest: Int[np.ndarray, " n"]) -> Labels:
    """Gives every row the label of the one that is nearest of those that have one."""
    own = some.probability
    return Labels(some.cluster[nearest], own if own is None else own[nearest])


def rows_seen(clusterer: str, n: int) -> int:
    """How many of n rows it learns from; the other rows follow these."""
    most = dict.fromkeys(PAIRED, MOST_PAIRED)
    most |= {"gmm": MOST_FITTED, "n2d": project.MOST_MAPPED}
    return min(n, most.get(clusterer, n))


CLUSTERERS: dict[str, Clusterer] = {
    "kmeans": each_k(kmeans),
    "ward": from_some(ward),
    "dbscan": from_some(each_k(dbscan)),
    "hdbscan": from_some(each_k(hdbscan)),
    "spectral": from_some(each_k(spectral)),
    "gmm": each_k(gmm),
    "n2d": n2d,
}
FIXED = {"dbscan", "hdbscan"}  # these choose the number of clusters themselves
PAIRED = {"ward", "dbscan", "hdbscan", "spectral"}  # seen by these: MOST_PAIRED rows
