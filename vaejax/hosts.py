"""The processes of one training, on one machine or many: who they are, what all know.

Every one runs the same program on its own devices (`jax.distributed`). What one of them
alone can know it tells the others by `everyones`, which all of them have to call.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

AUTO = "auto"  # the coordinator is found as Slurm, Open MPI or a cloud says
LOST_S = 60  # without a sign of life a process counts as lost


def join(coordinator: str, processes: int, process: int) -> None:
    """Makes this process one of several, before anything asks JAX for devices.

    Args:
      coordinator: HOST:PORT of process 0, or AUTO.
      processes, process: how many, and which of them this is; AUTO knows by itself.

    Raises:
      ValueError: the others cannot be found.
    """
    given = {}
    if coordinator != AUTO:
        given["coordinator_address"] = coordinator
        given |= {"num_processes": processes, "process_id": process}
    # It would keep SIGTERM to itself, which `interrupt` answers.
    jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(**given, heartbeat_timeout_seconds=LOST_S)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"config.mesh.coordinator={coordinator!r}: {str(error).splitlines()[0]} "
            "Start the same command on every host, give HOST:PORT of process 0, which "
            "all of them must reach; auto is for Slurm and MPI."
        ) from error
    meet()  # now that all are here: those who were never met are waited for less


def is_first() -> bool:
    """Whether this process writes what is written once."""
    return jax.process_index() == 0


def everyones(value: Any) -> list[Any]:
    """What every process has given, in their order; all have to come here.

    Args:
      value: plain, as JSON has it; numbers come back to the last bit.
    """
    if jax.process_count() == 1:
        return [value]
    from jax.experimental import multihost_utils

    text = np.frombuffer(json.dumps(value).encode(), np.uint8)
    sizes = multihost_utils.process_allgather(np.int32(len(text)))
    padded = np.zeros(2 ** int(sizes.max()).bit_length(), np.uint8)
    padded[: len(text)] = text
    found = multihost_utils.process_allgather(padded)
    pairs = zip(found, sizes.tolist(), strict=True)
    return [json.loads(x[:size].tobytes()) for x, size in pairs]


def meet() -> None:
    """Waits until every process is here."""
    everyones(None)


def total(x: np.ndarray | np.integer) -> np.ndarray | np.integer:
    """The sum over the processes, in their order."""
    if jax.process_count() == 1:
        return x
    return np.sum(everyones(x.tolist()), axis=0)


def in_shares(items: Sequence, function: Callable[[Sequence], Any]) -> None:
    """Each of several processes does its share of the items, to fill what all read."""
    if jax.process_count() > 1:
        mine = ranges(len(items))[jax.process_index()]
        function(items[mine.start : mine.stop])
        meet()


def ranges(n: int) -> list[range]:
    """Each process's share of n items, one after the other."""
    p = jax.process_count()
    return [range(n * i // p, n * (i + 1) // p) for i in range(p)]


def first_then_others(function: Callable[[], Any]) -> Any:
    """What it returns, in every process; the first fills the caches for all others."""
    found = function() if is_first() else None
    meet()
    return found if is_first() else function()


def fetched(tree: Any) -> Any:
    """The arrays on the host, whole, in every process."""
    if jax.process_count() == 1:
        return jax.device_get(tree)
    from jax.experimental import multihost_utils

    return multihost_utils.process_allgather(tree, tiled=True)


def of_first(tree: Any) -> Any:
    """The arrays of the first process, on the host of every process."""
    if jax.process_count() == 1:
        return tree
    from jax.experimental import multihost_utils

    return multihost_utils.broadcast_one_to_all(tree)
