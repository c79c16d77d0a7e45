"""The silhouette of many clusterings of one space, exactly, in blocks on the device.

Distances are computed once, a tile of rows by rows at a time, and summed over the
clusters of all clusterings by one matrix product: time grows with the square of the
rows, memory with the rows alone.
"""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

TILE = 2048  # rows; the distances of as many to as many stay within a CPU's cache
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
    sums = sums.astype(np.float64)
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
    added = ((0, -n % TILE), (0, 0))  # rows that are in no cluster
    z = jax.device_put(np.pad(z - z.mean(axis=0, keepdims=True), added))
    columns = jax.device_put(np.pad(columns, added))
    sums = [
        np.asarray(_tile(z, columns, np.int32(start), size=TILE))
        for start in range(0, n, TILE)
    ]
    return np.concatenate(sums)[:n]


@partial(jax.jit, static_argnames="size")
def _tile(z: Array, columns: Array, start: Array, *, size: int) -> Array:
    """The sums of `size` rows from `start` on."""
    product = partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    place = jnp.arange(size)
    rows = jax.lax.dynamic_slice_in_dim(z, start, size)
    norms = jnp.sum(rows * rows, axis=1)

    def add(i, sums):
        first = i * size
        others = jax.lax.dynamic_slice_in_dim(z, first, size)
        members = jax.lax.dynamic_slice_in_dim(columns, first, size)
        # TensorFloat-32 would lose the small distances.
        products = product(rows, others.T)
        squares = norms[:, None] + jnp.sum(others * others, axis=1)[None] - 2 * products
        itself = (place + start)[:, None] == (place + first)[None]
        distances = jnp.sqrt(jnp.where(itself, 0, jnp.maximum(squares, 0)))
        return sums + product(distances, members)

    nothing = jnp.zeros((size, columns.shape[1]), jnp.float32)
    return jax.lax.fori_loop(0, len(z) // size, add, nothing)
