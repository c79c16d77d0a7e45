"""The types that every other module speaks in.

The letters of the axes, the same everywhere:
  n rows of the collection   b rows of a batch     s seeds
  d features                 k latent dimensions   c clusters
  t frames                   f bands               m modalities   l text tokens
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import optax

Variables = dict[str, Any]  # {"params": ..., "stats": ...}, nested dicts of arrays
Batch = dict[str, Any]  # {name: [b, ...]}


class Track(NamedTuple):
    """One audio file of the collection and what its metadata says about it."""

    track_id: str
    path: Path  # where the audio is
    file_name: str  # as the metadata names it, relative to the root
    song_id: str  # tracks cut from one song share it; never split between sets
    title: str
    artist: str
    columns: dict[str, str]  # language, genre and every other column; "" is unknown
    lyrics: dict[str, str | Path]  # original, romanized, translated: text, or a file


def title_of(track: Track) -> str:
    """Title and artist, as far as they are known."""
    return " · ".join(part for part in (track.title, track.artist) if part)


class Rejected(NamedTuple):
    """A row or file that cannot be used, and why."""

    file_name: str
    track_id: str
    reason: str


class Dataset(NamedTuple):
    """The collection as arrays, rows sorted by track id.

    `raw` and `batch` hold the same rows; `batch` is what models see.
    """

    batch: dict[str, np.ndarray]  # {name: float32 [n, ...]}, standardised, and masks
    raw: np.ndarray  # float32 [n, d], every modality side by side, for baselines
    ids: np.ndarray  # str [n]
    songs: np.ndarray  # str [n]
    labels: dict[str, np.ndarray]  # {column: str [n]}; "" is unknown
    held_out: np.ndarray  # bool [n], rows that choose the epoch and are not trained on
    scale: dict[str, tuple[np.ndarray, np.ndarray]]  # {modality: (mean, deviation)}
    told: dict[str, tuple[str, ...]]  # {column: its classes}, of batch["condition"]
    frame_step: int  # frames of the audio that one frame of an image stands for
    streamed: bool = False  # to the device in parts as training goes on, not at once


class Model(NamedTuple):
    """A model is a handful of pure functions; what it cannot do is None.

    `aux` of the loss is ({term: [] or [k]}, stats), all terms in nats or counts, and
    stats the running averages after the batch. `train=False` leaves out what is for
    training alone: corruption, dropout, statistics of the batch.
    """

    init: Callable  # (key, batch) -> variables
    loss: Callable  # (variables, key, batch, progress, train=True) -> (scalar, aux)
    encode: Callable  # (variables, batch) -> z [b, k], the mean, row by row
    decode: Callable | None = None  # (variables, z, batch) -> {modality: [b, ...]}
    assign: Callable | None = None  # (variables, batch) -> p(c | x) [b, c]
    prior: Callable | None = None  # (variables) -> p(z), as a `mixture.Mixture`
    refit: Callable | None = None  # (variables, key, z) -> variables, on the host
    refit_at: float = 0.0  # progress at which `refit` is called
    settled_at: float = 0.0  # progress from which the loss is the final objective


NEVER = -1  # a step that no training has


class Best(NamedTuple):
    """The best epoch so far, by held-out loss, and how long ago it was."""

    loss: jax.Array  # float32 []
    step: jax.Array  # int32 []
    variables: Variables
    wait: jax.Array  # int32 [], epochs since
    rate: jax.Array  # float32 [], factor on the learning rate


class State(NamedTuple):
    """All that training changes, and all that a checkpoint holds."""

    step: jax.Array  # int32 []
    seed: jax.Array  # int32 []
    variables: Variables
    opt_state: optax.OptState
    best: Best
    broken: jax.Array  # int32 [], the step whose loss was not finite; NEVER: none was


class Middle(NamedTuple):
    """Where an epoch stands whose rows are sent in parts, after one of these."""

    state: State  # so far
    terms: list[dict[str, Any]]  # of the parts so far, {term: [s, m, ...]}
    position: dict[str, Any]  # of `streaming.parts`


def fold(seed: int | jax.Array, *tags: int | jax.Array) -> jax.Array:
    """Returns the key for (seed, *tags); the same call always gives the same key."""
    key = jax.random.key(seed)
    for tag in tags:
        key = jax.random.fold_in(key, tag)
    return key
