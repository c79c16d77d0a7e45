"""A finished run, run again from what its folder holds, and compared with itself."""

import json
from pathlib import Path
from typing import NamedTuple

from ml_collections import ConfigDict

from vaejax import experiment, record, run_folder
from vaejax.collection import open_collection
from vaejax.report import Score
from vaejax.trained import settings_of


class Comparison(NamedTuple):
    """The scores of two runs of the same settings."""

    n: int  # scores of the first
    missing: list[Score]  # that one of them lacks
    largest: float  # difference of two values
    of: Score | None  # whose difference that is


def repeat(run: Path, *, workdir: Path | None, started: float) -> bool:
    """Runs it again in another folder; says whether every score is equal to the bit.

    Args:
      run: folder of a finished run.
      workdir: of the repetition; None puts it beside the run.
      started: time.perf_counter() when the command started.

    Raises:
      ValueError: the run is not finished or damaged, or its collection has changed.
    """
    settings = settings_of(run)
    about = run_folder.read_config(run)
    if open_collection(settings).fingerprint != about["collection"]:
        raise ValueError(
            f"config.data.root={settings['data']['root']} has changed since --repeat="
            f"{run} was run: its metadata or files are others. Restore it: a run on "
            "other songs is no repetition."
        )
    workdir = workdir or run.with_name(f"{run.name}-repeated")
    experiment.run(
        ConfigDict(settings), workdir=workdir, results=run.parent, started=started
    )
    found = compare(run, workdir)
    experiment.say(described(run, workdir, found))
    return not found.missing and found.of is None


def compare(run: Path, again: Path) -> Comparison:
    """The scores of both, matched by all that is not a value."""
    one, other = (_by_key(folder / "scores.csv") for folder in (run, again))
    missing = [both[key] for both in (one, other) for key in one.keys() ^ other.keys()
               if key in both]  # fmt: skip
    differences = {
        key: abs(one[key].value - other[key].value)
        for key in one.keys() & other.keys()
        if repr(one[key].value) != repr(other[key].value)
    }
    worst = max(differences, key=differences.get, default=None)
    largest = differences.get(worst, 0.0)
    return Comparison(len(one), missing, largest, one.get(worst))


def _by_key(path: Path) -> dict[tuple, Score]:
    return {tuple(s._replace(value=0.0)): s for s in record.scores(path)}


def described(run: Path, again: Path, found: Comparison) -> str:
    """What a person should know of the comparison."""
    if found.of is None and not found.missing:
        return f"All {found.n} scores are equal to those of {run}, to the last bit."
    parts = []
    if found.of is not None:
        one = found.of
        where = [one.model, one.clusterer, f"k = {one.k}" if one.k else "", one.label]
        what = ", ".join(filter(None, [*where, one.metric, f"seed {one.seed}"]))
        parts.append(f"the largest difference is {found.largest:.2g}, of {what}")
    if found.missing:
        parts.append(f"{len(found.missing)} are in one of them only")
    changed = _changed(run, again)
    return f"Not equal to the {found.n} scores of {run}: {'; '.join(parts)}. " + (
        f"Since then: {', '.join(changed)}." if changed else _UNCHANGED
    )


_UNCHANGED = (
    "Versions and source are the same: another processor, number of devices or GPU "
    "rounds otherwise."
)


def _changed(run: Path, again: Path) -> list[str]:
    """What else is not as it was."""
    old, new = (json.loads((f / "config.json").read_text()) for f in (run, again))
    names = [f"{n} {old['versions'].get(n)} -> {v}" for n, v in new["versions"].items()
             if old["versions"].get(n) != v]  # fmt: skip
    for name in ("python", "commit"):
        if old[name] != new[name]:
            names.append(f"{name} {old[name]} -> {new[name]}")
    return names
