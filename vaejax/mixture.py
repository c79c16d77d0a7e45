"""VaDE's mixture of Gaussians: how its components are shaped, and where it starts.

A mixture is {"logits": log-weights [c], "mean": [c, k], "log_var": [c, k]}, float32.
Full covariances add {"shear": [c, k, k]}, whose strictly lower triangle N counts:
under component c the k coordinates (I + N_c)(z - mean_c) are independent, of variance
exp log_var_c. Each latent dimension is so regressed on those before it (a Cholesky
factor of the precision with its diagonal taken out); volumes stay what they are, and
N = 0 is the diagonal mixture. All in nats and in log space.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from vaejax import cluster, gaussian

Mixture = dict[str, Float[Array, "..."]]


def log_joint(
    log_prob: Float[Array, "b c"], logits: Float[Array, " c"]
) -> Float[Array, "b c"]:
    """The joint log-density log p(z, c) = log pi_c + log p(z | c).

    `logits` are log-weights up to a constant. The weight is added once, outside the sum
    over dimensions.
    """
    return jax.nn.log_softmax(logits)[None] + log_prob


def kl_to_mixture(
    kl: Float[Array, "b c"], logits: Float[Array, " c"]
) -> Float[Array, " b"]:
    """KL(q(z|x) q(c|x) || p(z|c) p(c)) at the q(c|x) that minimises it.

    That is q(c|x) = softmax_c(log pi_c - KL(q(z|x) || p(z|c))), for which the bound of
    VaDE (Jiang et al. 2017, arXiv:1611.05148, eq. 9) has this closed form, without
    sampling and never above the value for any other q(c|x).

    Args:
      kl: KL(q(z|x) || p(z|c)) to every component.
      logits: log-weights up to a constant.
    """
    return -jax.nn.logsumexp(log_joint(-kl, logits), axis=-1)


def diagonal_init(key: Key[Array, ""], n_clusters: int, latent_dim: int) -> Mixture:
    """Components of unit variance near the origin."""
    return {
        "logits": jnp.zeros(n_clusters),
        "mean": 0.1 * jax.random.normal(key, (n_clusters, latent_dim)),
        "log_var": jnp.zeros((n_clusters, latent_dim)),
    }


def full_init(key: Key[Array, ""], n_clusters: int, latent_dim: int) -> Mixture:
    """As `diagonal_init`, without correlations."""
    shear = jnp.zeros((n_clusters, latent_dim, latent_dim))
    return diagonal_init(key, n_clusters, latent_dim) | {"shear": shear}


def diagonal_log_prob(mixture: Mixture, z: Float[Array, "b k"]) -> Float[Array, "b c"]:
    """The log-density of every component."""
    return gaussian.log_prob(
        z[:, None], mixture["mean"][None], mixture["log_var"][None]
    )


def diagonal_kl(
    mixture: Mixture, mean: Float[Array, "b k"], log_var: Float[Array, "b k"]
) -> Float[Array, "b c"]:
    """KL(N(mean, exp log_var) || p(z | c)) to every component."""
    return gaussian.kl(
        mean[:, None], log_var[:, None], mixture["mean"][None], mixture["log_var"][None]
    )


def full_log_prob(mixture: Mixture, z: Float[Array, "b k"]) -> Float[Array, "b c"]:
    """The log-density of every component."""
    u = _sheared(mixture, z)
    return gaussian.log_prob(u, jnp.zeros_like(u), mixture["log_var"][None])


def full_kl(
    mixture: Mixture, mean: Float[Array, "b k"], log_var: Float[Array, "b k"]
) -> Float[Array, "b c"]:
    """KL(N(mean, exp log_var) || p(z | c)) to every component.

    The shear correlates the dimensions of q(z|x); beside the KL between diagonals
    stands what that takes from its volume (Hadamard's inequality).
    """
    u = _sheared(mixture, mean)
    root = jnp.square(_unit_lower(mixture["shear"]))
    u_log_var = jnp.log(jnp.einsum("cij,bj->bci", root, jnp.exp(log_var)))
    between = gaussian.kl(u, u_log_var, jnp.zeros_like(u), mixture["log_var"][None])
    return between + 0.5 * jnp.sum(u_log_var - log_var[:, None], axis=-1)


def _sheared(mixture: Mixture, z: Float[Array, "b k"]) -> Float[Array, "b c k"]:
    """(I + N_c)(z - mean_c)."""
    offset = z[:, None] - mixture["mean"][None]
    return jnp.einsum("cij,bcj->bci", _unit_lower(mixture["shear"]), offset)


def _unit_lower(shear: Float[Array, "c k k"]) -> Float[Array, "c k k"]:
    return jnp.tril(shear, -1) + jnp.eye(shear.shape[-1])[None]


def diagonal_sample(
    mixture: Mixture, key: Key[Array, ""], component: Int[Array, " b"]
) -> Float[Array, "b k"]:
    """One draw from p(z | c) for each c in `component`."""
    mean, log_var = mixture["mean"][component], mixture["log_var"][component]
    return gaussian.sample(key, mean, log_var)


def full_sample(
    mixture: Mixture, key: Key[Array, ""], component: Int[Array, " b"]
) -> Float[Array, "b k"]:
    """One draw from p(z | c) for each c in `component`."""
    log_var = mixture["log_var"][component]
    u = gaussian.sample(key, jnp.zeros_like(log_var), log_var)
    root = _unit_lower(mixture["shear"])[component]
    offset = jax.scipy.linalg.solve_triangular(
        root, u[..., None], lower=True, unit_diagonal=True
    )
    return mixture["mean"][component] + offset[..., 0]


def diagonal_moments(
    z: Float[np.ndarray, "n k"], responsibility: Float[np.ndarray, "n c"]
) -> Mixture:
    """The diagonal mixture that maximises the likelihood at these responsibilities.

    A thousandth of the mean variance of z is added to each variance, so that a
    component of few rows does not shrink to a point.
    """
    size = responsibility.sum(axis=0) + 1e-6
    mean = responsibility.T @ z / size[:, None]
    square = responsibility.T @ z**2 / size[:, None]
    variance = np.maximum(square - mean**2, 0.0) + _floor(z)
    return _mixture(
        logits=np.log(size / size.sum()), mean=mean, log_var=np.log(variance)
    )


def full_moments(
    z: Float[np.ndarray, "n k"], responsibility: Float[np.ndarray, "n c"]
) -> Mixture:
    """The mixture of full covariances at these responsibilities.

    As `diagonal_moments`, and the correlations shrink by n / (n + k), n being the
    component's rows: fewer rows than dimensions cannot tell them.
    """
    mixture = diagonal_moments(z, responsibility)
    size = responsibility.sum(axis=0) + 1e-6
    shears, log_vars = [], []
    for r, n, mean in zip(
        responsibility.T, size, np.asarray(mixture["mean"]), strict=True
    ):
        offset = z - mean
        covariance = (r[:, None] * offset).T @ offset / (n + z.shape[1])
        variance = (r @ offset**2) / n + _floor(z)
        np.fill_diagonal(covariance, variance)
        factor = np.linalg.cholesky(covariance)
        scale = np.diagonal(factor)
        shears.append(np.linalg.inv(factor / scale[None]) - np.eye(len(scale)))
        log_vars.append(2 * np.log(scale))
    return mixture | _mixture(shear=np.stack(shears), log_var=np.stack(log_vars))


def _floor(z: np.ndarray) -> float:
    return 1e-3 * max(float(z.var(axis=0).mean()), 1e-12)


def _mixture(**arrays: np.ndarray) -> Mixture:
    return jax.device_put({name: np.float32(array) for name, array in arrays.items()})


class Shape(NamedTuple):
    """What a mixture can do, for one family of covariances."""

    init: Callable  # (key, n_clusters, latent_dim) -> mixture
    log_prob: Callable  # (mixture, z [b, k]) -> log p(z | c) [b, c]
    kl: Callable  # (mixture, mean [b, k], log_var [b, k]) -> [b, c]
    sample: Callable  # (mixture, key, component [b]) -> z [b, k]
    moments: Callable  # (z [n, k], responsibility [n, c]) -> mixture, on the host


SHAPES = {
    "diagonal": Shape(
        diagonal_init, diagonal_log_prob, diagonal_kl, diagonal_sample, diagonal_moments
    ),
    "full": Shape(full_init, full_log_prob, full_kl, full_sample, full_moments),
}


def means(
    z: Float[np.ndarray, "n k"], *, n_clusters: int, seed: int
) -> Float[np.ndarray, "n c"]:
    """The responsibilities of a diagonal Gaussian mixture fitted to the means."""
    return cluster.responsibilities(z, "diag", n_clusters=n_clusters, seed=seed)


STARTS = {"means": means, "neighbours": cluster.neighbour_responsibilities}
