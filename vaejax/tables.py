"""Tables of results, and how a paper, a page and a spreadsheet write them.

A cell is text, a number, an `Estimate`, or None where there is nothing to say.
"""

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from vaejax import cells, disk


class Estimate(NamedTuple):
    """A mean over seeds, and their standard deviation; None of a single one."""

    mean: float
    std: float | None


class P(float):
    """A p-value; one that rounds to 0 is shown as less than .001."""


Cell = str | int | float | Estimate | P | None


class Table(NamedTuple):
    """A table of a report.

    `name` is the stem of its files. Cells that are the best of their column are set in
    bold: `bold` holds their (row, column).
    """

    name: str
    title: str
    note: str  # how to read it, below the table
    header: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    bold: frozenset[tuple[int, int]] = frozenset()


def number(value: float, digits: int) -> str:
    """The number without the 0 before its point, and without the sign of a zero."""
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:z.{digits}f}")


def digits_of(value: float) -> int:
    """Three after the point; fewer of numbers from ten on, so that four are shown."""
    if abs(value) < 10 or not math.isfinite(value):
        return 3
    return max(0, 3 - int(math.log10(abs(value))))


def shown(cell: Cell) -> str:
    """The cell as text: `.501 ±.015`, `.012`, 12, <.001, or – for what is not there."""
    if cell is None:
        return "–"
    if isinstance(cell, P) and cell < 0.0005:
        return "<.001"
    if isinstance(cell, Estimate):
        digits = digits_of(cell.mean)
        spread = "" if cell.std is None else f" ±{number(cell.std, digits)}"
        return number(cell.mean, digits) + spread
    return number(cell, digits_of(cell)) if isinstance(cell, float) else str(cell)


def as_text(table: Table) -> str:
    """The table for a terminal: columns as wide as what is in them."""
    rows = [table.header, *(tuple(shown(cell) for cell in row) for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    columns = numeric(table)
    lines = [table.title]
    for row in rows:
        cells = zip(row, widths, columns, strict=True)
        line = "  ".join(c.rjust(w) if right else c.ljust(w) for c, w, right in cells)
        lines.append(f"  {line}".rstrip())
    return "\n".join(lines)


def numeric(table: Table) -> list[bool]:
    """Which columns are numbers, and stand to the right."""
    return [
        all(isinstance(row[i], int | float | Estimate | None) for row in table.rows)
        for i in range(len(table.header))
    ]


def as_csv(table: Table) -> str:
    """One number a cell: an estimate has a column for its mean and one for its std."""
    estimated = [
        any(isinstance(row[i], Estimate) for row in table.rows)
        for i in range(len(table.header))
    ]
    names = [
        name
        for column, e in zip(table.header, estimated, strict=True)
        for name in ((column, f"{column} std") if e else (column,))
    ]
    rows = []
    for row in table.rows:
        pairs = zip(row, estimated, strict=True)
        parts = [_numbers(cell) if e else (cell,) for cell, e in pairs]
        rows.append([cell for part in parts for cell in part])
    return cells.as_csv(names, rows)


def _numbers(cell: Cell) -> tuple[Cell, Cell]:
    return (cell.mean, cell.std) if isinstance(cell, Estimate) else (cell, None)


def as_markdown(table: Table) -> str:
    """A table as GitHub shows it, with its title and note."""
    lines = [_row(table.header), _row("---" for _ in table.header)]
    for y, row in enumerate(table.rows):
        cells = [shown(cell).replace("|", "\\|").replace("\n", " ") for cell in row]
        bold = [f"**{c}**" if (y, x) in table.bold else c for x, c in enumerate(cells)]
        lines.append(_row(bold))
    parts = [f"**{table.title}**", "\n".join(lines), table.note]
    return "\n\n".join(part for part in parts if part) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


_LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "−": "$-$",
    "±": r"$\pm$",
}


def as_latex(table: Table) -> str:
    """A `table` with the rules of the package booktabs; text columns to the left."""
    columns = "".join("r" if right else "l" for right in numeric(table))
    body = [
        " & ".join(_latex(cell, (y, x) in table.bold) for x, cell in enumerate(row))
        for y, row in enumerate(table.rows)
    ]
    rows = "\n".join(f"    {line} \\\\" for line in body)
    header = " & ".join(map(_escaped, table.header))
    note = f"\n  \\\\[2pt] {{\\footnotesize {_escaped(table.note)}}}" * bool(table.note)
    return (
        "\\begin{table}\n  \\centering\n"
        f"  \\caption{{{_escaped(table.title)}}}\n  \\label{{tab:{table.name}}}\n"
        f"  \\begin{{tabular}}{{{columns}}}\n    \\toprule\n"
        f"    {header} \\\\\n    \\midrule\n{rows}\n    \\bottomrule\n"
        f"  \\end{{tabular}}{note}\n\\end{{table}}\n"
    )


def _latex(cell: Cell, bold: bool) -> str:
    if isinstance(cell, int | float | Estimate):
        text = shown(cell).replace(" ±", r" \pm ")
        return f"$\\mathbf{{{text}}}$" if bold else f"${text}$"
    text = _escaped(shown(cell))
    return f"\\textbf{{{text}}}" if bold else text


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(c, c) for c in text)


def write(folder: Path, tables: Iterable[Table]) -> None:
    """Writes every table as `.csv`, `.md` and `.tex`."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        for suffix, form in FORMATS.items():
            disk.write_text(folder / f"{table.name}.{suffix}", form(table))


FORMATS = {"csv": as_csv, "md": as_markdown, "tex": as_latex}
