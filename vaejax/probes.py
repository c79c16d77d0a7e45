"""What is asked of a run beside its clusters, as rows of scores.csv and as a table.

How much of a label the recording chain alone explains (`nuisance`), and whether a model
of audio and lyrics foresees one from the other (`retrieval`), on songs held out.
"""

from collections.abc import Sequence

import numpy as np

from vaejax import nuisance, retrieval
from vaejax.core import Dataset, Model, Variables
from vaejax.data import has_lyrics, modalities, side_by_side
from vaejax.evaluate import Latents
from vaejax.fusion import is_joint
from vaejax.report import number
from vaejax.sketch import MOST

Found = tuple[list[dict], str]  # rows of scores.csv, and the table
NOTHING: Found = ([], "")
SUMMARY = ("n_songs", "percentile", "median_rank", "p_value")


def nuisances(
    dataset: Dataset, clips: Sequence, latents: Latents, labels: Sequence[str]
) -> Found:
    """What duration, level, bandwidth and source tell of each label.

    Beside them the audio as the model sees it, and the model's code of its first seed
    that has one.

    Args:
      clips: of the dataset's rows, in their order; without any there is no table.
      labels: columns of the metadata; those that the collection lacks are skipped.
    """
    if not clips:
        return NOTHING
    predictors = nuisance.measured(clips, dataset.labels.get("source"))
    if "lyrics" in dataset.batch:
        told = has_lyrics(dataset.batch)
        if not told.all():  # who has lyrics is chance, or an archive's taste
            predictors["has lyrics"] = told[:, None].astype(float)
    audio = [name for name in modalities(dataset.batch) if name != "lyrics"]
    predictors["audio"] = side_by_side(dataset.batch, audio)
    seed = latents.seeds[0]
    predictors[f"{latents.model}, seed {seed}"] = latents.z[seed]
    found = [
        probe
        for label in labels
        if label in dataset.labels
        for probe in nuisance.probe(
            predictors, label, dataset.labels[label], dataset.songs
        )
    ]
    rows = [
        _row(latents.model, seed, f"probe_{metric}", getattr(one, metric))
        | {"space": one.predictor, "label": one.label}
        for one in found
        for metric in ("accuracy", "balanced", "majority")
    ]
    return rows, nuisance.table(found)


def retrievals(
    latents: Latents,
    model: Model,
    variables: Variables,
    dataset: Dataset,
    labels: Sequence[str],
) -> Found:
    """How near the lyrics of held-out songs are to what a model makes of their audio.

    And the audio to what it makes of the lyrics; among all of them, and among those of
    the same class by each label. Nothing for a model of one of the two.

    Args:
      latents: of the model.
      variables: with a leading [s].
      labels: columns of the metadata; those that the collection lacks are skipped.
    """
    if not is_joint(modalities(dataset.batch)) or model.decode is None:
        return NOTHING
    rows = _held_out_with_lyrics(dataset)
    groups, found = _classes_of_songs(dataset, labels, rows), {}
    given = (model, variables, dataset.batch, dataset.songs, rows)
    for direction, tables in retrieval.cross_modal(*given).items():
        for seed in latents.seeds:
            for metric, value in _values(tables[seed], groups).items():
                found.setdefault((direction, metric), []).append(value)
    rows = [
        _row(latents.model, seed, f"retrieval_{metric}_{direction}", value)
        for (direction, metric), values in found.items()
        for seed, value in zip(latents.seeds, values, strict=True)
    ]
    return rows, (_retrieval_table(latents.model, found) if found else "")


def _values(ranks: np.ndarray, groups: dict[str, np.ndarray]) -> dict[str, float]:
    whole = retrieval.summary(ranks)
    values = {metric: float(getattr(whole, metric)) for metric in SUMMARY}
    within = {
        f"in_{label}": retrieval.percentile_within(ranks, classes)
        for label, classes in groups.items()
    }
    known = {metric: value for metric, value in within.items() if value is not None}
    return values | {"first_5": whole.recall[5]} | known


def _held_out_with_lyrics(dataset: Dataset) -> np.ndarray:
    """Rows, evenly spread where all of them would be too many to compare."""
    rows = np.flatnonzero(dataset.held_out & has_lyrics(dataset.batch))
    row = sum(x[0].size for x in modalities(dataset.batch).values())
    most = max(2, MOST // row)
    places = np.linspace(0, len(rows) - 1, min(len(rows), most))
    return rows[places.round().astype(int)]


def _classes_of_songs(
    dataset: Dataset, labels: Sequence[str], rows: np.ndarray
) -> dict[str, np.ndarray]:
    """{label: the class of every song of some rows}, in order of song ids."""
    _, first = np.unique(dataset.songs[rows], return_index=True)
    known = [label for label in labels if label in dataset.labels]
    return {label: dataset.labels[label][rows[first]] for label in known}


def _row(model: str, seed: int, metric: str, value: float) -> dict:
    about = {"model": model, "clusterer": "", "k": None, "seed": seed, "space": ""}
    return about | {"label": "", "metric": metric, "value": value, "told": ""}


def _retrieval_table(name: str, found: dict[tuple, list[float]]) -> str:
    """A line a direction, beside what chance gives; mean ± deviation over seeds."""
    m = int(next(iter(found.values()))[0])
    chance = {"percentile": 0.5, "median_rank": (m + 1) / 2, "first_5": min(1.0, 5 / m)}
    within = dict.fromkeys(n for _, n in found if n.startswith("in_"))
    names = [*chance, *within]
    about = f"retrieval by {name} among {m} held-out songs with lyrics"
    heads = "".join(f"{n.replace('_', ' '):>14.14}" for n in names)
    lines = [about, f"  {'':<16}{heads}{'p':>6}"]
    for direction in dict.fromkeys(d for d, _ in found):
        cells = [_of_seeds(found.get((direction, n), []), n) for n in names]
        p = number(max(found[direction, "p_value"]), 3)
        where = direction.replace("_", " ")
        lines.append(f"  {where:<16}" + "".join(f"{c:>14}" for c in cells) + f"{p:>6}")
    given = [f"({number(c, 1 if c > 1 else 3)})" for c in chance.values()]
    given += ["(.500)"] * len(within)
    lines.append(f"  {'(chance)':<16}" + "".join(f"{c:>14}" for c in given))
    return "\n".join(lines)


def _of_seeds(values: Sequence[float], name: str) -> str:
    digits = 1 if name == "median_rank" else 3
    if not values:
        return "–"
    return f"{number(np.mean(values), digits)} ±{number(np.std(values), digits)}"
