"""Diagonal Gaussians and mixtures of them, in nats, summed over the last axis.

Everything is float32 and in log space; distances are written (z - m)^2, never
|z|^2 - 2 z.m + |m|^2, which TF32 matrix products get wrong.
"""

import math

import jax
import jax.numpy as jnp
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


def kl_to_standard(
    mean: Float[Array, "*b k"], log_var: Float[Array, "*b k"]
) -> Float[Array, "*b k"]:
    """KL(N(mean, exp log_var) || N(0, 1)) per dimension.

    Kingma & Welling 2014, arXiv:1312.6114, appendix B.
    """
    return 0.5 * (jnp.exp(log_var) + mean**2 - 1.0 - log_var)


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
    mean: Float[Array, "b k"],
    log_var: Float[Array, "b k"],
    logits: Float[Array, " c"],
    mixture_mean: Float[Array, "c k"],
    mixture_log_var: Float[Array, "c k"],
) -> Float[Array, " b"]:
    """KL(q(z|x) q(c|x) || p(z|c) p(c)) at the q(c|x) that minimises it.

    That is q(c|x) = softmax_c(log pi_c - KL(q(z|x) || p(z|c))), for which the bound of
    VaDE (Jiang et al. 2017, arXiv:1611.05148, eq. 9) has this closed form, without
    sampling and never above the value for any other q(c|x).
    """
    divergence = kl(
        mean[:, None], log_var[:, None], mixture_mean[None], mixture_log_var[None]
    )
    log_weight = jax.nn.log_softmax(logits)
    return -jax.nn.logsumexp(log_weight[None] - divergence, axis=-1)
