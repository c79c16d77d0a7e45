"""Clusterers: (z [n, k], n_clusters, seed) -> Labels; -1 is noise.

scikit-learn does the work over a NumPy bridge.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


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
    """Gaussian mixture with diagonal covariances, the likeliest of three starts."""
    probability = mixture(z, n_clusters=n_clusters, seed=seed).predict_proba(z)
    return Labels(probability.argmax(axis=1), probability.max(axis=1))


def mixture(z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int):
    """The fitted `sklearn.mixture.GaussianMixture` of `gmm`.

    Variances are kept above a thousandth of the mean variance of z, whatever its scale.
    """
    from sklearn.mixture import GaussianMixture

    z = z.astype(np.float64)
    return GaussianMixture(
        n_clusters,
        covariance_type="diag",
        n_init=3,
        reg_covar=1e-3 * max(z.var(axis=0).mean(), 1e-12),
        random_state=seed,
    ).fit(z)


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


CLUSTERERS = {f.__name__: f for f in (kmeans, ward, dbscan, gmm)}
FIXED = {"dbscan"}  # these choose the number of clusters themselves
