r"""Measures speed beside the plain way to do the same, in turns.

python launch/benchmark.py --what=features
python launch/benchmark.py --what=features --root=PATH/TO/SONGS --n=200 --workers=8
python launch/benchmark.py --what=training
python launch/benchmark.py --what=training --models=conv,residual --threads=1,2 \
    --against=torch
python launch/benchmark.py --what=training --models=configs --seeds=1,8 \
    --dtypes=float32,bfloat16
python launch/benchmark.py --what=text --n=200 --threads=1,2 --against=torch
python launch/benchmark.py --what=clusters --n=100000
python launch/benchmark.py --what=streaming --n=10000
python launch/benchmark.py --what=scaling --n=300
python launch/benchmark.py --what=store --n=10000000
"""

import importlib
from collections.abc import Iterator

import command
from absl import flags

KINDS = ["features", "training", "text", "clusters", "streaming", "scaling", "store"]
WHAT = flags.DEFINE_enum("what", "features", KINDS, "What is timed.")
ROOT = flags.DEFINE_string("root", "", "Folder of audio; none renders clips.")
N = flags.DEFINE_integer(
    "n", 100, "Number of clips, lines, rows or tracks.", lower_bound=1
)
WORKERS = flags.DEFINE_integer("workers", 2, "Number of processes.", lower_bound=1)
MODELS = flags.DEFINE_list(
    "models", ["fixed"], "Fixed cases; configs by name; fixed or configs: all of them."
)
DTYPES = flags.DEFINE_list("dtypes", ["float32"], "float32, bfloat16 or both.")
THREADS = flags.DEFINE_list("threads", ["1"], "Numbers of cores; on a GPU give many.")
SEEDS = flags.DEFINE_list("seeds", ["1"], "Numbers of models trained at once.")
AGAINST = flags.DEFINE_list("against", [], "torch, naive or both.")
STEPS = flags.DEFINE_integer("steps", 25, "Training steps in all.", lower_bound=1)


def features() -> Iterator[str]:
    """The features of clips."""
    from vaejax.benchmarks.features import features

    return features(root=ROOT.value, n=N.value, n_workers=WORKERS.value)


def training() -> Iterator[str]:
    """The training of models."""
    from vaejax.benchmarks.training import RIVALS, training

    _refuse_unknown("dtypes", DTYPES.value, ("float32", "bfloat16"))
    _refuse_unknown("against", AGAINST.value, tuple(RIVALS))
    return training(
        _cases(),
        threads=_numbers("threads", THREADS.value),
        seeds=_numbers("seeds", SEEDS.value),
        against=AGAINST.value,
        steps=STEPS.value,
    )


def text() -> Iterator[str]:
    """The vectors of lines."""
    from vaejax.benchmarks.text import RIVALS, text

    _refuse_unknown("dtypes", DTYPES.value, ("float32", "bfloat16"))
    _refuse_unknown("against", AGAINST.value, tuple(RIVALS))
    return text(
        threads=_numbers("threads", THREADS.value),
        dtypes=DTYPES.value,
        against=AGAINST.value,
        n=N.value,
    )


def clusters() -> Iterator[str]:
    """What a run does after training."""
    from vaejax.benchmarks.clusters import clusters

    return clusters(n=N.value)


def streaming() -> Iterator[str]:
    """Training with rows that are sent to the device in parts."""
    from vaejax.benchmarks.streaming import streaming

    return streaming(n=N.value)


def scaling() -> Iterator[str]:
    """Training on several processes and devices."""
    from vaejax.benchmarks.scaling import scaling

    return scaling(n=N.value)


def store() -> Iterator[str]:
    """The feature cache with millions of tracks."""
    from vaejax.benchmarks.store import store_of_millions

    return store_of_millions(n=N.value)


def _cases():
    from vaejax.benchmarks.cases import FIXED, from_settings
    from vaejax.sections import plain

    paths = sorted((command.ROOT / "configs").glob("[a-z]*.py"))
    configs = [path.stem for path in paths if path.stem != "base"]
    groups = {"fixed": list(FIXED), "configs": [f"configs/{name}" for name in configs]}
    names = [name for asked in MODELS.value for name in groups.get(asked, [asked])]
    _refuse_unknown("models", names, (*groups, *groups["fixed"], *groups["configs"]))
    chosen = []
    for name in names:
        case = FIXED.get(name)
        if case is None:
            module = importlib.import_module(name.replace("/", "."))
            case = from_settings(name, plain(module.get_config()))
        for dtype in DTYPES.value:
            chosen.append(case._replace(networks=case.networks | {"dtype": dtype}))
    return chosen


def _numbers(flag: str, values: list[str]) -> list[int]:
    for value in values:
        if not value.isdecimal() or int(value) < 1:
            raise ValueError(f"--{flag}: {value!r} must be a whole number, at least 1.")
    return [int(value) for value in values]


def _refuse_unknown(flag: str, values: list[str], choices: tuple[str, ...]) -> None:
    for value in values:
        if value not in choices:
            raise ValueError(
                f"--{flag}: {value!r} is not known. Choices: {', '.join(choices)}."
            )


def main() -> None:
    """Prints the lines of the benchmark as they come."""
    ways = (features, training, text, clusters, streaming, scaling, store)
    runs = {f.__name__: f for f in ways}
    for line in runs[WHAT.value]():
        print(line, flush=True)


if __name__ == "__main__":
    command.run(main, command.parse_flags, "Every line so far stands.")
