"""A folder of songs -> tracks.

`metadata.csv` or `metadata.jsonl` names the files and says what is known of them; a
folder without either is read by the place and names of its files (see `layout`).
Columns of the table: `file_name`, relative to the folder; optional are `track_id,
song_id, title, artist, language, genre`, `lyrics` (the text itself) or `lyrics_file`,
`romanized_file`, `translated_file`. Every other column is kept and can be a label.

What cannot be used is set aside with its reason, and the rest goes on.
"""

import hashlib
import json
import os
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vaejax.core import Rejected, Track
from vaejax.folder import Folder, listing, locate, open_folder, walk
from vaejax.layout import VERSIONS, labels, match_lyrics, sort_out, stem
from vaejax.table import (
    KNOWN,
    LYRICS_FILES,
    NAMES,
    TABLES,
    load,
    one_line,
    parse,
    shown,
)
from vaejax.text.files import LIMIT_BYTES, has_words, read_text

_PLACE = re.compile(r"^metadata\.\w+, lines? \d+(?: to \d+)?: ")
_QUOTED = re.compile(r"(?<!\w)(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?!\w)")


ANY_NAME = "'...' "  # what a kind of reason has in place of a file's name


class Corpus(NamedTuple):
    """What a folder holds."""

    tracks: tuple[Track, ...]  # sorted by track_id
    rejected: tuple[Rejected, ...]


def read(root: Path, *, allow_outside: bool) -> Corpus:
    """The tracks of a folder, by its table or else by its subfolders.

    Args:
      root: the folder that holds `metadata.csv`, `metadata.jsonl` or the audio.
      allow_outside: whether absolute paths, `..` and symbolic links may lead outside.

    Raises:
      ValueError: the folder cannot be read, its table is broken, or no track is left.
    """
    folder = open_folder(root, allow_outside=allow_outside)
    tables = [name for name in TABLES if name in listing(folder, folder.root)]
    if len(tables) > 1:
        raise ValueError(
            f"{str(root)!r} holds {' and '.join(tables)}. Keep one of them."
        )
    if tables:
        tracks, rejected = _read_table(folder, tables[0])
    else:
        tracks, rejected = _read_folders(folder)
    if not tracks:
        kinds = [f"{n} x {kind}" for kind, n in _kinds(rejected).items()]
        raise ValueError(
            f"No track of config.data.root={str(root)!r} can be used. Set aside: "
            f"{'; '.join(kinds[:5])}. The first: {rejected[0].reason}"
        )
    return Corpus(
        tuple(sorted(tracks, key=lambda track: track.track_id)), tuple(rejected)
    )


def statistics(
    tracks: Iterable[Track], rejected: Iterable[Rejected]
) -> dict[str, int | dict[str, int]]:
    """Counts of a collection, ready for JSON; the largest first within each.

    `with_lyrics` counts, per version, the texts that have words: every lyrics file is
    read. `languages` and `genres` count tracks, "" those without that label.
    `set_aside` counts reasons without their particulars; a reason that begins with a
    number counts for that many files.
    """
    tracks = tuple(tracks)
    words: Counter[str] = Counter()
    unread = []
    for track in tracks:
        for version, value in track.lyrics.items():
            try:
                text = value if isinstance(value, str) else read_text(value)
                words[version] += has_words(text)
            except (OSError, ValueError) as error:
                unread.append(Rejected(str(value), track.track_id, str(error)))
    return {
        "tracks": len(tracks),
        "songs": len({track.song_id for track in tracks}),
        "artists": len({track.artist for track in tracks} - {""}),
        "with_lyrics": {version: words[version] for version in VERSIONS},
        "languages": _counts(track.columns.get("language", "") for track in tracks),
        "genres": _counts(track.columns.get("genre", "") for track in tracks),
        "set_aside": _kinds([*rejected, *unread]),
    }


def describe(statistics: dict[str, Any]) -> str:
    """The statistics as text of at most 100 columns; the 20 largest of each kind."""
    rows = [
        f"{statistics['tracks']} tracks of {statistics['songs']} songs "
        f"by {statistics['artists']} named artists"
    ]
    for title, key in (
        ("With lyrics", "with_lyrics"),
        ("Languages", "languages"),
        ("Genres", "genres"),
    ):
        counts = list(statistics[key].items())
        parts = [f"{name or '(unknown)'} {count}" for name, count in counts[:20]]
        if len(counts) > 20:
            parts.append(f"and {len(counts) - 20} more")
        rows.append(_wrapped(f"{title}: {', '.join(parts) or 'none'}"))
    rows.append("Set aside:" if statistics["set_aside"] else "Set aside: none")
    rows += [
        _wrapped(f"  {n} x {kind.removeprefix(ANY_NAME)}")
        for kind, n in statistics["set_aside"].items()
    ]
    return "\n".join(rows)


def fingerprint(tracks: Iterable[Track], contents: Mapping[Path, str]) -> str:
    """16 hexadecimal digits that change with ids, labels, lyrics and audio.

    They change neither with the order of the tracks nor when the folder is copied.

    Args:
      tracks: of `read`.
      contents: SHA-256 of audio and lyrics files; what it lacks does not count.
    """
    digest = hashlib.sha256()
    for track in sorted(tracks, key=lambda track: track.track_id):
        lyrics = {
            version: value if isinstance(value, str) else contents.get(value, "")
            for version, value in track.lyrics.items()
        }
        known = track._replace(path=contents.get(track.path, ""), lyrics=lyrics)
        digest.update(json.dumps(known, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()[:16]


def _read_table(folder: Folder, table: str) -> tuple[list[Track], list[Rejected]]:
    path = locate(folder, table, table=table)
    rows, rejected = parse(table, load(Path(path)))
    if not rows and not rejected:
        raise ValueError(f"{table} has a header and no rows. Give every file a row.")
    ids = _track_ids([row.values for row in rows])
    tracks: list[Track] = []
    seen: dict[tuple[str, str], int] = {}
    for row, track_id in zip(rows, ids, strict=True):
        place, name = f"{table}, line {row.line}", row.values["file_name"]
        try:
            path = locate(folder, name, table=table)
            _check_new(seen, "track_id", track_id, track_id)
            _check_new(seen, "file_name", name, path)
        except ValueError as error:
            rejected.append(Rejected(name, track_id, f"{place}: {error}"))
            continue
        seen["track_id", track_id] = seen["file_name", path] = row.line
        lyrics = {}
        for column, version in LYRICS_FILES.items():
            try:
                if row.values[column]:
                    lyrics[version] = _text_file(folder, row.values[column], table)
            except ValueError as error:
                reason = f"{place}: {column} {error} The track is kept without it."
                rejected.append(Rejected(row.values[column], track_id, reason))
        if row.values["lyrics"]:
            lyrics["original"] = row.values["lyrics"]
        tracks.append(_track(row.values, track_id, path, lyrics))
    return tracks, rejected


def _check_new(
    seen: dict[tuple[str, str], int], column: str, value: str, key: str
) -> None:
    if (column, key) in seen:
        raise ValueError(
            f"{column} {shown(value)} is that of line {seen[column, key]} already. "
            "Give each row its own."
        )


def _text_file(folder: Folder, name: str, table: str) -> Path:
    path = locate(folder, name, table=table)
    _check_size(name, path)
    return Path(path)


def _check_size(name: str, path: str) -> None:
    if os.path.getsize(path) > LIMIT_BYTES:
        limit = f"{LIMIT_BYTES >> 20} MB"
        raise ValueError(
            f"{shown(name)} is larger than {limit}. Give one song per file."
        )


def _track_ids(rows: list[dict[str, str]]) -> list[str]:
    """The given ids, or else file names, without extension where that is unique."""
    given = {row["track_id"] for row in rows}
    names = {_tidy(row["file_name"]) for row in rows}
    taken, reserved = Counter(map(stem, names)), names | given
    ids = []
    for row in rows:
        name = _tidy(row["file_name"])
        short = stem(name)
        free = short == name or short not in reserved
        ids.append(row["track_id"] or (short if taken[short] == 1 and free else name))
    return ids


def _tidy(name: str) -> str:
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", "."))


def _track(
    values: dict[str, str], track_id: str, path: str, lyrics: dict[str, str | Path]
) -> Track:
    title = one_line(stem(_tidy(values["file_name"])).rpartition("/")[2])
    return Track(
        track_id=track_id,
        path=Path(path),
        file_name=values["file_name"],
        song_id=values["song_id"] or track_id,
        title=values["title"] or title,
        artist=values["artist"],
        columns={name: text for name, text in values.items() if name not in NAMES},
        lyrics=lyrics,
    )


def _read_folders(folder: Folder) -> tuple[list[Track], list[Rejected]]:
    files, rejected = walk(folder)
    songs, texts, others = sort_out(files)
    if not songs:
        found = ", ".join(f"{n} .{kind}" for kind, n in others.most_common(5))
        raise ValueError(
            f"config.data.root={folder.root!r} holds neither metadata.csv nor "
            f"metadata.jsonl nor an audio file. Other files: {found or 'none'}."
        )
    for kind, n in others.most_common():
        reason = f"{n} file(s) end in {'.' + kind!r}, which is not read as audio."
        rejected.append(Rejected(f"*.{kind}", "", reason))
    matched, notes = match_lyrics(list(songs), list(texts))
    rejected += notes
    rows = [{**dict.fromkeys(KNOWN, ""), "file_name": n, **labels(n)} for n in songs]
    tracks = []
    for row, track_id in zip(rows, _track_ids(rows), strict=True):
        name = row["file_name"]
        lyrics: dict[str, str | Path] = {}
        for version, text in matched[name].items():
            try:
                _check_size(text, texts[text])
                lyrics[version] = Path(texts[text])
            except ValueError as error:
                rejected.append(Rejected(text, track_id, str(error)))
        tracks.append(_track(row, track_id, songs[name], lyrics))
    return tracks, rejected


def _counts(values: Iterable[str]) -> dict[str, int]:
    return _largest_first(Counter(values))


def _largest_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _kinds(rejected: Iterable[Rejected]) -> dict[str, int]:
    """How many there are of each reason, without places, values and numbers."""
    counts: Counter[str] = Counter()
    for row in rejected:
        reason = _QUOTED.sub("'...'", _PLACE.sub("", row.reason))
        number, rest = re.fullmatch(r"(?s)(?:(\d+) )?(.*)", reason).groups()
        kind = re.sub(r"\d+", "N", rest).split(". ")[0].rstrip(".")
        counts[kind] += int(number or 1)
    return _largest_first(counts)


def _wrapped(line: str) -> str:
    return textwrap.fill(line, width=100, subsequent_indent="    ")
