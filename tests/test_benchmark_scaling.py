"""The scaling table's arithmetic, and one process of it."""

import pytest

from vaejax.benchmarks import scaling


def test_a_step_is_its_work_and_two_sums():
    # 64 rows at 100 a second, by 4 processes: .16 s; 12 messages of 1 ms; and 1.5 times
    # 40 kB at 1 MB/s: .06 s.
    found = scaling.steps_rate(4, 100.0, 40_000, 1e6, 1e-3)
    assert found == pytest.approx(64 / (0.16 + 0.012 + 0.06))
    assert scaling.steps_rate(1, 100.0, 40_000, 1e6, 1e-3) == pytest.approx(100)


def test_what_is_measured_is_put_together():
    one = {"gradients": 2_000_000, "batch": 1_000_000}
    rates = {"one": 100.0, "two apart": 160.0, "two together": 50.0}
    sums = 2e-4, 2e-4 + (2**24 - 2**10) / 2e9
    rows = list(scaling._modelled(rates, one, sums))
    assert "100 us a" in rows[1] and "2.00 GB/s" in rows[2]
    # .4 s of work at 80 a second; 4 messages of .1 ms and 3 MB at 2 GB/s: .4019 s.
    assert "make 159 samples/s here" in rows[-8]
    assert "878 ms a step more" in rows[-7]
    p, found, share, here = map(float, rows[-5].split())
    assert p == 2 and 190 < found < 200
    assert share == pytest.approx(found / 200, abs=0.01)
    assert here == pytest.approx(64 / (64 / found + 0.8781), abs=0.6)
