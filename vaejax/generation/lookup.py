"""What a person names -> where a finished run has it, or a refusal with the choices."""

import difflib
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Int

from vaejax import cells
from vaejax.trained import Finished


def tracks(run: Finished, text: str) -> list[str]:
    """The track ids that a text names, separated by commas, which ids may hold.

    Raises:
      ValueError: the run has no such track.
    """
    known, parts, ids = set(run.dataset.ids.tolist()), text.split(","), []
    while parts:
        heads = (",".join(parts[:n]).strip() for n in range(1, len(parts) + 1))
        n, found = next(((n, h) for n, h in enumerate(heads, 1) if h in known), (0, ""))
        if not n:
            raise ValueError(
                f"{parts[0].strip()!r} is no track of --run={run.folder}."
                f"{_close(parts[0].strip(), known)} {_where(run)}"
            )
        ids, parts = [*ids, found], parts[n:]
    return ids


def rows(run: Finished, ids: Sequence[str]) -> Int[np.ndarray, " n"]:
    """The rows of tracks, whose ids are sorted in a dataset."""
    return np.searchsorted(run.dataset.ids, ids)


def _where(run: Finished) -> str:
    if not run.clips:
        return f"Ids reach from {run.dataset.ids[0]} to {run.dataset.ids[-1]}."
    return f"{run.folder / 'tracks.csv'} lists all ids."


def told(
    run: Finished, labels: dict[str, str], own: Int[np.ndarray, "n m"]
) -> Int[np.ndarray, "n m"]:
    """What the model is told: `own` indices, and in their place the `labels` named.

    Args:
      labels: {label column: class}.
      own: 0 is unknown; m is 0 for a model that is told nothing.

    Raises:
      ValueError: the model was not told the column, or never saw the class.
    """
    classes, condition = run.dataset.told, own.copy()
    for column, value in labels.items():
        if column not in classes:
            which = f"It was told {', '.join(classes) or 'no labels'}."
            if not classes:
                which += " Start from --config=configs/cvae.py, or name a cluster."
            raise ValueError(f"{column}={value}: {run.name} was not told it. {which}")
        if value not in classes[column]:
            raise ValueError(
                f"{column}={value} is not a class that {run.name} was trained on."
                f"{_close(value, classes[column])} Choices: "
                f"{', '.join(classes[column])}."
            )
        condition[:, list(classes).index(column)] = 1 + classes[column].index(value)
    return condition


def clustering(
    run: Finished, clusterer: str | None, k: int | None
) -> tuple[str, int | None, Int[np.ndarray, " n"]]:
    """A clusterer, its k, and the cluster of every row by it.

    Args:
      clusterer: None is the model's own, or else kmeans, or else the first there is.
      k: None is the first that the clusterer was run at.

    Raises:
      ValueError: assignments.csv holds no such clustering.
    """
    found: dict[tuple, dict[str, int]] = {}
    for row in cells.records(run.folder / "assignments.csv"):
        # A consensus has no seed, and no codes of its own.
        if (row["model"], row["seed"]) == (run.name, str(run.seed)):
            key = row["clusterer"], int(row["k"]) if row["k"] else None
            found.setdefault(key, {})[row["track_id"]] = int(row["cluster"])
    names = [name for name, _ in found]
    default = next((name for name in ("own", "kmeans") if name in names), names[0])
    asked = clusterer or default
    for key in found:
        if key[0] == asked and k in (None, key[1]):
            return *key, np.array([found[key][i] for i in run.dataset.ids.tolist()])
    pairs = (name if n is None else f"{name} at k = {n}" for name, n in found)
    raise ValueError(
        f"--run={run.folder} has no clusters by {asked}{f' at k = {k}' if k else ''} "
        f"for {run.name}. Choices: {', '.join(pairs)}."
    )


def _close(value: str, choices: Iterable[str]) -> str:
    close = difflib.get_close_matches(value, list(choices), 1)
    return f" Did you mean {close[0]}?" if close else ""
