"""Log-mel spectrograms -> sound.

A mel spectrogram has lost where in its band a partial lies, and every phase. The first
is found by non-negative least squares, the second by Griffin & Lim 1984 (IEEE TASSP
32(2)) in the fast form of Perraudin et al. 2013: what is heard is a guess, and even a
recording's own spectrogram comes back hollow.
"""

import io
import math
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from vaejax.disk import write_bytes

FLOOR_DB = -80.0  # of `audio.log_mel`
LOUDNESS = 0.1  # RMS that sounds are brought to, -20 dB of full scale
PEAK = 0.89  # that they stay under, -1 dB
RAISED_DB = 30.0  # for the solver, halves its error (.9 dB from 1.8) at little cost


def from_log_mel(
    mel: Float[np.ndarray, "t f"], *, sample_rate_hz: int, n_fft: int, hop: int
) -> Float32[np.ndarray, " n"]:
    """Mono samples in [-0.89, 0.89] whose log-mel spectrogram is near `mel`.

    How loud a recording was is not in its spectrogram, so all sounds are brought to one
    level. What `audio.log_mel` makes of silence is silence again, and so is what never
    rises above the floor.

    Args:
      mel: as of `audio.log_mel`: dB relative to the loudest bin, in [-80, 0]; what lies
        beyond counts as the nearer end.
      sample_rate_hz: of the samples returned; the bands reach up to half of it.
      n_fft: samples that a frame was computed from.
      hop: samples between frames; n = t * hop.

    Raises:
      ValueError: the spectrogram is not finite.
    """
    if not np.isfinite(mel).all():
        raise ValueError("the spectrogram has numbers that are not finite.")
    n = len(mel) * hop
    if not mel.any() or mel.max() <= FLOOR_DB:
        return np.zeros(n, np.float32)
    from librosa import griffinlim

    # One frame more than there are begins at the end; shorter than a window fails.
    more = max(1, math.ceil(n_fft / hop) + 1 - len(mel))
    padded = np.pad(np.clip(mel, FLOOR_DB, 0.0), ((0, more), (0, 0)), mode="edge")
    power = spectrum(padded, sample_rate_hz=sample_rate_hz, n_fft=n_fft)
    magnitude = np.sqrt(power.T)
    samples = griffinlim(magnitude, n_fft=n_fft, hop_length=hop, random_state=0)
    return levelled(samples[:n])


def spectrum(
    mel: Float[np.ndarray, "t f"], *, sample_rate_hz: int, n_fft: int
) -> Float[np.ndarray, "t d"]:
    """A power spectrum whose bands are those of `mel`, up to a factor; d = 1 + n_fft/2.

    As librosa's `mel_to_stft`, whose solver stops where an error of 1e-5 is left,
    however quiet the sound, and takes minutes over spectra that change fast.
    """
    from librosa.filters import mel as filters
    from librosa.util import nnls

    bank = filters(sr=sample_rate_hz, n_fft=n_fft, n_mels=mel.shape[1], dtype=float)
    power = 10 ** ((mel.T + RAISED_DB) / 10)
    return nnls(bank, power, m=10, maxiter=100).T


def levelled(samples: Float[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
    """The samples at one loudness, or as near to it as their peak allows."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0:
        return samples.astype(np.float32)
    loudness = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    gain = min(LOUDNESS / loudness, PEAK / peak)
    return np.clip(samples * gain, -PEAK, PEAK).astype(np.float32)


def at_every_hop(
    image: Float[np.ndarray, "t f"], *, step: int
) -> Float[np.ndarray, "t2 f"]:
    """Frames at the hop of the audio again: t2 = t * step.

    Args:
      image: whose frames are means over `step` frames of the audio each, as those of
        `inputs.image`; between their centres the level changes linearly in dB.
    """
    centres = (np.arange(len(image)) + 0.5) * step - 0.5
    frames = np.arange(len(image) * step)
    return np.stack([np.interp(frames, centres, band) for band in image.T], axis=1)


def write_wav(
    path: Path, samples: Float32[np.ndarray, " n"], *, sample_rate_hz: int
) -> None:
    """Writes a 16-bit wav file, whole or not at all."""
    import soundfile

    content = io.BytesIO()
    soundfile.write(content, samples, sample_rate_hz, format="WAV", subtype="PCM_16")
    write_bytes(path, content.getvalue())
