"""Rows on their way to the device, in parts.

While one is used, a thread gathers the next. The arrays may lie in RAM or in a mapped
file.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
from jax.sharding import Sharding
from jaxtyping import Int

from vaejax.core import Batch
from vaejax.mapped import PARTS, forget


def parts(
    batch: Batch, rows: Int[np.ndarray, "*s m b"], sharding: Sharding
) -> Iterator[tuple[slice, Batch]]:
    """Some steps at a time: which, and their rows, {name: [*s, r, ...]} on the device.

    Args:
      batch: {name: [n, ...]}, on the host.
      rows: b of each of m steps; for each of s seeds, where these differ. r is a
        multiple of b.
      sharding: of what is yielded.
    """
    n_bytes = sum(x[:1].nbytes for x in batch.values()) * rows.size
    steps = some_at_a_time(rows.shape[-2], n_bytes)

    def gather(some: slice) -> tuple[slice, Batch]:
        flat = rows[..., some, :].reshape(*rows.shape[:-2], -1)
        found = {}
        for name, x in batch.items():
            found[name] = jax.device_put(x[flat], sharding)
            forget(x)
        return some, found

    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(gather, steps[0])
        for some in steps[1:]:
            part, ahead = ahead.result(), pool.submit(gather, some)
            yield part
        yield ahead.result()


def some_at_a_time(n_steps: int, n_bytes: int) -> list[slice]:
    """Parts of an epoch of so many bytes: of at most PARTS, but of at least two steps.

    A loop of one step is none to the compiler, which then rounds otherwise.
    """
    at_once = max(2, PARTS * n_steps // max(n_bytes, 1))
    starts = [*range(0, n_steps, at_once)]
    if n_steps - starts[-1] == 1 and len(starts) > 1:
        starts.pop()
    return [slice(*ends) for ends in zip(starts, [*starts[1:], n_steps], strict=True)]
