"""A seed whose loss leaves the finite numbers stops alone, and says where and why."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small import HOW

from vaejax import divergence, epoch, resumable, train
from vaejax.core import NEVER, Dataset, Model, fold
from vaejax.evaluate import Latents, clusterings
from vaejax.run_folder import History
from vaejax.trained import best_seed

SHORT = HOW | dict(epochs=6, patience=100, batch_size=4)


def dataset(n: int = 20, odd: int | None = None) -> Dataset:
    """Rows of ones, the last two held out; one of them is enormous."""
    x = np.ones((n, 3), np.float32)
    if odd is not None:
        x[odd] = 1e30
    ids = np.array([f"t{i:02d}" for i in range(n)])
    held_out = np.arange(n) >= n - 2
    return Dataset({"mel": x}, x, ids, ids, {}, held_out, {}, {}, 1)


def model(first_bad: float = np.inf, seed: int = 1, settled_at: float = 0.0) -> Model:
    """A number that falls; from some progress on one seed's KL is infinite."""

    def init(key, batch):
        mine = jax.random.key_data(fold(seed, epoch.INIT))
        who = jnp.all(jax.random.key_data(key) == mine).astype(float)
        return {"params": {"w": {"kernel": jnp.float32(2.0)}}, "stats": {"who": who}}

    def loss(variables, key, batch, progress, train=True):
        recon = variables["params"]["w"]["kernel"] ** 2 * jnp.mean(batch["mel"] ** 2)
        bad = (variables["stats"]["who"] > 0) & (progress >= first_bad) & train
        kl = jnp.where(bad, jnp.inf, 0.0)
        return recon + kl, ({"recon": recon, "kl": kl}, variables["stats"])

    return Model(init, loss, encode=None, settled_at=settled_at)


def fit(model: Model, data: Dataset):
    """The state of two seeds, the terms of every epoch, and what was told of them."""
    terms, found = [], []

    def on_epoch(epoch, state, of_epoch):
        known = [one.seed for one in found]
        how = {"batch_size": 4, "epochs": 6}
        found.extend(divergence.divergences(model, data, state, of_epoch, known, **how))
        terms.append(of_epoch)

    state = train.fit(model, data, seeds=(0, 1), on_epoch=on_epoch, **SHORT)
    return state, terms, found


def test_a_seed_stops_at_its_last_good_epoch_and_the_other_does_not_notice():
    # 18 rows in batches of 4: 4 steps an epoch, 24 in all; 0.5 is the first of epoch 4.
    state, terms, (one,) = fit(model(first_bad=0.5), dataset())
    plain, _, none = fit(model(), dataset())
    assert none == [] and np.all(np.asarray(plain.broken) == NEVER)
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[0], b[0]), state, plain)
    assert one == divergence.Divergence(1, 12, ("kl",), (), True)
    assert state.step.tolist() == [24, 12] and state.broken.tolist() == [NEVER, 12]
    assert [t["running"].tolist()[1] for t in terms] == [True] * 3 + [False] * 3
    assert np.isinf(terms[3]["kl"][1]) and np.isfinite(terms[3]["recon"][1])
    kernel = divergence.results(state)["params"]["w"]["kernel"]
    assert np.isfinite(kernel).all() and kernel[1] > kernel[0]


def test_the_step_within_an_epoch_is_the_one_that_broke():
    _, _, (one,) = fit(model(first_bad=14 / 24), dataset())
    assert one.step == 14


def test_a_seed_that_had_not_settled_has_no_result():
    state, _, (one,) = fit(model(first_bad=0.5, settled_at=0.9), dataset())
    assert not one.has_result
    kernel = np.asarray(divergence.results(state)["params"]["w"]["kernel"])
    assert np.isfinite(kernel[0]) and np.isnan(kernel[1])


@pytest.mark.parametrize("row, where", [(7, "trained"), (19, "held out")])
def test_the_track_that_is_to_blame_is_named(row, where):
    _, _, found = fit(model(), dataset(odd=row))
    assert [one.seed for one in found] == [0, 1]
    assert all(one.tracks == (f"t{row:02d}",) for one in found), where
    prefix = "valid_" if where == "held out" else ""
    assert all(one.terms == (f"{prefix}recon",) for one in found)
    text = divergence.message("vae", found[0], epoch=1)
    assert f"because of track t{row:02d} alone" in text and "epoch 1" in text


def test_where_every_seed_is_lost_the_run_says_so():
    state, _, _ = fit(model(), dataset(odd=7))
    with pytest.raises(FloatingPointError, match="every seed"):
        divergence.results(state)


def test_a_seed_without_a_result_is_in_no_score_and_never_the_best(tmp_path):
    z = np.random.default_rng(0).normal(size=(3, 30, 2)).astype(np.float32)
    z[1] = np.nan
    latents = Latents("vae", "z", z)
    assert latents.seeds == (0, 2)
    found = list(clusterings(latents, names=("kmeans",), ks=(3,)))
    assert [one.seed for one in found] == [0, 2, None]
    history = History(tmp_path / "history.jsonl")
    row = {"model": "vae", "phase": "training"}
    lost = divergence.Divergence(1, 9, ("kl",), (), False)
    losses = ([3.0, 1.0, 2.0], [3.0, None, 2.5])
    for i, loss in enumerate(losses):
        more = {"diverged": [lost._asdict()]} if i else {}
        history.add(row | {"epoch": i + 1, "valid_loss": loss} | more)
    assert best_seed(History(tmp_path / "history.jsonl").rows) == 2
    (told,) = divergence.told(history.rows)
    assert "seed 1: kl left the finite numbers at step 9 (epoch 2)" in told
    assert "has no result" in told


def test_what_is_not_finite_is_null_in_the_history():
    assert resumable._plain(np.array([1.23456789, np.nan, np.inf])) == [
        1.23457,
        None,
        None,
    ]
    assert resumable._plain(np.array([True, False])) == [True, False]
