"""A checkpoint is used whole or not at all."""

import random

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vaejax import checkpoint
from vaejax.core import NEVER, Best, Middle, State

TREE = {"w": jnp.arange(300.0), "inner": {"b": jnp.ones((3, 4), jnp.bfloat16)}}
TEMPLATE = jax.tree.map(jnp.zeros_like, TREE)


def plus(n: int):
    return jax.tree.map(lambda x: x + n, TREE)


def state(n: int) -> State:
    number = jnp.int32(n)
    best = Best(jnp.float32(n), number, plus(n), number, jnp.float32(1.0))
    return State(number, number, plus(n), (), best, jnp.int32(NEVER))


def assert_equal(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


def flip(path, where: float = 0.5) -> None:
    content = bytearray(path.read_bytes())
    content[int(where * (len(content) - 1))] ^= 4
    path.write_bytes(content)


def arrays_of(folder) -> list:
    """The files that hold numbers."""
    return [p for p in folder.rglob("*") if p.is_file() and "/d/" in str(p)]


@pytest.fixture
def folder(tmp_path):
    with checkpoint.opened(tmp_path / "vae", every=2) as saved:
        for epoch in range(1, 7):
            saved.save(epoch, state(epoch))
        saved.finish(plus(6))
    return tmp_path / "vae"


def restored(folder, most: int = 99):
    with checkpoint.opened(folder, every=2) as saved:
        return saved.restore(state(0), most=most)


def test_the_newest_state_is_restored_bit_for_bit(folder):
    epoch, found = restored(folder)
    assert epoch == 6
    assert_equal(found, state(6))
    assert_equal(checkpoint.best(folder, TEMPLATE), plus(6))


def test_a_flipped_bit_is_found_and_the_checkpoint_before_is_used(folder, capfd):
    flip(arrays_of(folder / "periodic" / "6")[0])
    epoch, found = restored(folder)
    assert epoch == 4
    assert_equal(found, state(4))
    assert [p.name for p in (folder / "damaged").iterdir()] == ["6-0"]
    assert "Not whole, and not used" in capfd.readouterr().out
    with checkpoint.opened(folder, every=2) as saved:  # its place is free again
        saved.save(6, state(6))
    assert restored(folder)[0] == 6


def test_whatever_bit_flips_there_is_no_wrong_number(folder):
    files = [p for p in (folder / "best").rglob("*") if p.is_file()]
    files = [p for p in files if p.stat().st_size] + [folder / "sha256" / "best.json"]
    draw = random.Random(0)
    for path in files:
        before = path.read_bytes()
        flip(path, draw.random())
        assert checkpoint.best(folder, TEMPLATE) is None
        path.write_bytes(before)
    assert_equal(checkpoint.best(folder, TEMPLATE), plus(6))


def test_a_checkpoint_that_lacks_a_file_is_not_used(folder):
    arrays_of(folder / "periodic" / "6")[0].unlink()
    assert restored(folder)[0] == 4


def test_a_checkpoint_that_was_being_written_is_not_used(folder):
    whole = folder / "periodic" / "6"
    whole.rename(whole.with_name("6.orbax-checkpoint-tmp"))
    assert restored(folder)[0] == 4


def test_a_checkpoint_that_was_not_sealed_is_not_used(folder):
    (folder / "sha256" / "6.json").unlink()
    assert restored(folder)[0] == 4
    assert {p.name for p in (folder / "sha256").iterdir()} == {"4.json", "best.json"}


def test_a_state_beyond_the_history_is_not_used(folder):
    assert restored(folder, most=5)[0] == 4
    with checkpoint.opened(folder, every=2) as saved:
        saved.save(6, state(6))  # no longer there


def test_damaged_best_variables_are_put_aside(folder):
    flip(arrays_of(folder / "best")[0])
    with checkpoint.opened(folder, every=2) as saved:
        assert saved.best(TEMPLATE) is None
        saved.finish(plus(7))
    assert_equal(checkpoint.best(folder, TEMPLATE), plus(7))


def middle(n: int) -> Middle:
    """After n steps of two seeds, in two parts."""
    ones = [{"loss": jnp.full((2, m), float(n))} for m in (n - 1, 1)]
    return Middle(state(n), ones, {"at_once": 2, "reader": {"next_index": n}})


@pytest.fixture
def begun(folder):
    """Middles of the epoch after the sixth; two are kept."""
    with checkpoint.opened(folder, every=2) as saved:
        for n in (60, 70, 80):
            saved.save_middle(6, state(6), middle(n))
        saved.save_middle(6, state(6), middle(80))
    return folder


def test_the_middle_of_an_epoch_is_restored_bit_for_bit(begun):
    epoch, start, found = restored(begun)
    assert epoch == 6
    assert_equal((start, found.state), (state(6), state(80)))
    assert_equal(found.terms, [{"loss": np.full((2, 80), 80, np.float32)}])
    assert found.position == {"at_once": 2, "reader": {"next_index": 80}}


@pytest.mark.parametrize("item", ["states", "about"])
def test_a_flipped_bit_in_a_middle_is_found_and_the_one_before_is_used(begun, item):
    flip(arrays_of(begun / "middle" / "80" / item)[0])
    assert_equal(restored(begun)[2].state, state(70))
    assert [p.name for p in (begun / "damaged").iterdir()] == ["80-0"]
    (begun / "sha256" / "middle-70.json").unlink()
    assert len(restored(begun)) == 2


def test_a_middle_goes_when_its_epoch_has_ended(begun):
    with checkpoint.opened(begun, every=2) as saved:
        assert not saved.save(7, state(7)) and len(saved.middle.all_steps()) == 2
        assert saved.save(8, state(8)) and not saved.middle.all_steps()
    assert restored(begun)[0] == 8
    assert not [*(begun / "sha256").glob("middle*")]


def test_a_middle_that_is_older_or_beyond_the_history_is_not_used(begun):
    assert restored(begun, most=5)[0] == 4
    with checkpoint.opened(begun, every=2) as saved:
        saved.save(8, state(8))
        saved.save_middle(6, state(6), middle(90))
    assert len(restored(begun)) == 2
