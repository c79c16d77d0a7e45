"""What the songs of a collection are, before a sample of them is computed.

Language and genre are crossed: every style in every language, as evenly as the number
of songs allows. Lyrics are spread evenly over these cells. Tempo within the style's
range, key, level, noise, bandwidth and tilt are drawn independently of both.
"""

from typing import NamedTuple

import numpy as np

from vaejax.songbook import lyrics
from vaejax.songbook.styles import CLASSICAL_MODES, KEYS, STYLES

LANGUAGES = {"arabic": "ar", "bangla": "bn", "english": "en", "hindi": "hi"}
LANGUAGES |= {"spanish": "es"}
WITH_LYRICS = 0.6045  # 677 of 1,120 songs
_ON_THEME = 0.75  # share of songs whose theme is one that the style likes


class Song(NamedTuple):
    """One song of the collection; the fields of its row in metadata.csv, and more."""

    index: int
    track_id: str
    title: str
    artist: str
    artist_index: int
    language: str
    genre: str
    tempo_bpm: float
    key: str
    mode: str
    level_db: float  # root mean square, relative to full scale
    snr_db: float  # of the music over the recording's noise
    bandwidth_hz: float  # above it the recording is cut off
    tilt_db_per_octave: float  # of the recording's equaliser, around 1 kHz
    has_lyrics: bool
    sheet: lyrics.Sheet


def generator(seed: int, purpose: int, index: int) -> np.random.Generator:
    """The random numbers of one purpose of one song or artist, and of no other."""
    sequence = np.random.SeedSequence(seed, spawn_key=(purpose, index))
    return np.random.default_rng(sequence)


PLAN, WORDS, ARTIST, SOUND = range(4)  # the purposes


def cells(n_songs: int) -> list[tuple[str, str]]:
    """(language, genre) of each song: every pair equally often, any prefix balanced.

    Five and eight have no common divisor, so counting through both at once does it.
    """
    languages, genres = list(LANGUAGES), list(STYLES)
    return [(languages[i % 5], genres[i % 8]) for i in range(n_songs)]


def with_lyrics(rng: np.random.Generator, of: list[tuple[str, str]]) -> set[int]:
    """The round(0.6045 n) songs that have lyrics, evenly over the cells."""
    counts = {cell: of.count(cell) for cell in set(of)}
    ranks: dict[tuple[str, str], list[int]] = {}
    for cell in sorted(counts):
        ranks[cell] = [int(i) for i in rng.permutation(counts[cell])]
    order = [(ranks[c].pop() + rng.random()) / counts[c] for c in of]
    return {int(i) for i in np.argsort(order)[: round(WITH_LYRICS * len(of))]}


def share_out(rng: np.random.Generator, n_songs: int) -> list[int]:
    """Songs per artist: three to eight each, five on average."""
    n_artists = max(1, round(n_songs / 5))
    songs = np.full(n_artists, min(3, n_songs // n_artists))
    for _ in range(n_songs - int(songs.sum())):
        songs[rng.choice(np.flatnonzero(songs < 8))] += 1
    return songs.tolist()


def artists(
    rng: np.random.Generator, of: list[tuple[str, str]]
) -> list[tuple[int, str]]:
    """(number, name) of each song's artist, who sings one language.

    A language's songs are laid out genre by genre and cut into stretches, so that most
    artists keep to one or two genres.
    """
    assigned: dict[int, tuple[int, str]] = {}
    number = 0
    for language in LANGUAGES:
        around = {genre: i for i, genre in enumerate(rng.permutation(list(STYLES)))}
        mine = [i for i, cell in enumerate(of) if cell[0] == language]
        mine.sort(key=lambda i: (around[of[i][1]], i))
        if not mine:
            continue
        names = _names(rng, language, len(mine))
        start = 0
        for count in share_out(rng, len(mine)):
            for i in mine[start : start + count]:
                assigned[i] = (number, names[number % len(names)])
            start += count
            number += 1
    return [assigned[i] for i in range(len(of))]


def _names(rng: np.random.Generator, language: str, at_least: int) -> list[str]:
    """Invented names, no two alike: after all pairs are used up they get a number."""
    texts = lyrics.TEXTS[language]
    pairs = [f"{given} {family}" for given in texts.GIVEN for family in texts.FAMILY]
    names = [pairs[i] for i in rng.permutation(len(pairs))]
    rounds = 2
    while len(names) < at_least:
        names += [f"{name} {rounds}" for name in names[: len(pairs)]]
        rounds += 1
    return names


def plan(n_songs: int, seed: int) -> list[Song]:
    """The songs of a collection, in the order of their track ids within a language."""
    rng = generator(seed, PLAN, 0)
    of = cells(n_songs)
    sung = with_lyrics(rng, of)
    by = artists(rng, of)
    counts = dict.fromkeys(LANGUAGES, 0)
    songs = []
    for i, (language, genre) in enumerate(of):
        counts[language] += 1
        track_id = f"{LANGUAGES[language]}_{counts[language]:04d}"
        songs.append(_song(seed, i, track_id, language, genre, by[i], i in sung))
    return songs


def _song(
    seed: int,
    index: int,
    track_id: str,
    language: str,
    genre: str,
    artist: tuple[int, str],
    has_lyrics: bool,
) -> Song:
    words = generator(seed, WORDS, index)
    liked = STYLES[genre].themes
    themes = liked if words.random() < _ON_THEME else tuple(lyrics.stock(language))
    sheet = lyrics.write(words, language=language, themes=themes)
    rng = generator(seed, PLAN, 1 + index)
    return Song(
        index=index,
        track_id=track_id,
        title=sheet.title,
        artist=artist[1],
        artist_index=artist[0],
        language=language,
        genre=genre,
        tempo_bpm=round(float(rng.uniform(*STYLES[genre].tempo_bpm)), 2),
        key=KEYS[rng.integers(12)],
        mode=str(rng.choice(STYLES[genre].modes or CLASSICAL_MODES[language])),
        level_db=round(float(rng.uniform(-30, -14)), 2),
        snr_db=round(float(rng.uniform(25, 50)), 2),
        bandwidth_hz=round(float(rng.uniform(4500, 11000)), 1),
        tilt_db_per_octave=round(float(rng.uniform(-1.5, 1.5)), 3),
        has_lyrics=has_lyrics,
        sheet=sheet,
    )
