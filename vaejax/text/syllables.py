"""Words as consonants with their vowels: what the tables of romanisation share."""

import unicodedata
from typing import NamedTuple

NASAL = "~"  # a nasal that is a consonant: n, or m before b, m, p


class Unit(NamedTuple):
    """A consonant and what follows it."""

    onset: str  # "" before an independent vowel
    vowel: str = ""  # "" after a virama or sukun
    inherent: bool = False  # is the vowel one that is not written?
    coda: str = ""  # a nasal or a breath


def pairs(letters: str, sounds: str) -> dict[str, str]:
    """{letter: sound} of as many words each; letters in NFC, as lines are."""
    letters = unicodedata.normalize("NFC", letters)
    return dict(zip(letters.split(), sounds.split(), strict=True))


def without_schwas(units: list[Unit]) -> list[Unit]:
    """Without inherent vowels in V C _ C V, from the right; the last unit stays."""
    units = list(units)
    for i in range(len(units) - 2, 0, -1):
        before, unit, after = units[i - 1 : i + 2]
        open_before = before.vowel and before.coda != NASAL
        if (
            unit.inherent
            and not unit.coda
            and open_before
            and after.onset
            and after.vowel
        ):
            units[i] = units[i]._replace(vowel="")
    return units


def joined(units: list[Unit]) -> str:
    """The units as text."""
    return "".join(unit.onset + unit.vowel + unit.coda for unit in units)


def shortened(text: str) -> str:
    """A long vowel at the end of a word is written as a short one, as in tera, tu."""
    for long, short in (("aa", "a"), ("ee", "i"), ("oo", "u"), ("ee~", "i~")):
        if text.endswith(long) and len(text) > len(long):
            return text.removesuffix(long) + short
    return text
