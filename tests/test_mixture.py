"""Mixtures against SciPy, and where they start; every shape passes every test."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from vaejax import gaussian
from vaejax.mixture import SHAPES, STARTS, kl_to_mixture, log_joint


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(params=SHAPES.values(), ids=SHAPES)
def shape(request):
    return request.param


def f32(x):
    return jnp.asarray(x, jnp.float32)


def example(shape, n_clusters=3, latent_dim=4):
    """A mixture with every parameter away from its start."""
    first = shape.init(jax.random.key(0), n_clusters, latent_dim)
    rng = np.random.default_rng(1)
    return {k: f32(rng.normal(size=x.shape)) for k, x in first.items()}


def covariances(mixture) -> list[np.ndarray]:
    """The k x k covariances, by the definition in the module's docstring."""
    k = mixture["mean"].shape[1]
    found = []
    for c, log_var in enumerate(np.asarray(mixture["log_var"], np.float64)):
        unit = np.eye(k)
        if "shear" in mixture:
            unit += np.tril(np.asarray(mixture["shear"][c], np.float64), -1)
        back = np.linalg.inv(unit)
        found.append(back @ np.diag(np.exp(log_var)) @ back.T)
    return found


def scipy_log_prob(mixture, z):
    components = zip(np.asarray(mixture["mean"]), covariances(mixture), strict=True)
    return np.stack([multivariate_normal.logpdf(z, m, s) for m, s in components], 1)


def test_log_joint_is_scipys(shape, rng):
    mixture, z = example(shape), rng.normal(size=(7, 4))
    weights = softmax(np.asarray(mixture["logits"]))
    expected = np.log(weights) + scipy_log_prob(mixture, z)
    found = log_joint(shape.log_prob(mixture, f32(z)), mixture["logits"])
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_kl_to_a_component_is_the_textbooks(shape, rng):
    mixture, (mean, log_var) = example(shape), rng.normal(size=(2, 5, 4))
    expected = np.zeros((5, 3))
    for c, covariance in enumerate(covariances(mixture)):
        inverse, log_det = np.linalg.inv(covariance), np.linalg.slogdet(covariance)[1]
        for b in range(5):
            d = mean[b] - np.asarray(mixture["mean"][c])
            trace = np.trace(inverse @ np.diag(np.exp(log_var[b])))
            log_ratio = log_det - log_var[b].sum()
            expected[b, c] = 0.5 * (trace + d @ inverse @ d - 4 + log_ratio)
    found = shape.kl(mixture, f32(mean), f32(log_var))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_shapes_agree_where_there_is_no_correlation(rng):
    mixture = example(SHAPES["diagonal"])
    sheared = mixture | {"shear": jnp.triu(jnp.ones((3, 4, 4)))}  # none below
    mean, log_var = f32(rng.normal(size=(2, 6, 4)))
    for function, given in (("log_prob", (mean,)), ("kl", (mean, log_var))):
        one = getattr(SHAPES["diagonal"], function)(mixture, *given)
        other = getattr(SHAPES["full"], function)(sheared, *given)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_responsibilities_do_not_underflow_in_128_dimensions(shape):
    mixture = shape.init(jax.random.key(0), 2, 128)
    mixture |= {"mean": jnp.stack([jnp.full(128, 10.0), jnp.full(128, 10.1)])}
    log_prob = shape.log_prob(mixture, jnp.zeros((1, 128)))
    joint = log_joint(log_prob, mixture["logits"])
    assert float(jnp.exp(joint).max()) == 0.0, "in probability space all is lost"
    np.testing.assert_allclose(jax.nn.softmax(joint), [[1.0, 0.0]], atol=1e-6)


def test_kl_to_mixture_is_eq_9_of_vade_at_its_best_responsibilities(shape, rng):
    mixture, (mean, log_var) = example(shape), f32(rng.normal(size=(2, 6, 4)))
    to_each = np.asarray(shape.kl(mixture, mean, log_var), np.float64)
    weights = softmax(np.asarray(mixture["logits"], np.float64))

    def bound(q):  # sum_c q KL(q(z|x) || p(z|c)) + KL(q(c|x) || p(c))
        return (q * (to_each + np.log(q) - np.log(weights))).sum(axis=1)

    best = softmax(np.log(weights) - to_each, axis=1)
    found = kl_to_mixture(f32(to_each), mixture["logits"])
    np.testing.assert_allclose(found, bound(best), rtol=1e-4)
    for other in (np.full((6, 3), 1 / 3), softmax(rng.normal(size=(6, 3)), axis=1)):
        assert np.all(bound(other) >= np.asarray(found) - 1e-4)


def test_kl_to_mixture_bounds_the_sampled_kl_from_above(shape, rng):
    mixture, (mean, log_var) = example(shape), rng.normal(size=(2, 4))
    variance = np.diag(np.exp(log_var))
    z = rng.multivariate_normal(mean, variance, 100_000)
    log_q = multivariate_normal.logpdf(z, mean, variance)
    weights = softmax(np.asarray(mixture["logits"], np.float64))
    log_p = logsumexp(np.log(weights) + scipy_log_prob(mixture, z), axis=1)
    to_each = shape.kl(mixture, f32(mean[None]), f32(log_var[None]))
    found = kl_to_mixture(to_each, mixture["logits"])
    assert float(found[0]) >= np.mean(log_q - log_p) - 0.02


def test_kl_to_a_mixture_of_one_standard_component_is_the_plain_kl(shape, rng):
    mean, log_var = f32(rng.normal(size=(2, 5, 3)))
    one = shape.init(jax.random.key(0), 1, 3) | {"mean": jnp.zeros((1, 3))}
    found = kl_to_mixture(shape.kl(one, mean, log_var), one["logits"])
    expected = gaussian.kl_to_standard(mean, log_var).sum(axis=-1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_samples_have_their_components_mean_and_covariance(shape):
    mixture = example(shape)
    component = jnp.full(200_000, 1)
    z = np.asarray(shape.sample(mixture, jax.random.key(0), component))
    expected = covariances(mixture)[1]
    size = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(
        (z.mean(axis=0) - mixture["mean"][1]) / size, 0.0, atol=0.02
    )
    error = (np.cov(z.T) - expected) / np.outer(size, size)
    np.testing.assert_allclose(error, 0.0, atol=0.02)


def test_moments_are_weighted_means_and_variances(shape):
    z = np.array([[0.0], [2.0], [10.0]])
    r = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    mixture = shape.moments(z, r)
    np.testing.assert_allclose(np.exp(mixture["logits"]), [0.5, 0.5], rtol=1e-5)
    # (0 + 2 / 2) / 1.5 and (2 / 2 + 10) / 1.5
    np.testing.assert_allclose(mixture["mean"], [[2 / 3], [22 / 3]], rtol=1e-5)
    variance = [(0 + 4 / 2) / 1.5 - 4 / 9, (4 / 2 + 100) / 1.5 - (22 / 3) ** 2]
    np.testing.assert_allclose(
        np.exp(mixture["log_var"])[:, 0], variance, rtol=0.03, atol=0.03
    )


def test_full_moments_find_the_correlations_of_many_rows(rng):
    covariance = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.5], [0.0, 0.5, 2.0]])
    z = rng.multivariate_normal([1.0, 2.0, 3.0], covariance, 20_000)
    (found,) = covariances(SHAPES["full"].moments(z, np.ones((20_000, 1))))
    np.testing.assert_allclose(found, covariance, atol=0.05)


def test_full_moments_trust_few_rows_with_variances_alone():
    z = np.array([[-1.0, -1.0], [1.0, 1.0]])  # all that is seen is correlated
    (found,) = covariances(SHAPES["full"].moments(z, np.ones((2, 1))))
    # two rows in two dimensions: correlations shrink by 2 / (2 + 2)
    np.testing.assert_allclose(found, [[1.0, 0.5], [0.5, 1.0]], atol=2e-3)


@pytest.mark.parametrize("start", STARTS)
def test_a_start_finds_two_blobs_and_their_log_weights(start, shape, rng):
    z = np.concatenate([rng.normal(size=(150, 2)), 9 + rng.normal(size=(50, 2))])
    mixture = shape.moments(z, STARTS[start](z, n_clusters=2, seed=0))
    order = np.argsort(mixture["logits"])
    weights = np.exp(np.asarray(mixture["logits"]))[order]
    np.testing.assert_allclose(weights, [0.25, 0.75], atol=0.01)
    np.testing.assert_allclose(mixture["mean"][order], [[9, 9], [0, 0]], atol=0.4)
    np.testing.assert_allclose(mixture["log_var"], 0.0, atol=0.6)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("n", [4, 12])
def test_a_start_survives_few_rows_and_copies_of_one(start, shape, n, rng):
    for z in (np.zeros((n, 3)), rng.normal(size=(n, 3))):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn says that points coincide
            r = STARTS[start](z, n_clusters=2, seed=0)
        mixture = shape.moments(z, r)
        assert all(np.isfinite(x).all() for x in mixture.values())
