"""Which of five languages a line or a song is in, offline; romanised text included.

Scripts decide Arabic, Bangla and Hindi among the five. Words in Latin letters are told
apart by a generative model of each language: a word is drawn from a list of frequent
words (Zipf's law), or spelled letter by letter by 4-grams with Witten-Bell smoothing
(Witten & Bell 1991). Both come from `words` and the songbook's lines, and are counted
at first use. There is no sixth language: one that shares a script with the five, such
as Urdu, Marathi, French, is taken for its nearest or, where that is unclear, for "".
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from vaejax.songbook.lyrics import stock

LANGUAGES = ("arabic", "bangla", "english", "hindi", "spanish")

_SCRIPTS = {
    "ARABIC": "Arab",
    "BENGALI": "Beng",
    "DEVANAGARI": "Deva",
    "LATIN": "Latn",
}
_DECIDED_BY_SCRIPT = {"Arab": "arabic", "Beng": "bangla", "Deva": "hindi"}
_OTHER = len(LANGUAGES)  # where posteriors hold what is in another script
_ORDER = 4  # letters of an n-gram
_ALPHABET = 40  # letters that an unseen one is drawn from
_LISTED = 0.7  # probability that a word comes from the list
_FOREIGN = 0.05  # probability that a word says nothing: a name, a borrowed word
_TEMPER = 0.6  # exponent on the evidence of words: neighbours are not independent
_ODD = 0.05  # probability that a line says nothing about its song
_ROUNDS = 20  # of expectation maximisation; shares change by less than .01 after 10
_SMALLEST_SHARE = 0.02
_RANK = 20  # Zipf: the word of rank r has a weight of 1 / (r + 20)
_SPANISH = {unicodedata.normalize("NFD", letter) for letter in "áéíóúñü"}
_LONGEST = 40  # letters of a word that are read
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*'?")
_STRETCHED = re.compile(r"(.)\1{2,}")


class Guess(NamedTuple):
    """The language of a line."""

    language: str  # one of LANGUAGES; "": none is above .5, or another script
    confidence: float  # posterior probability of the likeliest language, in [0, 1]
    script: str  # ISO 15924: Arab, Beng, Deva, Latn; Zyyy, another; "", no letters
    romanized: bool  # Arabic, Bangla or Hindi in Latin letters


class SongLanguage(NamedTuple):
    """The language of a song, and of its lines."""

    language: str  # one of LANGUAGES, or ""
    confidence: float  # posterior probability that the song is in it, in [0, 1]
    script: str  # of most lines, as in Guess
    romanized: bool
    mix: dict[str, float]  # {language or "other": share of lines}, the largest first


def identify(line: str) -> Guess:
    """The language of one line."""
    return _guess(*_line(line))


def of_song(lines: Sequence[str]) -> SongLanguage:
    """The language of most lines, and how lines of several languages are mixed.

    A line counts once, however long it is, and none decides alone.
    """
    found = [_line(line) for line in lines]
    scripts = Counter(script for _, script in found if script)
    script = scripts.most_common(1)[0][0] if scripts else ""
    told = [posterior for posterior, letters in found if letters]
    if not told:
        return SongLanguage("", 0.0, "", False, {})
    floored = (1 - _ODD) * np.stack(told) + _ODD / (_OTHER + 1)
    together = _softmax(np.log(floored).sum(0))
    return SongLanguage(*_guess(together, script), _mix(floored))


def _guess(posterior: Float64[np.ndarray, "outcomes"], script: str) -> Guess:
    best = int(posterior.argmax())
    language = LANGUAGES[best] if best != _OTHER and posterior[best] > 0.5 else ""
    romanized = script == "Latn" and language in _DECIDED_BY_SCRIPT.values()
    return Guess(language, min(float(posterior[best]), 1.0), script, romanized)


def _mix(posteriors: Float64[np.ndarray, "lines outcomes"]) -> dict[str, float]:
    """Weights of a mixture of languages that the lines are drawn from, by EM."""
    shares = np.full(_OTHER + 1, 1 / (_OTHER + 1))
    for _ in range(_ROUNDS):
        drawn = shares * posteriors
        shares = (drawn / drawn.sum(1, keepdims=True)).mean(0)
    shares = np.where(shares < _SMALLEST_SHARE, 0.0, shares)
    order = np.argsort(-shares, kind="stable")
    names = (*LANGUAGES, "other")
    return {names[i]: float(shares[i] / shares.sum()) for i in order if shares[i]}


@lru_cache(maxsize=1 << 14)
def _line(line: str) -> tuple[Float64[np.ndarray, "outcomes"], str]:
    """The posterior of each language, and the script of most letters.

    Scripts share the line by their letters.
    """
    line = unicodedata.normalize("NFKC", line)
    letters = Counter(map(_script, filter(str.isalpha, line)))
    posterior = np.zeros(_OTHER + 1)
    for script, count in letters.items():
        if script in _DECIDED_BY_SCRIPT:
            posterior[LANGUAGES.index(_DECIDED_BY_SCRIPT[script])] += count
        elif script == "Latn":
            posterior[:_OTHER] += count * _latin(line)
        else:
            posterior[_OTHER] += count
    script = letters.most_common(1)[0][0] if letters else ""
    return posterior / max(letters.total(), 1), script


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").split(" ")[0]
    return _SCRIPTS.get(name, "Zyyy")


def _latin(line: str) -> Float64[np.ndarray, "outcomes"]:
    """The posterior of each language given the words in Latin letters, each once."""
    words = set(_words(line))
    if not words:
        return np.full(len(LANGUAGES), 1 / len(LANGUAGES))
    return _softmax(_TEMPER * sum(map(_evidence, sorted(words))))


def _words(line: str) -> Iterator[str]:
    """Words in Latin letters, folded as the model's own are.

    Only the accents of Spanish are kept; digits inside a word are letters of Arabic.
    """
    line = unicodedata.normalize("NFD", line.casefold().replace("\u2019", "'"))
    line = "".join(
        c
        for i, c in enumerate(line)
        if not unicodedata.combining(c) or line[i - 1 : i + 1] in _SPANISH
    )
    for word in _WORD.findall(unicodedata.normalize("NFC", line)):
        if any(_script(c) == "Latn" for c in word if c.isalpha()):
            yield _STRETCHED.sub(r"\1\1", word)[:_LONGEST]


@lru_cache(maxsize=1 << 16)
def _evidence(word: str) -> Float64[np.ndarray, "outcomes"]:
    """Log-probability of each language given one word, but for a constant."""
    models = _models()
    spelled = np.array([model.log_probability(word) for model in models])
    posterior = _softmax(spelled)
    return np.log((1 - _FOREIGN) * posterior + _FOREIGN / len(LANGUAGES))


def _softmax(log_weights: Float64[np.ndarray, "d"]) -> Float64[np.ndarray, "d"]:
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


class _Model(NamedTuple):
    """How one language draws a word."""

    listed: dict[str, float]  # probability of a frequent word
    # {letters before: counts of the letter after them, and their sum}
    counts: dict[str, tuple[Counter, int]]

    def log_probability(self, word: str) -> float:
        padded = f"^{word}$"
        spelled = math.log(1 - _LISTED) + sum(
            math.log(self._next(padded[max(0, i - _ORDER + 1) : i], padded[i]))
            for i in range(1, len(padded))
        )
        listed = _LISTED * self.listed.get(word, 0.0)
        return math.log(listed + math.exp(spelled)) if listed else spelled

    def _next(self, before: str, letter: str) -> float:
        """Witten-Bell: as much is left for unseen letters as kinds have been seen."""
        probability = 1 / _ALPHABET
        for start in range(len(before), -1, -1):  # from no letter before to all
            if before[start:] not in self.counts:
                break
            seen, total = self.counts[before[start:]]
            left = len(seen) * probability
            probability = (seen.get(letter, 0) + left) / (total + len(seen))
        return probability


@cache
def _models() -> tuple[_Model, ...]:
    return tuple(map(_model, LANGUAGES))


def _model(language: str) -> _Model:
    """The model of one language, counted from the project's own words and lines."""
    source = import_module(f"vaejax.text.words.{language}")
    frequent = list(dict.fromkeys(_words(source.WORDS)))
    sung = set(_words("\n".join(_sung(language))))
    weights = {word: 1 / (rank + _RANK) for rank, word in enumerate(frequent)}
    total = sum(weights.values())
    listed = {word: weight / total for word, weight in weights.items()}
    counts: dict[str, Counter] = defaultdict(Counter)
    for word in (*frequent, *sung):
        padded = f"^{word}$"
        for i in range(1, len(padded)):
            for j in range(max(0, i - _ORDER + 1), i + 1):
                counts[padded[j:i]][padded[i]] += 1
    return _Model(listed, {k: (seen, seen.total()) for k, seen in counts.items()})


def _sung(language: str) -> list[str]:
    """The songbook's lines of a language in Latin letters."""
    lines = [line for theme in stock(language).values() for line in theme]
    if language == "spanish":
        return [text for line in lines for text in (line.original, line.romanized)]
    return [line.romanized for line in lines]
