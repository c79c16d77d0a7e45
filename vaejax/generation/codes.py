"""What to decode: draws, ways from code to code, steps along dimensions.

A density of codes is a mixture of Gaussians as `core.Model.prior` gives it, in the form
of `mixture`: {logits [c], mean [c, k], log_var [c, k]}, and a shear [c, k, k] where
covariances are full.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from vaejax.core import fold
from vaejax.mixture import SHAPES, Mixture

ALIGNED = 1e-3  # sine of the angle under which two directions are one


def fitted(z: Float[np.ndarray, "n k"]) -> Mixture:
    """The diagonal Gaussian with the mean and variance of the codes, as a mixture."""
    variance = np.maximum(z.astype(np.float64).var(axis=0), 1e-12)
    return {
        "logits": jnp.zeros(1),
        "mean": jnp.asarray(z.mean(axis=0)[None]),
        "log_var": jnp.asarray(np.log(variance)[None], jnp.float32),
    }


def component(density: Mixture, c: int) -> Mixture:
    """One component of a mixture by itself."""
    return {name: x[c : c + 1] for name, x in density.items()}


def weights(density: Mixture) -> Float[Array, " c"]:
    """The shares of the components, which add up to 1."""
    return jax.nn.softmax(density["logits"])


def draws(density: Mixture, *, n: int, seed: int) -> Float[np.ndarray, "n k"]:
    """Codes drawn from a density; the first are the same, however many there are."""
    shape = SHAPES["full" if "shear" in density else "diagonal"]

    def one(i):
        key_component, key_z = jax.random.split(fold(seed, i))
        component = jax.random.categorical(key_component, density["logits"])
        return shape.sample(density, key_z, component[None])[0]

    return np.asarray(jax.vmap(one)(jnp.arange(n)))


def linear(
    start: Float[np.ndarray, " k"],
    end: Float[np.ndarray, " k"],
    shares: Float[np.ndarray, " n"],
) -> Float[np.ndarray, "n k"]:
    """The straight way from start (share 0) to end (share 1)."""
    return start + shares[:, None] * (end - start)


def spherical(
    start: Float[np.ndarray, " k"],
    end: Float[np.ndarray, " k"],
    shares: Float[np.ndarray, " n"],
) -> Float[np.ndarray, "n k"]:
    """The way from start to end that turns about the origin at an even pace.

    A straight one leads past the origin, where a normal prior has no mass. White 2016,
    arXiv:1609.04468, sec. 2.1. It is straight where there is no angle to turn through.
    """
    lengths = np.linalg.norm(start) * np.linalg.norm(end)
    angle = np.arccos(np.clip(start @ end / max(lengths, 1e-30), -1.0, 1.0))
    if lengths == 0 or np.sin(angle) < ALIGNED:
        return linear(start, end, shares)
    parts = np.sin(np.stack([1 - shares, shares], axis=1) * angle) / np.sin(angle)
    return (parts @ np.stack([start, end])).astype(start.dtype)


def traversal(
    centre: Float[np.ndarray, " k"],
    spread: Float[np.ndarray, " k"],
    dims: list[int],
    values: Float[np.ndarray, " n"],
) -> Float[np.ndarray, "m n k"]:
    """For each of `dims` the centre, moved along it by every value times the spread."""
    z = np.tile(centre, (len(dims), len(values), 1)).astype(np.float32)
    for row, dim in zip(z, dims, strict=True):
        row[:, dim] += (values * spread[dim]).astype(np.float32)
    return z


def texture(
    deviation: Float[np.ndarray, " f"],
    flux: Float[np.ndarray, " f"],
    *,
    n_frames: int,
    seed: int,
) -> Float[np.ndarray, "t f"]:
    """Noise per band that changes as fast as the statistics of a spectrogram say.

    An autoregression of order 1 with unit variance and correlation r from frame to
    frame changes by 2 sqrt((1 - r) / pi) in the mean; r is what makes this the ratio of
    `flux` to `deviation`, as `inputs.mel_statistics` measures them, and at least 0.
    What the statistics do not say is taken from music: all bands start at the same
    moments.
    """
    ratio = np.maximum(flux, 0.0) / np.maximum(deviation, 1e-6)
    r = np.clip(1 - np.pi / 4 * ratio**2, 0.0, 0.9999)
    noise = (
        np.random.default_rng(seed).normal(size=(n_frames, 1)).repeat(len(r), axis=1)
    )
    for t in range(1, n_frames):
        noise[t] = r * noise[t - 1] + np.sqrt(1 - r**2) * noise[t]
    return noise
