"""Starting points of VaDE's mixture: (z [n, k], n_clusters, seed) -> mixture.

A mixture is {"logits": log-weights [c], "mean": [c, k], "log_var": [c, k]}, float32.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def means(
    z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int
) -> dict[str, Float[Array, "..."]]:
    """A diagonal Gaussian mixture on the means, the likeliest of ten."""
    return moments(z, responsibilities(z, "diag", n_clusters=n_clusters, seed=seed))


def neighbours(
    z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int
) -> dict[str, Float[Array, "..."]]:
    """A Gaussian mixture on a map of the means that keeps neighbours together.

    The map is UMAP's in ten dimensions (N2D: McConville et al. 2020, arXiv:1908.05968).
    Clusters of songs are seldom ellipsoids in z; there, many more are.
    """
    from vaejax.project import neighbour_map

    mapped = neighbour_map(z, n_dimensions=10, seed=seed)
    r = responsibilities(mapped, "full", n_clusters=n_clusters, seed=seed)
    return moments(z, r)


def responsibilities(
    x: Float[np.ndarray, "n d"], covariance: str, *, n_clusters: int, seed: int
) -> Float[np.ndarray, "n c"]:
    """p(c | x) of the likeliest of ten Gaussian mixtures."""
    from sklearn.mixture import GaussianMixture

    fitted = GaussianMixture(
        n_clusters,
        covariance_type=covariance,
        n_init=10,
        reg_covar=1e-4 * max(float(x.var(axis=0).mean()), 1e-12),
        max_iter=300,
        random_state=seed,
    ).fit(x)
    return fitted.predict_proba(x)


def moments(
    z: Float[np.ndarray, "n k"], responsibility: Float[np.ndarray, "n c"]
) -> dict[str, Float[Array, "..."]]:
    """The diagonal mixture that maximises the likelihood at these responsibilities.

    Variances are kept above a thousandth of the mean variance of z, so that a component
    of few rows does not shrink to a point.
    """
    size = responsibility.sum(axis=0) + 1e-6
    mean = responsibility.T @ z / size[:, None]
    square = responsibility.T @ z**2 / size[:, None]
    floor = 1e-3 * max(float(z.var(axis=0).mean()), 1e-12)
    mixture = {
        "logits": np.log(size / size.sum()),
        "mean": mean,
        "log_var": np.log(np.maximum(square - mean**2, 0.0) + floor),
    }
    return {name: jnp.asarray(array, jnp.float32) for name, array in mixture.items()}


STARTS = {f.__name__: f for f in (means, neighbours)}
