"""beta-TCVAE: the KL term in three parts. Chen et al. 2018, arXiv:1802.04942, eq. 4.

    loss = -E_q(z|x)[log p(x | z)] + I(x; z) + beta TC(z) + sum_j KL(q(z_j) || p(z_j))

The total correlation TC(z) = KL(q(z) || prod_j q(z_j)) is what keeps dimensions apart.
"""

import jax.numpy as jnp

from vaejax import gaussian
from vaejax.core import Model
from vaejax.models.vae import assemble, ramp
from vaejax.networks import Networks


def make(nets: Networks, *, beta: float, warmup: float) -> Model:
    """Builds the model.

    Args:
      beta: weight of the total correlation; 1 is the VAE.
      warmup: share of training, in [0, 1], over which all three terms grow from 0.
    """

    def penalty(z, mean, log_var, progress):
        kl = gaussian.kl_to_standard(mean, log_var)
        information, correlation, dimensions = gaussian.kl_decomposed(
            z, mean, log_var, n_rows=nets.n_rows
        )
        cost = information + beta * correlation + dimensions
        terms = {
            "kl": jnp.mean(jnp.sum(kl, axis=-1)),
            "kl_per_dim": jnp.mean(kl, axis=0),
            "mutual_information": information,
            "total_correlation": correlation,
            "dimension_kl": dimensions,
        }
        return ramp(progress, 0.0, warmup) * cost, terms

    return assemble(nets, penalty, settled_at=warmup)
