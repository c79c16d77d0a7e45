"""Training: one step, one epoch, one run; any number of seeds at once.

A run is a pure function of its seed, so `vmap` gives many seeds for the price of
few; an epoch is one `lax.scan` with the collection resident on the device.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from vaejax.core import Batch, Best, Dataset, Model, State, Variables, fold
from vaejax.devices import over_seeds, shardings

INIT, ORDER, NOISE, REFIT, HELD_OUT = range(5)  # what a key is for


class Plan(NamedTuple):
    """How long training goes on, in steps and epochs; fixed before it starts."""

    batch_size: int
    total_steps: int
    settled_step: int  # from here on the loss is the final objective
    patience: int  # epochs without a better held-out loss until a seed stops
    plateau: int  # epochs without one until the learning rate falls
    factor: float  # by which it falls


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


def init_state(model: Model, tx, batch: Batch, seed: Int[Array, ""]) -> State:
    """The state before the first step."""
    variables = model.init(fold(seed, INIT), batch)
    zero = jnp.zeros((), jnp.int32)
    best = Best(jnp.float32(jnp.inf), zero, variables, zero, jnp.float32(1.0))
    return State(zero, seed, variables, tx.init(variables["params"]), best)


def template(model: Model, dataset: Dataset, seeds: tuple[int, ...]) -> Variables:
    """Shapes and dtypes of the variables of all seeds, without computing them."""
    first = {name: jnp.asarray(x[:1]) for name, x in dataset.batch.items()}
    init = jax.vmap(lambda seed: model.init(fold(seed, INIT), first))
    return jax.eval_shape(init, jnp.array(seeds, jnp.int32))


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

    The ragged last batch is dropped, another one each epoch. A seed whose patience is
    over stands still.
    """
    n = len(next(iter(data.values())))
    order = jax.random.permutation(fold(state.seed, ORDER, state.step), n)
    order = order[: n - n % plan.batch_size].reshape(-1, plan.batch_size)

    def step(state, rows):
        batch = jax.tree.map(lambda x: x[rows], data)
        return train_step(model, tx, plan.total_steps, state, batch)

    new, terms = jax.lax.scan(step, state, order)
    terms = jax.tree.map(lambda x: jnp.mean(x, axis=0), terms)
    key = fold(state.seed, HELD_OUT)  # the same noise every epoch
    loss, held_out_terms = judge(model, new.variables, key, held_out, plan.batch_size)
    best = keep_best(new, loss, plan)
    running = state.best.wait < plan.patience
    state = jax.tree.map(
        lambda a, b: jnp.where(running, a, b), new._replace(best=best), state
    )
    terms |= {f"valid_{name}": value for name, value in held_out_terms.items()}
    return state, terms | {"valid_loss": loss, "running": running}


def judge(
    model: Model, variables: Variables, key, held_out: Batch, batch_size: int
) -> tuple[Float[Array, ""], dict[str, Float[Array, "..."]]]:
    """The final objective and its terms on rows that are not trained on.

    They go through the networks in batches of one size, as many as hold all rows; the
    last is filled up with rows from the start.
    """
    n = len(next(iter(held_out.values())))
    n_batches = -(-n // batch_size)
    rows = jnp.arange(n_batches * -(-n // n_batches)).reshape(n_batches, -1) % n

    def one(args):
        i, rows = args
        batch = jax.tree.map(lambda x: x[rows], held_out)
        key_batch = jax.random.fold_in(key, i)
        loss, (terms, _) = model.loss(variables, key_batch, batch, 1.0, train=False)
        return loss, terms

    found = jax.lax.map(one, (jnp.arange(n_batches), rows))
    return jax.tree.map(lambda x: jnp.mean(x, axis=0), found)


def judged(
    model: Model,
    dataset: Dataset,
    seeds: tuple[int, ...],
    variables: Variables,
    batch_size: int,
) -> dict[str, np.ndarray]:
    """The terms of the final objective on the held-out rows, {term: [s] or [s, k]}.

    Those of the last epoch in the history, at the variables that are given.
    """
    _, held_out = split(dataset)

    def one(seeded, held_out):
        seed, variables = seeded
        key = fold(seed, HELD_OUT)
        loss, terms = judge(model, variables, key, held_out, batch_size)
        return terms | {"loss": loss}

    seeded = (jnp.array(seeds, jnp.int32), variables)
    return jax.device_get(jax.jit(over_seeds(one, len(seeds)))(seeded, held_out))


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
      restore: given the first state, the (epoch, state) to go on from, or None.
      on_epoch: called with (epochs done, state, {term: [s]}) after every epoch.

    Returns:
      The state; every leaf has a leading [s] axis.

    Raises:
      FloatingPointError: the loss of some seed is not finite.
    """
    by_seed, everywhere = shardings(len(seeds))
    data, held_out = jax.device_put(split(dataset), everywhere)
    n = len(next(iter(data.values())))
    batch_size = min(batch_size, n)
    total_steps = epochs * (n // batch_size)
    settled_step = round(model.settled_at * total_steps)
    plan = Plan(batch_size, total_steps, settled_step, patience, plateau, factor)
    tx = optimizer(
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        clip_norm=clip_norm,
        warmup_steps=round(warmup * total_steps),
    )
    one_epoch = functools.partial(train_epoch, model, tx, plan)
    epoch_fn = jax.jit(over_seeds(one_epoch, len(seeds)), donate_argnums=0)
    first = {name: x[:1] for name, x in data.items()}
    init = jax.jit(jax.vmap(functools.partial(init_state, model, tx, first)))
    state = init(jnp.array(seeds, jnp.int32))
    start, state = restore(state) or (0, state)
    state = jax.device_put(state, by_seed)
    for epoch in range(start, epochs):
        if model.refit and epoch == int(model.refit_at * epochs):
            state = jax.device_put(refit_each(model, tx, state, data), by_seed)
        state, terms = epoch_fn(state, data, held_out)
        terms = jax.device_get(terms)
        refuse_nonfinite(epoch, terms)
        on_epoch(epoch + 1, state, terms)
        if not terms["running"].any():
            break
    return state


def split(dataset: Dataset) -> tuple[Batch, Batch]:
    """The rows to train on and the rows to judge by: the same if none is held out."""
    out = dataset.held_out
    data = {name: jnp.asarray(x[~out]) for name, x in dataset.batch.items()}
    held_out = {name: jnp.asarray(x[out]) for name, x in dataset.batch.items()}
    return data, held_out if out.any() else data


def refit_each(model: Model, tx, state: State, data: Batch) -> State:
    """Calls `model.refit` for every seed; the optimiser starts anew."""

    def refit(i):
        one = jax.tree.map(lambda x: x[i], state)
        key = fold(one.seed, REFIT, one.step)
        return model.refit(one.variables, key, data)

    refitted = [refit(i) for i in range(len(state.step))]
    variables = jax.tree.map(lambda *leaves: jnp.stack(leaves), *refitted)
    return state._replace(
        variables=variables, opt_state=jax.vmap(tx.init)(variables["params"])
    )


def refuse_nonfinite(epoch: int, terms: dict[str, np.ndarray]) -> None:
    """Raises FloatingPointError if the loss of any seed is NaN or infinite."""
    if np.isfinite(terms["loss"]).all():
        return
    broken = [
        name
        for name, values in terms.items()
        if name not in ("loss", "recon") and not np.isfinite(values).all()
    ]
    raise FloatingPointError(
        f"loss is {terms['loss'].tolist()} (one per seed) after epoch {epoch + 1}; the "
        f"term that left the finite range is {', '.join(broken) or 'loss'}. Lower "
        "config.train.learning_rate or config.train.clip_norm and run again."
    )
