"""Where the arrays of a collection lie, and whether there is room for them.

Three ways, the first that has room: on the device at once; in RAM, from where training
sends them to the device in parts; in a file that is mapped, likewise. All give the same
numbers.
"""

import math
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jax

from vaejax.mapped import PARTS

WAYS = ("auto", "resident", "stream")
RAM_SHARE = 0.8  # of what is free in RAM that arrays may take; what else runs grows too
DEVICE_SHARE = 0.6  # the same on an accelerator; models and their activations need some
COPIES = 5  # of the variables in training: best, two moments and the gradient
ACTIVATIONS = 4  # of a batch, at least: corrupted, decoded, compared, and the gradient
_LIMITS = (  # files of a memory cgroup: the limit and what is used; versions 2 and 1
    ("", "/sys/fs/cgroup", "memory.max", "memory.current"),
    (
        *("memory", "/sys/fs/cgroup/memory"),
        *("memory.limit_in_bytes", "memory.usage_in_bytes"),
    ),
)


class Room(NamedTuple):
    """Bytes that are free."""

    ram: float  # infinite where the system does not say
    device: float | None  # of each accelerator; None where the RAM is the device's own
    disk: float  # in the folder of the cache
    n_devices: int  # that have arrays of their own


class Way(NamedTuple):
    """How the arrays of a collection get to the device."""

    streamed: bool  # in parts, as training goes on
    mapped: bool  # from a file
    words: str


def room(folder: Path) -> Room:
    """What is free here, and for a file in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    disk = float(shutil.disk_usage(folder).free)
    return Room(free_ram(), free_on_device(), disk, jax.local_device_count())


def free_on_device() -> float | None:
    """Bytes that are free on the fullest accelerator; None where there is none."""
    stats = [device.memory_stats() or {} for device in jax.local_devices()]
    free = [s["bytes_limit"] - s["bytes_in_use"] for s in stats if "bytes_limit" in s]
    return min(map(float, free), default=None)


def free_ram() -> float:
    """Bytes that this process may still take: of the machine, its cgroup and ulimit.

    What is mapped from files is not counted, for it can be dropped; only `ulimit -v`
    counts it.
    """
    return min(_of_machine(), _of_cgroups(), *_of_limits())


def _of_machine() -> float:
    return 1024.0 * _numbers("/proc/meminfo").get("MemAvailable", math.inf)


def _of_limits() -> Iterator[float]:
    used = _numbers("/proc/self/status")
    for kind, name in (
        (resource.RLIMIT_AS, "VmSize"),
        (resource.RLIMIT_DATA, "VmData"),
    ):
        limit = resource.getrlimit(kind)[0]
        unlimited = limit == resource.RLIM_INFINITY
        yield (
            math.inf if unlimited else max(0.0, float(limit - 1024 * used.get(name, 0)))
        )


def _of_cgroups() -> float:
    """The least that a cgroup of this process, or one above it, has left."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return math.inf
    left = [math.inf]
    for line in lines:
        _, kinds, path = line.split(":", 2)
        for kind, mount, limit, usage in _LIMITS:
            if kind in kinds.split(","):
                inside = Path(mount) / path.lstrip("/")
                folders = [inside, *inside.parents]
                for folder in folders[: folders.index(Path(mount)) + 1]:
                    left.append(_left(folder, limit, usage))
    return min(left)


def _left(folder: Path, limit: str, usage: str) -> float:
    try:
        most, used = (folder / limit).read_text(), int((folder / usage).read_text())
        cached = _numbers(folder / "memory.stat")
    except (OSError, ValueError):
        return math.inf  # another layout of cgroups
    if not most.strip().isdecimal():
        return math.inf
    # The cache of files is counted as used, and goes when room is needed.
    return max(0.0, float(int(most) - used + cached.get("inactive_file", 0)))


def _numbers(path: str | Path) -> dict[str, int]:
    """{name: number} of lines such as `MemAvailable:  123 kB`; none without a file."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return {}
    words = [line.replace(":", " ").split() for line in lines]
    return {w[0]: int(w[1]) for w in words if len(w) > 1 and w[1].isdecimal()}


def way(
    asked: str, n_bytes: int, there: Room, folder: Path, *, shared_by: int = 1
) -> Way:
    """Which way the arrays go, and why, in words.

    Args:
      asked: one of WAYS; stream takes the file.
      n_bytes: of all arrays.
      there: of `room`.
      folder: of the file.
      shared_by: devices, each of which has a share of the rows.

    Raises:
      ValueError: there is no room for them.
    """
    # What trains is a copy: on an accelerator, or in RAM as well, once a device.
    copies = 1 if there.device is not None else there.n_devices / shared_by
    in_ram = n_bytes * (2 if there.device is not None else 2 + copies)
    on_each = n_bytes / shared_by
    device = there.ram if there.device is None else there.device
    fits_device = there.device is None or on_each <= DEVICE_SHARE * there.device
    fits = in_ram <= RAM_SHARE * there.ram and fits_device
    about = f"Memory: {_size(n_bytes)} of arrays, {_size(there.ram)} free in RAM"
    if there.device is not None:
        about += f", {_size(there.device)} on the device"
    if asked == "resident" and (on_each > device or in_ram > there.ram):
        raise ValueError(
            f"config.data.memory='resident' does not work. {about}, and training needs "
            f"{_size(in_ram)} of RAM for them. Take auto."
        )
    if asked == "resident" or (asked == "auto" and fits):
        return Way(False, False, f"{about}: all of them on the device at once")
    then = "and to the device in parts as training goes on"
    if asked == "auto" and n_bytes + 3 * PARTS <= RAM_SHARE * there.ram:
        return Way(True, False, f"{about}: in RAM, {then}")
    if n_bytes > there.disk:
        raise ValueError(
            f"{about}, {_size(there.disk)} in config.data.cache_dir={str(folder)!r}: "
            "no room for them anywhere. Name another cache_dir, or make them smaller: "
            "config.data.frames, config.features.n_mels, config.data.mel=statistics."
        )
    return Way(True, True, f"{about}: in a file in {folder}, {then}")


def refuse_training(state: int, batch: int, n_seeds: int) -> None:
    """Refuses to train models that have no room, whatever is done with the data.

    An estimate from below: what it lets pass may still be too much.

    Args:
      state: bytes of the variables of all seeds.
      batch: bytes of one batch.

    Raises:
      ValueError: they and what training makes of them do not fit.
    """
    device = free_on_device()
    free = free_ram() if device is None else device * jax.local_device_count()
    at_once = 1 if device is None else n_seeds  # on a CPU they take turns
    need = COPIES * state + ACTIVATIONS * batch * at_once
    if need > free:
        where = "RAM" if device is None else "memory of the devices"
        raise ValueError(
            f"config.train.seeds={n_seeds}: these models, with what training keeps of "
            f"them and of a batch, need {_size(need)}; {_size(free)} of the {where} "
            "are free. Train fewer seeds, smaller models (config.networks.hidden, "
            "channels, units, pool=time), smaller batches (config.train.batch_size), "
            "or shorter rows (config.data.frames)."
        )


def _size(n_bytes: int | float) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e8 else f"{n_bytes / 1e6:.1f} MB"
