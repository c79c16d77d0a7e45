"""Spectrograms in rows, on a mel axis labelled in Hz; and images as they are."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vaejax.typeset import head, legible, styled

HZ_TICKS = (500, 1000, 2000, 4000, 8000, 16000)

# Songs may differ in length, so the frames have no name.
Pair = tuple[str, Float[np.ndarray, "_ f"], Float[np.ndarray, "_ f"]]


class Panel(NamedTuple):
    """A spectrogram in dB, of mel bands from 0 Hz to half the sample rate (Slaney)."""

    frames: Float[np.ndarray, "_ f"]
    hop_s: float  # seconds between frames
    title: str = ""  # above it
    tag: str = ""  # in its corner


def reconstructions(
    pairs: Sequence[Pair], *, hop_s: float, sample_rate_hz: int, name: str
) -> Figure:
    """Log-mel spectrograms in dB: originals left, reconstructions right.

    All share one colour scale, from the originals: from their first percentile, 80 dB
    under the loudest at most, to the loudest.

    Args:
      pairs: title, original, reconstruction, as the frames of a `Panel`.
      hop_s: seconds between frames.
      sample_rate_hz: of the signal that the bands were computed from.
      name: what the reconstructions are, written into each.

    Raises:
      ValueError: pairs is empty.
    """
    if not len(pairs):
        raise ValueError("pairs is empty: give at least one song to draw.")
    rows = [
        [Panel(original, hop_s, title, "original"), Panel(found, hop_s, tag=name)]
        for title, original, found in pairs
    ]
    scale = levels([original for _, original, _ in pairs])
    return grid(rows, sample_rate_hz=sample_rate_hz, scale=scale)


def levels(pictures: Sequence[np.ndarray]) -> tuple[float, float]:
    """From the first percentile, 80 dB under the loudest at most, to the loudest."""
    values = np.concatenate([picture.ravel() for picture in pictures])
    high = float(np.nanmax(values))
    return min(max(float(np.nanpercentile(values, 1)), high - 80), high - 1), high


@styled
def grid(
    rows: Sequence[Sequence[Panel]],
    *,
    sample_rate_hz: int,
    scale: tuple[float, float],
    title: str = "",
) -> Figure:
    """Spectrograms in rows, on one colour scale; the last row may be shorter.

    Args:
      rows: at least one, of at least one panel each.
      sample_rate_hz: of the signal that the bands were computed from.
      scale: the levels in dB that the colours begin and end with.
      title: over the whole figure.
    """
    n_columns = max(map(len, rows))
    width = max(7.2, 1.2 + 1.25 * n_columns)
    figure = Figure((width, 0.4 + 0.25 * bool(title) + 1.5 * len(rows)))
    places = figure.subplots(len(rows), n_columns, sharey="row", squeeze=False)
    for row, axes_of_row in zip(rows, places, strict=True):
        letters = int(72 * width / 7.2 / len(row)) if row[-1].title else 72
        for panel, axes in zip(row, axes_of_row[: len(row)], strict=True):
            axes.set_title(legible(panel.title, most=letters))
            image = _spectrogram(axes, panel, scale)
        for axes in axes_of_row[len(row) :]:
            axes.set_axis_off()
        ticks = _hz_ticks(row[0].frames.shape[1], sample_rate_hz)
        axes_of_row[0].set_yticks(list(ticks), list(ticks.values()))
        axes_of_row[0].set_ylabel("frequency")
    for column in places.T:
        [*_, lowest] = [axes for axes in column if axes.axison]
        lowest.set_xlabel("time (s)")
    bar = figure.colorbar(image, ax=places, pad=0.015, aspect=12 * len(rows))
    bar.set_label("level (dB)")
    bar.outline.set_visible(False)
    if title:
        head(figure, title)
    return figure


def _spectrogram(axes: Axes, panel: Panel, scale: tuple[float, float]):
    n_frames, n_bands = panel.frames.shape
    image = axes.imshow(
        panel.frames.T,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=scale[0],
        vmax=scale[1],
        extent=(0, n_frames * panel.hop_s, -0.5, n_bands - 0.5),
    )
    if panel.tag:
        _tag(axes, panel.tag)
    return image


@styled
def images(
    rows: Sequence[Sequence[tuple[str, Float[np.ndarray, "y x"]]]], *, title: str = ""
) -> Figure:
    """Images with values in [0, 1], black to white, each under its name."""
    n_columns = max(map(len, rows))
    n_lines = sum(max(name.count("\n") for name, _ in row) for row in rows)
    height = 0.3 + 1.1 * len(rows) + 0.12 * n_lines
    figure = Figure((max(3.6, 0.9 * n_columns), height))
    places = figure.subplots(len(rows), n_columns, squeeze=False)
    for axes in places.ravel():
        axes.set_axis_off()
    for row, axes_of_row in zip(rows, places, strict=True):
        for (name, picture), axes in zip(row, axes_of_row[: len(row)], strict=True):
            lines = [legible(line, most=24) for line in name.split("\n")]
            axes.set_title("\n".join(lines), size=7, weight="normal", loc="center")
            axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
    if title:
        head(figure, title)
    return figure


def _tag(axes: Axes, text: str) -> None:
    """A word in the picture's corner, legible on any colour."""
    box = {"facecolor": "black", "alpha": 0.6, "linewidth": 0, "pad": 1.5}
    axes.text(
        *(0.012, 0.95),
        text,
        transform=axes.transAxes,
        va="top",
        color="white",
        size=7,
        bbox=box,
    )


def _hz_ticks(n_bands: int, sample_rate_hz: int) -> dict[float, str]:
    places = {mel_band(float(hz), n_bands, sample_rate_hz): hz for hz in HZ_TICKS}
    return {
        band: f"{hz} Hz" if hz < 1000 else f"{hz // 1000} kHz"
        for band, hz in places.items()
        if band <= n_bands - 0.5
    }


def mel_band(hz: float, n_bands: int, sample_rate_hz: int) -> float:
    """Where a frequency lies among mel bands from 0 Hz to half the sample rate.

    Counted in bands from the centre of the first. Slaney 1998, Auditory Toolbox.
    """

    def mel(hz: float) -> float:
        return hz * 3 / 200 if hz < 1000 else 15 + 27 * math.log(hz / 1000, 6.4)

    return mel(hz) / mel(sample_rate_hz / 2) * (n_bands + 1) - 1
