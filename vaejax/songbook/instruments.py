"""Tones and drum hits as NumPy arrays.

A tone is a geometric series of harmonics in closed form,
sum_k a^(k-1) sin(k p) = sin p / (1 + a^2 - 2 a cos p) (Moorer 1976), so that a pluck
that loses its brightness is one expression with a falling `a`, whatever its pitch.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

SAMPLE_RATE_HZ = 22_050
_NYQUIST_HZ = SAMPLE_RATE_HZ / 2

Signal = Float32[np.ndarray, "n"]


class Timbre(NamedTuple):
    """What makes one pitched instrument sound unlike another."""

    brightness: float  # a of the series at the onset, in [0, 1)
    mellow_s: float  # seconds in which the brightness falls to 1/e of itself
    attack_s: float
    decay_s: float  # seconds in which the loudness falls to 1/e of itself
    hollow: bool = False  # odd harmonics only
    detune_cents: tuple[float, ...] = (0.0,)  # one oscillator each
    vibrato_cents: float = 0.0
    breath: float = 0.0  # noise, relative to the tone
    drive: float = 0.0  # distortion
    octave: int = 0


TIMBRES = {
    "piano": Timbre(0.78, 0.35, 0.004, 0.9, detune_cents=(-1.5, 1.5)),
    "electric_piano": Timbre(0.55, 0.25, 0.004, 0.8, hollow=True),
    "nylon": Timbre(0.80, 0.12, 0.003, 0.45),
    "steel": Timbre(0.90, 0.30, 0.002, 0.6, detune_cents=(-2.0, 2.0)),
    "long_lute": Timbre(0.95, 0.50, 0.002, 0.8, detune_cents=(-6.0, 0.0, 5.0)),
    "short_lute": Timbre(0.86, 0.10, 0.002, 0.3),
    "bell": Timbre(0.45, 0.50, 0.002, 0.7, hollow=True, octave=1),
    "strings": Timbre(
        0.74, 9.0, 0.12, 9.0, detune_cents=(-9.0, -2.0, 7.0), vibrato_cents=9.0
    ),
    "fiddle": Timbre(0.86, 9.0, 0.04, 3.0, vibrato_cents=16.0, breath=0.03),
    "flute": Timbre(0.32, 9.0, 0.06, 9.0, vibrato_cents=12.0, breath=0.10),
    "organ": Timbre(0.62, 9.0, 0.02, 9.0, hollow=True, detune_cents=(-1.0, 2.0)),
    "harmonium": Timbre(0.84, 9.0, 0.07, 9.0, detune_cents=(-5.0, 4.0)),
    "supersaw": Timbre(0.93, 9.0, 0.01, 9.0, detune_cents=(-16.0, -6.0, 5.0, 15.0)),
    "stab": Timbre(0.92, 0.10, 0.003, 0.25, detune_cents=(-8.0, 8.0)),
    "square_lead": Timbre(0.88, 0.8, 0.006, 1.2, hollow=True),
    "fuzz": Timbre(0.88, 2.0, 0.004, 1.6, detune_cents=(-3.0, 3.0), drive=5.0),
    "crunch": Timbre(0.82, 1.0, 0.004, 1.0, drive=2.5),
    "round_bass": Timbre(0.55, 0.30, 0.006, 0.9),
    "pick_bass": Timbre(0.82, 0.25, 0.003, 0.7),
    "saw_bass": Timbre(0.90, 0.30, 0.004, 1.5, detune_cents=(-5.0, 5.0)),
    "sub_bass": Timbre(0.18, 9.0, 0.006, 1.4, drive=1.2),
    "drone": Timbre(0.93, 1.2, 0.02, 2.2, detune_cents=(-3.0, 0.0, 3.0)),
}


def tone(timbre: Timbre, *, frequency_hz: float, duration_s: float) -> Signal:
    """One note of about unit loudness, with a release of 60 ms after `duration_s`."""
    release = int(0.06 * SAMPLE_RATE_HZ)
    n = max(int(duration_s * SAMPLE_RATE_HZ), 64) + release
    time_s = np.arange(n, dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)
    frequency_hz = frequency_hz * 2.0**timbre.octave
    step = 2 if timbre.hollow else 1
    # the series must have faded to -50 dB at half the sample rate, or it would alias
    ceiling = np.exp(-5.8 * step * frequency_hz / _NYQUIST_HZ)
    a = min(timbre.brightness, ceiling) * np.exp(-time_s / np.float32(timbre.mellow_s))
    wave = np.zeros(n, np.float32)
    for cents in timbre.detune_cents:
        phase = _phase(frequency_hz * 2.0 ** (cents / 1200), n, timbre.vibrato_cents)
        if timbre.hollow:
            wave += np.sin(phase) * (1 + a) / (1 + a * a - 2 * a * np.cos(2 * phase))
        else:
            wave += np.sin(phase) / (1 + a * a - 2 * a * np.cos(phase))
    wave *= np.sqrt(2 * (1 - a * a) / len(timbre.detune_cents))
    if timbre.breath:
        wave += timbre.breath * _noise(n, int(frequency_hz))
    if timbre.drive:
        wave = np.tanh(timbre.drive * wave) / np.tanh(np.float32(timbre.drive))
    envelope = np.minimum(time_s / np.float32(timbre.attack_s), 1)
    envelope *= np.exp(-time_s / np.float32(timbre.decay_s))
    envelope[-release:] *= np.linspace(1, 0, release, dtype=np.float32)
    return wave * envelope


def _phase(frequency_hz: float, n: int, vibrato_cents: float) -> Signal:
    """Radians in [0, 2 pi); wrapped in float64, as float32 would drift out of tune."""
    cycles = np.arange(n) * (frequency_hz / SAMPLE_RATE_HZ)
    if vibrato_cents:
        rate_hz = 5.3
        depth = (
            frequency_hz * (2.0 ** (vibrato_cents / 1200) - 1) / (2 * np.pi * rate_hz)
        )
        turn = np.arange(n, dtype=np.float32) * np.float32(
            2 * np.pi * rate_hz / SAMPLE_RATE_HZ
        )
        cycles += depth * np.sin(turn)
    return ((cycles % 1.0) * (2 * np.pi)).astype(np.float32)


def _noise(n: int, seed: int) -> Signal:
    return np.random.default_rng(seed).standard_normal(n, dtype=np.float32)


def _decay(n: int, decay_s: float) -> Signal:
    time_s = np.arange(n, dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)
    return np.exp(-time_s / np.float32(decay_s))


def _sweep(n: int, from_hz: float, to_hz: float, glide_s: float) -> Signal:
    """A sine that falls from one frequency to another."""
    frequency = to_hz + (from_hz - to_hz) * _decay(n, glide_s)
    phase = np.cumsum(frequency, dtype=np.float64) * (2 * np.pi / SAMPLE_RATE_HZ)
    return np.sin(phase).astype(np.float32)


def _band(noise: Signal, low_hz: float, high_hz: float) -> Signal:
    """The noise between two frequencies, with soft edges, of unit loudness."""
    spectrum = np.fft.rfft(noise)
    hz = np.fft.rfftfreq(len(noise), 1 / SAMPLE_RATE_HZ) + 1e-3
    spectrum *= 1 / np.sqrt((1 + (low_hz / hz) ** 6) * (1 + (hz / high_hz) ** 6))
    shaped = np.fft.irfft(spectrum, len(noise))
    return (shaped / (shaped.std() + 1e-9)).astype(np.float32)


def _kick(pitch: float, n: int, seed: int) -> Signal:
    body = _sweep(n, 190.0 * pitch, 52.0 * pitch, 0.022) * _decay(n, 0.11)
    return 2.6 * body + 0.3 * _band(_noise(n, seed), 900.0, 5000.0) * _decay(n, 0.004)


def _snare(pitch: float, n: int, seed: int) -> Signal:
    wires = _band(_noise(n, seed), 1300.0 * pitch, 8500.0) * _decay(n, 0.075)
    skin = _sweep(n, 260.0 * pitch, 185.0 * pitch, 0.02) * _decay(n, 0.05)
    return 0.9 * wires + 1.1 * skin


def _rim(pitch: float, n: int, seed: int) -> Signal:
    click = _band(_noise(n, seed), 1500.0 * pitch, 4200.0 * pitch) * _decay(n, 0.012)
    wood = _sweep(n, 900.0 * pitch, 820.0 * pitch, 0.01) * _decay(n, 0.015)
    return 0.9 * click + 0.8 * wood


def _clap(pitch: float, n: int, seed: int) -> Signal:
    noise = _band(_noise(n, seed), 900.0 * pitch, 3600.0 * pitch)
    envelope = np.zeros(n, np.float32)
    for delay in (0, int(0.011 * SAMPLE_RATE_HZ), int(0.023 * SAMPLE_RATE_HZ)):
        envelope[delay:] += _decay(n - delay, 0.02)
    return 0.7 * noise * envelope


def _hat(pitch: float, n: int, seed: int) -> Signal:
    return 0.55 * _band(_noise(n, seed), 6200.0 * pitch, 12_000.0) * _decay(n, 0.022)


def _open_hat(pitch: float, n: int, seed: int) -> Signal:
    return 0.55 * _band(_noise(n, seed), 5200.0 * pitch, 12_000.0) * _decay(n, 0.11)


def _shaker(pitch: float, n: int, seed: int) -> Signal:
    swell = np.minimum(np.arange(n, dtype=np.float32) / (0.02 * SAMPLE_RATE_HZ), 1)
    noise = _band(_noise(n, seed), 3600.0 * pitch, 9000.0)
    return 0.4 * noise * (swell * _decay(n, 0.03)).astype(np.float32)


def _low_hand(pitch: float, n: int, seed: int) -> Signal:
    skin = _sweep(n, 150.0 * pitch, 92.0 * pitch, 0.05) * _decay(n, 0.16)
    return 1.7 * skin + 0.2 * _band(_noise(n, seed), 300.0, 1500.0) * _decay(n, 0.01)


def _high_hand(pitch: float, n: int, seed: int) -> Signal:
    ring = _sweep(n, 430.0 * pitch, 390.0 * pitch, 0.02) * _decay(n, 0.07)
    return 0.9 * ring + 0.6 * _band(_noise(n, seed), 1800.0, 6000.0) * _decay(n, 0.018)


def _finger_cymbal(pitch: float, n: int, seed: int) -> Signal:
    ring = _sweep(n, 3100.0 * pitch, 3100.0 * pitch, 1.0)
    ring += 0.6 * _sweep(n, 4730.0 * pitch, 4730.0 * pitch, 1.0)
    touch = _band(_noise(n, seed), 5000.0, 9000.0) * _decay(n, 0.02)
    return 0.45 * ring * _decay(n, 0.28) + 0.05 * touch


def _crackle(pitch: float, n: int, seed: int) -> Signal:
    clicks = _noise(n, seed)
    sparse = np.where(np.abs(clicks) > 3.0, clicks, 0).astype(np.float32)
    return 0.5 * _band(sparse + 1e-4 * clicks, 1500.0 * pitch, 6000.0)


DRUMS: dict[str, tuple[Callable[[float, int, int], Signal], float]] = {
    "kick": (_kick, 0.45),  # how it is made, and its length in seconds
    "snare": (_snare, 0.35),
    "rim": (_rim, 0.10),
    "clap": (_clap, 0.16),
    "hat": (_hat, 0.12),
    "open_hat": (_open_hat, 0.45),
    "shaker": (_shaker, 0.16),
    "low_hand": (_low_hand, 0.60),
    "high_hand": (_high_hand, 0.30),
    "finger_cymbal": (_finger_cymbal, 0.90),
    "crackle": (_crackle, 0.25),
}


def hit(name: str, *, pitch: float, seed: int) -> Signal:
    """One stroke on a drum; `pitch` in about [0.8, 1.25] is the size of the drum."""
    make, length_s = DRUMS[name]
    n = int(length_s * SAMPLE_RATE_HZ)
    wave = make(pitch, n, seed)
    fade = int(0.01 * SAMPLE_RATE_HZ)
    wave[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return wave.astype(np.float32)
