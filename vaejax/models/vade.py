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
from vaejax.models import vae


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
    n_clusters,
    pretrain,
    start,
) -> Model:
    """Builds the model.

    Args:
      n_clusters: c, the number of mixture components.
      pretrain: share of training, in [0, 1), spent as a plain autoencoder.
      start: how the mixture is fitted to the means: a name in `mixture.STARTS`.
      warmup: share of training, after that, over which beta grows from 0.
      shapes, fusion, latent_dim, hidden, likelihood, dtype, corruption,
        log_var_bias, beta: as in `models.vae`.
    """
    nets = vae.networks(
        shapes,
        fusion=fusion,
        latent_dim=latent_dim,
        hidden=hidden,
        likelihood=likelihood,
        dtype=dtype,
        corruption=corruption,
        log_var_bias=log_var_bias,
    )

    def init(key, batch):
        key_networks, key_mean = jax.random.split(key)
        variables = nets.init(key_networks, batch)
        variables["params"]["mixture"] = {
            "logits": jnp.zeros(n_clusters),
            "mean": 0.1 * jax.random.normal(key_mean, (n_clusters, latent_dim)),
            "log_var": jnp.zeros((n_clusters, latent_dim)),
        }
        return variables

    def loss(variables, key, batch, progress):
        key_input, key_z = jax.random.split(key)
        mean, log_var = nets.posterior(variables, nets.corrupt(key_input, batch))
        joint = jnp.where(progress >= pretrain, 1.0, 0.0)
        z = mean + joint * (gaussian.sample(key_z, mean, log_var) - mean)
        recon, terms = nets.reconstruction(variables, z, batch)
        mixture = variables["params"]["mixture"]
        kl = jnp.mean(
            gaussian.kl_to_mixture(
                mean,
                log_var,
                mixture["logits"],
                mixture["mean"],
                mixture["log_var"],
            )
        )
        weight = beta * joint * vae.ramp(progress, pretrain, pretrain + warmup)
        total = recon + weight * kl
        terms |= {"kl": kl, "active_units": vae.active_units(mean)}
        return total, (terms, variables["stats"])

    def encode(variables, batch):
        return nets.posterior(variables, batch)[0]

    def assign(variables, batch):
        mixture = variables["params"]["mixture"]
        z = encode(variables, batch)  # the mean: labels do not change from call to call
        log_joint = gaussian.mixture_log_joint(
            z, mixture["logits"], mixture["mean"], mixture["log_var"]
        )
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
        refit,
        refit_at=pretrain,
        settled_at=pretrain + warmup,
    )
