"""Seeds over devices: what is written for one seed, for all of them."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import Int

from vaejax.core import Batch, Variables
from vaejax.mapped import forget

AT_ONCE = 2**21  # numbers of input that go through the networks at once, a seed


def dtype(name: str) -> str:
    """The dtype of the arithmetic; auto is bfloat16 on a GPU, and float32 elsewhere."""
    if name != "auto":
        return name
    return "bfloat16" if jax.default_backend() == "gpu" else "float32"


def mesh_of(n_seeds: int) -> Mesh:
    """As many devices as divide the seeds evenly."""
    most = min(n_seeds, jax.device_count())
    n_devices = next(n for n in range(most, 0, -1) if n_seeds % n == 0)
    return jax.make_mesh(
        (n_devices,),
        ("seed",),
        axis_types=(AxisType.Auto,),
        devices=jax.devices()[:n_devices],
    )


def shardings(n_seeds: int) -> tuple[NamedSharding, NamedSharding]:
    """Seeds over devices; the data on each of these."""
    mesh = mesh_of(n_seeds)
    return NamedSharding(mesh, P("seed")), NamedSharding(mesh, P())


def over_seeds(function: Callable, n_seeds: int) -> Callable:
    """`function(one seed's, *everybody's)` for arguments with a leading [s].

    On an accelerator the seeds of a device go through it together, by `vmap`. On a CPU
    they take turns: there nothing is gained by width, and convolutions whose kernels
    differ from row to row are slow.
    """

    def together(seeded, *shared):
        return jax.vmap(lambda one: function(one, *shared))(seeded)

    def in_turns(seeded, *shared):
        return jax.lax.map(lambda one: function(one, *shared), seeded)

    def everywhere(seeded, *shared):
        return jax.shard_map(
            in_turns if jax.default_backend() == "cpu" else together,
            mesh=mesh_of(n_seeds),
            in_specs=(P("seed"), *(P() for _ in shared)),
            out_specs=P("seed"),
            check_vma=False,
        )(seeded, *shared)

    return everywhere


def map_rows(
    function: Callable,
    variables: Variables,
    batch: Batch,
    chunk: int = 256,
    rows: Int[np.ndarray, " n"] | None = None,
) -> np.ndarray:
    """Applies `function(variables, batch)` for every seed to all rows, in chunks.

    Args:
      variables: leaves with a leading [s] axis.
      batch: {name: [n, ...]}.
      chunk: rows at once, at most; fewer where a row is large.
      rows: those that are asked for; None is all of them.

    Returns:
      [s, n, ...].
    """
    n_seeds = len(jax.tree.leaves(variables)[0])
    apply = jax.jit(over_seeds(function, n_seeds))
    rows = np.arange(len(next(iter(batch.values())))) if rows is None else rows
    row = max(x[0].size for x in batch.values())
    chunk = max(1, min(chunk, AT_ONCE // max(row, 1)))
    parts = []
    for start in range(0, len(rows), chunk):
        some = rows[start : start + chunk]
        part = {name: jnp.asarray(x[some]) for name, x in batch.items()}
        parts.append(jax.device_get(apply(variables, part)))
        for x in batch.values():
            forget(x)
    return np.concatenate(parts, axis=1)
