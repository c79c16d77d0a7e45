"""All of Orbax: periodic checkpoints to go on from, and the best variables to use.

Orbax writes a checkpoint beside its name and renames it when it is whole, but does not
look for damage later. So the checksums of its files are written after it, and it counts
from then on: a killed run goes on from the one before, and so does one that finds a
flipped bit.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from tqdm import tqdm

from vaejax.core import State, Variables
from vaejax.disk import DiskError, write_json

BEST, PERIODIC, SUMS, DAMAGED = "best", "periodic", "sha256", "damaged"


class Checkpoints(NamedTuple):
    """The checkpoints of one model's training, in folders of the names above."""

    periodic: ocp.CheckpointManager
    folder: Path  # absolute, as Orbax wants it
    every: int  # epochs between saves

    def restore(self, template: State, *, most: int) -> tuple[int, State] | None:
        """The newest (epoch, state) that is whole, with the template's shapes.

        Args:
          most: epochs, of which there is a history; a later state is of no use.
        """
        for epoch in sorted(self.periodic.all_steps(), reverse=True):
            path = self.folder / PERIODIC / str(epoch)
            if epoch > most:
                self.periodic.delete(epoch)
            elif (found := _read(path, path / "default", template)) is not None:
                return epoch, found
            else:
                self._put_aside(path)
        return None

    def save(self, epoch: int, state: State, *, now: bool = False) -> None:
        """Saves the state if `epoch` is a multiple of `every`, or `now`.

        Raises:
          DiskError: the disk does not take it.
        """
        if now or epoch % self.every == 0:
            path = self.folder / PERIODIC / str(epoch)
            with _told_of(path):
                args = ocp.args.StandardSave(state)
                self.periodic.save(epoch, args=args, force=now)
                self.periodic.wait_until_finished()
                _seal(path)
            kept = {BEST, *map(str, self.periodic.all_steps())}
            for sums in (self.folder / SUMS).iterdir():
                if sums.stem not in kept:
                    sums.unlink()

    def best(self, template: Variables) -> Variables | None:
        """The variables of a training that is finished, or None."""
        path = self.folder / BEST
        found = best(self.folder, template)
        if found is None and path.exists():
            self._put_aside(path)
        return found

    def finish(self, variables: Variables) -> None:
        """Writes the variables that training ends with.

        Raises:
          DiskError: the disk does not take them.
        """
        path = self.folder / BEST
        with _told_of(path):
            with ocp.StandardCheckpointer() as checkpointer:
                checkpointer.save(path, variables)
            _seal(path)

    def _put_aside(self, path: Path) -> None:
        """Moves what cannot be used out of the way; somebody may still want it."""
        aside = self.folder / DAMAGED
        aside.mkdir(exist_ok=True)
        target = aside / f"{path.name}-{len(list(aside.iterdir()))}"
        path.rename(target)
        _sums_of(path).unlink(missing_ok=True)
        self.periodic.reload()
        tqdm.write(f"Not whole, and not used: {path}. It is {target} now.")


@contextlib.contextmanager
def opened(folder: Path, *, every: int) -> Iterator[Checkpoints]:
    """Opens or creates `folder`; on leaving, all saves are on the disk."""
    folder = folder.resolve()
    options = ocp.CheckpointManagerOptions(max_to_keep=2, cleanup_tmp_directories=True)
    with ocp.CheckpointManager(folder / PERIODIC, options=options) as periodic:
        yield Checkpoints(periodic, folder, every)


def best(folder: Path, template: Variables) -> Variables | None:
    """The variables that a training in `folder` ended with; writes nothing.

    None if there are none, or they are damaged. They come by way of the host, so that
    it does not matter how many devices trained.
    """
    path = folder.resolve() / BEST
    on_host = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), template)
    found = _read(path, path, on_host)
    return found and jax.tree.map(jnp.asarray, found)


def _read(whole: Path, path: Path, template: Any) -> Any | None:
    """The tree at the path, if all files of the checkpoint are as they were written."""
    try:
        wanted = json.loads(_sums_of(whole).read_bytes())
    except (OSError, ValueError):
        return None
    if wanted != _sha256(whole):
        return None
    try:
        with ocp.StandardCheckpointer() as checkpointer:
            return checkpointer.restore(path, jax.tree.map(_abstract, template))
    # What Orbax raises for the shapes of another version depends on where they differ.
    except Exception:  # noqa: BLE001
        return None


def _abstract(x: Any) -> Any:
    return x if isinstance(x, np.ndarray) else ocp.utils.to_shape_dtype_struct(x)


def _sums_of(path: Path) -> Path:
    """Where the checksums of a checkpoint are."""
    folder = path.parent if path.name == BEST else path.parent.parent
    return folder / SUMS / f"{path.name}.json"


def _seal(path: Path) -> None:
    _sums_of(path).parent.mkdir(exist_ok=True)
    write_json(_sums_of(path), _sha256(path))


def _sha256(folder: Path) -> dict[str, str]:
    """{file: checksum} of everything in a folder."""
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found[path.relative_to(folder).as_posix()] = digest
    return found


@contextlib.contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """What Orbax raises where the disk is full or read-only, in words."""
    try:
        yield
    except DiskError:
        raise
    except OSError as error:
        raise DiskError(path, error) from error
    # The library below Orbax has no class of its own for it.
    except Exception as error:
        for words in ("No space left on device", "Read-only file system", "too large"):
            if words in str(error):
                raise DiskError(path, OSError(None, words)) from error
        raise
