"""Lyrics: from a file, in whatever encoding it was saved, to text."""

import codecs
import re
from pathlib import Path

LIMIT_BYTES = 4 * 2**20  # the longest song text seen is .2 MB; a book is about 1 MB

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORD = re.compile(r"(?:[^\W\d_]|[\u064b-\u0652])+")  # Arabic vowel marks are not \w
_ARABIC_WORD = re.compile(r"[\u0621-\u065f\u066e-\u06d3]{2,}")
# No "[" inside: a line of a million "[" is then read once, not a million times.
_TAG = re.compile(r"\[[^\[\]\n]*\]|<\d+:\d+(?:[.:]\d+)?>")


def read_text(path: Path) -> str:
    r"""The text of a lyrics file, with \n between lines and without NUL bytes.

    A byte order mark decides; then UTF-8, also where at most one letter in five is
    damaged (what is damaged is left out); then Windows-1256 if most words with letters
    beyond ASCII become wholly Arabic ones of two letters or more; else Windows-1252,
    which is Latin-1 with typographic quotes.

    Raises:
      ValueError: the file is larger than `LIMIT_BYTES`.
      OSError: the file cannot be opened or read.
    """
    with path.open("rb") as file:
        data = file.read(LIMIT_BYTES + 1)
    if len(data) > LIMIT_BYTES:
        raise ValueError(
            f"{path.name!r} is larger than {LIMIT_BYTES >> 20} MB, the limit of a "
            "lyrics file. Give the text of one song per file."
        )
    text = _decoded(data).replace("\0", "")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def has_words(text: str) -> bool:
    """Whether a letter is left outside [section tags] and time stamps of LRC files."""
    return any(character.isalpha() for character in _TAG.sub(" ", text))


def _decoded(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, errors="replace").replace("\ufffd", "")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    letters = sum(not character.isascii() for character in text) - damaged
    # By chance, bytes of a one-byte encoding rarely make one valid UTF-8 sequence.
    if letters >= 4 * damaged:
        return text.replace("\ufffd", "")
    return _decoded_from_one_byte(data)


def _decoded_from_one_byte(data: bytes) -> str:
    arabic = data.decode("cp1256")
    # Accents read as Arabic stand alone or between Latin letters: few whole words.
    words = [word for word in _WORD.findall(arabic) if not word.isascii()]
    if 2 * sum(map(bool, map(_ARABIC_WORD.fullmatch, words))) > len(words):
        return arabic
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:  # five of its bytes mean nothing
        return data.decode("latin-1")
