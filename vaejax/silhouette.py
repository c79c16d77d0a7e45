"""The silhouette of many clusterings of one space, exactly, in blocks on the device.

Distances are computed once, a block of rows at a time, and summed over the clusters of
all clusterings by one matrix product: time grows with the square of the rows, memory
with the rows alone.
"""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

AT_ONCE = 2**25  # distances in one block
COLUMNS = 64  # clusters are padded to a multiple, or each number of them is compiled


def samples(
    z: Float[np.ndarray, "n k"], clusterings: Sequence[Int[np.ndarray, " n"]]
) -> list[Float[np.ndarray, " n"]]:
    """The silhouette of every row in every clustering, in [-1, 1].

    (b - a) / max(a, b), a the mean distance to the others of the row's cluster and b
    the least mean distance to another cluster (Rousseeuw 1987); 0 in a cluster of one.
    Noise (-1) belongs to no cluster and has NaN. float32 on data moved to their mean;
    NaN everywhere where there are fewer than two clusters.
    """
    codes = [np.unique(c[c >= 0], return_inverse=True)[1] for c in clusterings]
    found = [np.full(len(z), np.nan) for _ in clusterings]
    usable = [i for i, c in enumerate(codes) if c.size and c.max() > 0]
    if not usable:
        return found
    columns, starts = _indicators([clusterings[i] >= 0 for i in usable], codes, usable)
    sums = _sums(z.astype(np.float32), columns)
    for i, start in zip(usable, starts, strict=True):
        kept = clusterings[i] >= 0
        width = codes[i].max() + 1
        found[i][kept] = _of_sums(sums[kept, start : start + width], codes[i])
    return found


def rows_at_once(n: int) -> int:
    """Rows of a block: their distances to all n are in memory together."""
    return int(np.clip(AT_ONCE // n, 1, n))


def _indicators(kept, codes, usable) -> tuple[Float[np.ndarray, "n c"], list[int]]:
    """A column for every cluster of every clustering, and where each one's start."""
    widths = [int(codes[i].max()) + 1 for i in usable]
    starts = np.cumsum([0, *widths])
    total = -(-int(starts[-1]) // COLUMNS) * COLUMNS
    columns = np.zeros((len(kept[0]), total), np.float32)
    for rows, i, start in zip(kept, usable, starts, strict=False):
        columns[np.flatnonzero(rows), start + codes[i]] = 1
    return columns, starts[:-1].tolist()


def _of_sums(
    sums: Float[np.ndarray, "n c"], own: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    sizes = np.bincount(own)
    rows = np.arange(len(own))
    a = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[rows, own] = np.inf
    b = means.min(axis=1)
    largest = np.maximum(a, b)
    value = np.divide(b - a, largest, out=np.zeros(len(own)), where=largest > 0)
    return np.where(sizes[own] > 1, value, 0.0)


def _sums(
    z: Float[np.ndarray, "n k"], columns: Float[np.ndarray, "n c"]
) -> Float[np.ndarray, "n c"]:
    """The distances of every row to all rows, summed over each column's rows."""
    n = len(z)
    block = rows_at_once(n)
    z = z - z.mean(axis=0, keepdims=True)
    sums = [
        _block(z, columns, np.int32(min(start, n - block)), size=block)
        for start in range(0, n, block)
    ]
    last = n - (len(sums) - 1) * block  # rows of the last block that are new
    return np.concatenate([*sums[:-1], np.asarray(sums[-1])[-last:]]).astype(np.float64)


@partial(jax.jit, static_argnames="size")
def _block(z: Array, columns: Array, start: Array, *, size: int) -> Array:
    rows = jax.lax.dynamic_slice_in_dim(z, start, size)
    # TensorFloat-32 would lose the small distances.
    products = jnp.matmul(rows, z.T, precision=jax.lax.Precision.HIGHEST)
    norms = jnp.sum(z * z, axis=1)
    mine = jnp.sum(rows * rows, axis=1)
    squares = mine[:, None] + norms[None] - 2 * products
    itself = jnp.arange(size)[:, None] + start == jnp.arange(len(z))[None]
    distances = jnp.sqrt(jnp.where(itself, 0, jnp.maximum(squares, 0)))
    return jnp.matmul(distances, columns, precision=jax.lax.Precision.HIGHEST)
