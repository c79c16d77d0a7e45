"""Clusterers: (z [n, k], n_clusters, seed) -> Labels; -1 is noise.

scikit-learn does the work over a NumPy bridge.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from vaejax.project import neighbour_map, some_rows

MOST_FITTED = 20_000  # rows that a mixture is learnt from


class Labels(NamedTuple):
    """A clustering and, where the method has one, the probability of each label."""

    cluster: Int[np.ndarray, " n"]
    probability: Float[np.ndarray, " n"] | None = None


def kmeans(z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int) -> Labels:
    """K-means, the best of ten starts by inertia."""
    from sklearn.cluster import KMeans

    return Labels(KMeans(n_clusters, n_init=10, random_state=seed).fit_predict(z))


def ward(z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int) -> Labels:
    """Agglomerative clustering by Ward's criterion; deterministic."""
    from sklearn.cluster import AgglomerativeClustering

    del seed
    return Labels(AgglomerativeClustering(n_clusters, linkage="ward").fit_predict(z))


def gmm(z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int) -> Labels:
    """Gaussian mixture with diagonal covariances."""
    return _likeliest(responsibilities(z, "diag", n_clusters=n_clusters, seed=seed))


def n2d(z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int) -> Labels:
    """Gaussian mixture with full covariances on a map that keeps neighbours together.

    Source: McConville et al. 2020, arXiv:1908.05968, there on an autoencoder's codes.
    """
    return _likeliest(neighbour_responsibilities(z, n_clusters=n_clusters, seed=seed))


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
    from sklearn.mixture import GaussianMixture

    x = x.astype(np.float64)
    many = len(x) > MOST_FITTED
    seen = x[some_rows(len(x), MOST_FITTED, seed=seed)] if many else x
    fitted = GaussianMixture(
        n_clusters,
        covariance_type=covariance,
        n_init=10,
        max_iter=300,
        reg_covar=1e-4 * max(x.var(axis=0).mean(), 1e-12),
        random_state=seed,
    ).fit(seen)
    return fitted.predict_proba(x)


def _likeliest(responsibility: Float[np.ndarray, "n c"]) -> Labels:
    return Labels(responsibility.argmax(axis=1), responsibility.max(axis=1))


def dbscan(z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int) -> Labels:
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


def neighbour_distances(z: Float[np.ndarray, "n k"], neighbours: int) -> np.ndarray:
    """Each point's distance to its nth nearest other point, ascending."""
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=neighbours).fit(z).kneighbors()
    return np.sort(found[0][:, -1])


def knee(curve: Float[np.ndarray, " n"]) -> float:
    """The value of an ascending curve where it is furthest below its chord."""
    chord = np.linspace(curve[0], curve[-1], len(curve))
    return float(curve[np.argmax(chord - curve)])


CLUSTERERS = {f.__name__: f for f in (kmeans, ward, dbscan, gmm, n2d)}
FIXED = {"dbscan"}  # these choose the number of clusters themselves
