"""Seeds, and the rows of a seed, over devices: what is written for one, for all.

The mesh has two axes. `seed`: nothing passes between seeds. `data`: the devices of a
seed share its batches. Arrays are whole to whoever reads the code; the compiler adds
what the devices have to tell each other, so batch statistics are those of all rows.
"""

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


def mesh_of(n_seeds: int, *, seed: int = 0, data: int = 1) -> Mesh:
    """The devices, seeds by data.

    Args:
      seed: devices that the seeds are spread over; 0 is as many as divide them evenly.
      data: devices that share the rows of a seed.

    Raises:
      ValueError: there are not so many devices, or they do not divide the seeds.
    """
    n, most = jax.device_count(), min(n_seeds, jax.device_count() // data)
    seed = seed or next((n for n in range(most, 0, -1) if n_seeds % n == 0), 1)
    if n_seeds % seed:
        raise ValueError(
            f"config.mesh.seed={seed} does not divide config.train.seeds={n_seeds}: "
            "every device trains as many. Change one of them, or take 0."
        )
    if seed * data > n:
        raise ValueError(
            f"config.mesh.data={data} and config.mesh.seed={seed} ask for "
            f"{seed * data} devices, and there are {n}. Lower one of them."
        )
    return jax.make_mesh(
        (seed, data),
        ("seed", "data"),
        axis_types=(AxisType.Auto, AxisType.Auto),
        devices=jax.devices()[: seed * data],
    )


def by_seed(mesh: Mesh) -> NamedSharding:
    """Leaves with a leading [s]: each seed where it is trained."""
    return NamedSharding(mesh, P("seed"))


def everywhere(mesh: Mesh) -> NamedSharding:
    """The same on every device."""
    return NamedSharding(mesh, P())


def by_row(mesh: Mesh) -> NamedSharding:
    """Leaves with a leading [n]: each row on one device of every seed."""
    return NamedSharding(mesh, P("data"))


def spread(batch: Batch) -> Batch:
    """The rows of a batch, a multiple of the devices that share a seed, over these."""
    mesh = jax.sharding.get_abstract_mesh()
    if mesh.shape.get("data", 1) == 1:
        return batch
    return jax.tree.map(lambda x: jax.lax.with_sharding_constraint(x, P("data")), batch)


def over_seeds(function: Callable, mesh: Mesh) -> Callable:
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
            mesh=mesh,
            axis_names={"seed"},  # the compiler sees to the other
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
    mesh: Mesh | None = None,
) -> np.ndarray:
    """Applies `function(variables, batch)` for every seed to all rows, in chunks.

    Args:
      variables: leaves with a leading [s] axis.
      batch: {name: [n, ...]}.
      chunk: rows at once, at most; fewer where a row is large.
      rows: those that are asked for; None is all of them.
      mesh: where the variables are; None spreads the seeds over the devices.

    Returns:
      [s, n, ...].
    """
    n_seeds = len(jax.tree.leaves(variables)[0])
    mesh = mesh or mesh_of(n_seeds)
    apply = jax.jit(over_seeds(lambda v, part: function(v, spread(part)), mesh))
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
