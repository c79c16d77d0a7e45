"""The transposed convolution as one writes it first, with Flax's own layer."""

import flax.linen as nn
from jaxtyping import Array, Float

from vaejax.convolution import STRIDE, Pair


class TransposedConv(nn.Module):
    """In place of `convolution.TransposedConv`; an odd size cuts the last row off."""

    size: Pair
    channels: int
    use_bias: bool
    dtype: str

    @nn.compact
    def __call__(self, x: Float[Array, "b t f c"]) -> Float[Array, "b u g d"]:
        """Returns maps of `size`."""
        layer = nn.ConvTranspose(
            self.channels, (3, 3), STRIDE, use_bias=self.use_bias, dtype=self.dtype
        )
        t, f = self.size
        return layer(x)[:, :t, :f]
