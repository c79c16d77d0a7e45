"""Rows that are too long to be kept as vectors: counted into fewer numbers.

Each feature is added to one of SKETCHED numbers, with a sign, both by chance and the
same for every row. Inner products stay what they were in the mean, and squared
distances within sqrt(2 / SKETCHED), 4 %. Charikar, Chen & Farach-Colton 2002, "Finding
Frequent Items in Data Streams"; Weinberger et al. 2009, "Feature Hashing for Large
Scale Multitask Learning".
"""

import numpy as np
from jaxtyping import Float, Shaped

from vaejax.mapped import pieces

MOST = 2**26  # numbers of an array that is kept as it is: 256 MB
SKETCHED = 1024


def as_vectors(x: Shaped[np.ndarray, "n *d"]) -> Float[np.ndarray, "n _"]:
    """Every row as one vector: all of its numbers, or where they are many a sketch."""
    flat = x.reshape(len(x), -1)
    return flat if is_kept(x) else sketch(flat)


def is_kept(x: Shaped[np.ndarray, "n *d"]) -> bool:
    """Whether rows go into vectors as they are."""
    return x.size <= MOST or x[0].size <= SKETCHED


def sketch(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
    """The rows in k = SKETCHED numbers, float32."""
    from scipy.sparse import csr_array

    rng = np.random.default_rng(0)
    d = x.shape[1]
    signs = rng.choice(np.array([-1, 1], np.float32), size=d)
    places = rng.integers(SKETCHED, size=d)
    table = csr_array((signs, places, np.arange(d + 1)), shape=(d, SKETCHED))
    found = np.empty((len(x), SKETCHED), np.float32)
    for piece in pieces(x):
        found[piece] = x[piece] @ table
    return found
