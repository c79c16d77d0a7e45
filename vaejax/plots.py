"""Clusters and maps as figures that could stand in a paper.

Every function returns a `matplotlib.figure.Figure` and keeps no state: no window, no
backend and no memory of earlier figures. Names may be in any script. `typeset.save`
writes the file.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from vaejax.typeset import (
    OTHER,
    Group,
    groups,
    head,
    key_columns,
    legible,
    styled,
)

MOST_ROWS = 40  # bars or classes on one axis
MOST_BESIDE = 16  # classes with a look of their own where maps stand side by side


@styled
def latent_maps(
    maps: Mapping[str, Float[np.ndarray, "n 2"]],
    columns: Mapping[str, Shaped[np.ndarray, "n"]],
    *,
    title: str,
) -> Figure:
    """The same maps coloured by several columns: a row per map, a column per column."""
    looks = {h: groups(values, most=MOST_BESIDE) for h, values in columns.items()}
    widths = {
        h: key_columns([look.name for look in found], width_in=2.9)
        for h, found in looks.items()
    }
    n_lines = max(math.ceil(len(looks[h]) / widths[h]) for h in columns)
    heights = [2.6] * len(maps) + [0.18 * n_lines]
    figure = Figure((3.0 * len(columns), 0.7 + 0.25 * len(maps) + sum(heights)))
    panels = figure.subplots(
        len(heights), len(columns), squeeze=False, height_ratios=heights
    )
    for (*column, key), heading in zip(panels.T, columns, strict=True):
        for axes, (name, xy) in zip(column, maps.items(), strict=True):
            _points(axes, xy, looks[heading], name=name)
        column[0].set_title(legible(heading))
        key.set_axis_off()
        if looks[heading]:
            legend = _point_key(key, looks[heading], ncols=widths[heading])
            legend.set_in_layout(False)
    head(figure, title)
    return figure


def _points(axes: Axes, xy: np.ndarray, looks: list[Group], *, name: str) -> None:
    """Large classes below small ones, what has no class below all."""
    size = float(np.clip(9000 / max(1, len(xy)), 2, 26))
    for look in looks:
        named = look.marker != "."
        axes.scatter(
            *xy[look.rows].T,
            s=size if named else 0.6 * size,
            color=look.colour,
            marker=look.marker if named else "o",
            edgecolor="white" if named else "none",
            linewidth=0.25 if size > 5 else 0,
            zorder=3 if named else 2,
        )
    axes.set_xticks([])  # a map's units mean nothing
    axes.set_yticks([])
    axes.spines[["top", "right"]].set_visible(True)
    axes.set_xlabel(f"{name} 1")
    axes.set_ylabel(f"{name} 2")
    axes.margins(0.04)


def _point_key(axes: Axes, looks: list[Group], **placing: Any) -> Legend:
    handles = [
        Line2D(
            [], [], color=look.colour, marker=look.marker, linestyle="", markersize=5
        )
        for look in looks
    ]
    names = [look.name for look in looks]
    spacing = {"handletextpad": 0.1, "columnspacing": 0.8, "borderaxespad": 0}
    return axes.legend(
        handles, names, loc="upper left", alignment="left", **spacing, **placing
    )


@styled
def cluster_sizes(
    clusters: Int[np.ndarray, "n"],
    truth: Shaped[np.ndarray, "n"],
    *,
    title: str,
    column: str,
) -> Figure:
    """How many tracks each cluster holds, largest first, and of which classes.

    Past 40 clusters the smaller ones are counted in one row and not drawn.
    """
    bars, looks = groups(clusters, most=MOST_ROWS), groups(truth)
    n_columns = max(1, math.ceil(len(looks) / 16))
    n_lines = max(6, len(bars), math.ceil(len(looks) / n_columns) + 1)
    figure = Figure((5.2 + 1.3 * n_columns, 0.9 + 0.19 * n_lines))
    axes = figure.subplots()
    ends = _stacked(axes, bars, looks)
    for y, (bar, end) in enumerate(zip(bars, ends, strict=True)):
        text = f"{bar.rows.sum()}{', not drawn' if bar.colour == OTHER else ''}"
        axes.annotate(text, (end, y), (3, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(bars)), [bar.name for bar in bars])
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.set_xlim(0, 1.1 * max(1, ends.max(initial=0)))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("tracks")
    axes.set_ylabel("cluster")
    axes.legend(
        [Patch(**_paint(look)) for look in looks],
        [look.name for look in looks],
        title=legible(column),
        ncols=n_columns,
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        borderaxespad=0,
        alignment="left",
    )
    head(figure, title)
    return figure


def _stacked(axes: Axes, bars: list[Group], looks: list[Group]) -> np.ndarray:
    """Draws one bar per cluster, in pieces, and returns where each ends."""
    drawn = np.array([bar.colour != OTHER for bar in bars])  # it would dwarf the rest
    ends = np.zeros(len(bars))
    for look in looks:
        counts = drawn * np.array([(look.rows & bar.rows).sum() for bar in bars])
        y = np.flatnonzero(counts)  # a bar of no width costs as much as any other
        axes.barh(y, counts[y], left=ends[y], linewidth=0.4, **_paint(look))
        ends += counts
    return ends


def _paint(look: Group) -> dict[str, str]:
    return {"facecolor": look.colour, "hatch": look.hatch, "edgecolor": "white"}


@styled
def cluster_matrix(
    clusters: Int[np.ndarray, "n"],
    truth: Shaped[np.ndarray, "n"],
    *,
    title: str,
    column: str,
) -> Figure:
    """Classes against clusters: counts as text, the share of the class as colour.

    Clusters are matched to classes one to one by the largest total count (Hungarian
    method), so that agreement lies on the diagonal; what has no partner follows, and
    noise and unknown come last. Past 24 clusters the cells are too narrow for numbers.
    """
    rows, columns, counts = _matched(
        groups(truth, most=MOST_ROWS), groups(clusters, most=MOST_ROWS)
    )
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    top = math.ceil(10 * share.max(initial=0.1)) / 10
    width, height = (_cell_in(n) for n in (len(columns), len(rows)))
    figure = Figure((2.4 + width * len(columns), 1.1 + height * len(rows)))
    axes = figure.subplots()
    picture = axes.imshow(share, cmap="Blues", vmin=0, vmax=top, aspect="auto")
    if len(columns) <= 24:
        for y, x in np.argwhere(counts):
            ink = "white" if share[y, x] > 0.55 * top else "#222222"
            place = {"ha": "center", "va": "center", "size": 6 + (len(columns) <= 12)}
            axes.text(x, y, str(counts[y, x]), color=ink, **place)
    _ruled(axes, [row.name for row in rows], [column.name for column in columns])
    axes.set_xlabel("cluster")
    axes.set_ylabel(legible(column))
    bar = figure.colorbar(picture, ax=axes, pad=0.02, aspect=10 + len(rows))
    bar.set_label(f"share of the {legible(column)}")
    bar.outline.set_visible(False)
    head(figure, title)
    return figure


def _cell_in(n: int) -> float:
    """The side of a cell in inches, where n of them stand in line."""
    return 0.17 if n > 24 else 0.24 if n > 12 else 0.36


def _ruled(axes: Axes, rows: list[str], columns: list[str]) -> None:
    """Names the rows and columns of a table and draws lines between its cells."""
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(np.arange(0.5, len(rows) - 1), minor=True)
    axes.set_xticks(np.arange(0.5, len(columns) - 1), minor=True)
    axes.tick_params(which="both", length=0)
    if len(columns) > 12:
        axes.tick_params(axis="x", rotation=90)
    axes.grid(which="minor", color="#eeeeee")
    axes.spines[["top", "right"]].set_visible(True)


def _matched(
    rows: list[Group], columns: list[Group]
) -> tuple[list[Group], list[Group], Int[np.ndarray, "rows columns"]]:
    """Both in the order that puts most of the counts on the diagonal, and the counts.

    What has no partner comes after, and noise and unknown come last.
    """
    from scipy.optimize import linear_sum_assignment

    counts = np.array([[(r.rows & c.rows).sum() for c in columns] for r in rows])
    counts = counts.reshape(len(rows), len(columns))
    real_rows = [i for i, row in enumerate(rows) if row.marker != "."]
    real_columns = [i for i, column in enumerate(columns) if column.marker != "."]
    y, x = linear_sum_assignment(counts[np.ix_(real_rows, real_columns)], maximize=True)
    y, x = [real_rows[i] for i in y], [real_columns[i] for i in x]
    x += _by_partner(counts.T, real_columns, x, y)
    y += _by_partner(counts, real_rows, y, x)
    x += [i for i in range(len(columns)) if i not in x]
    y += [i for i in range(len(rows)) if i not in y]
    return [rows[i] for i in y], [columns[i] for i in x], counts[np.ix_(y, x)]


def _by_partner(counts: np.ndarray, real: list, placed: list, others: list) -> list:
    """The rows not yet placed, in the order of where each has most of its counts."""
    rest = [i for i in real if i not in placed]
    if not others:
        return rest
    return sorted(rest, key=lambda i: int(counts[i, others].argmax()))
