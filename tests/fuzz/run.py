"""Inputs that nobody meant to write: they are refused with a reason, or work.

  python tests/fuzz/run.py --what=metadata --n=60000 --seed=0
  python tests/fuzz/run.py --what=metadata --repeat=FILE   # one that failed, again

Inputs that fail are written to --out, as Python writes them. `trials.py` says what a
failure is and names the targets.
"""

import ast
import hashlib
import importlib
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[i]) for i in (1, 2)]

from absl import app, flags  # noqa: E402
from fuzz.trials import TARGETS, failures  # noqa: E402


def main(_: list[str]) -> None:
    what = flags.FLAGS.what
    if flags.FLAGS.repeat:
        one = ast.literal_eval(Path(flags.FLAGS.repeat).read_text())
        return importlib.import_module(TARGETS[what]).check(one)
    out = Path(flags.FLAGS.out or tempfile.mkdtemp(prefix=f"fuzz-{what}-"))
    out.mkdir(parents=True, exist_ok=True)
    counts, kinds, started = Counter(), Counter(), time.monotonic()
    for one, how in failures(what, flags.FLAGS.n, flags.FLAGS.seed, counts):
        place = [line for line in how.splitlines() if line.startswith("  File")][-1:]
        kind = " ".join([how.splitlines()[-1][:200], *place])
        kinds[kind] += 1
        if kinds[kind] <= 3:
            content = ascii(one)
            name = hashlib.sha256(content.encode()).hexdigest()[:12]
            path = out / f"{name}.txt"
            path.write_text(content)
            print(f"{path}\n{how[-3000:]}\n", flush=True)
    print(f"{what}: {dict(counts)} in {time.monotonic() - started:.0f} s")
    for kind, n in kinds.most_common():
        print(f"{n} x {kind}")
    sys.exit(bool(kinds))


if __name__ == "__main__":
    flags.DEFINE_enum("what", None, sorted(TARGETS), "What is tried.", required=True)
    flags.DEFINE_integer("n", 50_000, "Number of inputs.", lower_bound=1)
    flags.DEFINE_integer("seed", 0, "Another number gives other inputs.")
    flags.DEFINE_string("out", "", "Folder for the inputs that fail.")
    flags.DEFINE_string("repeat", "", "An input that failed, to be tried again.")
    app.run(main)
