"""Encoder, decoder and likelihood of a model as pure functions; any goes with any."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from vaejax import losses
from vaejax.convolution import ConvDecoder, ConvEncoder
from vaejax.core import Batch, Variables
from vaejax.fusion import (
    FUSIONS,
    LYRICS,
    Shapes,
    is_joint,
    joined_shape,
    split,
    views,
    views_of,
)
from vaejax.nets import Decoders, Heads, LinesEncoder, MLPDecoder, MLPEncoder, mean_of
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

    encoder: nn.Module  # a fusion
    decoder: Decoders
    context: Context
    shapes: Shapes
    likelihood: str
    corruption: float
    dropout: float
    weights: dict[str, float]  # of the views, in the loss
    latent_dim: int


def make(
    shapes: Shapes,
    *,
    conditions: dict[str, int],
    n_rows: int,
    fusion: dict[str, Any],
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
      fusion: `name`, in `fusion.FUSIONS`; `dropout`, the share of the rows, in [0, 1),
        that lose one of several views in training; and `lyrics_weight`, what the lyrics
        count in the loss beside the audio, whatever the numbers of features; 0 leaves
        the bound as it is.
      latent_dim: k, the size of z.
      encoder, decoder: names in ENCODERS and DECODERS.
      likelihood: a name in `losses.LIKELIHOODS`.
      corruption: share of the features, in [0, 1), that the encoder does not get to
        see in training; the bound stays one (Im et al. 2017, arXiv:1511.06406).
      log_var_bias: where the posterior's log-variance starts.
      **sizes: the fields of `Sizes`.
    """
    size = Sizes(**sizes)
    parts = Parts(
        encoder=FUSIONS[fusion["name"] if is_joint(shapes) else "early"](
            encoders={v: _encoder(v, encoder, size) for v in views_of(shapes)},
            heads=functools.partial(Heads, latent_dim, size.dtype, log_var_bias),
            dtype=size.dtype,
        ),
        decoder=Decoders(
            {
                view: _decoder(view, decoder, size, {n: shapes[n] for n in names})
                for view, names in views_of(shapes).items()
            }
        ),
        context=Context(tuple(conditions.values())),
        shapes=shapes,
        likelihood=likelihood,
        corruption=corruption,
        dropout=fusion["dropout"],
        weights=view_weights(shapes, fusion["lyrics_weight"]),
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


def _encoder(view: str, name: str, size: Sizes) -> nn.Module:
    return LinesEncoder(_mlp(size)) if view == LYRICS else ENCODERS[name](size)


def _decoder(view: str, name: str, size: Sizes, shapes: Shapes) -> nn.Module:
    """Lyrics come back as the mean over their lines."""
    if view == LYRICS:
        return _from_mlp(size, (1, shapes[LYRICS][1]))
    return DECODERS[name](size, joined_shape(shapes))


def view_weights(shapes: Shapes, lyrics_weight: float) -> dict[str, float]:
    """What the views count in the loss; 1 each leaves the evidence lower bound.

    Every likelihood is calibrated, so a view counts by its number of features: a long
    spectrogram would drown a short vector. `lyrics_weight` undoes that: at 1 lyrics
    count as much as the audio, whatever the sizes.
    """
    weights = dict.fromkeys(views_of(shapes), 1.0)
    if len(weights) > 1 and lyrics_weight:
        audio = sum(math.prod(s) for name, s in shapes.items() if name != LYRICS)
        weights[LYRICS] = lyrics_weight * audio / shapes[LYRICS][1]
    return weights


def _init(parts: Parts, key: Array, batch: Batch) -> Variables:
    keys = jax.random.split(key, 3)
    batch = {name: x[:1] for name, x in batch.items()}
    params = {}
    if parts.context.n_classes:
        found = parts.context.init(keys[2], batch["condition"])
        params["context"] = found["params"]
    about = _told(parts, params, batch)
    z = jnp.concatenate([jnp.zeros((1, parts.latent_dim)), about], axis=-1)
    seen = views(batch, parts.shapes)
    found = {
        "encoder": parts.encoder.init(keys[0], seen, about, False),
        "decoder": parts.decoder.init(keys[1], z, False),
    }
    return {
        "params": params | {name: v["params"] for name, v in found.items()},
        "stats": {name: v.get("batch_stats", {}) for name, v in found.items()},
    }


def _told(parts: Parts, params: dict, batch: Batch) -> Float[Array, "b e"]:
    """The embedding of the labels that the model is told; e = 0 without any."""
    if not parts.context.n_classes:
        return jnp.zeros((batch[next(iter(parts.shapes))].shape[0], 0))
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
    """The batch with features hidden, and one of several views of some rows."""
    several = is_joint(parts.shapes)
    keys = list(jax.random.split(key, len(parts.shapes) + several))
    seen = batch | (_one_view_hidden(parts, keys.pop(), batch) if several else {})
    for k, name in zip(keys, parts.shapes, strict=True):
        kept = jax.random.bernoulli(k, 1.0 - parts.corruption, batch[name].shape)
        seen[name] = batch[name] * kept
    return seen


def _one_view_hidden(parts: Parts, key: Array, batch: Batch) -> Batch:
    """Masks that take either lyrics or audio from a share of the rows with both."""
    has_lyrics = jnp.max(batch[f"{LYRICS}_mask"], axis=1)
    draw = jax.random.uniform(key, has_lyrics.shape)
    no_lyrics = draw < 0.5 * parts.dropout
    no_audio = (draw > 1.0 - 0.5 * parts.dropout) & (has_lyrics > 0)
    return {
        f"{LYRICS}_mask": jnp.where(no_lyrics[:, None], 0.0, batch[f"{LYRICS}_mask"]),
        "audio_mask": 1.0 - no_audio.astype(jnp.float32),
    }


def _posterior(parts: Parts, variables: Variables, batch: Batch, key=None):
    about = _told(parts, variables["params"], batch)
    args = views(batch, parts.shapes), about
    (mean, log_var), stats = _apply(parts, "encoder", variables, args, key)
    return mean, log_var, stats


def _outputs(parts: Parts, variables: Variables, z, batch: Batch, key):
    """What the decoder returns for every modality, and its running averages."""
    about = _told(parts, variables["params"], batch)
    z = jnp.concatenate([z, about], axis=-1)
    x_hat, stats = _apply(parts, "decoder", variables, (z,), key)
    found = {}
    for view, names in views_of(parts.shapes).items():
        if view == LYRICS:
            found[LYRICS] = x_hat[LYRICS]
        else:
            found |= split(x_hat[view], {name: parts.shapes[name] for name in names})
    return found, stats


def _decode(parts: Parts, variables: Variables, z, batch: Batch) -> Batch:
    to_data = losses.OUTPUTS[parts.likelihood]
    found, _ = _outputs(parts, variables, z, batch, None)
    return {name: to_data(x) for name, x in found.items()}


def _reconstruction(parts: Parts, variables: Variables, z, batch: Batch, key=None):
    """Every modality that a row has is reconstructed, seen by the encoder or not."""
    negative_log_prob = losses.LIKELIHOODS[parts.likelihood]
    found, stats = _outputs(parts, variables, z, batch, key)
    terms = {
        f"recon_{name}": negative_log_prob(*_target(batch, name, x_hat))
        for name, x_hat in found.items()
    }
    cost = sum(
        weight * sum(terms[f"recon_{name}"] for name in views_of(parts.shapes)[view])
        for view, weight in parts.weights.items()
    )
    recon = {"recon": sum(terms.values())}
    return cost, terms | recon | _learnt_weights(parts, variables), stats


def _learnt_weights(parts: Parts, variables: Variables) -> dict[str, Array]:
    """What the fusion `weighted` has made of its views."""
    logits = variables["params"]["encoder"].get("pool", {}).get("logits")
    if logits is None:
        return {}
    share = jax.nn.softmax(logits)
    return {f"weight_{view}": share[i] for i, view in enumerate(views_of(parts.shapes))}


def _target(batch: Batch, name: str, x_hat: Array) -> tuple[Array, Array, Array]:
    """A modality, its reconstruction, and its mask; of lyrics the mean over lines."""
    if name != LYRICS:
        return batch[name], x_hat, losses.mask_of(batch, name)
    mask = batch[f"{LYRICS}_mask"]
    there = jnp.max(mask, axis=1)[:, None, None]
    return mean_of(batch[LYRICS], mask)[:, None], x_hat, there
