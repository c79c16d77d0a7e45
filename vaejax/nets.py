"""Neural networks (Flax Linen). Parameters are float32; `dtype` is for the arithmetic.

An encoder maps the concatenated features to `size` numbers, a decoder maps z back.
"""

from collections.abc import Sequence

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float


class MLP(nn.Module):
    """Dense layers with ReLU between; the last one is linear, its output float32."""

    hidden: Sequence[int]
    size: int
    dtype: str

    @nn.compact
    def __call__(self, x: Float[Array, "b d"]) -> Float[Array, "b k"]:
        """Returns the last layer's output."""
        for width in self.hidden:
            x = nn.relu(nn.Dense(width, dtype=self.dtype)(x))
        return nn.Dense(self.size, dtype=self.dtype)(x).astype(jnp.float32)


class Posterior(nn.Module):
    """An MLP with two heads: the mean and the log-variance of q(z | x).

    The log-variance starts near `log_var_bias`: a small start keeps what pretraining
    has learnt when noise enters (arXiv:2005.08047).
    """

    hidden: Sequence[int]
    latent_dim: int
    dtype: str
    log_var_bias: float

    @nn.compact
    def __call__(
        self, x: Float[Array, "b d"]
    ) -> tuple[Float[Array, "b k"], Float[Array, "b k"]]:
        """Returns mean and log-variance, the latter clipped to [-12, 6]."""
        for width in self.hidden:
            x = nn.relu(nn.Dense(width, dtype=self.dtype)(x))
        mean = nn.Dense(self.latent_dim, dtype=self.dtype, name="mean")(x)
        log_var = nn.Dense(
            self.latent_dim,
            dtype=self.dtype,
            name="log_var",
            kernel_init=nn.initializers.normal(1e-3),
            bias_init=nn.initializers.constant(self.log_var_bias),
        )(x)
        # On data unlike the training set the head can run away to NaN.
        log_var = jnp.clip(log_var.astype(jnp.float32), -12.0, 6.0)
        return mean.astype(jnp.float32), log_var
