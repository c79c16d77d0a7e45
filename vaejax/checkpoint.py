"""All of Orbax: periodic checkpoints to go on from, and the best variables to use.

A checkpoint is written beside its name and renamed when it is whole, so a killed run
goes on from the one before.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

from vaejax.core import State, Variables


class Checkpoints(NamedTuple):
    """The checkpoints of one model's training: `<folder>/periodic` and `best`."""

    periodic: ocp.CheckpointManager
    folder: Path  # absolute, as Orbax wants it
    every: int  # epochs between saves

    def restore(self, template: State) -> tuple[int, State] | None:
        """The newest (epoch, state), with the template's shapes, or None."""
        epoch = self.periodic.latest_step()
        if epoch is None:
            return None
        args = ocp.args.StandardRestore(_abstract(template))
        return epoch, self.periodic.restore(epoch, args=args)

    def save(self, epoch: int, state: State) -> None:
        """Saves the state, in the background, if `epoch` is a multiple of `every`."""
        if epoch % self.every == 0:
            self.periodic.save(epoch, args=ocp.args.StandardSave(state))

    def best(self, template: Variables) -> Variables | None:
        """The variables of a training that is finished, or None."""
        return best(self.folder, template)

    def finish(self, variables: Variables) -> None:
        """Writes the variables that training ends with."""
        with ocp.StandardCheckpointer() as checkpointer:
            checkpointer.save(self.folder / "best", variables)


@contextlib.contextmanager
def opened(folder: Path, *, every: int) -> Iterator[Checkpoints]:
    """Opens or creates `folder`; on leaving, all saves are on the disk."""
    folder = folder.resolve()
    options = ocp.CheckpointManagerOptions(max_to_keep=2, cleanup_tmp_directories=True)
    with ocp.CheckpointManager(folder / "periodic", options=options) as periodic:
        yield Checkpoints(periodic, folder, every)


def best(folder: Path, template: Variables) -> Variables | None:
    """The variables that a training in `folder` ended with, or None; writes nothing.

    They come by way of the host, so that it does not matter how many devices trained.
    """
    path = folder.resolve() / "best"
    if not path.exists():
        return None
    on_host = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), template)
    with ocp.StandardCheckpointer() as checkpointer:
        return jax.tree.map(jnp.asarray, checkpointer.restore(path, on_host))


def _abstract(tree: Any) -> Any:
    return jax.tree.map(ocp.utils.to_shape_dtype_struct, tree)
