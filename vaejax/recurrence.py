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

# MusicVAE starts the layers behind z near 0 (arXiv:1803.05428; magenta, lstm_utils.py).
from_z = functools.partial(nn.Dense, kernel_init=nn.initializers.normal(1e-3))


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
        kernel = self.param("kernel", nn.initializers.orthogonal(2.0), shape)
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
    ) -> Float[Array, "b u"]:
        """Returns the output after all frames; where the mask is 0 the state stays."""
        shape = (frames.shape[-1], 4 * self.units)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), shape)
        lstm = LSTM(self.units, len(frames), self.dtype)()

        def step(state, frame):
            x, mask = frame
            # One product for all frames before the scan took 1.2 to 1.3 times as long.
            new = lstm(state, x @ kernel.astype(self.dtype))
            keep = functools.partial(jnp.where, mask[:, None] > 0)
            return jax.tree.map(keep, new, state), None

        zero = jnp.zeros((frames.shape[1], self.units))
        state = zero, zero.astype(self.dtype)
        frames = frames.astype(self.dtype), mask
        return jax.lax.scan(step, state, frames, reverse=self.reverse)[0][1]


class Writer(nn.Module):
    """An LSTM that runs on from a state, under the same drive at every step."""

    units: int
    dtype: str

    @nn.compact
    def __call__(
        self, start: Float[Array, "b u2"], drive: Float[Array, "b g"], n_steps: int
    ) -> Float[Array, "t b u"]:
        """Returns all outputs; `start` is the cell and the output before the first."""
        lstm = LSTM(self.units, n_steps, self.dtype)()

        def step(state, _):
            state = lstm(state, drive)
            return state, state[1]

        cell, h = jnp.split(start, 2, axis=-1)
        state = cell.astype(jnp.float32), h.astype(self.dtype)
        return jax.lax.scan(step, state, length=n_steps)[1]


class RecurrentEncoder(nn.Module):
    """A bidirectional LSTM; the last outputs of both directions side by side.

    Padded frames leave the state as it is, so they change nothing.
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
        """Returns w = 2 * units features; every frame is told the context."""
        frames = jnp.swapaxes(x, 0, 1)
        told = jnp.broadcast_to(context[None], (len(frames), *context.shape))
        frames = jnp.concatenate([frames, told], axis=-1)
        forward = Reader(self.units, reverse=False, dtype=self.dtype)(frames, mask.T)
        backward = Reader(self.units, reverse=True, dtype=self.dtype)(frames, mask.T)
        h = jnp.concatenate([forward, backward], axis=-1)
        h = Norm(self.norm, self.dtype)(h, train)
        return nn.Dropout(self.dropout, deterministic=not train)(h)


class Bands(nn.Module):
    """What follows a decoder's LSTM: normalisation, dropout, a layer to bands."""

    bands: int
    norm: str
    dropout: float
    dtype: str

    @nn.compact
    def __call__(self, h: Float[Array, "*t u"], train: bool) -> Float[Array, "*t f"]:
        """Returns frames, float32."""
        h = Norm(self.norm, self.dtype)(h, train)
        h = nn.Dropout(self.dropout, deterministic=not train)(h)
        return nn.Dense(self.bands, dtype=self.dtype)(h).astype(jnp.float32)


class RecurrentDecoder(nn.Module):
    """The flat decoder: z is the first state and every input of one LSTM."""

    shape: tuple[int, int]
    units: int
    norm: str
    dropout: float
    dtype: str

    @nn.compact
    def __call__(self, z: Float[Array, "b k"], train: bool) -> Float[Array, "b t f"]:
        """Returns the reconstruction."""
        n_frames, bands = self.shape
        start = nn.tanh(from_z(2 * self.units, dtype=self.dtype)(z))
        drive = nn.Dense(4 * self.units, use_bias=False, dtype=self.dtype)(z)
        h = Writer(self.units, self.dtype)(start, drive, n_frames)
        x_hat = Bands(bands, self.norm, self.dropout, self.dtype)(h, train)
        return jnp.swapaxes(x_hat, 0, 1)


class HierarchicalDecoder(nn.Module):
    """MusicVAE's decoder (Roberts et al. 2018, arXiv:1803.05428, section 3.2).

    A conductor LSTM turns z into one embedding a segment; a bottom LSTM turns each
    embedding, and nothing else, into the frames of its segment, all segments at once.
    The last segments are cut to the frames that there are.
    """

    shape: tuple[int, int]
    segments: int
    units: int
    norm: str
    dropout: float
    dtype: str

    def setup(self):
        """The layers in the order of their use."""
        gates, dtype = 4 * self.units, self.dtype
        self.conductor_start = from_z(2 * self.units, dtype=dtype)
        self.conductor = Writer(self.units, dtype)
        self.embedding = nn.Dense(self.units, dtype=dtype)
        self.bottom_start = nn.Dense(2 * self.units, dtype=dtype)
        self.bottom_input = nn.Dense(gates, use_bias=False, dtype=dtype)
        self.bottom = Writer(self.units, dtype)
        self.bands = Bands(self.shape[1], self.norm, self.dropout, dtype)

    def conduct(self, z: Float[Array, "b k"]) -> Float[Array, "b s e"]:
        """The embeddings of the segments, e = units numbers in [-1, 1] each."""
        start = nn.tanh(self.conductor_start(z))
        nothing = jnp.zeros((len(z), 4 * self.units), self.dtype)
        h = self.conductor(start, nothing, self.segments)
        return jnp.swapaxes(nn.tanh(self.embedding(h)), 0, 1)

    def play(
        self, embeddings: Float[Array, "b s e"], train: bool
    ) -> Float[Array, "b t f"]:
        """The reconstruction; a segment's frames depend on its embedding alone."""
        n_frames, bands = self.shape
        rows = embeddings.reshape(-1, self.units)
        start = nn.tanh(self.bottom_start(rows))
        length = -(-n_frames // self.segments)
        h = self.bottom(start, self.bottom_input(rows), length)
        x_hat = jnp.swapaxes(self.bands(h, train), 0, 1)
        return x_hat.reshape(len(embeddings), -1, bands)[:, :n_frames]

    def __call__(self, z: Float[Array, "b k"], train: bool) -> Float[Array, "b t f"]:
        """Returns the reconstruction."""
        return self.play(self.conduct(z), train)
