"""Variational autoencoder. Kingma & Welling 2014, arXiv:1312.6114.

    loss = -E_q(z|x)[log p(x | z)] + beta KL(q(z | x) || N(0, I))

in nats, summed over features and dimensions, mean over rows. With the calibrated
likelihoods of `losses`, beta = 1 is the evidence lower bound at any input size.
"""

import itertools
import math

import jax
import jax.numpy as jnp

from vaejax import gaussian, losses
from vaejax.core import Model
from vaejax.nets import MLP, Posterior

ACTIVE = 0.01  # a unit is active if its mean varies more; Burda et al. 2016, sec. 4.2


def networks(shapes, *, latent_dim, hidden, likelihood, dtype, log_var_bias):
    """The pure functions that every model here shares.

    Returns:
      init(key, batch) -> variables
      posterior(variables, batch) -> mean, log_var [b, k]
      decode(variables, z, batch) -> {modality: [b, ...]}, on the scale of the data
      reconstruction(variables, z, batch) -> -log p(x | z) [], {term: []}
    """
    sizes = {name: math.prod(shape) for name, shape in shapes.items()}
    encoder = Posterior(tuple(hidden), latent_dim, dtype, log_var_bias)
    decoder = MLP(tuple(hidden)[::-1], sum(sizes.values()), dtype)
    negative_log_prob = losses.LIKELIHOODS[likelihood]

    def flat(batch):
        rows = [batch[name].reshape(len(batch[name]), -1) for name in shapes]
        return jnp.concatenate(rows, axis=-1)

    def init(key, batch):
        key_encoder, key_decoder = jax.random.split(key)
        z = jnp.zeros((1, latent_dim))
        params = {
            "encoder": encoder.init(key_encoder, flat(batch)[:1])["params"],
            "decoder": decoder.init(key_decoder, z)["params"],
        }
        return {"params": params, "stats": {}}

    def posterior(variables, batch):
        return encoder.apply({"params": variables["params"]["encoder"]}, flat(batch))

    def outputs(variables, z):
        x_hat = decoder.apply({"params": variables["params"]["decoder"]}, z)
        parts = jnp.split(x_hat, list(itertools.accumulate(sizes.values()))[:-1], -1)
        return {
            name: part.reshape(len(z), *shapes[name])
            for name, part in zip(sizes, parts, strict=True)
        }

    def decode(variables, z, batch):
        del batch  # for models that condition on it
        to_data = losses.OUTPUTS[likelihood]
        return {name: to_data(x) for name, x in outputs(variables, z).items()}

    def reconstruction(variables, z, batch):
        terms = {
            f"recon_{name}": negative_log_prob(batch[name], x_hat)
            for name, x_hat in outputs(variables, z).items()
        }
        total = sum(terms.values())
        return total, terms | {"recon": total}

    return init, posterior, decode, reconstruction


def ramp(progress, start, end):
    """0 before `start`, 1 from `end` on, linear between."""
    return jnp.clip((progress - start) / max(end - start, 1e-9), 0.0, 1.0)


def active_units(mean):
    """How many latent dimensions vary over the batch."""
    return jnp.sum(jnp.var(mean, axis=0) > ACTIVE).astype(jnp.float32)


def make(
    shapes, *, latent_dim, hidden, likelihood, dtype, beta, warmup, log_var_bias
) -> Model:
    """Builds the model.

    Args:
      shapes: {modality: shape without the batch axis}.
      latent_dim: k, the size of z.
      hidden: widths of the encoder's hidden layers; the decoder mirrors them.
      likelihood: a name in `losses.LIKELIHOODS`.
      dtype: of the networks' arithmetic; parameters and losses stay float32.
      beta: weight of the KL term.
      warmup: share of training, in [0, 1], over which beta grows from 0.
      log_var_bias: where the posterior's log-variance starts.
    """
    init, posterior, decode, reconstruction = networks(
        shapes,
        latent_dim=latent_dim,
        hidden=hidden,
        likelihood=likelihood,
        dtype=dtype,
        log_var_bias=log_var_bias,
    )

    def loss(variables, key, batch, progress):
        mean, log_var = posterior(variables, batch)
        z = gaussian.sample(key, mean, log_var)
        recon, terms = reconstruction(variables, z, batch)
        kl = jnp.mean(jnp.sum(gaussian.kl_to_standard(mean, log_var), axis=-1))
        total = recon + beta * ramp(progress, 0.0, warmup) * kl
        terms |= {"kl": kl, "active_units": active_units(mean)}
        return total, (terms, variables["stats"])

    def encode(variables, batch):
        return posterior(variables, batch)[0]

    return Model(init, loss, encode, decode, settled_at=warmup)
