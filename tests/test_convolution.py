"""Networks take and give any shape; padding and context stay where they belong."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vaejax.convolution import ConvDecoder, ConvEncoder

SHAPES = [(16, 16), (13, 6), (1, 20), (3, 1), (1, 1)]
VARIANTS = [(0, "none", "batch"), (2, "time", "batch"), (1, "none", "layer")]
VARIANTS += [(0, "time", "none")]


def networks(shape, blocks, pool, norm, dtype="float32", dropout=0.0):
    options = {"channels": (4, 6), "blocks": blocks, "pool": pool, "norm": norm}
    options |= {"dropout": dropout, "dtype": dtype}
    return ConvEncoder(**options), ConvDecoder(shape, **options)


def initialised(network, *inputs):
    """Variables by NumPy: to compile random numbers takes longer than these tests."""
    rng = np.random.default_rng(0)
    keys = {"params": jax.random.key(0)}
    shapes = jax.eval_shape(lambda: network.init(keys, *inputs, False))
    assert {leaf.dtype for leaf in jax.tree.leaves(shapes)} == {jnp.dtype("float32")}
    # Positive, as variances and scales must be; averages and offsets as after training.
    draw = jax.tree.map(lambda leaf: rng.uniform(0.1, 0.5, leaf.shape), shapes)
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), draw)


def batch(shape, seed=0, rows=3, e=2):
    rng = np.random.default_rng(seed)
    x = jnp.asarray(rng.normal(size=(rows, *shape)), jnp.float32)
    context = jnp.asarray(rng.normal(size=(rows, e)), jnp.float32)
    return x, jnp.ones((rows, shape[0])), context


def shape_of(network, *inputs):
    """What comes out, without computing it."""
    return jax.eval_shape(
        lambda: network.apply(initialised(network, *inputs), *inputs, False)
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("blocks, pool, norm", VARIANTS)
def test_the_decoder_gives_back_the_shape_that_went_in(shape, blocks, pool, norm):
    encoder, decoder = networks(shape, blocks, pool, norm)
    inputs = batch(shape)
    h = shape_of(encoder, *inputs)
    t, f = (-(-side // 4) for side in shape)
    assert h.shape == (3, f * 6 if pool == "time" else t * f * 6)
    z = jnp.ones((3, 5))
    assert shape_of(decoder, z).shape == inputs[0].shape


@pytest.mark.parametrize(
    "blocks, pool, norm, dtype",
    [(*variant, "float32") for variant in VARIANTS] + [(*VARIANTS[1], "bfloat16")],
)
def test_every_parameter_has_a_gradient_in_float32(blocks, pool, norm, dtype):
    encoder, decoder = networks((9, 6), blocks, pool, norm, dtype, dropout=0.1)
    inputs = batch((9, 6))
    z = jnp.asarray(np.random.default_rng(1).normal(size=(3, 5)), jnp.float32)
    for network, data in ((encoder, inputs), (decoder, (z,))):
        variables = initialised(network, *data)

        @jax.jit
        def gradient(params, network=network, data=data, rest=variables):
            def loss(params):
                rngs = {"dropout": jax.random.key(1)}
                out, _ = network.apply(
                    {**rest, "params": params},
                    *data,
                    True,
                    rngs=rngs,
                    mutable=["batch_stats"],
                )
                weight = jnp.cos(jnp.arange(out.size)).reshape(out.shape)
                return (out.astype("float32") ** 2 * weight).sum()

            return jax.grad(loss)(params)

        for path, leaf in jax.tree.leaves_with_path(gradient(variables["params"])):
            assert leaf.dtype == jnp.float32, path
            assert np.isfinite(leaf).all() and np.abs(leaf).max() > 0, path
    assert shape_of(decoder, z).dtype == jnp.float32


@pytest.mark.parametrize("frames", [1, 4, 7])
@pytest.mark.parametrize("blocks", [0, 1])
def test_padding_does_not_change_a_row_that_is_pooled_over_time(frames, blocks):
    encoder, _ = networks((12, 6), blocks, "time", "batch")
    x, mask, context = batch((12, 6))
    variables = initialised(encoder, x, mask, context)
    mask = mask.at[0, frames:].set(0.0)
    x = x.at[0, frames:].set(0.0)
    apply = jax.jit(encoder.apply, static_argnums=4)
    together = apply(variables, x, mask, context, False)
    alone = apply(variables, x[:1, :frames], mask[:1, :frames], context[:1], False)
    np.testing.assert_allclose(together[:1], alone, rtol=1e-5, atol=1e-6)


def test_the_context_reaches_every_row_on_its_own():
    encoder, _ = networks((8, 8), 0, "none", "batch")
    x, mask, context = batch((8, 8))
    variables = initialised(encoder, x, mask, context)
    apply = jax.jit(encoder.apply, static_argnums=4)
    before = apply(variables, x, mask, context, False)
    after = apply(variables, x, mask, context.at[1].add(1.0), False)
    assert (before != after).any(axis=1).tolist() == [False, True, False]
    nothing = context[:, :0]
    variables = initialised(encoder, x, mask, nothing)
    kernel = variables["params"]["Conv_0"]["kernel"]
    assert kernel.shape == (3, 3, 1, 4)


def test_frames_of_a_decoder_that_pools_time_can_differ():
    _, decoder = networks((40, 6), 0, "time", "batch")
    z = jnp.ones((1, 3))
    x_hat = decoder.apply(initialised(decoder, z), z, False)
    inner = x_hat[0, 16:24]
    assert np.abs(inner - inner.mean(axis=0, keepdims=True)).max() > 1e-3
