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
from jaxtyping import Array, Bool, Int

from vaejax import hosts
from vaejax.core import Batch, Dataset, Middle, Model, State, Variables, fold
from vaejax.devices import (
    by_row,
    by_seed,
    evenly,
    kept,
    map_rows,
    mesh_of,
    of_seed,
    over_seeds,
    placed,
    put,
)
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


@kept
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
    init = jax.vmap(lambda seed, x: model.init(fold(seed, INIT), x), in_axes=(0, None))
    return jax.eval_shape(init, np.array(seeds, np.int32), _first(dataset.batch))


def _first(batch: Batch) -> Batch:
    """A row of the shapes of a batch, which are all that starting values depend on."""
    return {k: np.zeros((1, *x.shape[1:]), x.dtype) for k, x in batch.items()}


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
    who = np.array(seeds, np.int32), variables
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
    restore: Callable[[State], tuple | None] = lambda state: None,
    on_epoch: Callable = lambda epoch, state, terms: None,
    on_part: Callable = lambda epoch, state, middle: None,
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
      restore: given the first state, the (epoch, state) to go on from, or None; or
        (epoch, state, Middle of the epoch that starts there).
      on_epoch: called with (epochs done, state, {term: [s]}) after every epoch.
      on_part: called within an epoch that is sent in parts, with (epochs done, the
        state after them, the Middle).

    Returns:
      The state; every leaf has a leading [s] axis. A seed whose loss left the finite
      numbers stands where it was before (see `divergence`).
    """
    mesh = mesh or mesh_of(len(seeds))
    trained, held_out = rows_of(dataset)
    n = len(trained)
    batch_size = min(batch_size, n)
    state = _bytes(template(model, dataset, seeds))
    row = _bytes(_first(dataset.batch))
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
    state = _init(model, tx, mesh)(_first(dataset.batch), np.array(seeds, np.int32))
    start, state, *middle = restore(state) or (0, state)
    for epoch in range(start, epochs):
        if model.refit and epoch == int(model.refit_at * epochs) and not middle:
            state = refit_each(model, tx, state, dataset, mesh)
        told = functools.partial(on_part, epoch, state)
        state, terms = one_epoch(state, told, *middle)
        middle = []
        terms = hosts.fetched(terms)
        on_epoch(epoch + 1, state, terms)
        if not terms["running"].any():
            break
    return state


@kept
def _init(model: Model, tx, mesh: Mesh) -> Callable:
    """(a batch, seeds) -> their first states."""
    one = functools.partial(init_state, model, tx)
    return jax.jit(jax.vmap(one, in_axes=(None, 0)), out_shardings=by_seed(mesh))


def rows_of(dataset: Dataset) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n2"]]:
    """The rows to train on and the rows to judge by: the same if none is held out."""
    return split(dataset.held_out)


def split(
    held_out: Bool[np.ndarray, " n"],
) -> tuple[Int[np.ndarray, " n2"], Int[np.ndarray, " n3"]]:
    """`rows_of` a dataset with these rows held out."""
    trained, others = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    return trained, others if len(others) else trained


# (state, on_part[, middle]) -> (state, terms); leaves with a leading [s]
Epoch = Callable[..., tuple[State, dict[str, Array]]]


def resident_epochs(
    model: Model, tx, plan: Plan, dataset: Dataset, mesh: Mesh
) -> Epoch:
    """`train_epoch` for every seed as one program, with all rows on the devices."""
    trained, held_out = rows_of(dataset)
    data = _on_devices(dataset.batch, trained, mesh)
    same = held_out is trained
    others = data if same else _on_devices(dataset.batch, held_out, mesh)
    epoch = _resident_epoch(model, tx, plan, mesh)
    return lambda state, *_: epoch(state, data, others)


@kept
def _resident_epoch(model: Model, tx, plan: Plan, mesh: Mesh) -> Callable:
    one_epoch = functools.partial(train_epoch, model, tx, plan)
    return jax.jit(over_seeds(one_epoch, mesh), donate_argnums=0)


def _on_devices(batch: Batch, rows: np.ndarray, mesh: Mesh) -> Batch:
    even, where = evenly(rows, mesh), by_row(mesh)
    return {name: placed(x, even, where) for name, x in batch.items()}


def epochs_in_parts(
    model: Model, tx, plan: Plan, dataset: Dataset, mesh: Mesh
) -> Epoch:
    """The same for rows that are sent to the device as they are needed.

    Order, keys and arithmetic are those of `train_epoch`.
    """
    trained, _ = rows_of(dataset)
    programs = _programs_of_parts(model, tx, plan, mesh)
    orders, steps, judge_some, ends, judges_and_ends = programs

    def epoch(
        state: State,
        on_part: Callable = lambda middle: None,
        middle: Middle | None = None,
    ) -> tuple[State, dict[str, Array]]:
        new, terms, position = middle or Middle(state, [], None)
        terms = jax.tree.map(lambda x: put(x, by_seed(mesh)), terms)
        middle = Middle(new, terms, position)
        rows = trained[hosts.fetched(orders(state))]
        for _, data, position in parts(dataset.batch, rows, mesh, middle.position):
            new, found = steps((middle.state, data))
            jax.block_until_ready(middle.terms[-1:])  # lest parts pile up on the device
            middle = Middle(new, [*middle.terms, found], position)
            on_part(middle)
        new, terms, _ = middle
        sent = _to_judge(dataset, plan.batch_size, mesh)
        first, second = next(sent), next(sent, None)
        if second is None:
            # As in `train_epoch` one program: apart, the compiler rounds otherwise.
            return judges_and_ends((state, new, _joined(terms)), *first)
        losses = []
        for part in itertools.chain((first, second), sent):
            losses.append(judge_some((new.seed, new.variables), *part))
            jax.block_until_ready(losses[-2:-1])
            on_part(middle)
        return ends((state, new, _joined(terms), _joined(losses)))

    return epoch


@kept
def _programs_of_parts(model: Model, tx, plan: Plan, mesh: Mesh) -> tuple:
    """What `epochs_in_parts` runs: order, steps, judge, end, the last two in one."""
    judge_part = _judge_part(model)

    def order(state):
        return order_of(state, plan.n_trained, plan.batch_size)

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
    return tuple(jax.jit(over_seeds(f, mesh)) for f in functions)


def _judge_part(model: Model) -> Callable:
    """`judge` of a part that `_to_judge` has sent."""

    def part(who, data, numbers):
        rows = jnp.arange(n_rows(data)).reshape(len(numbers), -1)
        return judge(model, who, data, numbers, rows)

    return part


def _to_judge(
    dataset: Dataset, batch_size: int, mesh: Mesh
) -> Iterator[tuple[Batch, Int[np.ndarray, " m"]]]:
    """The rows that judge, in parts on the device; and the numbers of their batches."""
    _, held_out = rows_of(dataset)
    numbers, rows = judged_rows(len(held_out), batch_size)
    for some, data, _ in parts(dataset.batch, held_out[rows], mesh):
        yield data, numbers[some]


def _joined(found: list[dict[str, Array]]) -> dict[str, Array]:
    """Terms [s, m, *k] of the parts of an epoch, one after the other."""
    return jax.tree.map(lambda *parts: jnp.concatenate(parts, axis=1), *found)


def refit_each(model: Model, tx, state: State, dataset: Dataset, mesh: Mesh) -> State:
    """Calls `model.refit` for every seed; the optimiser starts anew."""
    trained, _ = rows_of(dataset)
    where = {"rows": trained, "mesh": mesh}
    codes = map_rows(model.encode, state.variables, dataset.batch, **where)
    state = hosts.fetched(state)

    def refit(i):
        one = of_seed(state, i)
        key = fold(one.seed, REFIT, one.step)
        return model.refit(one.variables, key, codes[i])

    variables = state.variables
    if hosts.is_first():
        refitted = [refit(i) for i in range(len(state.step))]
        variables = jax.tree.map(lambda *leaves: np.stack(leaves), *refitted)
    variables = hosts.of_first(variables)
    state = state._replace(variables=variables, opt_state=())
    state = jax.tree.map(lambda x: put(x, by_seed(mesh)), state)
    start = jax.jit(jax.vmap(tx.init), out_shardings=by_seed(mesh))
    return state._replace(opt_state=start(state.variables["params"]))
