"""A file -> mono samples -> log-mel spectrogram, MFCC and deltas.

The numbers are librosa's (to 0.01 dB), several times faster: one channel before the
resampler, float32 throughout, frames in blocks that stay in the cache, and a mel matrix
without its zeros. What cannot be used raises AudioError with a reason that a person can
act on. Worker processes import this module: it knows nothing of JAX, and of librosa
only where the filters are made.
"""

from math import factorial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soxr
from jaxtyping import Float32

from vaejax import decode
from vaejax.decode import CROPS as CROPS  # part of what `read` offers
from vaejax.decode import AudioError, UnavailableError

_BLOCK = 128  # frames transformed at a time: 1 MB
_SLAB = 16  # neighbouring bands multiplied at a time
_FLOOR = 1e-10  # power below which a bin counts as silent, as in librosa
_RANGE_DB = 80.0
_WIDTH = 9  # frames that a delta is fitted to, as in librosa
_CANCELLED = 1e-4  # of the channels' power left in their mean: -40 dB
_HIGHEST = 1e12  # a float file may exceed 1, but its power must fit in float32


class Recording(NamedTuple):
    """Mono samples, full scale 1, and what a person should know about them."""

    samples: Float32[np.ndarray, "n"]
    note: str


class MelBank(NamedTuple):
    """All that `log_mel` needs: frames, window, and the filters without their zeros."""

    hop: int
    window: Float32[np.ndarray, "n_fft"]
    n_mels: int
    slabs: list  # (first band, last band, first value, last value, weights)


class Recipe(NamedTuple):
    """All that decides the features of a file, besides the file."""

    sample_rate_hz: int
    duration_s: float
    crop: str
    bank: MelBank
    n_mfcc: int


def analyse(recipe: Recipe, path: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Log-mel, MFCC and what else there is to know; or no arrays, and the reason.

    Returns:
      Arrays [t, f] and [t, 3 * n_mfcc] with `duration_s`, `level_db` and `note`; or
      `refused` with what the content lacks, or `unavailable` with what may change.
    """
    try:
        samples, note = read(
            path,
            sample_rate_hz=recipe.sample_rate_hz,
            duration_s=recipe.duration_s,
            crop=recipe.crop,
        )
    except UnavailableError as error:
        return [], {"unavailable": str(error)}
    except AudioError as error:
        return [], {"refused": str(error)}
    mel = log_mel(samples, recipe.bank)
    return [mel, mfcc(mel, n_mfcc=recipe.n_mfcc)], {
        "duration_s": len(samples) / recipe.sample_rate_hz,
        "level_db": level_db(samples),
        "note": note,
    }


def read(path: Path, *, sample_rate_hz: int, duration_s: float, crop: str) -> Recording:
    """The file's samples in mono, at most `duration_s` of them.

    Args:
      path: any file that libsndfile or ffmpeg decodes, whatever its name.
      sample_rate_hz: of the samples returned (soxr HQ, as librosa).
      duration_s: longest stretch used.
      crop: where the stretch lies in a longer file: a key of CROPS.

    Raises:
      AudioError: the content is no audio, is empty, or has samples that are not finite.
      UnavailableError: the file or its decoder is not there.
    """
    frames, rate_hz, note = decode.window(path, duration_s=duration_s, crop=crop)
    samples, mixing = _mono(frames)
    level = _checked_peak(samples)
    notes = (note, mixing, "" if level else "silent")
    length = -(-len(samples) * sample_rate_hz // rate_hz)
    if rate_hz != sample_rate_hz:
        samples = soxr.resample(samples, rate_hz, sample_rate_hz, quality="HQ")
    samples = np.pad(samples[:length], (0, max(0, length - len(samples))))
    return Recording(samples, "; ".join(filter(None, notes)))


def _mono(
    frames: Float32[np.ndarray, "n channels"],
) -> tuple[Float32[np.ndarray, "n"], str]:
    """The mean of the channels, or the strongest one where they cancel."""
    channels = frames.shape[1]
    if channels == 1:
        return frames[:, 0], ""
    # A product: NumPy's mean over the short axis takes forty times as long.
    samples = frames @ np.full(channels, 1 / channels, np.float32)
    power = np.vdot(frames, frames) / channels
    if np.vdot(samples, samples) >= _CANCELLED * power:
        return samples, ""
    strongest = int(np.argmax(np.einsum("nc,nc->c", frames, frames)))
    return frames[:, strongest].copy(), (
        f"the channels cancel each other; channel {strongest + 1} of {channels} is used"
    )


def _checked_peak(samples: Float32[np.ndarray, "n"]) -> float:
    """The largest magnitude, or AudioError where a spectrum could not be finite."""
    peak = max(float(samples.max()), -float(samples.min()))
    if peak <= _HIGHEST:  # false for NaN
        return peak
    bad = len(samples) - np.count_nonzero(np.isfinite(samples))
    if bad:
        raise AudioError(f"has {bad} of {len(samples)} samples NaN or infinite.")
    raise AudioError(f"has samples up to {peak:.0e}; full scale is 1.")


def level_db(samples: Float32[np.ndarray, "n"]) -> float:
    """RMS level relative to full scale, from -120 for silence."""
    power = float(np.vdot(samples, samples)) / len(samples)
    return 10 * float(np.log10(max(power, 1e-12)))


def mel_bank(*, sample_rate_hz: int, n_fft: int, hop: int, n_mels: int) -> MelBank:
    """The filters of librosa (Slaney), cut into slabs of neighbouring bands.

    Args:
      sample_rate_hz: of the samples; bands reach up to half of it.
      n_fft: samples in a frame, even.
      hop: samples between frames.
      n_mels: number of bands.
    """
    from librosa.filters import mel  # a second to import; workers get the result

    filters = mel(sr=sample_rate_hz, n_fft=n_fft, n_mels=n_mels)
    slabs = []
    for band in range(0, n_mels, _SLAB):
        some = filters[band : band + _SLAB]
        used = np.flatnonzero(some.any(axis=0))
        low, high = (used[0], used[-1] + 1) if len(used) else (0, 1)
        # Twice each: once for the square of the real part, once for the imaginary.
        weights = np.repeat(some[:, low:high].T, 2, axis=0)
        slabs.append((band, band + len(some), 2 * int(low), 2 * int(high), weights))
    turns = np.arange(n_fft) / n_fft
    window = (0.5 - 0.5 * np.cos(2 * np.pi * turns)).astype(np.float32)
    return MelBank(hop, window, n_mels, slabs)


def log_mel(
    samples: Float32[np.ndarray, "n"], bank: MelBank
) -> Float32[np.ndarray, "t f"]:
    """Log-power mel spectrogram in dB relative to the loudest bin, in [-80, 0].

    Silence is 0 everywhere, as in librosa.

    Args:
      samples: mono signal, at least one sample.
      bank: frames and filters; t = 1 + floor(n / hop), frames centred and zero-padded.
    """
    from scipy.fft import (
        rfft,
    )  # vectorised over frames; NumPy's takes 1.6 times as long

    n_fft = len(bank.window)
    padded = np.pad(samples, n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[:: bank.hop]
    power = np.empty((len(frames), bank.n_mels), np.float32)
    for at in range(0, len(frames), _BLOCK):
        block = rfft(frames[at : at + _BLOCK] * bank.window)
        parts = block.view(np.float32)  # real, imaginary, real, ...
        np.square(parts, out=parts)
        for band, end, low, high, weights in bank.slabs:
            power[at : at + _BLOCK, band:end] = parts[:, low:high] @ weights
    np.maximum(power, _FLOOR, out=power)
    power /= power.max()
    db = np.log10(power, out=power)
    db *= 10
    return np.maximum(db, -_RANGE_DB, out=db)


def mfcc(
    log_mel: Float32[np.ndarray, "t f"], *, n_mfcc: int
) -> Float32[np.ndarray, "t d"]:
    """Cepstral coefficients with first and second deltas; d = 3 * n_mfcc.

    The coefficients are the orthonormal DCT-II over bands; the deltas are the slope and
    the curvature of a polynomial through 9 frames (Savitzky-Golay), or through as many
    as an odd width allows in a shorter clip, and zero below three frames.

    Args:
      log_mel: in dB.
      n_mfcc: coefficients, at most f.
    """
    n_mels = log_mel.shape[1]
    order, band = np.arange(n_mfcc), np.arange(n_mels)
    basis = np.cos(np.pi / n_mels * np.outer(band + 0.5, order)) * np.sqrt(2 / n_mels)
    basis[:, 0] /= np.sqrt(2)
    cepstrum = log_mel @ basis.astype(np.float32)
    deltas = [_delta(cepstrum, degree) for degree in (1, 2)]
    return np.concatenate([cepstrum, *deltas], axis=1)


def _delta(x: Float32[np.ndarray, "t d"], degree: int) -> Float32[np.ndarray, "t d"]:
    """The degree-th derivative of polynomials of that degree fitted along time."""
    width = min(_WIDTH, len(x) - (len(x) + 1) % 2)
    if width < 3:
        return np.zeros_like(x)
    half = width // 2
    powers = np.vander(np.arange(-half, half + 1.0), degree + 1, increasing=True)
    taps = np.linalg.pinv(powers)[degree] * factorial(degree)
    inner = sum(
        np.float32(tap) * x[i : len(x) - width + 1 + i] for i, tap in enumerate(taps)
    )
    # At the edges the same polynomial goes on, and its last derivative is constant.
    return np.pad(inner, ((half, half), (0, 0)), mode="edge")
