"""The map of a collection: one page on which songs are seen, found and heard.

Every song is a point. The page works from a folder, without a server or a network; its
scripts and styles are the `map_*` files among the assets.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from vaejax.pages import listening, single_file

STYLES = ("page.css", "map.css")
SCRIPTS = (
    "page.js",
    "map_collection.js",
    "map_colours.js",
    "map_plot.js",
    "map_points.js",
    "map_panel.js",
    "map_playlist.js",
    "map_moves.js",
    "map.js",
)
MOST_CLASSES = 12  # distinct numbers that are still classes; more of them are a scale
_STEPS = 65_535  # to which coordinates are rounded: a pixel of a 64-fold zoom
NOISE = "noise"

Value = str | int | float | None


def map_page(
    *,
    title: str,
    about: str,
    ids: Sequence[str],
    titles: Sequence[str],
    artists: Sequence[str],
    xy: Float[np.ndarray, "n 2"],
    columns: Mapping[str, Sequence[Value]],
    confidence: Float[np.ndarray, "n"] | None,
    neighbours: Int[np.ndarray, "n m"],
    audio: Sequence[str],
    previews: Sequence[str] = (),
    cards: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The page as HTML, to be written as UTF-8.

    Args:
      title: heading of the page.
      about: a sentence on what is shown.
      columns: what is known of the songs, in the order in which it is told; the first
        is the cluster, of which -1 is noise. "", None and NaN are unknown. Columns of
        more than MOST_CLASSES different numbers (as text or not) get a scale of
        colours, others a colour a class.
      confidence: in [0, 1], of the song's cluster.
      neighbours: rows of the nearest songs, nearest first; -1 is none.
      audio: URL of each song relative to the page (`listening.link`), or a data: URI;
        "" is none. A playlist that the page exports leads to these.
      previews: data: URIs (`listening.preview`), played in place of `audio`, or empty.
      cards: {"cluster": as in the first column, "name": str, "size": int, "lines":
        [str, ...]}, one a cluster.

    Raises:
      ValueError: lengths differ, numbers are out of range, or a URL is not of audio.
    """
    if not columns:
        raise ValueError("columns is empty; its first entry must be the clusters.")
    n = len(ids)
    told = {"titles": titles, "artists": artists, "xy": xy, "neighbours": neighbours}
    told |= {"audio": audio, **{f"columns[{c!r}]": v for c, v in columns.items()}}
    told |= {"confidence": confidence} if confidence is not None else {}
    told |= {"previews": previews} if previews else {}
    for name, values in told.items():
        if len(values) != n:
            raise ValueError(f"{name} has {len(values)} rows, ids has {n}.")
    _check_numbers(xy, neighbours, confidence)
    x, y = _coordinates(xy)
    first, *others = columns.items()
    data = {
        "ids": list(ids),
        "titles": list(titles),
        "artists": list(artists),
        "x": x,
        "y": y,
        "columns": [_clusters(first), *(_column(*column) for column in others)],
        "neighbours": neighbours.ravel().tolist(),
        "audio": [listening.checked(url) for url in audio],
        "previews": [listening.checked(url) for url in previews],
        "cards": [
            dict(card) | {"cluster": _cluster_name(card["cluster"])} for card in cards
        ],
    }
    if confidence is not None:
        rounded = [_number(value) for value in confidence.tolist()]
        data["columns"].append({"name": "confidence", "values": rounded})
    return single_file.page(
        "map.html",
        title=title,
        about=about,
        styles=STYLES,
        scripts=SCRIPTS,
        data=single_file.as_json(data),
    )


def _check_numbers(
    xy: Float[np.ndarray, "n 2"],
    neighbours: Int[np.ndarray, "n m"],
    confidence: Float[np.ndarray, "n"] | None,
) -> None:
    """Refuses what could not be drawn or followed."""
    if not np.isfinite(xy).all():
        row = int(np.flatnonzero(~np.isfinite(xy).all(1))[0])
        raise ValueError(f"xy[{row}] is {xy[row]}; coordinates must be finite.")
    if neighbours.size and not -1 <= neighbours.min() <= neighbours.max() < len(xy):
        raise ValueError(
            f"neighbours are in [{neighbours.min()}, {neighbours.max()}]; they must be "
            f"rows, in [0, {len(xy) - 1}], or -1."
        )
    if confidence is not None and len(confidence):
        low, high = confidence.min(), confidence.max()
        if not 0 <= low <= high <= 1:
            raise ValueError(f"confidence is in [{low}, {high}]; it must be in [0, 1].")


def _coordinates(xy: Float[np.ndarray, "n 2"]) -> list[list[int]]:
    """Both axes on one scale, as whole steps; the page takes the longer one as 1."""
    if not len(xy):
        return [[], []]
    low = xy.min(0)
    span = float((xy.max(0) - low).max()) or 1.0
    return np.rint((xy - low) * (_STEPS / span)).astype(int).T.tolist()


def _column(name: str, values: Sequence[Value]) -> dict[str, Any]:
    """A scale of numbers if there are many and nothing else, or else classes."""
    numbers = [_number(value) for value in values]
    known = [x for x, value in zip(numbers, values, strict=True) if _text(value)]
    if None in known or len(set(known)) <= MOST_CLASSES:
        return _classes(name, values)
    return {"name": name, "values": numbers}


def _clusters(column: tuple[str, Sequence[Value]]) -> dict[str, Any]:
    """Classes, whatever their number, and noise."""
    name, values = column
    return _classes(name, [_cluster_name(value) for value in values])


def _classes(name: str, values: Sequence[Value]) -> dict[str, Any]:
    """Each class once, and the class of every row; -1 is unknown."""
    texts = [_text(value) for value in values]
    classes = sorted({text for text in texts if text})
    code = {text: i for i, text in enumerate(classes)} | {"": -1}
    return {"name": name, "classes": classes, "codes": [code[text] for text in texts]}


def _text(value: Value) -> str:
    """The value as it is shown; "" is unknown."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value).strip()


def _number(value: Value) -> float | None:
    """The value to six digits if it is a finite number, written out or not."""
    try:
        number = float(f"{float(value):.6g}")
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _cluster_name(value: Value) -> str:
    return NOISE if _text(value) == "-1" else _text(value)
