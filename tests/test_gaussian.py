"""Every formula against SciPy, or against numbers worked out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal, norm

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
    found = gaussian.kl_per_dim(
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
        gaussian.kl_to_standard(mean, log_var),
        gaussian.kl_per_dim(mean, log_var, zero, zero),
        rtol=1e-5,
    )


def test_samples_have_the_mean_and_variance_asked_for():
    mean, log_var = jnp.full((200_000, 1), 2.0), jnp.full((200_000, 1), np.log(0.25))
    z = gaussian.sample(jax.random.key(0), mean, log_var)
    np.testing.assert_allclose([z.mean(), z.std()], [2.0, 0.5], atol=5e-3)


@pytest.fixture
def mixture(rng):
    weights = np.array([0.5, 0.3, 0.2])
    return weights, rng.normal(size=(3, 4)), rng.normal(size=(3, 4))


def test_mixture_log_joint_is_scipys(rng, mixture):
    weights, means, log_vars = mixture
    z = rng.normal(size=(7, 4))
    expected = np.stack(
        [
            np.log(w) + multivariate_normal.logpdf(z, m, np.diag(np.exp(v)))
            for w, m, v in zip(weights, means, log_vars, strict=True)
        ],
        axis=1,
    )
    found = gaussian.mixture_log_joint(
        f32(z), f32(np.log(weights)), f32(means), f32(log_vars)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_responsibilities_do_not_underflow_in_128_dimensions():
    z = jnp.zeros((1, 128))
    mean = jnp.stack([jnp.full(128, 10.0), jnp.full(128, 10.1)])
    joint = gaussian.mixture_log_joint(z, jnp.zeros(2), mean, jnp.zeros((2, 128)))
    assert float(jnp.exp(joint).max()) == 0.0, "in probability space all is lost"
    np.testing.assert_allclose(jax.nn.softmax(joint), [[1.0, 0.0]], atol=1e-6)


def test_kl_to_mixture_is_eq_9_of_vade_at_its_best_responsibilities(rng, mixture):
    weights, means, log_vars = mixture
    mean, log_var = rng.normal(size=(2, 6, 4))

    to_each = np.stack(
        [
            gaussian.kl_per_dim(
                f32(mean),
                f32(log_var),
                f32(np.tile(means[c], (6, 1))),
                f32(np.tile(log_vars[c], (6, 1))),
            ).sum(axis=-1)
            for c in range(3)
        ],
        axis=1,
    )

    def bound(q):  # sum_c q KL(q(z|x) || p(z|c)) + KL(q(c|x) || p(c))
        return (q * (to_each + np.log(q) - np.log(weights))).sum(axis=1)

    best = softmax(np.log(weights) - to_each, axis=1)
    found, per_dim, assigned = gaussian.kl_to_mixture(
        f32(mean), f32(log_var), f32(np.log(weights)), f32(means), f32(log_vars)
    )
    np.testing.assert_allclose(found, bound(best), rtol=1e-4)
    np.testing.assert_allclose(assigned, best, rtol=1e-3, atol=1e-5)
    of_weights = (best * np.log(best / weights)).sum(axis=1)
    np.testing.assert_allclose(per_dim.sum(axis=1) + of_weights, found, rtol=1e-4)
    for other in (np.full((6, 3), 1 / 3), softmax(rng.normal(size=(6, 3)), axis=1)):
        assert np.all(bound(other) >= np.asarray(found) - 1e-4)


def test_kl_to_mixture_bounds_the_sampled_kl_from_above(rng, mixture):
    weights, means, log_vars = mixture
    mean, log_var = rng.normal(size=4), rng.normal(size=4) - 1
    z = mean + np.exp(log_var / 2) * rng.normal(size=(100_000, 4))
    log_q = norm.logpdf(z, mean, np.exp(log_var / 2)).sum(axis=1)
    log_p = logsumexp(
        [
            np.log(w) + norm.logpdf(z, m, np.exp(v / 2)).sum(axis=1)
            for w, m, v in zip(weights, means, log_vars, strict=True)
        ],
        axis=0,
    )
    found, _, _ = gaussian.kl_to_mixture(
        f32(mean[None]),
        f32(log_var[None]),
        f32(np.log(weights)),
        f32(means),
        f32(log_vars),
    )
    assert float(found[0]) >= np.mean(log_q - log_p) - 0.02


def test_kl_to_a_mixture_of_one_is_the_plain_kl(rng):
    mean, log_var = f32(rng.normal(size=(2, 5, 3)))
    found, _, _ = gaussian.kl_to_mixture(
        mean, log_var, jnp.zeros(1), jnp.zeros((1, 3)), jnp.zeros((1, 3))
    )
    expected = gaussian.kl_to_standard(mean, log_var).sum(axis=-1)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


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
