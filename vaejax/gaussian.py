"""Diagonal Gaussians and mixtures of them, in nats, summed over the last axis.

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


def kl_per_dim(
    mean: Float[Array, "*#b k"],
    log_var: Float[Array, "*#b k"],
    other_mean: Float[Array, "*#b k"],
    other_log_var: Float[Array, "*#b k"],
) -> Float[Array, "*b k"]:
    """KL(N(mean, exp log_var) || N(other_mean, exp other_log_var)) per dimension."""
    log_ratio = log_var - other_log_var
    distance = (mean - other_mean) ** 2 * jnp.exp(-other_log_var)
    return 0.5 * (jnp.exp(log_ratio) + distance - 1.0 - log_ratio)


def kl_to_standard(
    mean: Float[Array, "*b k"], log_var: Float[Array, "*b k"]
) -> Float[Array, "*b k"]:
    """KL(N(mean, exp log_var) || N(0, 1)) per dimension.

    Kingma & Welling 2014, arXiv:1312.6114, appendix B.
    """
    return 0.5 * (jnp.exp(log_var) + mean**2 - 1.0 - log_var)


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


def mixture_log_joint(
    z: Float[Array, "b k"],
    logits: Float[Array, " c"],
    mean: Float[Array, "c k"],
    log_var: Float[Array, "c k"],
) -> Float[Array, "b c"]:
    """The joint log-density log p(z, c) = log pi_c + log N(z; mean_c, exp log_var_c).

    `logits` are log-weights up to a constant. The weight is added once, outside the
    sum over dimensions.
    """
    log_weight = jax.nn.log_softmax(logits)
    return log_weight[None] + log_prob(z[:, None], mean[None], log_var[None])


def kl_to_mixture(
    mean_q: Float[Array, "b k"],
    log_var_q: Float[Array, "b k"],
    logits: Float[Array, " c"],
    mean: Float[Array, "c k"],
    log_var: Float[Array, "c k"],
) -> tuple[Float[Array, " b"], Float[Array, "b k"], Float[Array, "b c"]]:
    """KL(q(z|x) q(c|x) || p(z|c) p(c)) at the q(c|x) that minimises it.

    That is q(c|x) = softmax_c(log pi_c - KL(q(z|x) || p(z|c))), for which the bound of
    VaDE (Jiang et al. 2017, arXiv:1611.05148, eq. 9) has this closed form, without
    sampling and never above the value for any other q(c|x).

    Returns:
      The KL; E_q(c|x) KL(q(z_k|x) || p(z_k|c)) of every dimension, whose sum lacks
      KL(q(c|x) || p(c)); and q(c|x).
    """
    divergence = kl_per_dim(
        mean_q[:, None], log_var_q[:, None], mean[None], log_var[None]
    )
    log_weight = jax.nn.log_softmax(logits)
    joint = log_weight[None] - jnp.sum(divergence, axis=-1)
    assigned = jax.nn.softmax(joint, axis=-1)
    per_dim = jnp.einsum("bc,bck->bk", assigned, divergence)
    return -jax.nn.logsumexp(joint, axis=-1), per_dim, assigned
