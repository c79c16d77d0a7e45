"""Songs' lyrics -> vectors, a line each or a song each, cached by content and settings.

A song has its lyrics in up to three versions, of which it may lack any or all: the
original, romanised (Latin script) and translated (English).
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from uuid import uuid4

import numpy as np
from jaxtyping import Bool, Float32

from vaejax import store
from vaejax.text import ngram

VERSION = 1  # raised whenever the same settings would give other numbers
AT_ONCE = 256  # texts between two records on the disk
Lines = Sequence[str]
Encode = Callable[[Sequence[str]], Float32[np.ndarray, "n e"]]


def of_songs(
    songs: Sequence[dict[str, Lines]],
    *,
    form: str,
    cache_dir: Path,
    encoder: str,
    model: str,
    dtype: str,
    dim: int,
    versions: Sequence[str],
    combine: str,
    max_lines: int,
    n_fitted: int | None = None,
) -> tuple[Float32[np.ndarray, "n l e"], Bool[np.ndarray, "n l"]]:
    """The vectors of every song, and the mask of its lines; no line, no lyrics.

    Args:
      songs: {version: clean lines} of each; without those that it lacks.
      form: song, l = 1; or lines, l at most `max_lines`: longer texts have the means of
        neighbouring lines, so that nothing is cut.
      cache_dir: of `store`.
      encoder: a name in ENCODERS.
      model: folder or name of the language model, for the encoder that has one.
      dtype: of its arithmetic.
      dim: e of the encoder that is fitted to the texts.
      versions: that are used.
      combine: what becomes of several versions, a name in COMBINATIONS.
      n_fitted: songs, from the first on, that an encoder which is fitted to the texts
        is fitted to; None is all of them.

    Raises:
      ValueError: fewer than two songs have lyrics, or the model cannot be loaded.
    """
    kept = [{v: song[v] for v in versions if song.get(v)} for song in songs]
    texts = {digest(lines): lines for song in kept for lines in song.values()}
    if len(texts) < 2:
        raise ValueError(
            f"config.lyrics.versions={','.join(versions)}: {len(texts)} different "
            "texts in the whole collection; at least two are needed. Leave lyrics out "
            "of config.data.modalities, or name versions that there are."
        )
    units = {content: FORMS[form](lines) for content, lines in texts.items()}
    known = {digest(x): x for song in kept[:n_fitted] for x in song.values()}
    settings = {"lyrics": VERSION, "form": form, "encoder": encoder}
    settings, encode = ENCODERS[encoder](
        settings, ["\n".join(lines) for lines in known.values()], model, dtype, dim
    )
    found = _cached(units, encode, cache_dir, settings)
    join = COMBINATIONS[combine]
    rows = [
        join([found[digest(song[v])] if v in song else None for v in versions])
        for song in kept
    ]
    return _padded([_shortened(row, max_lines) for row in rows])


def _ngram(settings: dict, texts: Sequence[str], model, dtype, dim: int):
    """Fitted to the collection, so that other texts beside them give other vectors."""
    whole = hashlib.sha256("\0".join(sorted(texts)).encode()).hexdigest()
    fit = partial(ngram.fit, sorted(texts), dim=dim)
    return settings | {"dim": dim, "fitted": whole}, fit


def _xlm_roberta(settings: dict, texts: Sequence[str], model: str, dtype: str, dim):
    from vaejax.text import xlm_roberta

    name = xlm_roberta.fingerprint(model)
    opened = partial(xlm_roberta.open_encoder, model, dtype=dtype)
    return settings | {"model": name, "dtype": dtype}, lambda: opened().encode


# Each gives the settings that change a number, and a function that opens the encoder.
ENCODERS = {"ngram": _ngram, "xlm_roberta": _xlm_roberta}
# A few features of language models are hundreds of times larger than the others and say
# little (Timkey & van Schijndel 2021, arXiv:2109.04404): each has to be standardised.
UNEVEN = ("xlm_roberta",)


def _whole(lines: Lines) -> Lines:
    return ["\n".join(lines)]


FORMS = {"song": _whole, "lines": list}


def _cached(
    units: dict[bytes, Lines], opened: Callable[[], Encode], folder: Path, settings
) -> dict[bytes, Float32[np.ndarray, "l e"]]:
    """The vectors of every text, computed where the cache has none."""
    writer, encode = uuid4().hex, None
    with store.opened(folder, settings) as cache:
        found = {content: _read(cache, content) for content in units}
        missing = [content for content, vectors in found.items() if vectors is None]
        for start in range(0, len(missing), AT_ONCE):
            encode = encode or opened()
            part = missing[start : start + AT_ONCE]
            vectors = encode([line for content in part for line in units[content]])
            sizes = np.cumsum([len(units[content]) for content in part])[:-1]
            for content, own in zip(part, np.split(vectors, sizes), strict=True):
                made = store.fill(
                    folder, writer, lambda _, own=own: ([own], {}), (content, Path())
                )
                store.keep(cache, made)
                found[content] = own
        return {content: np.array(own) for content, own in found.items()}


def _read(cache: store.Store, content: bytes):
    record = store.find(cache, content)
    vectors = record and store.arrays(cache, record)
    return vectors[0] if vectors else None


def digest(lines: Lines) -> bytes:
    """What tells one text from another, as the content of a record."""
    return hashlib.sha256("\n".join(lines).encode()).digest()


def _mean(versions: list) -> np.ndarray | None:
    """The mean of the versions that a song has."""
    there = [vectors for vectors in versions if vectors is not None]
    if not there:
        return None
    n = min(map(len, there))
    return np.mean([_shortened(vectors, n) for vectors in there], axis=0)


def _concatenation(versions: list) -> np.ndarray | None:
    """The versions side by side, 0 where a song lacks one."""
    there = [vectors for vectors in versions if vectors is not None]
    if not there:
        return None
    n = min(map(len, there))
    empty = np.zeros((n, there[0].shape[1]), np.float32)
    return np.hstack([empty if v is None else _shortened(v, n) for v in versions])


def _first(versions: list) -> np.ndarray | None:
    """The first of the versions, in the order of the config, that a song has."""
    return next((vectors for vectors in versions if vectors is not None), None)


COMBINATIONS = {"mean": _mean, "concatenation": _concatenation, "first": _first}


def _shortened(vectors: np.ndarray | None, n: int) -> np.ndarray | None:
    """At most n vectors: the means of neighbours, as equally many as can be."""
    if vectors is None or len(vectors) <= n:
        return vectors
    parts = np.array_split(vectors, n)
    return np.stack([part.mean(axis=0) for part in parts])


def _padded(rows: list) -> tuple[np.ndarray, np.ndarray]:
    sizes = np.array([0 if row is None else len(row) for row in rows])
    width = next(row.shape[1] for row in rows if row is not None)
    x = np.zeros((len(rows), sizes.max(), width), np.float32)
    for place, row in zip(x, rows, strict=True):
        if row is not None:
            place[: len(row)] = row
    return x, np.arange(x.shape[1])[None] < sizes[:, None]
