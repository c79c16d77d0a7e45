"""How figures are set: one style, fonts for every script, colours, files.

A title may be in any script. Its fonts are looked for once; words that no installed
font covers, or whose letters this matplotlib would not join (it shapes Arabic and the
Indic scripts from 3.11 on), are romanised, so that no box ever stands for a letter.

Colours are those of Okabe & Ito 2008 ("Color Universal Design"), which people with any
kind of colour vision tell apart; past eight classes markers and hatches tell the rest.
"""

import contextlib
import functools
import os
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from jaxtyping import Bool, Shaped
from matplotlib import font_manager, ft2font
from matplotlib.figure import Figure

STYLE = {
    "figure.dpi": 150,
    "figure.constrained_layout.use": True,
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8,
    "axes.labelcolor": "#222222",
    "axes.edgecolor": "#555555",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.titlesize": 10,
    "figure.titleweight": "bold",
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 7.5,
    "legend.title_fontsize": 8,
    "legend.frameon": False,
    "legend.labelspacing": 0.3,
    "lines.linewidth": 1.4,
    "pdf.fonttype": 42,  # TrueType: text that can be edited and is found by a search
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "xtick.labelcolor": "#222222",
    "ytick.labelcolor": "#222222",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}
COLOURS = (  # Okabe & Ito, the ones with most contrast on white first
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#F0E442",
)
MARKERS = ("o", "^", "s", "X", "v", "P")
HATCHES = ("", "////", "....", "xxxx", "----", "oooo")
ASIDE, OTHER = "#c6c6c6", "#8c8c8c"  # noise or unknown; the rare classes
MOST_NAMED = 24  # classes; a legend with more is not read

# Tried in this order; the first that is installed is used. Noto on Linux, then what
# Windows and macOS bring.
FONTS = {
    "Latin": ("Noto Sans", "Helvetica Neue", "Arial"),
    "Arabic": ("Noto Sans Arabic", "Noto Naskh Arabic", "Geeza Pro", "Segoe UI"),
    "Devanagari": ("Noto Sans Devanagari", "Lohit Devanagari", "Nirmala UI", "Mangal"),
    "Bengali": ("Noto Sans Bengali", "Lohit Bengali", "Nirmala UI", "Vrinda"),
    "Gurmukhi": ("Noto Sans Gurmukhi", "Lohit Gurmukhi", "Nirmala UI"),
    "Tamil": ("Noto Sans Tamil", "Lohit Tamil", "Nirmala UI"),
    "Telugu": ("Noto Sans Telugu", "Lohit Telugu", "Nirmala UI"),
    "Han": ("Noto Sans CJK JP", "Noto Sans JP", "Hiragino Sans", "Yu Gothic"),
    "Hangul": ("Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic"),
    "any": ("DejaVu Sans",),  # comes with matplotlib; has Arabic, no Indic script
}
# Hebrew to Myanmar, Khmer, and Arabic's presentation forms: letters that change with
# their neighbours, or run from right to left.
JOINED = (range(0x0590, 0x10A0), range(0x1780, 0x1800), range(0xFB1D, 0xFE00))
JOINERS = "\u200c\u200d"  # the two format characters that are part of spelling


class Group(NamedTuple):
    """The rows of one class and how they are drawn."""

    name: str
    rows: Bool[np.ndarray, "n"]
    colour: str
    marker: str
    hatch: str


@functools.cache
def installed() -> dict[str, str]:
    """{family: path} of the fonts in FONTS that this machine has, in that order."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    found = {}
    for names in FONTS.values():
        name = next((name for name in names if name in known), None)
        if name is not None:
            found[name] = font_manager.findfont(name, fallback_to_default=False)
    return found


@functools.cache
def covered() -> frozenset[int]:
    """The code points that one of the installed fonts has a glyph for."""
    points: set[int] = set()
    for path in installed().values():
        points.update(font_manager.get_font(path).get_charmap())
    return frozenset(points)


def shapes_text() -> bool:
    """Whether this matplotlib joins letters and orders them by direction (libraqm)."""
    return hasattr(ft2font, "__libraqm_version__")


def metric_name(metric: str) -> str:
    """`ari` as `ARI`, `cluster_purity` as `cluster purity`."""
    return metric.upper() if len(metric) == 3 else metric.replace("_", " ")


def legible(text: str, *, most: int = 48) -> str:
    """The text as a figure can show it, in its own script where that is possible.

    Control characters and runs of white space become one space, words without glyphs
    are romanised, dollar signs are kept from starting a formula, and what is longer
    than `most` letters (with their marks) ends in an ellipsis.
    """
    kept = "".join(_plain(c) for c in unicodedata.normalize("NFC", text))
    words = [_drawable(word.strip(JOINERS)) for word in kept.split()]
    letters = list(_letters(" ".join(word for word in words if word)))
    if len(letters) > most:
        letters = ["".join(letters[: most - 1]).rstrip(), "…"]
    return "".join(letters).replace("$", r"\$")


def _plain(c: str) -> str:
    """The character; a space for a control character, nothing for a hidden one."""
    category = unicodedata.category(c)
    if c in JOINERS or category[0] not in "CZ":
        return c
    return " " if category[0] == "Z" or category == "Cc" else ""


def _drawable(word: str) -> str:
    """The word, or its romanisation where a letter of it could not be drawn."""
    points = {ord(c) for c in word if c not in JOINERS}
    joined = any(point in block for point in points for block in JOINED)
    if points <= covered() and (shapes_text() or not joined):
        return word
    from anyascii import anyascii

    return " ".join(anyascii(word).split())


def _letters(text: str) -> Iterator[str]:
    """Pieces that must not be cut: a base with its marks, and conjunct consonants."""
    piece = ""
    for c in text:
        bound = unicodedata.category(c)[0] == "M" or c in JOINERS
        after = piece[-1:]
        # 9 is the combining class of a virama, which binds the next consonant.
        bound = (
            bound or after in JOINERS[1:] or unicodedata.combining(after or " ") == 9
        )
        if piece and not bound:
            yield piece
            piece = ""
        piece += c
    if piece:
        yield piece


def styled(draw: Callable) -> Callable:
    """The same function, run in this module's style whatever the user's own is."""

    @functools.wraps(draw)
    def drawn(*args, **kwargs):
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(STYLE)
            matplotlib.rcParams["font.family"] = list(installed())
            return draw(*args, **kwargs)

    return drawn


FILES = {  # what the bytes of a file must not depend on is left out: time, versions
    ".png": {"dpi": 150, "metadata": {"Software": None}},
    ".pdf": {
        "dpi": 300,  # of what is a picture in it
        "metadata": {"CreationDate": None, "Creator": None, "Producer": None},
    },
}


@styled
def save(figure: Figure, *paths: str | os.PathLike) -> None:
    """Writes files whose bytes depend on the figure only, whole or not at all.

    Args:
      paths: end in .png or .pdf.
    """
    with _laid_out(figure):
        for path in map(Path, paths):
            _save(figure, path)


@contextlib.contextmanager
def _laid_out(figure: Figure) -> Iterator[None]:
    """Once; matplotlib would lay it out, and draw it twice, for every file."""
    engine = figure.get_layout_engine()
    if engine:
        engine.execute(figure)
    with matplotlib.rc_context({"figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)
    try:
        yield
    finally:
        figure.set_layout_engine(engine or "none")


def _save(figure: Figure, path: Path) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        figure.savefig(unfinished, format=path.suffix[1:], **FILES[path.suffix])
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def head(figure: Figure, title: str) -> None:
    """Puts a title over the whole figure, in lines that fit its width."""
    letters = int(figure.get_figwidth() / 0.085)
    text = textwrap.fill(legible(title, most=120), letters)
    figure.suptitle(text, x=0.01, ha="left")


def key_columns(names: Iterable[str], *, width_in: float) -> int:
    """How many columns of a legend fit in a width; a letter takes some .056 inches."""
    longest = max(map(len, names), default=1)
    return max(1, int(width_in / (0.34 + 0.056 * longest)))


def groups(values: Shaped[np.ndarray, "n"], *, most: int = MOST_NAMED) -> list[Group]:
    """Classes by falling size, then "other (m classes)", "unknown" and "noise".

    Args:
      values: class of each row; -1 is noise where they are integers, "" is unknown.
      most: classes that get a name and a look of their own.
    """
    found, counts = np.unique(values, return_counts=True)
    kind, aside, name = "classes", "", "unknown"
    if values.dtype.kind in "iu":
        kind, aside, name = "clusters", -1, "noise"
    order = [v for v in found[np.argsort(-counts, kind="stable")] if v != aside]
    all_groups = []
    for i, value in enumerate(order[:most]):
        hue, look = i % len(COLOURS), i // len(COLOURS)
        look = COLOURS[hue], MARKERS[look % len(MARKERS)], HATCHES[look % len(HATCHES)]
        all_groups.append(
            Group(legible(str(value), most=22) or "?", values == value, *look)
        )
    if rest := order[most:]:
        title = f"other ({len(rest)} {kind})"
        all_groups.append(Group(title, np.isin(values, rest), OTHER, ".", ""))
    if (rows := values == aside).any():
        all_groups.append(Group(name, rows, ASIDE, ".", ""))
    return all_groups
