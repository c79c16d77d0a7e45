"""Encoder, decoder and likelihood of a model as pure functions; any goes with any."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from vaejax import losses
from vaejax.convolution import ConvDecoder, ConvEncoder
from vaejax.fusion import FUSIONS, Shapes, joined_shape, split
from vaejax.nets import MLPDecoder, MLPEncoder, Posterior
from vaejax.recurrence import HierarchicalDecoder, RecurrentDecoder, RecurrentEncoder

EMBEDDING = 32  # numbers that stand for what a model is told


class Networks(NamedTuple):
    """The pure functions that models are made of.

    `key` is for dropout, and its presence means training: batch statistics, dropout.
    Without it the same row gives the same numbers whatever stands beside it.
    """

    init: Callable  # (key, batch) -> variables
    corrupt: Callable  # (key, batch) -> batch, for the encoder in training
    posterior: Callable  # (variables, batch, key) -> mean, log_var [b, k], stats
    decode: Callable  # (variables, z, batch) -> {modality: [b, ...]}, as the data
    reconstruction: Callable  # (variables, z, batch, key) -> -log p(x|z), terms, stats
    latent_dim: int
    n_rows: int  # of the training set


class Sizes(NamedTuple):
    """What the networks of the tables below are built with."""

    hidden: tuple[int, ...]  # widths of dense layers; the decoder mirrors them
    channels: tuple[int, ...]  # of the levels of convolutions; mirrored as well
    pool: str  # how the last level becomes a vector: time or none
    units: int  # of the recurrent layers
    segments: int  # of the hierarchical decoder
    norm: str  # a name in `nets.NORMS`
    dropout: float  # share of the activations, in [0, 1)
    dtype: str  # of the arithmetic; parameters and losses stay float32


def _mlp(s: Sizes) -> nn.Module:
    return MLPEncoder(s.hidden, s.norm, s.dropout, s.dtype)


def _conv(s: Sizes, blocks: int) -> nn.Module:
    return ConvEncoder(s.channels, blocks, s.pool, s.norm, s.dropout, s.dtype)


def _recurrent(s: Sizes) -> nn.Module:
    return RecurrentEncoder(s.units, s.norm, s.dropout, s.dtype)


def _from_mlp(s: Sizes, shape: tuple[int, int]) -> nn.Module:
    return MLPDecoder(shape, s.hidden[::-1], s.norm, s.dropout, s.dtype)


def _from_conv(s: Sizes, shape: tuple[int, int], blocks: int) -> nn.Module:
    return ConvDecoder(shape, s.channels, blocks, s.pool, s.norm, s.dropout, s.dtype)


def _from_recurrent(s: Sizes, shape: tuple[int, int]) -> nn.Module:
    return RecurrentDecoder(shape, s.units, s.norm, s.dropout, s.dtype)


def _from_hierarchy(s: Sizes, shape: tuple[int, int]) -> nn.Module:
    return HierarchicalDecoder(shape, s.segments, s.units, s.norm, s.dropout, s.dtype)


ENCODERS: dict[str, Callable] = {
    "mlp": _mlp,
    "conv": functools.partial(_conv, blocks=0),
    "residual": functools.partial(_conv, blocks=2),
    "recurrent": _recurrent,
}
DECODERS: dict[str, Callable] = {
    "mlp": _from_mlp,
    "conv": functools.partial(_from_conv, blocks=0),
    "residual": functools.partial(_from_conv, blocks=2),
    "recurrent": _from_recurrent,
    "hierarchical": _from_hierarchy,
}


class Context(nn.Module):
    """What a model is told: the sum of one embedding a label column.

    Index 0 of every column stands for a label that is not known.
    """

    n_classes: tuple[int, ...]

    @nn.compact
    def __call__(self, labels: Int[Array, "b m"]) -> Float[Array, "b e"]:
        """Returns `EMBEDDING` numbers a row."""
        tables = [nn.Embed(n + 1, EMBEDDING, name=f"{i}") for i, n in self._columns()]
        return sum(table(labels[:, i]) for i, table in enumerate(tables))

    def _columns(self):
        return enumerate(self.n_classes)


def make(
    shapes: Shapes,
    *,
    conditions: dict[str, int],
    n_rows: int,
    fusion: str,
    latent_dim: int,
    encoder: str,
    decoder: str,
    likelihood: str,
    corruption: float,
    log_var_bias: float,
    **sizes,
) -> Networks:
    """Builds the networks.

    Args:
      shapes: {modality: shape without the batch axis}.
      conditions: {label column: number of classes} that the model is told, as the
        columns of batch["condition"]; index 0 is unknown.
      n_rows: of the training set.
      fusion: a name in `fusion.FUSIONS`.
      latent_dim: k, the size of z.
      encoder, decoder: names in ENCODERS and DECODERS.
      likelihood: a name in `losses.LIKELIHOODS`.
      corruption: share of the features, in [0, 1), that the encoder does not get to
        see in training; the bound stays one (Im et al. 2017, arXiv:1511.06406).
      log_var_bias: where the posterior's log-variance starts.
      **sizes: the fields of `Sizes`.
    """
    size = Sizes(**sizes)
    shape = joined_shape(shapes)
    modules = {
        "encoder": Posterior(
            ENCODERS[encoder](size), latent_dim, size.dtype, log_var_bias
        ),
        "decoder": DECODERS[decoder](size, shape),
    }
    context = Context(tuple(conditions.values()))
    negative_log_prob = losses.LIKELIHOODS[likelihood]

    def inputs(batch):
        x = FUSIONS[fusion](batch, tuple(shapes))
        masks = [batch[f"{name}_mask"] for name in shapes if f"{name}_mask" in batch]
        is_image = masks and shape[0] > 1
        return x, masks[0] if is_image else jnp.ones(x.shape[:2], jnp.float32)

    def told(params, batch):
        if not conditions:
            return jnp.zeros((len(batch[next(iter(shapes))]), 0))
        return context.apply({"params": params["context"]}, batch["condition"])

    def init(key, batch):
        keys = dict(zip((*modules, "context"), jax.random.split(key, 3), strict=True))
        batch = {name: x[:1] for name, x in batch.items()}
        params = {}
        if conditions:
            found = context.init(keys["context"], batch["condition"])
            params["context"] = found["params"]
        about = told(params, batch)
        z = jnp.concatenate([jnp.zeros((1, latent_dim)), about], axis=-1)
        args = {"encoder": (*inputs(batch), about), "decoder": (z,)}
        found = {
            name: module.init(keys[name], *args[name], False)
            for name, module in modules.items()
        }
        return {
            "params": params | {name: v["params"] for name, v in found.items()},
            "stats": {name: v.get("batch_stats", {}) for name, v in found.items()},
        }

    def apply(name, variables, args, key):
        out, changed = modules[name].apply(
            {
                "params": variables["params"][name],
                "batch_stats": variables["stats"][name],
            },
            *args,
            key is not None,
            rngs={} if key is None else {"dropout": key},
            mutable=["batch_stats"],
        )
        return out, {name: changed.get("batch_stats", {})}

    def corrupt(key, batch):
        keys = jax.random.split(key, len(shapes))
        kept = {
            name: jax.random.bernoulli(k, 1.0 - corruption, batch[name].shape)
            for k, name in zip(keys, shapes, strict=True)
        }
        return batch | {name: batch[name] * mask for name, mask in kept.items()}

    def posterior(variables, batch, key=None):
        args = (*inputs(batch), told(variables["params"], batch))
        (mean, log_var), stats = apply("encoder", variables, args, key)
        return mean, log_var, stats

    def outputs(variables, z, batch, key):
        about = told(variables["params"], batch)
        z = jnp.concatenate([z, about], axis=-1)
        x_hat, stats = apply("decoder", variables, (z,), key)
        return split(x_hat, shapes), stats

    def decode(variables, z, batch):
        to_data = losses.OUTPUTS[likelihood]
        found, _ = outputs(variables, z, batch, None)
        return {name: to_data(x) for name, x in found.items()}

    def reconstruction(variables, z, batch, key=None):
        found, stats = outputs(variables, z, batch, key)
        terms = {
            f"recon_{name}": negative_log_prob(
                batch[name], x_hat, losses.mask_of(batch, name)
            )
            for name, x_hat in found.items()
        }
        total = sum(terms.values())
        return total, terms | {"recon": total}, stats

    return Networks(
        init, corrupt, posterior, decode, reconstruction, latent_dim, n_rows
    )
