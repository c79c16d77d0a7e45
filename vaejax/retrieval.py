"""Cross-modal retrieval: from the audio of a song to its lyrics, and back.

A model reads one view of a song, decodes the other, and what it decodes is compared
with that view of every song: the rank of its own says how much of it was foreseen.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from vaejax import devices
from vaejax.core import Batch, Model, Variables
from vaejax.data import has_lyrics, mean_of_lines, modalities
from vaejax.fusion import LYRICS

DIRECTIONS = ("audio_to_lyrics", "lyrics_to_audio")
DEPTHS = (1, 5, 10)  # of recall
TIED = 1e-6  # cosines that differ by less, in float32 arithmetic, are equal


class Summary(NamedTuple):
    """How well songs find themselves; beside every figure what chance gives."""

    n_songs: int
    percentile: float  # mean of rank / (m - 1), in [0, 1], 0 is best; chance 0.5
    median_rank: float  # counted from 1; chance (m + 1) / 2
    recall: dict[int, float]  # share of the songs among the first 1, 5 and 10
    recall_by_chance: dict[int, float]
    p_value: float  # one-sided, of the percentile, in [1 / (permutations + 1), 1]


def ranks(
    found: Float[np.ndarray, "n d"],
    candidates: Float[np.ndarray, "m d"],
    seen: Bool[np.ndarray, "m d"] | None = None,
) -> Float[np.ndarray, "n m"]:
    """The rank of every candidate for each of `found`: 0 is the nearest.

    By the cosine of what remains when the mean of the candidates is taken off: decoded
    vectors lie nearer to the mean than true ones, and by distance would find whoever
    does so too. Candidates that are equally near share the mean of their ranks.

    Args:
      found: what was decoded.
      candidates: what it may be.
      seen: the features that a candidate has; the others play no part in its cosine.
    """
    seen = np.ones(candidates.shape, bool) if seen is None else seen
    mean = np.sum(candidates * seen, axis=0) / np.maximum(seen.sum(axis=0), 1)
    x, y = found - mean, np.where(seen, candidates - mean, 0)
    lengths = (x**2 @ seen.T) * np.sum(y**2, axis=1)
    cosine = (x @ y.T) / np.sqrt(np.maximum(lengths, 1e-30))
    return np.stack([_ranked(row) for row in cosine])


def _ranked(cosine: Float[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
    ordered = np.sort(-cosine)
    nearer = np.searchsorted(ordered, -cosine - TIED)
    as_near = np.searchsorted(ordered, -cosine + TIED)
    return (nearer + as_near - 1) / 2


def summary(
    table: Float[np.ndarray, "m m"], *, permutations: int = 999, seed: int = 0
) -> Summary:
    """What the ranks of all songs for all songs say; a song's own is on the diagonal.

    The p-value is the share of shuffles of who owns what that do as well, the true one
    counted in (Phipson & Smyth 2010): a candidate that is near to everything gains
    nothing.
    """
    m = len(table)
    own = np.diagonal(table)
    rng = np.random.default_rng(seed)
    shuffled = [table[np.arange(m), rng.permutation(m)] for _ in range(permutations)]
    reached = sum(bool(row.mean() <= own.mean() + 1e-9) for row in shuffled)
    return Summary(
        n_songs=m,
        percentile=float(own.mean() / max(m - 1, 1)),
        median_rank=1 + float(np.median(own)),
        recall={k: float(np.mean(own < k)) for k in DEPTHS},
        recall_by_chance={k: min(1.0, k / m) for k in DEPTHS},
        p_value=(1 + reached) / (1 + permutations),
    )


def percentile_within(
    table: Float[np.ndarray, "m m"], groups: np.ndarray
) -> float | None:
    """The mean percentile of a song's own among the songs of its group; chance is 0.5.

    What is left of a retrieval when the group is known: the language, say. None where
    no song shares its group with another.

    Args:
      table: of `cross_modal`.
      groups: str [m]; songs with "" are left out.
    """
    found = []
    for own, (row, group) in enumerate(zip(table, groups, strict=True)):
        others = (groups == group) & (np.arange(len(groups)) != own)
        if group and others.any():
            nearer = (row[others] < row[own]) + 0.5 * (row[others] == row[own])
            found.append(nearer.mean())
    return float(np.mean(found)) if found else None


def cross_modal(
    model: Model,
    variables: Variables,
    batch: Batch,
    songs: np.ndarray,
    rows: np.ndarray,
) -> dict[str, Float[np.ndarray, "s m m"]]:
    """The ranks of all songs for all songs, in both of DIRECTIONS.

    Clips of one song share its lyrics, so that there is one query and one candidate a
    song: the means over its clips. Lyrics are means over lines. What a model was told
    of a row is hidden from it as well.

    Args:
      model: that decodes audio and lyrics.
      variables: with a leading [s].
      batch: of a dataset, with lyrics.
      songs: str [n].
      rows: bool or int, those to look at; those without lyrics are left out.

    Returns:
      {direction: of every seed, row i holds the ranks of all songs for what is decoded
      of song i}; nothing where fewer than two songs have both.
    """
    rows = np.arange(len(songs))[rows]
    rows = rows[has_lyrics(batch)[rows]]
    names, song = np.unique(songs[rows], return_inverse=True)
    if len(names) < 2:
        return {}
    batch = {name: np.asarray(x)[rows] for name, x in batch.items()}
    if "condition" in batch:
        batch["condition"] = np.zeros_like(batch["condition"])
    audio = tuple(name for name in modalities(batch) if name != LYRICS)
    decoded = {
        "audio_to_lyrics": foreseen(model, variables, heard(batch), (LYRICS,)),
        "lyrics_to_audio": foreseen(model, variables, read(batch), audio),
    }
    true = {
        "audio_to_lyrics": whole(mean_of_lines(batch)),
        "lyrics_to_audio": _audio(batch, audio),
    }
    tables = {}
    for direction, found in decoded.items():
        x, mask = true[direction]
        candidates, seen = by_song(x, mask, song)
        queries = [by_song(*whole(of_seed), song)[0] for of_seed in found]
        tables[direction] = np.stack([ranks(q, candidates, seen) for q in queries])
    return tables


def heard(batch: Batch) -> Batch:
    """The batch of songs of which a model gets to hear the audio alone."""
    return batch | {f"{LYRICS}_mask": np.zeros_like(batch[f"{LYRICS}_mask"])}


def read(batch: Batch) -> Batch:
    """The batch of songs of which a model gets to read the lyrics alone."""
    return batch | {"audio_mask": np.zeros(len(batch[LYRICS]), np.float32)}


def whole(
    x: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, "n d"], Bool[np.ndarray, "n d"]]:
    """Features that every row has, with a mask of nothing but true."""
    return x, np.ones(x.shape, bool)


def by_song(
    x: Float[np.ndarray, "n d"],
    mask: Bool[np.ndarray, "n d"],
    song: Int[np.ndarray, " n"],
) -> tuple[Float[np.ndarray, "m d"], Bool[np.ndarray, "m d"]]:
    """The mean of every feature over the rows of a song that have it, and who has it.

    Args:
      song: which song a row is of, in [0, m).
    """
    total = np.zeros((song.max() + 1, x.shape[1]), x.dtype)
    count = np.zeros_like(total)
    np.add.at(total, song, np.where(mask, x, 0))
    np.add.at(count, song, mask)
    return total / np.maximum(count, 1), count > 0


def foreseen(
    model: Model, variables: Variables, batch: Batch, names: Sequence[str]
) -> Float[np.ndarray, "s n d"]:
    """What a model makes of modalities that it may not have seen, side by side.

    Args:
      variables: with a leading [s].
    """

    def decode(variables, batch):
        found = model.decode(variables, model.encode(variables, batch), batch)
        rows = [found[name].reshape(len(found[name]), -1) for name in names]
        return jnp.concatenate(rows, axis=1)

    return devices.map_rows(decode, variables, batch)


def _audio(batch: Batch, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """All modalities side by side, [n, d], and where they are not padding."""
    x = [batch[name].reshape(len(batch[name]), -1) for name in names]
    masks = []
    for name in names:
        mask = np.ones(batch[name].shape, bool)
        if f"{name}_mask" in batch:
            mask &= batch[f"{name}_mask"][..., None] > 0
        masks.append(mask.reshape(len(mask), -1))
    return np.hstack(x), np.hstack(masks)
