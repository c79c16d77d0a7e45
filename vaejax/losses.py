"""Reconstruction terms: -log p(x | z) in nats, summed over features, mean over rows.

A mean over features instead of a sum would multiply the weight of the KL term by the
number of features and empty the latent space.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from vaejax.core import Batch
from vaejax.gaussian import LOG_2PI


def gaussian(
    x: Float[Array, "b *d"], x_hat: Float[Array, "b *d"], mask: Float[Array, "b *#d"]
) -> Float[Array, ""]:
    """Gaussian with one noise variance for all features, at its optimum.

    The optimum is the mean squared error of the batch, so beta = 1 is the evidence
    lower bound at any input size (sigma-VAE: Rybkin et al. 2021, arXiv:2006.13202,
    eq. 8). The variance is kept above 1e-4, a hundredth of a standard deviation of
    standardised data. Where the mask is 0 a feature does not exist.
    """
    mask = jnp.broadcast_to(mask, x.shape)
    n_features = jnp.maximum(jnp.sum(mask), 1.0)
    error = jnp.sum(mask * (x - x_hat) ** 2) / n_features
    variance = jnp.maximum(error, 1e-4)
    nats = LOG_2PI + jnp.log(variance) + error / variance
    return 0.5 * n_features / len(x) * nats


def unit_gaussian(
    x: Float[Array, "b *d"], x_hat: Float[Array, "b *d"], mask: Float[Array, "b *#d"]
) -> Float[Array, ""]:
    """Gaussian with variance 1, as a plain squared error has it; for comparison."""
    error = jnp.broadcast_to(mask, x.shape) * ((x - x_hat) ** 2 + LOG_2PI)
    return 0.5 * jnp.sum(error) / len(x)


def bernoulli(
    x: Float[Array, "b *d"], x_hat: Float[Array, "b *d"], mask: Float[Array, "b *#d"]
) -> Float[Array, ""]:
    """Bernoulli with logits `x_hat`; x is in [0, 1]; the mask as in `gaussian`."""
    terms = jax.nn.softplus(x_hat) - x * x_hat
    return jnp.sum(jnp.broadcast_to(mask, x.shape) * terms) / len(x)


def mask_of(batch: Batch, name: str) -> Float[Array, "b *d"]:
    """The mask of a modality, over frames; ones where it has none."""
    x = batch[name]
    if f"{name}_mask" in batch:
        return batch[f"{name}_mask"][..., None]
    return jnp.ones((len(x),) + (1,) * (x.ndim - 1))


LIKELIHOODS: dict[str, Callable] = {
    f.__name__: f for f in (gaussian, unit_gaussian, bernoulli)
}
OUTPUTS: dict[str, Callable] = {
    "gaussian": lambda x: x,
    "unit_gaussian": lambda x: x,
    "bernoulli": jax.nn.sigmoid,
}
