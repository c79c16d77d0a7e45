"""Training: one run, of any number of seeds at once.

A run is a pure function of its seed, so `vmap` gives many seeds for the price of
few; an epoch is one `lax.scan` with the collection resident on the device. Where that
has no room, it is the same in parts, with rows that are sent there as it goes on.
"""

import functools
import itertools
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh
from jaxtyping import Array, Int

from vaejax.core import Batch, Dataset, Model, State, Variables, fold
from vaejax.devices import by_row, by_seed, everywhere, map_rows, mesh_of, over_seeds
from vaejax.epoch import (
    INIT,
    REFIT,
    Plan,
    end_of_epoch,
    init_state,
    judge,
    judged_rows,
    n_rows,
    order_of,
    train_epoch,
    train_steps,
)
from vaejax.memory import refuse_training
from vaejax.streaming import parts


def optimizer(
    *, learning_rate: float, weight_decay: float, clip_norm: float, warmup_steps: int
) -> optax.GradientTransformation:
    """AdamW with a linear warm-up, clipped gradients, and decay on kernels only."""
    rate = optax.linear_schedule(0.0, learning_rate, max(warmup_steps, 1))

    def kernels(params):
        return jax.tree.map_with_path(lambda path, _: path[-1].key == "kernel", params)

    return optax.chain(
        optax.clip_by_global_norm(clip_norm),
        optax.adamw(rate, weight_decay=weight_decay, mask=kernels),
    )


def template(model: Model, dataset: Dataset, seeds: tuple[int, ...]) -> Variables:
    """Shapes and dtypes of the variables of all seeds, without computing them."""
    first = {name: jnp.asarray(x[:1]) for name, x in dataset.batch.items()}
    init = jax.vmap(lambda seed: model.init(fold(seed, INIT), first))
    return jax.eval_shape(init, jnp.array(seeds, jnp.int32))


def _bytes(shapes: Variables) -> int:
    return sum(x.size * x.dtype.itemsize for x in jax.tree.leaves(shapes))


def judged(
    model: Model,
    dataset: Dataset,
    seeds: tuple[int, ...],
    variables: Variables,
    batch_size: int,
    mesh: Mesh | None = None,
) -> dict[str, np.ndarray]:
    """The terms of the final objective on the held-out rows, {term: [s] or [s, k]}.

    Those of the last epoch in the history, at the variables that are given.
    """
    mesh = mesh or mesh_of(len(seeds))
    judge_some = jax.jit(over_seeds(_judge_part(model), mesh))
    who = jnp.array(seeds, jnp.int32), variables
    sent = _to_judge(dataset, batch_size, mesh)
    losses = _joined([judge_some(who, *part) for part in sent])
    return jax.device_get(jax.tree.map(lambda x: jnp.mean(x, axis=1), losses))


def fit(
    model: Model,
    dataset: Dataset,
    *,
    seeds: tuple[int, ...],
    epochs: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    warmup: float,
    clip_norm: float,
    patience: int,
    plateau: int,
    factor: float,
    mesh: Mesh | None = None,
    restore: Callable[[State], tuple[int, State] | None] = lambda state: None,
    on_epoch: Callable = lambda epoch, state, terms: None,
) -> State:
    """Trains one model per seed, all at once.

    Args:
      model: what to train.
      dataset: rows to train on and rows, `held_out`, to judge an epoch by; without
        any held out, the training rows judge.
      seeds: one model each.
      epochs: passes over the training rows, at most.
      batch_size: rows a step; a smaller collection is one batch.
      warmup: share of all steps over which the learning rate grows from 0; again
        after the model's `refit`.
      patience, plateau, factor: as in `Plan`.
      mesh: of `mesh_of`; None spreads the seeds over the devices.
      restore: given the first state, the (epoch, state) to go on from, or None.
      on_epoch: called with (epochs done, state, {term: [s]}) after every epoch.

    Returns:
      The state; every leaf has a leading [s] axis. A seed whose loss left the finite
      numbers stands where it was before (see `divergence`).
    """
    mesh = mesh or mesh_of(len(seeds))
    trained, held_out = rows_of(dataset)
    n = len(trained)
    batch_size = min(batch_size, n)
    state = _bytes(template(model, dataset, seeds))
    row = sum(x[:1].nbytes for x in dataset.batch.values())
    refuse_training(state, row * batch_size, len(seeds))
    total_steps = epochs * (n // batch_size)
    settled_step = round(model.settled_at * total_steps)
    steps = batch_size, total_steps, settled_step
    plan = Plan(n, len(held_out), *steps, patience, plateau, factor)
    tx = optimizer(
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        clip_norm=clip_norm,
        warmup_steps=round(warmup * total_steps),
    )
    epochs_of = epochs_in_parts if dataset.streamed else resident_epochs
    one_epoch = epochs_of(model, tx, plan, dataset, mesh)
    first = {name: jnp.asarray(x[trained[:1]]) for name, x in dataset.batch.items()}
    init = jax.jit(jax.vmap(functools.partial(init_state, model, tx, first)))
    state = init(jnp.array(seeds, jnp.int32))
    start, state = restore(state) or (0, state)
    state = jax.device_put(state, by_seed(mesh))
    for epoch in range(start, epochs):
        if model.refit and epoch == int(model.refit_at * epochs):
            state = refit_each(model, tx, state, dataset, mesh)
        state, terms = one_epoch(state)
        terms = jax.device_get(terms)
        on_epoch(epoch + 1, state, terms)
        if not terms["running"].any():
            break
    return state


def rows_of(dataset: Dataset) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n2"]]:
    """The rows to train on and the rows to judge by: the same if none is held out."""
    trained = np.flatnonzero(~dataset.held_out)
    held_out = np.flatnonzero(dataset.held_out)
    return trained, held_out if len(held_out) else trained


Epoch = Callable[[State], tuple[State, dict[str, Array]]]  # leaves with a leading [s]


def resident_epochs(
    model: Model, tx, plan: Plan, dataset: Dataset, mesh: Mesh
) -> Epoch:
    """`train_epoch` for every seed as one program, with all rows on the devices."""
    trained, held_out = rows_of(dataset)
    data = _on_devices(dataset.batch, trained, mesh)
    same = held_out is trained
    others = data if same else _on_devices(dataset.batch, held_out, mesh)
    one_epoch = functools.partial(train_epoch, model, tx, plan)
    epoch = jax.jit(over_seeds(one_epoch, mesh), donate_argnums=0)
    return lambda state: epoch(state, data, others)


def _on_devices(batch: Batch, rows: np.ndarray, mesh: Mesh) -> Batch:
    """The rows, and some of them again, so that every device has as many."""
    n = mesh.shape["data"]
    even = np.resize(rows, -(-len(rows) // n) * n)
    return {name: jax.device_put(x[even], by_row(mesh)) for name, x in batch.items()}


def epochs_in_parts(
    model: Model, tx, plan: Plan, dataset: Dataset, mesh: Mesh
) -> Epoch:
    """The same for rows that are sent to the device as they are needed.

    Order, keys and arithmetic are those of `train_epoch`.
    """
    trained, _ = rows_of(dataset)
    judge_part = _judge_part(model)

    def order(state):
        return order_of(state, len(trained), plan.batch_size)

    def some_steps(given):
        state, data = given
        rows = jnp.arange(n_rows(data)).reshape(-1, plan.batch_size)
        return train_steps(model, tx, plan, state, data, rows)

    def end(given):
        return end_of_epoch(plan, *given)

    def judge_and_end(given, *part):
        state, new, terms = given
        losses = judge_part((state.seed, new.variables), *part)
        return end((state, new, terms, losses))

    functions = (order, some_steps, judge_part, end, judge_and_end)
    orders, steps, judge_some, ends, judges_and_ends = (
        jax.jit(over_seeds(f, mesh)) for f in functions
    )

    def epoch(state: State) -> tuple[State, dict[str, Array]]:
        new, terms = state, []
        rows = trained[jax.device_get(orders(state))]
        for _, data in parts(dataset.batch, rows, by_seed(mesh)):
            new, found = steps((new, data))
            terms.append(found)
            jax.block_until_ready(terms[-2:-1])  # lest parts pile up on the device
        sent = _to_judge(dataset, plan.batch_size, mesh)
        first, second = next(sent), next(sent, None)
        if second is None:
            # As in `train_epoch` one program: apart, the compiler rounds otherwise.
            return judges_and_ends((state, new, _joined(terms)), *first)
        losses = []
        for part in itertools.chain((first, second), sent):
            losses.append(judge_some((new.seed, new.variables), *part))
            jax.block_until_ready(losses[-2:-1])
        return ends((state, new, _joined(terms), _joined(losses)))

    return epoch


def _judge_part(model: Model) -> Callable:
    """`judge` of a part that `_to_judge` has sent."""

    def part(who, data, numbers):
        rows = jnp.arange(n_rows(data)).reshape(len(numbers), -1)
        return judge(model, who, data, numbers, rows)

    return part


def _to_judge(
    dataset: Dataset, batch_size: int, mesh: Mesh
) -> Iterator[tuple[Batch, Int[Array, " m"]]]:
    """The rows that judge, in parts on the device; and the numbers of their batches."""
    _, held_out = rows_of(dataset)
    numbers, rows = judged_rows(len(held_out), batch_size)
    for some, data in parts(dataset.batch, held_out[rows], everywhere(mesh)):
        yield data, jnp.asarray(numbers[some])


def _joined(found: list[dict[str, Array]]) -> dict[str, Array]:
    """Terms [s, m, *k] of the parts of an epoch, one after the other."""
    return jax.tree.map(lambda *parts: jnp.concatenate(parts, axis=1), *found)


def refit_each(model: Model, tx, state: State, dataset: Dataset, mesh: Mesh) -> State:
    """Calls `model.refit` for every seed; the optimiser starts anew."""
    trained, _ = rows_of(dataset)
    where = {"rows": trained, "mesh": mesh}
    codes = map_rows(model.encode, state.variables, dataset.batch, **where)

    def refit(i):
        one = jax.tree.map(lambda x: x[i], state)
        key = fold(one.seed, REFIT, one.step)
        return model.refit(one.variables, key, codes[i])

    refitted = [refit(i) for i in range(len(state.step))]
    variables = jax.tree.map(lambda *leaves: jnp.stack(leaves), *refitted)
    state = state._replace(
        variables=variables, opt_state=jax.vmap(tx.init)(variables["params"])
    )
    return jax.device_put(state, by_seed(mesh))
