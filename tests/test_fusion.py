"""What every fusion keeps to, unasked, and what each of them computes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small import batch_of, make, nets_for, ready, variables_of

from vaejax import models, networks
from vaejax.fusion import FUSIONS


@pytest.fixture(params=FUSIONS)
def name(request):
    return request.param


def with_lyrics(batch):
    return np.asarray(batch["lyrics_mask"]).max(axis=1) > 0


def loss_of(model, fusion, sung):
    """The loss of a model as a function of its parameters, and these."""
    if model == "cvae":
        sung = sung._replace(
            batch=sung.batch | {"condition": np.ones((48, 1), np.int32)}
        )
        sung = sung._replace(told={"kind": ("0", "1")})
    found, batch = make(model, sung, fusion=fusion), batch_of(sung, 48)

    def loss(params):
        given = {"params": params, "stats": {"encoder": {}, "decoder": {}}}
        return found.loss(given, jax.random.key(1), batch, 1.0)

    return loss, lambda: variables_of(found, batch)["params"]


@pytest.mark.parametrize("model", models.NAMES)
def test_every_model_takes_every_fusion(name, model, sung):
    loss, init = loss_of(model, name, sung)
    value, (terms, _) = jax.eval_shape(loss, jax.eval_shape(init))
    assert value.shape == () and {"recon_mel", "recon_lyrics"} < set(terms)


# Every fusion with one model, and every model with one fusion.
LEARNT = [("vae", fusion) for fusion in FUSIONS]
LEARNT += [(model, "mopoe") for model in models.NAMES if model != "vae"]


@pytest.mark.parametrize("model, fusion", LEARNT)
def test_the_loss_has_a_gradient_in_every_leaf(model, fusion, sung):
    loss, init = loss_of(model, fusion, sung)
    grads, _ = jax.jit(jax.grad(loss, has_aux=True))(init())
    for path, g in jax.tree.leaves_with_path(jax.device_get(grads)):
        assert np.isfinite(g).all(), path
        # A softmax does not change when all keys move by the same vector.
        unused = "['key']['bias']" in jax.tree_util.keystr(path)
        assert np.any(g != 0) or unused, path


def test_what_a_mask_hides_changes_nothing(name, sung):
    model, batch, variables = ready("vae", sung, fusion=name)
    encode = jax.jit(model.encode)
    hidden = batch["lyrics_mask"][..., None] == 0
    other = batch | {"lyrics": jnp.where(hidden, 1e3, batch["lyrics"])}
    z = encode(variables, batch)
    np.testing.assert_array_equal(z, encode(variables, other))
    deaf = {"audio_mask": jnp.zeros(12)}
    louder = batch | deaf | {"mel": batch["mel"] + 1e3}
    z = encode(variables, batch | deaf)
    np.testing.assert_array_equal(z, encode(variables, louder))
    loss = jax.jit(model.loss)(variables, jax.random.key(2), batch, 1.0)
    again = jax.jit(model.loss)(variables, jax.random.key(2), other, 1.0)
    jax.tree.map(np.testing.assert_array_equal, loss, again)


def test_both_views_have_a_say_where_both_are_there(name, sung):
    model, batch, variables = ready("vae", sung, fusion=name)
    encode = jax.jit(model.encode)
    z, there = encode(variables, batch), with_lyrics(batch)
    reread = encode(variables, batch | {"lyrics": batch["lyrics"] + 1.0})
    reheard = encode(variables, batch | {"mel": batch["mel"] + 1.0})
    assert np.abs(reread - z)[there].max(axis=1).min() > 1e-4
    assert np.abs(reread - z)[~there].max() == 0
    assert np.abs(reheard - z).max(axis=1).min() > 1e-4


def test_a_row_is_encoded_alone_as_among_others(name, sung):
    model, batch, variables = ready("vae", sung, fusion=name)
    encode = jax.jit(model.encode)
    z = encode(variables, batch)
    part = encode(variables, {key: x[4:7] for key, x in batch.items()})
    np.testing.assert_allclose(z[4:7], part, rtol=1e-4, atol=1e-5)


def test_audio_alone_takes_every_fusion_as_well(name, songs):
    model, batch, variables = ready("vae", songs, fusion=name)
    assert np.isfinite(jax.jit(model.encode)(variables, batch)).all()


def test_training_hides_one_view_of_some_rows_and_never_both(sung):
    nets, batch = nets_for("vae", sung), batch_of(sung, 48)
    rows = {key: jnp.concatenate([x] * 50) for key, x in batch.items()}
    seen = nets.corrupt(jax.random.key(3), rows)
    had = with_lyrics(rows)
    reads, hears = with_lyrics(seen), np.asarray(seen["audio_mask"]) > 0
    assert np.all(reads | hears) and not np.any(reads & ~had)
    assert np.all(hears[~had])
    np.testing.assert_allclose(np.mean(~reads[had]), 0.15, atol=0.03)
    np.testing.assert_allclose(np.mean(~hears[had]), 0.15, atol=0.03)


def test_what_the_encoder_does_not_see_is_reconstructed_all_the_same(sung):
    nets, batch = nets_for("vae", sung, fusion="poe"), batch_of(sung, 12)
    variables = variables_of(nets, batch)
    z = jnp.zeros((12, 4))
    _, terms, _ = nets.reconstruction(variables, z, batch, None)
    x_hat = np.asarray(nets.decode(variables, z, batch)["lyrics"])[:, 0]
    mask = np.asarray(batch["lyrics_mask"])
    there = mask.max(axis=1) > 0
    x = np.asarray(batch["lyrics"]).sum(axis=1)[there] / mask.sum(1)[there, None]
    variance = np.mean((x - x_hat[there]) ** 2)
    nats = 0.5 * 3 * there.sum() / 12 * (np.log(2 * np.pi * variance) + 1)
    np.testing.assert_allclose(terms["recon_lyrics"], nats, rtol=1e-5)


def pooled(name, mean, log_var, present, train=False):
    pool = FUSIONS[name].keywords["pool"]()
    given = (mean, log_var, jnp.asarray(present, jnp.float32), train)
    variables = pool.init({"params": jax.random.key(0)}, *given[:3], False)
    rngs = {"dropout": jax.random.key(1)}
    return pool.apply(variables, *given, rngs=rngs)


MEAN = jnp.array([[[2.0], [2.0], [2.0]], [[-1.0], [-1.0], [-1.0]]])  # [m, b, k]
LOG_VAR = jnp.log(jnp.array([[[0.5], [0.5], [0.5]], [[0.25], [0.25], [0.25]]]))
PRESENT = [[1, 1, 0], [1, 0, 0]]  # both, the first, none


def test_late_averages_the_moments_of_what_is_there():
    for name in ("late", "weighted"):  # whose weights start equal
        mean, log_var = pooled(name, MEAN, LOG_VAR, PRESENT)
        np.testing.assert_allclose(mean[:2, 0], [0.5, 2.0], rtol=1e-6)
        both = 0.5 * (np.log(0.5) + np.log(0.25))
        np.testing.assert_allclose(log_var[:2, 0], [both, np.log(0.5)], rtol=1e-6)


def test_a_product_adds_precisions_and_falls_back_to_the_prior():
    mean, log_var = pooled("poe", MEAN, LOG_VAR, PRESENT)
    # 1 + 2 + 4 = 7, of which 2 * 2 - 4 * 1 = 0; 1 + 2 = 3, of which 4; the prior
    np.testing.assert_allclose(mean[:, 0], [0.0, 4 / 3, 0.0], atol=1e-6)
    np.testing.assert_allclose(np.exp(-log_var[:, 0]), [7.0, 3.0, 1.0], rtol=1e-6)


def test_a_mixture_of_products_has_the_moments_of_all_sets_that_are_there():
    mean, log_var = pooled("mopoe", MEAN, LOG_VAR, PRESENT)
    means, variances = np.array([4 / 3, -4 / 5, 0.0]), np.array([1 / 3, 1 / 5, 1 / 7])
    np.testing.assert_allclose(mean[:2, 0], [means.mean(), 4 / 3], rtol=1e-5)
    both = np.mean(variances + means**2) - means.mean() ** 2
    np.testing.assert_allclose(np.exp(log_var[:2, 0]), [both, 1 / 3], rtol=1e-5)


def test_in_training_every_row_takes_one_set_of_the_mixture_at_random():
    mean = jnp.tile(MEAN[:, :1], (1, 3000, 1))
    log_var = jnp.tile(LOG_VAR[:, :1], (1, 3000, 1))
    found, _ = pooled("mopoe", mean, log_var, np.ones((2, 3000)), train=True)
    values, counts = np.unique(np.asarray(found[:, 0]).round(4), return_counts=True)
    np.testing.assert_allclose(values, [-0.8, 0.0, 1.3333], atol=1e-4)
    np.testing.assert_allclose(counts / 3000, 1 / 3, atol=0.04)


def test_attention_joins_every_frame_with_the_lines_of_its_own_song(sung):
    """Of two songs that swap their lyrics, each changes and no other does."""
    model, batch, variables = ready("vae", sung, fusion="attention")
    order = np.array([0, 2, 1, *range(3, 12)])
    lyrics = {key: batch[key][order] for key in ("lyrics", "lyrics_mask")}
    encode = jax.jit(model.encode)
    one, other = (encode(variables, given) for given in (batch, batch | lyrics))
    moved = np.abs(one - other).max(axis=1)
    assert (moved[1:3] > 1e-4).all() and np.delete(moved, [1, 2]).max() < 1e-6


def test_weights_of_the_views_are_reported(sung):
    model, batch, variables = ready("vae", sung, fusion="weighted")
    variables["params"]["encoder"]["pool"]["logits"] = jnp.log(jnp.array([3.0, 1.0]))
    _, (terms, _) = model.loss(variables, jax.random.key(0), batch, 1.0)
    np.testing.assert_allclose(terms["weight_audio"], 0.75, rtol=1e-6)
    np.testing.assert_allclose(terms["weight_lyrics"], 0.25, rtol=1e-6)


def test_lyrics_count_what_they_are_told_to_whatever_the_sizes():
    shapes = {"mel": (10, 8), "mfcc": (20,), "lyrics": (4, 5)}
    found = networks.view_weights(shapes, 3.0)
    assert found == {"audio": 1.0, "lyrics": 3.0 * (80 + 20) / 5}
    assert networks.view_weights(shapes, 0.0) == {"audio": 1.0, "lyrics": 1.0}
    assert networks.view_weights({"lyrics": (4, 5)}, 3.0) == {"lyrics": 1.0}


def test_the_cost_weighs_the_views_and_the_report_does_not(sung):
    nets, batch = nets_for("vae", sung), batch_of(sung, 12)
    variables = variables_of(nets, batch)
    cost, terms, _ = nets.reconstruction(variables, jnp.zeros((12, 4)), batch, None)
    weight = networks.view_weights({"mel": (6, 5), "lyrics": (4, 3)}, 5.0)["lyrics"]
    mel, lyrics = terms["recon_mel"], terms["recon_lyrics"]
    np.testing.assert_allclose(cost, mel + weight * lyrics, rtol=1e-6)
    np.testing.assert_allclose(terms["recon"], mel + lyrics, rtol=1e-6)
