"""Strided convolutions and their adjoints, with gradients that are fast.

Maps are [b, H, W, f] on the larger side of a stride and [b, h, w, c] on the smaller;
kernels are [kh, kw, f, c] for both ways. All gradients are made of three maps, linear
in each argument: the convolution, its adjoint, and the gradient by the kernel.

For a GPU they are left to XLA. On a CPU (jax 0.10.2) four things were found:

- XLA's gradient by the kernel of a transposed convolution is up to 76 times slower than
  that of the strided convolution which it is the adjoint of (jax#31662, xla#34273).
- In a loop, such as `lax.scan` over an epoch, XLA only has fast code for convolutions
  whose axes stand in the usual order. The gradients that JAX derives have others, and
  were up to 300 times slower there; below they are in that order.
- Seeds under `vmap` become one grouped convolution, 2.5 times slower than one seed
  after the other; and so are rows, a few at a time, up to 2 times faster than all at
  once, for then their patches stay in the cache.
- Maps of a single row or column are 40 times slower, unless the kernel has lost what
  only ever meets padding before XLA sees it.
"""

import functools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import sequential_vmap
from jaxtyping import Array, Float

from vaejax.devices import apart

PATCHES = 2**21  # numbers in the patches of the rows that are taken at once

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def strided_conv(
    x: Float[Array, "b H W f"],
    kernel: Float[Array, "kh kw f c"],
    stride: Pair,
    padding: Padding,
) -> Float[Array, "b h w c"]:
    """The convolution of `lax.conv_general_dilated`."""
    return _forward(x, kernel, stride, padding)


def _strided_forward(x, kernel, stride, padding):
    return _forward(x, kernel, stride, padding), (x, kernel)


def _strided_backward(stride, padding, residuals, grad):
    x, kernel = residuals
    dx = _adjoint(grad, kernel, x.shape[1:3], stride, padding)
    return dx, _by_kernel(x, grad, kernel.shape[:2], stride, padding)


strided_conv.defvjp(_strided_forward, _strided_backward)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def transposed_conv(
    y: Float[Array, "b h w c"],
    kernel: Float[Array, "kh kw f c"],
    size: Pair,
    stride: Pair,
    padding: Padding,
) -> Float[Array, "b H W f"]:
    """The adjoint of the strided convolution that maps [b, H, W, f] to [b, h, w, c].

    Args:
      size: (H, W), any pair that the strided convolution maps to (h, w).
    """
    return _adjoint(y, kernel, size, stride, padding)


def _transposed_forward(y, kernel, size, stride, padding):
    return _adjoint(y, kernel, size, stride, padding), (y, kernel)


def _transposed_backward(size, stride, padding, residuals, grad):
    y, kernel = residuals
    dy = _forward(grad, kernel, stride, padding)
    return dy, _by_kernel(grad, y, kernel.shape[:2], stride, padding)


transposed_conv.defvjp(_transposed_forward, _transposed_backward)


def _forward(x, kernel, stride, padding):
    conv = functools.partial(_conv, strides=stride, padding=padding)
    return apart(_by_platform(conv, conv), [x], kernel)


def _adjoint(y, kernel, size, stride, padding):
    def derived(y, kernel):
        x = jax.ShapeDtypeStruct((len(y), *size, kernel.shape[2]), y.dtype)
        conv = functools.partial(_conv, rhs=kernel, strides=stride, padding=padding)
        return jax.linear_transpose(conv, x)(y)[0]

    def ordered(y, kernel):
        # y, with zeros between its places, under the kernel turned by half a circle.
        pads = [
            (kernel.shape[i] - 1 - low, size[i] + low - 1 - _span(y, stride)[i])
            for i, (low, _) in enumerate(padding)
        ]
        turned = jnp.flip(kernel, (0, 1)).swapaxes(2, 3)
        conv = functools.partial(_conv, rhs=turned, padding=pads, lhs_dilation=stride)
        parts = _in_parts(y, n=_rows_at_once(y, kernel.shape[:3]))
        return lax.map(conv, parts).reshape(len(y), *size, kernel.shape[2])

    return apart(_by_platform(ordered, derived), [y], kernel)


def _by_kernel(x, y, size, stride, padding):
    shape = (*size, x.shape[-1], y.shape[-1])

    def derived(x, y):
        conv = functools.partial(_conv, x, strides=stride, padding=padding)
        kernel = jax.ShapeDtypeStruct(shape, x.dtype)
        return jax.linear_transpose(lambda kernel: conv(rhs=kernel), kernel)(y)[0]

    def ordered(x, y):
        # The rows are what is summed over, so they stand where channels do.
        pads = [
            (low, size[i] + _span(y, stride)[i] - x.shape[i + 1] - low)
            for i, (low, _) in enumerate(padding)
        ]
        conv = functools.partial(_conv, padding=pads, rhs_dilation=stride)

        def add(total, part):
            x, y = part
            out = conv(x.transpose(3, 1, 2, 0), y.transpose(1, 2, 0, 3))
            return total + out.transpose(1, 2, 0, 3), None

        n = _rows_at_once(y, shape[:3])
        parts = _in_parts(x, n), _in_parts(y, n)
        return lax.scan(add, jnp.zeros(shape), parts)[0].astype(x.dtype)

    return apart(_by_platform(ordered, derived), [x, y], total=True)


def _conv(x, rhs, padding, strides=(1, 1), lhs_dilation=(1, 1), rhs_dilation=(1, 1)):
    rhs, padding = _trimmed(x, rhs, padding, strides, lhs_dilation, rhs_dilation)
    return lax.conv_general_dilated(
        x,
        rhs,
        strides,
        padding,
        lhs_dilation,
        rhs_dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def _trimmed(x, kernel, padding, strides: Pair, lhs_dilation: Pair, rhs_dilation: Pair):
    """The kernel without its outer rows and columns that only ever meet padding."""
    left = []
    for axis, (low, high) in enumerate(padding):
        n = _span(x, lhs_dilation)[axis] + 1
        taps = range(0, kernel.shape[axis] * rhs_dilation[axis], rhs_dilation[axis])
        places = range(-low, n + high - taps[-1], strides[axis])
        met = [i for i, t in enumerate(taps) if any(0 <= p + t < n for p in places)]
        first, last = (met[0], met[-1]) if met else (0, len(taps) - 1)
        kernel = lax.slice_in_dim(kernel, first, last + 1, axis=axis)
        left.append((low - taps[first], high - (taps[-1] - taps[last])))
    return kernel, left


def _by_platform(cpu: Callable, default: Callable) -> Callable:
    return functools.partial(
        lax.platform_dependent, cpu=sequential_vmap(cpu), default=default
    )


def _span(y, stride: Pair) -> Pair:
    """Places from the first to the last of y, on the larger side of the stride."""
    return tuple(step * (n - 1) for step, n in zip(stride, y.shape[1:3], strict=True))


def _rows_at_once(y, kernel_shape: tuple[int, ...]) -> int:
    """The most rows, a divisor of all, whose patches are at most PATCHES numbers."""
    most = PATCHES // (math.prod(y.shape[1:3]) * math.prod(kernel_shape))
    return next(
        n for n in range(len(y), 0, -1) if len(y) % n == 0 and n <= max(most, 1)
    )


def _in_parts(x, n: int):
    return x.reshape(len(x) // n, n, *x.shape[1:])
