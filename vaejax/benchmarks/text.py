"""Lines to vectors by an XLM-RoBERTa of the base size, and beside it by PyTorch's.

The weights are random: speed does not depend on them. So are the tokens, of which only
the number in a line matters.
"""

import importlib.util
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from vaejax.benchmarks.training import ROUNDS, limit_threads
from vaejax.text import weights, windows
from vaejax.text.roberta import Config
from vaejax.text.windows import Window

BASE = Config(
    vocab_size=250002,
    hidden_size=768,
    num_hidden_layers=12,
    num_attention_heads=12,
    intermediate_size=3072,
    max_position_embeddings=514,
    type_vocab_size=1,
    layer_norm_eps=1e-5,
)
LETTERS = 4  # in a token, about; lines of the songbook differ as those of songs do
COLUMNS = ("texts", "number", "tokens", "type", "threads", "tokens/s", "padding")

Run = Callable[[Sequence[Window]], np.ndarray]  # windows -> a vector each line


class Measured(NamedTuple):
    """All texts of one kind, timed."""

    device: str
    number: int  # of texts
    tokens: int
    rates: dict[str, list[float]]  # tokens/s of every contender, in each round
    padding: dict[str, float]  # share of what each computes
    difference: float  # the largest between two vectors


def text(
    *,
    threads: Sequence[int],
    dtypes: Sequence[str],
    against: Sequence[str],
    n: int,
    config: Config = BASE,
) -> Iterator[str]:
    """Yields the lines of a table of tokens/s, padding not counted.

    Args:
      threads: numbers of threads of the processor to try.
      dtypes: float32, bfloat16 or both.
      against: names in RIVALS.
      n: number of lines; other texts have about as many tokens, or a few thousand.
      config: sizes of the network.
    """
    has_torch = importlib.util.find_spec("torch") is not None
    rivals = [name for name in against if has_torch]
    yield f"{ROUNDS} rounds; ratios are medians over rounds"
    yield _row(*COLUMNS, *(f for name in rivals for f in (f"vs {name}", "its padding")))
    context = multiprocessing.get_context("spawn")
    differences = []
    for dtype in dtypes:
        for n_threads in threads:
            with ProcessPoolExecutor(1, context, limit_threads, (n_threads,)) as pool:
                job = pool.submit(measure, config, n_threads, dtype, rivals, n)
                for name, found in job.result().items():
                    count = found.device if found.device != "cpu" else n_threads
                    yield _line(name, dtype, count, rivals, found)
                    differences.append(found.difference)
    if rivals:
        yield f"largest difference between two vectors: {max(differences):.1e}"
    else:
        yield "To compare with PyTorch: pip install torch, and add --against=torch."


def lengths(n: int) -> dict[str, list[int]]:
    """Tokens of the texts of each kind, <s> and </s> left out.

    Lines of the songbook; songs as one text each, log-normal, one in twelve too long
    for a window; and texts that fill the rows of a batch, for the network alone.
    """
    from vaejax.songbook.lyrics import TEXTS

    words = [line for text in TEXTS.values() for line in text.TEXT.splitlines()]
    rng = np.random.default_rng(0)
    lines = [1 + len(line) // LETTERS for line in words if line]
    lines = rng.choice(lines, n).tolist()
    total = sum(lines) + 2 * n
    songs = np.exp(rng.normal(np.log(220), 0.6, max(16, total // 260)))
    return {
        "lines": lines,
        "songs": songs.astype(int).tolist(),
        "of 64 tokens": [62] * max(16, total // 1024 * 16),
        "of 512 tokens": [510] * max(2, total // 1024 * 2),
    }


def measure(
    config: Config, n_threads: int, dtype: str, against: Sequence[str], n: int
) -> dict[str, Measured]:
    """Times texts of every kind in this process."""
    import jax

    tensors = random_tensors(config)
    made = {"vaejax": ours(config, tensors, dtype)}
    for name in against:
        made[name] = RIVALS[name](config, tensors, dtype, n_threads)
    contenders = {name: run for name, (run, _) in made.items()}
    device = jax.devices()[0]
    on_cpu = device.platform == "cpu"
    # Of one thread, its own seconds: those of others on the machine do not count.
    clock = time.process_time if n_threads == 1 and on_cpu else time.perf_counter
    found = {}
    for kind, sizes in lengths(n).items():
        texts = random_windows(config, sizes)
        firsts = [run(texts) for run in contenders.values()]  # compiles
        found[kind] = Measured(
            device="cpu" if on_cpu else device.device_kind,
            number=len(sizes),
            tokens=sum(len(window.tokens) for window in texts),
            rates=_rates(contenders, texts, clock),
            padding={name: share(texts) for name, (_, share) in made.items()},
            difference=max(float(abs(x - firsts[0]).max()) for x in firsts),
        )
    return found


def _rates(
    contenders: dict[str, Run], texts: Sequence[Window], clock: Callable[[], float]
) -> dict[str, list[float]]:
    n_tokens = sum(len(window.tokens) for window in texts)
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            start = clock()
            run(texts)
            rates[name].append(n_tokens / (clock() - start))
    return rates


def random_tensors(config: Config) -> dict[str, np.ndarray]:
    """Weights as a checkpoint names and stores them, drawn as for a new model."""
    rng = np.random.default_rng(0)
    found = {}
    for name, place in weights.places(config).items():
        found[name] = rng.standard_normal(place.shape, np.float32)
        found[name] *= 0.02
        if name.endswith("LayerNorm.weight"):
            found[name] += 1
    return found


def random_windows(config: Config, sizes: Sequence[int]) -> list[Window]:
    """Random tokens, so many to a text, in windows."""
    rng = np.random.default_rng(0)
    return windows.windows(
        [rng.integers(4, config.vocab_size, size, np.int32) for size in sizes],
        start=config.bos_token_id,
        end=config.eos_token_id,
        max_tokens=config.max_tokens,
    )


def ours(
    config: Config, tensors: dict[str, np.ndarray], dtype: str
) -> tuple[Run, Callable[[Sequence[Window]], float]]:
    """Our encoder, from windows on; and the share of padding in what it computes."""
    from vaejax.text import xlm_roberta

    params = weights.fill(tensors.items(), config, dtype=dtype, source="benchmark")
    embed, limits = xlm_roberta.program(config, dtype)
    run = partial(
        windows.vectors,
        embed=partial(embed, params),
        size=config.hidden_size,
        pad=config.pad_token_id,
        limits=limits,
        progress=lambda n: None,
    )

    def padding(texts: Sequence[Window]) -> float:
        sizes = [len(window.tokens) for window in texts]
        return windows.padding_share(sizes, windows.plan(sizes, limits))

    return run, padding


def torch(config: Config, tensors: dict[str, np.ndarray], dtype: str, n_threads: int):
    """The same by transformers' model, if PyTorch is installed."""
    from vaejax.benchmarks import torch_text

    return torch_text.encoder(config, tensors, dtype, n_threads)


RIVALS = {f.__name__: f for f in (torch,)}


def _line(
    kind: str, dtype: str, count: int | str, rivals: Sequence[str], found: Measured
) -> str:
    mine = found.rates["vaejax"]
    beside: list[str] = []
    for name in rivals:
        ratios = [a / b for a, b in zip(mine, found.rates[name], strict=True)]
        beside += [f"{median(ratios):.2f}", f"{found.padding[name]:.1%}"]
    return _row(
        kind,
        found.number,
        found.tokens,
        dtype,
        count,
        f"{median(mine):.4g}",
        f"{found.padding['vaejax']:.1%}",
        *beside,
    )


def _row(first: Any, *rest: Any) -> str:
    return f"{first!s:14}" + "".join(f"{column!s:>12}" for column in rest)
