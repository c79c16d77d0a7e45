"""Variational autoencoder. Kingma & Welling 2014, arXiv:1312.6114.

    loss = -E_q(z|x)[log p(x | z)] + beta KL(q(z | x) || N(0, I))

in nats, summed over features and dimensions, mean over rows. With the calibrated
likelihoods of `losses`, beta = 1 is the evidence lower bound at any input size.
"""

import functools
import itertools
import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from vaejax import gaussian, losses
from vaejax.core import Model
from vaejax.fusion import FUSIONS
from vaejax.nets import MLP, Posterior

ACTIVE = 0.01  # a unit is active if its mean varies more; Burda et al. 2016, sec. 4.2


class Networks(NamedTuple):
    """The pure functions that every model here shares."""

    init: Callable  # (key, batch) -> variables
    corrupt: Callable  # (key, batch) -> batch, for the encoder in training
    posterior: Callable  # (variables, batch) -> mean, log_var [b, k]
    decode: Callable  # (variables, z, batch) -> {modality: [b, ...]}, as the data
    reconstruction: Callable  # (variables, z, batch) -> -log p(x | z) [], {term: []}


def networks(
    shapes, *, fusion, latent_dim, hidden, likelihood, dtype, corruption, log_var_bias
) -> Networks:
    """Builds the networks; options as in `make`."""
    sizes = {name: math.prod(shape) for name, shape in shapes.items()}
    encoder = Posterior(tuple(hidden), latent_dim, dtype, log_var_bias)
    decoder = MLP(tuple(hidden)[::-1], sum(sizes.values()), dtype)
    fuse = functools.partial(FUSIONS[fusion], names=tuple(shapes))
    negative_log_prob = losses.LIKELIHOODS[likelihood]

    def init(key, batch):
        key_encoder, key_decoder = jax.random.split(key)
        z = jnp.zeros((1, latent_dim))
        params = {
            "encoder": encoder.init(key_encoder, fuse(batch)[:1])["params"],
            "decoder": decoder.init(key_decoder, z)["params"],
        }
        return {"params": params, "stats": {}}

    def corrupt(key, batch):
        keys = jax.random.split(key, len(shapes))
        kept = {
            name: jax.random.bernoulli(k, 1.0 - corruption, batch[name].shape)
            for k, name in zip(keys, shapes, strict=True)
        }
        return batch | {name: batch[name] * mask for name, mask in kept.items()}

    def posterior(variables, batch):
        params = variables["params"]["encoder"]
        return encoder.apply({"params": params}, fuse(batch))

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
            f"recon_{name}": negative_log_prob(
                batch[name], x_hat, losses.mask_of(batch, name)
            )
            for name, x_hat in outputs(variables, z).items()
        }
        total = sum(terms.values())
        return total, terms | {"recon": total}

    return Networks(init, corrupt, posterior, decode, reconstruction)


def ramp(progress, start, end):
    """0 before `start`, 1 from `end` on, linear between."""
    return jnp.clip((progress - start) / max(end - start, 1e-9), 0.0, 1.0)


def active_units(mean):
    """How many latent dimensions vary over the batch."""
    return jnp.sum(jnp.var(mean, axis=0) > ACTIVE).astype(jnp.float32)


def make(
    shapes,
    *,
    fusion,
    latent_dim,
    hidden,
    likelihood,
    dtype,
    corruption,
    log_var_bias,
    beta,
    warmup,
) -> Model:
    """Builds the model.

    Args:
      shapes: {modality: shape without the batch axis}.
      fusion: a name in `fusion.FUSIONS`.
      latent_dim: k, the size of z.
      hidden: widths of the encoder's hidden layers; the decoder mirrors them.
      likelihood: a name in `losses.LIKELIHOODS`.
      dtype: of the networks' arithmetic; parameters and losses stay float32.
      corruption: share of the features, in [0, 1), that the encoder does not get to
        see in training; the bound stays one (Im et al. 2017, arXiv:1511.06406).
      log_var_bias: where the posterior's log-variance starts.
      beta: weight of the KL term.
      warmup: share of training, in [0, 1], over which beta grows from 0.
    """
    nets = networks(
        shapes,
        fusion=fusion,
        latent_dim=latent_dim,
        hidden=hidden,
        likelihood=likelihood,
        dtype=dtype,
        corruption=corruption,
        log_var_bias=log_var_bias,
    )

    def loss(variables, key, batch, progress):
        key_input, key_z = jax.random.split(key)
        mean, log_var = nets.posterior(variables, nets.corrupt(key_input, batch))
        z = gaussian.sample(key_z, mean, log_var)
        recon, terms = nets.reconstruction(variables, z, batch)
        kl = jnp.mean(jnp.sum(gaussian.kl_to_standard(mean, log_var), axis=-1))
        total = recon + beta * ramp(progress, 0.0, warmup) * kl
        terms |= {"kl": kl, "active_units": active_units(mean)}
        return total, (terms, variables["stats"])

    def encode(variables, batch):
        return nets.posterior(variables, batch)[0]

    return Model(nets.init, loss, encode, nets.decode, settled_at=warmup)
