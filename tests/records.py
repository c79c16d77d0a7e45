"""Records of runs made by hand: what the files of a small run would say."""

from pathlib import Path

import numpy as np

from vaejax.compare import Compared, Lead, Method
from vaejax.evaluate import Clustering, Latents
from vaejax.record import Record
from vaejax.tables import Estimate


def record_of(
    clusterings,
    labels,
    nulls,
    *,
    songs=None,
    modalities=("mel",),
    fusion="mopoe",
    model="vae",
    history=(),
    scores=(),
) -> Record:
    """A record of these clusterings; rows are named 0, 1, ... unless labels name them.

    Args:
      labels: {column: a value a row}; a column `track_id` names the rows.
      nulls: {label: ARI of each clustering against each shuffle}.
    """
    n = len(next(iter(labels.values())))
    ids = np.array([str(i) for i in range(n)])
    columns = {name: np.array(values) for name, values in labels.items()}
    tracks = {"track_id": ids, "song_id": ids if songs is None else np.array(songs)}
    return Record(
        folder=Path("run"),
        trained=Path("run"),
        settings={
            "data": {"root": "songs", "modalities": modalities},
            "fusion": {"name": fusion},
            "model": {"name": model, "title": ""},
            "train": {"seeds": 2},
            "eval": {"labels": tuple(name for name in labels if name != "track_id")},
        },
        about={},
        tracks=tracks | columns,
        latents=(Latents(model, "z", np.zeros((2, n, 1))),),
        clusterings=tuple(clusterings),
        scores=tuple(scores),
        history=tuple(history),
        nulls={name: np.array(values, float) for name, values in nulls.items()},
        notes=(),
    )


def clustered(clusters, model="vae", clusterer="kmeans", k=2, seed=0, **about):
    """A clustering of the rows."""
    space = "" if seed is None else "z"
    where = (model, space, clusterer, k, seed)
    return Clustering(*where, np.array(clusters), **about)


def method(model="vae", clusterer="kmeans", k=2, modalities="mel", fusion="none"):
    """A method on one modality unless it says otherwise."""
    return Method(model, modalities, fusion, clusterer, k)


def compared(
    one: Method, ari=0.5, *, std=0.1, p=0.01, corrected=0.02, lead=None, **about
) -> Compared:
    """What comparing would have found of a method."""
    known = {"family": 0, "n_tracks": 40, "label": "genre", "told": False} | about
    estimate = Estimate(ari, std)
    return Compared(
        method=one, ari=estimate, p=p, p_corrected=corrected, lead=lead, **known
    )


def lead(difference: float, p: float, error=0.1, baseline=None) -> Lead:
    """A lead with its interval."""
    spread = 1.96 * error
    low, high = difference - spread, difference + spread
    return Lead(baseline or method("pca"), difference, low, high, p)
