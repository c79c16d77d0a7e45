"""Epochs with all rows on the device beside epochs with rows that are sent in parts."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

ROUNDS = 5
SHAPE = (128, 64)  # frames and bands of a row: 33 kB
SEEDS = 2  # each has an order, and so parts, of its own
BATCH_SIZE = 64


def streaming(*, n: int, folder: Path | None = None) -> Iterator[str]:
    """Yields the lines of a table of samples/s, of epochs that take turns.

    Args:
      n: rows; an epoch is a pass over 90 % of them.
      folder: of the mapped file; None is the system's for temporary files.
    """
    import jax

    from vaejax import mapped

    resident = random_dataset(n)
    zeros = mapped.in_file(folder or Path(tempfile.gettempdir()))
    batch = {name: mapped.moved(x, zeros) for name, x in resident.batch.items()}
    datasets = {
        "resident": resident,
        "from RAM": resident._replace(streamed=True),
        "from a file": resident._replace(streamed=True, batch=batch),
    }
    ways = {name: _epochs(one) for name, one in datasets.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    # On a CPU the seconds of this process: those of others do not count.
    clock = time.process_time if jax.default_backend() == "cpu" else time.perf_counter
    for _ in range(1 + ROUNDS):  # the first compiles
        for name, (epoch, state) in ways.items():
            start = clock()
            jax.block_until_ready(epoch(jax.tree.map(lambda x: x.copy(), state)))
            seconds[name].append(clock() - start)
    mb = sum(x.nbytes for x in resident.batch.values()) / 1e6
    yield f"{n} rows of {SHAPE}, {mb:.0f} MB, {SEEDS} seeds; {ROUNDS} epochs in turns"
    yield f"{'':12}{'samples/s':>12}{'of resident':>14}"
    for name, found in seconds.items():
        rate = SEEDS * 0.9 * n / median(found[1:])
        pairs = zip(seconds["resident"][1:], found[1:], strict=True)
        yield f"{name:12}{rate:>12.0f}{median(a / b for a, b in pairs):>14.2f}"


def random_dataset(n: int):
    """Rows of noise, a tenth of them held out."""
    from vaejax import data

    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, *SHAPE)).astype(np.float32)
    ids = np.arange(n).astype(str)
    return data.standardised(
        {"mel": (x, np.ones(x.shape[:2], bool))},
        ids=ids,
        songs=ids,
        labels={},
        held_out=np.arange(n) % 10 == 0,
    )


def small_model(dataset):
    """A convolutional VAE for rows of this shape."""
    from vaejax import named_configs
    from vaejax.sections import plain
    from vaejax.trained import make_model

    settings = plain(named_configs.get("conv_vae"))
    settings["networks"] |= {"channels": (8, 16), "dtype": "float32"}
    return make_model(settings["model"], settings, dataset)


def _epochs(dataset):
    """An epoch of a small convolutional VAE, and the state that it starts from."""
    import jax
    import jax.numpy as jnp

    from vaejax import devices, epoch, train

    model = small_model(dataset)
    tx = train.optimizer(
        learning_rate=1e-3, weight_decay=1e-4, clip_norm=5.0, warmup_steps=1
    )
    trained, held_out = train.rows_of(dataset)
    plan = epoch.Plan(
        *(len(trained), len(held_out), BATCH_SIZE),
        total_steps=10_000,
        settled_step=0,
        patience=100,
        plateau=50,
        factor=0.5,
    )
    first = {name: jnp.asarray(x[:1]) for name, x in dataset.batch.items()}
    init = jax.vmap(lambda seed: epoch.init_state(model, tx, first, seed))
    ways = {False: train.resident_epochs, True: train.epochs_in_parts}
    mesh = devices.mesh_of(SEEDS)
    one_epoch = ways[dataset.streamed](model, tx, plan, dataset, mesh)
    return one_epoch, jax.jit(init)(jnp.arange(SEEDS))
