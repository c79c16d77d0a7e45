"""Fusions: from the modalities of a batch to one input of the encoder, and back."""

import itertools
import math
from collections.abc import Sequence

import jax.numpy as jnp
from jaxtyping import Array, Float

from vaejax.core import Batch

Shapes = dict[str, tuple[int, ...]]  # of the modalities, without the batch axis


def early(batch: Batch, names: Sequence[str]) -> Float[Array, "b t f"]:
    """Every modality of `names` side by side: frame by frame, or as a single frame."""
    shapes = {name: batch[name].shape[1:] for name in names}
    n_frames = joined_shape(shapes)[0]
    rows = [x.reshape(len(x), n_frames, -1) for x in (batch[name] for name in names)]
    return jnp.concatenate(rows, axis=-1)


FUSIONS = {f.__name__: f for f in (early,)}


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
    """The modalities of what `early` has joined."""
    n_frames = x_hat.shape[1]
    bands = [math.prod(shape) // n_frames for shape in shapes.values()]
    parts = jnp.split(x_hat, list(itertools.accumulate(bands))[:-1], axis=-1)
    return {
        name: part.reshape(len(x_hat), *shape)
        for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }
