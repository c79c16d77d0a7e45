"""Fusions: what the views of a song say together about its latent code.

A view is what one encoder reads: the audio, all its modalities side by side, or the
lyrics. Every fusion is a Linen module of one contract:

  fusion(views, context [b, e], train) -> mean, log_var [b, k] of q(z | all views)

`present` of a view is 0 for the rows that lack it. What stands behind a mask has no
part in anything: where a row lacks a view, a learnt token or a prior stands for it.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from vaejax import gaussian
from vaejax.core import Batch
from vaejax.nets import mean_of

Shapes = dict[str, tuple[int, ...]]  # of the modalities, without the batch axis
LYRICS = "lyrics"
BESIDE = 32  # channels that a view takes beside the frames of another
HEADS, WIDTH = 8, 128  # of the attention


class View(NamedTuple):
    """What one encoder reads."""

    x: Float[Array, "b t f"]  # frames of audio, or lines of lyrics
    mask: Float[Array, "b t"]  # 0 where a frame or line is padding
    present: Float[Array, " b"]  # 0 where a row lacks all of it


Views = dict[str, View]
Moments = tuple[Float[Array, "b k"], Float[Array, "b k"]]


def views_of(shapes: Shapes) -> dict[str, tuple[str, ...]]:
    """{view: its modalities}: audio side by side, and lyrics apart from it."""
    audio = tuple(name for name in shapes if name != LYRICS)
    found = {"audio": audio, LYRICS: (LYRICS,) if LYRICS in shapes else ()}
    return {view: names for view, names in found.items() if names}


def is_joint(names: Iterable[str]) -> bool:
    """Whether modalities are of both views, so that there is something to fuse."""
    return len(views_of(dict.fromkeys(names, ()))) > 1


def views(batch: Batch, shapes: Shapes) -> Views:
    """The views of a batch.

    A row without lyrics has 0 in all of its `lyrics_mask`, one without audio in
    `audio_mask`, float [b], which a batch need not have.
    """
    found = {}
    for view, names in views_of(shapes).items():
        x = joined(batch, names)
        masks = [batch[f"{name}_mask"] for name in names if f"{name}_mask" in batch]
        framed = masks and (view == LYRICS or x.shape[1] > 1)
        mask = masks[0] if framed else jnp.ones(x.shape[:2], jnp.float32)
        heard = batch.get("audio_mask", 1.0) if view == "audio" else 1.0
        present = jnp.max(mask, axis=1) * heard
        found[view] = View(x, mask, present)
    return found


def joined(batch: Batch, names: Sequence[str]) -> Float[Array, "b t f"]:
    """Every modality of `names` side by side: frame by frame, or as a single frame."""
    shapes = {name: batch[name].shape[1:] for name in names}
    n_frames = joined_shape(shapes)[0]
    rows = (batch[name] for name in names)
    # The shape, for `len` has no answer where the number of rows is left open.
    parts = [x.reshape(x.shape[0], n_frames, -1) for x in rows]
    return jnp.concatenate(parts, axis=-1)


def joined_shape(shapes: Shapes) -> tuple[int, int]:
    """Frames and bands of all modalities together.

    Images with equally many frames stay images, their bands side by side. Where one is
    a vector, or of another length, everything is a single frame.
    """
    frames = {shape[0] for shape in shapes.values()}
    aligned = len(frames) == 1 and all(len(shape) == 2 for shape in shapes.values())
    n_frames = frames.pop() if aligned else 1
    return n_frames, sum(math.prod(shape) for shape in shapes.values()) // n_frames


def split(x_hat: Float[Array, "b t f"], shapes: Shapes) -> Batch:
    """The modalities of what `joined` has joined."""
    n_frames = x_hat.shape[1]
    bands = [math.prod(shape) // n_frames for shape in shapes.values()]
    parts = jnp.split(x_hat, list(itertools.accumulate(bands))[:-1], axis=-1)
    return {
        name: part.reshape(len(x_hat), *shape)
        for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }


class Filled(nn.Module):
    """Puts a learnt token, as the only frame, where a row lacks a view."""

    @nn.compact
    def __call__(self, views: Views) -> Views:
        """Returns views without gaps; a single view has none."""
        return {name: self._filled(name, view) for name, view in views.items()}

    def _filled(self, name: str, view: View) -> View:
        shape = (1, 1, view.x.shape[-1])
        token = self.param(name, nn.initializers.normal(0.02), shape)
        here = view.present[:, None]
        x = jnp.where(here[..., None] > 0, view.x * view.mask[..., None], token)
        first = (jnp.arange(view.x.shape[1]) == 0).astype(jnp.float32)
        return View(x, jnp.where(here > 0, view.mask, first[None]), view.present)


def whole(views: Views) -> Views:
    """The views with tokens for what is missing; a view alone is never missing."""
    return Filled(name="missing")(views) if len(views) > 1 else views


class Early(nn.Module):
    """One encoder reads the audio, and beside it the mean over the lines of lyrics."""

    encoders: Mapping[str, nn.Module]
    heads: Callable  # name -> nets.Heads
    dtype: str

    @nn.compact
    def __call__(
        self, views: Views, context: Float[Array, "b e"], train: bool
    ) -> Moments:
        """Returns mean and log-variance of the posterior."""
        (name, first), *others = whole(views).items()
        beside = [mean_of(view.x, view.mask) for _, view in others]
        if first.x.shape[1] > 1:  # as channels of every frame: not that many
            beside = [nn.Dense(BESIDE, dtype=self.dtype)(x) for x in beside]
        context = jnp.concatenate([context, *beside], axis=-1)
        h = self.encoders[name](first.x, first.mask, context, train)
        return self.heads(name="heads")(h)


class Attention(nn.Module):
    """Frames attend to lines and lines to frames; Vaswani et al. 2017, sec. 3.2.2.

    The means of both beside what the encoders of the views say make the posterior.
    """

    encoders: Mapping[str, nn.Module]
    heads: Callable  # name -> nets.Heads
    dtype: str

    @nn.compact
    def __call__(
        self, views: Views, context: Float[Array, "b e"], train: bool
    ) -> Moments:
        """Returns mean and log-variance of the posterior."""
        views = whole(views)
        h = [
            self.encoders[name](view.x, view.mask, context, train)
            for name, view in views.items()
        ]
        tokens = {name: self._tokens(name, view) for name, view in views.items()}
        for asking, told in itertools.permutations(views, 2):
            mask = nn.make_attention_mask(views[asking].mask > 0, views[told].mask > 0)
            heard = nn.MultiHeadDotProductAttention(
                HEADS, dtype=self.dtype, name=f"{asking}_to_{told}"
            )(tokens[asking], tokens[told], mask=mask)
            both = nn.LayerNorm(dtype=self.dtype)(tokens[asking] + heard)
            h.append(mean_of(both.astype(jnp.float32), views[asking].mask))
        return self.heads(name="heads")(jnp.concatenate(h, axis=-1))

    def _tokens(self, name: str, view: View) -> Float[Array, "b t w"]:
        init = nn.initializers.normal(0.02)
        place = self.param(f"{name}_place", init, (1, view.x.shape[1], WIDTH))
        return nn.Dense(WIDTH, dtype=self.dtype, name=name)(view.x) + place


class Apart(nn.Module):
    """Every view has an encoder and a posterior of its own, and a pool joins them."""

    encoders: Mapping[str, nn.Module]
    heads: Callable  # name -> nets.Heads
    dtype: str
    pool: Callable

    @nn.compact
    def __call__(
        self, views: Views, context: Float[Array, "b e"], train: bool
    ) -> Moments:
        """Returns mean and log-variance of the posterior."""
        found = []
        for name, view in views.items():
            here = (view.mask * view.present[:, None])[..., None]
            x = jnp.where(here > 0, view.x, 0.0)
            h = self.encoders[name](x, view.mask, context, train)
            found.append(self.heads(name=f"{name}_heads")(h))
        mean, log_var = map(jnp.stack, zip(*found, strict=True))
        present = jnp.stack([view.present for view in views.values()])
        return self.pool(name="pool")(mean, log_var, present, train)


class Average(nn.Module):
    """The means of the moments of the views that are present."""

    @nn.compact
    def __call__(self, mean, log_var, present, train) -> Moments:
        """Returns the moments [b, k] of moments [m, b, k]; present is [m, b]."""
        del train
        return _averaged(mean, log_var, present)


class Weighted(nn.Module):
    """The same with one learnt weight a view."""

    @nn.compact
    def __call__(self, mean, log_var, present, train) -> Moments:
        """Returns the moments [b, k] of moments [m, b, k]; present is [m, b]."""
        del train
        logits = self.param("logits", nn.initializers.zeros, (len(mean),))
        return _averaged(mean, log_var, jax.nn.softmax(logits)[:, None] * present)


class Product(nn.Module):
    """The product of the prior N(0, I) and the views that are present: MVAE.

    Wu & Goodman 2018, arXiv:1802.05335, sec. 2.2.
    """

    @nn.compact
    def __call__(self, mean, log_var, present, train) -> Moments:
        """Returns the moments [b, k] of moments [m, b, k]; present is [m, b]."""
        del train
        return gaussian.product(mean, log_var, present[..., None])


class Mixture(nn.Module):
    """The mixture of the products of all sets of views that are present: MoPoE.

    Sutter et al. 2021, arXiv:2105.02470, sec. 3. In training a row takes one of its
    sets at random, which is a draw from the mixture and leaves a bound; elsewhere the
    posterior is the Gaussian with the moments of the mixture.
    """

    @nn.compact
    def __call__(self, mean, log_var, present, train) -> Moments:
        """Returns the moments [b, k] of moments [m, b, k]; present is [m, b]."""
        sets = np.array([*itertools.product((0.0, 1.0), repeat=len(mean))][1:])
        taken = jnp.asarray(sets, jnp.float32)[:, :, None] * present[None]  # [p, m, b]
        wanted = jnp.sum(sets, axis=1, dtype=jnp.float32)[:, None]
        share = (jnp.sum(taken, axis=1) >= wanted).astype(jnp.float32)  # [p, b]
        share /= jnp.maximum(jnp.sum(share, axis=0), 1.0)[None]
        if train:
            key = self.make_rng("dropout")
            chosen = jax.random.categorical(key, jnp.log(share + 1e-20), axis=0)
            share = jax.nn.one_hot(chosen, len(sets), axis=0)
        means, log_vars = jax.vmap(gaussian.product, (None, None, 0))(
            mean, log_var, taken[..., None]
        )
        return gaussian.mixture_moments(means, log_vars, share[..., None])


def _averaged(mean, log_var, weight: Float[Array, "m b"]) -> Moments:
    share = weight / jnp.maximum(jnp.sum(weight, axis=0), 1e-9)[None]
    return tuple(jnp.sum(share[..., None] * x, axis=0) for x in (mean, log_var))


FUSIONS: dict[str, Callable] = {
    "early": Early,
    "late": partial(Apart, pool=Average),
    "attention": Attention,
    "weighted": partial(Apart, pool=Weighted),
    "poe": partial(Apart, pool=Product),
    "mopoe": partial(Apart, pool=Mixture),
}
