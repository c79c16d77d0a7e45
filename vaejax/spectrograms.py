"""Spectrograms beside their reconstructions, on a mel axis labelled in Hz."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vaejax.typeset import legible, styled

HZ_TICKS = (500, 1000, 2000, 4000, 8000, 16000)

# Songs may differ in length, so the frames have no name.
Pair = tuple[str, Float[np.ndarray, "_ f"], Float[np.ndarray, "_ f"]]


@styled
def reconstructions(
    pairs: Sequence[Pair], *, hop_s: float, sample_rate_hz: int, name: str
) -> Figure:
    """Log-mel spectrograms in dB: originals left, reconstructions right.

    All share one colour scale, from the originals: from their first percentile, 80 dB
    under the loudest at most, to the loudest.

    Args:
      pairs: title, original, reconstruction, of mel bands that reach from 0 Hz to half
        the sample rate on the Slaney scale.
      hop_s: seconds between frames.
      sample_rate_hz: of the signal that the bands were computed from.
      name: what the reconstructions are, written into each.

    Raises:
      ValueError: pairs is empty.
    """
    if not len(pairs):
        raise ValueError("pairs is empty: give at least one song to draw.")
    originals = np.concatenate([original.ravel() for _, original, _ in pairs])
    high = float(np.nanmax(originals))
    low = min(max(float(np.nanpercentile(originals, 1)), high - 80), high - 1)
    figure = Figure((7.2, 0.4 + 1.5 * len(pairs)))
    panels = figure.subplots(len(pairs), 2, sharey="row", squeeze=False)
    for (left, right), (title, original, reconstructed) in zip(
        panels, pairs, strict=True
    ):
        left.set_title(legible(title, most=72))
        left.set_ylabel("frequency")
        for axes, picture, tag in (
            (left, original, "original"),
            (right, reconstructed, name),
        ):
            extent = (0, len(picture) * hop_s, -0.5, picture.shape[1] - 0.5)
            image = axes.imshow(
                picture.T,
                origin="lower",
                aspect="auto",
                cmap="magma",
                vmin=low,
                vmax=high,
                extent=extent,
            )
            _tag(axes, tag)
        ticks = _hz_ticks(original.shape[1], sample_rate_hz)
        left.set_yticks(list(ticks), list(ticks.values()))
    for axes in panels[-1]:
        axes.set_xlabel("time (s)")
    bar = figure.colorbar(image, ax=panels, pad=0.015, aspect=12 * len(pairs))
    bar.set_label("level (dB)")
    bar.outline.set_visible(False)
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
