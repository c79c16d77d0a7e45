"""Reconstruction terms against SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import bernoulli, norm

from vaejax import losses

ONES = jnp.ones((8, 1))


def test_gaussian_is_the_likelihood_at_the_best_variance():
    rng = np.random.default_rng(0)
    x, x_hat = rng.normal(size=(2, 8, 5))
    best = np.sqrt(np.mean((x - x_hat) ** 2))
    expected = -norm.logpdf(x, x_hat, best).sum(axis=1).mean()
    found = losses.gaussian(jnp.float32(x), jnp.float32(x_hat), ONES)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    for other in (0.8 * best, 1.2 * best):
        assert -norm.logpdf(x, x_hat, other).sum(axis=1).mean() > found


def test_gaussian_sums_over_features():
    x = jnp.float32(np.random.default_rng(0).normal(size=(8, 3, 5)))
    twice = jnp.concatenate([x, x], axis=2)
    mask = jnp.ones((8, 1, 1))
    one = losses.gaussian(x, jnp.zeros_like(x), mask)
    np.testing.assert_allclose(
        losses.gaussian(twice, jnp.zeros_like(twice), mask), 2 * one, rtol=1e-6
    )


def test_gaussian_and_its_gradient_are_finite_on_a_perfect_reconstruction():
    x = jnp.ones((4, 3))
    value, gradient = jax.value_and_grad(
        lambda y: losses.gaussian(x, y, jnp.ones((4, 1)))
    )(x)
    assert jnp.isfinite(value) and jnp.all(gradient == 0)


def test_bernoulli_is_scipys_on_binary_data():
    rng = np.random.default_rng(0)
    x, logits = rng.integers(2, size=(6, 5)), rng.normal(size=(6, 5))
    expected = -bernoulli.logpmf(x, 1 / (1 + np.exp(-logits))).sum(axis=1).mean()
    found = losses.bernoulli(jnp.float32(x), jnp.float32(logits), jnp.ones((6, 1)))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_bernoulli_is_finite_at_extreme_logits(logit):
    x = jnp.full((2, 3), 0.5)
    assert jnp.isfinite(losses.bernoulli(x, jnp.full((2, 3), logit), jnp.ones((2, 1))))


def test_masked_features_do_not_exist():
    rng = np.random.default_rng(0)
    x, x_hat = jnp.float32(rng.normal(size=(2, 4, 6, 3)))
    mask = jnp.ones((4, 6, 1)).at[:, 4:].set(0.0)
    for loss in losses.LIKELIHOODS.values():
        whole = loss(x[:, :4], x_hat[:, :4], jnp.ones((4, 4, 1)))
        np.testing.assert_allclose(loss(x, x_hat, mask), whole, rtol=1e-5)


def test_a_unit_gaussian_is_the_log_density_of_unit_variance():
    rng = np.random.default_rng(0)
    x, x_hat = rng.normal(size=(2, 5, 3)).astype(np.float32)
    mask = np.ones((5, 1), np.float32)
    mask[4] = 0
    expected = -norm.logpdf(x[:4], x_hat[:4]).sum() / 5
    found = losses.unit_gaussian(jnp.asarray(x), jnp.asarray(x_hat), jnp.asarray(mask))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
