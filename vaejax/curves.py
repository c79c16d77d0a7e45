"""Training curves: every term of the loss over the epochs, over seeds and phases."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from vaejax.typeset import COLOURS, head, key_columns, legible, styled

TERMS = {  # a key of the history, and what its axis says; other keys follow by name
    "loss": "total loss (nats)",
    "recon": "reconstruction (nats)",
    "kl": "KL divergence (nats)",
    "active_units": "active units",
}
TRAIN, HELD_OUT = COLOURS[0], COLOURS[1]
SHADES = ("#f3f3f3", "#e6e6e6")  # of the phases before the last

Spans = list[tuple[str, int, int]]  # a phase, its first row, the row after its last


@styled
def training_curves(history: Sequence[dict[str, Any]], *, title: str) -> Figure:
    """One panel per term of the loss: each seed, their mean, and ± 1 std around it.

    A seed that stopped early counts in the mean with its last value. The limits of y
    leave out the steep start of a phase where it would flatten all that follows.

    Args:
      history: rows {"epoch": int, "phase": str, term: [s], "valid_" + term: [s]}; a
        value that is None or not finite was not measured, and neither is a seed whose
        "running" [s] is false. Of two rows for one epoch of one phase, as a resumed run
        leaves them, the later counts.
      title: in any script.

    Raises:
      ValueError: no row holds a term.
    """
    rows = list({(row["phase"], row["epoch"]): row for row in history}.values())
    terms = _terms(rows)
    if not terms:
        raise ValueError(
            f"history has {len(rows)} epochs and no term in them, so there is no curve "
            "to draw. Train for at least one epoch."
        )
    epochs = np.array([row["epoch"] for row in rows])
    if (np.diff(epochs) <= 0).any():  # each phase counts from its own start
        epochs = np.arange(1, len(rows) + 1)
    spans = _spans([row["phase"] for row in rows])

    n_columns = len(terms) if len(terms) <= 4 else math.ceil(len(terms) / 2)
    n_columns = min(n_columns, 4)
    n_rows = math.ceil(len(terms) / n_columns)
    figure = Figure((0.3 + 2.4 * n_columns, 0.8 + 1.9 * n_rows))
    panels = figure.subplots(n_rows, n_columns, sharex=True, squeeze=False).ravel()
    for i, (panel, term) in enumerate(zip(panels, terms, strict=False)):
        _panel(panel, rows, term, epochs, spans)
        if i + n_columns >= len(terms):
            panel.set_xlabel("epoch")
            panel.tick_params(labelbottom=True)
    for panel in panels[len(terms) :]:
        panel.set_axis_off()
    head(figure, title)
    key = _key(rows, spans)
    if len(key) > 1:
        names = [part.get_label() for part in key]
        n_fit = key_columns(names, width_in=figure.get_figwidth() - 0.4)
        figure.legend(handles=key, loc="outside lower center", ncols=n_fit)
    return figure


def _panel(panel: Axes, rows: list, term: str, epochs: np.ndarray, spans: Spans):
    measured = [(_per_seed(rows, term), TRAIN)]
    held_out = _per_seed(rows, f"valid_{term}")
    if np.isfinite(held_out).any():
        measured.append((held_out, HELD_OUT))
    for values, colour in measured:
        for _, start, end in spans:  # the objective changes: no line from one to next
            _lines(panel, epochs[start:end], values[start:end], colour)
    for i, (_, start, _) in enumerate(spans[1:]):
        border = (epochs[start - 1] + epochs[start]) / 2
        first = epochs[spans[i][1]] - 0.5
        panel.axvspan(first, border, color=SHADES[i % 2], linewidth=0, zorder=0)
        panel.axvline(border, color="#888888", linewidth=0.8, linestyle="--", zorder=1)
    panel.set_ylim(*_limits([values for values, _ in measured], spans))
    panel.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    panel.xaxis.get_major_locator().set_params(integer=True, nbins=6, min_n_ticks=1)
    panel.yaxis.get_major_locator().set_params(nbins=6)
    panel.set_ylabel(legible(_axis_name(term), most=28))
    panel.grid(axis="y")


def _axis_name(term: str) -> str:
    if term.startswith("recon_"):
        return f"{term.removeprefix('recon_').replace('_', ' ')} reconstr. (nats)"
    return TERMS.get(term, term.replace("_", " "))


def _lines(panel: Axes, epochs: np.ndarray, values: np.ndarray, colour: str) -> None:
    """Each seed thin, their mean thick, ± 1 std as a band; dots where one epoch is."""
    n_seeds = values.shape[1]
    if n_seeds > 1:
        panel.plot(epochs, values, color=colour, linewidth=0.5, alpha=0.35)
    seen = np.isfinite(values).any(axis=1)
    if not seen.any():
        return
    running = np.ma.masked_invalid(_carried(values)[seen])
    mean, std = running.mean(axis=1).filled(np.nan), running.std(axis=1).filled(np.nan)
    marker = "o" if seen.sum() == 1 else ""
    panel.plot(epochs[seen], mean, color=colour, marker=marker, markersize=4, zorder=3)
    if n_seeds > 1:
        low, high = mean - std, mean + std
        panel.fill_between(
            epochs[seen], low, high, color=colour, alpha=0.15, linewidth=0
        )


def _key(rows: list, spans: Spans) -> list:
    """What the lines, bands and shades mean."""
    n_seeds = max(_per_seed(rows, term).shape[1] for term in _terms(rows))
    of = " (mean)" if n_seeds > 1 else ""
    key = [Line2D([], [], color=TRAIN, label=f"training{of}")]
    if any(name.startswith("valid_") for row in rows for name in row):
        key.append(Line2D([], [], color=HELD_OUT, label=f"held out{of}"))
    if n_seeds > 1:
        key.append(
            Line2D(
                [], [], color=TRAIN, linewidth=0.5, alpha=0.6, label=f"{n_seeds} seeds"
            )
        )
        key.append(Patch(color=TRAIN, alpha=0.15, linewidth=0, label="± 1 std"))
    for i, (name, _, _) in enumerate(spans[:-1]):
        shade = {"facecolor": SHADES[i % 2], "edgecolor": "#888888", "linestyle": "--"}
        key.append(Patch(**shade, linewidth=0.6, label=legible(str(name))))
    return key


def _spans(phases: list[str]) -> Spans:
    starts = [i for i, name in enumerate(phases) if i == 0 or name != phases[i - 1]]
    return [
        (phases[start], start, end)
        for start, end in zip(starts, [*starts[1:], len(phases)], strict=True)
    ]


def _terms(rows: list) -> list[str]:
    """Keys with one number per seed: those of TERMS first, active units last."""
    told_elsewhere = {"running", "collapsed", "broken_at"}
    names = {name for row in rows for name in row} - told_elsewhere
    found = {
        name
        for name in names
        if not name.startswith("valid_") and np.isfinite(_per_seed(rows, name)).any()
    }
    others = sorted(found - set(TERMS))
    known = [term for term in TERMS if term in found]
    return sorted([*known, *others], key=lambda term: term == "active_units")


def _per_seed(rows: list, name: str) -> np.ndarray:
    """Values [epochs, s]; NaN where an epoch or a seed has none."""
    lists = [_as_list(row.get(name)) for row in rows]
    values = np.full((len(rows), max(map(len, lists), default=0)), np.nan)
    for i, (row, numbers) in enumerate(zip(rows, lists, strict=True)):
        stopped = [not runs for runs in _as_list(row.get("running"))]
        for j, number in enumerate(numbers):
            if isinstance(number, int | float | np.number) and math.isfinite(number):
                values[i, j] = number
        values[i, : len(stopped)][stopped[: values.shape[1]]] = np.nan
    return values


def _as_list(value: Any) -> list:
    return list(value) if isinstance(value, list | tuple | np.ndarray) else []


def _carried(values: np.ndarray) -> np.ndarray:
    """The same, each gap filled by the seed's last value before it."""
    rows = np.where(np.isfinite(values), np.arange(len(values))[:, None], 0)
    return np.take_along_axis(values, np.maximum.accumulate(rows, axis=0), axis=0)


def _limits(measured: list[np.ndarray], spans: Spans) -> tuple[float, float]:
    """Limits in which the last phase can be read, with a margin.

    All values, without single spikes; or, where that would be more than four times as
    far, the last phase without its first tenth and the last third of those before it.
    """
    settled = []
    for i, (_, start, end) in enumerate(spans):
        part = 1 / 10 if i == len(spans) - 1 else 2 / 3
        settled += [
            values[start + int(part * (end - start)) : end] for values in measured
        ]
    low, high = _span(settled)
    lowest, highest = _span(measured)
    if not highest - lowest > 4 * (high - low):
        low, high = lowest, highest
    margin = 0.06 * (high - low) or max(0.5, 0.05 * abs(high))
    return low - margin, high + margin


def _span(parts: list[np.ndarray]) -> tuple[float, float]:
    """The range of the values without the outermost 1 % at either end; NaN of none."""
    values = np.concatenate([part.ravel() for part in parts])
    values = np.sort(values[np.isfinite(values)])
    if not values.size:
        return math.nan, math.nan
    cut = math.ceil(0.01 * len(values)) if len(values) >= 20 else 0
    return float(values[cut]), float(values[-1 - cut])
