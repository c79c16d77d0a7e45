"""Training by parts that are sent to the device: the same numbers, bit by bit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small import HOW, make

from vaejax import divergence, epoch, mapped, streaming, train
from vaejax.core import NEVER, Dataset, Model, fold
from vaejax.devices import by_seed, mesh_of

SHORT = HOW | dict(epochs=4, batch_size=8, patience=100)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Two steps of two seeds at a time; `blobs` has 33 steps an epoch."""
    monkeypatch.setattr(streaming, "PARTS", 1300)


def trained(model: Model, dataset: Dataset, **how):
    """The state, the terms of every epoch, and every state on the way."""
    terms, states = [], {}

    def keep(epoch, state, found):
        terms.append(found)
        states[epoch] = jax.device_get(state)

    state = train.fit(model, dataset, seeds=(0, 1), on_epoch=keep, **SHORT | how)
    return state, terms, states


def assert_equal(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


def in_file(dataset: Dataset, folder) -> Dataset:
    zeros = mapped.in_file(folder)
    batch = {name: mapped.moved(x, zeros) for name, x in dataset.batch.items()}
    return dataset._replace(batch=batch, streamed=True)


def test_a_streamed_run_equals_a_resident_one_also_when_resumed(blobs, tmp_path):
    # VaDE: pretraining, a mixture fitted to all rows, and two seeds of other orders.
    model, other = make("vade", blobs[0]), in_file(blobs[0], tmp_path)
    resident = trained(model, blobs[0])
    streamed = trained(model, other)
    assert_equal(resident[:2], streamed[:2])
    seeds = [jax.tree.map(lambda x, i=i: x[i], resident[0]) for i in (0, 1)]
    assert not np.array_equal(*(epoch.order_of(one, 270, 8) for one in seeds))
    stopped = resident[2][1]
    rest = trained(model, other, restore=lambda first: (1, stopped))
    assert_equal(rest[:2], (resident[0], resident[1][1:]))
    variables = resident[0].best.variables
    judged = [
        train.judged(model, data, (0, 1), variables, 8) for data in (blobs[0], other)
    ]
    assert_equal(*judged)


def number(first_bad: float) -> Model:
    """A number that falls, unless it is at its lowest, as that of the first seed.

    From some progress on the loss of the second is infinite.
    """

    def init(key, batch):
        second = jax.random.key_data(fold(1, epoch.INIT))
        far = jnp.all(jax.random.key_data(key) == second)
        w = jnp.where(far, 9.0, 0.0)
        return {"params": {"w": {"kernel": w}}, "stats": {"far": far * 1.0}}

    def loss(variables, key, batch, progress, train=True):
        w, stats = variables["params"]["w"]["kernel"], variables["stats"]
        value = jnp.mean((w * batch["mel"]) ** 2) * jax.random.uniform(key)
        bad = (stats["far"] > 0) & (progress >= first_bad) & train
        return value + jnp.where(bad, jnp.inf, 0.0), ({"recon": value}, stats)

    return Model(init, loss, encode=None)


def rows(n: int = 39) -> Dataset:
    """Twelve held out: two batches of eight judge, filled up."""
    x = np.random.default_rng(0).normal(size=(n, 3)).astype(np.float32)
    ids = np.array([f"t{i:02d}" for i in range(n)])
    return Dataset({"mel": x}, x, ids, ids, {}, np.arange(n) >= n - 12, {}, {}, 1)


@pytest.mark.parametrize("n_held_out", [12, 0])
def test_a_seed_that_stops_or_breaks_does_so_in_the_same_step(n_held_out):
    model, dataset = number(first_bad=0.6), rows()
    dataset = dataset._replace(held_out=dataset.held_out & bool(n_held_out))
    streamed = dataset._replace(streamed=True)
    how = dict(epochs=6, patience=2)
    found = [trained(model, data, **how) for data in (dataset, streamed)]
    assert_equal(*(one[:2] for one in found))
    state, terms, _ = found[1]
    running = np.array([one["running"] for one in terms])
    assert running[:, 0].tolist() == [True] * 3 + [False], "it stops, by its patience"
    assert running[:, 1].tolist() == [True] * 3 + [False], "it breaks"
    assert state.broken.tolist()[0] == NEVER < state.broken.tolist()[1]
    known = dict(batch_size=8, epochs=6)
    told = [
        divergence.divergences(model, d, one[0], one[1][-1], (), **known)
        for d, one in zip((dataset, streamed), found, strict=True)
    ]
    assert told[0] == told[1] and told[0][0].seed == 1


def test_parts_hold_all_rows_in_order_and_no_step_is_alone(monkeypatch):
    x = np.arange(50, dtype=np.float32)[:, None]
    order = np.random.default_rng(0).permutation(42).reshape(2, 7, 3)
    monkeypatch.setattr(streaming, "PARTS", 2 * 2 * 3 * 4)
    found = list(streaming.parts({"x": x}, order, by_seed(mesh_of(2))))
    assert [part["x"].shape for _, part in found] == [(2, 6, 1), (2, 6, 1), (2, 9, 1)]
    assert [some.stop - some.start for some, _ in found] == [2, 2, 3]
    whole = np.concatenate([part["x"] for _, part in found], axis=1)
    np.testing.assert_array_equal(whole[..., 0], order.reshape(2, -1))


def test_what_fails_in_the_thread_is_told_where_the_parts_are_used():
    class Broken(np.ndarray):
        def __getitem__(self, rows):
            if isinstance(rows, slice):
                return np.ndarray.__getitem__(self, rows)
            raise OSError("the disk is gone")

    batch = {"x": np.zeros((9, 2), np.float32).view(Broken)}
    sent = streaming.parts(batch, np.arange(8).reshape(1, 4, 2), by_seed(mesh_of(1)))
    with pytest.raises(OSError, match="the disk is gone"):
        next(sent)
