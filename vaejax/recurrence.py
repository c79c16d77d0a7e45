"""Recurrent networks: LSTMs over frames, flat and hierarchical (MusicVAE).

They keep the contract of `nets.py`. None of the decoders looks at the frames that it
has to reconstruct: with teacher forcing an LSTM predicts a frame from the one before
and leaves the latent variable empty.

Inside, frames are the first axis, so that a step of a scan reads one block of memory.
"""

import functools
from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from vaejax.nets import Norm

LSTMState = tuple[Float[Array, "b u"], Float[Array, "b u"]]  # the cell, the output
LSTMStep = Callable[[LSTMState, Float[Array, "b g"]], LSTMState]

STEPS = 20  # of the iteration that makes rows orthogonal
STRETCHES = 16  # of a row that the encoder sums up by themselves


def orthogonal(scale: float) -> Callable:
    """Initialiser of kernels with orthogonal rows, uniform among all such kernels.

    The polar factor of a matrix of normal numbers (Chikuse 2003, "Statistics on Special
    Manifolds", theorem 2.2.1), by the iteration of Newton and Schulz (Higham 2008,
    "Functions of Matrices", eq. 8.20): products alone. Flax takes a QR of LAPACK, and
    jaxlib 0.10 hangs when as many of them as it has threads start at once, which those
    of the seeds of a hierarchical VAE did on two cores.
    """

    def init(key, shape, dtype=jnp.float32):
        n, m = shape
        x = jax.random.normal(key, shape, dtype) / (n**0.5 + m**0.5)  # norm about 1

        product = functools.partial(jnp.matmul, precision="highest")

        def step(_, x):
            return 1.5 * x - 0.5 * product(product(x, x.T), x)

        # From a norm below sqrt(3) every direction goes to 1; the smallest of rows a
        # fourth as many as the columns, which starts at 1/3, is there after 8 steps.
        return scale * jax.lax.fori_loop(0, STEPS, step, x)

    return init


def memories(n_steps: int) -> Callable:
    """Initialiser of biases: each unit remembers for 1 to n_steps - 1 steps.

    A forget gate that starts with bias b = log u forgets over 1 + u steps; u is uniform
    and the input gate's bias is -b. Chrono initialisation: Tallec & Ollivier 2018,
    arXiv:1804.11188, eq. 16.
    """

    def init(key, shape, dtype):
        units = (shape[0] // 4,)
        longest = max(n_steps - 1.0, 2.0)
        b = jnp.log(jax.random.uniform(key, units, dtype, 1.0, longest))
        return jnp.concatenate([-b, b, jnp.zeros_like(b), jnp.zeros_like(b)])

    return init


class LSTM(nn.Module):
    """The recurrent weights of a long short-term memory (Gers et al. 2000).

    Its step is driven by g = 4 * units numbers, the products of the input weights with
    the inputs. Gates are in the order input, forget, cell, output. The arithmetic is in
    `dtype`, but the cell, a sum over all frames, is float32.
    """

    units: int
    n_steps: int
    dtype: str

    @nn.compact
    def __call__(self) -> LSTMStep:
        """Returns the step, from a state and a drive to the next state."""
        shape = (self.units, 4 * self.units)  # each gate at the scale of orthogonal
        kernel = self.param("kernel", orthogonal(2.0), shape)
        bias = self.param("bias", memories(self.n_steps), shape[1:], jnp.float32)

        def step(state, drive):
            cell, h = state
            gates = (drive + h @ kernel.astype(self.dtype)).astype(jnp.float32)
            i, f, g, o = jnp.split(gates + bias[None], 4, axis=-1)
            cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
            return cell, (jax.nn.sigmoid(o) * jnp.tanh(cell)).astype(self.dtype)

        return step


class Reader(nn.Module):
    """An LSTM that reads frames, from the first to the last or in reverse."""

    units: int
    reverse: bool
    dtype: str

    @nn.compact
    def __call__(
        self, frames: Float[Array, "t b d"], mask: Float[Array, "t b"]
    ) -> Float[Array, "t b u"]:
        """Returns the output after each frame; where the mask is 0 the state stays."""
        shape = (frames.shape[-1], 4 * self.units)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape)
        lstm = LSTM(self.units, len(frames), self.dtype)()

        def step(state, frame):
            x, mask = frame
            # One product for all frames before the scan took 1.2 to 1.3 times as long.
            new = lstm(state, x @ kernel.astype(self.dtype))
            keep = functools.partial(jnp.where, mask[:, None] > 0)
            state = jax.tree.map(keep, new, state)
            return state, state[1]

        zero = jnp.zeros((frames.shape[1], self.units))
        state = zero, zero.astype(self.dtype)
        frames = frames.astype(self.dtype), mask
        return jax.lax.scan(step, state, frames, reverse=self.reverse)[1]


def stretches(mask: Float[Array, "t b"], n: int) -> Float[Array, "n t b"]:
    """Weights of the mean over each of n stretches of a row, cut evenly at any length.

    A stretch without frames, where a row has fewer than n, has weight 0.
    """
    length = jnp.maximum(jnp.sum(mask, axis=0, keepdims=True), 1.0)
    place = n * (jnp.cumsum(mask, axis=0) - 1.0) // length
    inside = mask[None] * (place[None] == jnp.arange(n)[:, None, None])
    return inside / jnp.maximum(jnp.sum(inside, axis=1, keepdims=True), 1.0)


class RecurrentEncoder(nn.Module):
    """A bidirectional LSTM, and what its outputs and the frames are on average.

    Kept are the last outputs of both directions; the mean of all outputs and frames,
    from which it is learnt at once what sounds all the time; and a summary of their
    means over each of `STRETCHES` parts of the row: what happens when. From the last
    outputs alone an encoder only learns by heart when things happen.

    Padded frames leave the state as it is and out of the means: they change nothing.
    """

    units: int
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
        """Returns the features; every frame is told the context."""
        frames, mask = jnp.swapaxes(x, 0, 1), mask.T
        told = jnp.broadcast_to(context[None], (len(frames), *context.shape))
        frames = jnp.concatenate([frames, told], axis=-1)
        forward = Reader(self.units, reverse=False, dtype=self.dtype)(frames, mask)
        backward = Reader(self.units, reverse=True, dtype=self.dtype)(frames, mask)
        h = jnp.concatenate([forward, backward, frames.astype(self.dtype)], axis=-1)
        mean, parts = (
            jnp.einsum("ntb,tbu->bnu", stretches(mask, n).astype(self.dtype), h)
            for n in (1, STRETCHES)
        )
        parts = nn.Dense((self.units + 1) // 2, dtype=self.dtype, name="summary")(parts)
        found = [mean, parts, forward[-1:].swapaxes(0, 1), backward[:1].swapaxes(0, 1)]
        h = jnp.concatenate([part.reshape(x.shape[0], -1) for part in found], axis=-1)
        h = Norm(self.norm, self.dtype)(h, train)
        return nn.Dropout(self.dropout, deterministic=not train)(h)


class Writer(nn.Module):
    """An LSTM that runs on from a state under one drive, and knows the step it is at.

    Each step has a learned input of its own, in place of the step before, which other
    decoders are given.
    """

    units: int
    n_steps: int
    dtype: str

    @nn.compact
    def __call__(
        self, start: Float[Array, "b u2"], drive: Float[Array, "b g"]
    ) -> Float[Array, "t b u"]:
        """Returns all outputs; `start` is the cell and the output before the first."""
        lstm = LSTM(self.units, self.n_steps, self.dtype)()
        shape = (self.n_steps, 4 * self.units)
        steps = self.param("steps", nn.initializers.normal(1.0), shape)

        def step(state, own):
            state = lstm(state, drive + own[None])
            return state, state[1]

        cell, h = jnp.split(start, 2, axis=-1)
        state = cell.astype(jnp.float32), h.astype(self.dtype)
        return jax.lax.scan(step, state, steps.astype(self.dtype))[1]


class Unrolled(nn.Module):
    """A code as a sequence of vectors, by an LSTM that it starts and drives.

    Beside the LSTM the code reaches each vector directly, by a linear layer: what is
    the same in the whole sequence need not be remembered, and is learnt at once.
    """

    n_steps: int
    size: int  # of a vector
    units: int
    norm: str
    dropout: float
    dtype: str

    @nn.compact
    def __call__(
        self, code: Float[Array, "b e"], train: bool
    ) -> Float[Array, "b t size"]:
        """Returns the sequence, float32."""
        dense = functools.partial(nn.Dense, use_bias=False, dtype=self.dtype)
        start = nn.tanh(dense(2 * self.units, name="start", use_bias=True)(code))
        drive = dense(4 * self.units, name="drive")(code)
        h = Writer(self.units, self.n_steps, self.dtype)(start, drive)
        h = Norm(self.norm, self.dtype)(h, train)
        h = nn.Dropout(self.dropout, deterministic=not train)(h)
        out = dense(self.size, name="out", use_bias=True)(h)
        out = out + dense(self.size, name="direct")(code)[None]
        return jnp.swapaxes(out, 0, 1).astype(jnp.float32)


class RecurrentDecoder(nn.Module):
    """The flat decoder: z unrolled into frames."""

    shape: tuple[int, int]
    units: int
    norm: str
    dropout: float
    dtype: str

    @nn.compact
    def __call__(self, z: Float[Array, "b k"], train: bool) -> Float[Array, "b t f"]:
        """Returns the reconstruction."""
        how = self.units, self.norm, self.dropout, self.dtype
        return Unrolled(*self.shape, *how)(z, train)


class HierarchicalDecoder(nn.Module):
    """MusicVAE's decoder (Roberts et al. 2018, arXiv:1803.05428, section 3.2).

    A conductor makes z into one embedding a segment: it unrolls z, and adds a linear
    view of z that each segment has of its own. A bottom LSTM unrolls each embedding,
    and nothing else, into the frames of its segment, all segments at once. The last
    segments are cut to the frames that there are.

    Without the views, which segments are few enough to afford, the held-out
    reconstruction on 30 s of songs was that of the flat decoder.
    """

    shape: tuple[int, int]
    segments: int
    units: int
    norm: str
    dropout: float
    dtype: str

    def setup(self):
        """The conductor's two ways from z to the embeddings, and the bottom."""
        n_frames, bands = self.shape
        length = -(-n_frames // self.segments)
        how = self.units, self.norm, self.dropout, self.dtype
        self.conductor = Unrolled(self.segments, self.units, *how)
        views = self.segments, self.units
        self.views = nn.DenseGeneral(views, use_bias=False, dtype=self.dtype)
        self.bottom = Unrolled(length, bands, *how)

    def conduct(
        self, z: Float[Array, "b k"], train: bool
    ) -> Float[Array, "b segments e"]:
        """The embeddings of the segments, e = units numbers each."""
        return self.conductor(z, train) + self.views(z)

    def play(
        self, embeddings: Float[Array, "b segments e"], train: bool
    ) -> Float[Array, "b t f"]:
        """The reconstruction; a segment's frames depend on its embedding alone."""
        n_frames, bands = self.shape
        x_hat = self.bottom(embeddings.reshape(-1, self.units), train)
        return x_hat.reshape(len(embeddings), -1, bands)[:, :n_frames]

    def __call__(self, z: Float[Array, "b k"], train: bool) -> Float[Array, "b t f"]:
        """Returns the reconstruction."""
        return self.play(self.conduct(z, train), train)
