"""Autoencoder: the VAE's networks without noise and without a prior.

A baseline, and the pretraining of VaDE.
"""

from vaejax.core import Model
from vaejax.models import vae


def make(shapes, *, latent_dim, hidden, likelihood, dtype) -> Model:
    """Builds the model. All options as in `models.vae`."""
    init, posterior, decode, reconstruction = vae.networks(
        shapes,
        latent_dim=latent_dim,
        hidden=hidden,
        likelihood=likelihood,
        dtype=dtype,
        log_var_bias=0.0,
    )

    def loss(variables, key, batch, progress):
        del key, progress  # nothing is random and nothing warms up
        total, terms = reconstruction(variables, encode(variables, batch), batch)
        return total, (terms, variables["stats"])

    def encode(variables, batch):
        return posterior(variables, batch)[0]

    return Model(init, loss, encode, decode)
