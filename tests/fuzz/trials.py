"""Inputs are made, tried in a process with limits, and counted by how they went.

A target is a module with a strategy INPUTS, the ERRORS that its documentation speaks
of, and a function `check` of one input. Everything else that is raised, a process that
ends, and what takes too long or too much memory is a failure.
"""

import importlib
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from functools import partial

from hypothesis import HealthCheck, Phase, given, seed, settings

from vaejax import workers

TARGETS = {  # {name: a module of this folder}
    "metadata": "fuzz.metadata",
    "lyrics": "fuzz.lyrics",
    "audio": "fuzz.audio",
    "audio_by_ffmpeg": "fuzz.audio_by_ffmpeg",
    "images": "fuzz.images",
    "models": "fuzz.models",
    "configs": "fuzz.configs",
    "checkpoints": "fuzz.checkpoints",
}
LIMITS = workers.Limits(cpu_s=20, wall_s=120, memory_bytes=2**32)
AT_ONCE = 2000  # inputs that are made before they are tried


def inputs(what: str, n: int, number: int) -> Iterator:
    """Yields n inputs, the same for the same number."""
    strategy = importlib.import_module(TARGETS[what]).INPUTS
    for start in range(0, n, AT_ONCE):
        made = []

        @seed(f"{number}-{start}")
        @settings(
            max_examples=min(AT_ONCE, n - start),
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def collect(one):
            made.append(one)  # noqa: B023  # called before the next round

        collect()
        yield from made


def tried(what: str, scratch: str, one: object) -> str:
    """How it went: "used", "refused", or the traceback of a failure."""
    tempfile.tempdir = scratch
    target = importlib.import_module(TARGETS[what])
    try:
        target.check(one)
    except target.ERRORS as error:
        # A subclass is one that nobody thought of: of Unicode, of JSON.
        return "refused" if type(error) in target.ERRORS else traceback.format_exc()
    except MemoryError:
        raise
    except BaseException:  # noqa: BLE001  # a panic of Rust is no Exception
        return traceback.format_exc()
    return "used"


def failures(what: str, n: int, number: int, counts: Counter) -> Iterator[tuple]:
    """Yields (input, how it failed); counts how the others went."""
    jobs = inputs(what, n, number)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        work = partial(tried, what, scratch)
        for one, how in workers.results(work, jobs, n_workers=1, limits=LIMITS):
            if how in ("used", "refused"):
                counts[how] += 1
            else:
                counts["failed"] += 1
                yield one, str(how)
