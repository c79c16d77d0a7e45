"""A pretrained encoder of lines: a folder, or a model of the Hugging Face hub.

Without PyTorch: our own layers (`roberta.py`), filled from safetensors (`weights.py`).
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float32
from tqdm import tqdm

from vaejax.text import hub, roberta, tokens, weights, windows

CONFIG = "config.json"
WANTED = (CONFIG, tokens.FILE, "model*.safetensors", weights.INDEX)
CPU_TOKENS, GPU_TOKENS = 1024, 32768  # in a batch; on a CPU more are not faster


class Encoder(NamedTuple):
    """What can be done with an open model."""

    encode: Callable  # (lines, a sequence of str) -> float32 [n, e], one a line
    padding_share: Callable  # (lines) -> share of what is computed that is no token
    size: int  # e


def open_encoder(model: str, *, dtype: str) -> Encoder:
    """A model of the XLM-RoBERTa family, ready to encode.

    The vector of a line is the mean of the last hidden states over its tokens, <s> and
    </s> among them; of an empty line, over these two. It does not depend on the order
    of the lines or on what else is encoded, but for rounding: 1e-6 in float32.

    Args:
      model: a folder, or a name on the hub, e.g. FacebookAI/xlm-roberta-base.
      dtype: of parameters and arithmetic, float32 or bfloat16; vectors are float32.

    Raises:
      ValueError: there is no such model, it is of another kind, or one of its files is
        missing or damaged.
    """
    folder = model_folder(model)
    config = roberta.read_config(folder / CONFIG)
    ends = {"start": config.bos_token_id, "end": config.eos_token_id}
    tokenize = tokens.open_tokenizer(folder, vocab_size=config.vocab_size, **ends)
    params = weights.read(folder, config, dtype=dtype)
    embed, limits = program(config, dtype)

    def split(lines: Sequence[str]) -> list[windows.Window]:
        return windows.windows(tokenize(lines), max_tokens=limits.max_tokens, **ends)

    def encode(lines: Sequence[str]) -> Float32[np.ndarray, "n e"]:
        rows = {line: row for row, line in enumerate(dict.fromkeys(lines))}
        with tqdm(total=len(rows), desc="lyrics", unit="line", delay=1) as bar:
            vectors = windows.vectors(
                split(list(rows)),
                partial(embed, params),
                size=config.hidden_size,
                pad=config.pad_token_id,
                limits=limits,
                progress=bar.update,
            )
        return vectors[[rows[line] for line in lines]]

    def padding_share(lines: Sequence[str]) -> float:
        lengths = [len(window.tokens) for window in split(list(dict.fromkeys(lines)))]
        return windows.padding_share(lengths, windows.plan(lengths, limits))

    return Encoder(encode, padding_share, config.hidden_size)


def program(config: roberta.Config, dtype: str) -> tuple[Callable, windows.Limits]:
    """`roberta.sums` of a network, compiled once a shape, and how large to call it."""
    limits = windows.Limits(
        max_tokens=min(windows.LONG, config.max_tokens),
        batch_tokens=CPU_TOKENS if jax.default_backend() == "cpu" else GPU_TOKENS,
    )
    return jax.jit(partial(roberta.sums, roberta.Network(config, dtype))), limits


def fingerprint(model: str) -> str:
    """SHA-256 of the files that decide the vectors: what a cache of them depends on.

    Args:
      model: as in `open_encoder`; nothing but its files is read.

    Raises:
      ValueError: there is no such model, or one of its files is missing.
    """
    folder = model_folder(model)
    total = hashlib.sha256()
    paths = folder / CONFIG, folder / tokens.FILE, *weights.files(folder)
    for path in paths:
        try:
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
        except FileNotFoundError:
            raise ValueError(f"{path} does not exist. Download it as well.") from None
    return total.hexdigest()


def model_folder(model: str) -> Path:
    """The folder of a model; one of the hub is downloaded, or taken from its cache.

    Raises:
      ValueError: it is neither a folder nor a model that can be had.
    """
    return hub.model_folder(
        model,
        key="config.lyrics.model",
        wanted=WANTED,
        advice="Go online with the name of a model of the hub; or download its "
        "config.json, tokenizer.json and model.safetensors elsewhere, and give their "
        "folder. config.lyrics.encoder=ngram needs no model.",
    )
