"""Seeds whose loss left the finite numbers: when, in which term, by whose fault.

Such a seed stands still at the epoch before; the others go on. If its objective had
settled by then it is judged by its best epoch, like any other; if not, it has no
result, its variables are NaN from then on, and nothing of it is scored.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from vaejax import hosts
from vaejax.core import NEVER, Dataset, Model, State, Variables, fold
from vaejax.devices import of_seed
from vaejax.epoch import HELD_OUT, NOISE, order_of
from vaejax.shares import has
from vaejax.train import rows_of

SUMS = ("recon", "loss")  # terms that other terms are parts of, the smaller first
MOST_NAMED = 5  # tracks, in a message


class Divergence(NamedTuple):
    """What happened to one seed; a line of `history.jsonl` keeps it."""

    seed: int  # its place among the seeds
    step: int
    terms: tuple[str, ...]  # that were not finite there
    tracks: tuple[str, ...]  # ids of the rows whose own loss is not finite
    has_result: bool  # whether a best epoch was kept before


def divergences(
    model: Model,
    dataset: Dataset,
    state: State,
    terms: Mapping[str, np.ndarray],
    known: Collection[int],
    *,
    batch_size: int,
    epochs: int,
) -> list[Divergence]:
    """The seeds that left the finite numbers in the epoch that has just ended.

    Args:
      state: after the epoch; leaves with a leading [s].
      terms: of the epoch, {term: [s, ...]}.
      known: seeds that had done so before.
    """
    broken_at = np.asarray(terms["broken_at"])
    n_trained = int(np.sum(~dataset.held_out)) or len(dataset.ids)
    batch_size = min(batch_size, n_trained)
    total_steps = epochs * (n_trained // batch_size)
    found = []
    new = sorted(set(np.flatnonzero(broken_at != NEVER).tolist()) - {*known})
    state = hosts.fetched(state) if new else state
    for seed in new:
        one = of_seed(state, seed)
        step = int(broken_at[seed])
        names = _names({name: np.asarray(x)[seed] for name, x in terms.items()})
        rows = _rows_at(one, dataset, step, batch_size)
        tracks = _blamed(model, one, dataset, rows, step, total_steps)
        has_result = bool(np.isfinite(one.best.loss))
        found.append(Divergence(seed, step, names, tracks, has_result))
    return found


def _names(terms: Mapping[str, np.ndarray | np.generic]) -> tuple[str, ...]:
    """The terms to blame: of training before later ones, parts before sums."""
    odd = [n for n, x in terms.items() if not np.isfinite(x.astype(float)).all()]
    odd = [n for n in odd if not n.startswith("valid_")] or odd
    sums = [n for sum in SUMS for n in odd if n.removeprefix("valid_") == sum]
    parts = [n for n in odd if n not in sums]
    return tuple(parts or sums[:1])


def _rows_at(
    one: State, dataset: Dataset, step: int, batch_size: int
) -> Int[np.ndarray, " b"]:
    """The rows of the collection that were looked at in that step."""
    trained, held_out = rows_of(dataset)
    order = np.asarray(order_of(one, len(trained), batch_size))
    at = step - int(one.step)
    return trained[order[at]] if at < len(order) else held_out


def _blamed(
    model: Model,
    one: State,
    dataset: Dataset,
    rows: Int[np.ndarray, " b"],
    step: int,
    total_steps: int,
) -> tuple[str, ...]:
    """Ids of the rows whose loss is not finite although the variables still were."""
    trains = not np.isin(rows, np.flatnonzero(dataset.held_out)).any()

    @jax.jit
    def loss(row):
        key = fold(one.seed, NOISE, step) if trains else fold(one.seed, HELD_OUT)
        batch = jax.tree.map(lambda x: x[None], row)
        return model.loss(one.variables, key, batch, step / total_steps, train=False)[0]

    batch = dataset.batch
    here = [i for i in rows if all(has(x, i) for x in batch.values())]
    losses = [float(loss({name: x[i] for name, x in batch.items()})) for i in here]
    blamed = [i for i, one in zip(here, losses, strict=True) if not np.isfinite(one)]
    told = {i for found in hosts.everyones([*map(int, blamed)]) for i in found}
    return tuple(dataset.ids[[i for i in rows if i in told]].tolist())


def message(model: str, one: Divergence, *, epoch: int) -> str:
    """What a person should know of it.

    Args:
      epoch: in which it happened.
    """
    who = ", ".join(one.tracks[:MOST_NAMED])
    more = f" and {len(one.tracks) - MOST_NAMED} more"
    if one.tracks:
        why = f"of track {who}{more if len(one.tracks) > MOST_NAMED else ''} alone"
        cure = "Look at these tracks, or leave them out"
    else:
        why = "of no single track"
        cure = "Lower config.train.learning_rate or config.train.clip_norm"
    then = "its best epoch before that is used"
    if not one.has_result:
        then = "it had not settled before that, and has no result"
    return (
        f"Warning: {model}, seed {one.seed}: {', '.join(one.terms)} left the finite "
        f"numbers at step {one.step} (epoch {epoch}), because {why}; {then}. {cure}."
    )


def told(history: Sequence[Mapping[str, Any]]) -> list[str]:
    """The messages of a run, from the rows of its history."""
    return [
        message(row["model"], _of_row(one), epoch=row["epoch"])
        for row in history
        for one in row.get("diverged", ())
    ]


def seeds_of(row: Mapping[str, Any]) -> set[int]:
    """The seeds that left the finite numbers in the epoch of a row."""
    return {one["seed"] for one in row.get("diverged", ())}


def without_result(history: Sequence[Mapping[str, Any]]) -> set[int]:
    """The seeds of one model that have none."""
    found = [_of_row(one) for row in history for one in row.get("diverged", ())]
    return {one.seed for one in found if not one.has_result}


def _of_row(one: Mapping[str, Any]) -> Divergence:
    tuples = {name: tuple(one[name]) for name in ("terms", "tracks")}
    return Divergence(**{**one, **tuples})


def results(state: State) -> Variables:
    """The variables that training ends with, on the host; NaN without a result.

    Raises:
      FloatingPointError: no seed has one.
    """
    broken, best = hosts.fetched((state.broken, state.best))
    lost = (broken != NEVER) & ~np.isfinite(best.loss)
    if lost.all():
        raise FloatingPointError(
            "the loss of every seed left the finite numbers before its objective had "
            "settled; the warnings above say where. Nothing is scored; the last good "
            "checkpoint is kept. Lower config.train.learning_rate or "
            "config.train.clip_norm, and name another --workdir."
        )

    def masked(x):
        if not jnp.issubdtype(x.dtype, jnp.floating):
            return x
        seeds = lost.reshape(-1, *[1] * (x.ndim - 1))
        return np.where(seeds, np.array(np.nan, x.dtype), x)

    return jax.tree.map(masked, best.variables)
