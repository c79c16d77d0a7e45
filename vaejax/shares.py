"""What one of several processes holds of a collection: some of its rows.

Arrays of all rows, of which some are here (`Held`), or lie in parts that all processes
have written and can read (`Joined`). A program sees arrays [n, ...] in either case.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from vaejax import mapped
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


class Joined:
    """An array [n, ...] whose rows lie in several, one after the other."""

    def __init__(self, parts: Sequence[np.ndarray]) -> None:
        """Takes the parts, [m, ...] each."""
        self.parts = tuple(parts)
        self.starts = np.cumsum([0, *(len(part) for part in parts)])
        self.shape = (int(self.starts[-1]), *parts[0].shape[1:])
        self.dtype = parts[0].dtype

    def __len__(self) -> int:
        """How many rows there are in all."""
        return self.shape[0]

    def __getitem__(self, rows: np.ndarray | np.integer) -> np.ndarray:
        """The rows of these numbers [*b, ...], in [0, n)."""
        numbers = np.ravel(rows)
        found = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        who = np.searchsorted(self.starts, numbers, side="right") - 1
        for i in np.unique(who):
            mine = who == i
            found[mine] = self.parts[i][numbers[mine] - self.starts[i]]
        return found.reshape(*np.shape(rows), *self.shape[1:])


Rows = np.ndarray | Held | Joined


def row_bytes(x: Rows) -> int:
    """Of one row of an array."""
    return math.prod(x.shape[1:]) * x.dtype.itemsize


def forget(x: Rows) -> None:
    """`mapped.forget` of what is here of an array."""
    here = x.here if isinstance(x, Held) else x
    for part in here.parts if isinstance(here, Joined) else (here,):
        mapped.forget(part)


def has(x: Rows, row: int | np.integer) -> bool:
    """Whether a row of an array is here."""
    return not isinstance(x, Held) or row in x.rows
