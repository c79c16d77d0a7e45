"""Autoencoder: the VAE's networks without noise and without a prior.

A baseline, and the pretraining of VaDE.
"""

from vaejax.core import Model
from vaejax.models import vae


def make(shapes, *, fusion, latent_dim, hidden, likelihood, dtype, corruption) -> Model:
    """Builds the model. All options as in `models.vae`."""
    nets = vae.networks(
        shapes,
        fusion=fusion,
        latent_dim=latent_dim,
        hidden=hidden,
        likelihood=likelihood,
        dtype=dtype,
        corruption=corruption,
        log_var_bias=0.0,
    )

    def loss(variables, key, batch, progress):
        del progress  # nothing warms up
        z = encode(variables, nets.corrupt(key, batch))
        total, terms = nets.reconstruction(variables, z, batch)
        return total, (terms, variables["stats"])

    def encode(variables, batch):
        return nets.posterior(variables, batch)[0]

    return Model(nets.init, loss, encode, nets.decode)
