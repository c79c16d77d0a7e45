"""What is timed gives the same vectors on both sides, and its padding is counted."""

import importlib.util

import numpy as np
import pytest

from vaejax.benchmarks import text
from vaejax.benchmarks.text import BASE

TINY = BASE.__class__(
    vocab_size=50,
    hidden_size=8,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=12,
    max_position_embeddings=514,
    type_vocab_size=1,
    layer_norm_eps=1e-5,
)
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="PyTorch, a development extra, is not installed.",
)


def test_texts_are_lines_of_songs_and_songs():
    found = text.lengths(300)
    assert {kind: len(sizes) for kind, sizes in found.items()} == {
        "lines": 300,
        "songs": 16,
        "of 64 tokens": 32,
        "of 512 tokens": 4,
    }
    assert 6 < np.mean(found["lines"]) < 12
    assert 150 < np.median(found["songs"]) < 300


def test_every_kind_of_text_is_timed():
    found = text.measure(TINY, 1, "float32", (), 30)
    assert set(found) == set(text.lengths(30))
    for one in found.values():
        assert one.device == "cpu" and len(one.rates["vaejax"]) == text.ROUNDS
        assert 0 <= one.padding["vaejax"] < 0.3
    assert found["of 64 tokens"].padding["vaejax"] == 0


def test_a_table_without_pytorch_says_how_to_compare(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    head, names, *rows, last = text.text(
        threads=(1,), dtypes=("float32",), against=("torch",), n=20, config=TINY
    )
    assert head.startswith("5 rounds") and names.split()[-1] == "padding"
    assert [row[:14].strip() for row in rows] == list(text.lengths(20))
    assert "pip install torch" in last


@needs_torch
def test_pytorch_gives_the_same_vectors():
    found = text.measure(TINY, 1, "float32", ("torch",), 30)
    for one in found.values():
        assert set(one.rates) == set(one.padding) == {"vaejax", "torch"}
        assert one.difference < 1e-5


@needs_torch
def test_pytorch_is_given_lines_by_length():
    from vaejax.benchmarks import torch_text

    found = text.random_windows(TINY, [3, 8, 1, 5])
    sizes = [[len(w.tokens) for w in b] for b in torch_text.batches(found, 20)]
    assert sizes == [[10, 7], [5, 3]]
