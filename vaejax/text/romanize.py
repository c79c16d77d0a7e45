"""Arabic, Bangla and Devanagari in Latin letters, as songs are commonly romanised.

The built-in tables follow the ear more than the letter: `naam tera`, not `nam tera` or
`naama teraa`. Other letters are left to anyascii.
"""

import itertools
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache

from anyascii import anyascii

from vaejax.text.arabic import arabic
from vaejax.text.indic import bangla, hindi
from vaejax.unicode import nfc

_BLOCKS = {
    "arabic": ("\u0600", "\u06ff"),
    "hindi": ("\u0900", "\u097f"),
    "bangla": ("\u0980", "\u09ff"),
}
_LONGEST = 100  # letters of a word; where there are more, it is none


def romanized(line: str, *, by: str) -> str:
    """The line in Latin letters and NFC; what is Latin in it comes back as it is.

    Args:
      by: a name of `ROMANIZERS`. uroman needs the package of that name.

    Raises:
      ValueError: uroman is not installed.
    """
    found = []
    line = nfc(line)
    for kind, run in itertools.groupby(line, key=_kind):
        text = "".join(run)
        if kind == "sign":
            text = anyascii(text)
        elif kind != "latin":  # the rules look far ahead in a word
            starts = range(0, len(text), _LONGEST)
            text = "".join(_word(text[i : i + _LONGEST], by) for i in starts)
        found.append(text)
    return "".join(found)


@lru_cache(maxsize=1 << 14)
def _word(word: str, by: str) -> str:
    return ROMANIZERS[by](word)


@lru_cache(maxsize=4096)
def _kind(c: str) -> str:
    """The script of a part of a word; "sign" for a digit or full stop of another."""
    if unicodedata.category(c)[0] not in "LM" and c not in "\u200c\u200d":
        return "sign" if "\u0590" <= c < "\u2000" else "latin"
    if c < "\u0370" or "LATIN" in unicodedata.name(c, ""):
        return "latin"
    return next((n for n, (first, last) in _BLOCKS.items() if first <= c <= last), "")


def _uroman(word: str) -> str:
    """By uroman (Hermjakob et al. 2018), https://github.com/isi-nlp/uroman."""
    return _open_uroman().romanize_string(word)


@cache
def _open_uroman():
    try:
        from uroman import Uroman
    except ImportError as error:
        raise ValueError(
            "config.lyrics.romanizer='uroman' needs a package that is not installed: "
            "pip install uroman. Or take 'tables', which is built in."
        ) from error
    return Uroman()


def _tables(word: str) -> str:
    """By the tables of this module; a word of another script by anyascii."""
    spoken = {"arabic": arabic, "bangla": bangla, "hindi": hindi}
    return spoken.get(_kind(word[0]), anyascii)(word)


ROMANIZERS: dict[str, Callable[[str], str]] = {
    "tables": _tables,
    "anyascii": anyascii,
    "uroman": _uroman,
}
