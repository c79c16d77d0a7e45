"""Training on several processes and devices: what is measured here, and what follows.

A step of p processes takes as long as its part of the batch, and its sums over all of
them, one after the other: rows of the batch, which lie anywhere, statistics of the
batch, and gradients. How many arrays and bytes they are is read from the compiled
program. A ring makes a sum in 2 (p - 1) messages that carry 2 (p - 1) / p times its
bytes. Work and sums are measured, and put together beyond this machine. Two that know
nothing of each other show what its cores lose when both are busy.
"""

import json
import math
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

ROUNDS = 3
WAYS = {  # to use two cores
    "one": {},
    "two apart": {"copies": 2},
    "two together": {"processes": 2},
}
BATCH_SIZE = 64  # rows of a step, shared by all
DEVICES = (1, 2, 4, 8)
BEYOND = (2, 4, 8, 16, 64)
NETWORK = (1.25e9, 50e-6)  # bytes/s and seconds a message: Ethernet of 10 Gbit/s
HEAVIER = 10
SIZES = (2**10, 2**24)  # bytes that are summed, to tell latency from bandwidth
TIMES = 21  # each of them; the median counts


def scaling(*, n: int) -> Iterator[str]:
    """Yields the lines of three tables.

    Args:
      n: rows; an epoch is a pass over 90 % of them.
    """
    yield f"A convolutional VAE, {n} rows of 128 x 64, batches of {BATCH_SIZE}"
    by_devices = {devices: _run(n, devices=devices) for devices in DEVICES}
    one = by_devices[1]
    yield "\nDevices of one process, which share its cores: equal?"
    yield f"{'mesh.data':>9}{'held-out loss':>15}{'difference':>13}"
    for devices, found in by_devices.items():
        yield f"{devices:>9}{found['loss']:>15.4f}{_difference(one, found):>13.1e}"
    turns = [{k: _run(n, **way) for k, way in WAYS.items()} for _ in range(ROUNDS)]
    yield f"\nProcesses of one core each, medians of {ROUNDS} turns"
    yield f"{'processes':>12}{'samples/s':>11}{'of one':>9}{'difference':>13}"
    rates = {k: median(turn[k]["rate"] for turn in turns) for k in WAYS}
    for k, rate in rates.items():
        ratio = median(turn[k]["rate"] / turn["one"]["rate"] for turn in turns)
        far = _difference(one, turns[-1][k])
        yield f"{k:>12}{rate:>11.0f}{ratio:>9.2f}{far:>13.1e}"
    seconds = [turn["two together"]["seconds"] for turn in turns]
    sums = [median(found) for found in zip(*seconds, strict=True)]
    yield from _modelled(rates, Sums(*by_devices[2]["sums"]), sums)


class Sums(NamedTuple):
    """What the devices of a step add up."""

    arrays: int
    n_bytes: int


def _modelled(
    rates: dict[str, float], sums: Sums, seconds: Sequence[float]
) -> Iterator[str]:
    """What follows for more processes, each as fast as the one that was measured.

    Args:
      seconds: that a sum of each of SIZES took two processes.
    """
    small, large = seconds
    latency = small / 2
    bandwidth = (SIZES[1] - SIZES[0]) / max(large - small, 1e-9)
    rate = rates["one"]
    yield f"\nModelled: a step sums {sums.arrays} arrays, {sums.n_bytes / 1e6:.2f} MB;"
    yield f"a sum of two processes took {1e6 * latency:.0f} us a message, and went at "
    yield f"{bandwidth / 1e9:.2f} GB/s. samples/s ="
    yield "b / (b / (p r) + 2 (p - 1) n l + 2 (p - 1) / p g / w):"
    yield f"b = {BATCH_SIZE} rows, r = {rate:.0f} samples/s, n = {sums.arrays} arrays"
    yield f"of g = {sums.n_bytes / 1e6:.2f} MB in all, latency l, bandwidth w"
    # On this machine each of two is as fast as two apart are.
    here = steps_rate(2, rates["two apart"] / 2, sums, bandwidth, latency)
    yield f"Two together should make {here:.0f} samples/s here, and made "
    yield f"{rates['two together']:.0f}."
    yield f"At 10 Gbit/s and 50 us, and for a model of {HEAVIER} times the work:"
    yield f"{'processes':>9}{'samples/s':>12}{'of ideal':>10}{'heavier':>10}"
    for p in BEYOND:
        found = steps_rate(p, rate, sums, *NETWORK)
        heavier = steps_rate(p, rate / HEAVIER, sums, *NETWORK)
        shares = f"{found / (p * rate):>10.2f}{heavier * HEAVIER / (p * rate):>10.2f}"
        yield f"{p:>9}{found:>12.0f}{shares}"


def steps_rate(
    p: int, rate: float, sums: Sums, bandwidth: float, latency: float
) -> float:
    """Samples/s of p processes that share batches of BATCH_SIZE.

    Args:
      rate: samples/s of one.
      bandwidth, latency: bytes/s, and seconds a message.
    """
    work = BATCH_SIZE / (p * rate)
    messages = 2 * (p - 1) * sums.arrays * latency
    carried = 2 * (p - 1) / p * sums.n_bytes / bandwidth
    return BATCH_SIZE / (work + messages + carried)


def _difference(one: dict, other: dict) -> float:
    return abs(one["loss"] - other["loss"]) / abs(one["loss"])


def _run(n: int, *, processes: int = 1, devices: int = 1, copies: int = 1) -> dict:
    """What the first of some processes tells, which train together; or copies of it."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    cores = sorted(os.sched_getaffinity(0))
    running = []
    for i in range(processes * copies):
        asked = {"n": n, "processes": processes, "address": address}
        asked["process"] = i % processes
        # A process on a core of its own; devices that are not there share all of them.
        asked["core"] = cores[i % len(cores)] if devices == 1 else None
        env = os.environ | {"JAX_NUM_CPU_DEVICES": str(devices), "JAX_PLATFORMS": "cpu"}
        command = [sys.executable, "-m", __name__, json.dumps(asked)]
        how = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        root = Path(__file__).parents[2]
        running.append(subprocess.Popen(command, env=env, cwd=root, **how))
    told = [process.communicate()[0] for process in running]
    failed = [process.returncode for process in running if process.returncode]
    if failed:
        raise ValueError(
            f"--what=scaling: of {len(running)} processes some ended with {failed}. Is "
            f"{address} open to this user?"
        )
    found = [json.loads(text.splitlines()[-1]) for text in told[::processes]]
    return found[0] | {"rate": sum(one["rate"] for one in found)}


def _work(asked: dict) -> None:
    """One of the processes: trains, and the first tells how fast and to what."""
    if asked["core"] is not None:
        os.sched_setaffinity(0, [asked["core"]])
    import jax

    from vaejax import devices, hosts, train
    from vaejax.benchmarks.streaming import small_model

    if asked["processes"] > 1:
        hosts.join(asked["address"], asked["processes"], asked["process"])
    mesh = devices.mesh_of(1, seed=1, data=jax.device_count())
    devices.connect(mesh)
    dataset = _dataset(asked["n"], mesh)
    ends, losses = [time.perf_counter()], []

    def on_epoch(epoch, state, terms):
        ends.append(time.perf_counter())
        losses.append(float(terms["valid_loss"][0]))

    model = small_model(dataset)
    how = {"learning_rate": 1e-3, "weight_decay": 0.0, "clip_norm": 5.0}
    state = train.fit(
        model,
        dataset,
        seeds=(0,),
        mesh=mesh,
        **how,
        **dict(epochs=3, batch_size=BATCH_SIZE, warmup=0.1),
        **dict(patience=9, plateau=9, factor=0.5),
        on_epoch=on_epoch,
    )
    n_steps = int(np.sum(~dataset.held_out)) // BATCH_SIZE
    tx = train.optimizer(**how, warmup_steps=1)
    found = {
        "rate": n_steps * BATCH_SIZE / min(np.diff(ends)[1:]),
        "loss": losses[-1],
        "sums": _sums(model, tx, state, dataset, mesh),
        "seconds": [_seconds_of_sum(mesh, size) for size in SIZES],
    }
    if hosts.is_first():
        print(json.dumps(found))


def _dataset(n: int, mesh):
    """Rows of noise, of which those of this process are here."""
    from vaejax import devices, train
    from vaejax.benchmarks.streaming import random_dataset
    from vaejax.shares import shared

    whole = random_dataset(n)
    share = devices.share_of(train.rows_of(whole), mesh)
    batch = {name: x[share.rows] for name, x in whole.batch.items()}
    return whole._replace(batch=shared(batch, share, len(whole.ids)))


def _sums(model, tx, state, dataset, mesh) -> Sums:
    """What the devices add up in a step, by the program that is compiled for it."""
    import jax

    from vaejax import devices, train
    from vaejax.epoch import Plan, train_steps

    rows, held_out = train.rows_of(dataset)
    plan = Plan(len(rows), len(held_out), BATCH_SIZE, 100, 0, 9, 9, 0.5)
    even, where = devices.evenly(rows, mesh), devices.by_row(mesh)
    data = {k: devices.placed(x, even, where) for k, x in dataset.batch.items()}

    def steps(state, data, order):
        return train_steps(model, tx, plan, state, data, order)

    order = np.zeros((2, BATCH_SIZE), np.int32)
    program = jax.jit(devices.over_seeds(steps, mesh)).lower(state, data, order)
    return summed(program.compile().as_text())


def summed(program: str) -> Sums:
    """The arrays that a compiled program collects from several devices, once each."""
    made = re.findall(r" = (.*?) (?:all-reduce|all-gather)(?:-start)?\(", program)
    arrays = re.findall(r"([a-z]+)(\d*)\[([\d,]*)\]", " ".join(made))
    n_bytes = 0
    for _, bits, dims in arrays:  # of `pred`, a byte each, none are told
        size = math.prod(int(n) for n in dims.split(",") if n)
        n_bytes += size * (int(bits or 8) // 8)
    return Sums(len(arrays), n_bytes)


def _seconds_of_sum(mesh, n_bytes: int) -> float:
    """Of adding up arrays of so many bytes, one a device."""
    import jax

    from vaejax import devices

    n = mesh.shape["data"]
    x = devices.put(np.ones((n, n_bytes // 4), np.float32), devices.by_row(mesh))
    total = jax.jit(lambda x: x.sum(axis=0), out_shardings=devices.everywhere(mesh))
    jax.block_until_ready(total(x))
    seconds = []
    for _ in range(TIMES):
        start = time.perf_counter()
        jax.block_until_ready(total(x))
        seconds.append(time.perf_counter() - start)
    return median(seconds)


if __name__ == "__main__":
    _work(json.loads(sys.argv[1]))
