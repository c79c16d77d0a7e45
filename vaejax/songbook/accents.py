"""How the five languages sound when sung: vowels, rhythm, consonants, ornament.

Formants in Hz for a vocal tract of size 1 (an adult male), after the usual phonetic
tables; `a` before `aa`, so that a language without long vowels lists one letter only.
"""

from typing import NamedTuple


class Accent(NamedTuple):
    """How one language sounds when sung."""

    vowels: dict[str, tuple[float, float, float]]  # {letters: F1, F2, F3}
    syllables_per_s: float
    stress: float  # 0: syllables are equally long; 1: stressed ones 2.5 times as long
    long_vowels: float  # length of a doubled vowel, relative to a single one
    closure: float  # how far consonants silence the voice, in [0, 1]
    hiss_hz: float  # where its fricatives and bursts lie
    hiss: float  # how loud they are
    ring_hz: float  # the singers' formant of its way of singing
    ring_db: float
    tilt_db_per_octave: float  # of the voice, around 1 kHz: dark or bright
    nasal: float  # in [0, 1]: a broad low resonance and a dip near 900 Hz
    glide_s: float  # portamento
    ornament: tuple[float, float, float]  # probability, depth in cents, rate in Hz


ACCENTS = {
    "arabic": Accent(
        {"a": (690, 1250, 2450), "i": (370, 2100, 2700), "u": (380, 850, 2350)}
        | {"e": (480, 1850, 2500), "o": (480, 900, 2350)},
        syllables_per_s=3.4,
        stress=0.3,
        long_vowels=2.1,
        closure=0.65,
        hiss_hz=3300,
        hiss=0.5,
        ring_hz=2100,
        ring_db=14,
        tilt_db_per_octave=-3.0,
        nasal=0.3,
        glide_s=0.05,
        ornament=(0.55, 90, 7.5),
    ),
    "bangla": Accent(
        {"o": (500, 880, 2500), "a": (740, 1350, 2550), "e": (430, 2000, 2600)}
        | {"i": (310, 2250, 2950), "u": (340, 800, 2400)},
        syllables_per_s=2.9,
        stress=0.05,
        long_vowels=1.2,
        closure=0.2,
        hiss_hz=4200,
        hiss=0.35,
        ring_hz=3200,
        ring_db=-6,
        tilt_db_per_octave=-6.0,
        nasal=0.5,
        glide_s=0.13,
        ornament=(0.25, 120, 3.2),
    ),
    "english": Accent(
        {"a": (690, 1550, 2450), "e": (540, 1700, 2500), "i": (400, 1950, 2550)}
        | {"o": (560, 950, 2450), "u": (580, 1250, 2450), "ee": (300, 2250, 3000)}
        | {"oo": (330, 1100, 2250), "y": (350, 2100, 2700)},
        syllables_per_s=3.1,
        stress=1.0,
        long_vowels=1.3,
        closure=0.9,
        hiss_hz=5600,
        hiss=1.6,
        ring_hz=3300,
        ring_db=-4,
        tilt_db_per_octave=1.0,
        nasal=0.0,
        glide_s=0.04,
        ornament=(0.15, -130, 2.5),
    ),
    "hindi": Accent(
        {"a": (610, 1350, 2250), "aa": (760, 1200, 2350), "i": (360, 2200, 2600)}
        | {"ee": (290, 2350, 2900), "u": (360, 850, 2250), "e": (420, 2100, 2550)}
        | {"o": (440, 850, 2250), "oo": (310, 780, 2200)},
        syllables_per_s=3.3,
        stress=0.2,
        long_vowels=1.9,
        closure=0.45,
        hiss_hz=2700,
        hiss=0.7,
        ring_hz=3000,
        ring_db=3,
        tilt_db_per_octave=4.0,
        nasal=1.0,
        glide_s=0.09,
        ornament=(0.45, 160, 5.0),
    ),
    "spanish": Accent(
        {"a": (760, 1400, 2550), "e": (480, 1950, 2600), "i": (300, 2350, 3000)}
        | {"o": (500, 950, 2500), "u": (330, 780, 2350), "y": (300, 2300, 2950)},
        syllables_per_s=4.4,
        stress=0.0,
        long_vowels=1.0,
        closure=0.6,
        hiss_hz=6400,
        hiss=0.75,
        ring_hz=3700,
        ring_db=13,
        tilt_db_per_octave=1.0,
        nasal=0.0,
        glide_s=0.03,
        ornament=(0.30, 200, 10.0),
    ),
}


def vowel(accent: Accent, letters: str) -> tuple[float, float, float]:
    """Formants of a nucleus: the longest letters the language lists, else schwa."""
    for length in (2, 1):
        if letters[:length] in accent.vowels:
            f1, f2, f3 = accent.vowels[letters[:length]]
            return float(f1), float(f2), float(f3)
    return (500.0, 1450.0, 2450.0)
