"""The lyrics of tracks: read, cleaned, their language told, and missing versions made.

Files that a song has are used first. The romanised version can always be made from the
original; the translated one by a model that the config names.
"""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from vaejax.core import Rejected, Track
from vaejax.text import clean, language, romanize
from vaejax.text.files import read_text

Lines = tuple[str, ...]


class Lyrics(NamedTuple):
    """What one track has to read."""

    versions: dict[str, Lines]  # names in layout.VERSIONS; none is empty
    language: language.SongLanguage | None  # None without lyrics


def read(
    tracks: Sequence[Track],
    *,
    wanted: Sequence[str],
    drop: Sequence[str],
    romanizer: str,
    translate: Callable[[list[tuple[Lines, str]]], list[Lines]] | None,
) -> tuple[list[Lyrics], list[Rejected]]:
    """The lyrics of every track, and the files that cannot be read.

    Tracks with the same text share the work. No track is set aside for its lyrics.

    Args:
      wanted: names in layout.VERSIONS; the language is told whatever they are.
      drop: what is no part of a song, names in `clean.DROPS`.
      romanizer: a name in `romanize.ROMANIZERS`.
      translate: [(lines, language)] of songs -> English lines of each; None leaves
        songs without a translation as they are.
    """
    tidy = functools.cache(lambda text: tuple(clean.lines(text, drop=drop)))
    romanised = functools.cache(
        lambda lines: tuple(romanize.romanized(line, by=romanizer) for line in lines)
    )
    in_language = functools.cache(language.of_song)
    found, rejected = [], []
    for track in tracks:
        texts, unread = _texts(track)
        rejected += unread
        own = {name: tidy(text) for name, text in texts.items()}
        own = {name: lines for name, lines in own.items() if lines}
        told = in_language(told_by(Lyrics(own, None))) if own else None
        if "romanized" in wanted and "original" in own and "romanized" not in own:
            own["romanized"] = romanised(own["original"])
        found.append(Lyrics(own, told))
    if "translated" in wanted and translate:
        _add_translations(found, translate)
    return found, rejected


def originals(tracks: Sequence[Track], *, drop: Sequence[str]) -> list[Lines]:
    """The lines that each track is sung in, as far as they can be read."""
    tidy = functools.cache(lambda text: tuple(clean.lines(text, drop=drop)))
    found = []
    for track in tracks:
        own = {name: tidy(text) for name, text in _texts(track)[0].items()}
        found.append(told_by(Lyrics(own, None)))
    return found


def told_by(lyrics: Lyrics) -> Lines:
    """The lines that tell the language; a translation does not."""
    return lyrics.versions.get("original") or lyrics.versions.get("romanized") or ()


def _texts(track: Track) -> tuple[dict[str, str], list[Rejected]]:
    texts, rejected = {}, []
    for version, value in track.lyrics.items():
        try:
            texts[version] = value if isinstance(value, str) else read_text(value)
        except (OSError, ValueError) as error:
            reason = f"{error} The track is kept without it."
            rejected.append(Rejected(str(value), track.track_id, reason))
    return texts, rejected


def _add_translations(found: list[Lyrics], translate: Callable) -> None:
    """Puts a translation into every song that has an original and none."""
    lacking = {
        one.versions["original"]: one.language.language
        for one in found
        if "original" in one.versions and "translated" not in one.versions
    }
    made = dict(zip(lacking, translate(list(lacking.items())), strict=True))
    for one in found:
        if one.versions.get("original") in made and "translated" not in one.versions:
            one.versions["translated"] = made[one.versions["original"]]
