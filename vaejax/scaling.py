"""Features to mean 0 and deviation 1, in pieces of rows: there is no second array.

A mask says which of x [n, ..., d] there is: [n] or [n, t].
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Float32

from vaejax import hosts
from vaejax.mapped import pieces


def scale_of(
    x: Float[np.ndarray, "n *t d"], seen: Bool[np.ndarray, "n *t"]
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Mean and deviation of every column over what is seen; infinite where constant.

    Sums are float64, and go on from piece to piece, row by row; and over all processes,
    where several have some of the rows each.
    """

    def total(of: Callable) -> Float[np.ndarray, " d"]:
        sums = np.zeros((1, x.shape[-1]))
        for piece in pieces(x):
            rows = of(x[piece][seen[piece]].astype(np.float64))
            sums = np.concatenate([sums, rows]).sum(axis=0, keepdims=True)
        return hosts.total(sums[0])

    n = hosts.total(seen.sum())
    mean = total(lambda x: x) / n
    std = np.sqrt(total(lambda x: (x - mean) ** 2) / n)
    constant = std <= 1e-6 * np.maximum(1.0, np.abs(mean))
    return mean, np.where(constant, np.inf, std)


def scaled(
    x: Float[np.ndarray, "n *t d"],
    mask: Bool[np.ndarray, "n *t"],
    mean: Float[np.ndarray, " d"],
    std: Float[np.ndarray, " d"],
) -> Float32[np.ndarray, "n *t d"]:
    """The features less the mean, in deviations; 0 where there are none."""
    z = (x - mean.astype(np.float32)) / std.astype(np.float32)
    return np.where(mask[..., None], z, 0).astype(np.float32)


def in_place(
    x: Float[np.ndarray, "n *t d"],
    mask: Bool[np.ndarray, "n *t"],
    mean: Float[np.ndarray, " d"],
    std: Float[np.ndarray, " d"],
) -> Float32[np.ndarray, "n *t d"]:
    """`scaled` written over x itself, unless that is of another type."""
    found = x if x.dtype == np.float32 else np.empty(x.shape, np.float32)
    for piece in pieces(x):
        found[piece] = scaled(x[piece], mask[piece], mean, std)
    return found
