"""A song's text -> its lines as they are sung, without what a website added.

Every function of `DROPS` takes the lines of a text and gives back as many, with "" or
a shorter line where something was dropped. They drop only what is marked as no part
of the song: where a line may be sung, it stays.
"""

import difflib
import re
import unicodedata
from collections.abc import Sequence

from vaejax.unicode import nfc


def lines(text: str, *, drop: Sequence[str]) -> list[str]:
    """The lines that have a letter, in order, in NFC, without controls.

    Spaces are single. A line stays whole, however long it is; a text without words has
    no lines.

    Args:
      drop: what is dropped, names of `DROPS`, in any order.

    Raises:
      ValueError: a name of `drop` is not known.
    """
    for name in drop:
        if name not in DROPS:
            close = difflib.get_close_matches(str(name), DROPS, 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(
                f"config.lyrics.drop: {name!r} is not known.{hint} "
                f"Choices: {', '.join(DROPS)}."
            )
    rows = [_displayed(row) for row in text.splitlines()]
    for name, without in DROPS.items():
        if name in drop:
            rows = without(rows)
    rows = [" ".join(row.split()) for row in rows]
    return [row for row in rows if _has_letter(row)]


def key(line: str) -> str:
    """What two spellings of one line share; equal keys mean the same words.

    Letters, digits and vowel signs alone: NFKC, case-folded, without punctuation, white
    space, invisible joiners, Arabic vowel marks and tatweel; every alef is a bare one,
    and an alef maqsura is a ya, as in Egyptian print.
    """
    folded = unicodedata.normalize("NFKC", line).casefold()
    folded = unicodedata.normalize("NFKC", folded).translate(_ARABIC_FORMS)
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LMN")


_ARABIC_FORMS = {
    **dict.fromkeys([*range(0x064B, 0x0660), 0x0640, 0x0670]),  # vowel marks, tatweel
    **dict.fromkeys(map(ord, "أإآٱ"), "ا"),
    ord("ى"): "ي",
    ord("ی"): "ي",
    ord("ک"): "ك",
}


def _displayed(row: str) -> str:
    """NFC, spaces collapsed, without controls; joiners stay inside a word.

    Zero-width joiners choose between two shapes of a conjunct in Bangla and Hindi.
    """
    row = nfc(row)
    if row.isascii() and row.isprintable():
        return " ".join(row.split())
    kept = []
    for i, c in enumerate(row):
        category = unicodedata.category(c)
        if c in "\u200c\u200d":
            around = row[i - 1 : i] + row[i + 1 : i + 2]
            if len(around) == 2 and all(map(_in_word, around)):
                kept.append(c)
        elif category == "Cc":
            kept.append(" ")
        elif category != "Cf":
            kept.append(c)
    # Again, for a mark may have come to stand behind another letter.
    return nfc(" ".join("".join(kept).split()))


def _in_word(c: str) -> bool:
    return unicodedata.category(c)[0] in "LM"


def _has_letter(row: str) -> bool:
    return any(map(str.isalpha, row))


def _any(words: str) -> str:
    """A pattern of alternatives written over several lines, in NFC as lines are."""
    joined = "".join(row.strip() for row in words.splitlines())
    return f"(?:{unicodedata.normalize('NFC', joined)})"


# LRC: [00:12.34], [01:00:12.3], <00:12.3>; and its header, [ar:...], [offset:-200].
_STAMP = re.compile(
    r"\[\d{1,3}(?::\d\d){1,2}(?:[.:]\d{1,3})?\]|<\d{1,3}:\d\d[.:]\d{1,3}>"
)
_HEADER = re.compile(
    r"\[\s?(?:ar|al|ti|au|by|re|ve|la|lr|offset|length|tool|#)\s?:[^\[\]]*\]$", re.I
)


def _without_timestamps(rows: Sequence[str]) -> list[str]:
    """Without the times and the header of an LRC file."""
    return ["" if _HEADER.match(row) else _STAMP.sub(" ", row).strip() for row in rows]


# Names of parts that nobody sings as a line of its own ...
_PART = _any(
    """(?:pre|post)[- ]?chorus|chorus|verse|refrain|bridge|intro|outro|interlude
    |instrumental(?: break| intro| outro| solo)?|(?:pre|post)[- ]?hook
    |(?:pre[- ]?)?coro|(?:pre[- ]?)?estribillo|estrofa|interludio|puente|refr[áa]n
    |couplet|pr[ée][- ]?refrain|كورس|كوبليه|لازمة|اللازمة|কোরাস|অন্তরা|সঞ্চারী
    |मुखड़ा|अंतरा|कोरस|mukhda|antara"""
)
# ... and names that are sung words too, unless a mark makes them tags.
_ALSO_SUNG = _any(
    """verso|hook|(?:guitar )?solo|break|breakdown|drop|spoken|skit|sample|rap|todos
    |all|both|repeat(?: chorus)?|end|fin|vamp|مقدمة|مذهب|المذهب|موال|স্থায়ী|আভোগ|स्थायी"""
)
_NUMBER = r"(?:\s?(?:\d{1,2}|I{1,3}|IV|V|one|two|three|four|uno|dos|tres)\b)?"
_COUNT = r"(?:[x×*]\s?\d{1,2}|\d{1,2}\s?[x×*])"  # \d is a digit of any script
_TIMES = rf"(?:{_COUNT}|\d{{1,2}}(?:\s?(?:times|veces|বার|बार|مرات))?|bis)"
_NAME = rf"(?:{_PART}|{_ALSO_SUNG}){_NUMBER}"
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_PLAIN_TAG = re.compile(rf"{_PART}{_NUMBER}\s?\(?{_COUNT}?\)?\W?$", re.I)
_TAG = re.compile(
    rf"(?:\[\s?{_NAME}(?:[^\w\[\]][^\[\]]*)?\]"  # [Verse 1: X] and a sung line
    rf"|[({{]\s?{_NAME}\s?:?\s?{_COUNT}?\s?[)}}](?!\S)"  # (Chorus), {Hook 2x}
    rf"|{_PART}{_NUMBER}\s?(?:\({_COUNT}\)|{_COUNT})?\s?(?=[:：])"  # Chorus: a line
    rf"|{_NAME}\s?(?=[:：]$))[:：]?",  # Solo:
    re.I,
)
_REPEAT = re.compile(
    rf"""(?:\s?[\[({{]\s?{_TIMES}\s?[\])}}]|(?:^|(?<=[\s)\]"”])){_COUNT})(?=\W{{0,2}}$)""",
    re.I,
)


def _without_tags(rows: Sequence[str]) -> list[str]:
    """Without [Chorus], (Chorus), "Chorus:" and, at the end of a line, (x2)."""
    return [_untagged(row) for row in rows]


def _untagged(row: str) -> str:
    if not _has_letter(_BRACKETS.sub("", row)) or _PLAIN_TAG.match(row):
        return ""  # words in [ ] that fill a line are about it: [Shakira]
    row = _TAG.sub("", row, count=1) if _TAG.match(row) else row
    for _ in range(2):  # [x2] [x3]
        row = _REPEAT.sub("", row).strip()
    return row


# What credits are introduced by, with a colon, and with "by" and names.
_ROLE = _any(
    """lyrics|lyricist|songwriters?|writers?|composers?|composed|music|vocals?|singers?
    |artists?|album|producers?|produced|arrangement|arranged|arranger|label|copyright
    |translation|translated|translator|written|mixed|mastered|director|directed|source
    |letra|letrista|música|musica|autora?|autores|compositor(?:a|es)?|intérpretes?
    |cantantes?|álbum|productor(?:a|es)?|producid[ao]|escrit[ao]|arreglos|traducción
    |كلمات|ألحان|الحان|لحن|تلحين|غناء|توزيع|شعر|موسيقى|المغني|ترجمة|إنتاج
    |গীতিকার|সুরকার|শিল্পী|কথা|সুর|কণ্ঠ|কন্ঠ|সংগীত|সঙ্গীত|রচনা|অ্যালবাম|এলবাম|ছায়াছবি
    |गीतकार|संगीतकार|गायक|गायिका|संगीत|फ़िल्म|फिल्म|स्वर|बोल|एल्बम
    |geetkar|gitikar|sangeetkar|shilpi"""
)
_CREDIT = re.compile(
    rf"\W{{0,3}}{_ROLE}(?:\s?(?:&|,|/|\+|and|y|e|و|ও|और|এবং)\s?{_ROLE}){{0,3}}"
    r"(?:\s(?:by|por|de|from))?\s?(?:[:：]|ঃ|\s[-–—]\s)",
    re.I,
)
_BY_NAMES = re.compile(
    r"(?i:(?:written|composed|produced|directed|performed|arranged|translated|mixed"
    r"|lyrics|words|music|escrita|producid[ao])(?: (?:&|and|y) \w{1,12})? (?:by|por))"
    r"(?: (?:[A-ZÀ-Þ]\S*|&|and|y|de|la|the|feat\.?|ft\.?))+$"
)
# What is left of the pages that texts are copied from.
_PAGE = re.compile(
    r".*?(?:https?://|www\.\w)|[\w-]+\.(?:com|net|org)$|you might also like$"
    r"|\d{1,4} contributors?\b|see .{1,80} live\s?get tickets|[\d.]{1,9}k?(?:embed)?$"
    r"|\W*(?:©|℗|(?:copyright|\(c\)):? (?:©|\(c\)|\d{4}))|.{0,80}all rights reserved"
    r"|lyrics (?:©|powered by|licensed)|\W*this lyrics is not for commercial use"
    r"|embed$",
    re.I,
)
_EMBED = re.compile(r"(?<=\S)\d{1,9}(?:\.\d)?K?Embed$")  # glued to the last line


def _without_credits(rows: Sequence[str]) -> list[str]:
    """Without lines on who made the song, and without what websites add."""
    return ["" if _about(row) else _EMBED.sub("", row) for row in rows]


def _about(row: str) -> bool:
    return any(pattern.match(row) for pattern in (_CREDIT, _BY_NAMES, _PAGE))


def _without_repeats(rows: Sequence[str]) -> list[str]:
    """Every line once, where it comes first."""
    first = {key(row): i for i, row in reversed(list(enumerate(rows)))}
    return [row if first[key(row)] == i else "" for i, row in enumerate(rows)]


DROPS = {  # in the order in which they are applied
    "timestamps": _without_timestamps,
    "tags": _without_tags,
    "credits": _without_credits,
    "repeats": _without_repeats,
}
