"""Song sheets: titles, verses and choruses in three versions, and sung syllables.

A sheet takes its chorus and first verse from one theme and its second verse from
another; the three versions keep the same lines in the same order.
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np

from vaejax.songbook.texts import arabic, bangla, english, hindi, spanish

TEXTS = {
    "arabic": arabic,
    "bangla": bangla,
    "english": english,
    "hindi": hindi,
    "spanish": spanish,
}
_VERSIONS = {"arabic": 3, "bangla": 3, "english": 1, "hindi": 3, "spanish": 2}
_TAGGED = 0.5  # share of sheets that carry section tags
_VOWEL = r"(?:[aeiou]|y(?![aeiou]))"
_SYLLABLE = re.compile(rf"((?:(?!{_VOWEL}).)*)({_VOWEL}+)((?:(?!{_VOWEL}).)*$)?")


class Line(NamedTuple):
    """One line of a song in its three versions."""

    original: str
    romanized: str
    translated: str


class Sheet(NamedTuple):
    """The words of one song: its title, and its sections in singing order."""

    title: str
    sections: tuple[tuple[str, tuple[Line, ...]], ...]  # (tag or "", lines)


class Syllable(NamedTuple):
    """Romanised letters of one sung syllable; `weight` is above 1 where stressed."""

    onset: str
    nucleus: str
    coda: str
    weight: float


def _plain(text: str) -> str:
    """The text without its accents."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _entry(language: str, lines: list[str]) -> Line:
    if language == "english":
        return Line(lines[0], lines[0], lines[0])
    if language == "spanish":
        return Line(lines[0], _plain(lines[0]), lines[1])
    return Line(*lines)


@cache
def stock(language: str) -> dict[str, tuple[Line, ...]]:
    """{theme: its lines} of one language; originals in Unicode's NFC."""
    n_versions = _VERSIONS[language]
    themes = {}
    for block in TEXTS[language].TEXT.split("# ")[1:]:
        theme, *rows = unicodedata.normalize("NFC", block).strip().splitlines()
        entries = [rows[i : i + n_versions] for i in range(0, len(rows), n_versions)]
        themes[theme] = tuple(_entry(language, entry) for entry in entries)
    return themes


def write(rng: np.random.Generator, *, language: str, themes: tuple[str, ...]) -> Sheet:
    """A song on one of `themes`: two verses and a chorus, its title the first line."""
    lines = stock(language)
    theme = str(rng.choice(themes))
    other = str(rng.choice([name for name in lines if name != theme]))
    own = [lines[theme][i] for i in rng.permutation(5)]
    borrowed = [lines[other][i] for i in rng.permutation(5)]
    chorus = tuple(own[:2])
    sections = [("Verse 1", tuple(own[2:])), ("Chorus", chorus)]
    sections += [("Verse 2", tuple(borrowed[: rng.integers(3, 5)])), ("Chorus", chorus)]
    if rng.random() < 0.3:
        sections.insert(0, sections[1])
    if rng.random() >= _TAGGED:
        sections = [("", part) for _, part in sections]
    return Sheet(chorus[0].original, tuple(sections))


def text(sheet: Sheet, version: str) -> str:
    """The sheet as a text file; `version` is a field of Line."""
    blocks = []
    for tag, lines in sheet.sections:
        rows = [getattr(line, version) for line in lines]
        blocks.append("\n".join([f"[{tag}]", *rows] if tag else rows))
    return "\n\n".join(blocks) + "\n"


def vocables(language: str) -> tuple[str, ...]:
    """What a song without lyrics is sung on."""
    return TEXTS[language].VOCABLES


def syllables(language: str, romanized: str) -> list[Syllable]:
    """Romanised line -> syllables, by vowel groups; crude, as singing is forgiving.

    The first heavy syllable of a word is stressed. English drops its silent e.
    """
    letters = _plain(romanized).lower()
    if language == "english":
        letters = re.sub(r"(?<=[aeiouy])([^aeiouy\W]+)e\b", r"\1", letters)
    found = []
    for word in re.findall(r"[a-z]+", letters):
        parts = _SYLLABLE.findall(word)
        heavy = [len(vowel) > 1 or bool(coda) for _, vowel, coda in parts]
        stressed = heavy.index(True) if True in heavy else 0
        for i, (onset, vowel, coda) in enumerate(parts):
            weight = 1.5 if i == stressed and len(word) > 2 else 1.0
            found.append(Syllable(onset, vowel, coda, weight))
    return found
