"""What VaDE and its mixture do beyond the contract."""

import jax
import numpy as np
from scipy.stats import multivariate_normal
from small import batch_of, make, variables_of


def test_vade_before_pretraining_ends_is_an_autoencoder(blobs):
    model = make("vade", blobs[0], corruption=0.0)
    batch = batch_of(blobs[0], 16)
    variables, loss = variables_of(model, batch), jax.jit(model.loss)
    first, again = (loss(variables, jax.random.key(k), batch, 0.0)[0] for k in (1, 2))
    assert first == again
    first, again = (loss(variables, jax.random.key(k), batch, 0.9)[0] for k in (1, 2))
    assert first != again


def scipys_responsibilities(mixture, z):
    """The posterior p(c | z) [n, c] of a diagonal mixture."""
    weights = np.exp(mixture["logits"]) / np.exp(mixture["logits"]).sum()
    parts = zip(weights, mixture["mean"], np.exp(mixture["log_var"]), strict=True)
    joint = [w * multivariate_normal.pdf(z, m, np.diag(v)) for w, m, v in parts]
    return np.stack(joint, axis=-1) / np.sum(joint, axis=0)[..., None]


def refitted(blobs, **changes):
    model, batch = make("vade", blobs[0], **changes), batch_of(blobs[0], 64)
    model = model._replace(encode=jax.jit(model.encode), assign=jax.jit(model.assign))
    variables = jax.jit(model.init)(jax.random.key(0), batch)
    z = model.encode(variables, batch)
    return model, model.refit(variables, jax.random.key(1), z), batch


def test_vade_assigns_by_its_mixture_at_the_mean_where_it_is_sure_of_z(blobs):
    model, variables, batch = refitted(blobs, log_var_bias=-12.0)
    z = np.asarray(model.encode(variables, batch), np.float64)
    mixture = jax.tree.map(np.asarray, variables["params"]["mixture"])
    expected = scipys_responsibilities(mixture, z)
    np.testing.assert_allclose(model.assign(variables, batch), expected, atol=0.01)


def test_vade_assigns_by_the_mean_over_z_where_it_is_not(blobs):
    model, variables, batch = refitted(blobs, log_var_bias=-2.0)
    mean = np.asarray(model.encode(variables, batch), np.float64)
    noise = np.random.default_rng(0).normal(size=(1000, 1, 4))
    mixture = jax.tree.map(np.asarray, variables["params"]["mixture"])
    found = np.asarray(model.assign(variables, batch))
    expected = scipys_responsibilities(mixture, mean + np.exp(-1) * noise).mean(axis=0)
    at_the_mean = scipys_responsibilities(mixture, mean)
    error = np.abs(found - expected).mean()  # of 32 draws in place of 1,000
    assert error < 0.5 * np.abs(at_the_mean - expected).mean()
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-5)
