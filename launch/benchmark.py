"""Measures speed beside the plain way to do the same, in turns.

python launch/benchmark.py --what=features
python launch/benchmark.py --what=features --root=PATH/TO/SONGS --n=200 --workers=8
"""

import sys

import command  # noqa: F401  puts the repository on the path
from absl import app, flags

from vaejax.benchmark import BENCHMARKS

WHAT = flags.DEFINE_enum("what", "features", sorted(BENCHMARKS), "What is measured.")
ROOT = flags.DEFINE_string("root", "", "Folder of audio; none renders clips.")
N = flags.DEFINE_integer("n", 100, "Number of clips.", lower_bound=1)
WORKERS = flags.DEFINE_integer("workers", 2, "Number of processes.", lower_bound=1)


def main(argv: list[str]) -> None:
    """Prints the lines of the benchmark as they come."""
    if argv[1:]:
        raise app.UsageError(f"Unknown arguments: {' '.join(argv[1:])}.")
    run = BENCHMARKS[WHAT.value]
    try:
        for line in run(root=ROOT.value, n=N.value, n_workers=WORKERS.value):
            print(line, flush=True)
    except ValueError as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    app.run(main)
