"""One seed's training: a step, an epoch, and what judges it, as pure functions.

`train` runs them for any number of seeds at once. Keys are computed, never carried.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from vaejax.core import NEVER, Batch, Best, Model, State, Variables, fold
from vaejax.devices import spread

INIT, ORDER, NOISE, REFIT, HELD_OUT = range(5)  # what a key is for


class Plan(NamedTuple):
    """What is trained on, and for how long; fixed before it starts."""

    n_trained: int  # rows; more of them may lie on the devices, to be even
    n_held_out: int
    batch_size: int
    total_steps: int
    settled_step: int  # from here on the loss is the final objective
    patience: int  # epochs without a better held-out loss until a seed stops
    plateau: int  # epochs without one until the learning rate falls
    factor: float  # by which it falls


def init_state(model: Model, tx, batch: Batch, seed: Int[Array, ""]) -> State:
    """The state before the first step."""
    variables = model.init(fold(seed, INIT), batch)
    zero = jnp.zeros((), jnp.int32)
    best = Best(jnp.float32(jnp.inf), zero, variables, zero, jnp.float32(1.0))
    opt_state = tx.init(variables["params"])
    return State(zero, seed, variables, opt_state, best, jnp.int32(NEVER))


def train_step(
    model: Model, tx, total_steps: int, state: State, batch: Batch
) -> tuple[State, dict[str, Float[Array, ""]]]:
    """One gradient step. Returns the new state and the terms of the loss."""

    def loss(params):
        variables = state.variables | {"params": params}
        key = fold(state.seed, NOISE, state.step)
        return model.loss(variables, key, batch, state.step / total_steps)

    params = state.variables["params"]
    (value, (terms, stats)), grads = jax.value_and_grad(loss, has_aux=True)(params)
    updates, opt_state = tx.update(grads, state.opt_state, params)
    updates = jax.tree.map(lambda u: state.best.rate * u, updates)
    variables = {"params": optax.apply_updates(params, updates), "stats": stats}
    state = state._replace(
        step=state.step + 1, variables=variables, opt_state=opt_state
    )
    return state, terms | {"loss": value}


def keep_best(state: State, loss: Float[Array, ""], plan: Plan) -> Best:
    """Updates the best epoch, and lowers the rate on a plateau.

    Before the loss is settled the present variables count as the best.
    """
    best, settled = state.best, state.step >= plan.settled_step
    better = ~settled | (loss < best.loss)
    wait = jnp.where(better, 0, best.wait + 1)
    lower = (wait > 0) & (wait % plan.plateau == 0)
    return Best(
        loss=jnp.where(settled & better, loss, best.loss),
        step=jnp.where(better, state.step, best.step),
        variables=jax.tree.map(
            lambda new, old: jnp.where(better, new, old),
            state.variables,
            best.variables,
        ),
        wait=wait,
        rate=jnp.where(lower, best.rate * plan.factor, best.rate),
    )


def train_epoch(
    model: Model, tx, plan: Plan, state: State, data: Batch, held_out: Batch
) -> tuple[State, dict[str, Float[Array, ""]]]:
    """One shuffled pass over `data`, then a look at the held-out rows.

    The ragged last batch is dropped, another one each epoch.
    """
    order = order_of(state, plan.n_trained, plan.batch_size)
    new, terms = train_steps(model, tx, plan, state, data, order)
    numbers, rows = judged_rows(plan.n_held_out, plan.batch_size)
    who = state.seed, new.variables
    losses = judge(model, who, held_out, jnp.asarray(numbers), jnp.asarray(rows))
    return end_of_epoch(plan, state, new, terms, losses)


def n_rows(batch: Batch) -> int:
    """How many rows a batch has."""
    return len(next(iter(batch.values())))


def train_steps(
    model: Model, tx, plan: Plan, state: State, data: Batch, order: Int[Array, "m b"]
) -> tuple[State, dict[str, Float[Array, "m *k"]]]:
    """A gradient step for each line of `order`, which names rows of `data`."""

    def step(state, rows):
        batch = spread(jax.tree.map(lambda x: x[rows], data))
        return train_step(model, tx, plan.total_steps, state, batch)

    return jax.lax.scan(step, state, order)


def order_of(state: State, n: int, batch_size: int) -> Int[Array, "m b"]:
    """The rows of every step of the epoch that starts at this state."""
    order = jax.random.permutation(fold(state.seed, ORDER, state.step), n)
    return order[: n - n % batch_size].reshape(-1, batch_size)


def end_of_epoch(
    plan: Plan,
    state: State,
    new: State,
    terms: dict[str, Float[Array, "m *k"]],
    losses: dict[str, Float[Array, "m2 *k"]],
) -> tuple[State, dict[str, Float[Array, "*k"]]]:
    """The state to go on from, and the terms of an epoch of m steps.

    The losses are those of the batches that judge it.

    A seed whose patience is over stands still. So does one whose loss left the finite
    numbers, at the state before this epoch; its terms are those of the step where that
    happened, which `broken_at` counts from the start of training (NEVER: none did).
    """
    finite = jnp.isfinite(terms["loss"])
    found = {f"valid_{name}": jnp.mean(x, axis=0) for name, x in losses.items()}
    loss = found["valid_loss"]
    whole = finite.all() & jnp.isfinite(loss)
    first = jnp.argmin(finite)  # of the steps that are not, if any is
    last = state.step + jnp.where(finite.all(), len(finite), first)
    running = (state.best.wait < plan.patience) & (state.broken == NEVER)
    broken = jnp.where(running & ~whole, last, state.broken)
    running &= whole
    best = keep_best(new, loss, plan)
    kept = jax.tree.map(
        lambda a, b: jnp.where(running, a, b), new._replace(best=best), state
    )
    means = jax.tree.map(
        lambda x: jnp.where(finite.all(), jnp.mean(x, axis=0), x[first]), terms
    )
    found |= means | {"running": running, "broken_at": broken}
    return kept._replace(broken=broken), found


def judged_rows(
    n: int, batch_size: int
) -> tuple[Int[np.ndarray, " m"], Int[np.ndarray, "m b"]]:
    """The numbers and the rows of the batches, all of one size, that n rows make.

    The last is filled up with rows from the start.
    """
    n_batches = -(-n // batch_size)
    rows = np.arange(n_batches * -(-n // n_batches)).reshape(n_batches, -1) % n
    return np.arange(n_batches), rows


def judge(
    model: Model,
    who: tuple[Int[Array, ""], Variables],
    held_out: Batch,
    numbers: Int[Array, " m"],
    rows: Int[Array, "m b"],
) -> dict[str, Float[Array, "m *k"]]:
    """The final objective and its terms on batches of rows that are not trained on.

    Args:
      who: a seed and its variables.
      numbers: of the batches, which choose their noise: the same in every epoch.
      rows: of `held_out`.
    """
    seed, variables = who
    key = fold(seed, HELD_OUT)

    def one(args):
        i, rows = args
        batch = spread(jax.tree.map(lambda x: x[rows], held_out))
        key_batch = jax.random.fold_in(key, i)
        loss, (terms, _) = model.loss(variables, key_batch, batch, 1.0, train=False)
        return terms | {"loss": loss}

    return jax.lax.map(one, (numbers, rows))
