"""Seeds, and the rows of a seed, over devices: what is written for one, for all.

The mesh has two axes. `seed`: nothing passes between seeds. `data`: the devices of a
seed share its batches. Arrays are whole to whoever reads the code; the compiler adds
what the devices have to tell each other, so batch statistics are those of all rows.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import Int

from vaejax import hosts
from vaejax.core import Batch, Variables
from vaejax.shares import Rows, Share, forget

PROGRAMS = 8  # of a kind that are kept, for whoever asks for the same again
_KEPT: list[Callable] = []
AT_ONCE = 2**21  # numbers of input that go through the networks at once, a seed


def kept(make: Callable) -> Callable:
    """`make`, whose newest programs are kept and not compiled again.

    For models that are the same object: those of estimators with equal parameters.
    """
    remembered = functools.lru_cache(maxsize=PROGRAMS)(make)
    _KEPT.append(remembered)
    return remembered


def drop_programs() -> None:
    """Lets go of what `kept` keeps; another run has other models."""
    for remembered in _KEPT:
        remembered.cache_clear()


def dtype(name: str) -> str:
    """The dtype of the arithmetic; auto is bfloat16 on a GPU, and float32 elsewhere."""
    if name != "auto":
        return name
    return "bfloat16" if jax.default_backend() == "gpu" else "float32"


def mesh_of(n_seeds: int, *, seed: int = 0, data: int = 1) -> Mesh:
    """The devices of all processes, seeds by data.

    Args:
      seed: devices that the seeds are spread over; 0 is as many as divide them evenly.
      data: devices that share the rows of a seed.

    Raises:
      ValueError: there are not so many devices, they do not divide the seeds, or some
        process would have none.
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
    if seed * data < n and jax.process_count() > 1:
        raise ValueError(
            f"config.mesh.data={data} and config.mesh.seed={seed} leave devices of "
            f"some host idle: their product must be {n}, all devices of all processes."
        )
    return jax.make_mesh(
        (seed, data),
        ("seed", "data"),
        axis_types=(AxisType.Auto, AxisType.Auto),
        devices=jax.devices()[: seed * data],
    )


def mesh_for(settings: dict[str, dict]) -> Mesh:
    """`mesh_of` the settings of a run."""
    options = settings["mesh"]
    n_seeds = settings["train"]["seeds"]
    return mesh_of(n_seeds, seed=options["seed"], data=options["data"])


def connect(mesh: Mesh) -> None:
    """Has the devices of several processes find each other; all of them are here now.

    Later, after compilations that take one process longer than another, their half
    minute to do so may not be enough.
    """
    sharding = NamedSharding(mesh, P("seed", "data"))
    ones = put(np.ones(tuple(mesh.shape.values()), np.float32), sharding)
    of_rows = jax.jit(lambda x: x.sum(axis=1), out_shardings=by_seed(mesh))(ones)
    hosts.fetched(of_rows)


def by_seed(mesh: Mesh) -> NamedSharding:
    """Leaves with a leading [s]: each seed where it is trained."""
    return NamedSharding(mesh, P("seed"))


def everywhere(mesh: Mesh) -> NamedSharding:
    """The same on every device."""
    return NamedSharding(mesh, P())


def by_row(mesh: Mesh) -> NamedSharding:
    """Leaves with a leading [n]: each row on one device of every seed."""
    return NamedSharding(mesh, P("data"))


def put(x: np.ndarray, sharding: NamedSharding) -> jax.Array:
    """An array that every process has, on the devices of all of them."""
    return jax.make_array_from_callback(x.shape, sharding, lambda index: x[index])


def placed(x: Rows, rows: Int[np.ndarray, "*b"], sharding: NamedSharding) -> jax.Array:
    """`x[rows]` on the devices; a process looks at the rows of its own devices only."""
    read: dict[str, np.ndarray] = {}  # several devices may hold the same

    def piece(index: tuple[slice, ...]) -> np.ndarray:
        where = index[: rows.ndim]
        if str(where) not in read:
            read[str(where)] = x[rows[where]]
        return read[str(where)]

    shape = (*rows.shape, *x.shape[1:])
    return jax.make_array_from_callback(shape, sharding, piece)


def evenly(rows: Int[np.ndarray, " n"], mesh: Mesh) -> Int[np.ndarray, " n2"]:
    """The rows, and some of them again, so that every device has as many."""
    n = mesh.shape["data"]
    return np.resize(rows, -(-len(rows) // n) * n)


def share_of(several: Sequence[Int[np.ndarray, " _"]], mesh: Mesh) -> Share:
    """The rows of this process, where arrays of these rows lie `by_row`."""
    n = 1 + max(rows.max() for rows in several)
    reader = np.full(n, jax.process_count())  # the first process that holds the row
    here = np.zeros(n, bool)
    for rows in (evenly(rows, mesh) for rows in several):
        for device, (index,) in by_row(mesh).devices_indices_map(rows.shape).items():
            who = device.process_index
            reader[rows[index]] = np.minimum(reader[rows[index]], who)
            here[rows[index]] |= who == jax.process_index()
    mine = np.flatnonzero(here)
    return Share(mine, reader[mine] == jax.process_index())


def of_seed(tree: Any, seed: int) -> Any:
    """One seed's part of leaves with a leading [s].

    By way of the host: on a device every shape would be compiled for by itself.
    """
    return jax.device_put(jax.tree.map(lambda x: np.asarray(x)[seed], tree))


def as_seeds(tree: Any) -> Any:
    """One seed's leaves as those of all seeds, where there is no other."""
    return jax.device_put(jax.tree.map(lambda x: np.asarray(x)[None], tree))


def spread(batch: Batch) -> Batch:
    """The rows of a batch, a multiple of the devices that share a seed, over these."""
    mesh = jax.sharding.get_abstract_mesh()
    if mesh.shape.get("data", 1) == 1:
        return batch
    return jax.tree.map(lambda x: jax.lax.with_sharding_constraint(x, P("data")), batch)


def apart(function: Callable, rows: Sequence, *others, total: bool = False):
    """`function(*rows, *others)`, each device on its rows and without the others'.

    For what the compiler would collect the rows of all devices for.

    Args:
      rows: arrays [b, ...].
      others: what all rows need.
      total: whether the result is a sum over rows, and not one for each.
    """
    n = jax.sharding.get_abstract_mesh().shape.get("data", 1)
    if n == 1 or len(rows[0]) % n:
        return function(*rows, *others)

    def here(*arrays):
        found = function(*arrays)
        return jax.lax.psum(found, "data") if total else found

    return jax.shard_map(
        here,
        axis_names={"data"},
        in_specs=(*(P("data") for _ in rows), *(P() for _ in others)),
        out_specs=P() if total else P("data"),
        check_vma=False,
    )(*rows, *others)


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
        here = in_turns if jax.default_backend() == "cpu" else together
        if mesh.size == 1:  # there is nothing to share, and less to compile
            return here(seeded, *shared)
        return jax.shard_map(
            here,
            mesh=mesh,
            axis_names={"seed"},  # the compiler sees to the other
            in_specs=(P("seed"), *(P() for _ in shared)),
            out_specs=P("seed"),
            check_vma=False,
        )(seeded, *shared)

    return everywhere


@kept
def _of_rows(function: Callable, mesh: Mesh) -> Callable:
    """The function for every seed, its rows over the devices that share a seed."""
    return jax.jit(over_seeds(lambda v, part: function(v, spread(part)), mesh))


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
    apply = _of_rows(function, mesh)
    rows = np.arange(len(next(iter(batch.values())))) if rows is None else rows
    blocks = evenly(rows, mesh).reshape(mesh.shape["data"], -1)  # a device's each
    row = max(math.prod(x.shape[1:]) for x in batch.values())
    chunk = max(1, min(chunk, AT_ONCE // max(row, 1)) // len(blocks))
    parts = []
    for start in range(0, blocks.shape[1], chunk):
        some = blocks[:, start : start + chunk]
        part = {k: placed(x, some.ravel(), by_row(mesh)) for k, x in batch.items()}
        found = hosts.fetched(apply(variables, part))
        parts.append(found.reshape(n_seeds, *some.shape, *found.shape[2:]))
        for x in batch.values():
            forget(x)
    found = np.concatenate(parts, axis=2)
    return found.reshape(n_seeds, -1, *found.shape[3:])[:, : len(rows)]
