"""Variational autoencoder. Kingma & Welling 2014, arXiv:1312.6114.

    loss = -E_q(z|x)[log p(x | z)] + beta KL(q(z | x) || N(0, I))

in nats, summed over features and dimensions, mean over rows. With the calibrated
likelihoods of `losses`, beta = 1 is the evidence lower bound at any input size; beta
above 1 is the beta-VAE (Higgins et al. 2017). Two variants of the KL term combine:

    beta |max(KL - free, 0) - C(progress)|

`free` nats a row cost nothing (MusicVAE: Roberts et al. 2018, arXiv:1803.05428, sec.
2.1), and C, the capacity, grows in training (Burgess et al. 2018, arXiv:1804.03599, eq.
8). At 0, their default, both leave the KL term as it is.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp

from vaejax import gaussian
from vaejax.core import Model
from vaejax.networks import Networks

ACTIVE = 0.01  # a unit is active if its mean varies more; Burda et al. 2016, sec. 4.2


def make(
    nets: Networks,
    *,
    beta: float,
    warmup: float,
    free_bits: float,
    capacity: float,
    capacity_warmup: float,
) -> Model:
    """Builds the model.

    Args:
      beta: weight of the KL term.
      warmup: share of training, in [0, 1], over which beta grows from 0.
      free_bits: of KL a row that cost nothing.
      capacity: nats that the KL term is drawn to in the end; 0 draws it to 0.
      capacity_warmup: share of training over which the capacity grows from 0.
    """
    free = free_bits * math.log(2.0)

    def penalty(z, mean, log_var, progress):
        del z
        kl = gaussian.kl_to_standard(mean, log_var)
        rows = jnp.sum(kl, axis=-1)
        target = capacity * ramp(progress, 0.0, capacity_warmup)
        costs = jnp.abs(jnp.mean(jnp.maximum(rows - free, 0.0)) - target)
        terms = {"kl": jnp.mean(rows), "kl_per_dim": jnp.mean(kl, axis=0)}
        return beta * ramp(progress, 0.0, warmup) * costs, terms

    return assemble(nets, penalty, settled_at=max(warmup, capacity_warmup))


def assemble(nets: Networks, penalty: Callable, settled_at: float) -> Model:
    """A VAE with a standard normal prior and its own cost of the latent code.

    Args:
      penalty: (z, mean, log_var, progress) -> (cost, {term: number or [k]}).
      settled_at: progress from which the penalty is the final one.
    """

    def loss(variables, key, batch, progress, train=True):
        key_input, key_z, *keys = jax.random.split(key, 4)
        seen = nets.corrupt(key_input, batch) if train else batch
        keys = keys if train else (None, None)
        mean, log_var, encoder_stats = nets.posterior(variables, seen, keys[0])
        z = gaussian.sample(key_z, mean, log_var)
        recon, terms, decoder_stats = nets.reconstruction(variables, z, batch, keys[1])
        cost, found = penalty(z, mean, log_var, progress)
        terms |= found | {"active_units": active_units(mean)}
        return recon + cost, (terms, encoder_stats | decoder_stats)

    def encode(variables, batch):
        return nets.posterior(variables, batch)[0]

    def prior(variables):
        del variables
        zeros = jnp.zeros((1, nets.latent_dim))
        return {"logits": jnp.zeros(1), "mean": zeros, "log_var": zeros}

    return Model(
        nets.init, loss, encode, nets.decode, prior=prior, settled_at=settled_at
    )


def ramp(progress, start, end):
    """0 before `start`, 1 from `end` on, linear between."""
    return jnp.clip((progress - start) / max(end - start, 1e-9), 0.0, 1.0)


def active_units(mean):
    """How many latent dimensions vary over the batch."""
    return jnp.sum(jnp.var(mean, axis=0) > ACTIVE).astype(jnp.float32)
