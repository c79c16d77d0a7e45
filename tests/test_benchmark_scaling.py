"""The scaling table's arithmetic, and what it counts."""

import jax
import pytest

from vaejax import devices
from vaejax.benchmarks import scaling
from vaejax.benchmarks.scaling import Sums


def test_a_step_is_its_work_and_its_sums():
    # 64 rows at 100 a second, by 4 processes: .16 s; 6 messages of 1 ms for each of 5
    # arrays; and 1.5 times 40 kB at 1 MB/s: .06 s.
    found = scaling.steps_rate(4, 100.0, Sums(5, 40_000), 1e6, 1e-3)
    assert found == pytest.approx(64 / (0.16 + 0.03 + 0.06))
    alone = scaling.steps_rate(1, 100.0, Sums(5, 40_000), 1e6, 1e-3)
    assert alone == pytest.approx(100)


def test_sums_of_a_program_are_counted_array_by_array():
    program = """
  %a = (f32[64,2]{1,0}, bf16[3]{0}, f32[]) all-reduce(%x, %y, %z), channel_id=1
  %b = pred[8]{0} all-gather(%w), dimensions={0}
  %c = f32[9]{0} add(%all-reduce.1, %u)
  %d = s32[5]{0} all-reduce-start(%v), to_apply=%sum
  %e = s32[5]{0} all-reduce-done(%d)
"""
    assert scaling.summed(program) == Sums(5, 4 * 128 + 2 * 3 + 4 + 8 + 4 * 5)


def test_devices_that_share_a_batch_sum_its_gradients_and_one_alone_nothing():
    def sums(x):
        return (x**2).sum()

    x = jax.numpy.ones((8, 3))
    mesh = devices.mesh_of(1, seed=1, data=2)
    shared = jax.jit(sums).lower(jax.device_put(x, devices.by_row(mesh)))
    assert scaling.summed(shared.compile().as_text()) == Sums(1, 4)
    alone = jax.jit(sums).lower(x)
    assert scaling.summed(alone.compile().as_text()) == Sums(0, 0)


def test_what_is_measured_is_put_together():
    rates = {"one": 100.0, "two apart": 160.0, "two together": 50.0}
    seconds = 2e-4, 2e-4 + (2**24 - 2**10) / 2e9
    rows = list(scaling._modelled(rates, Sums(40, 3_000_000), seconds))
    assert "sums 40 arrays, 3.00 MB" in rows[0]
    assert "100 us a message" in rows[1] and "2.00 GB/s" in rows[2]
    # .4 s of work at 80 a second; 80 messages of .1 ms and 3 MB at 2 GB/s: .4095 s.
    assert "make 156 samples/s here, and made" in rows[-9] and rows[-8] == "50."
    p, found, share, heavier = map(float, rows[-5].split())
    # .32 s of work, 80 messages of 50 us, 3 MB at 1.25 GB/s
    assert p == 2 and found == pytest.approx(64 / (0.32 + 0.004 + 0.0024), abs=0.5)
    assert share == pytest.approx(found / 200, abs=0.01)
    assert heavier == pytest.approx(3.2 / (3.2 + 0.0064), abs=0.01)
