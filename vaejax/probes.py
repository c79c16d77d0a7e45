"""What is asked of a run beside its clusters, as rows of scores.csv and as a table.

How much of a label the recording chain alone explains (`nuisance`), and whether a model
of audio and lyrics foresees one from the other (`retrieval`), on songs held out.
"""

from collections.abc import Sequence

import jax
import numpy as np

from vaejax import nuisance, retrieval
from vaejax.core import Dataset, Model, Variables
from vaejax.data import modalities
from vaejax.evaluate import Latents
from vaejax.report import number

Found = tuple[list[dict], str]  # rows of scores.csv, and the table
NOTHING: Found = ([], "")


def nuisances(
    dataset: Dataset, clips: Sequence, latents: Latents, labels: Sequence[str]
) -> Found:
    """What duration, level, bandwidth and source tell of each label.

    Beside them the audio as the model sees it, and the model's code of its first seed.

    Args:
      clips: of the dataset's rows, in their order; without any there is no table.
      labels: columns of the metadata; those that the collection lacks are skipped.
    """
    if not clips:
        return NOTHING
    predictors = nuisance.measured(clips, dataset.labels.get("source"))
    if "lyrics" in dataset.batch:
        has_lyrics = dataset.batch["lyrics_mask"].max(axis=1)[:, None]
        if has_lyrics.min() == 0:  # who has lyrics is chance, or an archive's taste
            predictors["has lyrics"] = has_lyrics
    audio = [x for name, x in modalities(dataset.batch).items() if name != "lyrics"]
    predictors["audio"] = np.hstack([x.reshape(len(x), -1) for x in audio])
    predictors[f"{latents.model}, seed 0"] = latents.z[0]
    found = [
        probe
        for label in labels
        if label in dataset.labels
        for probe in nuisance.probe(
            predictors, label, dataset.labels[label], dataset.songs
        )
    ]
    rows = [
        _row(one.predictor, 0, one.label, f"probe_{metric}", getattr(one, metric))
        for one in found
        for metric in ("accuracy", "balanced", "majority")
    ]
    return rows, nuisance.table(found)


def retrievals(
    name: str, model: Model, variables: Variables, dataset: Dataset
) -> Found:
    """How near the lyrics of held-out songs are to what a model makes of their audio.

    And the audio to what it makes of the lyrics. Nothing for a model of one of them.

    Args:
      name: of the model.
      variables: with a leading [s].
    """
    both = "lyrics" in dataset.batch and len(modalities(dataset.batch)) > 1
    if not both or model.decode is None:
        return NOTHING
    n_seeds = len(jax.tree.leaves(variables)[0])
    found: dict[str, list[retrieval.Summary]] = {}
    for seed in range(n_seeds):
        one = jax.tree.map(lambda x, seed=seed: x[seed], variables)
        given = (model, one, dataset.batch, dataset.songs, dataset.held_out)
        for direction, ranks in retrieval.cross_modal(*given).items():
            found.setdefault(direction, []).append(retrieval.summary(ranks))
    rows = [
        _row(name, seed, "", f"retrieval_{metric}_{direction}", getattr(one, metric))
        for direction, summaries in found.items()
        for seed, one in enumerate(summaries)
        for metric in ("percentile", "median_rank", "p_value")
    ]
    return rows, (_retrieval_table(name, found) if found else "")


def _row(model: str, seed: int, label: str, metric: str, value: float) -> dict:
    about = {"model": model, "clusterer": "", "k": None, "seed": seed, "space": ""}
    return about | {"label": label, "metric": metric, "value": value, "told": ""}


def _retrieval_table(name: str, found: dict[str, list[retrieval.Summary]]) -> str:
    """A line a direction, beside what chance gives; mean ± deviation over seeds."""
    m = next(iter(found.values()))[0].n_songs
    lines = [
        f"retrieval by {name} among {m} held-out songs with lyrics; chance in brackets",
        f"  {'':<18}{'percentile':>20}{'median rank':>20}{'first 5':>20}{'p':>8}",
    ]
    for direction, summaries in found.items():
        cells = (
            ([one.percentile for one in summaries], 3, 0.5),
            ([one.median_rank for one in summaries], 1, (m + 1) / 2),
            ([one.recall[5] for one in summaries], 3, min(1.0, 5 / m)),
        )
        texts = [
            f"{number(np.mean(x), d)} ±{number(np.std(x), d)} ({number(chance, d)})"
            for x, d, chance in cells
        ]
        p = number(max(one.p_value for one in summaries), 3)
        where = direction.replace("_", " ")
        lines.append(f"  {where:<18}" + "".join(f"{t:>20}" for t in texts) + f"{p:>8}")
    return "\n".join(lines)
