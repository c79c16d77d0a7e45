"""Which words tell what songs are about, and what sets some songs apart from others.

Key words are those of class-based TF-IDF (Grootendorst 2022, "BERTopic: Neural topic
modeling with a class-based TF-IDF procedure", arXiv:2203.05794).
"""

import heapq
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache

import numpy as np
from jaxtyping import Bool, Shaped

from vaejax.text import stopwords

MOST_WORDS = 8
FEWEST_SONGS = 2  # of a class that a key word is found in
_FORMS = {
    **dict.fromkeys([*range(0x064B, 0x0660), 0x0640, 0x0670]),  # vowel marks, tatweel
    **dict.fromkeys(map(ord, "أإآٱ"), "ا"),
    ord("ی"): "ي",
    ord("ک"): "ك",
    ord("\u2019"): "'",
}
_INSIDE = "'\u200c\u200d"  # of a word: an apostrophe, and what shapes a conjunct
_STRETCHED = re.compile(r"(.)\1{2,}")
_SYLLABLES = re.compile(r"(.{1,4}?)\1{2,}")


def words_of(lines: Iterable[str]) -> Counter[str]:
    """How often each word is sung that may say what a song is about.

    In any of the five languages, romanised or not: case-folded, NFC, without Arabic
    vowel marks and tatweel, every alef a bare one. Stop words are left out, and what
    has fewer than two letters or is one syllable again and again.
    """
    found = (word for line in lines for word in _tokens(line))
    return Counter(word for word in found if _tells(word))


def of_classes(
    members: Mapping[int, Bool[np.ndarray, "n"]],
    songs: Shaped[np.ndarray, "n"],
    words: Sequence[Mapping[str, int]],
) -> dict[int, tuple[str, ...]]:
    """The words of each class with the highest class-based TF-IDF, at most 8.

    tf(word, class) log(1 + A / tf(word)), where A is the mean number of words of a
    class. Lyrics count once a song and class, and a word of one song alone not at all.

    Args:
      members: {class: whether each track is in it}.
      songs: of each track.
      words: counts of each track's words, of `words_of`; {} without lyrics.
    """
    counts: dict[int, Counter] = defaultdict(Counter)
    n_songs: dict[int, Counter] = defaultdict(Counter)
    everywhere: Counter = Counter()
    for name, rows in members.items():
        sung: dict[str, Counter] = defaultdict(Counter)
        for row in np.flatnonzero(rows):
            sung[str(songs[row])] |= Counter(words[row])
        for own in sung.values():
            counts[name].update(own)
            n_songs[name].update(own.keys())
        everywhere.update(counts[name])
    mean = everywhere.total() / max(1, len(counts))
    found = {}
    for name, own in counts.items():
        score = {
            word: count * math.log1p(mean / everywhere[word])
            for word, count in own.items()
            if n_songs[name][word] >= FEWEST_SONGS
        }
        best = heapq.nsmallest(MOST_WORDS, score, key=lambda w, s=score: (-s[w], w))
        found[name] = tuple(best)
    return found


def _tokens(line: str) -> Iterator[str]:
    line = unicodedata.normalize("NFC", line.casefold()).translate(_FORMS)
    for word in "".join(map(_or_space, line)).split():
        word = word.strip(_INSIDE).removesuffix("'s")
        yield word if _SYLLABLES.fullmatch(word) else _STRETCHED.sub(r"\1", word)


@lru_cache(maxsize=4096)
def _or_space(c: str) -> str:
    return c if c in _INSIDE or unicodedata.category(c)[0] in "LMN" else " "


@lru_cache(maxsize=1 << 16)
def _tells(word: str) -> bool:
    letters = sum(unicodedata.category(c)[0] in "LM" for c in word)
    syllables = _SYLLABLES.fullmatch(word)
    return letters >= 2 and not syllables and word not in _stop_words()


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(token for word in stopwords.words() for token in _tokens(word))
