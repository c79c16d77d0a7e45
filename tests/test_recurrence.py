"""LSTM encoders and decoders: parity, padding, and who may see what."""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vaejax.recurrence import (
    LSTM,
    HierarchicalDecoder,
    Reader,
    RecurrentDecoder,
    RecurrentEncoder,
    Writer,
    memories,
    orthogonal,
    stretches,
)

T, F, K = 7, 5, 3
X = jax.random.normal(jax.random.key(7), (4, T, F))
Z = jax.random.normal(jax.random.key(8), (4, K))
ALL = jnp.ones((4, T))
NONE = jnp.zeros((4, 0))
ENCODER = RecurrentEncoder(units=6, norm="layer", dropout=0.0, dtype="float32")
FLAT = RecurrentDecoder((T, F), units=6, norm="none", dropout=0.0, dtype="float32")
HIERARCHICAL = HierarchicalDecoder(
    (T, F), segments=3, units=6, norm="none", dropout=0.0, dtype="float32"
)
DECODERS = {"flat": FLAT, "hierarchical": HIERARCHICAL}
every_decoder = pytest.mark.parametrize("decoder", DECODERS.values(), ids=DECODERS)


def started(module, *args, seed=0):
    """Random parameters, none near 0 by chance; statistics to go with them."""
    noise = np.random.default_rng(seed)
    shapes = jax.eval_shape(lambda: module.init(jax.random.key(0), *args, False))
    return jax.tree.map(
        lambda x: jnp.asarray(0.7 * noise.standard_normal(x.shape), x.dtype), shapes
    )


@functools.partial(jax.jit, static_argnums=0)
def apply(module, variables, *args):
    return module.apply(variables, *args, False)


@functools.partial(jax.jit, static_argnums=0)
def play(decoder, variables, embeddings):
    return decoder.apply(variables, embeddings, False, method="play")


@functools.partial(jax.jit, static_argnums=0)
def conduct(decoder, variables, z):
    return decoder.apply(variables, z, False, method="conduct")


def encode(x, mask, context=NONE, module=ENCODER):
    variables = started(module, x[:1], mask[:1], context[:1])
    return apply(module, variables, x, mask, context[: len(x)])


def test_one_step_is_the_arithmetic_of_the_paper():
    # All gates get 0.5 before their nonlinearities; the cell is 2 before the step.
    params = {"params": {"kernel": jnp.zeros((1, 4)), "bias": jnp.zeros(4)}}
    state = jnp.array([[2.0]]), jnp.array([[0.0]])
    cell, h = LSTM(1, 1, "float32").apply(params)(state, jnp.full((1, 4), 0.5))
    gate = 1 / (1 + np.exp(-0.5))
    expected = gate * 2 + gate * np.tanh(0.5)
    np.testing.assert_allclose(cell, [[expected]], rtol=1e-6)
    np.testing.assert_allclose(h, [[gate * np.tanh(expected)]], rtol=1e-6)


@pytest.mark.parametrize("reverse", [False, True])
def test_an_lstm_equals_that_of_flax(reverse):
    reference = nn.RNN(nn.OptimizedLSTMCell(6), reverse=reverse)
    params = reference.init(jax.random.key(3), X)["params"]["cell"]

    def side_by_side(kind, name):
        return jnp.concatenate([params[f"{kind}{g}"][name] for g in "ifgo"], axis=-1)

    lstm = {"kernel": side_by_side("h", "kernel"), "bias": side_by_side("h", "bias")}
    ours = {"params": {"kernel": side_by_side("i", "kernel"), "LSTM_0": lstm}}
    frames = jnp.swapaxes(X, 0, 1)
    h = Reader(6, reverse, "float32").apply(ours, frames, ALL.T)
    expected = reference.apply({"params": {"cell": params}}, X)
    if reverse:  # Flax gives the outputs in the order in which they arose
        expected = expected[:, ::-1]
    np.testing.assert_allclose(h, jnp.swapaxes(expected, 0, 1), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 4), (3, 12), (64, 256)])
def test_the_rows_of_the_recurrent_kernel_are_orthogonal_and_of_one_length(shape):
    seeds = jax.vmap(jax.random.key)(jnp.arange(20))
    kernels = jax.vmap(lambda key: orthogonal(2.0)(key, shape))(seeds)
    products = np.einsum("sij,skj->sik", kernels, kernels)
    np.testing.assert_allclose(products, [4 * np.eye(shape[0])] * 20, atol=1e-5)
    assert abs(float(kernels.mean())) < 4 * 2 / np.sqrt(kernels.size * shape[1])


def test_units_start_to_forget_after_1_to_all_steps():
    bias = memories(50)(jax.random.key(0), (4000,), jnp.float32)
    i, f, g, o = np.split(bias, 4)
    np.testing.assert_array_equal(i, -f)
    np.testing.assert_array_equal([g, o], 0)
    # sigmoid(f) = u / (1 + u), u uniform over [1, 49].
    assert 0.5 <= jax.nn.sigmoid(f).min() < 0.6
    assert 0.979 < jax.nn.sigmoid(f).max() <= 0.98
    np.testing.assert_allclose(np.exp(f).mean(), 25, rtol=0.05)


def test_the_memory_starts_as_long_as_the_sequence():
    args = jnp.zeros((1, 20)), jnp.zeros((1, 40))
    short, long = (
        Writer(10, n, "float32").init(jax.random.key(0), *args)["params"]["LSTM_0"]
        for n in (1, 500)
    )
    assert np.max(short["bias"]) <= np.log(2) < np.log(50) < np.max(long["bias"])


def test_each_step_of_a_writer_has_its_own_input_beside_the_drive():
    start, drive = jnp.array([[0.3, -0.2, 0.1, 0.4]]), jnp.arange(8.0)[None] / 8
    writer = Writer(2, 3, "float32")
    variables = writer.init(jax.random.key(0), start, drive)
    params = variables["params"]
    step = LSTM(2, 3, "float32").apply({"params": params["LSTM_0"]})
    state = start[:, :2], start[:, 2:]
    expected = []
    for own in params["steps"]:
        state = step(state, drive + own[None])
        expected.append(state[1])
    h = writer.apply(variables, start, drive)
    np.testing.assert_allclose(h, jnp.stack(expected), atol=1e-6)
    assert np.abs(np.diff(params["steps"], axis=0)).min() > 0


def test_what_lies_in_padded_frames_changes_nothing():
    mask = ALL.at[:, 4:].set(0)
    other = X.at[:, 4:].set(99.0)
    np.testing.assert_array_equal(encode(X, mask), encode(other, mask))


def test_more_padding_gives_the_same_features():
    padded = jnp.pad(X, ((0, 0), (0, 6), (0, 0)))
    mask = jnp.pad(ALL, ((0, 0), (0, 6)))
    np.testing.assert_allclose(encode(padded, mask), encode(X, ALL), atol=1e-6)


def test_rows_of_different_lengths_do_not_see_each_other():
    lengths = jnp.array([[7], [1], [3], [5]])
    mask = (jnp.arange(T)[None] < lengths).astype(jnp.float32)
    together = encode(X, mask)
    for row in range(4):
        alone = encode(X[row : row + 1], mask[row : row + 1])
        np.testing.assert_allclose(together[row : row + 1], alone, atol=1e-6)


def test_the_directions_change_places_when_frames_are_read_backwards():
    encoder = ENCODER.clone(norm="none")
    params = started(encoder, X, ALL, NONE)["params"]
    forward, backward, frames = jnp.split(params["summary"]["kernel"], [6, 12])
    other = params | {
        "Reader_0": params["Reader_1"],
        "Reader_1": params["Reader_0"],
        "summary": params["summary"]
        | {"kernel": jnp.concatenate([backward, forward, frames])},
    }
    features = apply(encoder, {"params": params}, X, ALL, NONE)
    backwards = apply(encoder, {"params": other}, X[:, ::-1], ALL, NONE)
    for part in (slice(0, 12), slice(-12, None)):  # the means, the last outputs
        swapped = jnp.roll(features[:, part], 6, axis=1)
        np.testing.assert_allclose(backwards[:, part], swapped, atol=1e-6)


def test_stretches_cut_rows_of_any_length_evenly():
    mask = jnp.array([[1.0, 1, 1, 1, 1, 0], [1, 1, 0, 0, 0, 0]]).T
    weights = jnp.swapaxes(stretches(mask, 3), 1, 2)
    half = 1 / 2
    np.testing.assert_allclose(
        weights,
        [
            [[half, half, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]],
            [[0, 0, half, half, 0, 0], [0, 1, 0, 0, 0, 0]],
            [[0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 0]],
        ],
    )


def test_the_context_reaches_the_features():
    context = jnp.eye(4, 2)
    assert np.abs(encode(X, ALL, context) - encode(X, ALL, 0 * context)).max() > 0.01


@pytest.mark.parametrize("n_frames", [1, 2, 3, 7, 8, 9])
def test_decoders_give_exactly_the_frames_that_they_are_asked_for(n_frames):
    for decoder in DECODERS.values():
        decoder = decoder.clone(shape=(n_frames, F))
        x_hat = apply(decoder, started(decoder, Z), Z)
        assert x_hat.shape == (4, n_frames, F)
        assert x_hat.dtype == np.float32


def test_swapping_two_embeddings_swaps_two_segments():
    decoder = HIERARCHICAL.clone(shape=(9, F))
    variables = started(decoder, Z)
    embeddings = conduct(decoder, variables, Z)
    assert embeddings.shape == (4, 3, 6)
    x_hat = play(decoder, variables, embeddings)
    swapped = play(decoder, variables, embeddings[:, jnp.array([2, 1, 0])])
    first, middle, last = np.split(x_hat, 3, axis=1)
    expected = np.concatenate([last, middle, first], axis=1)
    np.testing.assert_allclose(swapped, expected, atol=1e-6)
    assert np.abs(first - last).max() > 0.01


def test_a_frame_depends_on_the_embedding_of_its_own_segment_alone():
    variables = started(HIERARCHICAL, Z)  # 7 frames in segments of 3, 3 and 1

    embeddings = conduct(HIERARCHICAL, variables, Z[:1])

    def frames(embeddings):
        return jnp.sum(play(HIERARCHICAL, variables, embeddings)[0], axis=-1)

    seen = jnp.abs(jax.jacrev(frames)(embeddings)[:, 0]).sum(axis=-1) > 0
    np.testing.assert_array_equal(seen, np.eye(3)[[0, 0, 0, 1, 1, 1, 2]])


@every_decoder
def test_the_code_reaches_every_frame_past_the_lstm(decoder):
    """With nothing from the LSTMs the reconstruction is linear in z."""
    variables = started(decoder, Z)
    deaf = jax.tree.map_with_path(
        lambda path, x: 0 * x if "out" in [part.key for part in path] else x, variables
    )
    x_hat = apply(decoder, deaf, Z)
    np.testing.assert_allclose(apply(decoder, deaf, 2 * Z), 2 * x_hat, rtol=1e-4)
    assert np.abs(x_hat).mean(axis=(0, 2)).min() > 0.1


@every_decoder
def test_gradients_reach_z_and_every_parameter(decoder):
    variables = started(decoder, Z)

    def loss(variables, z):
        return jnp.sum((apply(decoder, variables, z) - X) ** 2)

    for leaf in jax.tree.leaves(jax.grad(loss, argnums=(0, 1))(variables, Z)):
        assert np.isfinite(leaf).all() and np.abs(leaf).max() > 0


def test_gradients_reach_every_parameter_of_the_encoder():
    context = jnp.ones((4, 2))
    variables = started(ENCODER, X, ALL, context)

    def loss(variables):
        return jnp.sum(apply(ENCODER, variables, X, ALL, context) ** 3)

    for leaf in jax.tree.leaves(jax.grad(loss)(variables)):
        assert np.isfinite(leaf).all() and np.abs(leaf).max() > 0


@every_decoder
def test_a_decoder_alone_equals_itself_among_seeds_under_jit(decoder):
    each = [started(decoder, Z, seed=seed) for seed in range(3)]
    variables = jax.tree.map(lambda *leaves: jnp.stack(leaves), *each)
    together = jax.vmap(lambda v: apply(decoder, v, Z))(variables)
    alone = apply(decoder, each[1], Z)
    np.testing.assert_allclose(together[1], alone, atol=1e-6)


def test_an_encoder_alone_equals_itself_among_seeds_in_a_scan():
    args = X, ALL, NONE
    each = [started(ENCODER, *args, seed=seed) for seed in range(3)]
    variables = jax.tree.map(lambda *leaves: jnp.stack(leaves), *each)

    def step(carry, _):
        return carry, jax.vmap(lambda v: apply(ENCODER, v, *args))(variables)

    together = jax.lax.scan(step, 0, length=2)[1][1]
    alone = apply(ENCODER, each[2], *args)
    np.testing.assert_allclose(together[2], alone, atol=1e-6)


def test_bfloat16_is_close_and_leaves_parameters_and_frames_in_float32():
    for decoder in DECODERS.values():
        variables = started(decoder, Z)
        half = decoder.clone(dtype="bfloat16")
        types = {x.dtype for x in jax.tree.leaves(started(half, Z))}
        assert types == {jnp.dtype("float32")}
        x_hat = apply(half, variables, Z)
        assert x_hat.dtype == np.float32
        np.testing.assert_allclose(x_hat, apply(decoder, variables, Z), atol=0.1)
    half = ENCODER.clone(dtype="bfloat16")
    features = np.asarray(encode(X, ALL, module=half), np.float32)
    np.testing.assert_allclose(features, encode(X, ALL), atol=0.1)


@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
@every_decoder
def test_dropout_and_batch_statistics_are_for_training_only(decoder, norm):
    decoder = decoder.clone(dropout=0.5, norm=norm)
    variables = started(decoder, Z)

    @jax.jit
    def trained(key):
        rngs = {"dropout": key}
        return decoder.apply(variables, Z, True, rngs=rngs, mutable=["batch_stats"])

    (one, stats), (other, _) = map(trained, jax.random.split(jax.random.key(1)))
    assert np.abs(one - other).max() > 1e-3
    assert bool(stats) == (norm == "batch")
    apply(decoder, variables, Z)  # asks for no key and changes no statistics
