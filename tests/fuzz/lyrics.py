"""Lyrics: any bytes become lines, in a language or in none, in time."""

import functools
import tempfile
from pathlib import Path

from fuzz.mutation import mutated
from hypothesis import strategies as st

from vaejax.text import clean, keywords, language, romanize
from vaejax.text.files import has_words, read_text

ERRORS = (ValueError,)
SEEDS = [
    b"[Verse 1]\nHello darkness, hello light (x2)\nWritten by: Nobody\n",
    "[00:12.34]<00:12.3>আমি গান গাই\n[ar:কেউ]\nকথা ও সুর: কেউ\n".encode("utf-16"),
    "كورس\nيا ليل يا عين\n".encode("cp1256"),
    "Canción del corazón, señor\n(Estribillo)\n".encode("latin-1"),
    "हवाओं में गीत\r\nमुखड़ा:\rगीतकार: कोई\n".encode("utf-8-sig"),
]
TOKENS = [
    token.encode("utf-8", "surrogatepass")
    for token in (
        *(
            "[",
            "]",
            "(",
            ")",
            "<",
            "[Chorus]",
            "(x2)",
            "x9",
            "[x2]" * 3,
            "by ",
            ":",
            "&",
        ),
        *("http://", "lyrics ", "See a live", "Embed", "12Embed", " and ", "\u200d"),
        *("\u0301", "ﷺ", "ﬃ", "\u09df", "\U0001d400", "\ud800", "İ", "ß", "٣", "'"),
    )
] + [b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0", b"\x80", b"\x85", b"\x1c"]
alphabet = "aeiouAZñé' -()[]{}:.,&x×239\n\r\t\u200d\u200cاليلমনমেরहमहिन्दी़्\u0301İß𝒜"
INPUTS = (
    mutated(SEEDS, TOKENS)
    | st.text(alphabet, max_size=200).map(str.encode)
    | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.binary(max_size=80)
)


@functools.cache
def place() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-lyrics-")) / "a.txt"


def check(data: bytes) -> None:
    place().write_bytes(data)
    text = read_text(place())
    text.encode()
    has_words(text)
    lines = clean.lines(text, drop=tuple(clean.DROPS))
    assert clean.lines("\n".join(lines), drop=()) == lines
    for line in lines:
        assert 0 <= language.identify(line).confidence <= 1
        for by in ("tables", "anyascii"):
            romanize.romanized(line, by=by).encode()
        clean.key(line)
    told = language.of_song(lines)
    assert not told.mix or abs(sum(told.mix.values()) - 1) < 1e-6
    keywords.words_of(tuple(lines))
