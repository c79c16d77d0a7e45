"""Words that say nothing of what a song is about, in five languages and romanised.

Pronouns, articles, prepositions, conjunctions, auxiliaries, particles, and syllables
that are sung for their sound. Written down for this project, from knowledge of the
languages, in the spellings that lyrics have; without Arabic vowel marks, and with a
bare alef for every alef.
"""

from functools import cache
from importlib import import_module

LANGUAGES = ("arabic", "bangla", "english", "hindi", "spanish")


@cache
def words() -> frozenset[str]:
    """The words of all five lists, in lower case; read at first use."""
    lists = (import_module(f"{__name__}.{language}") for language in LANGUAGES)
    return frozenset(word for one in lists for word in one.WORDS.split())
