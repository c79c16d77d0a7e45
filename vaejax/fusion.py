"""Fusions: from the modalities of a batch to one input of the encoder."""

from collections.abc import Sequence

import jax.numpy as jnp
from jaxtyping import Array, Float

from vaejax.core import Batch


def early(batch: Batch, names: Sequence[str]) -> Float[Array, "b d"]:
    """Every modality of `names`, flattened and side by side."""
    rows = [batch[name].reshape(len(batch[name]), -1) for name in names]
    return jnp.concatenate(rows, axis=-1)


FUSIONS = {f.__name__: f for f in (early,)}
