"""Figures that compare: methods, numbers of clusters, seeds, and clusters.

Every function returns a `matplotlib.figure.Figure` and keeps no state. Lines and points
are told apart by marker and line style as well as by colour.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter

from vaejax.tables import Estimate
from vaejax.typeset import (
    ASIDE,
    COLOURS,
    OTHER,
    groups,
    head,
    key_columns,
    legible,
    metric_name,
    styled,
)

MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")
GREYS = ("#333333", "#666666", "#999999")
DASHES = ((4, 1.5), (1, 1.2), (4, 1.2, 1, 1.2))  # of baselines, which learn nothing
LOWER_IS_BETTER = ("BIC",)
MOST_ROWS = 40  # of a forest, and clusters of a silhouette plot
MOST_NUMBERS = 16  # of seeds, with a number in every cell
ALL_IN, LEAST_IN = 3.2, 0.14  # height of all silhouettes, and what a name needs
INK = "#222222"


@styled
def k_curves(rows: Sequence[Mapping[str, Any]], *, metric: str) -> Figure:
    """A score over the number of clusters, mean ± std over seeds, a panel per label.

    A line a method, by falling mean; baselines are grey and dashed, and come last.

    Args:
      rows: {"method", "label", "k", "mean", "std", "baseline"}; a std that is None or
        NaN has no whisker. Eight methods are told apart well.
      metric: what the numbers are, as scores.csv names it.

    Raises:
      ValueError: rows is empty.
    """
    if not rows:
        raise ValueError(f"there is no {metric} to draw over k: cluster with more k.")
    labels = list(dict.fromkeys(row["label"] for row in rows))
    looks = _looks(rows)
    names = [legible(name, most=40) for name in looks]
    width = 1.0 + 2.7 * len(labels)
    n_columns = min(key_columns(names, width_in=width), 3)
    n_lines = math.ceil(len(names) / n_columns)
    figure = Figure((width, 2.7 + 0.17 * n_lines))
    panels = figure.subplots(1, len(labels), sharey=True, squeeze=False)[0]
    for axes, label in zip(panels, labels, strict=True):
        _lines(axes, [row for row in rows if row["label"] == label], looks)
        axes.set_title(legible(label, most=36))
        axes.set_xlabel("number of clusters")
    panels[0].set_ylabel(metric_name(metric))
    handles = [
        Line2D([], [], label=name, markersize=4.5, **look)
        for name, look in zip(names, looks.values(), strict=True)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=n_columns)
    return figure


def _looks(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict]:
    """How the line of each method is drawn; baselines last."""
    means: dict[str, list[float]] = {}
    for row in rows:
        means.setdefault(row["method"], []).append(row["mean"])
    baselines = {row["method"] for row in rows if row["baseline"]}
    ranked = sorted(means, key=lambda m: (m in baselines, -float(np.mean(means[m]))))
    colours = COLOURS[:7]  # yellow lines are lost on white
    looks = {}
    for i, method in enumerate(ranked):
        j = i - (len(ranked) - len(baselines))
        marker = {"marker": MARKERS[i % len(MARKERS)], "markeredgewidth": 0.9}
        if j < 0:
            line = {"color": colours[i % len(colours)], "linestyle": "-"}
            looks[method] = line | marker
        else:
            line = {"color": GREYS[j % 3], "linestyle": (0, DASHES[j % 3])}
            looks[method] = line | marker | {"markerfacecolor": "white"}
    return looks


def _lines(axes: Axes, rows: list[Mapping[str, Any]], looks: dict[str, dict]) -> None:
    ks = sorted({row["k"] for row in rows})
    step = min(np.diff(ks), default=1) * 0.4 / max(1, len(looks))
    for i, (method, look) in enumerate(looks.items()):
        own = sorted((r for r in rows if r["method"] == method), key=lambda r: r["k"])
        # Side by side, so that no whisker hides another.
        aside = (i - (len(looks) - 1) / 2) * step
        axes.errorbar(
            [row["k"] + aside for row in own],
            [row["mean"] for row in own],
            yerr=[_width(row["std"]) for row in own],
            markersize=4,
            elinewidth=0.8,
            zorder=3 if look["linestyle"] == "-" else 2,
            **look | {"linewidth": 1.2},
        )
    axes.set_xticks(ks)
    axes.grid(axis="y")


def _width(std: float | None) -> float:
    """Of a whisker: none without a standard deviation."""
    return std if std is not None and math.isfinite(std) else 0.0


@styled
def suggested_k(
    ks: Sequence[int], curves: Mapping[str, Sequence[Estimate]], chosen: int
) -> Figure:
    """Each criterion over the number of clusters, its optimum in a ring.

    Args:
      ks: the numbers of clusters that were tried.
      curves: {criterion: a value for each of ks}; NaN is none. Of those in
        LOWER_IS_BETTER the least is the best.
      chosen: the suggestion, a line in every panel.
    """
    figure = Figure((max(3.6, 2.4 * len(curves)), 2.4))
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for axes, (name, curve) in zip(panels, curves.items(), strict=True):
        lower = name in LOWER_IS_BETTER
        _criterion(axes, ks, curve, sign=-1 if lower else 1)
        axes.axvline(chosen, color=OTHER, linewidth=0.8, linestyle=":", zorder=1)
        axes.set_title(legible(name))
        axes.set_ylabel(f"{'lower' if lower else 'higher'} is better")
        axes.set_xlabel("number of clusters")
        axes.set_xticks(ks)
        axes.grid(axis="y")
        axes.margins(y=0.3)  # for the name of the optimum
        axes.set_xlim(*_around(ks))
    head(figure, f"Suggested number of clusters: {chosen}")
    return figure


def _around(ks: Sequence[int]) -> tuple[float, float]:
    aside = 0.1 * (max(ks) - min(ks)) or 1.0
    return min(ks) - aside, max(ks) + aside


def _criterion(
    axes: Axes, ks: Sequence[int], curve: Sequence[Estimate], *, sign: int
) -> None:
    means = np.array([one.mean for one in curve], float)
    look = {"color": COLOURS[0], "marker": "o", "markersize": 4, "elinewidth": 0.8}
    axes.errorbar(ks, means, yerr=[_width(one.std) for one in curve], **look)
    if np.isfinite(means).any():
        if np.nanmax(abs(means)) >= 1000:
            axes.yaxis.set_major_formatter(EngFormatter(sep=""))
        best = int(np.nanargmax(sign * means))
        ring = {"markersize": 11, "markerfacecolor": "none", "markeredgewidth": 1.4}
        axes.plot(ks[best], means[best], marker="o", color=COLOURS[1], **ring)
        axes.annotate(
            f"k = {ks[best]}",
            (ks[best], means[best]),
            (0, 8 * sign),
            textcoords="offset points",
            ha="center",
            va="bottom" if sign > 0 else "top",
            bbox={"facecolor": "white", "linewidth": 0, "pad": 0.6},
        )


@styled
def silhouettes(
    values: Float[np.ndarray, "n"],
    clusters: Int[np.ndarray, "n"],
    *,
    title: str,
    space: str,
) -> Figure:
    """The silhouette of every row, cluster by cluster, the largest first.

    Rousseeuw 1987. A cluster is as high as it is large, but never too low for its name.
    Rows left of zero are nearer to another cluster than to their own.

    Args:
      values: in [-1, 1].
      clusters: of each row; -1 is noise. Past 40 the smaller ones are drawn as one.
      space: that the silhouettes were computed in.

    Raises:
      ValueError: values is empty.
    """
    if not len(values):
        raise ValueError("there is no silhouette to draw: it needs two clusters.")
    looks = groups(clusters, most=MOST_ROWS)
    sizes = np.array([look.rows.sum() for look in looks])
    heights = np.maximum(ALL_IN * sizes / len(values), LEAST_IN)
    gap = 0.3 * LEAST_IN
    starts = np.concatenate([[0], np.cumsum(heights + gap)[:-1]])
    end = starts[-1] + heights[-1]
    figure = Figure((5.0, 1.0 + end))
    axes = figure.subplots()
    names = []
    for look, start, height in zip(looks, starts, heights, strict=True):
        own = values[look.rows]
        colour = OTHER if look.colour in (ASIDE, OTHER) else COLOURS[0]
        _profile(axes, own, start, height, colour)
        names.append(f"{look.name} ({len(own):,}, {own.mean():.2f})")
    axes.set_yticks(starts + heights / 2, names)
    axes.set_ylim(end + gap, -gap)
    axes.set_xlim(min(-0.1, math.floor(10 * values.min()) / 10), 1)
    mean = float(values.mean())
    axes.axvline(0, color="#555555", linewidth=0.6)
    axes.axvline(mean, color="black", linewidth=1, linestyle="--")
    place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
    axes.annotate(f"mean {mean:.2f}", (mean, 1), (0, 2), ha="center", **place)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.set_xlabel(f"silhouette in {legible(space)}")
    axes.set_ylabel("cluster (rows, mean)")
    head(figure, title)
    return figure


def _profile(
    axes: Axes,
    values: Float[np.ndarray, "m"],
    start: float,
    height: float,
    colour: str,
) -> None:
    """The sorted values of one cluster as an area; of many, evenly spaced ones."""
    ordered = np.sort(values)[::-1]
    n = min(len(ordered), 400)  # more steps than the print has
    kept = ordered[np.linspace(0, len(ordered) - 1, n).round().astype(int)]
    y = np.linspace(start, start + height, n + 1)
    x = np.append(kept, kept[-1])
    paint = {"step": "post", "linewidth": 0}
    axes.fill_betweenx(y, 0, np.maximum(x, 0), color=colour, **paint)
    axes.fill_betweenx(y, np.minimum(x, 0), 0, color=COLOURS[4], **paint)


@styled
def seed_agreement(matrix: Float[np.ndarray, "s s"], *, title: str) -> Figure:
    """How far the clusterings of every two seeds agree, and the mean over the pairs.

    Args:
      matrix: ARI of each pair, symmetric; the diagonal is not shown.
    """
    n = len(matrix)
    side = max(1.6, min(5.0, 0.42 * n))
    figure = Figure((side + 1.7, side + 0.95))
    axes = figure.subplots()
    pairs = ~np.eye(n, dtype=bool)
    shown = np.ma.masked_array(matrix, ~pairs)
    picture = axes.imshow(shown, cmap="Blues", vmin=0, vmax=1)
    if n <= MOST_NUMBERS:
        for y, x in np.argwhere(pairs):
            ink = "white" if matrix[y, x] > 0.6 else INK
            text = f"{matrix[y, x]:.2f}"
            axes.text(x, y, text, color=ink, ha="center", va="center", size=6.5)
    axes.set_xticks(range(n))
    axes.set_yticks(range(n))
    axes.tick_params(length=0)
    axes.set_xlabel("seed")
    axes.set_ylabel("seed")
    bar = figure.colorbar(picture, ax=axes, pad=0.03, aspect=16)
    bar.set_label("adjusted Rand index")
    bar.outline.set_visible(False)
    mean = f"{matrix[pairs].mean():.2f}" if n > 1 else "–"
    axes.set_title(f"mean over the pairs: {mean}", weight="normal", size=8)
    head(figure, title)
    return figure


@styled
def forest(rows: Sequence[Mapping[str, Any]], *, title: str, metric: str) -> Figure:
    """How far each method is ahead of the best baseline, with 95 % intervals.

    By falling difference; what is significant is filled. Past 40 rows the rest is
    counted and not drawn.

    Args:
      rows: {"method", "difference", "low", "high", "significant"}.
      metric: what the differences are of, as scores.csv names it.

    Raises:
      ValueError: rows is empty.
    """
    if not rows:
        raise ValueError(f"there is no difference of {metric} to draw.")
    ranked = sorted(rows, key=lambda row: -row["difference"])
    drawn, rest = ranked[:MOST_ROWS], ranked[MOST_ROWS:]
    figure = Figure((6.4, 1.15 + 0.2 * len(drawn)))
    axes = figure.subplots()
    for y, row in enumerate(drawn):
        _interval(axes, y, row)
    axes.axvline(0, color="#555555", linewidth=0.8)
    names = [legible(row["method"], most=48) for row in drawn]
    axes.set_yticks(range(len(drawn)), names)
    axes.set_ylim(len(drawn) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    more = f"; {len(rest)} more methods are not drawn" if rest else ""
    axes.set_xlabel(f"difference of {metric_name(metric)}, 95 % interval{more}")
    figure.legend(handles=_forest_key(), loc="outside lower right", ncols=2)
    head(figure, title)
    return figure


def _interval(axes: Axes, y: int, row: Mapping[str, Any]) -> None:
    fill = {} if row["significant"] else {"markerfacecolor": "white"}
    colour = COLOURS[0] if row["difference"] > 0 else COLOURS[1]
    axes.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=1.1)
    axes.plot(row["difference"], y, "o", color=colour, markersize=5, **fill)
    text = f"{row['difference']:+.3f}".replace("-", "\u2212")
    place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    axes.annotate(text, (1, y), (4, 0), va="center", size=7, **place)


def _forest_key() -> list[Line2D]:
    look = {"marker": "o", "linestyle": "", "color": INK, "markersize": 5}
    return [
        Line2D([], [], label="significant", **look),
        Line2D([], [], label="not significant", **look, markerfacecolor="white"),
    ]
