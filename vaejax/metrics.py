"""Scores of a clustering: external ones against a label, internal ones in a space.

External scores take (clusters, truth), ints or strings [n]; noise (-1) counts as one
more cluster. Purity and NMI rise with the number of clusters even on random ones: read
them beside `ari` and `ami`, which are 0 there, and beside `p_value`.
Internal scores take (z, clusters) without the noise; they compare clusterings of one
space, never spaces or models.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from vaejax import silhouette


def contingency(clusters: np.ndarray, truth: np.ndarray) -> Int[np.ndarray, "c t"]:
    """How many rows each cluster shares with each class."""
    _, rows = np.unique(clusters, return_inverse=True)
    _, columns = np.unique(truth, return_inverse=True)
    table = np.zeros((rows.max() + 1, columns.max() + 1), np.int64)
    np.add.at(table, (rows, columns), 1)
    return table


def ari(clusters: np.ndarray, truth: np.ndarray) -> float:
    """Adjusted Rand index in [-0.5, 1]; 1 is equal, 0 expected of random clusters."""
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(truth, clusters))


def nmi(clusters: np.ndarray, truth: np.ndarray) -> float:
    """Normalised mutual information (arithmetic) in [0, 1]; rises with clusters."""
    from sklearn.metrics import normalized_mutual_info_score

    return float(normalized_mutual_info_score(truth, clusters))


def ami(clusters: np.ndarray, truth: np.ndarray) -> float:
    """Adjusted mutual information, at most 1; 0 expected of random clusters."""
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(truth, clusters))


def purity(clusters: np.ndarray, truth: np.ndarray) -> float:
    """Share of rows in the commonest class of their cluster; rises with clusters."""
    table = contingency(clusters, truth)
    return float(table.max(axis=1).sum() / table.sum())


def accuracy(clusters: np.ndarray, truth: np.ndarray) -> float:
    """Share of rows that agree under the best one-to-one matching (Hungarian)."""
    from scipy.optimize import linear_sum_assignment

    table = contingency(clusters, truth)
    return float(table[linear_sum_assignment(-table)].sum() / table.sum())


def permuted(
    truth: np.ndarray, songs: np.ndarray, *, n: int, seed: int
) -> Int[np.ndarray, "p n"]:
    """The labels as codes, shuffled n times between songs.

    Clips of one song sound alike and share their labels, so shuffling clip by clip
    would call any clustering by song significant.
    """
    _, codes = np.unique(truth, return_inverse=True)
    _, song_codes = np.unique(songs, return_inverse=True)
    pairs, rows = np.unique(np.stack([song_codes, codes]), axis=1, return_inverse=True)
    small = pairs[1].astype(np.min_scalar_type(-codes.max() - 1))  # p x n of them
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(small)[rows.ravel()] for _ in range(n)])


def null_ari(
    clusters: np.ndarray, shuffles: Int[np.ndarray, "p n"]
) -> Float[np.ndarray, " p"]:
    """The ARI of a clustering against each of the shuffled labels."""
    _, rows = np.unique(clusters, return_inverse=True)
    chunk = max(1, 2_000_000 // len(rows))
    parts = [
        _aris(rows, shuffles[i : i + chunk]) for i in range(0, len(shuffles), chunk)
    ]
    return np.concatenate(parts)


def p_value(observed: float, null: Float[np.ndarray, " p"]) -> float:
    """Share of scores on shuffled labels that reach the observed, in [1/(p+1), 1].

    One-sided, with the true labelling counted in (Phipson & Smyth 2010).
    """
    return float((1 + np.sum(null >= observed - 1e-12)) / (1 + len(null)))


def majority(values: np.ndarray, songs: Int[np.ndarray, " n"]) -> np.ndarray:
    """The commonest value among the clips of each song, in the order of the songs.

    Of several that are equally common, the one that sorts first.

    Args:
      songs: codes from 0 on, of every row.
    """
    found, codes = np.unique(values, return_inverse=True)
    counts = np.zeros((songs.max() + 1, len(found)), np.int64)
    np.add.at(counts, (songs, codes), 1)
    return found[counts.argmax(axis=1)]


def _aris(
    rows: Int[np.ndarray, " n"], columns: Int[np.ndarray, "p n"]
) -> Float[np.ndarray, " p"]:
    """The ARI of one clustering against each of p labellings, by one count."""
    p, height, width = len(columns), rows.max() + 1, columns.max() + 1
    cells = (np.arange(p)[:, None] * height + rows[None]) * width + columns
    table = np.bincount(cells.ravel(), minlength=p * height * width)
    return adjusted_rand(table.reshape(p, height, width))


def adjusted_rand(table: Int[np.ndarray, "p c t"]) -> Float[np.ndarray, " p"]:
    """The ARI of each of p contingency tables (Hubert & Arabie 1985)."""
    table = table.astype(np.float64)

    def pairs(counts):
        return np.sum(counts * (counts - 1), axis=tuple(range(1, counts.ndim))) / 2

    together, rows = pairs(table), table.sum(axis=(1, 2))
    in_rows, in_columns = pairs(table.sum(axis=2)), pairs(table.sum(axis=1))
    expected = in_rows * in_columns / np.maximum(rows * (rows - 1) / 2, 1.0)
    largest = (in_rows + in_columns) / 2
    trivial = largest == expected
    return np.where(
        trivial, 1.0, (together - expected) / np.where(trivial, 1.0, largest - expected)
    )


def calinski_harabasz(z: Float[np.ndarray, "n k"], clusters: np.ndarray) -> float:
    """Between over within dispersion, at least 0, higher is better."""
    from sklearn.metrics import calinski_harabasz_score

    return float(calinski_harabasz_score(z, clusters))


def davies_bouldin(z: Float[np.ndarray, "n k"], clusters: np.ndarray) -> float:
    """Mean similarity of each cluster to its nearest, at least 0, lower is better."""
    from sklearn.metrics import davies_bouldin_score

    return float(davies_bouldin_score(z, clusters))


EXTERNAL = {f.__name__: f for f in (ari, nmi, ami, purity, accuracy)}
INTERNAL = {f.__name__: f for f in (calinski_harabasz, davies_bouldin)}


def internal(
    z: Float[np.ndarray, "n k"], clusterings: Sequence[Int[np.ndarray, " n"]]
) -> list[dict[str, float]]:
    """Every internal score of clusterings of one space; without noise, where defined.

    The mean silhouette in [-1, 1], higher is better, and the others; the share of noise
    and the number of clusters that were found.
    """
    values = silhouette.samples(z, clusterings)
    return [_internal(z, *pair) for pair in zip(clusterings, values, strict=True)]


def _internal(z, clusters, silhouettes) -> dict[str, float]:
    kept = clusters >= 0
    found = len(np.unique(clusters[kept]))
    scores = {"noise_share": float(np.mean(~kept)), "clusters_found": float(found)}
    if 2 <= found < kept.sum():
        scores["silhouette"] = float(np.mean(silhouettes[kept]))
        scores |= {name: f(z[kept], clusters[kept]) for name, f in INTERNAL.items()}
    return scores


def external(clusters: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Every external score over the rows whose label is known."""
    return {name: f(clusters, truth) for name, f in EXTERNAL.items()}
