"""What VaDE and its mixture do beyond the contract."""

import warnings

import jax
import numpy as np
import pytest
from scipy.stats import multivariate_normal
from small import batch_of, make

from vaejax.mixture import STARTS, moments


def test_vade_before_pretraining_ends_is_an_autoencoder(blobs):
    model = make("vade", blobs[0], corruption=0.0)
    batch = batch_of(blobs[0], 16)
    variables = model.init(jax.random.key(0), batch)
    first = model.loss(variables, jax.random.key(1), batch, 0.0)[0]
    assert first == model.loss(variables, jax.random.key(2), batch, 0.0)[0]
    later = [model.loss(variables, jax.random.key(k), batch, 0.9)[0] for k in (1, 2)]
    assert later[0] != later[1]


def test_vade_assigns_by_the_posterior_of_its_mixture_at_the_mean(blobs):
    model, batch = make("vade", blobs[0]), batch_of(blobs[0], 16)
    variables = model.init(jax.random.key(0), batch)
    variables = model.refit(variables, jax.random.key(1), batch)
    z = np.asarray(model.encode(variables, batch), np.float64)
    mixture = jax.tree.map(np.asarray, variables["params"]["mixture"])
    weights = np.exp(mixture["logits"]) / np.exp(mixture["logits"]).sum()
    joint = np.stack(
        [
            w * multivariate_normal.pdf(z, m, np.diag(np.exp(v)))
            for w, m, v in zip(
                weights, mixture["mean"], mixture["log_var"], strict=True
            )
        ],
        axis=1,
    )
    expected = joint / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.assign(variables, batch), expected, atol=1e-4)


@pytest.mark.parametrize("start", STARTS)
def test_a_start_finds_two_blobs_and_their_log_weights(start):
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.normal(size=(150, 2)), 9 + rng.normal(size=(50, 2))])
    mixture = STARTS[start](z, n_clusters=2, seed=0)
    order = np.argsort(mixture["logits"])
    weights = np.exp(np.asarray(mixture["logits"]))[order]
    np.testing.assert_allclose(weights, [0.25, 0.75], atol=0.01)
    np.testing.assert_allclose(mixture["mean"][order], [[9, 9], [0, 0]], atol=0.4)
    np.testing.assert_allclose(mixture["log_var"], 0.0, atol=0.6)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("n", [4, 12])
def test_a_start_survives_few_rows_and_copies_of_one(start, n):
    for z in (np.zeros((n, 3)), np.random.default_rng(0).normal(size=(n, 3))):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn says that points coincide
            mixture = STARTS[start](z, n_clusters=2, seed=0)
        assert all(np.isfinite(x).all() for x in mixture.values())


def test_moments_are_weighted_means_and_variances():
    z = np.array([[0.0], [2.0], [10.0]])
    r = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    mixture = moments(z, r)
    np.testing.assert_allclose(np.exp(mixture["logits"]), [0.5, 0.5], rtol=1e-5)
    # (0 + 2 / 2) / 1.5 and (2 / 2 + 10) / 1.5
    np.testing.assert_allclose(mixture["mean"], [[2 / 3], [22 / 3]], rtol=1e-5)
    variance = [(0 + 4 / 2) / 1.5 - 4 / 9, (4 / 2 + 100) / 1.5 - (22 / 3) ** 2]
    np.testing.assert_allclose(
        np.exp(mixture["log_var"])[:, 0], variance, rtol=0.03, atol=0.03
    )
