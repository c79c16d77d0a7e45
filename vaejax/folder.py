"""Names inside a folder -> files, without ever leaving it.

A name from a table is followed one part at a time through listings of the folder and
never handed to the operating system, so it can only lead where a listing leads. Names
are compared byte for byte first and then in Unicode's NFC, both sides: U+09DF and its
like have two spellings, and NFC itself turns one into the other.
"""

import os
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from vaejax.core import Rejected
from vaejax.table import shown
from vaejax.unicode import nfc

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")  # of Windows, too
_STAY = "Copy it into the folder, or set config.data.allow_outside=True."


class Folder(NamedTuple):
    """A folder and what has been seen of it; every listing is read once."""

    root: str
    real: str  # the root without symbolic links
    fenced: bool  # whether all that is read must lie inside
    listings: dict[str, dict[str, os.DirEntry]]  # {directory: {name: entry}}
    folded: dict[str, dict[str, list[str]]]  # {directory: {folded name: names}}
    parents: dict[str, str]  # {directory as written in the table: its path}


def open_folder(root: Path, *, allow_outside: bool) -> Folder:
    """Returns the folder, listed.

    Raises:
      ValueError: it does not exist, is no folder, is empty or cannot be listed.
    """
    key = f"config.data.root={str(root)!r}"
    if root.is_file():
        raise ValueError(f"{key} is a file. Give the folder that holds it.")
    if not root.is_dir():
        raise ValueError(f"{key} does not exist. Give a folder of songs.")
    folder = Folder(str(root), os.path.realpath(root), not allow_outside, {}, {}, {})
    if not listing(folder, folder.root):
        raise ValueError(f"{key} is empty. Put metadata.csv or audio files into it.")
    return folder


def listing(folder: Folder, directory: str) -> dict[str, os.DirEntry]:
    """What the directory holds, by name.

    Raises:
      ValueError: it cannot be listed.
    """
    if directory not in folder.listings:
        try:
            with os.scandir(directory) as entries:
                folder.listings[directory] = {entry.name: entry for entry in entries}
        except OSError as error:
            raise ValueError(
                f"{directory!r} cannot be read: {error.strerror}."
            ) from error
    return folder.listings[directory]


def locate(folder: Folder, name: str, *, table: str) -> str:
    r"""The path of the file that a table names, with / or \ between the parts.

    Raises:
      ValueError: there is no such regular file, there are several, or it lies outside;
        the message begins with the name.
    """
    cut = name.rfind("/") + 1
    parent = folder.parents.get(name[:cut])  # kept only where all checks were passed
    entry = folder.listings[parent].get(name[cut:]) if parent else None
    if entry is None:
        entry = _find_checked(folder, name)
    if entry is None:
        raise ValueError(
            f"{shown(name)} does not exist. Paths are relative to {table}."
        )
    if entry.is_symlink():
        _check_inside(folder, entry.path, name)
    if os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir():
        raise ValueError(f"{shown(name)} is a folder. Name a file.")
    if not is_file(entry):
        raise ValueError(f"{shown(name)} is not a regular file, or a link to nothing.")
    return entry.path


def existing(folder: Folder, path: Path) -> Path | None:
    """The path of a file that no table names, or None where there is none.

    Raises:
      ValueError: it lies outside.
    """
    entry = listing(folder, str(path.parent)).get(path.name)
    if entry is None or not is_file(entry):
        return None
    if entry.is_symlink():
        _check_inside(folder, entry.path, path.name)
    return path


def walk(folder: Folder) -> tuple[dict[str, str], list[Rejected]]:
    """Every regular file below the folder, {relative name: path}, in order of name.

    Hidden folders are skipped. A symbolic link to a folder inside is skipped as well,
    because its files are found in their own place; one that leads outside is followed,
    once, only where that is allowed.
    """
    files: dict[str, str] = {}
    rejected: list[Rejected] = []
    visited = {folder.real}
    todo = [("", folder.root)]
    while todo:
        relative, directory = todo.pop()
        try:
            entries = listing(folder, directory)
        except ValueError as error:
            rejected.append(Rejected(relative, "", str(error)))
            continue
        for name in sorted(entries):
            try:
                kind = _kind(folder, entries[name], relative + name, visited)
            except ValueError as error:
                escaped = (relative + name).encode("utf-8", "backslashreplace").decode()
                rejected.append(Rejected(escaped, "", str(error)))
                continue
            if kind == "folder":
                todo.append((relative + name + "/", entries[name].path))
            elif kind == "file":
                files[relative + name] = entries[name].path
    return dict(sorted(files.items())), rejected


def fold(name: str) -> str:
    """The form in which names are compared where their bytes differ."""
    return nfc(name).strip()


def is_file(entry: os.DirEntry) -> bool:
    """Whether it is a regular file, or a symbolic link to one."""
    if entry.is_symlink():
        return os.path.isfile(entry.path)
    return entry.is_file()


def _kind(folder: Folder, entry: os.DirEntry, name: str, visited: set[str]) -> str:
    """What to do with an entry: "file", "folder" or "skip"."""
    if any("\ud800" <= character <= "\udfff" for character in entry.name):
        raise ValueError(f"{shown(name)} is not UTF-8. Rename it.")
    if entry.is_symlink():
        _check_inside(folder, entry.path, name)
        if os.path.isdir(entry.path):
            real = os.path.realpath(entry.path)
            if _within(real, folder.real) or _within(folder.real, real):
                return "skip"
            if real in visited or entry.name.startswith("."):
                return "skip"
            visited.add(real)
            return "folder"
    elif entry.is_dir():
        return "skip" if entry.name.startswith(".") else "folder"
    if not is_file(entry):
        raise ValueError(f"{shown(name)} is not a regular file, or a link to nothing.")
    return "file"


def _find_checked(folder: Folder, name: str) -> os.DirEntry | None:
    slashed = name.replace("\\", "/")
    if _ADDRESS.match(slashed):
        raise ValueError(f"{shown(name)} is a web address. Download it, name the file.")
    if folder.fenced and _ABSOLUTE.match(slashed):
        raise ValueError(f"{shown(name)} is an absolute path. {_STAY}")
    if folder.fenced and ".." in slashed.split("/"):
        raise ValueError(f"{shown(name)} leads out of a folder by '..'. {_STAY}")
    entry = _find(folder, name)
    return _find(folder, slashed) if entry is None and slashed != name else entry


def _find(folder: Folder, name: str) -> os.DirEntry | None:
    last = name.rpartition("/")[2]
    parent = _parent(folder, name[: len(name) - len(last)])
    return None if parent is None else _entry(folder, parent, last)


def _parent(folder: Folder, written: str) -> str | None:
    if written in folder.parents:
        return folder.parents[written]
    parts = [part for part in written.split("/") if part not in ("", ".")]
    path = folder.root
    if ".." in parts or _ABSOLUTE.match(written):  # let through: outside is allowed
        path, parts = os.path.join(folder.root, written), []
        if not os.path.isdir(path):
            return None
    for part in parts:
        entry = _entry(folder, path, part)
        if entry is None:
            return None
        _check_inside(folder, entry.path, written)
        if not os.path.isdir(entry.path):
            return None
        path = entry.path
    listing(folder, path)
    folder.parents[written] = path
    return path


def _entry(folder: Folder, directory: str, name: str) -> os.DirEntry | None:
    entries = listing(folder, directory)
    if name in entries:
        return entries[name]
    if directory not in folder.folded:
        folded = folder.folded[directory] = defaultdict(list)
        for present in entries:
            folded[fold(present)].append(present)
    same = folder.folded[directory].get(fold(name), [])
    if len(same) > 1:  # ascii() shows the difference, which the names do not
        either = " or ".join(map(ascii, sorted(same)))
        raise ValueError(
            f"{shown(name)} could be {either}, which differ only in Unicode form. "
            "Write one of them exactly."
        )
    return entries[same[0]] if same else None


def _check_inside(folder: Folder, path: str, name: str) -> None:
    if folder.fenced and not _within(os.path.realpath(path), folder.real):
        raise ValueError(
            f"{shown(name)} leads outside the folder by a symbolic link. {_STAY}"
        )


def _within(path: str, ancestor: str) -> bool:
    return path == ancestor or path.startswith(ancestor.rstrip(os.sep) + os.sep)
