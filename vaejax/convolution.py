"""Convolutional networks over spectrograms: plain ones, and residual ones (blocks > 0).

The encoder halves time and frequency on every level, an odd size to the larger half;
the decoder runs through the same sizes backwards, so that any input, also one smaller
than 2**levels, comes back in its own shape. Both keep the contract of `nets.py`.

Every convolution is 3 x 3 and pads one zero on each side: output i of a stride of 2 is
centred on input 2 i whatever the size. With padding frames held at 0 as well, a row's
features do not depend on how much padding follows it.
"""

from collections.abc import Sequence

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from vaejax.convolve import Pair, strided_conv, transposed_conv
from vaejax.nets import Block, Norm

POOLS = ("none", "time")
PADDING = ((1, 1), (1, 1))
STRIDE = (2, 2)


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
