"""What is in a cluster, for people: a card with its labels, words and sound.

A card says how a cluster differs from the collection, and only what its number of songs
carries. Clips of one song count once wherever chance is weighed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from vaejax.text import keywords

NOISE = -1
MINUS = "\u2212"
MOST_CENTRAL = 5
MOST_VALUES = 8  # of a column
CLEAR_DEVIATIONS = 0.5  # of the collection, that a difference must exceed
SAFE_ERRORS = 2.0  # standard errors that it must exceed as well
NAMING_SHARE, NAMING_LIFT = 0.5, 1.25  # at least, of a label that names a cluster
NAMING_PAIR = 0.7  # at least, of two labels that name it together


class Share(NamedTuple):
    """How much of a cluster has one value of a column."""

    value: str
    count: int  # tracks of the cluster
    share: float  # of the tracks of the cluster whose value is known, in (0, 1]
    lift: float  # that share, divided by the share in the collection


class Difference(NamedTuple):
    """A trait that sets a cluster apart."""

    trait: str
    text: str  # with both numbers: "faster: 132 bpm against 108"
    word: str  # for a name: "fast"
    mean: float  # of the cluster
    elsewhere: float  # mean of all other tracks
    deviations: float  # their difference, in standard deviations of the collection


class Card(NamedTuple):
    """A cluster; `_asdict` of it and its parts is JSON."""

    cluster: int  # -1 is noise
    name: str  # no other card has it
    size: int  # tracks
    share: float  # of all tracks, in (0, 1]
    central: tuple[int, ...]  # rows nearest to the cluster's mean; none of noise
    shares: dict[str, tuple[Share, ...]]  # by column, the most frequent value first
    words: tuple[str, ...]  # the most telling first
    sound: tuple[Difference, ...]  # the largest first


class Trait(NamedTuple):
    """How a trait is put into words."""

    more: str
    less: str
    name_more: str
    name_less: str
    text: str  # of two numbers


TRAITS = {
    "tempo_bpm": Trait("faster", "slower", "fast", "slow", "{:.0f} bpm against {:.0f}"),
    "brightness_hz": Trait(
        "brighter", "darker", "bright", "dark", "{:,.0f} Hz against {:,.0f}"
    ),
    "loudness_db": Trait(
        "louder", "quieter", "loud", "quiet", "{:.1f} dB against {:.1f}"
    ),
    "harmonic_share": Trait(
        *("more harmonic", "more percussive", "harmonic", "percussive"),
        "{:.0%} harmonic energy against {:.0%}",
    ),
}


def cards(
    clusters: Int[np.ndarray, "n"],
    z: Float[np.ndarray, "n k"],
    *,
    songs: Shaped[np.ndarray, "n"],
    columns: Mapping[str, Sequence[str]],
    words: Sequence[Mapping[str, int]] | None,
    traits: Mapping[str, Float[np.ndarray, "n"]],
) -> list[Card]:
    """One card a cluster by falling size, noise last.

    Args:
      clusters: of each track; -1 is noise.
      z: where the clusters were found.
      songs: of each track; tracks of one song count once as evidence.
      columns: values of each track; "" is unknown.
      words: counts of each track's words, of `keywords.words_of`; {} without lyrics.
      traits: names in TRAITS; NaN is unknown.

    Raises:
      ValueError: a sequence is not as long as `clusters`, or a trait is not known.
    """
    _check(len(clusters), songs, columns, words, traits)
    songs = np.unique(songs, return_inverse=True)[1]  # numbers are compared faster
    found, counts = np.unique(clusters, return_counts=True)
    order = sorted(zip(found == NOISE, -counts, found, strict=True))
    members = {int(cluster): clusters == cluster for _, _, cluster in order}
    telling = keywords.of_classes(members, songs, words) if words is not None else {}
    unnamed = [
        Card(
            cluster=cluster,
            name="",
            size=int(rows.sum()),
            share=float(rows.mean()),
            central=() if cluster == NOISE else _central(rows, z, songs),
            shares={name: _shares(rows, column) for name, column in columns.items()},
            words=telling.get(cluster, ()),
            sound=_sound(rows, songs, traits),
        )
        for cluster, rows in members.items()
    ]
    return _named(unnamed)


def _check(n: int, songs, columns, words, traits) -> None:
    lengths = {"songs": songs, "words": words}
    lengths |= {f"columns[{name!r}]": column for name, column in columns.items()}
    lengths |= {f"traits[{name!r}]": values for name, values in traits.items()}
    for name, values in lengths.items():
        if values is not None and len(values) != n:
            raise ValueError(
                f"{name} has {len(values)} values; there are {n} tracks, and each "
                "needs one."
            )
    for name in traits:
        if name not in TRAITS:
            raise ValueError(
                f"traits[{name!r}] is not known. Choices: {', '.join(TRAITS)}."
            )


def _central(
    rows: Bool[np.ndarray, "n"],
    z: Float[np.ndarray, "n k"],
    songs: Shaped[np.ndarray, "n"],
) -> tuple[int, ...]:
    """The tracks nearest to the cluster's mean, one a song."""
    places = np.flatnonzero(rows)
    own = z[places].astype(np.float64)
    order = places[np.argsort(((own - own.mean(axis=0)) ** 2).sum(1), kind="stable")]
    _, first = np.unique(songs[order], return_index=True)
    return tuple(int(row) for row in order[np.sort(first)][:MOST_CENTRAL])


def _shares(rows: Bool[np.ndarray, "n"], column: Sequence[str]) -> tuple[Share, ...]:
    everywhere = Counter(value for value in column if value)
    here = Counter(column[row] for row in np.flatnonzero(rows) if column[row])
    n_known, n_here = everywhere.total(), here.total()
    return tuple(
        Share(
            str(value),
            count,
            count / n_here,
            (count / n_here) / (everywhere[value] / n_known),
        )
        for value, count in sorted(here.items(), key=lambda pair: (-pair[1], pair[0]))
    )[:MOST_VALUES]


def _sound(
    rows: Bool[np.ndarray, "n"],
    songs: Shaped[np.ndarray, "n"],
    traits: Mapping[str, Float[np.ndarray, "n"]],
) -> tuple[Difference, ...]:
    """The traits that differ from the other tracks by more than chance explains."""
    found = []
    for name, values in traits.items():
        known = np.isfinite(values)
        here, there = known & rows, known & ~rows
        n_here, n_there = (len(np.unique(songs[side])) for side in (here, there))
        if not n_here or not n_there:
            continue
        deviation = float(values[known].std())
        mean, elsewhere = float(values[here].mean()), float(values[there].mean())
        error = deviation * (1 / n_here + 1 / n_there) ** 0.5
        difference = mean - elsewhere
        if abs(difference) > max(CLEAR_DEVIATIONS * deviation, SAFE_ERRORS * error):
            found.append(_difference(name, mean, elsewhere, difference / deviation))
    return tuple(sorted(found, key=lambda one: -abs(one.deviations)))


def _difference(
    name: str, mean: float, elsewhere: float, deviations: float
) -> Difference:
    trait = TRAITS[name]
    said, word = (
        (trait.more, trait.name_more)
        if deviations > 0
        else (trait.less, trait.name_less)
    )
    numbers = trait.text.format(mean, elsewhere).replace("%", " %")
    text = f"{said}: {numbers.replace('-', MINUS)}"
    return Difference(name, text, word, mean, elsewhere, deviations)


def _named(unnamed: Iterable[Card]) -> list[Card]:
    """The cards with names; the first, which is the largest, has the first choice."""
    taken: set[str] = set()
    named = []
    for card in unnamed:
        name = next(name for name in _names(card) if name not in taken)
        taken.add(name)
        named.append(card._replace(name=name))
    return named


def _names(card: Card) -> Iterator[str]:
    """Names of falling quality, without end."""
    if card.cluster == NOISE:
        yield "noise"
    labels = " ".join(_labels(card.shares))
    sound = ", ".join(one.word for one in card.sound[:2])
    base = " · ".join(part for part in (labels, sound) if part)
    if base:
        yield base
    base = base or "mixed"
    for n in range(2, 1 + min(4, len(card.words))):
        yield f"{base} · {', '.join(card.words[:n])}"
    yield base
    n = 2
    while True:
        yield f"{base} ({n})"
        n += 1


def _label(column: Sequence[Share]) -> str:
    """The value with the highest lift, or the two that are commonest together."""
    lifted = [s for s in column if s.lift >= NAMING_LIFT]
    enough = [s for s in lifted if s.share >= NAMING_SHARE]
    if enough:
        return max(enough, key=lambda s: s.lift).value.replace("_", " ")
    two = lifted[:2]
    if len(two) == 2 and sum(s.share for s in two) >= NAMING_PAIR:
        return " and ".join(s.value.replace("_", " ") for s in two)
    return ""


def _labels(shares: Mapping[str, Sequence[Share]]) -> Iterator[str]:
    """What names a cluster by each column, if enough of the cluster has it.

    A value that another one contains, as arabic_pop contains arabic, is left out.
    """
    best = [name for column in shares.values() if (name := _label(column))]
    for i, value in enumerate(best):
        others = best[:i] + [other for other in best[i + 1 :] if other != value]
        if not any(set(value.split()) <= set(other.split()) for other in others):
            yield value


def lines(card: Card, titles: Sequence[str]) -> list[str]:
    """The card as short lines of text.

    Args:
      titles: of all tracks.
    """
    tracks = "track" if card.size == 1 else "tracks"
    rows = [
        card.name,
        f"{card.size} {tracks}, {100 * card.share:.0f} % of the collection",
    ]
    for column, shares in card.shares.items():
        if shares:
            said = ", ".join(
                f"{s.value} {100 * s.share:.0f} % ({s.lift:.1f}×)" for s in shares[:3]
            )
            rows.append(f"{column}: {said}")
    if card.sound:
        rows.append("; ".join(one.text for one in card.sound))
    if card.words:
        rows.append(f"key words: {', '.join(card.words)}")
    if card.central:
        rows.append(f"at its centre: {'; '.join(titles[row] for row in card.central)}")
    return rows


def as_json(card: Card) -> dict:
    """The card in dictionaries, lists, texts and numbers."""
    return card._asdict() | {
        "central": list(card.central),
        "shares": {
            column: [share._asdict() for share in shares]
            for column, shares in card.shares.items()
        },
        "words": list(card.words),
        "sound": [one._asdict() for one in card.sound],
    }
