"""Neural networks (Flax Linen). Parameters are float32; `dtype` is for the arithmetic.

Encoders and decoders keep one contract, so that any of them goes with any other:

  encoder(x [b, t, f], mask [b, t], context [b, e], train) -> features [b, w]
  decoder(z [b, k + e], train) -> x_hat [b, t, f], float32

A vector of features is a single frame: t = 1. The mask is 0 where a frame is padding.
`context` is what the networks are told beside the input, e = 0 numbers where that is
nothing. `train` chooses between the statistics of the batch, with dropout, and running
averages without: BatchNorm keeps the averages in the collection `batch_stats`.

This file holds the parts that the others share, and the fully connected networks;
`convolution.py` and `recurrence.py` hold theirs.
"""

import math
from collections.abc import Mapping, Sequence

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

# Small collections have few steps an epoch: averages must keep up with the parameters.
MOMENTUM = 0.9
NORMS = ("batch", "layer", "none")


class Norm(nn.Module):
    """Normalisation over the last axis by name: batch, layer or none."""

    kind: str
    dtype: str

    @nn.compact
    def __call__(self, x: Float[Array, "*b c"], train: bool) -> Float[Array, "*b c"]:
        """Returns x with mean 0 and variance 1, in each channel or at each place."""
        if self.kind == "batch":
            return nn.BatchNorm(not train, momentum=MOMENTUM, dtype=self.dtype)(x)
        if self.kind == "layer":
            return nn.LayerNorm(dtype=self.dtype)(x)
        return x


class Block(nn.Module):
    """What follows a linear layer: normalisation, ReLU, dropout."""

    norm: str
    dropout: float
    dtype: str

    @nn.compact
    def __call__(self, x: Float[Array, "*b c"], train: bool) -> Float[Array, "*b c"]:
        """Returns the activations."""
        x = nn.relu(Norm(self.norm, self.dtype)(x, train))
        return nn.Dropout(self.dropout, deterministic=not train)(x)


class MLPEncoder(nn.Module):
    """Dense layers over all features of all frames."""

    hidden: Sequence[int]
    norm: str
    dropout: float
    dtype: str

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "b t f"],
        mask: Float[Array, "b t"],
        context: Float[Array, "b e"],
        train: bool,
    ) -> Float[Array, "b w"]:
        """Returns the last hidden layer; padding is 0 in x, so no mask is needed."""
        del mask
        h = jnp.concatenate([x.reshape(x.shape[0], -1), context], axis=-1)
        for width in self.hidden:
            h = nn.Dense(width, dtype=self.dtype)(h)
            h = Block(self.norm, self.dropout, self.dtype)(h, train)
        return h


class MLPDecoder(nn.Module):
    """Dense layers to all features of all frames; the last is linear."""

    shape: tuple[int, int]
    hidden: Sequence[int]
    norm: str
    dropout: float
    dtype: str

    @nn.compact
    def __call__(self, z: Float[Array, "b k"], train: bool) -> Float[Array, "b t f"]:
        """Returns the reconstruction."""
        h = z
        for width in self.hidden:
            h = nn.Dense(width, dtype=self.dtype)(h)
            h = Block(self.norm, self.dropout, self.dtype)(h, train)
        x_hat = nn.Dense(math.prod(self.shape), dtype=self.dtype)(h)
        return x_hat.astype(jnp.float32).reshape(len(z), *self.shape)


class LinesEncoder(nn.Module):
    """An encoder of the mean over the lines of a text; a text is one line or more."""

    body: nn.Module

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "b t f"],
        mask: Float[Array, "b t"],
        context: Float[Array, "b e"],
        train: bool,
    ) -> Float[Array, "b w"]:
        """Returns what the body makes of the mean, as a single frame."""
        mean = mean_of(x, mask)[:, None]
        return self.body(mean, jnp.ones(mean.shape[:2]), context, train)


class Heads(nn.Module):
    """Two linear layers: the mean and the log-variance of q(z | x).

    The log-variance starts near `log_var_bias`: a small start keeps what pretraining
    has learnt when noise enters (arXiv:2005.08047).
    """

    latent_dim: int
    dtype: str
    log_var_bias: float

    @nn.compact
    def __call__(
        self, h: Float[Array, "b w"]
    ) -> tuple[Float[Array, "b k"], Float[Array, "b k"]]:
        """Returns mean and log-variance, the latter clipped to [-12, 6]."""
        mean = nn.Dense(self.latent_dim, dtype=self.dtype, name="mean")(h)
        log_var = nn.Dense(
            self.latent_dim,
            dtype=self.dtype,
            name="log_var",
            kernel_init=nn.initializers.normal(1e-3),
            bias_init=nn.initializers.constant(self.log_var_bias),
        )(h)
        # On data unlike the training set the head can run away to NaN.
        log_var = jnp.clip(log_var.astype(jnp.float32), -12.0, 6.0)
        return mean.astype(jnp.float32), log_var


class Decoders(nn.Module):
    """One decoder a view of the song, each from the whole of z."""

    parts: Mapping[str, nn.Module]

    @nn.compact
    def __call__(
        self, z: Float[Array, "b k"], train: bool
    ) -> dict[str, Float[Array, "b t f"]]:
        """Returns the reconstruction of every view."""
        return {view: part(z, train) for view, part in self.parts.items()}


def mean_of(x: Float[Array, "b t f"], mask: Float[Array, "b t"]) -> Float[Array, "b f"]:
    """The mean over the frames that the mask leaves; 0 where it leaves none."""
    total = jnp.sum(x * mask[..., None], axis=1)
    return total / jnp.maximum(jnp.sum(mask, axis=1), 1.0)[:, None]
