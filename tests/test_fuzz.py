"""Some two hundred inputs of every target; tests/fuzz/run.py tries any number."""

from collections import Counter

import pytest
from fuzz.trials import TARGETS, failures
from test_audio import needs_ffmpeg

N = {"audio_by_ffmpeg": 20, "models": 40, "configs": 50}  # the others cost 5 ms each


@pytest.mark.parametrize("what", sorted(TARGETS))
def test_no_input_fails_in_a_way_that_is_not_documented(what):
    if what == "audio_by_ffmpeg":
        needs_ffmpeg()
    n, counts = N.get(what, 200), Counter()
    failed = list(failures(what, n, 0, counts))
    assert not failed, failed[0][1]
    assert counts["refused"] + counts["used"] == n
