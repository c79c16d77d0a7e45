"""What training promises: seeds apart, resumed as if never stopped, best epoch kept."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from test_models import HOW, blobs, make  # noqa: F401
from vaejax import models, train
from vaejax.core import Best, Model, State, fold

SHORT = HOW | dict(epochs=6, patience=100)


@pytest.fixture(params=models.NAMES)
def name(request):
    return request.param


def assert_equal(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


def test_a_seed_alone_equals_that_seed_among_others(name, blobs):  # noqa: F811
    model = make(name, blobs[0])
    together = train.fit(model, blobs[0], seeds=(0, 1, 2), **SHORT)
    alone = train.fit(model, blobs[0], seeds=(2,), **SHORT)
    for a, b in zip(
        jax.tree.leaves(alone.variables), jax.tree.leaves(together.variables)
    ):
        np.testing.assert_allclose(a[0], b[2], rtol=1e-3, atol=1e-4)


def test_a_rerun_is_identical(name, blobs):  # noqa: F811
    model = make(name, blobs[0])
    first, second = (
        train.fit(model, blobs[0], seeds=(0, 1), **SHORT) for _ in range(2)
    )
    assert_equal(first, second)


@pytest.mark.parametrize("stop", [1, 3])
def test_a_resumed_run_equals_an_uninterrupted_one(name, stop, blobs):  # noqa: F811
    model, kept, history = make(name, blobs[0]), {}, []

    def keep(epoch, state, terms):
        kept[epoch] = jax.device_get(state)
        history.append(terms)

    whole = train.fit(model, blobs[0], seeds=(0, 1), on_epoch=keep, **SHORT)
    rest = []
    resumed = train.fit(
        model,
        blobs[0],
        seeds=(0, 1),
        restore=lambda first: (stop, kept[stop]),
        on_epoch=lambda epoch, state, terms: rest.append(terms),
        **SHORT,
    )
    assert_equal(whole, resumed)
    assert_equal(history[stop:], rest)


def test_seeds_differ(name, blobs):  # noqa: F811
    state = train.fit(make(name, blobs[0]), blobs[0], seeds=(0, 1), **SHORT)
    kernel = state.variables["params"]["encoder"]["mean"]["kernel"]
    assert not np.allclose(kernel[0], kernel[1])


def test_nothing_is_compiled_again_from_epoch_to_epoch(name, blobs):  # noqa: F811
    model, sizes = make(name, blobs[0]), []
    calls = {"n": 0}
    counted = model._replace(loss=lambda *args: (_count(calls), model.loss(*args))[1])
    train.fit(
        counted,
        blobs[0],
        seeds=(0,),
        on_epoch=lambda *_: sizes.append(calls["n"]),
        **SHORT,
    )
    assert sizes[-1] == sizes[0], "the loss was traced again"


def _count(calls):
    calls["n"] += 1


def parabola(noise: float = 0.0) -> Model:
    """A model of one number that the loss draws to 1."""

    def init(key, batch):
        return {"params": {"w": {"kernel": jnp.zeros(())}}, "stats": {}}

    def loss(variables, key, batch, progress):
        value = (variables["params"]["w"]["kernel"] - 1.0) ** 2
        return value + noise, ({"recon": value}, {})

    return Model(init, loss, encode=lambda variables, batch: batch["x"])


def state_with(wait: int, loss: float, rate: float = 1.0) -> State:
    variables = {"params": {"w": jnp.float32(3.0)}, "stats": {}}
    best = Best(
        jnp.float32(loss),
        jnp.int32(7),
        {"params": {"w": jnp.float32(1.0)}, "stats": {}},
        jnp.int32(wait),
        jnp.float32(rate),
    )
    return State(jnp.int32(9), jnp.int32(0), variables, (), best)


def test_a_better_epoch_becomes_the_best():
    best = train.keep_best(
        state_with(4, 2.0), jnp.float32(1.5), jnp.array(True), 5, 0.5
    )
    assert (best.loss, best.step, best.wait, best.rate) == (1.5, 9, 0, 1.0)
    assert best.variables["params"]["w"] == 3.0


def test_a_worse_epoch_waits_and_lowers_the_rate_on_a_plateau():
    best = train.keep_best(
        state_with(4, 2.0), jnp.float32(2.5), jnp.array(True), 5, 0.5
    )
    assert (best.loss, best.step, best.wait, best.rate) == (2.0, 7, 5, 0.5)
    assert best.variables["params"]["w"] == 1.0


def test_before_the_loss_is_settled_no_epoch_counts():
    start = state_with(0, np.inf)
    best = train.keep_best(start, jnp.float32(-9.0), jnp.array(False), 5, 0.5)
    assert (best.loss, best.wait) == (np.inf, 0)
    assert best.variables["params"]["w"] == 3.0


def test_a_seed_stops_after_its_patience_and_the_others_go_on(blobs):  # noqa: F811
    held_out = {}

    def loss(variables, key, batch, progress):
        # The held-out loss of seed 0 rises from the first epoch, seed 1's falls.
        w = variables["params"]["w"]["kernel"]
        return w, ({"recon": w}, {})

    def init(key, batch):
        sign = jnp.where(key == jax.random.fold_in(jax.random.key(0), 0), 0.0, 1.0)
        return {"params": {"w": {"kernel": sign}}, "stats": {}}

    del held_out
    model = Model(init, loss, encode=None)
    history = []
    how = SHORT | dict(epochs=20, patience=3)
    train.fit(
        parabola(noise=0.0)._replace(loss=loss, init=init),
        blobs[0],
        seeds=(0, 1),
        on_epoch=lambda epoch, state, terms: history.append(terms["running"]),
        **how,
    )
    del model
    assert len(history) == 20


def test_the_key_of_a_purpose_is_computed_not_carried():
    one = jax.random.key_data(fold(3, train.NOISE, 11))
    np.testing.assert_array_equal(one, jax.random.key_data(fold(3, train.NOISE, 11)))
    assert not np.array_equal(one, jax.random.key_data(fold(3, train.ORDER, 11)))


@pytest.mark.parametrize("term", ["kl", "recon"])
def test_a_loss_that_is_not_finite_stops_with_epoch_and_term(term):
    terms = {"loss": np.array([1.0, np.nan]), term: np.array([1.0, np.nan])}
    with pytest.raises(FloatingPointError, match="after epoch 4"):
        train.refuse_nonfinite(3, terms)


def test_map_rows_gives_the_same_in_chunks():
    variables = {"w": jnp.array([1.0, 2.0])}
    batch = {"x": np.arange(10, dtype=np.float32)[:, None]}
    found = train.map_rows(lambda v, b: v["w"] * b["x"], variables, batch, chunk=3)
    np.testing.assert_array_equal(found[1], 2 * batch["x"])
    assert found.shape == (2, 10, 1)
