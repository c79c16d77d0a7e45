"""Folders of language models: config, tokenizer, weights, and the index of weights."""

import functools
import json
import tempfile
from pathlib import Path

import numpy as np
from fuzz.mutation import mutated
from hypothesis import strategies as st

from vaejax.text import roberta, tokens, weights

ERRORS = (ValueError,)
CONFIG = dict(
    model_type="xlm-roberta",
    vocab_size=6,
    hidden_size=4,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=8,
    max_position_embeddings=8,
    type_vocab_size=1,
    layer_norm_eps=1e-5,
)
TOKENS = [
    *(
        b"..",
        b"/etc/passwd",
        b"null",
        b"-1",
        b"1e999",
        b"NaN",
        b"9" * 5000,
        b"[" * 5000,
    ),
    *(b'"F32"', b'"I64"', b'"data_offsets":[0,99999999999]', b"true", b'"shape":[]'),
    *(b"\xff\xff\xff\xff\xff\xff\xff\x7f", b'{"a":' * 500, b"18446744073709551615"),
]


@functools.cache
def seeds() -> dict[str, bytes]:
    """{file: valid content} of a model of one layer."""
    from safetensors.numpy import save
    from tokenizers import Tokenizer, models

    names = ("<s>", "<pad>", "</s>", "<unk>", "\u2581", "a")
    vocab = [(name, -float(i)) for i, name in enumerate(names)]
    shapes = weights.places(
        roberta.Config(**{k: v for k, v in CONFIG.items() if k != "model_type"})
    )
    tensors = {
        name: np.zeros(place.shape, np.float32) for name, place in shapes.items()
    }
    index = {"weight_map": dict.fromkeys(tensors, "model-1.safetensors")}
    return {
        "config.json": json.dumps(CONFIG).encode(),
        "tokenizer.json": Tokenizer(models.Unigram(vocab, 3)).to_str().encode(),
        weights.FILE: save(tensors),
        weights.INDEX: json.dumps(index).encode(),
    }


INPUTS = st.sampled_from(
    ("config.json", "tokenizer.json", weights.FILE, weights.INDEX)
).flatmap(
    lambda name: st.tuples(st.just(name), mutated([seeds()[name]], TOKENS, head=3000))
)


@functools.cache
def folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-models-"))


def check(given: tuple[str, bytes]) -> None:
    for path in folder().iterdir():
        path.unlink()
    files = dict(seeds())
    if given[0] == weights.INDEX:
        files["model-1.safetensors"] = files.pop(weights.FILE)
    else:
        del files[weights.INDEX]
    for name, data in (files | dict([given])).items():
        (folder() / name).write_bytes(data)
    config = roberta.read_config(folder() / "config.json")
    ends = {"start": config.bos_token_id, "end": config.eos_token_id}
    tokens.open_tokenizer(folder(), vocab_size=config.vocab_size, **ends)(["a b"])
    assert all(path.parent == folder() for path in weights.files(folder()))
    weights.read(folder(), config, dtype="float32")
