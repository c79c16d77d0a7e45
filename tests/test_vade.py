"""What VaDE and its mixture do beyond the contract."""

import jax
import numpy as np
from scipy.stats import multivariate_normal
from small import batch_of, make


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
