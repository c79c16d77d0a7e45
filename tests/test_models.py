"""The contract: every model in the folder passes every test here, unasked."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from configs import autoencoder, vade, vae
from vaejax import losses, models, train
from vaejax.core import Dataset
from vaejax.data import standardised
from vaejax.mixture import STARTS, moments
from vaejax.models import vae as vae_module

CONFIGS = {"autoencoder": autoencoder, "vade": vade, "vae": vae}
SMALL = {"latent_dim": 4, "hidden": (32,), "dtype": "float32", "corruption": 0.1}
NETWORK_OPTIONS = (
    "latent_dim",
    "hidden",
    "likelihood",
    "dtype",
    "corruption",
    "log_var_bias",
)
HOW = dict(
    epochs=30,
    batch_size=32,
    learning_rate=3e-3,
    weight_decay=1e-4,
    warmup=0.05,
    clip_norm=5.0,
    patience=30,
    plateau=10,
    factor=0.5,
)


def options(name: str, **changes) -> dict:
    """The model's options from its own config, at a small size."""
    found = dict(CONFIGS[name].get_config().model.to_dict()) | SMALL | changes
    return found | ({"n_clusters": 3} if "n_clusters" in found else {})


@pytest.fixture(scope="module")
def blobs() -> tuple[Dataset, np.ndarray]:
    """Two modalities of three clusters that only both together tell apart."""
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=300)
    codes = np.eye(3)[truth]
    mel = codes @ rng.normal(size=(3, 12)) * 2 + rng.normal(size=(300, 12)) * 0.5
    mfcc = codes @ rng.normal(size=(3, 6)) * 2 + rng.normal(size=(300, 6)) * 0.5
    ids = np.array([f"{i:03d}" for i in range(300)])
    dataset = standardised(
        {"mel": (mel, np.ones(300, bool)), "mfcc": (mfcc, np.ones(300, bool))},
        ids=ids,
        songs=ids,
        labels={},
        held_out=np.arange(300) % 10 == 0,
    )
    return dataset, truth


@pytest.fixture(params=models.NAMES)
def name(request):
    return request.param


def make(name: str, dataset: Dataset, **changes):
    shapes = {key: x.shape[1:] for key, x in dataset.batch.items()}
    return models.make(shapes=shapes, fusion="early", **options(name, **changes))


def batch_of(dataset: Dataset, n: int):
    return {key: jnp.asarray(x[:n]) for key, x in dataset.batch.items()}


def test_every_model_has_a_config(name):
    assert CONFIGS[name].get_config().model.name == name


def test_the_loss_is_finite_and_has_a_gradient_in_every_leaf(name, blobs):
    model, batch = make(name, blobs[0]), batch_of(blobs[0], 16)
    variables = model.init(jax.random.key(0), batch)

    def loss(params, progress):
        given = variables | {"params": params}
        return model.loss(given, jax.random.key(1), batch, progress)[0]

    for progress in (0.0, 0.5, 1.0):
        assert jnp.isfinite(loss(variables["params"], progress))
    grads = jax.grad(loss)(variables["params"], 1.0)
    unused = ("log_var",) if name == "autoencoder" else ()
    for path, g in jax.tree.leaves_with_path(grads):
        assert jnp.isfinite(g).all()
        names = {part.key for part in path}
        assert jnp.any(g != 0) or names & set(unused), path


def test_encode_maps_rows_independently(name, blobs):
    model, batch = make(name, blobs[0]), batch_of(blobs[0], 40)
    variables = model.init(jax.random.key(0), batch)
    z = model.encode(variables, batch)
    part = model.encode(variables, {key: x[5:9] for key, x in batch.items()})
    assert z.shape == (40, 4) and z.dtype == jnp.float32
    np.testing.assert_allclose(z[5:9], part, rtol=1e-5, atol=1e-6)


def test_encode_is_deterministic_and_uses_every_modality(name, blobs):
    model, batch = make(name, blobs[0]), batch_of(blobs[0], 8)
    variables = model.init(jax.random.key(0), batch)
    z = model.encode(variables, batch)
    np.testing.assert_array_equal(z, model.encode(variables, batch))
    for key in batch:
        other = model.encode(variables, batch | {key: -batch[key]})
        assert not np.allclose(z, other)


def test_decode_gives_back_the_shapes_that_went_in(name, blobs):
    model, batch = make(name, blobs[0]), batch_of(blobs[0], 8)
    variables = model.init(jax.random.key(0), batch)
    decoded = model.decode(variables, model.encode(variables, batch), batch)
    assert {k: x.shape for k, x in decoded.items()} == {
        k: x.shape for k, x in batch.items()
    }


def test_bfloat16_keeps_parameters_and_losses_in_float32(name, blobs):
    model = make(name, blobs[0], dtype="bfloat16")
    batch = batch_of(blobs[0], 16)
    variables = model.init(jax.random.key(0), batch)
    dtypes = {leaf.dtype for leaf in jax.tree.leaves(variables)}
    assert dtypes == {jnp.dtype("float32")}
    loss, (terms, _) = model.loss(variables, jax.random.key(1), batch, 1.0)
    assert {x.dtype for x in (loss, *terms.values())} == {jnp.dtype("float32")}
    exact = make(name, blobs[0]).encode(variables, batch)
    np.testing.assert_allclose(model.encode(variables, batch), exact, atol=0.1)


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
    z = train.map_rows(model.encode, variables, dataset.batch)
    for codes in z:
        centres = np.stack([codes[truth == c].mean(axis=0) for c in range(3)])
        nearest = ((codes[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
        assert np.mean(nearest == truth) > 0.95
    if model.assign:
        p = train.map_rows(model.assign, variables, dataset.batch)
        np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=1e-4)
        for labels in p.argmax(axis=-1):
            table = np.zeros((3, 3))
            np.add.at(table, (labels, truth), 1)
            assert table.max(axis=1).sum() / len(truth) > 0.95


def test_the_terms_add_up_to_the_loss(name, blobs):
    model, batch = make(name, blobs[0]), batch_of(blobs[0], 16)
    variables = model.init(jax.random.key(0), batch)
    loss, (terms, _) = model.loss(variables, jax.random.key(1), batch, 1.0)
    assert ("kl" in terms) == ("beta" in options(name))
    beta = options(name).get("beta", 0.0)
    parts = terms["recon_mel"] + terms["recon_mfcc"]
    np.testing.assert_allclose(terms["recon"], parts, rtol=1e-6)
    np.testing.assert_allclose(loss, parts + beta * terms.get("kl", 0.0), rtol=1e-5)


def test_corruption_hides_features_from_the_encoder_and_not_from_the_loss(blobs):
    nets = vae_module.networks(
        {"mel": (12,), "mfcc": (6,)},
        fusion="early",
        **{k: v for k, v in options("vae").items() if k in NETWORK_OPTIONS},
    )
    batch = {name: jnp.ones((500, *x.shape[1:])) for name, x in blobs[0].batch.items()}
    seen = nets.corrupt(jax.random.key(0), batch)
    for name, x in seen.items():
        assert set(np.unique(x)) == {0.0, 1.0}
        np.testing.assert_allclose(x.mean(), 0.9, atol=0.02)
        assert np.all(batch[name] == 1.0)


def test_what_a_mask_hides_changes_nothing(name):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(16, 6, 3))
    mask = np.arange(6)[None] < rng.integers(2, 7, 16)[:, None]
    ids = np.arange(16).astype(str)
    about = dict(ids=ids, songs=ids, labels={}, held_out=np.zeros(16, bool))
    other = np.where(mask[..., None], x, 1e6)
    one, two = (standardised({"mel": (a, mask)}, **about) for a in (x, other))
    np.testing.assert_array_equal(one.batch["mel"], two.batch["mel"])
    batch = batch_of(one, 16)
    model = models.make(shapes={"mel": (6, 3)}, fusion="early", **options(name))
    variables = model.init(jax.random.key(0), batch)
    decoded = model.decode(variables, model.encode(variables, batch), batch)["mel"]
    assert decoded.shape == (16, 6, 3)
    # The encoder sees zeros there; the likelihood must not look at all.
    hidden = jnp.where(mask[..., None], 0.0, 9.0)
    shown = losses.mask_of(batch, "mel")
    np.testing.assert_allclose(
        losses.gaussian(batch["mel"], decoded, shown),
        losses.gaussian(batch["mel"], decoded + hidden, shown),
        rtol=1e-6,
    )
    assert jnp.isfinite(model.loss(variables, jax.random.key(1), batch, 1.0)[0])


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
