"""The lyrics of a collection: read, their languages told, and turned into vectors."""

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from vaejax import store
from vaejax.core import Rejected, Track
from vaejax.data import Words
from vaejax.text import vectors, versions
from vaejax.text.language import LANGUAGES, identify
from vaejax.text.versions import Lines, Lyrics

COLUMNS = (  # that are told from the words, beside those of the metadata
    *("lyrics_language", "lyrics_confidence", "lyrics_script", "lyrics_mix"),
)


def read(
    tracks: Sequence[Track], options: dict, cache_dir: Path
) -> tuple[list[Lyrics], list[Rejected]]:
    """The lyrics of every track, and the files that cannot be read.

    Args:
      tracks: of `corpus.read` or `texts.read`.
      options: the section `lyrics` of a config.
      cache_dir: of translations.

    Raises:
      ValueError: the translator cannot be loaded.
    """
    return versions.read(
        tracks,
        wanted=options["versions"],
        drop=options["drop"],
        romanizer=options["romanizer"],
        translate=_translator(options["translator"], cache_dir),
    )


def has_any(one: Lyrics, options: dict) -> bool:
    """Whether a track has one of the versions that the config uses."""
    return any(version in one.versions for version in options["versions"])


def words(
    lyrics: Sequence[Lyrics],
    *,
    form: str,
    options: dict,
    cache_dir: Path,
    dtype: str,
    n_fitted: int | None = None,
) -> Words:
    """The vectors of every track.

    Args:
      n_fitted: tracks, from the first on, that vectors are fitted to; None is all.
      form: lines or song, names in `vectors.FORMS`.
      options: the section `lyrics` of a config.
      dtype: of the language model's arithmetic.

    Raises:
      ValueError: there are too few lyrics, or the language model cannot be loaded.
    """
    given = ("encoder", "model", "dim", "versions", "combine", "max_lines")
    x, mask = vectors.of_songs(
        [one.versions for one in lyrics],
        form=form,
        cache_dir=cache_dir,
        dtype=dtype,
        n_fitted=n_fitted,
        **{name: options[name] for name in given},
    )
    return Words(x, mask, each=options["encoder"] in vectors.UNEVEN)


def columns(one: Lyrics) -> dict[str, str]:
    """What is told of a track's lyrics, as columns of its metadata; "" without any."""
    told = one.language
    if told is None:
        return dict.fromkeys(COLUMNS, "")
    mix = " ".join(f"{name}:{share:.2f}" for name, share in told.mix.items())
    values = (told.language, f"{told.confidence:.2f}", told.script, mix)
    return dict(zip(COLUMNS, values, strict=True))


def described(lyrics: Iterable[Lyrics]) -> str:
    """The languages that were told, in one line; the most frequent first."""
    told = [one.language for one in lyrics if one.language]
    counts = Counter(
        f"{'romanised ' if one.romanized else ''}{one.language or '(not told)'}"
        for one in told
    )
    parts = [f"{name} {n}" for name, n in counts.most_common()]
    sure = np.mean([one.confidence for one in told]) if told else 0.0
    mixed = sum(len([s for s in one.mix.values() if s >= 0.2]) > 1 for one in told)
    return textwrap.fill(
        f"Languages of the lyrics, by their words: {', '.join(parts) or 'none'} "
        f"(mean confidence {sure:.2f}; {mixed} in more than one language)",
        width=100,
        subsequent_indent="    ",
    )


def agreement(tracks: Sequence[Track], lyrics: Sequence[Lyrics]) -> str:
    """How the languages that were told go with those of the metadata, as a table.

    A row a language and script: its songs, the share of them that are told to be in it,
    the share of their lines that are, each by itself, and what else songs are told to
    be. "" where the metadata name none of the languages that can be told. It is no
    score of a clustering.
    """
    told: dict[tuple[str, str], list[Lyrics]] = {}
    for track, one in zip(tracks, lyrics, strict=True):
        language = track.columns.get("language", "").casefold()
        if one.language and language in LANGUAGES:
            told.setdefault((language, one.language.script), []).append(one)
    if not told:
        return ""
    heading = (
        f"  {'language':<12}{'script':<8}{'songs':>7}{'agree':>8}{'lines':>8}  else"
    )
    lines = ["Languages of the lyrics, by their words beside the metadata:", heading]
    for (language, script), found in sorted(told.items()):
        names = [one.language.language for one in found]
        lines_right = [
            identify(line).language == language
            for one in found
            for line in versions.told_by(one)
        ]
        others = Counter(name or "not told" for name in names).most_common()
        rest = ", ".join(f"{name} {n}" for name, n in others if name != language)
        agree, by_line = names.count(language) / len(names), np.mean(lines_right)
        numbers = f"{len(found):>7}{agree:>8.3f}{by_line:>8.3f}"
        lines.append(f"  {language:<12}{script:<8}{numbers}  {rest}".rstrip())
    return "\n".join(lines)


def _translator(model: str, cache_dir: Path) -> Callable | None:
    """What translates songs by a model, each song once and for all; None without."""
    if not model:
        return None

    def translate(songs: list[tuple[Lines, str]]) -> list[Lines]:
        from vaejax.text import translate as translation

        weights = Path(model) / "model.bin"  # a name on the hub stays what it is
        settings = {"translator": model}
        if weights.is_file():
            settings["stamp"] = store.stamp(weights)
        opened, found = None, []
        with store.opened(cache_dir, settings) as cache:
            for lines, language in songs:
                digest = vectors.digest(lines)
                record = store.find(cache, digest)
                if record is None:
                    opened = opened or translation.open_translator(model)
                    made = opened(lines, [language] * len(lines))
                    record = store.note(digest, {"lines": made})
                    store.keep(cache, record)
                found.append(tuple(line for line in record.meta["lines"] if line))
        return found

    return translate
