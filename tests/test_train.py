"""What training promises: seeds apart, resumed as if never stopped, best epoch kept."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small import HOW, make

from vaejax import devices, epoch, train
from vaejax.core import NEVER, Best, Model, State, fold
from vaejax.devices import mesh_of

SHORT = HOW | dict(epochs=6, patience=100)
PLAN = epoch.Plan(
    n_trained=20,
    n_held_out=4,
    batch_size=4,
    total_steps=20,
    settled_step=0,
    patience=9,
    plateau=5,
    factor=0.5,
)


def assert_equal(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


@pytest.fixture(scope="module")
def whole(blobs):
    """A model, its state at the end and after every epoch, and the terms of these."""
    model, kept, history = make("vade", blobs[0]), {}, []

    def keep(epoch, state, terms):
        kept[epoch] = jax.device_get(state)
        history.append(terms)

    state = train.fit(model, blobs[0], seeds=(0, 1), on_epoch=keep, **SHORT)
    return model, state, kept, history


def test_a_rerun_is_identical(whole, blobs):
    again = train.fit(whole[0], blobs[0], seeds=(0, 1), **SHORT)
    assert_equal(whole[1], again)


def test_seeds_differ(whole):
    kernel = whole[1].variables["params"]["encoder"]["heads"]["mean"]["kernel"]
    assert not np.allclose(kernel[0], kernel[1])


@pytest.mark.parametrize("stop", [1, 3])
def test_a_resumed_run_equals_an_uninterrupted_one(stop, whole, blobs):
    model, state, kept, history = whole
    rest = []
    resumed = train.fit(
        model,
        blobs[0],
        seeds=(0, 1),
        restore=lambda first: (stop, kept[stop]),
        on_epoch=lambda epoch, state, terms: rest.append(terms),
        **SHORT,
    )
    assert_equal(state, resumed)
    assert_equal(history[stop:], rest)


def on_devices(songs, seed: int, data: int):
    """Losses of training and of held-out rows [epochs, s], and codes at the end."""
    model = make("vae", songs, encoder="mlp", decoder="mlp", norm="batch")
    mesh, losses = mesh_of(2, seed=seed, data=data), []

    def keep(epoch, state, terms):
        losses.append([terms["loss"], terms["valid_loss"]])

    how = SHORT | {"batch_size": 16, "epochs": 4, "mesh": mesh, "on_epoch": keep}
    variables = train.fit(model, songs, seeds=(0, 1), **how).variables
    z = devices.map_rows(model.encode, variables, songs.batch, mesh=mesh)
    return *np.array(losses).swapaxes(0, 1), z


@pytest.fixture(scope="module")
def alone(songs):
    return on_devices(songs, 1, 1)


@pytest.mark.parametrize("seed, data", [(2, 4), (1, 3)])
def test_devices_that_share_rows_train_as_one_does(alone, songs, seed, data):
    """Batch statistics are those of all rows; 3 devices share 16 rows unevenly."""
    shared = on_devices(songs, seed, data)
    np.testing.assert_allclose(alone[0], shared[0], rtol=1e-4)
    # A bias before batch statistics has no gradient but rounding; AdamW scales it up.
    np.testing.assert_allclose(alone[1], shared[1], rtol=2e-3)
    np.testing.assert_allclose(alone[2], shared[2], atol=0.02)


def test_more_devices_than_there_are_is_an_error_that_counts_them():
    with pytest.raises(ValueError, match=r"data=5.*ask for 10 devices.*there are 8"):
        mesh_of(2, seed=2, data=5)
    with pytest.raises(ValueError, match=r"mesh.seed=2 does not divide.*seeds=5"):
        mesh_of(5, seed=2)


def state_with(wait: int, loss: float, rate: float = 1.0) -> State:
    variables = {"params": {"w": jnp.float32(3.0)}, "stats": {}}
    best = Best(
        jnp.float32(loss),
        jnp.int32(7),
        {"params": {"w": jnp.float32(1.0)}, "stats": {}},
        jnp.int32(wait),
        jnp.float32(rate),
    )
    return State(jnp.int32(9), jnp.int32(0), variables, (), best, jnp.int32(NEVER))


def test_a_better_epoch_becomes_the_best():
    best = epoch.keep_best(state_with(4, 2.0), jnp.float32(1.5), PLAN)
    assert (best.loss, best.step, best.wait, best.rate) == (1.5, 9, 0, 1.0)
    assert best.variables["params"]["w"] == 3.0


def test_a_worse_epoch_waits_and_lowers_the_rate_on_a_plateau():
    best = epoch.keep_best(state_with(4, 2.0), jnp.float32(2.5), PLAN)
    assert (best.loss, best.step, best.wait, best.rate) == (2.0, 7, 5, 0.5)
    assert best.variables["params"]["w"] == 1.0


def test_before_the_loss_is_settled_no_epoch_counts():
    start = state_with(0, np.inf)
    later = PLAN._replace(settled_step=10)
    best = epoch.keep_best(start, jnp.float32(-9.0), later)
    assert (best.loss, best.wait) == (np.inf, 0)
    assert best.variables["params"]["w"] == 3.0


def test_a_seed_stops_after_its_patience_and_the_others_go_on(blobs):
    def init(key, batch):
        # The number of the second seed falls, that of the first is at its lowest.
        second = jnp.all(
            jax.random.key_data(key) == jax.random.key_data(fold(1, epoch.INIT))
        )
        w = jnp.where(second, 9.0, 0.0)
        return {"params": {"w": {"kernel": w}}, "stats": {}}

    def loss(variables, key, batch, progress, train=True):
        value = variables["params"]["w"]["kernel"] ** 2
        return value, ({"recon": value}, {})

    model, running, steps = Model(init, loss, encode=None), [], []

    def keep(epoch, state, terms):
        running.append(terms["running"].tolist())
        steps.append(state.step.tolist())

    how = SHORT | dict(epochs=12, patience=3)
    state = train.fit(model, blobs[0], seeds=(0, 1), on_epoch=keep, **how)
    assert [first for first, _ in running] == [True] * 4 + [False] * 8
    assert all(second for _, second in running)
    assert steps[-1][0] == steps[3][0] < steps[-1][1], "a stopped seed stands still"
    assert float(state.variables["params"]["w"]["kernel"][1]) < 9.0


def test_the_key_of_a_purpose_is_computed_not_carried():
    one = jax.random.key_data(fold(3, epoch.NOISE, 11))
    np.testing.assert_array_equal(one, jax.random.key_data(fold(3, epoch.NOISE, 11)))
    assert not np.array_equal(one, jax.random.key_data(fold(3, epoch.ORDER, 11)))


def test_map_rows_gives_the_same_in_chunks():
    variables = {"w": jnp.array([1.0, 2.0])}
    batch = {"x": np.arange(10, dtype=np.float32)[:, None]}
    found = devices.map_rows(lambda v, b: v["w"] * b["x"], variables, batch, chunk=3)
    np.testing.assert_array_equal(found[1], 2 * batch["x"])
    assert found.shape == (2, 10, 1)
