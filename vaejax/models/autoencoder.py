"""Autoencoder: the VAE's networks without noise and without a prior.

A baseline, and the pretraining of VaDE.
"""

import jax

from vaejax.core import Model
from vaejax.networks import Networks


def make(nets: Networks) -> Model:
    """Builds the model."""

    def loss(variables, key, batch, progress, train=True):
        del progress  # nothing warms up
        key_input, *keys = jax.random.split(key, 3) if train else (None,) * 3
        seen = nets.corrupt(key_input, batch) if train else batch
        z, _, encoder_stats = nets.posterior(variables, seen, keys[0])
        total, terms, decoder_stats = nets.reconstruction(variables, z, batch, keys[1])
        return total, (terms, encoder_stats | decoder_stats)

    def encode(variables, batch):
        return nets.posterior(variables, batch)[0]

    return Model(nets.init, loss, encode, nets.decode)
