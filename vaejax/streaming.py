"""Rows on their way to the device, in parts, by Grain.

While one is used, a thread gathers the next. The arrays may lie in RAM or in a mapped
file; a process reads the rows of its own devices alone. Where this stands can be saved.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import Int

from vaejax.core import Batch
from vaejax.devices import placed
from vaejax.mapped import PARTS
from vaejax.shares import forget, row_bytes

Position = dict[str, Any]  # steps in a part, and the state of Grain's iterator


def parts(
    batch: Batch,
    rows: Int[np.ndarray, "*s m b"],
    mesh: Mesh,
    position: Position | None = None,
) -> Iterator[tuple[slice, Batch, Position]]:
    """Some steps at a time: which, and their rows, {name: [*s, r, ...]} on the devices.

    r is a multiple of b. The third is the position to go on from after them.

    Args:
      batch: {name: [n, ...]}, on the host.
      rows: b of each of m steps; for each of s seeds, where these differ.
      mesh: each seed is sent where it is trained, and to each of the devices that share
        its batches a share of the rows, if b can be divided.
      position: None is the start.
    """
    import grain  # takes half a second, of runs that stream

    n_bytes = sum(map(row_bytes, batch.values())) * rows.size
    position = position or {"at_once": at_once(rows.shape[-2], n_bytes)}
    steps = some_at_a_time(rows.shape[-2], position["at_once"])
    sharding = _sharding(rows, mesh)

    def gather(part: int) -> tuple[slice, Batch]:
        flat = rows[..., steps[part], :].reshape(*rows.shape[:-2], -1)
        found = {}
        for name, x in batch.items():
            found[name] = placed(x, flat, sharding)
            forget(x)
        return steps[part], found

    ahead = grain.ReadOptions(num_threads=1, prefetch_buffer_size=1)
    order = grain.MapDataset.range(len(steps))
    with contextlib.closing(iter(order.map(gather).to_iter_dataset(ahead))) as reader:
        if "reader" in position:
            reader.set_state(position["reader"])
        for some, data in reader:
            yield some, data, position | {"reader": reader.get_state()}


def _sharding(rows: Int[np.ndarray, "*s m b"], mesh: Mesh) -> NamedSharding:
    """Of rows [*s, r]."""
    even = rows.shape[-1] % mesh.shape["data"] == 0
    return NamedSharding(mesh, P(*["seed"] * (rows.ndim - 2), *["data"] * even))


def at_once(n_steps: int, n_bytes: int) -> int:
    """Steps in a part of an epoch of so many bytes: of at most PARTS, but at least two.

    A loop of one step is none to the compiler, which then rounds otherwise.
    """
    return max(2, PARTS * n_steps // max(n_bytes, 1))


def some_at_a_time(n_steps: int, at_once: int) -> list[slice]:
    """The parts of an epoch; a step that would be alone is in the one before it."""
    starts = [*range(0, n_steps, at_once)]
    if n_steps - starts[-1] == 1 and len(starts) > 1:
        starts.pop()
    return [slice(*ends) for ends in zip(starts, [*starts[1:], n_steps], strict=True)]
