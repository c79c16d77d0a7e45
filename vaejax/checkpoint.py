"""All of Orbax: periodic checkpoints to go on from, and the best variables to use.

Orbax writes a checkpoint beside its name and renames it when it is whole, but does not
look for damage later. So the checksums of its files are written after it, and it counts
from then on: a killed run goes on from the one before, and so does one that finds a
flipped bit. Of several processes Orbax lets each write its shards; the first sees to
the rest.
"""

import contextlib
import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from tqdm import tqdm

from vaejax import hosts
from vaejax.core import Middle, State, Variables
from vaejax.disk import DiskError, write_json

BEST, PERIODIC, MIDDLE = "best", "periodic", "middle"
SUMS, DAMAGED = "sha256", "damaged"


class Checkpoints(NamedTuple):
    """The checkpoints of one model's training, in folders of the names above."""

    periodic: ocp.CheckpointManager  # by epoch
    middle: ocp.CheckpointManager  # of epochs that had not ended, by step
    folder: Path  # absolute, as Orbax wants it
    every: int  # epochs between saves

    def restore(self, template: State, *, most: int) -> tuple | None:
        """The newest (epoch, state) that is whole, with the template's shapes.

        Or (epoch, state, Middle of the epoch that starts there), if that is newer.

        Args:
          most: epochs, of which there is a history; a later state is of no use.
        """
        whole, begun = self._whole(template, most), self._begun(template, most)
        if begun and (whole is None or begun[0] >= whole[0]):
            return begun
        return whole

    def _whole(self, template: State, most: int) -> tuple[int, State] | None:
        for epoch in sorted(self.periodic.all_steps(), reverse=True):
            path = self.folder / PERIODIC / str(epoch)
            if epoch > most:
                self.periodic.delete(epoch)
            elif (found := _read(path, path / "default", template)) is not None:
                return epoch, found
            else:
                self._put_aside(path)
        return None

    def _begun(self, template: State, most: int) -> tuple[int, State, Middle] | None:
        states = {"start": template, "now": template}
        for step in sorted(self.middle.all_steps(), reverse=True):
            path = self.folder / MIDDLE / str(step)
            found = _read(path, path / "states", states)
            about = found and _read(path, path / "about", None)
            if not about:
                self._put_aside(path)
            elif about["epoch"] > most:
                self.middle.delete(step)
            else:
                middle = Middle(found["now"], [about["terms"]], about["position"])
                return about["epoch"], found["start"], middle
        return None

    def save(self, epoch: int, state: State, *, now: bool = False) -> bool:
        """Saves the state if `epoch` is a multiple of `every`, or `now`; says whether.

        Raises:
          DiskError: the disk does not take it.
        """
        if not now and epoch % self.every:
            return False
        self._write(self.periodic, epoch, ocp.args.StandardSave(state))
        self._tidy(self.middle.all_steps())
        return True

    def save_middle(self, epoch: int, state: State, middle: Middle) -> None:
        """Saves where an epoch stands, and the state that it began with.

        Raises:
          DiskError: the disk does not take it.
        """
        step = int(np.max(hosts.fetched(middle.state.step)))
        if step not in self.middle.all_steps():  # as it may be while it is judged
            states = {"start": state, "now": middle.state}
            terms = jax.tree.map(lambda *x: jnp.concatenate(x, axis=1), *middle.terms)
            about = {"epoch": epoch, "terms": hosts.fetched(terms)}
            about |= {"position": middle.position}
            both = ocp.args.Composite(
                states=ocp.args.StandardSave(states),
                about=ocp.args.StandardSave(about),
            )
            self._write(self.middle, step, both)
            self._tidy()

    def _write(self, manager: ocp.CheckpointManager, number: int, args: Any) -> None:
        path = Path(manager.directory) / str(number)
        with _told_of(path):
            manager.save(number, args=args, force=True)
            manager.wait_until_finished()
            _seal(path)

    def _tidy(self, done: Sequence[int] = ()) -> None:
        """Drops middles of epochs that are done, and checksums of what is no more."""
        for step in done:
            self.middle.delete(step)
        managers = self.periodic, self.middle
        paths = [Path(m.directory) / str(n) for m in managers for n in m.all_steps()]
        kept = {_sums_of(path) for path in (self.folder / BEST, *paths)}
        if hosts.is_first():
            for sums in (self.folder / SUMS).iterdir():
                if sums not in kept:
                    sums.unlink()
        hosts.meet()

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
        self._tidy(self.middle.all_steps())

    def _put_aside(self, path: Path) -> None:
        """Moves what cannot be used out of the way; somebody may still want it."""
        if hosts.is_first():
            aside = self.folder / DAMAGED
            aside.mkdir(exist_ok=True)
            target = aside / f"{path.name}-{len(list(aside.iterdir()))}"
            path.rename(target)
            _sums_of(path).unlink(missing_ok=True)
            tqdm.write(f"Not whole, and not used: {path}. It is {target} now.")
        hosts.meet()
        self.periodic.reload()
        self.middle.reload()


@contextlib.contextmanager
def opened(folder: Path, *, every: int) -> Iterator[Checkpoints]:
    """Opens or creates `folder`; on leaving, all saves are on the disk."""
    folder = folder.resolve()
    options = ocp.CheckpointManagerOptions(max_to_keep=2, cleanup_tmp_directories=True)
    with (
        ocp.CheckpointManager(folder / PERIODIC, options=options) as periodic,
        ocp.CheckpointManager(folder / MIDDLE, options=options) as middle,
    ):
        yield Checkpoints(periodic, middle, folder, every)


def best(folder: Path, template: Variables) -> Variables | None:
    """The variables that a training in `folder` ended with; writes nothing.

    None if there are none, or they are damaged. They come by way of the host, so that
    it does not matter how many devices trained.
    """
    path = folder.resolve() / BEST
    on_host = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), template)
    found = _read(path, path, on_host)
    return found and jax.device_put(found)


def _read(whole: Path, path: Path, template: Any) -> Any | None:
    """The tree at the path, if all files of the checkpoint are as they were written."""
    if not hosts.everyones(hosts.is_first() and _is_whole(whole))[0]:
        return None
    try:
        with ocp.StandardCheckpointer() as checkpointer:
            return checkpointer.restore(path, jax.tree.map(_abstract, template))
    # What Orbax raises for the shapes of another version depends on where they differ.
    except Exception:  # noqa: BLE001
        return None


def _is_whole(path: Path) -> bool:
    try:
        return json.loads(_sums_of(path).read_bytes()) == _sha256(path)
    except (OSError, ValueError):
        return False


def _abstract(x: Any) -> Any:
    return x if isinstance(x, np.ndarray) else ocp.utils.to_shape_dtype_struct(x)


def _sums_of(path: Path) -> Path:
    """Where the checksums of a checkpoint are."""
    if path.name == BEST:
        return path.parent / SUMS / f"{BEST}.json"
    kind = f"{MIDDLE}-" if path.parent.name == MIDDLE else ""
    return path.parent.parent / SUMS / f"{kind}{path.name}.json"


def _seal(path: Path) -> None:
    if not hosts.is_first():
        return
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
    """What Orbax raises where the disk is full or read-only, in words, and once."""
    # Orbax logs it as well, and asyncio does for each of the parts it is written in.
    for name in ("absl", "asyncio"):
        logging.getLogger(name).addFilter(_is_news)
    try:
        yield
    except DiskError:
        raise
    except OSError as error:
        raise DiskError(path, error) from error
    # The library below Orbax has no class of its own for it.
    except Exception as error:
        words = _of_the_disk(error)
        if not words:
            raise
        raise DiskError(path, OSError(None, words)) from error


def _of_the_disk(error: BaseException) -> str:
    for words in ("No space left on device", "Read-only file system", "too large"):
        if words in str(error):
            return words
    return ""


def _is_news(record: logging.LogRecord) -> bool:
    return not (record.exc_info and _of_the_disk(record.exc_info[1]))
