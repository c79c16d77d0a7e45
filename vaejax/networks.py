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
from vaejax.core import Batch, Variables
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


class Parts(NamedTuple):
    """What the functions of `Networks` are made from."""

    encoder: Posterior
    decoder: nn.Module
    context: Context
    shapes: Shapes
    fuse: Callable  # a value of `fusion.FUSIONS`
    likelihood: str
    corruption: float
    latent_dim: int


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
    code = ENCODERS[encoder](size)
    parts = Parts(
        encoder=Posterior(code, latent_dim, size.dtype, log_var_bias),
        decoder=DECODERS[decoder](size, joined_shape(shapes)),
        context=Context(tuple(conditions.values())),
        shapes=shapes,
        fuse=FUSIONS[fusion],
        likelihood=likelihood,
        corruption=corruption,
        latent_dim=latent_dim,
    )
    return Networks(
        init=functools.partial(_init, parts),
        corrupt=functools.partial(_corrupt, parts),
        posterior=functools.partial(_posterior, parts),
        decode=functools.partial(_decode, parts),
        reconstruction=functools.partial(_reconstruction, parts),
        latent_dim=latent_dim,
        n_rows=n_rows,
    )


def _init(parts: Parts, key: Array, batch: Batch) -> Variables:
    keys = jax.random.split(key, 3)
    batch = {name: x[:1] for name, x in batch.items()}
    params = {}
    if parts.context.n_classes:
        found = parts.context.init(keys[2], batch["condition"])
        params["context"] = found["params"]
    about = _told(parts, params, batch)
    z = jnp.concatenate([jnp.zeros((1, parts.latent_dim)), about], axis=-1)
    found = {
        "encoder": parts.encoder.init(keys[0], *_inputs(parts, batch), about, False),
        "decoder": parts.decoder.init(keys[1], z, False),
    }
    return {
        "params": params | {name: v["params"] for name, v in found.items()},
        "stats": {name: v.get("batch_stats", {}) for name, v in found.items()},
    }


def _inputs(parts: Parts, batch: Batch) -> tuple[Array, Array]:
    """The modalities side by side, and the mask of their frames."""
    x = parts.fuse(batch, tuple(parts.shapes))
    masks = [batch[f"{name}_mask"] for name in parts.shapes if f"{name}_mask" in batch]
    is_image = masks and x.shape[1] > 1
    return x, masks[0] if is_image else jnp.ones(x.shape[:2], jnp.float32)


def _told(parts: Parts, params: dict, batch: Batch) -> Float[Array, "b e"]:
    """The embedding of the labels that the model is told; e = 0 without any."""
    if not parts.context.n_classes:
        return jnp.zeros((len(batch[next(iter(parts.shapes))]), 0))
    return parts.context.apply({"params": params["context"]}, batch["condition"])


def _apply(parts: Parts, name: str, variables: Variables, args: tuple, key):
    """What a module returns, and its running averages after that."""
    out, changed = getattr(parts, name).apply(
        {"params": variables["params"][name], "batch_stats": variables["stats"][name]},
        *args,
        key is not None,
        rngs={} if key is None else {"dropout": key},
        mutable=["batch_stats"],
    )
    return out, {name: changed.get("batch_stats", {})}


def _corrupt(parts: Parts, key: Array, batch: Batch) -> Batch:
    keys = jax.random.split(key, len(parts.shapes))
    kept = {
        name: jax.random.bernoulli(k, 1.0 - parts.corruption, batch[name].shape)
        for k, name in zip(keys, parts.shapes, strict=True)
    }
    return batch | {name: batch[name] * mask for name, mask in kept.items()}


def _posterior(parts: Parts, variables: Variables, batch: Batch, key=None):
    args = (*_inputs(parts, batch), _told(parts, variables["params"], batch))
    (mean, log_var), stats = _apply(parts, "encoder", variables, args, key)
    return mean, log_var, stats


def _outputs(parts: Parts, variables: Variables, z, batch: Batch, key):
    """What the decoder returns for every modality, and its running averages."""
    about = _told(parts, variables["params"], batch)
    z = jnp.concatenate([z, about], axis=-1)
    x_hat, stats = _apply(parts, "decoder", variables, (z,), key)
    return split(x_hat, parts.shapes), stats


def _decode(parts: Parts, variables: Variables, z, batch: Batch) -> Batch:
    to_data = losses.OUTPUTS[parts.likelihood]
    found, _ = _outputs(parts, variables, z, batch, None)
    return {name: to_data(x) for name, x in found.items()}


def _reconstruction(parts: Parts, variables: Variables, z, batch: Batch, key=None):
    negative_log_prob = losses.LIKELIHOODS[parts.likelihood]
    found, stats = _outputs(parts, variables, z, batch, key)
    terms = {
        f"recon_{name}": negative_log_prob(
            batch[name], x_hat, losses.mask_of(batch, name)
        )
        for name, x_hat in found.items()
    }
    total = sum(terms.values())
    return total, terms | {"recon": total}, stats
