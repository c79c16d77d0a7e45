"""Conditional VAE: encoder and decoder are told labels. Sohn et al. 2015.

What the labels say, the latent code need not: clusters are of the rest. Which columns
is `config.data.condition`; the scores of who was told a label are marked.
"""

import jax
import jax.numpy as jnp

from vaejax.core import Model
from vaejax.models import vae
from vaejax.networks import Networks


def make(
    nets: Networks,
    *,
    beta: float,
    warmup: float,
    free_bits: float,
    capacity: float,
    capacity_warmup: float,
    unknown: float,
) -> Model:
    """Builds the model.

    Args:
      unknown: share of the labels, in [0, 1), that are hidden in training, so that the
        model knows what to do where a label is not known.
      beta, warmup, free_bits, capacity, capacity_warmup: as in `models.vae`.
    """
    model = vae.make(
        nets,
        beta=beta,
        warmup=warmup,
        free_bits=free_bits,
        capacity=capacity,
        capacity_warmup=capacity_warmup,
    )

    def loss(variables, key, batch, progress, train=True):
        key_labels, key = jax.random.split(key)
        labels = batch["condition"]
        told = jax.random.bernoulli(key_labels, 1.0 - unknown, labels.shape)
        seen = jnp.where(told, labels, 0) if train else labels
        batch = batch | {"condition": seen}
        return model.loss(variables, key, batch, progress, train)

    return model._replace(loss=loss)
