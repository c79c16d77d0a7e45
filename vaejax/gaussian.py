"""Diagonal Gaussians, in nats, summed over the last axis.

Everything is float32 and in log space; distances are written (z - m)^2, never
|z|^2 - 2 z.m + |m|^2, which TF32 matrix products get wrong.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

LOG_2PI = math.log(2.0 * math.pi)


def sample(
    key: Key[Array, ""], mean: Float[Array, "*b k"], log_var: Float[Array, "*b k"]
) -> Float[Array, "*b k"]:
    """One draw from N(mean, exp log_var) by reparameterisation."""
    noise = jax.random.normal(key, mean.shape, mean.dtype)
    return mean + jnp.exp(0.5 * log_var) * noise


def log_prob(
    z: Float[Array, "*#b k"],
    mean: Float[Array, "*#b k"],
    log_var: Float[Array, "*#b k"],
) -> Float[Array, "*b"]:
    """The log-density log N(z; mean, exp log_var)."""
    distance = (z - mean) ** 2 * jnp.exp(-log_var)
    return -0.5 * jnp.sum(LOG_2PI + log_var + distance, axis=-1)


def kl(
    mean: Float[Array, "*#b k"],
    log_var: Float[Array, "*#b k"],
    other_mean: Float[Array, "*#b k"],
    other_log_var: Float[Array, "*#b k"],
) -> Float[Array, "*b"]:
    """KL(N(mean, exp log_var) || N(other_mean, exp other_log_var))."""
    log_ratio = log_var - other_log_var
    distance = (mean - other_mean) ** 2 * jnp.exp(-other_log_var)
    return 0.5 * jnp.sum(jnp.exp(log_ratio) + distance - 1.0 - log_ratio, axis=-1)


def product(
    mean: Float[Array, "m b k"],
    log_var: Float[Array, "m b k"],
    present: Float[Array, "m b 1"],
) -> tuple[Float[Array, "b k"], Float[Array, "b k"]]:
    """Mean and log-variance of N(0, I) times the m Gaussians, normalised.

    `present` is the power of each: 0 leaves it out. Precisions add up, and means weigh
    by them (Wu & Goodman 2018, arXiv:1802.05335, sec. 2.2).
    """
    precision = present * jnp.exp(-log_var)
    total = 1.0 + jnp.sum(precision, axis=0)
    return jnp.sum(precision * mean, axis=0) / total, -jnp.log(total)


def mixture_moments(
    mean: Float[Array, "m b k"],
    log_var: Float[Array, "m b k"],
    share: Float[Array, "m b 1"],
) -> tuple[Float[Array, "b k"], Float[Array, "b k"]]:
    """Mean and log-variance of a mixture of m Gaussians whose shares add up to 1."""
    centre = jnp.sum(share * mean, axis=0)
    spread = jnp.exp(log_var) + (mean - centre[None]) ** 2
    return centre, jnp.log(jnp.sum(share * spread, axis=0))


def kl_to_standard(
    mean: Float[Array, "*b k"], log_var: Float[Array, "*b k"]
) -> Float[Array, "*b k"]:
    """KL(N(mean, exp log_var) || N(0, 1)) per dimension.

    Kingma & Welling 2014, arXiv:1312.6114, appendix B.
    """
    return 0.5 * (jnp.exp(log_var) + mean**2 - 1.0 - log_var)


def kl_to_aggregate(
    mean: Float[Array, "b k"], log_var: Float[Array, "b k"]
) -> Float[Array, " k"]:
    """KL per dimension, mean over rows, to the Gaussian with the moments of all rows.

    What a dimension says of a row, whatever the prior: 0 where it is the same for all.
    """
    variance = jnp.mean(jnp.exp(log_var), axis=0) + jnp.var(mean, axis=0)
    return 0.5 * (jnp.log(variance) - jnp.mean(log_var, axis=0))


def kl_decomposed(
    z: Float[Array, "b k"],
    mean: Float[Array, "b k"],
    log_var: Float[Array, "b k"],
    *,
    n_rows: int,
) -> tuple[Float[Array, ""], Float[Array, ""], Float[Array, ""]]:
    """The KL to N(0, I) in three parts, estimated from a batch.

    I(x; z) + KL(q(z) || prod_j q(z_j)) + sum_j KL(q(z_j) || N(0, 1)), in which q(z) is
    the mean of q(z | x) over all rows, by minibatch-stratified sampling. Chen et al.
    2018, arXiv:1802.04942, eq. 2 and appendix C.

    Args:
      z: a draw from N(mean, exp log_var).
      mean, log_var: of q(z | x) of the batch's rows, each another one.
      n_rows: of the collection that the batch is drawn from; fewer than the batch has
        count as these.

    Returns:
      Mutual information, total correlation and dimension-wise KL, in nats.
    """
    log_weight = stratified_log_weights(len(z), max(n_rows, len(z)))
    distance = (z[:, None] - mean[None]) ** 2 * jnp.exp(-log_var)[None]
    log_q = -0.5 * (LOG_2PI + log_var[None] + distance)  # [b, b, k]: row i under j's q
    joint = jax.nn.logsumexp(log_weight + jnp.sum(log_q, axis=-1), axis=1)
    each = jax.nn.logsumexp(log_weight[..., None] + log_q, axis=1)
    product = jnp.sum(each, axis=-1)
    own = log_prob(z, mean, log_var)
    prior = log_prob(z, jnp.zeros_like(z), jnp.zeros_like(z))
    return jnp.mean(own - joint), jnp.mean(joint - product), jnp.mean(product - prior)


def stratified_log_weights(batch: int, n_rows: int) -> Float[np.ndarray, "b b"]:
    """How much row j of a batch counts in q(z_i), as logarithms.

    The row itself is one of n_rows; one other stands for all the rows that the batch
    lacks, and the rest for themselves. Chen et al. 2018, appendix C, eq. S2.
    """
    others = max(batch - 1, 1)
    weight = np.full((batch, batch), 1 / others)
    i = np.arange(batch)
    weight[i, (i + 1) % batch] = (n_rows - others) / (n_rows * others)
    weight[i, i] = 1 / n_rows
    return np.log(weight).astype(np.float32)
