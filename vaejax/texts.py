"""Lyrics without audio -> tracks: a table of texts, or a folder of them.

A table (`.csv` or `.jsonl`) names one text a row by `file_name`, `path` or
`lyrics_file`, relative to its folder, and says what is known of it. A folder without a
table is read like one of songs, `<language>/<genre>/ID.txt`. Beside `ID.txt` there may
be `ID.roman.txt` and `ID.translated.txt`.
"""

import re
from pathlib import Path

from vaejax.core import Rejected, Track
from vaejax.corpus import Corpus
from vaejax.folder import Folder, existing, locate, open_folder, walk
from vaejax.layout import VERSIONS, labels
from vaejax.table import KNOWN, LYRICS_FILES, NAMES, load, one_line, parse, shown

KINDS = (".csv", ".jsonl")
_LONGEST_FIRST = sorted(VERSIONS.items(), key=lambda pair: -len(pair[1]))
_NAME = re.compile(rb"\b(path|lyrics_file)\b")


def is_texts(root: Path) -> bool:
    """Whether there is a table of its own, or a folder that holds nothing but texts."""
    if root.suffix.lower() in KINDS:
        return True
    if not root.is_dir() or any((root / f"metadata{kind}").exists() for kind in KINDS):
        return False
    names = [path for path in root.rglob("*.*") if path.is_file()]
    return bool(names) and all(path.suffix == ".txt" for path in names)


def read(root: Path, *, allow_outside: bool) -> Corpus:
    """The texts, sorted by id; each is a track whose file is its original version.

    Args:
      root: the table, or the folder.
      allow_outside: whether the table may name files outside of its folder.

    Raises:
      ValueError: the root cannot be read, or holds no text.
    """
    if root.suffix.lower() in KINDS:
        found = _of_table(root, allow_outside)
    else:
        found = _of_folder(open_folder(root, allow_outside=allow_outside))
    if not found.tracks:
        raise ValueError(
            f"config.data.root={str(root)!r} holds no text. The first of "
            f"{len(found.rejected)}: {found.rejected[0].reason}"
        )
    return found


def _of_table(path: Path, allow_outside: bool) -> Corpus:
    if not path.is_file():
        raise ValueError(
            f"config.data.root={str(path)!r} does not exist. Give a folder of songs, "
            "or a table of texts."
        )
    folder = open_folder(path.parent, allow_outside=allow_outside)
    head, newline, rest = load(path).partition(b"\n")
    if b"file_name" not in head:
        head = _NAME.sub(b"file_name", head, count=1)
    rows, rejected = parse(path.name, head + newline + rest)
    tracks: dict[str, Track] = {}
    for row in rows:
        name = row.values["file_name"]
        given = row.values["track_id"] or row.values.get("text_id", "")
        track_id = given or name.removesuffix(".txt")
        place = f"{path.name}, line {row.line}: "
        try:
            lyrics = _versions(folder, row.values, path.name)
            if track_id in tracks:
                raise ValueError(
                    f"track_id {shown(track_id)} is there twice. Rename one."
                )
        except ValueError as error:
            rejected.append(Rejected(name, track_id, f"{place}{error}"))
            continue
        tracks[track_id] = _track(row.values, track_id, lyrics)
    return _sorted(tracks, rejected)


def _versions(folder: Folder, values: dict[str, str], table: str) -> dict[str, Path]:
    """The text itself, and what is named or lies beside it."""
    name = values["file_name"]
    found = {"original": Path(locate(folder, name, table=table))}
    for column, version in LYRICS_FILES.items():
        beside = found["original"].with_suffix(VERSIONS[version])
        if values[column]:
            found[version] = Path(locate(folder, values[column], table=table))
        elif version not in found and existing(folder, beside):
            found[version] = beside
    return found


def _of_folder(folder: Folder) -> Corpus:
    files, rejected = walk(folder)
    versions: dict[str, dict[str, str]] = {}
    for name in files:
        version = next((v for v, end in _LONGEST_FIRST if name.endswith(end)), "")
        if version:
            stem = name.removesuffix(VERSIONS[version])
            versions.setdefault(stem, {})[version] = name
        else:
            rejected.append(Rejected(name, "", f"{name!r} is no .txt file."))
    tracks = {}
    for stem, names in versions.items():
        name = names.get("original") or next(iter(names.values()))
        about = {"file_name": name, "title": one_line(Path(stem).name)}
        known = dict.fromkeys(KNOWN, "") | about | labels(name)
        lyrics = {version: Path(files[n]) for version, n in names.items()}
        tracks[stem] = _track(known, stem, lyrics)
    return _sorted(tracks, rejected)


def _track(values: dict[str, str], track_id: str, lyrics: dict) -> Track:
    name = values["file_name"]
    return Track(
        track_id=track_id,
        path=lyrics.get("original") or next(iter(lyrics.values())),
        file_name=name,
        song_id=values["song_id"] or track_id,
        title=values["title"] or one_line(Path(name).stem),
        artist=values["artist"],
        columns={key: text for key, text in values.items() if key not in NAMES},
        lyrics=lyrics,
    )


def _sorted(tracks: dict[str, Track], rejected: list[Rejected]) -> Corpus:
    return Corpus(tuple(tracks[name] for name in sorted(tracks)), tuple(rejected))
