"""Bytes that nearly are what a program expects."""

import random
from collections.abc import Sequence

from hypothesis import strategies as st

NUMBERS = (0, 1, 2, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)


def mutated(
    seeds: Sequence[bytes], tokens: Sequence[bytes] = (), head: int = 0
) -> st.SearchStrategy[bytes]:
    """Bytes of one of the seeds, changed in one to eight places.

    Args:
      seeds: valid content.
      tokens: what is put in besides random bytes.
      head: how many of the first bytes are changed; 0 is any.
    """

    def make(number: int, seed: bytes) -> bytes:
        rng = random.Random(number)
        data = bytearray(seed)
        for _ in range(rng.choice((1, 1, 2, 4, 8))):
            rng.choice(_CHANGES)(rng, data, head or len(data), seeds, tokens)
        return bytes(data)

    # One number, not a draw a change: six times as many inputs a second.
    return st.builds(make, st.integers(0, 2**63), st.sampled_from(seeds))


def _flip(rng, data, head, seeds, tokens):
    if data:
        data[rng.randrange(min(head, len(data)))] ^= 1 << rng.randrange(8)


def _number(rng, data, head, seeds, tokens):
    value = rng.choice(NUMBERS)
    size = rng.choice((1, 2, 4, 8))
    at = rng.randrange(min(head, len(data)) + 1)
    new = (value % 256**size).to_bytes(size, rng.choice(("little", "big")))
    data[at : at + size] = new


def _token(rng, data, head, seeds, tokens):
    at = rng.randrange(min(head, len(data)) + 1)
    new = rng.choice(tokens) if tokens else rng.randbytes(rng.randrange(1, 9))
    data[at : at + rng.choice((0, len(new)))] = new * rng.choice((1, 1, 1, 2, 50))


def _remove(rng, data, head, seeds, tokens):
    at = rng.randrange(min(head, len(data)) + 1)
    del data[at : at + rng.choice((1, 2, 4, 16, 256))]


def _repeat(rng, data, head, seeds, tokens):
    at = rng.randrange(min(head, len(data)) + 1)
    piece = data[at : at + rng.choice((1, 4, 16, 64))]
    data[at:at] = piece * rng.choice((1, 2, 100))


def _cut(rng, data, head, seeds, tokens):
    del data[rng.randrange(len(data) + 1) :]


def _splice(rng, data, head, seeds, tokens):
    other = rng.choice(seeds)
    at = rng.randrange(min(head, len(data)) + 1)
    data[at:] = other[rng.randrange(len(other) + 1) :]


_CHANGES = (_flip, _flip, _number, _number, _token, _remove, _repeat, _cut, _splice)
