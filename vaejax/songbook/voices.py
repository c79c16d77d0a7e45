"""A singing voice: glottal pulses and breath through formants that move.

A song is composed (syllables set to a melody) and then sung. Languages differ as
`accents` says; singers differ in size of the vocal tract, register, brightness, breath
and vibrato, whatever their language.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from vaejax.songbook.accents import Accent, vowel
from vaejax.songbook.instruments import SAMPLE_RATE_HZ, Signal
from vaejax.songbook.lyrics import Syllable

_FRAME = 512
_HOP = 256
FRAME_RATE_HZ = SAMPLE_RATE_HZ / _HOP


class Singer(NamedTuple):
    """One artist's voice."""

    tract: float  # formants are multiplied by it: about .9 (large) to 1.25 (small)
    register_hz: float  # the pitch that melodies lie around
    brightness: float  # of the glottal pulses, in (0, 1)
    breath: float
    vibrato_hz: float
    vibrato_cents: float


class Delivery(NamedTuple):
    """How a style sings: factors on the language's own way."""

    pace: float = 1.0  # syllables per second
    range_steps: int = 7  # width of the melody in scale steps
    vibrato: float = 1.0
    spoken: float = 0.0  # share of speech melody, 1 for rap
    doubles: int = 0  # further voices in the choir


class Notes(NamedTuple):
    """The sung syllables side by side, times in seconds."""

    start_s: Float[np.ndarray, "s"]
    length_s: Float[np.ndarray, "s"]
    cents: Float[np.ndarray, "s"]  # above the register's tonic
    formants_hz: Float[np.ndarray, "s 3"]
    syllables: tuple[Syllable, ...]


def draw_singer(rng: np.random.Generator) -> Singer:
    """A voice, high or low with equal chance."""
    high = rng.random() < 0.5
    return Singer(
        tract=float(rng.normal(1.14 if high else 1.0, 0.04)),
        register_hz=float((225 if high else 130) * 2.0 ** rng.uniform(-0.25, 0.25)),
        brightness=float(rng.uniform(0.74, 0.9)),
        breath=float(rng.uniform(0.02, 0.10)),
        vibrato_hz=float(rng.uniform(4.8, 6.2)),
        vibrato_cents=float(rng.uniform(8, 32)),
    )


def syllable_lengths(
    rng: np.random.Generator, accent: Accent, line: list[Syllable], pace: float
) -> Float[np.ndarray, "s"]:
    """Seconds that each syllable of a line takes, the last one held."""
    stress = np.array([s.weight > 1 for s in line], float)
    doubled = np.array([len(s.nucleus) > 1 for s in line], float)
    relative = (1 + 1.5 * accent.stress * stress) * accent.long_vowels**doubled
    relative *= np.exp(rng.normal(0, 0.06 + 0.12 * accent.stress, len(line)))
    seconds = relative / relative.mean() / (accent.syllables_per_s * pace)
    seconds[-1] *= 2.0
    return seconds


def _contour(rng: np.random.Generator, n: int, width: int) -> Float[np.ndarray, "s"]:
    """Scale steps of a phrase: a walk that leans back to its arch and ends at home."""
    arch = width * 0.55 * np.sin(np.pi * (np.arange(n) + 0.5) / n)
    steps = np.zeros(n)
    for i in range(1, n):
        lean = 0.45 * (arch[i] - steps[i - 1])
        steps[i] = steps[i - 1] + np.rint(lean + rng.normal(0, 0.9))
    steps[-1] = rng.choice([0, 0, 2, 4])
    return np.clip(steps, -2, width)


def compose(
    rng: np.random.Generator,
    *,
    accent: Accent,
    delivery: Delivery,
    lines: list[list[Syllable]],
    scale_cents: tuple[float, ...],
    beat_s: float,
    start_s: float,
    duration_s: float,
) -> Notes:
    """Sets lines to a melody, phrase after phrase on the beat, until the song is full.

    Times may be negative: the excerpt may begin inside a phrase.
    """
    starts, lengths, cents, sung = [], [], [], []
    now = start_s
    turn = int(rng.integers(len(lines)))
    degrees = np.array(scale_cents)
    while now < duration_s:
        line = lines[turn % len(lines)]
        turn += 1
        seconds = syllable_lengths(rng, accent, line, delivery.pace)
        beats = max(2.0, np.rint(seconds.sum() / beat_s))
        seconds *= np.clip(beats * beat_s / seconds.sum(), 0.85, 1.2)
        steps = _contour(rng, len(line), delivery.range_steps).astype(int)
        pitch = degrees[steps % len(degrees)] + 1200.0 * (steps // len(degrees))
        speech = np.linspace(150, -350, len(line)) + rng.normal(0, 120, len(line))
        starts.append(now + np.concatenate([[0], np.cumsum(seconds)[:-1]]))
        lengths.append(seconds)
        cents.append((1 - delivery.spoken) * pitch + delivery.spoken * speech)
        sung += line
        rest_beats = rng.choice([0.5, 1.0, 1.0, 2.0])
        # Most lines fill whole beats but for rounding, which processors do differently.
        beats = np.ceil((now + seconds.sum() - start_s) / beat_s - 1e-6)
        now = start_s + (beats + rest_beats) * beat_s
    formants = np.array([vowel(accent, s.nucleus) for s in sung])
    return Notes(
        np.concatenate(starts),
        np.concatenate(lengths),
        np.concatenate(cents),
        formants,
        tuple(sung),
    )


def _smooth(track: Float[np.ndarray, "t"], seconds: float) -> Float[np.ndarray, "t"]:
    """The track seen through a Hann window of that width, its ends held."""
    half = max(1, int(seconds * FRAME_RATE_HZ / 2))
    window = np.hanning(2 * half + 3)[1:-1]
    padded = np.pad(track, half, mode="edge")
    return np.convolve(padded, window / window.sum(), "valid")


def _at_frames(notes: Notes, n_frames: int) -> np.ndarray:
    """The syllable that each frame is in, or the last one before it."""
    time_s = np.arange(n_frames) / FRAME_RATE_HZ
    return np.clip(np.searchsorted(notes.start_s, time_s, "right") - 1, 0, None)


def _pitch_hz(
    rng: np.random.Generator,
    notes: Notes,
    index: np.ndarray,
    *,
    accent: Accent,
    singer: Singer,
    delivery: Delivery,
    tonic_hz: float,
) -> Float[np.ndarray, "t"]:
    """Fundamental of each frame: the melody with glides, ornaments and vibrato."""
    time_s = np.arange(len(index)) / FRAME_RATE_HZ
    since_s = np.maximum(time_s - notes.start_s[index], 0)
    cents = _smooth(notes.cents[index], 2 * accent.glide_s + 0.02)
    probability, depth, rate_hz = accent.ornament
    ornate = rng.random(len(notes.start_s)) < probability * (1 - 0.7 * delivery.spoken)
    sizes = depth * ornate * rng.uniform(0.5, 1.2, len(ornate))
    fade = np.exp(-since_s * rate_hz / 2.5)
    cents += sizes[index] * fade * np.sin(2 * np.pi * rate_hz * since_s)
    held = np.clip((since_s - 0.2) / 0.2, 0, 1)
    swing = singer.vibrato_cents * delivery.vibrato * held
    cents += swing * np.sin(2 * np.pi * singer.vibrato_hz * time_s)
    cents += _smooth(rng.normal(0, 14, len(index)), 0.12)
    return tonic_hz * 2.0 ** (cents / 1200)


_QUIET = {"m": 0.55, "n": 0.55, "l": 0.4, "r": 0.45, "w": 0.3, "y": 0.3, "": 0.15}
_HISSING = {"s": 1.0, "sh": 1.1, "ch": 0.9, "z": 0.7, "f": 0.6, "h": 0.5, "x": 0.8}
_HISSING |= {"kh": 0.9, "th": 0.5, "gh": 0.4, "t": 0.5, "k": 0.5, "p": 0.35, "j": 0.6}
_HISSING |= {"q": 0.5, "c": 0.5, "bh": 0.5, "dh": 0.5, "d": 0.3, "g": 0.3, "b": 0.2}


def _first(table: dict[str, float], onset: str, default: float) -> float:
    return table.get(onset[:2], table.get(onset[:1], default))


def _envelopes(
    notes: Notes, accent: Accent, n: int
) -> tuple[Float32[np.ndarray, "n"], Float32[np.ndarray, "n"]]:
    """Loudness of the tone and of the consonants' noise, sample by sample."""
    cut = [_first(_QUIET, s.onset, 1.0) for s in notes.syllables]
    hiss = [_first(_HISSING, s.onset, 0.0) for s in notes.syllables]
    floor = 1 - accent.closure * np.array(cut)
    start, end = notes.start_s, notes.start_s + notes.length_s
    gap = np.minimum(0.03, 0.2 * notes.length_s)
    times = np.stack([start, start + gap, start + 2.5 * gap, end - gap, end], 1)
    phrase_end = np.append(start[1:] - end[:-1] > 0.05, True)
    tail = np.where(phrase_end, 0.0, np.append(floor[1:], 0.0))
    ones = np.ones_like(start)
    opening = np.where(np.append(True, phrase_end[:-1]), 0.0, floor)
    levels = np.stack([opening, floor, ones, 0.85 * ones, tail], 1)
    sample_s = np.arange(n) / SAMPLE_RATE_HZ
    tone = np.interp(sample_s, times.ravel(), levels.ravel())
    peaks = np.array(hiss) * accent.hiss
    silent = 0 * peaks
    bursts = np.stack([silent, peaks, silent, silent, silent], 1)
    noise = np.interp(sample_s, times.ravel(), bursts.ravel())
    return tone.astype(np.float32), noise.astype(np.float32)


def _resonance(
    hz: Float[np.ndarray, "f"], centre_hz: Float[np.ndarray, "t 1"], width_hz: float
) -> Float[np.ndarray, "t f"]:
    """Gain of a second-order resonator, 1 at 0 Hz, in each frame."""
    ratio = (hz / centre_hz) ** 2
    return 1 / np.sqrt((1 - ratio) ** 2 + ratio * (width_hz / centre_hz) ** 2)


def _tract(
    formants_hz: Float[np.ndarray, "t 3"], accent: Accent, singer: Singer
) -> tuple[Float32[np.ndarray, "t f"], Float32[np.ndarray, "f"]]:
    """Gains of the vocal tract for the tone, frame by frame, and for the noise."""
    hz = np.fft.rfftfreq(_FRAME, 1 / SAMPLE_RATE_HZ)
    gain = np.ones((len(formants_hz), len(hz)))
    for i, width_hz in enumerate((70, 100, 150)):
        centre_hz = formants_hz[:, i : i + 1] * singer.tract
        gain *= _resonance(hz, centre_hz, width_hz * (1 + 0.5 * accent.nasal))
    ring_hz = accent.ring_hz * singer.tract
    shape = np.exp(-0.5 * ((hz - ring_hz) / 420) ** 2)
    octaves = np.clip(np.log2((hz + 1) / 1000), -2, 3)
    shape = 10 ** ((accent.ring_db * shape + accent.tilt_db_per_octave * octaves) / 20)
    murmur = np.exp(-0.5 * ((hz - 270) / 120) ** 2)
    dip = np.exp(-0.5 * ((hz - 900 * singer.tract) / 220) ** 2)
    shape *= 10 ** (accent.nasal * (7 * murmur - 9 * dip) / 20)
    centre = accent.hiss_hz * singer.tract
    # radiation and the higher formants keep the voice from falling off above F3
    lift = 1 + (hz / 1800) ** 1.5
    hiss = 1 / (1 + ((hz - centre) / (0.35 * centre)) ** 2)
    return (gain * shape * lift).astype(np.float32), hiss.astype(np.float32)


def _filtered(
    tone: Signal,
    noise: Signal,
    tone_gain: Float32[np.ndarray, "t f"],
    noise_gain: Float32[np.ndarray, "f"],
) -> Signal:
    """Both signals through their gains, by overlapping sine windows."""
    n_frames = len(tone_gain)
    window = np.sin(np.pi * (np.arange(_FRAME) + 0.5) / _FRAME).astype(np.float32)
    length = (n_frames + 1) * _HOP
    rows = np.arange(n_frames)[:, None] * _HOP + np.arange(_FRAME)
    spectrum = np.zeros((n_frames, _FRAME // 2 + 1), np.complex64)
    for signal, gain in ((tone, tone_gain), (noise, noise_gain[None])):
        padded = np.zeros(length, np.float32)
        padded[_HOP : _HOP + len(signal)] = signal
        spectrum += np.fft.rfft(padded[rows] * window, axis=1) * gain
    frames = (np.fft.irfft(spectrum, axis=1) * window).astype(np.float32)
    out = np.zeros(length, np.float32)
    blocks = out.reshape(-1, _HOP)
    blocks[:-1] += frames[:, :_HOP]
    blocks[1:] += frames[:, _HOP:]
    return out[_HOP : _HOP + len(tone)]


def sing(
    rng: np.random.Generator,
    notes: Notes,
    *,
    accent: Accent,
    singer: Singer,
    delivery: Delivery,
    tonic_hz: float,
    n: int,
) -> Signal:
    """The notes as `n` samples, of unit loudness where the voice is on."""
    n_frames = -(-n // _HOP) + 2
    index = _at_frames(notes, n_frames)
    formants = np.stack(
        [_smooth(notes.formants_hz[index, i], 0.07) for i in range(3)], axis=1
    )
    gains = _tract(formants, accent, singer)
    tone_level, hiss_level = _envelopes(notes, accent, n)
    frame_at = np.arange(n_frames) * float(_HOP)
    voices = np.zeros(n, np.float32)
    for part in range(1 + delivery.doubles):
        pitch_hz = _pitch_hz(
            rng,
            notes,
            index,
            accent=accent,
            singer=singer,
            delivery=delivery,
            tonic_hz=tonic_hz * (1 if part < 2 else 2),
        )
        cycles = np.cumsum(np.interp(np.arange(n), frame_at, pitch_hz))
        phase = ((cycles / SAMPLE_RATE_HZ % 1) * (2 * np.pi)).astype(np.float32)
        # as for tones: faded at half the sample rate, so that nothing folds back
        ceiling = np.exp(-9.0 * pitch_hz.max() / SAMPLE_RATE_HZ)
        a = np.float32(min(singer.brightness, ceiling))
        pulses = np.sin(phase) / (1 + a * a - 2 * a * np.cos(phase)) * (1 - a)
        breath = rng.standard_normal(n, dtype=np.float32) * np.float32(singer.breath)
        noise = rng.standard_normal(n, dtype=np.float32) * hiss_level
        voices += _filtered((pulses + breath) * tone_level, noise, *gains)
    on = tone_level > 0.3
    if not on.any():  # a short excerpt may fall between two phrases
        return voices
    return voices / np.sqrt(np.mean(voices[on] ** 2))
