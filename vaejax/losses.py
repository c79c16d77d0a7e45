"""Reconstruction terms: -log p(x | z) in nats, summed over features, mean over rows.

A mean over features instead of a sum would multiply the weight of the KL term by the
number of features and empty the latent space.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from vaejax.gaussian import LOG_2PI


def gaussian(x: Float[Array, "b *d"], x_hat: Float[Array, "b *d"]) -> Float[Array, ""]:
    """Gaussian with one noise variance for all features, at its optimum.

    The optimum is the mean squared error of the batch, so beta = 1 is the evidence
    lower bound at any input size (sigma-VAE: Rybkin et al. 2021, arXiv:2006.13202,
    eq. 8). The variance is kept above 1e-4, a hundredth of a standard deviation of
    standardised data.
    """
    n_features = x[0].size
    error = jnp.mean((x - x_hat) ** 2)
    variance = jnp.maximum(error, 1e-4)
    return 0.5 * n_features * (LOG_2PI + jnp.log(variance) + error / variance)


def bernoulli(x: Float[Array, "b *d"], x_hat: Float[Array, "b *d"]) -> Float[Array, ""]:
    """Bernoulli with logits `x_hat`; x is in [0, 1]."""
    terms = jax.nn.softplus(x_hat) - x * x_hat
    return jnp.mean(jnp.sum(terms.reshape(len(x), -1), axis=-1))


LIKELIHOODS: dict[str, Callable] = {f.__name__: f for f in (gaussian, bernoulli)}
OUTPUTS: dict[str, Callable] = {"gaussian": lambda x: x, "bernoulli": jax.nn.sigmoid}
