"""VaDE: a VAE whose prior is a Gaussian mixture. Jiang et al. 2017, arXiv:1611.05148.

    p(c) = softmax(logits)   p(z | c) = N(mean_c, exp log_var_c)   p(x | z): the VAE's
    loss = -E_q(z|x)[log p(x | z)] + beta KL(q(z | x) q(c | x) || p(z | c) p(c))

Training has three parts, by share of `progress`: up to `pretrain` a plain autoencoder;
there a Gaussian mixture is fitted to the means (`refit`); from there on the loss above,
its KL term growing from 0 to `beta` over `warmup`.
"""

import jax
import jax.numpy as jnp
import numpy as np

from vaejax import gaussian
from vaejax.core import Model
from vaejax.mixture import STARTS
from vaejax.models.vae import active_units, ramp
from vaejax.networks import Networks


def make(
    nets: Networks,
    *,
    beta: float,
    warmup: float,
    n_clusters: int,
    pretrain: float,
    start: str,
) -> Model:
    """Builds the model.

    Args:
      beta: weight of the KL term.
      warmup: share of training, after pretraining, over which beta grows from 0.
      n_clusters: c, the number of mixture components.
      pretrain: share of training, in [0, 1), spent as a plain autoencoder.
      start: how the mixture is fitted to the means: a name in `mixture.STARTS`.
    """

    def init(key, batch):
        key_networks, key_mean = jax.random.split(key)
        variables = nets.init(key_networks, batch)
        shape = (n_clusters, nets.latent_dim)
        variables["params"]["mixture"] = {
            "logits": jnp.zeros(n_clusters),
            "mean": 0.1 * jax.random.normal(key_mean, shape),
            "log_var": jnp.zeros(shape),
        }
        return variables

    def loss(variables, key, batch, progress, train=True):
        key_input, key_z, *keys = jax.random.split(key, 4)
        seen = nets.corrupt(key_input, batch) if train else batch
        keys = keys if train else (None, None)
        mean, log_var, encoder_stats = nets.posterior(variables, seen, keys[0])
        joint = jnp.where(progress >= pretrain, 1.0, 0.0)
        z = mean + joint * (gaussian.sample(key_z, mean, log_var) - mean)
        recon, terms, decoder_stats = nets.reconstruction(variables, z, batch, keys[1])
        mixture = variables["params"]["mixture"]
        kl, kl_per_dim, assigned = gaussian.kl_to_mixture(mean, log_var, **mixture)
        weight = beta * joint * ramp(progress, pretrain, pretrain + warmup)
        terms |= {
            "kl": jnp.mean(kl),
            "kl_per_dim": jnp.mean(kl_per_dim, axis=0),
            "active_units": active_units(mean),
            "clusters_in_use": perplexity(jnp.mean(assigned, axis=0)),
        }
        return recon + weight * jnp.mean(kl), (terms, encoder_stats | decoder_stats)

    def encode(variables, batch):
        return nets.posterior(variables, batch)[0]

    def prior(variables):
        return variables["params"]["mixture"]

    def assign(variables, batch):
        z = encode(variables, batch)  # the mean: labels do not change from call to call
        log_joint = gaussian.mixture_log_joint(z, **prior(variables))
        return jax.nn.softmax(log_joint, axis=-1)

    def refit(variables, key, batch):
        z = np.asarray(jax.jit(encode)(variables, batch), np.float64)
        seed = int(jax.random.randint(key, (), 0, 2**31 - 1))
        mixture = STARTS[start](z, n_clusters=n_clusters, seed=seed)
        return variables | {"params": variables["params"] | {"mixture": mixture}}

    return Model(
        init,
        loss,
        encode,
        nets.decode,
        assign,
        prior,
        refit,
        refit_at=pretrain,
        settled_at=pretrain + warmup,
    )


def perplexity(share):
    """How many of the shares [c], which add up to 1, count: exp of their entropy."""
    return jnp.exp(-jnp.sum(share * jnp.log(jnp.maximum(share, 1e-20))))
