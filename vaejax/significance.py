"""How sure a score is: corrections for many comparisons, and errors over songs.

All take numbers that others have computed; nothing here clusters or reads files.
"""

import numpy as np
from jaxtyping import Float, Int

from vaejax.metrics import adjusted_rand

GROUPS = 200  # of songs, left out in turn


def max_t(
    observed: Float[np.ndarray, " m"], null: Float[np.ndarray, "m p"]
) -> Float[np.ndarray, " m"]:
    """p-values of m methods, corrected for there being m of them.

    The share of shuffles in which the best of all methods stands as far above its own
    mean as the observed score does: the chance that any of m methods that find nothing
    would reach it. Methods that resemble each other cost little, and the least p stays
    1 / (p + 1) whatever m is (Westfall & Young 1993, single step). Column j of every
    row must be of the same shuffle.
    """
    mean, spread = null.mean(axis=1), null.std(axis=1)
    spread = np.where(spread > 1e-12, spread, np.inf)
    best = ((null - mean[:, None]) / spread[:, None]).max(axis=0)
    t = (observed - mean) / spread
    reached = np.sum(best[None] >= t[:, None] - 1e-9, axis=1)
    return (1 + reached) / (1 + null.shape[1])


def holm(p: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
    """p-values corrected for there being m of them, whatever their dependence.

    Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def groups_of_songs(songs: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """At most GROUPS groups of whole songs, of equally many, drawn at random.

    Args:
      songs: codes from 0 on, of every row.
    """
    n_songs = int(songs.max()) + 1
    places = np.random.default_rng(0).permutation(n_songs)
    return (places * min(n_songs, GROUPS) // n_songs)[songs]


def ari_without(
    clusters: np.ndarray, truth: np.ndarray, groups: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " g"]:
    """The ARI of the rows that are left when each group is taken away."""
    _, rows = np.unique(clusters, return_inverse=True)
    _, columns = np.unique(truth, return_inverse=True)
    shape = (int(groups.max()) + 1, int(rows.max()) + 1, int(columns.max()) + 1)
    cells = np.ravel_multi_index((groups, rows, columns), shape)
    counts = np.bincount(cells, minlength=np.prod(shape)).reshape(shape)
    return adjusted_rand(counts.sum(axis=0)[None] - counts)


def jackknife_error(without: Float[np.ndarray, " g"]) -> float:
    """Standard error of a score over songs, from its values without each group.

    Efron & Stein 1981; a bootstrap would draw songs twice, and a song agrees with
    itself.
    """
    g = len(without)
    return float(np.sqrt((g - 1) / g * np.sum((without - without.mean()) ** 2)))


def two_sided(difference: float, error: float) -> float:
    """P of a difference whose error is normal; 1 where there is neither."""
    from scipy.stats import norm

    if error <= 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * norm.sf(abs(difference) / error))
