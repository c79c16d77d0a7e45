"""Finished runs as notebooks show them: scores, clusters and figures.

    show.scores("results/vade/ID", "results/vae/ID")
    show.clusters("results/vade/ID", preview_s=4)
    show.figure("results/vade/ID", "maps")

Jupyter shows what they return as HTML without scripts or as an image, and a terminal as
text. All of it is made from the files of the runs, and nothing is written.
"""

import textwrap
from pathlib import Path
from typing import NamedTuple

from vaejax import (
    cards,
    choice,
    compare,
    document,
    findings,
    present,
    record,
    summary,
    tables,
    trained,
)
from vaejax.pages import listening
from vaejax.pages.markup import Markup, joined, tag
from vaejax.record import Record
from vaejax.tables import Estimate, Table

HEARD = 2  # songs at the centre of a cluster, with previews
WIDTH = 88  # of text


class Scores(NamedTuple):
    """What came out of one run or of several, in sentences and tables."""

    said: tuple[str, ...]
    tables: tuple[Table, ...]

    def _repr_html_(self) -> str:
        said = (tag("p", text) for text in self.said)
        return _block(*said, *map(_table, self.tables))

    def __repr__(self) -> str:
        """The same as text."""
        said = [textwrap.fill(text, WIDTH) for text in self.said]
        return "\n\n".join([*said, *map(tables.as_text, self.tables)])


class Clusters(NamedTuple):
    """The clusters that a run shows, the largest first."""

    method: str  # in words
    cards: tuple[cards.Card, ...]
    titles: tuple[str, ...]  # of all tracks
    previews: dict[int, str]  # {row: audio as a data: URI}, of songs at the centres

    def _repr_html_(self) -> str:
        return _block(tag("p", self.method), *map(self._card, self.cards))

    def __repr__(self) -> str:
        """The same as text."""
        texts = [
            f"{card.cluster}: " + "\n  ".join(cards.lines(card, self.titles))
            for card in self.cards
        ]
        return "\n\n".join([self.method, *texts])

    def _card(self, card: cards.Card) -> Markup:
        name, *lines = cards.lines(card, self.titles)
        heard = [row for row in card.central if row in self.previews]
        parts = [tag("summary", f"{card.cluster}: ", tag("b", name))]
        parts += [tag("div", line) for line in lines]
        parts += [_player(self.titles[row], self.previews[row]) for row in heard]
        return tag("details", *parts, open="open", style="margin-bottom: 1em")


class Figure(NamedTuple):
    """A figure of a run: an image in a notebook, its caption in a terminal."""

    title: str
    png: bytes

    def _repr_png_(self) -> bytes:
        return self.png

    def __repr__(self) -> str:
        """What it shows."""
        return self.title


def scores(*runs: str | Path) -> Scores:
    """What came out of runs, beside each other where there are several.

    ARI by number of clusters, and leads over the best baseline of all of them; every
    other score is in the reports.

    Args:
      *runs: folders of finished runs.

    Raises:
      ValueError: a folder holds no finished run; or there is none.
    """
    if not runs:
        raise ValueError("scores() takes the folders of one run or more. Got none.")
    read = [_record(Path(run)) for run in runs]
    compared = compare.compare(read)
    values = findings.gather(score for run in read for score in run.scores)
    suggested = choice.suggestions(values)
    said = summary.sentences(compared, suggested)
    notes = dict.fromkeys(note for run in read for note in run.notes)
    found = [*findings.overviews(compared), *findings.lead_tables(compared)]
    found += [choice.table(suggested)] if suggested else []
    return Scores((*said, *notes), tuple(table for table in found if table.rows))


def clusters(run: str | Path, *, preview_s: float = 0.0) -> Clusters:
    """The clusters that report and map of a run show, as cards.

    Args:
      run: folder of a finished run.
      preview_s: of the songs at the centres, to listen to, some 5 kB a second; their
        audio must still be there. At 0 there is none.

    Raises:
      ValueError: the folder holds no finished run.
    """
    read = _record(Path(run))
    shown = choice.shown_of(read)
    found = present.clusters_of(read, shown)
    rows = [row for card in found for row in card.central[:HEARD]] if preview_s else []
    audio = present.audio_of(read)
    clips = listening.previews([audio[row] for row in rows], preview_s)
    return Clusters(
        f"{shown.model}, {shown.clusterer}, seed {shown.seed}: {len(found)} clusters",
        tuple(found),
        tuple(read.tracks["title"].tolist()),
        {row: clip for row, clip in zip(rows, clips, strict=True) if clip},
    )


def figure(run: str | Path, name: str) -> Figure:
    """A figure of a run or a study.

    Args:
      run: its folder.
      name: the stem of a file in its `figures/`, such as maps.

    Raises:
      ValueError: there is no such figure.
    """
    folder = Path(run) / "figures"
    there = {path.stem: path for path in sorted(folder.glob("*.png"))}
    if name not in there:
        choices = ", ".join(there) or "none"
        raise ValueError(f"{name!r} is no figure of {run}. Choices: {choices}.")
    return Figure(f"{name} of {run}", document.small(there[name]))


def _record(folder: Path) -> Record:
    return record.read(folder, trained.settings_of(folder))


def _block(*parts: Markup) -> str:
    """Plain `str`, for what is shown goes into the JSON of a notebook."""
    return str(joined([Markup('<div dir="ltr">'), *parts, Markup("</div>")]))


def _table(table: Table) -> Markup:
    sides = ["right" if right else "left" for right in tables.numeric(table)]
    header = zip(table.header, sides, strict=True)
    rows = [
        [
            _cell(cell, side, (y, x) in table.bold)
            for x, (cell, side) in enumerate(zip(row, sides, strict=True))
        ]
        for y, row in enumerate(table.rows)
    ]
    parts = [
        tag("caption", tag("b", table.title), style="text-align: left"),
        tag("thead", tag("tr", *(tag("th", n, style=_to(side)) for n, side in header))),
        tag("tbody", *(tag("tr", *row) for row in rows)),
    ]
    return joined([tag("table", *parts), tag("p", tag("small", table.note))])


def _cell(cell: tables.Cell, side: str, bold: bool) -> Markup:
    text = tables.shown(cell)
    if isinstance(cell, Estimate):
        text = text.replace(" ", "\N{NO-BREAK SPACE}")
    return tag("td", tag("strong", text) if bold else text, style=_to(side))


def _to(side: str) -> str:
    return f"text-align: {side}"


def _player(title: str, clip: str) -> Markup:
    level = "height: 2em; vertical-align: middle"
    audio = tag("audio", src=clip, controls="controls", preload="none", style=level)
    return tag("div", audio, " ", tag("span", title))
