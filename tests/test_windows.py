"""Every token of every line is seen once, in few shapes and with little padding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaejax.songbook.lyrics import TEXTS
from vaejax.text import windows
from vaejax.text.windows import Limits

LIMITS = Limits(max_tokens=512, batch_tokens=1024)
lengths = st.lists(st.integers(2, 512), max_size=200)


def lines_of(*sizes: int) -> list[np.ndarray]:
    """Lines of so many tokens, every token another one."""
    ends = np.cumsum(sizes)
    return [
        np.arange(e - n, e, dtype=np.int32) + 10
        for e, n in zip(ends, sizes, strict=True)
    ]


def embed(tokens, positions, numbers):
    """Sums of (1, token, position); what the encoder would do if all were linear."""
    each = np.stack([np.ones_like(tokens), tokens, positions], -1)
    member = numbers[:, :, None] == 1 + np.arange(tokens.shape[1] // 2)
    return np.einsum("blp,ble->bpe", member, each).astype(np.float32)


def split(lines, max_tokens=512):
    return windows.windows(lines, start=0, end=2, max_tokens=max_tokens)


def vectors(lines, limits=LIMITS, progress=lambda n: None):
    options = {"size": 3, "pad": 1, "limits": limits, "progress": progress}
    return windows.vectors(split(lines, limits.max_tokens), embed, **options)


def test_a_line_becomes_a_window_between_its_ends():
    (window,) = split([np.array([7, 8, 9], np.int32)])
    assert window.line == 0 and window.tokens.tolist() == [0, 7, 8, 9, 2]
    assert window.tokens.dtype == np.int32


def test_an_empty_line_is_its_two_ends():
    (window,) = split(lines_of(0))
    assert window.tokens.tolist() == [0, 2]


def test_a_long_line_becomes_windows_of_nearly_equal_size():
    found = split(lines_of(3, 22), max_tokens=10)  # 8 tokens fit between the ends
    assert [window.line for window in found] == [0, 1, 1, 1]
    assert [len(window.tokens) for window in found] == [5, 10, 9, 9]
    seen = [token for window in found[1:] for token in window.tokens[1:-1]]
    assert seen == lines_of(3, 22)[1].tolist()


@pytest.mark.parametrize(("n", "expected"), [(510, 1), (511, 2), (1020, 2), (1021, 3)])
def test_a_line_is_split_where_it_does_not_fit(n, expected):
    assert len(split(lines_of(n))) == expected


def test_rows_are_filled_with_the_longest_window_that_fits():
    first, second = windows.plan([30, 20, 14, 40, 20], LIMITS)
    assert first == windows.Batch(64, [[3, 4]])  # 40 + 20
    assert second == windows.Batch(64, [[0, 1, 2]])  # 30 + 20 + 14


def test_room_beside_a_long_window_goes_to_short_ones():
    (batch,) = windows.plan([100, 8, 400], LIMITS)
    assert batch == windows.Batch(512, [[2, 0, 1]])


def test_the_last_rows_go_into_smaller_batches_not_into_padding():
    batches = windows.plan([64] * 39, LIMITS)
    assert [len(batch.rows) for batch in batches] == [16, 16, 4, 1, 1, 1]
    assert windows.padding_share([64] * 39, batches) == 0.0


@given(lengths)
def test_every_window_has_one_place(sizes):
    batches = windows.plan(sizes, LIMITS)
    rows = [row for batch in batches for row in batch.rows]
    assert sorted(window for row in rows for window in row) == list(range(len(sizes)))
    for batch in batches:
        assert len(batch.rows) * batch.length <= LIMITS.batch_tokens
        for row in batch.rows:
            assert sum(sizes[window] for window in row) <= batch.length
    places = sum(len(batch.rows) * batch.length for batch in batches)
    if sizes:
        share = windows.padding_share(sizes, batches)
        assert share == pytest.approx(1 - sum(sizes) / places)


@given(lengths)
def test_few_shapes_are_compiled_whatever_the_lengths(sizes):
    shapes = {(len(b.rows), b.length) for b in windows.plan(sizes, LIMITS)}
    assert shapes <= {(16, 64), (4, 64), (1, 64), (2, 512), (1, 512)}


@given(st.lists(st.integers(0, 60), max_size=30))
def test_a_vector_is_the_mean_over_the_tokens_of_its_line(sizes):
    found = vectors(lines_of(*sizes), Limits(max_tokens=12, batch_tokens=48))
    assert found.shape == (len(sizes), 3)
    for vector, tokens in zip(found, lines_of(*sizes), strict=True):
        n = max(1, -(-len(tokens) // 10))
        parts = [len(part) + 2 for part in np.array_split(tokens, n)]
        expected = [1, (tokens.sum() + 2 * n) / sum(parts)]
        expected += [sum(k * (k - 1) / 2 for k in parts) / sum(parts)]
        np.testing.assert_allclose(vector, expected, rtol=1e-5)


def test_padding_has_no_number_and_the_token_of_padding():
    found = split(lines_of(1, 0))
    batch = windows.Batch(8, [[0, 1]])
    tokens, positions, numbers = windows.arrays(batch, found, pad=1)
    assert tokens.tolist() == [[0, 10, 2, 0, 2, 1, 1, 1]]
    assert positions.tolist() == [[0, 1, 2, 0, 1, 0, 0, 0]]
    assert numbers.tolist() == [[1, 1, 1, 2, 2, 0, 0, 0]]


def test_padding_is_little_for_lines_and_for_whole_songs():
    """About four letters make a token; three songs of the songbook, and 600."""
    words = "\n".join(text.TEXT for text in TEXTS.values())
    lines = [len(line) // 4 for line in words.splitlines() if line]
    rng = np.random.default_rng(0)
    songs = np.exp(rng.normal(np.log(220), 0.6, 600)).astype(int).tolist()
    for sizes, most in ((lines, 0.02), (lines[:90], 0.05), (songs, 0.03)):
        cut = [len(window.tokens) for window in split(lines_of(*sizes))]
        assert windows.padding_share(cut, windows.plan(cut, LIMITS)) < most


def test_progress_counts_lines_that_are_done():
    done = []
    vectors(lines_of(5, 600, 3, 700), progress=done.append)
    assert sum(done) == 4 and len(done) > 1
