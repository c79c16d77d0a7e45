"""Scores of models beside one another, as bars."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from vaejax.typeset import COLOURS, legible, metric_name, styled

BASELINES = ("raw", "pca")  # models that learn nothing
BEST_BASELINE = {"color": "#222222", "linewidth": 0.8, "linestyle": ":"}


@styled
def score_bars(rows: Sequence[Mapping[str, Any]], *, metric: str) -> Figure:
    """A score of every model and clusterer, mean ± std over seeds, a panel per label.

    Models by falling best mean; the baselines, which learn nothing, stand below a line,
    and a dotted line marks the best of them.

    Args:
      rows: {"model", "clusterer", "label", "mean", "std"}; a std that is None or NaN,
        as of one seed, has no whisker.
      metric: what the numbers are, as scores.csv names it.

    Raises:
      ValueError: rows is empty.
    """
    if not rows:
        raise ValueError(f"there is no {metric} to draw: score a model first.")
    labels = list(dict.fromkeys(row["label"] for row in rows))
    clusterers = list(dict.fromkeys(row["clusterer"] for row in rows))
    models = _ranked(rows)
    places, border = _places(rows, models, clusterers)
    lowest = max(places.values())
    figure = Figure((1.4 + 2.6 * len(labels), 0.9 + max(1.2, 0.14 * lowest)))
    panels = figure.subplots(1, len(labels), sharey=True, squeeze=False)[0]
    for axes, label in zip(panels, labels, strict=True):
        _bars(axes, [row for row in rows if row["label"] == label], places, clusterers)
        axes.axhline(border, color="#888888", linewidth=0.6)
        axes.set_title(legible(label) if label else "no label")
        axes.set_xlabel(metric_name(metric))
    ticks = [np.mean([y for (m, _), y in places.items() if m == n]) for n in models]
    panels[0].set_yticks(ticks, [legible(model, most=28) for model in models])
    panels[0].set_ylim(lowest + 0.7, -0.7)
    colours = _colours(clusterers)
    key: list = [Patch(color=colours[c], label=legible(c)) for c in clusterers]
    if set(models) & set(BASELINES):
        key.append(Line2D([], [], **BEST_BASELINE, label="best baseline"))
    figure.legend(handles=key, loc="outside lower center", ncols=min(6, len(key)))
    return figure


def _places(
    rows: Sequence[Mapping[str, Any]], models: list[str], clusterers: list[str]
) -> tuple[dict[tuple[str, str], float], float]:
    """The height of each (model, clusterer), and of the line above the baselines."""
    places: dict[tuple[str, str], float] = {}
    y, border = 0.0, math.nan  # NaN is not drawn
    for model in models:
        if model in BASELINES and places and math.isnan(border):
            border, y = y - 0.6, y + 0.6
        present = {row["clusterer"] for row in rows if row["model"] == model}
        for clusterer in [c for c in clusterers if c in present]:
            places[model, clusterer] = y
            y += 1
        y += 0.8
    return places, border


def _bars(axes: Axes, rows: list, places: dict, clusterers: list[str]) -> None:
    colours = _colours(clusterers)
    for row in rows:
        std = row["std"] if row["std"] is not None else math.nan
        axes.barh(
            places[row["model"], row["clusterer"]],
            row["mean"],
            xerr=std if math.isfinite(std) else None,
            color=colours[row["clusterer"]],
            height=0.9,
            error_kw={"linewidth": 0.8, "ecolor": "#222222"},
        )
    best = max((r["mean"] for r in rows if r["model"] in BASELINES), default=None)
    if best is not None:
        axes.axvline(best, **BEST_BASELINE, zorder=3)
    axes.axvline(0, color="#555555", linewidth=0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")


def _colours(names: list[str]) -> dict[str, str]:
    return {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}


def _ranked(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Models by falling best mean, baselines after all others."""
    best: dict[str, float] = {}
    for row in rows:
        best[row["model"]] = max(best.get(row["model"], -math.inf), row["mean"])
    return sorted(best, key=lambda model: (model in BASELINES, -best[model], model))
