"""Unicode's composed form of a text that anybody may have written."""

import re
import unicodedata

MOST_MARKS = 30  # on a letter: Stream-Safe Text Format, Unicode Annex #15, section 13
_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{MOST_MARKS + 1},}}")  # or dashes, pictures


def nfc(text: str) -> str:
    """The text in NFC, without the marks that a letter has beyond `MOST_MARKS`.

    Marks are put in order, which takes a million of them on one letter an hour.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _MARKS.sub(_fewer, text))


def _fewer(run: re.Match) -> str:
    kept, n_marks = [], 0
    for character in run[0]:
        n_marks = n_marks + 1 if unicodedata.combining(character) else 0
        if n_marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)
