"""Tables as CSV that spreadsheets may open, written and read back.

A spreadsheet takes a cell such as `=HYPERLINK(...)` for a formula and runs it, quoted
or not, and a title is what a stranger wrote. An apostrophe before it makes it text.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# Also the wide and the small forms, which some turn into the plain ones.
_RUN = re.compile(r"""['"\s]*[=+\-@\t\r\n＝＋－＠﹦﹢﹣﹫]""")
_NUMBER = re.compile(
    r"[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?%?|inf|nan)", re.I | re.A
)


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The table with guarded texts; None is an empty cell."""
    lines: list[str] = []
    # With this end of a line, a cell with either of its two letters is quoted.
    writer = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([guarded(x) if isinstance(x, str) else x for x in row])
    return "".join(f"{line[:-2]}\n" for line in lines)


def read(path: Path) -> Iterator[list[str]]:
    """The rows of such a file, the header first, with every text as it was."""
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            yield [unguarded(x) for x in row]


def records(path: Path) -> Iterator[dict[str, str]]:
    """The rows of such a file, {column: text}."""
    rows = read(path)
    header = next(rows)
    return (dict(zip(header, row, strict=True)) for row in rows)


def guarded(text: str) -> str:
    """The text, after an apostrophe where a spreadsheet might run it.

    Plain numbers stay as they are. What begins with an apostrophe and would else read
    like a guarded text is guarded as well, so that `unguarded` knows them apart.
    """
    return f"'{text}" if _runs(text) else text


def unguarded(text: str) -> str:
    """What was guarded: `unguarded(guarded(text)) == text`, whatever the text is."""
    return text[1:] if text.startswith("'") and _runs(text[1:]) else text


def _runs(text: str) -> bool:
    return bool(_RUN.match(text)) and not _NUMBER.fullmatch(text)
