"""The eight styles: tempo, modes, rhythm, instruments, mix and manner of singing.

Every style occurs in every language, so that genre and language are independent
factors. Patterns are bars of four beats in sixteen steps: 'x' a stroke, 'o' a soft
one, '.' nothing.
"""

from typing import NamedTuple

from vaejax.songbook.voices import Delivery

KEYS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

MODES = {  # cents above the tonic
    "major": (0, 200, 400, 500, 700, 900, 1100),
    "minor": (0, 200, 300, 500, 700, 800, 1000),
    "dorian": (0, 200, 300, 500, 700, 900, 1000),
    "mixolydian": (0, 200, 400, 500, 700, 900, 1000),
    "phrygian": (0, 100, 300, 500, 700, 800, 1000),
    "harmonic_minor": (0, 200, 300, 500, 700, 800, 1100),
    "major_pentatonic": (0, 200, 400, 700, 900),
    "minor_pentatonic": (0, 300, 500, 700, 1000),
    "blues": (0, 300, 500, 600, 700, 1000),
    "hijaz": (0, 100, 400, 500, 700, 800, 1000),
    "bayati": (0, 150, 300, 500, 700, 800, 1000),
    "rast": (0, 200, 350, 500, 700, 900, 1050),
    "bhairav": (0, 100, 400, 500, 700, 800, 1100),
    "yaman": (0, 200, 400, 600, 700, 900, 1100),
    "kafi": (0, 200, 300, 500, 700, 900, 1000),
    "khamaj": (0, 200, 400, 500, 700, 900, 1000),
}
HARMONY = {  # the seven-note mode that chords come from, where the mode has fewer
    "major_pentatonic": "major",
    "minor_pentatonic": "minor",
    "blues": "mixolydian",
}
CLASSICAL_MODES = {
    "arabic": ("rast", "bayati", "hijaz"),
    "bangla": ("khamaj", "kafi", "bhairav"),
    "english": ("harmonic_minor", "major", "dorian"),
    "hindi": ("yaman", "bhairav", "kafi"),
    "spanish": ("hijaz", "phrygian", "harmonic_minor"),
}
EQ_HZ = (80, 300, 1000, 3000, 8000)


class Part(NamedTuple):
    """One pitched part of the arrangement."""

    play: str  # which function of `band` turns the pattern into notes
    timbres: tuple[str, ...]  # an artist takes one of them
    patterns: tuple[str, ...]  # a song takes one of them
    gate_steps: float  # length of a note
    level_db: float  # loudness relative to the voice


class Style(NamedTuple):
    """One genre."""

    tempo_bpm: tuple[float, float]
    modes: tuple[str, ...]
    themes: tuple[str, ...]  # what its songs like to be about
    progressions: tuple[tuple[int, ...], ...]  # scale degrees, a bar each
    drums: dict[str, tuple[str, ...]]
    drums_db: float
    parts: tuple[Part, ...]
    swing: float  # delay of every second step, in steps
    reverb_s: float
    reverb_db: float
    pump: float  # how far the kick ducks the rest, in [0, 1]
    voice_db: float
    eq_db: tuple[float, float, float, float, float]  # mastering, at styles.EQ_HZ
    ceiling: float  # peaks are bent above this many times the loudness
    delivery: Delivery


STYLES = {
    "ballad": Style(
        tempo_bpm=(60, 84),
        modes=("major", "minor"),
        themes=("love", "rain", "mother"),
        progressions=((0, 5, 3, 4), (0, 4, 5, 3), (5, 3, 0, 4)),
        drums={
            "kick": ("x.......x.......", "x.........o....."),
            "rim": ("....x.......x...", "........x......."),
            "shaker": ("x.o.x.o.x.o.x.o.", "................"),
        },
        drums_db=-15,
        parts=(
            Part("root", ("round_bass",), ("x.......x.......",), 7, -9),
            Part(
                "arpeggio",
                ("piano", "electric_piano", "nylon"),
                ("x.x.x.x.x.x.x.x.", "x..x..x.x..x..x."),
                3,
                -6,
            ),
            Part("chord", ("strings",), ("x...............",), 16, -4),
        ),
        swing=0.0,
        reverb_s=2.2,
        reverb_db=-8,
        pump=0.0,
        voice_db=5,
        eq_db=(6, 3, -3, -6, -8),
        ceiling=4.5,
        delivery=Delivery(pace=0.75, range_steps=7, vibrato=1.4),
    ),
    "dance": Style(
        tempo_bpm=(114, 134),
        modes=("minor", "phrygian", "dorian"),
        themes=("dance", "night", "city"),
        progressions=((0, 5, 2, 6), (0, 0, 5, 6), (0, 3, 0, 6)),
        drums={
            "kick": ("x...x...x...x...",),
            "clap": ("....x.......x...",),
            "open_hat": ("..x...x...x...x.",),
            "hat": ("xoxoxoxoxoxoxoxo", "o.o.o.o.o.o.o.o."),
        },
        drums_db=0,
        parts=(
            Part(
                "root",
                ("saw_bass", "sub_bass"),
                ("..x...x...x...x.", "..xx..xx..xx..xx"),
                1.4,
                -4,
            ),
            Part(
                "chord",
                ("stab", "supersaw"),
                ("x..x..x...x..x..", "..x..x....x..x.."),
                1.6,
                -5,
            ),
            Part("chord", ("supersaw", "strings"), ("x...............",), 16, -10),
            Part("melody", ("square_lead", "stab"), ("x.x..x.x..x.x...",), 1.2, -10),
        ),
        swing=0.0,
        reverb_s=0.9,
        reverb_db=-15,
        pump=0.7,
        voice_db=2,
        eq_db=(7, -4, -5, 0, 8),
        ceiling=2.0,
        delivery=Delivery(pace=1.0, range_steps=5, vibrato=0.4),
    ),
    "folk": Style(
        tempo_bpm=(90, 126),
        modes=("major_pentatonic", "mixolydian", "dorian"),
        themes=("harvest", "road", "sea"),
        progressions=((0, 3, 0, 4), (0, 0, 3, 4), (0, 4, 3, 0)),
        drums={
            "low_hand": ("x.....x.x.......", "x..x....x..x...."),
            "high_hand": ("..o.x.o...o.x.o.", "....x.o.....x.oo"),
        },
        drums_db=-2,
        parts=(
            Part(
                "chord",
                ("nylon", "steel", "short_lute"),
                ("x.xox.xox.xox.xo", "x..xx.x.x..xx.x."),
                1.8,
                0,
            ),
            Part("melody", ("fiddle", "flute"), ("x...x.x.x...x.x.",), 2.2, -5),
            Part("root", ("round_bass",), ("x.......x.......",), 4, -11),
        ),
        swing=0.22,
        reverb_s=0.3,
        reverb_db=-22,
        pump=0.0,
        voice_db=4,
        eq_db=(-6, -5, 7, 2, -8),
        ceiling=4.5,
        delivery=Delivery(pace=1.05, range_steps=6, vibrato=0.8),
    ),
    "rock": Style(
        tempo_bpm=(106, 152),
        modes=("minor_pentatonic", "blues", "mixolydian"),
        themes=("road", "city", "night"),
        progressions=((0, 6, 3, 0), (0, 3, 4, 3), (0, 0, 5, 6)),
        drums={
            "kick": ("x.....x.x.......", "x.x.....x.x...x."),
            "snare": ("....x.......x...",),
            "hat": ("x.x.x.x.x.x.x.x.",),
            "open_hat": ("................", "x.......x......."),
        },
        drums_db=-2,
        parts=(
            Part("root", ("pick_bass",), ("x.x.x.x.x.x.x.x.",), 1.8, -6),
            Part(
                "power",
                ("fuzz", "crunch"),
                ("x.xxx.xxx.xxx.xx", "x.....x.x.....x.", "x.x.x.x.x.x.x.x."),
                1.9,
                -2,
            ),
            Part("melody", ("crunch", "fuzz"), ("x.x.x...x.xx....",), 2.0, -10),
        ),
        swing=0.0,
        reverb_s=0.7,
        reverb_db=-17,
        pump=0.0,
        voice_db=3,
        eq_db=(0, -2, 3, 6, -4),
        ceiling=1.7,
        delivery=Delivery(pace=1.0, range_steps=6, vibrato=0.5),
    ),
    "devotional": Style(
        tempo_bpm=(66, 98),
        modes=("dorian", "hijaz", "major", "bhairav"),
        themes=("prayer", "mother", "harvest"),
        progressions=((0, 0, 3, 0), (0, 0, 0, 6), (0, 3, 0, 0)),
        drums={
            "low_hand": ("x.....x...x.....", "x.......x..x...."),
            "clap": ("....o.......o...",),
            "finger_cymbal": ("x.......x.......", "........x......."),
        },
        drums_db=-6,
        parts=(
            Part("drone", ("harmonium", "organ"), ("x...............",), 16, -6),
            Part("chord", ("harmonium", "organ"), ("x.......x.......",), 7.5, -6),
            Part("melody", ("flute", "harmonium"), ("x...x...x.x.x...",), 3, -9),
        ),
        swing=0.0,
        reverb_s=2.6,
        reverb_db=-8,
        pump=0.0,
        voice_db=4,
        eq_db=(-14, 8, 4, -4, -12),
        ceiling=3.5,
        delivery=Delivery(pace=0.8, range_steps=5, vibrato=1.0, doubles=2),
    ),
    "hip-hop": Style(
        tempo_bpm=(76, 102),
        modes=("minor", "phrygian", "minor_pentatonic"),
        themes=("city", "night", "mother"),
        progressions=((0, 0, 5, 0), (0, 5, 0, 4), (0, 0, 0, 0)),
        drums={
            "kick": ("x..x......x.....", "x......x..x..x.."),
            "snare": ("....x.......x...",),
            "hat": ("x.xxx.x.x.xxx.x.", "xxxxx.xxxxxxx.xx"),
            "crackle": ("x...x...x...x...", "................"),
        },
        drums_db=-1,
        parts=(
            Part(
                "root", ("sub_bass",), ("x..x......x.....", "x......x..x....."), 3, -3
            ),
            Part("melody", ("electric_piano", "bell"), ("x..x..x...x.....",), 2.5, -9),
            Part(
                "chord", ("electric_piano", "strings"), ("x...............",), 14, -12
            ),
        ),
        swing=0.18,
        reverb_s=0.35,
        reverb_db=-20,
        pump=0.0,
        voice_db=5,
        eq_db=(10, 2, -5, -2, 2),
        ceiling=2.6,
        delivery=Delivery(pace=1.55, range_steps=3, vibrato=0.1, spoken=0.9),
    ),
    "classical": Style(
        tempo_bpm=(52, 86),
        modes=(),  # CLASSICAL_MODES has them
        themes=("night", "rain", "love"),
        progressions=((0, 0, 0, 0), (0, 0, 3, 0)),
        drums={
            "low_hand": ("x.......o.......", "x.....o....o...."),
            "high_hand": ("....o..o..o.o.oo", "..o.....o.o....."),
        },
        drums_db=-14,
        parts=(
            Part("drone", ("drone",), ("x...x...x...x...",), 6, -1),
            Part(
                "melody",
                ("long_lute", "short_lute", "nylon"),
                ("x.xxx.x.xx.xx.x.", "x..x.xx.x.xxx..."),
                1.6,
                -2,
            ),
            Part("melody", ("fiddle", "flute"), ("x.......x...x...",), 6, -9),
        ),
        swing=0.0,
        reverb_s=1.3,
        reverb_db=-13,
        pump=0.0,
        voice_db=4,
        eq_db=(-12, -7, 0, 8, 4),
        ceiling=4.5,
        delivery=Delivery(pace=0.6, range_steps=9, vibrato=1.2),
    ),
    "pop": Style(
        tempo_bpm=(96, 124),
        modes=("major", "minor"),
        themes=("love", "dance", "sea"),
        progressions=((0, 4, 5, 3), (5, 3, 0, 4), (3, 4, 0, 5)),
        drums={
            "kick": ("x.......x.x.....", "x..x....x......."),
            "snare": ("................", "....x.......x..."),
            "clap": ("....x.......x...",),
            "hat": ("x.x.x.x.x.x.x.x.", "x.xox.xox.xox.xo"),
        },
        drums_db=-3,
        parts=(
            Part("root", ("round_bass", "pick_bass"), ("x..x..x.x..x..x.",), 2, -6),
            Part(
                "chord",
                ("electric_piano", "piano", "stab"),
                ("x...x...x...x...", "x..x..x.x..x..x."),
                3,
                -5,
            ),
            Part("arpeggio", ("bell", "square_lead"), ("x.x.x.x.x.x.x.x.",), 1.5, -12),
            Part("chord", ("strings", "supersaw"), ("x...............",), 16, -13),
        ),
        swing=0.0,
        reverb_s=1.0,
        reverb_db=-14,
        pump=0.15,
        voice_db=5,
        eq_db=(5, 2, -3, 1, 8),
        ceiling=2.4,
        delivery=Delivery(pace=1.1, range_steps=7, vibrato=0.7),
    ),
}
