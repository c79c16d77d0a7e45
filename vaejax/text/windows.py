"""Lines as tokens -> one vector a line, many lines at a time, with little padding.

A line becomes a window, <s> tokens </s>. One that is longer than the encoder takes
becomes several of nearly equal size, without overlap, so that nothing is cut; its
vector is the mean over the tokens of all of them. <s> and </s> count as tokens, as they
do in the mean pooling of sentence-transformers.

Windows of all lengths are packed into rows of two lengths: two shapes to compile, where
batches of one length each would take a dozen or a fifth of padding. What shares a row
is not seen (`roberta.py`), so a vector does not depend on its neighbours.
"""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int32

SHORT, LONG = 64, 512  # tokens in a row; lines of songs rarely have more than 64

Embed = Callable  # (tokens, positions, windows [b, l]) -> sums over tokens [b, p, e]


class Window(NamedTuple):
    """What the encoder sees of a line."""

    line: int
    tokens: Int32[np.ndarray, "_"]  # from <s> to </s>


class Batch(NamedTuple):
    """Rows of equal length."""

    length: int  # tokens
    rows: list[list[int]]  # the numbers of the windows in each


class Limits(NamedTuple):
    """What bounds a batch."""

    max_tokens: int  # in a window, at least 3
    batch_tokens: int  # in all rows of a batch, about


def windows(
    lines: Sequence[Int32[np.ndarray, "_"]], *, start: int, end: int, max_tokens: int
) -> list[Window]:
    """The windows of all lines, in their order; an empty line has one, <s> </s>.

    Args:
      lines: tokens, without <s> and </s>.
      start: <s>.
      end: </s>.
      max_tokens: in a window, at least 3.
    """
    found = []
    for i, tokens in enumerate(lines):
        n = max(1, -(-len(tokens) // (max_tokens - 2)))
        for part in np.array_split(tokens, n):
            found.append(Window(i, np.concatenate([[start], part, [end]], dtype="i4")))
    return found


def plan(lengths: Sequence[int], limits: Limits) -> list[Batch]:
    """Which window goes into which row, and which row into which batch.

    Long rows hold every window that a short one cannot take, and short windows in the
    room that is left. What does not fill a batch goes into smaller ones, by a factor of
    4, rather than into rows of padding.

    Args:
      lengths: tokens of each window, at most limits.max_tokens.
    """
    waiting = defaultdict(list)  # {length: windows}
    for window, length in enumerate(lengths):
        waiting[length].append(window)
    long = min(LONG, limits.max_tokens)
    short = min(SHORT, long)
    batches = []
    for row_length, longer_than in ((long, short), (short, 0)):
        rows = _rows(waiting, row_length, longer_than)
        size = max(1, limits.batch_tokens // row_length)
        while rows:
            while size > len(rows):
                size = max(1, size // 4)
            batches.append(Batch(row_length, rows[:size]))
            rows = rows[size:]
    return batches


def _rows(waiting: dict[int, list[int]], room: int, longer_than: int) -> list[list]:
    """Rows until no window longer than that waits; each takes the longest that fits."""
    lengths = sorted(waiting)
    rows = []
    while lengths and lengths[-1] > longer_than:
        row, left = [], room
        while at := bisect_right(lengths, left):
            length = lengths[at - 1]
            row.append(waiting[length].pop())
            left -= length
            if not waiting[length]:
                del waiting[length], lengths[at - 1]
        rows.append(row)
    return rows


def padding_share(lengths: Sequence[int], batches: Sequence[Batch]) -> float:
    """The share of all places in the batches that hold no token, in [0, 1)."""
    places = sum(batch.length * len(batch.rows) for batch in batches)
    return 1 - sum(lengths) / places if places else 0.0


def arrays(
    batch: Batch, found: Sequence[Window], pad: int
) -> tuple[
    Int32[np.ndarray, "b l"], Int32[np.ndarray, "b l"], Int32[np.ndarray, "b l"]
]:
    """Tokens, their positions in the window, and its number in the row, from 1."""
    shape = len(batch.rows), batch.length
    tokens = np.full(shape, pad, np.int32)
    positions, numbers = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    for i, row in enumerate(batch.rows):
        start = 0
        for number, window in enumerate(row, 1):
            n = len(found[window].tokens)
            place = i, slice(start, start + n)
            tokens[place] = found[window].tokens
            positions[place] = np.arange(n)
            numbers[place] = number
            start += n
    return tokens, positions, numbers


def vectors(
    found: Sequence[Window],
    embed: Embed,
    *,
    size: int,
    pad: int,
    limits: Limits,
    progress: Callable[[int], object],
) -> Float32[np.ndarray, "n e"]:
    """The mean over the tokens of each line, in all its windows.

    Args:
      found: of `windows`.
      embed: as `roberta.sums`, of a network with its parameters.
      size: e.
      pad: the token of padding.
      limits: of the batches.
      progress: is told after every batch how many more lines are done.
    """
    lengths = [len(window.tokens) for window in found]
    left = np.bincount([window.line for window in found])  # windows of each line
    total = np.zeros((len(left), size), np.float32)
    count = np.zeros((len(left), 1), np.float32)
    for batch, sums in _ahead(plan(lengths, limits), found, embed, pad):
        done = 0
        for i, row in enumerate(batch.rows):
            for j, window in enumerate(row):
                line = found[window].line
                total[line] += sums[i, j]
                count[line] += lengths[window]
                left[line] -= 1
                done += left[line] == 0
        progress(int(done))
    return total / count


def _ahead(
    batches: Sequence[Batch], found: Sequence[Window], embed: Embed, pad: int
) -> Iterator[tuple[Batch, Float32[np.ndarray, "b p e"]]]:
    """Every batch with its sums; the device works on the next one meanwhile."""
    running = deque()
    for batch in batches:
        running.append((batch, embed(*arrays(batch, found, pad))))
        if len(running) > 1:
            batch, sums = running.popleft()
            yield batch, np.asarray(sums)
    for batch, sums in running:
        yield batch, np.asarray(sums)
