"""Convolutions and their gradients equal XLA's own, and stay fast where it is not."""

import functools
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vaejax import convolve
from vaejax.convolve import strided_conv, transposed_conv
from vaejax.devices import by_row, by_seed, mesh_of, over_seeds, spread

PADDING = ((1, 1), (1, 1))
STRIDES = [(2, 2), (1, 1), (2, 1), (3, 2)]
SIZES = [(8, 8), (7, 5), (6, 3), (1, 4), (1, 1)]


def reference(x, kernel, stride):
    return jax.lax.conv_general_dilated(
        x, kernel, stride, PADDING, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def strided(size, stride, rows=6, f=4, c=3):
    """Our convolution, XLA's, and the shapes of x, a kernel and a weight."""

    def ours(x, kernel):
        return strided_conv(x, kernel, stride, PADDING)

    small = (-(-side // step) for side, step in zip(size, stride, strict=True))
    shapes = (rows, *size, f), (3, 3, f, c), (rows, *small, c)
    return ours, functools.partial(reference, stride=stride), shapes


def transposed(size, stride, rows=6, f=4, c=3):
    """The same of the transposed convolution."""

    def ours(y, kernel):
        return transposed_conv(y, kernel, size, stride, PADDING)

    def plain(y, kernel):
        x = jax.ShapeDtypeStruct((len(y), *size, f), y.dtype)
        return jax.linear_transpose(lambda x: reference(x, kernel, stride), x)(y)[0]

    return ours, plain, strided(size, stride, rows, f, c)[2][::-1]


BOTH = pytest.mark.parametrize("way", [strided, transposed])


def numbers(shapes, dtype="float32", seeds=()):
    rng = np.random.default_rng(0)
    return [jnp.asarray(rng.normal(size=(*seeds, *s)), dtype) for s in shapes]


def gradients(function):
    def loss(x, kernel, weight):
        return (function(x, kernel) * weight).sum()

    return jax.value_and_grad(loss, (0, 1))


def assert_close(actual, expected, rtol=1e-5):
    for a, b in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
        assert np.abs(a - b).max() <= rtol * max(np.abs(b).max(), 1.0)


@BOTH
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("size", SIZES)
def test_values_and_gradients_are_those_of_xla(way, size, stride):
    ours, plain, shapes = way(size, stride)
    x, kernel, weight = numbers(shapes)
    assert_close(ours(x, kernel), plain(x, kernel))
    actual = jax.jit(gradients(ours))(x, kernel, weight)
    assert_close(actual, jax.jit(gradients(plain))(x, kernel, weight))


@BOTH
def test_devices_that_share_rows_do_not_collect_their_maps(way, monkeypatch):
    monkeypatch.setattr(convolve, "PATCHES", 1)  # rows one by one
    ours, plain, shapes = way((8, 6), (2, 2))
    x, weight = numbers(shapes[::2])
    kernels = numbers(shapes[1:2], seeds=(2,))[0]

    def of(function, kernel, data):
        loss, (dx, by_kernel) = gradients(function)(data["x"], kernel, data["weight"])
        return loss, (dx**2).sum(), by_kernel

    def of_devices(kernel, data):
        return of(ours, kernel, spread(data))

    data = {"x": x, "weight": weight}
    expected = jax.vmap(lambda kernel: of(plain, kernel, data))(kernels)
    data = jax.device_put(data, by_row(mesh := mesh_of(2, seed=2, data=2)))

    def compiled():
        return jax.jit(over_seeds(of_devices, mesh)).lower(kernels, data).compile()

    program = compiled()
    assert_close(program(jax.device_put(kernels, by_seed(mesh)), data), expected)
    assert "all-gather" not in program.as_text()

    def left_to_xla(function, rows, *others, total=False):
        return function(*rows, *others)

    monkeypatch.setattr(convolve, "apart", left_to_xla)
    assert "all-gather" in compiled().as_text()


@BOTH
@pytest.mark.parametrize("patches", [1, 700, 1500])
def test_rows_taken_a_few_at_a_time_give_the_same(way, patches, monkeypatch):
    monkeypatch.setattr(convolve, "PATCHES", patches)  # 1, 2 and 3 of the 6 rows
    ours, plain, shapes = way((7, 4), (2, 2))
    data = numbers(shapes)
    assert_close(gradients(ours)(*data), gradients(plain)(*data))


@BOTH
def test_bfloat16_differs_by_its_rounding_only(way):
    ours, plain, shapes = way((7, 4), (2, 2))
    full, half = numbers(shapes), numbers(shapes, jnp.bfloat16)
    y = ours(*half[:2])
    grads = jax.jit(gradients(ours))(*half)[1]
    assert y.dtype == grads[0].dtype == grads[1].dtype == jnp.bfloat16
    assert_close(y, plain(*full[:2]), rtol=0.03)
    assert_close(grads, gradients(plain)(*full)[1], rtol=0.03)


def test_it_is_the_transposed_convolution_of_jax():
    y, kernel, _ = numbers(transposed((8, 8), (2, 2))[2])
    ours = transposed_conv(y, kernel, (8, 8), (2, 2), ((0, 1), (0, 1)))
    theirs = jax.lax.conv_transpose(y, kernel, (2, 2), "SAME", transpose_kernel=True)
    assert_close(ours, theirs)


@BOTH
def test_each_seed_of_a_vmap_equals_that_seed_alone(way):
    ours, plain, shapes = way((7, 4), (2, 2))
    data = numbers(shapes, seeds=(3,))
    alone = [gradients(plain)(*(a[i] for a in data)) for i in range(3)]
    expected = jax.tree.map(lambda *seeds: jnp.stack(seeds), *alone)
    assert_close(jax.jit(jax.vmap(gradients(ours)))(*data), expected)

    def together(x, kernel, weight):
        return (jax.vmap(ours)(x, kernel) * weight).sum()

    assert_close(jax.jit(jax.grad(together, (0, 1)))(*data), expected[1])
    kernel = data[1][0]  # one for all seeds
    shared = jax.vmap(ours, (0, None))(data[0], kernel)
    assert_close(shared, jax.vmap(plain, (0, None))(data[0], kernel))


@BOTH
def test_in_a_loop_gradients_stay_fast(way):
    ours, _, shapes = way((48, 48), (2, 2), rows=8, f=32, c=32)
    _, plain, plain_shapes = strided((48, 48), (2, 2), rows=8, f=32, c=32)

    def looped(x, kernel, weight):
        def body(i, total):
            grads = gradients(ours)(x * i, kernel, weight)[1]
            return jax.tree.map(jnp.add, total, grads)

        start = jnp.zeros_like(x), jnp.zeros_like(kernel)
        return jax.lax.fori_loop(1, 3, body, start)

    def seconds(function, shapes):
        run, data = jax.jit(function), numbers(shapes)
        jax.block_until_ready(run(*data))
        start = time.process_time()
        jax.block_until_ready(run(*data))
        return time.process_time() - start

    # Two steps, beside one of XLA's outside of a loop; inside it took 60 times as long.
    assert seconds(looped, shapes) < 8 * seconds(gradients(plain), plain_shapes)
