"""The accompaniment of one song: patterns and chords -> notes and strokes -> samples.

Everything lies on one grid of sixteenth steps: step i of the song sounds at
`first_beat_s + i * 60 / tempo_bpm / 4`, later by the style's swing where i is odd.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from vaejax.songbook.instruments import SAMPLE_RATE_HZ, TIMBRES, Signal, hit, tone
from vaejax.songbook.styles import HARMONY, MODES, Part, Style

_STEPS = 16
_LOUD = {"x": 1.0, "o": 0.5}

COLOURS = {  # a touch of each language's own instruments: (timbre, pattern, drum, ...)
    "arabic": ("short_lute", "x.xx..x.x.xx..x.", "high_hand", "x.oox.o.x.o.x.oo"),
    "bangla": ("flute", "x.......x.....x.", "low_hand", "x..o..x.x..o...."),
    "english": ("steel", "x.......x.......", "rim", "....x.......x..."),
    "hindi": ("long_lute", "x...x.x...x.x...", "high_hand", "xoo.xo..xoo.x.o."),
    "spanish": ("nylon", "x..xxx..x..xxx..", "clap", "x..x..x...x.x..."),
}


class Note(NamedTuple):
    """One note: when, how long, how high, how loud."""

    start_s: float
    length_s: float
    cents: float  # above the tonic
    gain: float


class Score(NamedTuple):
    """What the players of one song share."""

    tempo_bpm: float
    first_beat_s: float  # at most 0: the excerpt begins somewhere in a bar
    swing: float
    duration_s: float
    tonic_hz: float  # in the octave from C3
    scale_cents: tuple[float, ...]
    chord_cents: tuple[float, ...]  # the seven notes that chords are built on
    progression: tuple[int, ...]


def step_times(score: Score) -> Float[np.ndarray, "n"]:
    """Seconds at which the steps sound, from the first beat to the end."""
    step_s = 60 / score.tempo_bpm / 4
    count = int(np.ceil((score.duration_s - score.first_beat_s) / step_s))
    i = np.arange(count)
    return score.first_beat_s + (i + score.swing * (i % 2)) * step_s


def strokes(score: Score, pattern: str) -> list[tuple[int, float, float]]:
    """(step, seconds, loudness) of every mark of a one-bar pattern in the song."""
    return [
        (i, float(time_s), _LOUD[pattern[i % _STEPS]])
        for i, time_s in enumerate(step_times(score))
        if pattern[i % _STEPS] in _LOUD
    ]


def _pitch(scale_cents: tuple[float, ...], degree: int) -> float:
    octave, place = divmod(degree, len(scale_cents))
    return 1200.0 * octave + scale_cents[place]


def _root(score: Score, step: int) -> int:
    return score.progression[step // _STEPS % len(score.progression)]


def _stacked(
    score: Score, part: Part, pattern: str, intervals: tuple[int, ...], octave: int
) -> list[Note]:
    """The same notes of the chord at every stroke."""
    length_s = part.gate_steps * 15 / score.tempo_bpm
    notes = []
    for step, time_s, gain in strokes(score, pattern):
        for interval in intervals:
            cents = _pitch(score.chord_cents, _root(score, step) + interval)
            # chords stay within an octave, whatever their root
            cents = cents if interval == 0 and octave < 0 else cents % 1200
            notes.append(Note(time_s, length_s, cents + 1200 * octave, gain))
    return notes


def chord(
    rng: np.random.Generator, score: Score, part: Part, pattern: str
) -> list[Note]:
    """Triads around the tonic's octave."""
    return _stacked(score, part, pattern, (0, 2, 4), int(rng.integers(0, 2)))


def power(
    rng: np.random.Generator, score: Score, part: Part, pattern: str
) -> list[Note]:
    """Roots with their fifths, low."""
    return _stacked(score, part, pattern, (0, 4), int(rng.integers(-1, 1)))


def root(
    rng: np.random.Generator, score: Score, part: Part, pattern: str
) -> list[Note]:
    """The bass: roots, now and then the fifth."""
    notes = _stacked(score, part, pattern, (0,), -1)
    fifths = rng.random(len(notes)) < 0.15
    return [
        note._replace(cents=(note.cents + 700 * fifth) % 1200 - 1200)
        for note, fifth in zip(notes, fifths, strict=True)
    ]


def drone(
    rng: np.random.Generator, score: Score, part: Part, pattern: str
) -> list[Note]:
    """Tonic and fifth, whatever the chord."""
    length_s = part.gate_steps * 15 / score.tempo_bpm
    below = float(rng.choice([-500.0, -700.0]))
    return [
        Note(time_s, length_s, cents, gain)
        for _, time_s, gain in strokes(score, pattern)
        for cents in (-1200.0, below, 0.0)
    ]


def arpeggio(
    rng: np.random.Generator, score: Score, part: Part, pattern: str
) -> list[Note]:
    """The chord's notes one after the other, in an order of the song's own."""
    length_s = part.gate_steps * 15 / score.tempo_bpm
    order = [int(i) for i in rng.permutation([0, 2, 4, 7])]
    octave = 1200.0 * int(rng.integers(0, 2))
    notes = []
    for turn, (step, time_s, gain) in enumerate(strokes(score, pattern)):
        cents = _pitch(score.chord_cents, _root(score, step) + order[turn % 4])
        notes.append(Note(time_s, length_s, cents + octave, gain))
    return notes


def melody(
    rng: np.random.Generator, score: Score, part: Part, pattern: str
) -> list[Note]:
    """A two-bar motif on the scale that comes back with small changes."""
    length_s = part.gate_steps * 15 / score.tempo_bpm
    motif = np.cumsum(rng.integers(-2, 3, 2 * _STEPS)) % 9
    octave = 1200.0 * int(rng.integers(0, 2))
    notes = []
    for step, time_s, gain in strokes(score, pattern):
        if rng.random() < 0.12:
            continue
        degree = int(motif[step % len(motif)] + (rng.random() < 0.1))
        cents = _pitch(score.scale_cents, degree) + octave
        notes.append(Note(time_s, length_s, cents, gain * rng.uniform(0.7, 1)))
    return notes


PLAYS = {
    "arpeggio": arpeggio,
    "chord": chord,
    "drone": drone,
    "melody": melody,
    "power": power,
    "root": root,
}


def place(
    bus: Signal, sound: Float32[np.ndarray, "m"], start_s: float, gain: float
) -> None:
    """Adds a sound to the bus, what sticks out at either end cut off."""
    start = round(start_s * SAMPLE_RATE_HZ)
    skip = max(0, -start)
    stop = min(len(bus), start + len(sound))
    if skip < len(sound) and start + skip < stop:
        bus[start + skip : stop] += gain * sound[skip : stop - start]


def played(
    notes: list[Note], timbre: str, score: Score, n: int, rng: np.random.Generator
) -> Signal:
    """The notes on one instrument; equal notes are computed once."""
    bus = np.zeros(n, np.float32)
    tones: dict[tuple[float, float], Signal] = {}
    for note in notes:
        if note.start_s + note.length_s <= 0 or note.start_s >= score.duration_s:
            continue
        known = (note.cents, note.length_s)
        if known not in tones:
            frequency_hz = score.tonic_hz * 2.0 ** (note.cents / 1200)
            tones[known] = tone(
                TIMBRES[timbre], frequency_hz=frequency_hz, duration_s=note.length_s
            )
        late_s = rng.normal(0, 0.004)
        place(bus, tones[known], note.start_s + late_s, note.gain * rng.uniform(0.8, 1))
    return bus


def drummed(
    rng: np.random.Generator,
    patterns: dict[str, str],
    score: Score,
    *,
    pitch: float,
    n: int,
) -> Signal:
    """The drums of a song, {drum: one-bar pattern}, on a kit of the given pitch."""
    bus = np.zeros(n, np.float32)
    for name, pattern in patterns.items():
        sounds = [hit(name, pitch=pitch, seed=int(rng.integers(2**31))) for _ in "ab"]
        for step, time_s, gain in strokes(score, pattern):
            late_s = rng.normal(0, 0.002)
            gain *= rng.uniform(0.75, 1.0)
            place(bus, sounds[step % 2], time_s + late_s, gain)
    return bus


def chord_scale(mode: str) -> tuple[float, ...]:
    """The seven-note scale that the chords of a mode are built on."""
    return tuple(float(c) for c in MODES[HARMONY.get(mode, mode)])


def unit(bus: Signal) -> Signal:
    """The bus at a root mean square of 1, or silence as it is."""
    rms = float(np.sqrt(np.mean(bus * bus)))
    return bus / np.float32(rms) if rms > 1e-6 else bus


def accompany(
    rng: np.random.Generator,
    habits: np.random.Generator,
    style: Style,
    score: Score,
    language: str,
    n: int,
) -> tuple[Signal, Signal]:
    """(drums, everything pitched) of a song; `habits` draws what its artist keeps."""
    kit_pitch = float(habits.uniform(0.8, 1.25))
    timbres = [str(habits.choice(part.timbres)) for part in style.parts]
    patterns = {name: str(rng.choice(some)) for name, some in style.drums.items()}
    loose = rng.normal(0, 2.0, len(style.parts) + 3)
    drums = unit(drummed(rng, patterns, score, pitch=kit_pitch, n=n))
    drums *= _gain(style.drums_db + loose[-1])
    pitched = np.zeros(n, np.float32)
    absent = int(rng.integers(3 * len(style.parts)))  # one part in some songs
    for i, (part, timbre) in enumerate(zip(style.parts, timbres, strict=True)):
        if i == absent:
            continue
        notes = PLAYS[part.play](rng, score, part, str(rng.choice(part.patterns)))
        sound = unit(played(notes, timbre, score, n, rng))
        pitched += _gain(part.level_db + loose[i]) * sound
    timbre, pattern, drum, beats = COLOURS[language]
    if rng.random() < 0.9:
        part = Part("melody", (timbre,), (pattern,), 2.0, 0.0)
        sound = unit(played(melody(rng, score, part, pattern), timbre, score, n, rng))
        pitched += _gain(-4 + loose[-2]) * sound
    if rng.random() < 0.9:
        sound = unit(drummed(rng, {drum: beats}, score, pitch=kit_pitch, n=n))
        drums += _gain(-6 + loose[-3]) * sound
    return drums, pitched


def _gain(level_db: float) -> np.float32:
    return np.float32(10 ** (level_db / 20))
