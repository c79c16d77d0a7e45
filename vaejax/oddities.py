"""What is odd about a collection as arrays, in words, before anything is made of it."""

import hashlib
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from vaejax.core import Dataset
from vaejax.data import modalities

MOST_NAMED = 3  # pairs of copies


def refuse_nonfinite(dataset: Dataset) -> None:
    """Refuses NaN and infinities before they are trained on.

    Raises:
      ValueError: names the modality, the tracks and how many there are.
    """
    for name, x in modalities(dataset.batch).items():
        finite = np.array([bool(np.isfinite(row).all()) for row in x])
        if not finite.all():
            ids = dataset.ids[~finite].tolist()
            raise ValueError(
                f"config.data.modalities: {name} of track {', '.join(ids[:5])} is not "
                f"finite, in {len(ids)} of {len(x)} tracks. Look at these files, or "
                "leave them out of the metadata."
            )


def notes(dataset: Dataset, labels: Sequence[str]) -> list[str]:
    """A sentence for everything that makes scores say less than they seem to.

    Args:
      labels: columns that clusters are scored against.
    """
    return [*_copies(dataset), *_labels(dataset, labels)]


def _copies(dataset: Dataset) -> list[str]:
    first = _first_of_kind(dataset.raw)
    copies = np.flatnonzero(first != np.arange(len(first)))
    if not len(copies):
        return []
    n, ids = len(first), dataset.ids
    if np.all(first == 0):
        return [
            f"Warning: all {n} tracks have the same features. No clusters of them mean "
            "anything."
        ]
    pairs = ", ".join(f"{ids[i]} = {ids[first[i]]}" for i in copies[:MOST_NAMED])
    more = ", ..." if len(copies) > MOST_NAMED else ""
    return [
        f"Note: {len(copies)} of {n} tracks have exactly the features of another "
        f"({pairs}{more}). Copies count in every score; drop them from the metadata if "
        "they are not meant."
    ]


def _first_of_kind(x: Float[np.ndarray, "n d"]) -> Int[np.ndarray, " n"]:
    """The first row that is equal to each row."""
    seen: dict[bytes, int] = {}
    rows = (hashlib.sha256(np.ascontiguousarray(row)).digest() for row in x)
    return np.array([seen.setdefault(row, i) for i, row in enumerate(rows)])


def _labels(dataset: Dataset, labels: Sequence[str]) -> list[str]:
    found = []
    for name in labels:
        values = dataset.labels.get(name)
        classes = set() if values is None else set(values.tolist()) - {""}
        if len(classes) == 1:
            found.append(
                f"Note: all tracks with a {name} have the same, "
                f"{classes.pop()!r}, so nothing is scored against it."
            )
    return found
