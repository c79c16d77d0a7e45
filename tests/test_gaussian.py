"""Every formula against SciPy, or against numbers worked out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate
from scipy.special import logsumexp
from scipy.stats import norm

from vaejax import gaussian


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def f32(x):
    return jnp.asarray(x, jnp.float32)


def test_log_prob_is_scipys(rng):
    z, mean, log_var = rng.normal(size=(3, 5, 4))
    expected = norm.logpdf(z, mean, np.exp(log_var / 2)).sum(axis=-1)
    found = gaussian.log_prob(f32(z), f32(mean), f32(log_var))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_kl_is_the_integral_of_its_definition():
    def integrand(x):
        p, q = norm(0.3, 0.8), norm(-0.5, 1.7)
        return p.pdf(x) * (p.logpdf(x) - q.logpdf(x))

    expected, _ = integrate.quad(integrand, -12, 12)
    found = gaussian.kl(
        f32([0.3]), f32([2 * np.log(0.8)]), f32([-0.5]), f32([2 * np.log(1.7)])
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_kl_to_standard_by_hand():
    # mean 1, variance e: (e + 1 - 1 - 1) / 2
    found = gaussian.kl_to_standard(f32([1.0, 0.0]), f32([1.0, 0.0]))
    np.testing.assert_allclose(found, [(np.e - 1) / 2, 0.0], rtol=1e-6)


def test_kl_to_standard_is_kl_to_mean_zero_and_variance_one(rng):
    mean, log_var = f32(rng.normal(size=(2, 6, 3)))
    zero = jnp.zeros((6, 3))
    np.testing.assert_allclose(
        gaussian.kl_to_standard(mean, log_var).sum(axis=-1),
        gaussian.kl(mean, log_var, zero, zero),
        rtol=1e-5,
    )


def test_samples_have_the_mean_and_variance_asked_for():
    mean, log_var = jnp.full((200_000, 1), 2.0), jnp.full((200_000, 1), np.log(0.25))
    z = gaussian.sample(jax.random.key(0), mean, log_var)
    np.testing.assert_allclose([z.mean(), z.std()], [2.0, 0.5], atol=5e-3)


def test_kl_to_the_aggregate_is_the_mean_kl_to_the_moments_of_all_rows(rng):
    mean, log_var = f32(rng.normal(size=(2, 50, 3)))
    moments = mean.mean(axis=0), np.exp(log_var).mean(axis=0) + mean.var(axis=0)
    expected = [
        gaussian.kl(
            mean[:, k : k + 1],
            log_var[:, k : k + 1],
            moments[0][None, k : k + 1],
            jnp.log(moments[1])[None, k : k + 1],
        ).mean()
        for k in range(3)
    ]
    found = gaussian.kl_to_aggregate(mean, log_var)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_weights_of_stratified_sampling_are_those_of_a_whole_collection():
    # b = 3 of n = 10: itself 1/10, one other for (10 - 2) rows of 20, the last 1/2
    weights = np.exp(gaussian.stratified_log_weights(3, 10))
    np.testing.assert_allclose(
        weights, [[0.1, 0.4, 0.5], [0.5, 0.1, 0.4], [0.4, 0.5, 0.1]], rtol=1e-6
    )
    for batch, n_rows in ((1, 1), (2, 2), (8, 8), (64, 1000)):
        weights = np.exp(gaussian.stratified_log_weights(batch, n_rows))
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)


def test_the_parts_of_the_kl_are_those_of_a_collection_in_one_batch(rng):
    """With all rows in the batch, q(z) is their mean: SciPy's densities say what is."""
    mean, log_var = rng.normal(size=(2, 6, 3))
    z = mean + np.exp(log_var / 2) * rng.normal(size=(6, 3))
    density = norm.logpdf(z[:, None], mean[None], np.exp(log_var / 2)[None])
    weight = np.log(np.full((6, 6), 1 / 5))
    weight[np.arange(6), np.arange(6)] = np.log(1 / 6)
    weight[np.arange(6), (np.arange(6) + 1) % 6] = np.log((6 - 5) / (6 * 5))
    joint = logsumexp(weight + density.sum(axis=-1), axis=1)
    product = logsumexp(weight[..., None] + density, axis=1).sum(axis=-1)
    own = norm.logpdf(z, mean, np.exp(log_var / 2)).sum(axis=-1)
    prior = norm.logpdf(z).sum(axis=-1)
    found = gaussian.kl_decomposed(f32(z), f32(mean), f32(log_var), n_rows=6)
    expected = [
        (own - joint).mean(),
        (joint - product).mean(),
        (product - prior).mean(),
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(sum(found), (own - prior).mean(), rtol=1e-4)


def test_total_correlation_is_0_of_independent_codes_and_large_of_copies(rng):
    one = rng.normal(size=(2000, 2))
    two = np.repeat(one[:, :1], 2, axis=1)
    log_var = np.full((2000, 2), -2.0)
    noise = np.exp(-1.0) * rng.normal(size=(2000, 2))
    apart, copies = (
        float(
            gaussian.kl_decomposed(f32(m + noise), f32(m), f32(log_var), n_rows=2000)[1]
        )
        for m in (one, two)
    )
    # Two normals of variance 1 + e^-2 whose covariance is 1: -log(1 - r^2) / 2
    exact = -0.5 * np.log(1 - (1 / (1 + np.exp(-2))) ** 2)
    assert abs(apart) < 0.1
    np.testing.assert_allclose(copies, exact, atol=0.1)
