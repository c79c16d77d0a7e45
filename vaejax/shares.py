"""What one of several processes holds of a collection: some of its rows."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from vaejax.core import Batch


class Share(NamedTuple):
    """The rows that this process reads; others may read some of them as well."""

    rows: Int[np.ndarray, " m"]  # of the collection, sorted
    counted: Bool[np.ndarray, " m"]  # in sums over processes: each row by one of them


def shared(batch: Batch, share: Share, n: int) -> Batch:
    """The arrays of a share as those of all n rows."""
    return {name: Held(x, share, n) for name, x in batch.items()}


class Held:
    """An array [n, ...] of which only the rows of a share are here."""

    def __init__(self, x: np.ndarray, share: Share, n: int) -> None:
        """Takes the rows that are here, [m, ...], and how many there are in all."""
        self.here, self.rows = x, share.rows
        self.shape, self.dtype = (n, *x.shape[1:]), x.dtype

    def __len__(self) -> int:
        """How many rows there are in all."""
        return self.shape[0]

    def __getitem__(self, rows: np.ndarray | np.integer) -> np.ndarray:
        """The rows of these numbers [*b, ...].

        Raises:
          IndexError: one of them is not here.
        """
        places = np.searchsorted(self.rows, rows).clip(max=len(self.rows) - 1)
        if not np.array_equal(self.rows[places], rows):
            raise IndexError("this process does not hold all of these rows")
        return self.here[places]


def has(x: np.ndarray | Held, row: int | np.integer) -> bool:
    """Whether a row of an array is here."""
    return not isinstance(x, Held) or row in x.rows
