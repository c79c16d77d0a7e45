"""Experiments that differ in a few settings, and their scores side by side.

The `study` of a config names the cells: pairs of a name and "section.key=value ...",
what the cell has in place of the config's own settings. Each cell is a run in a folder
of its own, so that a study that is stopped goes on where it was.
"""

import ast
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from vaejax import check, experiment, report, run_folder
from vaejax.report import Score


def run(config: ConfigDict, *, workdir: Path, started: float) -> None:
    """Runs every cell that is not finished, and writes and prints the table.

    A cell that fails is reported, and the rest goes on.

    Args:
      config: of an experiment, with a `study`.
      workdir: the folder of the study; cells are folders in it.
      started: time.perf_counter() when the command started.

    Raises:
      ValueError: a cell names an option that there is none of, or a value that is out
        of range; or cells have failed, after the others are done.
    """
    cells = {name: varied(config, text) for name, text in config.study}
    for name, cell in cells.items():
        _check(name, cell)
    scores, failed = [], []
    for i, (name, cell) in enumerate(cells.items(), start=1):
        experiment.say(f"\n== {name} ({i} of {len(cells)})")
        try:
            folder = workdir / name.replace(" ", "_").replace(",", "")
            experiment.run(cell, workdir=folder, results=workdir, started=started)
        except (ValueError, FloatingPointError) as error:
            experiment.say(f"{name} failed: {error}")
            failed.append(f"{name} ({error})")
            continue
        scores += _renamed(folder / "scores.csv", name)
    run_folder.write_csv(workdir / "scores.csv", Score._fields, scores)
    found = report.table(score for score in scores if score.label)
    run_folder.write_text(workdir / "scores.txt", found + "\n")
    experiment.say(f"\n{found}\n\nWritten: {workdir / 'scores.csv'}")
    if failed:
        raise ValueError(f"{len(failed)} of {len(cells)} cells failed: {failed[0]}")


def varied(config: ConfigDict, changes: str) -> ConfigDict:
    """The config without its study, and with some settings changed.

    Raises:
      ValueError: there is no such setting.
    """
    sections = config.to_dict()
    del sections["study"]
    for change in changes.split():
        path, _, text = change.partition("=")
        section, _, key = path.partition(".")
        if key not in sections.get(section, {}):
            raise ValueError(
                f"config.study has {change!r}, but config.{path} is not an option. "
                "configs/base.py lists all options."
            )
        sections[section][key] = _value(text, sections[section][key])
    return ConfigDict(sections)


def _value(text: str, old: Any) -> Any:
    if isinstance(old, tuple):
        return tuple(_plain(part) for part in text.split(",") if part)
    return text if isinstance(old, str) else type(old)(_plain(text))


def _plain(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _check(name: str, cell: ConfigDict) -> None:
    try:
        check.settings(experiment.plain(cell))
    except ValueError as error:
        raise ValueError(f"config.study, {name!r}: {error}") from error


def _renamed(path: Path, cell: str) -> Iterator[Score]:
    """The scores of a run, its models named after the cell."""
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            baseline = row["model"] in ("raw", "pca", "autoencoder")
            name = f"{cell}, {row['model']}" if baseline else cell
            k = int(row["k"]) if row["k"] else None
            seed, value = int(row["seed"]), float(row["value"])
            yield Score(**row | {"model": name, "k": k, "seed": seed, "value": value})
