"""Convolutional networks over spectrograms: plain ones, and residual ones (blocks > 0).

The encoder halves time and frequency on every level, an odd size to the larger half;
the decoder runs through the same sizes backwards, so that any input, also one smaller
than 2**levels, comes back in its own shape. Both keep the contract of `nets.py`.

Every convolution is 3 x 3 and pads one zero on each side: output i of a stride of 2 is
centred on input 2 i whatever the size. With padding frames held at 0 as well, a row's
features do not depend on how much padding follows it.
"""

import functools
from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from vaejax.nets import Block, Norm

POOLS = ("none", "time")
PADDING = ((1, 1), (1, 1))
STRIDE = (2, 2)

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def strided_conv(
    x: Float[Array, "b H W f"],
    kernel: Float[Array, "kh kw f c"],
    stride: Pair,
    padding: Padding,
) -> Float[Array, "b h w c"]:
    """The convolution of `lax.conv_general_dilated`, with a gradient that stays fast.

    On a CPU, XLA's gradient by the kernel is 60 to 300 times slower inside of a loop,
    as of `lax.scan`, than outside of it.
    """
    return _conv(x, kernel, stride, padding)


def _conv_forward(x, kernel, stride, padding):
    return _conv(x, kernel, stride, padding), (x, kernel)


def _conv_backward(stride, padding, residuals, grad):
    x, kernel = residuals
    dx = _adjoint(grad, kernel, x.shape[1:3], stride, padding)
    return dx, kernel_gradient(x, grad, kernel.shape[:2], stride, padding)


strided_conv.defvjp(_conv_forward, _conv_backward)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def transposed_conv(
    x: Float[Array, "b h w c"],
    kernel: Float[Array, "kh kw f c"],
    size: Pair,
    stride: Pair,
    padding: Padding,
) -> Float[Array, "b H W f"]:
    """The adjoint of the strided convolution that maps [b, H, W, f] to [b, h, w, c].

    XLA's own gradient by the kernel is up to 76 times slower than need be (jax#31662,
    xla#34273). Here it is the gradient of that strided convolution.

    Args:
      size: (H, W), any pair that the strided convolution maps to (h, w).
    """
    return _adjoint(x, kernel, size, stride, padding)


def _transposed_forward(x, kernel, size, stride, padding):
    return _adjoint(x, kernel, size, stride, padding), (x, kernel)


def _transposed_backward(size, stride, padding, residuals, grad):
    x, kernel = residuals
    dx = _conv(grad, kernel, stride, padding)
    return dx, kernel_gradient(grad, x, kernel.shape[:2], stride, padding)


transposed_conv.defvjp(_transposed_forward, _transposed_backward)


def kernel_gradient(
    x: Float[Array, "b H W f"],
    grad: Float[Array, "b h w c"],
    size: Pair,
    stride: Pair,
    padding: Padding,
) -> Float[Array, "kh kw f c"]:
    """The gradient of the strided convolution of x by its kernel of `size`.

    Args:
      grad: of the convolution's output.
    """
    return lax.platform_dependent(
        x,
        grad,
        cpu=functools.partial(_by_places, size=size, stride=stride, padding=padding),
        default=functools.partial(_by_conv, size=size, stride=stride, padding=padding),
    )


def _by_places(x, grad, *, size, stride, padding):
    """One matrix product for every place of the kernel."""
    padded = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    height, width = (stride[i] * (grad.shape[i + 1] - 1) + 1 for i in (0, 1))

    def at(i, j):
        shifted = padded[:, i : i + height : stride[0], j : j + width : stride[1]]
        return jnp.einsum("bhwf,bhwc->fc", shifted, grad)

    return jnp.stack(
        [jnp.stack([at(i, j) for j in range(size[1])]) for i in range(size[0])]
    )


def _by_conv(x, grad, *, size, stride, padding):
    kernel = jax.ShapeDtypeStruct((*size, x.shape[-1], grad.shape[-1]), x.dtype)
    return jax.linear_transpose(lambda k: _conv(x, k, stride, padding), kernel)(grad)[0]


def _conv(x, kernel, stride, padding):
    return lax.conv_general_dilated(
        x, kernel, stride, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _adjoint(y, kernel, size, stride, padding):
    x = jax.ShapeDtypeStruct((len(y), *size, kernel.shape[2]), y.dtype)
    return jax.linear_transpose(lambda x: _conv(x, kernel, stride, padding), x)(y)[0]


class Conv(nn.Module):
    """A 3 x 3 convolution."""

    channels: int
    stride: int
    use_bias: bool
    dtype: str

    @nn.compact
    def __call__(self, x: Float[Array, "b t f c"]) -> Float[Array, "b u g d"]:
        """Returns maps of ceil(t / stride) by ceil(f / stride)."""
        init = nn.initializers.lecun_normal()
        kernel = self.param("kernel", init, (3, 3, x.shape[-1], self.channels))
        x, kernel = (a.astype(self.dtype) for a in (x, kernel))
        y = strided_conv(x, kernel, (self.stride, self.stride), PADDING)
        if self.use_bias:
            y += self.param("bias", nn.initializers.zeros, (1, 1, 1, self.channels))
        return y.astype(self.dtype)


class TransposedConv(nn.Module):
    """The adjoint of a 3 x 3 convolution of stride 2, to maps of a given size."""

    size: Pair
    channels: int
    use_bias: bool
    dtype: str

    @nn.compact
    def __call__(self, x: Float[Array, "b t f c"]) -> Float[Array, "b u g d"]:
        """Returns maps of `size`, any whose halves, rounded up, are t and f."""
        # Four times the variance: an output sees a quarter of the kernel.
        init = nn.initializers.variance_scaling(
            4.0, "fan_in", "truncated_normal", in_axis=-1, out_axis=-2
        )
        kernel = self.param("kernel", init, (3, 3, self.channels, x.shape[-1]))
        x, kernel = (a.astype(self.dtype) for a in (x, kernel))
        y = transposed_conv(x, kernel, self.size, STRIDE, PADDING)
        if self.use_bias:
            y += self.param("bias", nn.initializers.zeros, (1, 1, 1, self.channels))
        return y.astype(self.dtype)


class Residual(nn.Module):
    """Blocks of relu(x + Norm(conv(Block(conv(x)))))."""

    blocks: int
    norm: str
    dropout: float
    dtype: str

    @nn.compact
    def __call__(
        self, x: Float[Array, "b t f c"], real: Float[Array, "#b #t 1 1"], train: bool
    ) -> Float[Array, "b t f c"]:
        """Returns maps of the same size; `real` is 0 where a frame is padding."""
        channels, use_bias = x.shape[-1], self.norm == "none"
        for _ in range(self.blocks):
            h = Conv(channels, 1, use_bias, self.dtype)(x)
            h = Block(self.norm, self.dropout, self.dtype)(h, train) * real
            h = Conv(channels, 1, use_bias, self.dtype)(h)
            x = nn.relu(x + Norm(self.norm, self.dtype)(h, train)) * real
        return x


class ConvEncoder(nn.Module):
    """Levels of a convolution of stride 2 and `blocks` residual blocks.

    `pool` is "none", which keeps every place of the last map, or "time", which keeps
    the mean of its real frames.
    """

    channels: Sequence[int]
    blocks: int
    pool: str
    norm: str
    dropout: float
    dtype: str

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "b t f"],
        mask: Float[Array, "b t"],
        context: Float[Array, "b e"],
        train: bool,
    ) -> Float[Array, "b w"]:
        """Returns the last map, flat; `context` joins x as further channels."""
        b, t, f = x.shape
        alike = jnp.broadcast_to(context[:, None, None], (b, t, f, context.shape[1]))
        real = mask[:, :, None, None].astype(self.dtype)
        h = jnp.concatenate([x[..., None], alike], axis=-1).astype(self.dtype) * real
        for channels in self.channels:
            h = Conv(channels, 2, self.norm == "none", self.dtype)(h)
            real = real[:, ::2]
            h = Block(self.norm, self.dropout, self.dtype)(h, train) * real
            h = Residual(self.blocks, self.norm, self.dropout, self.dtype)(
                h, real, train
            )
        if self.pool == "time":
            frames = real.astype(jnp.float32).sum(axis=1)[..., 0]
            h = h.astype(jnp.float32).sum(axis=1) / jnp.maximum(frames, 1.0)[..., None]
        return h.reshape(b, -1)


class ConvDecoder(nn.Module):
    """The mirror image of ConvEncoder.

    With `pool` "time", z draws one frame of the smallest map, and a learnt offset for
    every place in time is added.
    """

    shape: Pair
    channels: Sequence[int]
    blocks: int
    pool: str
    norm: str
    dropout: float
    dtype: str

    @nn.compact
    def __call__(self, z: Float[Array, "b k"], train: bool) -> Float[Array, "b t f"]:
        """Returns the reconstruction, of `shape`."""
        rest = self.norm, self.dropout, self.dtype
        every = jnp.ones((1, 1, 1, 1), self.dtype)
        sizes = _sizes(self.shape, len(self.channels))
        h = Block(*rest)(self._smallest(z, sizes.pop()), train)
        for size, channels in zip(sizes[:0:-1], self.channels[-2::-1], strict=True):
            h = Residual(self.blocks, *rest)(h, every, train)
            h = TransposedConv(size, channels, self.norm == "none", self.dtype)(h)
            h = Block(*rest)(h, train)
        h = Residual(self.blocks, *rest)(h, every, train)
        h = TransposedConv(self.shape, 1, True, self.dtype)(h)
        return h[..., 0].astype(jnp.float32)

    def _smallest(self, z, size):
        t, f = size
        channels = self.channels[-1]
        frames = 1 if self.pool == "time" else t
        h = nn.Dense(frames * f * channels, dtype=self.dtype)(z)
        h = h.reshape(len(z), frames, f, channels)
        if self.pool == "time":
            normal = nn.initializers.normal(0.02)
            h += self.param("places", normal, (1, t, 1, channels)).astype(self.dtype)
        return h


def _sizes(shape: Pair, levels: int) -> list[Pair]:
    """The size of the maps on every level, largest first: halves, rounded up."""
    return [
        tuple(-(-side // 2**level) for side in shape) for level in range(levels + 1)
    ]
