"""What the files of a run say: all that tables, figures and pages are made from."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from vaejax import cells, divergence, run_folder
from vaejax.evaluate import Clustering, Latents
from vaejax.report import Score
from vaejax.trained import SIDE_BY_SIDE, best_seed, name_of


class Record(NamedTuple):
    """One run, read back from its folder; rows in the order of track ids."""

    folder: Path  # where clusters, scores and what is made of them are
    trained: Path  # the run that the latents are of; the same, unless clustered anew
    settings: dict[str, dict]
    about: dict  # config.json: versions, commit, fingerprint of the collection
    tracks: dict[str, np.ndarray]  # {column of tracks.csv: str [n]}
    latents: tuple[Latents, ...]  # the model asked for first
    clusterings: tuple[Clustering, ...]
    scores: tuple[Score, ...]
    history: tuple[dict, ...]
    nulls: dict[str, Float[np.ndarray, "m p"]]  # ARI of each clustering on shuffles
    notes: tuple[str, ...]  # what is odd about the collection, and about the training


def read(
    folder: Path, settings: dict[str, dict], trained: Path | None = None
) -> Record:
    """Reads the folder of a run that has been scored.

    Args:
      trained: the run whose latents are clustered in `folder`, if that is another.
    """
    trained = trained or folder
    tracks, latents, ids = collection_of(trained, settings)
    with np.load(folder / "permutations.npz") as file:
        nulls = {name: file[name] for name in file.files}
    history = run_folder.History(trained / "history.jsonl").rows
    return Record(
        folder,
        trained,
        settings,
        json.loads((trained / "config.json").read_text()),
        tracks,
        latents,
        tuple(_clusterings(folder / "assignments.csv", len(ids), latents)),
        tuple(scores(folder / "scores.csv")),
        tuple(history),
        nulls,
        (*json.loads((trained / "notes.json").read_text()), *divergence.told(history)),
    )


def collection_of(
    trained: Path, settings: dict[str, dict]
) -> tuple[dict[str, np.ndarray], tuple[Latents, ...], np.ndarray]:
    """The columns of the tracks, what every model makes of them, and their ids."""
    table = list(cells.records(trained / "tracks.csv"))
    with np.load(trained / "latents.npz") as file:
        arrays = {name: file[name] for name in file.files}
    ids = arrays.pop("track_id")
    rows = {row["track_id"]: row for row in table}
    tracks = {
        column: np.array([rows[track_id][column] for track_id in ids.tolist()])
        for column in table[0]
    }
    return tracks, _latents(arrays, settings), ids


def _latents(arrays: dict[str, np.ndarray], settings: dict) -> tuple[Latents, ...]:
    n_seeds = settings["train"]["seeds"]
    found = []
    for key, z in arrays.items():
        name, _, kind = key.rpartition("_")
        if kind == "z":
            space = name if name in SIDE_BY_SIDE else "z"
            z = np.broadcast_to(z, (n_seeds, *z.shape[1:]))
            told = told_of(name, settings)
            own = arrays.get(f"{name}_probability")
            found.append(Latents(name, space, z, own, told))
    return tuple(found)


def told_of(name: str, settings: dict) -> tuple[str, ...]:
    """The label columns that a model of a run was told."""
    asked = settings["model"]
    if asked["name"] == "cvae" and name == name_of(asked):
        return tuple(settings["data"]["condition"])
    return ()


def _clusterings(
    path: Path, n: int, latents: Sequence[Latents]
) -> Iterator[Clustering]:
    of_model = {one.model: one for one in latents}
    reader = cells.read(path)
    next(reader)
    while rows := list(islice(reader, n)):
        _, model, clusterer, k, seed, _, _ = rows[0]
        one = of_model.get(model)
        probability = None
        if rows[0][6]:
            probability = np.array([float(row[6]) for row in rows])
        yield Clustering(
            model,
            one.space if one and seed else "",
            clusterer,
            int(k) if k else None,
            int(seed) if seed else None,
            np.array([int(row[5]) for row in rows]),
            probability,
            z=one.z[int(seed)] if one and seed else None,
            told=one.told if one else (),
        )


def scores(path: Path) -> Iterator[Score]:
    """The rows of a `scores.csv`."""
    for row in cells.records(path):
        k = int(row["k"]) if row["k"] else None
        seed = int(row["seed"]) if row["seed"] else None
        yield Score(**row | {"k": k, "seed": seed, "value": float(row["value"])})


def labels(record: Record) -> dict[str, np.ndarray]:
    """The label columns that the run is scored on and its collection has."""
    wanted = record.settings["eval"]["labels"]
    return {name: record.tracks[name] for name in wanted if name in record.tracks}


def model_of(record: Record) -> str:
    """The name of the model that the run was asked for."""
    return name_of(record.settings["model"])


def seed_of(record: Record) -> int:
    """Its seed with the best held-out loss; labels have no say."""
    name = model_of(record)
    return best_seed([row for row in record.history if row["model"] == name])
