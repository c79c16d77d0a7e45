"""What can be heard in a clip, as four numbers with units, for people who read them.

Measured from the cached mel spectrogram, so that no file is opened again: some 10 ms
for a clip of 10 s. What a clip does not have is NaN: silence has nothing, a drone no
tempo.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from vaejax import store
from vaejax.features import Clip

VERSION = 1  # raised whenever a clip would be measured otherwise
TEMPI_BPM = np.geomspace(40, 240, 360)  # half a percent apart
LIKELIEST_BPM = 120  # and an octave to either side is the prior's deviation, as librosa
METRE = (0.5, 1, 2, 4)  # beats after which a song with a beat is like itself
CLEAR = 0.1  # correlation of a beat; white noise of 10 s stays below .07
SHORTEST_S = 3.0  # two beats at 40 bpm
LOUD_DB = 30.0  # frames this far below the loudest say nothing of the sound
SUSTAINED_S = 0.4  # window of the median along time


class Traits(NamedTuple):
    """What can be heard; NaN where a clip does not say."""

    tempo_bpm: float  # in [40, 240]; may be half or twice what people tap
    brightness_hz: float  # where the spectrum has its centre of mass
    loudness_db: float  # RMS relative to full scale
    harmonic_share: float  # of the energy, in [0, 1]: 1 a steady tone, 0 clicks


def of_clips(
    clips: Sequence[Clip], *, sample_rate_hz: int, hop: int, cache_dir: Path
) -> dict[str, Float[np.ndarray, "n"]]:
    """{name of Traits: its values}, one a clip; each clip is measured once and for all.

    Args:
      cache_dir: of `store`.
    """
    how = {"sample_rate_hz": sample_rate_hz, "hop": hop}
    with store.opened(cache_dir, how | {"traits": VERSION}) as cache:
        rows = [_kept(cache, clip, how) for clip in clips]
    columns = np.array(rows, float).reshape(len(rows), len(Traits._fields)).T
    return dict(zip(Traits._fields, columns, strict=True))


def _kept(cache: store.Store, clip: Clip, how: dict) -> list[float | None]:
    digest = hashlib.sha256(np.ascontiguousarray(clip.mel).tobytes())
    digest.update(repr(clip.level_db).encode())
    record = store.find(cache, digest.digest())
    if record is None:
        found = of_clip(clip.mel, level_db=clip.level_db, **how)
        values = [
            float(x) if np.isfinite(x) else None for x in found
        ]  # JSON has no NaN
        record = store.note(digest.digest(), {"traits": values})
        store.keep(cache, record)
    return record.meta["traits"]


def of_clip(
    mel: Float32[np.ndarray, "t f"], *, level_db: float, sample_rate_hz: int, hop: int
) -> Traits:
    """The traits of one clip.

    Args:
      mel: of `audio.log_mel`, dB relative to the loudest bin; flat if silent.
      level_db: of `audio.level_db`.
      sample_rate_hz: of the samples that the bands were computed from.
      hop: samples between frames.
    """
    if mel.min() == mel.max():
        return Traits(np.nan, np.nan, np.nan, np.nan)
    frames_per_s = sample_rate_hz / hop
    return Traits(
        tempo_bpm(mel, frames_per_s=frames_per_s),
        brightness_hz(mel, sample_rate_hz=sample_rate_hz),
        level_db,
        harmonic_share(mel, sample_rate_hz=sample_rate_hz, frames_per_s=frames_per_s),
    )


def tempo_bpm(mel: Float32[np.ndarray, "t f"], *, frames_per_s: float) -> float:
    """The tempo at whose half, whole, double and fourfold beat onsets recur most.

    Onset strength is the mean rise over the bands, its autocorrelation is averaged over
    METRE and weighted by a log-normal prior (Ellis 2007, "Beat Tracking by Dynamic
    Programming"). NaN below 3 s, and where nothing recurs.
    """
    if len(mel) < SHORTEST_S * frames_per_s:
        return np.nan
    onsets = np.maximum(np.diff(mel, axis=0), 0).mean(axis=1, dtype=float)
    correlation = _autocorrelation(onsets)
    beat = 60 * frames_per_s / TEMPI_BPM  # frames
    lags = np.arange(len(correlation))
    recurrence = np.mean(
        [np.interp(m * beat, lags, correlation, right=0) for m in METRE], axis=0
    )
    prior = np.exp(-0.5 * np.log2(TEMPI_BPM / LIKELIEST_BPM) ** 2)
    best = int(np.argmax(np.maximum(recurrence, 0) * prior))
    return float(TEMPI_BPM[best]) if recurrence[best] > CLEAR else np.nan


def _autocorrelation(x: Float[np.ndarray, "t"]) -> Float[np.ndarray, "t"]:
    """1 at lag 0; each lag by the number of its pairs, at least a quarter of all."""
    n = len(x)
    power = np.abs(np.fft.rfft(x - x.mean(), 2 * n)) ** 2
    sums = np.fft.irfft(power)[:n]
    pairs = np.maximum(n - np.arange(n), n / 4)
    return sums / pairs / max(sums[0] / n, 1e-12)


def brightness_hz(mel: Float32[np.ndarray, "t f"], *, sample_rate_hz: int) -> float:
    """The spectral centroid by power, mean over the frames that are loud."""
    centres, widths = _bands(mel.shape[1], sample_rate_hz)
    energy = _power(mel) * widths
    total = energy.sum(axis=1)
    loud = total >= total.max() * 10 ** (-LOUD_DB / 10)
    return float((energy[loud] @ centres / total[loud]).mean())


def harmonic_share(
    mel: Float32[np.ndarray, "t f"], *, sample_rate_hz: int, frames_per_s: float
) -> float:
    """The share of the energy in what lasts, against what is struck; noise has half.

    A bin is harmonic as far as the median over .4 s around it is above the median over
    an eighth of the bands: H² / (H² + P²). Fitzgerald 2010, "Harmonic/Percussive
    Separation using Median Filtering". NaN below .4 s.
    """
    n_frames = round(SUSTAINED_S * frames_per_s) // 2 * 2 + 1
    if len(mel) < n_frames:
        return np.nan
    lasting = _medians(np.ascontiguousarray(mel.T), n_frames).T
    struck = _medians(mel, mel.shape[1] // 8 // 2 * 2 + 1)
    mask = 1 / (1 + _power(struck - lasting))
    energy = _power(mel) * _bands(mel.shape[1], sample_rate_hz)[1]
    return float((energy * mask).sum() / energy.sum())


def _medians(
    rows: Float32[np.ndarray, "n d"], width: int
) -> Float32[np.ndarray, "n d"]:
    """The median over an odd width around each value, along the row."""
    # SciPy's median_filter takes four times as long. Without the copy, later arithmetic
    # would stride over whole windows.
    padded = np.pad(rows, ((0, 0), (width // 2, width // 2)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)
    return np.partition(windows, width // 2, axis=-1)[..., width // 2].copy()


def _power(db: Float32[np.ndarray, "t f"]) -> Float32[np.ndarray, "t f"]:
    return np.exp(db * np.float32(np.log(10) / 10))


@lru_cache(maxsize=8)
def _bands(
    n_mels: int, sample_rate_hz: int
) -> tuple[Float32[np.ndarray, "f"], Float32[np.ndarray, "f"]]:
    """Centres and widths of the bands in Hz.

    The filters of `audio.mel_bank` have equal areas: what they pass is energy by Hz.
    """
    from librosa import mel_frequencies

    edges = mel_frequencies(n_mels + 2, fmin=0, fmax=sample_rate_hz / 2)
    edges = edges.astype(np.float32)
    return edges[1:-1], (edges[2:] - edges[:-2]) / 2
