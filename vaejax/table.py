"""`metadata.csv` or `metadata.jsonl` -> rows of text.

The Hugging Face AudioFolder convention: one row per audio file, named by `file_name`.
A table that cannot be understood is an error; a row that cannot is set aside. Values
are stripped and kept as text; names and labels are put into Unicode's NFC, so that two
spellings of one word are one label, but file names and track ids are left as written.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from vaejax.core import Rejected
from vaejax.unicode import nfc

TABLES = ("metadata.csv", "metadata.jsonl")
LYRICS_FILES = {
    "lyrics_file": "original",
    "romanized_file": "romanized",
    "translated_file": "translated",
}
NAMES = (
    *("file_name", "track_id", "song_id", "title", "artist", "lyrics"),
    *LYRICS_FILES,
)
KNOWN = (*NAMES, "language", "genre")

LIMIT_BYTES = 2**31  # ten million rows of 200 bytes
_MOST_COLUMNS = 1000  # every row has a value for each

_VERBATIM = {"file_name", "track_id", "lyrics", *LYRICS_FILES}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


Records = list[tuple[int, dict[str, str]]]  # (line, {column: value})


class Row(NamedTuple):
    """One row of the table."""

    line: int  # the first is 1
    values: dict[str, str]  # every known column and every other one; "" is unknown


def load(path: Path) -> bytes:
    """The content of a table, for `parse`.

    Raises:
      ValueError: it cannot be read, or is larger than `LIMIT_BYTES`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}.") from error
    if len(data) > LIMIT_BYTES:
        raise ValueError(
            f"{path.name} is larger than {LIMIT_BYTES >> 30} GB. Name lyrics in it as "
            "files, or make several folders."
        )
    return data


def parse(table: str, data: bytes) -> tuple[list[Row], list[Rejected]]:
    """The rows of a table, and those that cannot be read.

    Args:
      table: its name, one of `TABLES`.
      data: UTF-8, or UTF-16 with a byte order mark.

    Raises:
      ValueError: it is not text, its header is wrong, or a quote is never closed.
    """
    text = _decoded(table, data)
    records_of = _csv_records if table.endswith(".csv") else _jsonl_records
    records, rejected = records_of(table, text)
    columns = dict.fromkeys(column for _, record in records for column in record)
    empty = dict.fromkeys((*KNOWN, *columns), "")
    rows = []
    for line, record in records:
        if record.get("file_name"):
            rows.append(Row(line, {**empty, **record}))
        else:
            reason = (
                f"{table}, line {line}: there is no file_name. Name the audio file."
            )
            rejected.append(Rejected("", record.get("track_id", ""), reason))
    return rows, rejected


def one_line(value: str) -> str:
    """The value in NFC, stripped, with blanks for line breaks and the like."""
    if value.isascii() and value.isprintable():
        return value.strip()
    return _CONTROLS.sub(" ", nfc(value)).strip()


def shown(value: str) -> str:
    """The value in quotes for a message, shortened where it is long."""
    return repr(value if len(value) <= 200 else value[:199] + "\u2026")


def _decoded(table: str, data: bytes) -> str:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(error.encoding, errors="ignore")
        raise ValueError(
            f"{table}, line {_lines(before)}: byte 0x{data[error.start]:02X} is not "
            f"{error.encoding.upper()}. Save the table as UTF-8."
        ) from error
    if "\0" in text:
        line = _lines(text[: text.index("\0")])
        raise ValueError(f"{table}, line {line}: a NUL byte. Save the table as UTF-8.")
    return text


def _lines(text: str) -> int:
    return text.count("\n") + 1


def _csv_records(table: str, text: str) -> tuple[Records, list[Rejected]]:
    limit = csv.field_size_limit(len(text) + 1)  # lyrics can be longer than its 128 kB
    try:
        delimiter = _delimiter(text)
        return _checked_records(table, delimiter, _csv_lines(table, text, delimiter))
    finally:
        csv.field_size_limit(limit)


def _checked_records(
    table: str, delimiter: str, lines: Iterator[tuple[int, str, list[str] | csv.Error]]
) -> tuple[Records, list[Rejected]]:
    records: Records = []
    rejected: list[Rejected] = []
    columns: list[str] = []
    for line, place, cells in lines:
        if isinstance(cells, csv.Error):
            reason = f'{place}: {cells}. Write "" for a quote inside a quoted value.'
            if not columns:
                raise ValueError(reason)
            rejected.append(Rejected("", "", reason))
        elif not columns:
            columns = [_column(cell) for cell in cells]
            _check_columns(table, columns)
        elif any(cell.strip() for cell in cells[len(columns) :]):
            reason = (
                f"{place}: {len(cells)} values for {len(columns)} columns. "
                f"Put quotes around a value that holds {delimiter!r}."
            )
            record = dict(zip(columns, cells, strict=False))
            name, track_id = record["file_name"], record.get("track_id", "")
            rejected.append(Rejected(name.strip(), track_id.strip(), reason))
        else:
            record = dict(zip(columns, cells, strict=False))
            record.pop("", None)  # a column without a name, as spreadsheets leave them
            records.append((line, {k: _clean(k, v) for k, v in record.items()}))
    if not columns:
        raise ValueError(f"{table} is empty. Its first line names the columns.")
    return records, rejected


def _csv_lines(
    table: str, text: str, delimiter: str
) -> Iterator[tuple[int, str, list[str] | csv.Error]]:
    """Yields (line, place, values or what is wrong) of every row that is not blank."""
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells: list[str] | csv.Error = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "end of data" in str(error):
                raise ValueError(
                    f"{table}, line {line}: a quote opens in this row and is never "
                    'closed. Close it, or write "" for a quote inside a quoted value.'
                ) from error
            cells = error
        last = reader.line_num
        lines = f"line {line}" if line == last else f"lines {line} to {last}"
        if isinstance(cells, csv.Error) or any(cell.strip() for cell in cells):
            yield line, f"{table}, {lines}", cells


def _delimiter(text: str) -> str:
    """The one of , ; and tab that finds file_name, or else most columns."""
    lines = io.StringIO(text, newline="")
    header = next((line for line in lines if line.strip()), "")

    def found(delimiter: str) -> tuple[bool, int]:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        return "file_name" in map(_column, cells), len(cells)

    return max(",;\t", key=found)


def _jsonl_records(table: str, text: str) -> tuple[Records, list[Rejected]]:
    records: Records = []
    rejected: list[Rejected] = []
    for line, source in enumerate(text.split("\n"), start=1):
        if not source.strip():
            continue
        try:
            records.append((line, _json_record(source)))
        except (ValueError, RecursionError):
            reason = f"{table}, line {line}: no JSON object. Write one object per line."
            rejected.append(Rejected("", "", reason))
    if records:
        _check_columns(table, list(dict.fromkeys(k for _, r in records for k in r)))
    elif not rejected:
        raise ValueError(f"{table} is empty. Write one JSON object per line.")
    return records, rejected


def _json_record(source: str) -> dict[str, str]:
    # Numbers stay as they are written: 007, 1e3 and 30.00 can be names.
    value = json.loads(source, parse_int=str, parse_float=str, parse_constant=str)
    if not isinstance(value, dict):
        raise ValueError("no object")
    pairs = [(_column(_json_text(k)), _json_text(v)) for k, v in value.items()]
    return {name: _clean(name, text) for name, text in pairs if name}


def _json_text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False)
    # JSON can spell half a surrogate pair, which no file can hold.
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _column(name: str) -> str:
    folded = one_line(name).casefold()
    return folded if folded in KNOWN else one_line(name)


def _clean(column: str, value: str) -> str:
    return value.strip() if column in _VERBATIM else one_line(value)


def _check_columns(table: str, columns: list[str]) -> None:
    if len(columns) > _MOST_COLUMNS:
        raise ValueError(
            f"{table} has {len(columns)} columns; at most {_MOST_COLUMNS} are read. "
            "Leave out what is no label."
        )
    repeated = [name for name, n in Counter(columns).items() if n > 1 and name]
    if repeated:
        raise ValueError(
            f"{table}: column {shown(repeated[0])} is there twice. Rename one."
        )
    if "file_name" not in columns:
        close = get_close_matches("file_name", columns, n=1)
        hint = f" Did you mean {shown(close[0])}?" if close else ""
        present = ", ".join(repr(name[:40]) for name in columns[:20])
        raise ValueError(
            f"{table} has no column 'file_name'.{hint} Its columns: {present}. "
            f"Optional are {', '.join(KNOWN[1:])}; any other is a label."
        )
