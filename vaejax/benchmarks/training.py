"""Training, timed: our own way, and beside it others', in rounds that alternate.

Every case, with its threads, has a process of its own: threads are fixed when XLA
starts, and the peak of a GPU's memory is that of the process.
"""

import functools
import importlib.util
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from statistics import median
from typing import Any, NamedTuple
from unittest import mock

from vaejax.benchmarks import cases
from vaejax.benchmarks.cases import Case

ROUNDS = 5
TOTAL_STEPS = 10_000  # of the schedules; none ends while speed is measured
RIVAL_SHARE = 2.0  # a rival's round lasts at most this many times as long as ours

# Dense matrix products, FLOP/s by the makers' data sheets: bfloat16; float32 as TF32,
# which is what XLA computes float32 products in.
PEAKS = {
    "A100": (312e12, 156e12),
    "H100": (989e12, 494e12),
    "H200": (989e12, 494e12),
    "L40S": (362e12, 183e12),
    "L4": (121e12, 60e12),
}

COLUMNS = ("model", "input", "batch", "type", "threads", "seeds", "samples/s")
COLUMNS += ("MFLOP/sample", "of peak", "compile s", "MB")

Run = Callable[[int], None]  # trains for that many steps, and waits for the last


class Facts(NamedTuple):
    """What is known of a training step before it is timed."""

    device: str
    flop: float  # of one row, forwards and backwards
    compile_s: float
    memory_bytes: int  # at the peak


class Measured(NamedTuple):
    """A case, timed."""

    facts: Facts
    rates: dict[str, list[float]]  # samples/s of every contender, in each round


def training(
    chosen: Sequence[Case],
    *,
    threads: Sequence[int],
    seeds: Sequence[int],
    against: Sequence[str],
    steps: int,
) -> Iterator[str]:
    """Yields the lines of a table of samples/s.

    Args:
      chosen: what is trained.
      threads: numbers of threads of the processor to try.
      seeds: numbers of models trained at once to try; rivals train one.
      against: names in RIVALS.
      steps: in all rounds together.
    """
    steps = -(-steps // ROUNDS)
    yield f"{ROUNDS} rounds of {steps} steps; ratios are medians over rounds"
    yield _row(*COLUMNS, *(f"vs {name}" for name in against))
    context = multiprocessing.get_context("spawn")
    for case in chosen:
        for n_threads in threads:
            for n_seeds in seeds:
                rivals = against if n_seeds == 1 else ()
                with ProcessPoolExecutor(
                    1, context, limit_threads, (n_threads,)
                ) as pool:
                    job = pool.submit(measure, case, n_threads, n_seeds, rivals, steps)
                    found = job.result()
                yield _line(case, n_threads, n_seeds, rivals, found)


def limit_threads(n_threads: int) -> None:
    """Gives this process as many cores: XLA's threads are as many as it finds."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[-n_threads:])
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"


def measure(
    case: Case, n_threads: int, n_seeds: int, against: Sequence[str], steps: int
) -> Measured:
    """Times a case in this process.

    Samples/s are rows that pass through one model: of n seeds, n times the batch.
    """
    run, facts = ours(case, n_seeds)
    rivals = {name: RIVALS[name](case, n_threads) for name in against}
    contenders = {"vaejax": run} | {name: run for name, run in rivals.items() if run}
    # Of one thread, its own seconds: those of others on the machine do not count.
    alone = n_threads == 1 and facts.device == "cpu"
    clock = time.process_time if alone else time.perf_counter

    def seconds(run: Run, n: int) -> float:
        start = clock()
        run(n)
        return clock() - start

    share, counts = {}, {}
    for name, run in contenders.items():
        run(1)
        share[name] = seconds(run, 1)
        most = RIVAL_SHARE * steps * share["vaejax"] / share[name]
        counts[name] = max(1, min(steps, round(most)))
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    rows = {name: case.batch_size for name in contenders}
    rows["vaejax"] *= n_seeds
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            elapsed = seconds(run, counts[name])
            rates[name].append(rows[name] * counts[name] / elapsed)
    return Measured(facts, rates)


def ours(case: Case, n_seeds: int) -> tuple[Run, Facts]:
    """Our training of the case, all seeds by vmap, its steps one program."""
    import jax
    import jax.numpy as jnp

    from vaejax import epoch, train
    from vaejax.benchmarks import flop

    model = cases.build(case)
    tx = train.optimizer(
        learning_rate=1e-3, weight_decay=1e-4, clip_norm=5.0, warmup_steps=1
    )
    batch = jax.device_put(cases.random_batch(case))
    init = functools.partial(epoch.init_state, model, tx, batch)
    step = functools.partial(epoch.train_step, model, tx, TOTAL_STEPS)
    # Random numbers take four times as long to compile at the usual level, 3.
    hasty = {"xla_backend_optimization_level": 1}
    state = jax.jit(jax.vmap(init), compiler_options=hasty)(jnp.arange(n_seeds))
    one = jax.tree.map(lambda x: x[0], state)

    def steps(state, batch, n):
        def body(_, state):
            return jax.vmap(step, (0, None))(state, batch)[0]

        return jax.lax.fori_loop(0, n, body, state)

    start = time.perf_counter()
    lowered = jax.jit(steps, donate_argnums=0).lower(state, batch, 1)
    compiled = lowered.compile()
    compile_s = time.perf_counter() - start

    def run(n: int) -> None:
        nonlocal state
        state = jax.block_until_ready(compiled(state, batch, n))

    run(1)
    device = jax.devices()[0]
    return run, Facts(
        device="cpu" if device.platform == "cpu" else device.device_kind,
        flop=flop.count(step, one, batch) / case.batch_size,
        compile_s=compile_s,
        memory_bytes=_memory(device, compiled),
    )


def _memory(device: Any, compiled: Any) -> int:
    """Bytes at the peak: of the GPU in this process; of the program on a CPU."""
    if stats := device.memory_stats():
        return stats["peak_bytes_in_use"]
    plan = compiled.memory_analysis()
    own = plan.argument_size_in_bytes + plan.output_size_in_bytes
    return own + plan.temp_size_in_bytes - plan.alias_size_in_bytes


def naive(case: Case, n_threads: int) -> Run | None:
    """The same model with Flax's own transposed convolutions, if it has any."""
    del n_threads
    from vaejax import convolution
    from vaejax.benchmarks.naive import TransposedConv

    if case.networks["decoder"] not in ("conv", "residual"):
        return None
    with mock.patch.object(convolution, "TransposedConv", TransposedConv):
        return ours(case, 1)[0]


def torch(case: Case, n_threads: int) -> Run | None:
    """The same model in PyTorch, eager, if all its parts are written there.

    Raises:
      ValueError: PyTorch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise ValueError(
            "--against=torch needs PyTorch: pip install torch, the extra of that name."
        )
    from vaejax.benchmarks import torch_training

    return torch_training.trainer(case, n_threads)


RIVALS = {f.__name__: f for f in (torch, naive)}


def _peak(device: str, dtype: str) -> float | None:
    for name, (bfloat16, float32) in PEAKS.items():
        if name in device.split():
            return bfloat16 if dtype == "bfloat16" else float32
    return None


def _line(
    case: Case, n_threads: int, n_seeds: int, rivals: Sequence[str], found: Measured
) -> str:
    facts, mine = found.facts, found.rates["vaejax"]
    peak = _peak(facts.device, case.networks["dtype"])
    share = peak and median(mine) * facts.flop / peak
    ratios = [
        f"{median(a / b for a, b in zip(mine, found.rates[name], strict=True)):.2f}"
        if name in found.rates
        else "–"
        for name in rivals
    ]
    return _row(
        case.name,
        " ".join("x".join(map(str, shape)) for shape in case.shapes.values()),
        case.batch_size,
        case.networks["dtype"],
        n_threads if facts.device == "cpu" else facts.device,
        n_seeds,
        f"{median(mine):.4g}",
        f"{facts.flop / 1e6:.4g}",
        f"{share:.1%}" if share else "–",
        f"{facts.compile_s:.1f}",
        f"{facts.memory_bytes / 1e6:.0f}",
        *ratios,
    )


def _row(*columns: object) -> str:
    first, second, *rest = columns
    return f"{first!s:26} {second!s:>8}" + "".join(f"{c!s:>13}" for c in rest)
