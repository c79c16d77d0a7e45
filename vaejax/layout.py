"""Without a table: what the place and name of a file say about it.

Labels come from depth: `<language>/<genre>/.../file`, `<genre>/file`, or `file` without
labels; a top-level `audio/` does not count. So `<genre>/<album>/file` needs a table.

Files with the extension of an audio or video format are songs, and files without any,
whose content decides later; hidden files only with such an extension, `._*` never.

Lyrics of a song `ID.*` are `ID.txt`, `ID.roman.txt` and `ID.translated.txt` in a
`lyrics/` beside it or further up, where subfolders may repeat those of the songs.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from vaejax.core import Rejected
from vaejax.folder import fold
from vaejax.table import one_line, shown

VERSIONS = {
    "original": ".txt",
    "romanized": ".roman.txt",
    "translated": ".translated.txt",
}
EXTENSIONS = frozenset(
    "3g2 3gp aac ac3 aif aifc aiff alac amr ape au avi caf dsf flac flv gsm m4a m4b m4v"
    " mka mkv mov mp1 mp2 mp3 mp4 mpc mpeg mpg oga ogg ogv oma opus ra rf64 snd spx tta"
    " voc w64 wav wave webm wma wmv wv".split()
)

# "01. Intro" and "live 1.5" have no extension.
_EXTENSION = re.compile(r"(?<=[^/])\.(?=\d*[A-Za-z])([A-Za-z0-9]{1,8})\Z")


def stem(name: str) -> str:
    """The name without its extension, with its folders."""
    return _EXTENSION.sub("", name)


def labels(name: str) -> dict[str, str]:
    """Language and genre from the folders of a name; "" is unknown."""
    parts = name.split("/")[:-1]
    if parts[:1] == ["audio"]:
        del parts[0]
    language, genre = parts[:2] if len(parts) > 1 else ["", *parts, ""][:2]
    return {"language": one_line(language), "genre": one_line(genre)}


def sort_out(
    files: dict[str, str],
) -> tuple[dict[str, str], dict[str, str], Counter[str]]:
    """Songs and lyrics, each {name: path}, and the number of others by extension."""
    songs, texts, others = {}, {}, Counter()
    for name, path in files.items():
        *parents, last = name.split("/")
        match = _EXTENSION.search(name)
        kind = match[1].lower() if match else ""
        if last.startswith("._") or (last.startswith(".") and kind not in EXTENSIONS):
            continue  # what systems leave beside files
        if "lyrics" in parents and last.endswith(".txt"):
            texts[name] = path
        elif "lyrics" in parents or (kind and kind not in EXTENSIONS):
            others[kind] += 1
        else:
            songs[name] = path
    return songs, texts, others


def match_lyrics(
    songs: list[str], texts: list[str]
) -> tuple[dict[str, dict[str, str]], list[Rejected]]:
    """The lyrics files of each song, {song: {version: text}}, and those left over.

    The nearest `lyrics/` wins. A text that songs in several folders would share is left
    over, because "01.txt" says nothing about which "01.mp3" is meant.
    """
    exact, folded = set(texts), defaultdict(list)
    for text in texts:
        folded[fold(text)].append(text)
    owners = {_owner(text) for text in texts}
    users: dict[str, list[tuple[str, str]]] = defaultdict(list)
    notes: dict[str, str] = {}
    for song in songs if texts else []:
        places = list(_places(song, owners))
        for version, suffix in VERSIONS.items():
            for wanted in (place + suffix for place in places):
                same = [wanted] if wanted in exact else folded.get(fold(wanted), [])
                if len(same) == 1:
                    users[same[0]].append((song, version))
                elif same:
                    notes |= dict.fromkeys(same, _undecided(song, same))
                if same:
                    break
    return _settled(songs, texts, users, notes)


def _undecided(song: str, same: list[str]) -> str:
    either = " and ".join(map(ascii, same))
    return f"{shown(song)} could have any of {either}. Remove all but one."


def _owner(text: str) -> str:
    parents = text.split("/")[:-1]
    return "".join(parent + "/" for parent in parents[: parents.index("lyrics")])


def _places(song: str, owners: set[str]) -> Iterator[str]:
    """Yields where lyrics of a song may be, without suffix, the nearest first."""
    *parents, last = stem(song).split("/")
    for depth in range(len(parents), -1, -1):
        owner = "".join(parent + "/" for parent in parents[:depth])
        if owner in owners:
            below = parents[depth:]
            if depth == 0 and below[:1] == ["audio"]:
                del below[0]
            if below:
                yield f"{owner}lyrics/{'/'.join(below)}/{last}"
            yield f"{owner}lyrics/{last}"


def _settled(
    songs: list[str],
    texts: list[str],
    users: dict[str, list[tuple[str, str]]],
    notes: dict[str, str],
) -> tuple[dict[str, dict[str, str]], list[Rejected]]:
    lyrics: dict[str, dict[str, str]] = {song: {} for song in songs}
    rejected = []
    for text in texts:
        used = users.get(text, [])
        if len({song.rpartition("/")[0] for song, _ in used}) > 1:
            pair = f"{shown(used[0][0])} and {shown(used[-1][0])}"
            reason = (
                f"{shown(text)} matches songs in several folders, such as {pair}. "
                "Put it into a lyrics/ beside its song."
            )
            rejected.append(Rejected(text, "", reason))
        elif used:
            for song, version in used:
                lyrics[song][version] = text
        else:
            named = ", ".join("ID" + suffix for suffix in VERSIONS.values())
            reason = f"{shown(text)} matches no song ID. Name it one of {named}."
            rejected.append(Rejected(text, "", notes.get(text, reason)))
    return lyrics, rejected
