"""The report of a run or a study: one page of text, tables and figures for a reader.

It reads, prints and links without scripts; with them tables sort and filter and
pictures enlarge. All text is escaped where it becomes markup, by `markup.tag` alone.
"""

import base64
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vaejax.pages import single_file
from vaejax.pages.markup import Markup, joined, tag
from vaejax.tables import Cell, Estimate, Table, numeric, shown

STYLES = ("page.css", "report.css")
SCRIPTS = ("page.js", "report.js")
LONG = 12  # rows; a table with more scrolls within itself and can be filtered
_PNG = b"\x89PNG\r\n\x1a\n"


class Picture(NamedTuple):
    """A PNG, and what it shows."""

    image: bytes | Path
    title: str
    caption: str = ""  # how to read it; also what a screen reader says


class Section(NamedTuple):
    """A part of a report with a heading; what it has comes in this order."""

    title: str
    text: Sequence[str] = ()  # paragraphs
    facts: Sequence[tuple[str, str]] = ()  # name and value, of settings or versions
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    commands: Sequence[str] = ()  # to be typed into a shell
    links: Sequence[tuple[str, str]] = ()  # text and URL relative to the page


class Document(NamedTuple):
    """A report: what was found, then the sections that say how."""

    title: str
    subtitle: str
    summary: Sequence[str]  # paragraphs
    sections: Sequence[Section]


def report_page(document: Document) -> str:
    """The page as HTML, to be written as UTF-8.

    Raises:
      ValueError: a picture is no PNG, or a link leads to anything but a file or page.
      OSError: the file of a picture cannot be read.
    """
    numbered = _Numbers()
    sections = [
        _section(i, section, numbered) for i, section in enumerate(document.sections, 1)
    ]
    contents = [
        tag("li", tag("a", section.title, href=f"#section-{i}"))
        for i, section in enumerate(document.sections, 1)
    ]
    return single_file.page(
        "report.html",
        title=document.title,
        about=document.subtitle,
        styles=STYLES,
        scripts=SCRIPTS,
        contents=joined(contents),
        summary=joined(map(_paragraph, document.summary)),
        sections=joined(sections),
    )


class _Numbers:
    """Tables and figures are numbered through the whole report."""

    def __init__(self) -> None:
        self.table = self.figure = 0


def _section(i: int, section: Section, numbers: _Numbers) -> Markup:
    parts = [tag("h2", section.title)]
    parts += map(_paragraph, section.text)
    if section.facts:
        pairs = [(tag("dt", name), tag("dd", value)) for name, value in section.facts]
        parts.append(tag("dl", *(part for pair in pairs for part in pair)))
    for table in section.tables:
        numbers.table += 1
        parts.append(_table(numbers.table, table))
    figures = []
    for picture in section.pictures:
        numbers.figure += 1
        figures.append(_figure(numbers.figure, picture))
    if figures:
        parts.append(tag("div", *figures, class_="pictures"))
    parts += [tag("pre", tag("code", command)) for command in section.commands]
    if section.links:
        links = (_link(text, url) for text, url in section.links)
        parts.append(tag("ul", *(tag("li", link) for link in links), class_="links"))
    return tag("section", *parts, id=f"section-{i}")


def _paragraph(text: str) -> Markup:
    """Prose; what stands on both sides of a sign stays on its line."""
    bound = "\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}"
    return tag("p", re.sub(r" ([±=<>≤≥×]) ", bound, text))


def _link(text: str, url: str) -> Markup:
    return tag("a", text, href=single_file.address(url))


def _table(number: int, table: Table) -> Markup:
    """A caption, the rows in a box that scrolls if they are many, and the note."""
    columns = numeric(table)
    header = [
        tag(
            "th",
            tag("button", name, type="button"),
            scope="col",
            class_="number" if right else "",
        )
        for name, right in zip(table.header, columns, strict=True)
    ]
    rows = [
        tag(
            "tr",
            *(
                _cell(cell, (y, x) in table.bold, right)
                for x, (cell, right) in enumerate(zip(row, columns, strict=True))
            ),
        )
        for y, row in enumerate(table.rows)
    ]
    caption = f"table-{number}"
    parts = [
        tag("p", tag("b", f"Table {number}."), f" {table.title}", id=caption),
        tag(
            "div",
            tag(
                "table",
                tag("thead", tag("tr", *header)),
                tag("tbody", *rows),
                aria_labelledby=caption,
            ),
            class_="rows long" if len(rows) > LONG else "rows",
            **_scrolled(caption) if len(rows) > LONG else {},
        ),
    ]
    if table.note:
        parts.append(tag("p", table.note, class_="note"))
    return tag("div", *parts, class_="table")


def _scrolled(caption: str) -> dict[str, str]:
    """What lets a keyboard scroll a box, and says what is in it."""
    return {"tabindex": "0", "role": "region", "aria_labelledby": caption}


def _cell(cell: Cell, bold: bool, right: bool) -> Markup:
    """A cell, with the number by which it sorts."""
    text = shown(cell)
    value = cell.mean if isinstance(cell, Estimate) else cell
    attributes = {"class_": "number"} if right else {}
    if isinstance(value, int | float):
        attributes = {"class_": "number", "data_value": repr(float(value))}
    return tag("td", tag("strong", text) if bold else text, **attributes)


def _figure(number: int, picture: Picture) -> Markup:
    image = picture.image
    content = image.read_bytes() if isinstance(image, Path) else image
    if not content.startswith(_PNG):
        name = image if isinstance(image, Path) else f"the picture {picture.title!r}"
        raise ValueError(f"{name} is no PNG; a report holds no other pictures.")
    width, height = struct.unpack(">II", content[16:24])  # of the chunk IHDR
    img = tag(
        "img",
        src=f"data:image/png;base64,{base64.b64encode(content).decode()}",
        alt=f"{picture.title}. {picture.caption}".rstrip(". ") + ".",
        width=str(width),
        height=str(height),
        decoding="async",
    )
    button = tag("button", img, type="button", title="Enlarge")
    words = [tag("b", f"Figure {number}."), f" {picture.title}"]
    if picture.caption:
        words.append(tag("span", picture.caption, class_="note"))
    return tag("figure", button, tag("figcaption", *words))
