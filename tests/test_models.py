"""The contract, which every new model and network is held to unasked.

The gradient is looked at for every model with every encoder; what is the networks' or
the model's own, `once`.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small import (
    CONFIGS,
    HOW,
    ONE,
    PAIRS,
    batch_of,
    make,
    nets_for,
    options,
    ready,
    variables_of,
)

from vaejax import devices, losses, models, train
from vaejax.data import conditioned, standardised

SHORT = HOW | dict(epochs=4, batch_size=18, patience=100)


# Every model with one kind of networks, and one model with all kinds of them.
ONCE = [(name, PAIRS[0]) for name in models.NAMES]
ONCE += [("vae", pair) for pair in PAIRS[1:]]


@pytest.fixture(params=models.NAMES)
def name(request):
    return request.param


@pytest.fixture(params=PAIRS, ids=lambda pair: pair[1])
def parts(request):
    return parts_of(request.param)


def once(test):
    """For what is the networks' or the model's own, whatever the other of the two."""
    return pytest.mark.parametrize("name, pair", ONCE, ids=ids_of)(test)


def ids_of(part) -> str:
    return part if isinstance(part, str) else part[1]


def parts_of(pair) -> dict[str, str]:
    return dict(zip(("encoder", "decoder"), pair, strict=True))


def test_every_model_has_a_config(name):
    assert CONFIGS[name].get_config().model.name == name


def test_the_loss_is_finite_and_has_a_gradient_in_every_leaf(name, parts, songs):
    model, batch, variables = ready(name, songs, **parts)

    @jax.jit
    @functools.partial(jax.value_and_grad, has_aux=True)
    def loss(params, progress):
        given = variables | {"params": params}
        total, (terms, _) = model.loss(given, jax.random.key(1), batch, progress)
        return total, terms

    for progress in (0.0, 0.5, 1.0):
        (total, terms), grads = loss(variables["params"], progress)
        assert np.isfinite(total)
    unused = set() if "kl" in terms else {"log_var"}  # a code without a posterior
    for path, g in jax.tree.leaves_with_path(jax.device_get(grads)):
        assert np.isfinite(g).all()
        names = {part.key for part in path}
        assert np.any(g != 0) or names & unused, path


@once
def test_no_step_waits_for_lapack(name, pair, songs):
    """Whose batches hang jaxlib's CPU, where as many start as it has threads."""
    model, batch = make(name, songs, **parts_of(pair)), batch_of(songs, 12)

    def step(seed):
        variables = model.init(jax.random.key(seed), batch)
        return model.loss(variables, jax.random.key(1), batch, 1.0)

    lowered = jax.jit(jax.vmap(step)).lower(jnp.arange(3))
    assert "lapack" not in lowered.as_text()


@once
def test_a_row_is_encoded_alone_as_among_others(name, pair, songs):
    model, batch, variables = ready(name, songs, **parts_of(pair))
    encode = jax.jit(model.encode)
    z = encode(variables, batch)
    part = encode(variables, {key: x[5:9] for key, x in batch.items()})
    assert z.shape == (12, 4) and z.dtype == jnp.float32
    np.testing.assert_allclose(z[5:9], part, rtol=1e-4, atol=1e-5)


@once
def test_the_decoder_gives_back_the_shapes_that_went_in(name, pair, songs):
    model, batch, variables = ready(name, songs, **parts_of(pair))
    decoded = jax.jit(model.decode)(variables, jnp.ones((12, 4)), batch)
    assert {k: x.shape for k, x in decoded.items()} == {
        k: batch[k].shape for k in ("mel", "mfcc")
    }


@once
def test_bfloat16_keeps_parameters_and_losses_in_float32(name, pair, songs):
    exact_model, batch, variables = ready(name, songs, **parts_of(pair))
    model = make(name, songs, dtype="bfloat16", **parts_of(pair))
    loss, (terms, stats) = jax.jit(model.loss)(variables, jax.random.key(1), batch, 1.0)
    first = jax.eval_shape(model.init, jax.random.key(0), batch)
    trees = (first, loss, terms, stats)
    assert {leaf.dtype for leaf in jax.tree.leaves(trees)} == {jnp.dtype("float32")}
    exact = jax.jit(exact_model.encode)(variables, batch)
    found = jax.jit(model.encode)(variables, batch)
    np.testing.assert_allclose(found, exact, atol=0.1)


# The other models are trained below.
@pytest.mark.parametrize(
    "name, pair", [("vade", PAIRS[0]), *ONCE[len(models.NAMES) :]], ids=ids_of
)
def test_training_falls_is_the_same_resumed_and_compiles_once(name, pair, songs):
    """And a seed alone is trained as it is among others, which takes a program more."""
    model, kept, history, traces = make(name, songs, **parts_of(pair)), {}, [], []

    def loss(*args, **kwargs):
        traces.append(1)
        return model.loss(*args, **kwargs)

    def keep(epoch, state, terms):
        kept[epoch] = jax.device_get(state)
        history.append((terms, len(traces)))

    counted = model._replace(loss=loss)
    whole = train.fit(counted, songs, seeds=(0, 1), on_epoch=keep, **SHORT)
    recon = [terms["recon"] for terms, _ in history]
    assert np.all(recon[-1] < recon[0])

    def restore(first):
        return 3, jax.tree.map(
            lambda x, y: jax.device_put(x, y.sharding), kept[3], first
        )

    resumed = train.fit(counted, songs, seeds=(0, 1), restore=restore, **SHORT)
    jax.tree.map(np.testing.assert_array_equal, whole, resumed)
    assert len(traces) == history[0][1], "the loss was traced again"
    if (name, pair[0]) not in (("vade", "mlp"), ("vae", "conv")):
        return
    alone = train.fit(model, songs, seeds=(1,), **SHORT)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a[0], b[1], rtol=1e-3, atol=1e-4),
        (alone.variables, alone.best.variables),
        (whole.variables, whole.best.variables),
    )


@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
@pytest.mark.parametrize("encoder", ["mlp", "conv", "recurrent"])
def test_running_averages_are_in_stats_and_evaluation_uses_them(encoder, norm, songs):
    parts = {"encoder": encoder, "decoder": encoder, "norm": norm}
    model, batch, variables = ready("vae", songs, dropout=0.2, **parts)
    assert bool(jax.tree.leaves(variables["stats"])) == (norm == "batch")
    if norm != "batch":
        return  # nothing runs
    loss = jax.jit(model.loss, static_argnums=4)
    _, (_, stats) = loss(variables, jax.random.key(1), batch, 1.0, True)
    for leaf, first in zip(
        jax.tree.leaves(stats), jax.tree.leaves(variables["stats"]), strict=True
    ):
        assert not np.array_equal(leaf, first)
    _, (_, same) = loss(variables, jax.random.key(1), batch, 1.0, False)
    jax.tree.map(np.testing.assert_array_equal, same, variables["stats"])
    encode = jax.jit(model.encode)
    z, other = (encode(variables | {"stats": s}, batch) for s in (stats, same))
    assert not np.allclose(z, other)


def test_encode_is_deterministic_and_uses_every_modality(name, blobs):
    model, batch, variables = ready(name, blobs[0])
    z = model.encode(variables, batch)
    np.testing.assert_array_equal(z, model.encode(variables, batch))
    for key in ("mel", "mfcc"):
        other = model.encode(variables, batch | {key: -batch[key]})
        assert not np.allclose(z, other)


def test_training_lowers_the_loss_and_separates_the_blobs(name, blobs):
    dataset, truth = blobs
    model, history = make(name, dataset), []
    state = train.fit(
        model,
        dataset,
        seeds=(0, 1),
        on_epoch=lambda epoch, state, terms: history.append(terms),
        **HOW,
    )
    recon = [row["recon"] for row in history]
    assert np.all(recon[-1] < recon[0])
    variables = state.best.variables
    z = devices.map_rows(model.encode, variables, dataset.batch, mesh=ONE)
    for codes in z:
        centres = np.stack([codes[truth == c].mean(axis=0) for c in range(3)])
        nearest = ((codes[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
        assert np.mean(nearest == truth) > 0.95
    if model.assign:
        p = devices.map_rows(model.assign, variables, dataset.batch, mesh=ONE)
        np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=1e-4)
        for labels in p.argmax(axis=-1):
            table = np.zeros((3, 3))
            np.add.at(table, (labels, truth), 1)
            assert table.max(axis=1).sum() / len(truth) > 0.95


@pytest.mark.parametrize("name", ["autoencoder", "cvae", "tc_vae", "vade", "vae"])
def test_the_terms_add_up_to_the_loss(name, blobs):
    model, batch, variables = ready(name, blobs[0])
    loss, (terms, _) = jax.jit(model.loss)(variables, jax.random.key(1), batch, 1.0)
    assert ("kl" in terms) == ("kl_per_dim" in terms) == (name != "autoencoder")
    beta = options(name).get("beta", 0.0)
    parts = terms["recon_mel"] + terms["recon_mfcc"]
    np.testing.assert_allclose(terms["recon"], parts, rtol=1e-6)
    if name == "tc_vae":
        rest = terms["mutual_information"] + terms["dimension_kl"]
        cost = rest + beta * terms["total_correlation"]
    else:
        cost = beta * terms.get("kl", 0.0)
    np.testing.assert_allclose(loss, parts + cost, rtol=1e-5)


@once
def test_what_a_mask_hides_changes_nothing(name, pair):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(16, 6, 3))
    mask = np.arange(6)[None] < rng.integers(2, 7, 16)[:, None]
    ids = np.arange(16).astype(str)
    labels = {"kind": rng.integers(2, size=16).astype(str)}
    about = dict(ids=ids, songs=ids, labels=labels, held_out=np.zeros(16, bool))
    other = np.where(mask[..., None], x, 1e6)
    one, two = (
        conditioned(standardised({"mel": (a, mask)}, **about), ("kind",))
        for a in (x, other)
    )
    np.testing.assert_array_equal(one.batch["mel"], two.batch["mel"])
    batch = batch_of(one, 16)
    model = make(name, one, **parts_of(pair))
    variables = variables_of(model, batch)

    @jax.jit
    def decoded_and_loss(batch):
        decoded = model.decode(variables, model.encode(variables, batch), batch)
        return decoded["mel"], model.loss(variables, jax.random.key(1), batch, 1.0)[0]

    decoded, loss = decoded_and_loss(batch)
    assert decoded.shape == (16, 6, 3)
    # The encoder sees zeros there; the likelihood must not look at all.
    hidden = jnp.where(mask[..., None], 0.0, 9.0)
    shown = losses.mask_of(batch, "mel")
    np.testing.assert_allclose(
        losses.gaussian(batch["mel"], decoded, shown),
        losses.gaussian(batch["mel"], decoded + hidden, shown),
        rtol=1e-6,
    )
    assert jnp.isfinite(loss)


def test_corruption_hides_features_from_the_encoder_and_not_from_the_loss(blobs):
    nets = nets_for("vae", blobs[0])
    batch = {name: jnp.ones((500, *x.shape[1:])) for name, x in blobs[0].batch.items()}
    seen = nets.corrupt(jax.random.key(0), batch)
    for name in ("mel", "mfcc"):
        assert set(np.unique(seen[name])) == {0.0, 1.0}
        np.testing.assert_allclose(seen[name].mean(), 0.9, atol=0.02)
        assert np.all(batch[name] == 1.0)


@pytest.mark.parametrize(
    "kl, free_bits, capacity, cost",
    [
        (3.0, 0.0, 0.0, 12.0),  # 4 * 3
        (3.0, 2.0, 0.0, 4 * (3 - 2 * np.log(2))),
        (1.0, 2.0, 0.0, 0.0),  # all of it is free
        (3.0, 0.0, 5.0, 8.0),  # 4 * |3 - 5|
        (9.0, 0.0, 5.0, 16.0),
    ],
)
def test_free_bits_and_capacity_by_hand(kl, free_bits, capacity, cost, blobs):
    """A posterior of variance 1 and mean m in one dimension has a KL of m^2 / 2."""

    def posterior(variables, batch, key=None):
        del variables, key
        mean = jnp.zeros((len(batch["mel"]), 4)).at[:, 0].set(np.sqrt(2 * kl))
        return mean, jnp.zeros_like(mean), {"encoder": {}}

    chosen = {"beta": 4.0, "free_bits": free_bits, "capacity": capacity}
    nets = nets_for("vae", blobs[0])._replace(posterior=posterior)
    model = models.make("vae", nets, **options("vae", **chosen))
    batch = batch_of(blobs[0], 8)
    variables = variables_of(model, batch)
    loss, (terms, _) = model.loss(variables, jax.random.key(1), batch, 1.0)
    np.testing.assert_allclose(loss - terms["recon"], cost, atol=1e-3)
    np.testing.assert_allclose(terms["kl"], kl, rtol=1e-5)
    np.testing.assert_allclose(terms["kl_per_dim"], [kl, 0, 0, 0], rtol=1e-5)


def test_a_cvae_decodes_labels_differently_and_knows_unknown_ones(songs):
    model, batch, variables = ready("cvae", songs)
    labels = batch["condition"]
    for other in (labels.at[:, 0].set(0), labels.at[:, 1].add(1), 0 * labels):
        changed = batch | {"condition": other}
        z = model.encode(variables, batch)
        assert not np.allclose(z, model.encode(variables, changed))
        one, two = (model.decode(variables, z, b)["mel"] for b in (batch, changed))
        assert np.isfinite(two).all() and not np.allclose(one, two)


def test_a_cvae_hides_its_share_of_the_labels_in_training_alone(songs):
    told = []

    def posterior(variables, batch, key=None):
        jax.debug.callback(told.append, batch["condition"])
        return nets.posterior(variables, batch, key)

    nets = nets_for("cvae", songs)
    spied = nets._replace(posterior=posterior)
    model = models.make("cvae", spied, **options("cvae", unknown=0.5))
    batch = {
        key: jnp.tile(x, (40, *[1] * (x.ndim - 1)))
        for key, x in batch_of(songs, 20).items()
    }
    variables = variables_of(model, batch)
    loss = jax.jit(model.loss, static_argnums=4)
    for train_now in (True, False):
        loss(variables, jax.random.key(1), batch, 1.0, train_now)
        jax.effects_barrier()
    assert abs(np.mean(np.asarray(told[0]) == 0) - 0.5) < 0.05
    np.testing.assert_array_equal(told[1], batch["condition"])
