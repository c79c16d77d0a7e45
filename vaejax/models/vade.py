"""VaDE: a VAE whose prior is a Gaussian mixture. Jiang et al. 2017, arXiv:1611.05148.

    p(c) = softmax(logits)   p(z | c) = N(mean_c, exp log_var_c)   p(x | z): the VAE's
    loss = -E_q(z|x)[log p(x | z)] + beta KL(q(z | x) q(c | x) || p(z | c) p(c))

Training has three parts, by share of `progress`: up to `pretrain` a plain autoencoder;
there a Gaussian mixture is fitted to the means (`refit`); from there on the loss above,
its KL term growing from 0 to `beta` over `warmup`. A row is assigned by
p(c | x) = E_q(z|x)[p(c | z)]; p(c | z) at the mean alone is too sure of itself.
"""

import jax
import jax.numpy as jnp
import numpy as np

from vaejax import gaussian
from vaejax.core import Model
from vaejax.mixture import SHAPES, STARTS, kl_to_mixture, log_joint
from vaejax.models.vae import active_units, ramp
from vaejax.networks import Networks

DRAWS = 32  # of z, for p(c | x)


def make(
    nets: Networks,
    *,
    beta: float,
    warmup: float,
    n_clusters: int,
    covariance: str,
    pretrain: float,
    start: str,
) -> Model:
    """Builds the model.

    Args:
      beta: weight of the KL term.
      warmup: share of training, after pretraining, over which beta grows from 0.
      n_clusters: c, the number of mixture components.
      covariance: of the components, a name in `mixture.SHAPES`; the paper's are
        diagonal.
      pretrain: share of training, in [0, 1), spent as a plain autoencoder.
      start: how the mixture is fitted to the means: a name in `mixture.STARTS`.
    """
    shape = SHAPES[covariance]

    def init(key, batch):
        key_networks, key_mean = jax.random.split(key)
        variables = nets.init(key_networks, batch)
        mixture = shape.init(key_mean, n_clusters, nets.latent_dim)
        variables["params"]["mixture"] = mixture
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
        divergence, logits = shape.kl(mixture, mean, log_var), mixture["logits"]
        kl = jnp.mean(kl_to_mixture(divergence, logits))
        assigned = jax.nn.softmax(log_joint(-divergence, logits), axis=-1)
        weight = beta * joint * ramp(progress, pretrain, pretrain + warmup)
        terms |= {
            "kl": kl,
            "kl_per_dim": gaussian.kl_to_aggregate(mean, log_var),
            "active_units": active_units(mean),
            "clusters_in_use": perplexity(jnp.mean(assigned, axis=0)),
        }
        return recon + weight * kl, (terms, encoder_stats | decoder_stats)

    def encode(variables, batch):
        return nets.posterior(variables, batch)[0]

    def prior(variables):
        return variables["params"]["mixture"]

    def assign(variables, batch):
        mixture = variables["params"]["mixture"]
        mean, log_var, _ = nets.posterior(variables, batch)

        def responsibility(noise):
            z = mean + jnp.exp(0.5 * log_var) * noise[None]
            joint = log_joint(shape.log_prob(mixture, z), mixture["logits"])
            return jax.nn.softmax(joint, axis=-1)

        # The same draws for every row and call, so that labels never change.
        noise = jax.random.normal(jax.random.key(0), (DRAWS, nets.latent_dim))
        return jnp.mean(jax.vmap(responsibility)(noise), axis=0)

    def refit(variables, key, z):
        z = np.asarray(z, np.float64)
        seed = int(jax.random.randint(key, (), 0, 2**31 - 1))
        responsibility = STARTS[start](z, n_clusters=n_clusters, seed=seed)
        mixture = shape.moments(z, responsibility)
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
