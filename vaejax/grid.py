"""A study's grid -> its cells: the settings of one run for every combination.

A cell is a model on some input; all clusterers, numbers of clusters and seeds are
inside of it. The models of a grid are the names of configs: a cell has the model, the
networks and the training of that config, and everything else is the study's. What the
study sets otherwise than configs/base.py, as by an override, holds for every cell.
"""

import ast
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from vaejax.fusion import FUSIONS, LYRICS

AUDIO = "audio"
INPUTS = (AUDIO, LYRICS, f"{AUDIO}+{LYRICS}")
OWN = ("model", "networks", "train")  # sections that a model's config decides
OWN_KEYS = ("modalities", "mel", "mfcc", "frames", "condition")  # and keys of data
BASELINE = "autoencoder"  # beside it stand raw features and PCA
# Attention goes from frames to lines.
FRAMES = {"mel": "image", "mfcc": "image", "frames": 16, "lyrics": "lines"}
KEYS = ("models", "inputs", "fusions", "every_fusion", "clusterers", "cells")


class Cell(NamedTuple):
    """One run of a study."""

    name: str
    config: ConfigDict


def cells(config: ConfigDict) -> list[Cell]:
    """Every cell of the grid that `config.study` names, in the order of the grid.

    Raises:
      ValueError: there is no such grid, model, input, fusion or setting.
    """
    if config.study not in config.grids:
        raise ValueError(
            f"config.study={config.study!r} is not one of config.grids: "
            f"{', '.join(sorted(config.grids))}."
        )
    grid = config.grids[config.study]
    odd = sorted(set(grid) - set(KEYS))
    if odd:
        raise ValueError(
            f"config.grids.{config.study}.{odd[0]} is not an option. A grid has "
            f"{', '.join(KEYS)}."
        )
    names = {key: _tuple(grid, key, config.study) for key in KEYS}
    shared = ConfigDict({s: v for s, v in config.to_dict().items() if s not in NOT_RUN})
    if names["clusterers"]:
        shared.cluster.names = names["clusterers"]
    found = [
        Cell(*_of_model(shared, model, inputs, fusion))
        for model in names["models"]
        for inputs in names["inputs"]
        for fusion in _fusions(model, inputs, names)
        if inputs != LYRICS or not _sees_images(model)
    ]
    found += [Cell(*_extra(shared, *pair)) for pair in names["cells"]]
    if not found:
        raise ValueError(
            f"config.grids.{config.study} has no cell: name models and inputs (and "
            "fusions, of audio+lyrics). Models of pictures do not see lyrics alone."
        )
    twice = {cell.name for cell in found if sum(c.name == cell.name for c in found) > 1}
    if twice:
        raise ValueError(f"config.grids.{config.study} has {min(twice)!r} twice.")
    return found


def _tuple(grid: ConfigDict, key: str, study: str) -> tuple:
    values = grid.get(key, ())
    if key != "cells":
        parts = [part for value in values for part in str(value).split(",")]
        values = tuple(part.strip() for part in parts if part.strip())
    choices = {"inputs": INPUTS, "fusions": tuple(FUSIONS)}.get(key, values)
    odd = [value for value in values if value not in choices]
    if odd:
        raise ValueError(
            f"config.grids.{study}.{key} has {odd[0]!r}, which is not known. Choices: "
            f"{', '.join(choices)}."
        )
    return tuple(values)


def _fusions(model: str, inputs: str, names: dict[str, tuple]) -> tuple:
    if inputs != INPUTS[2]:
        return (None,)
    every = model in names["every_fusion"]
    return names["fusions"] if every else names["fusions"][:1]


def _of_model(
    shared: ConfigDict, model: str, inputs: str, fusion: str | None
) -> tuple[str, ConfigDict]:
    cell = with_model(shared, model)
    audio = tuple(name for name in cell.data.modalities if name != LYRICS)
    lyrics = (LYRICS,) * (LYRICS in inputs)
    cell.data.modalities = (audio if AUDIO in inputs else ()) + lyrics
    if fusion:
        cell.fusion.name = fusion
    if fusion == "attention":
        cell.data.update(FRAMES | {"frames": cell.data.frames or FRAMES["frames"]})
    kept = ("raw", "pca") if model == BASELINE else ()
    cell.baselines.names = tuple(n for n in shared.baselines.names if n in kept)
    cell.model.title = cell.model.title or model
    return " ".join([model, inputs, *([fusion] if fusion else [])]), cell


def with_model(shared: ConfigDict, model: str) -> ConfigDict:
    """The study's config with the model, the networks and the training of another.

    Raises:
      ValueError: there is no such config.
    """
    base, own = _named("base"), _named(model)
    cell = ConfigDict(shared.to_dict())
    for section in OWN:
        cell[section] = ConfigDict(_merged(base, own, shared, section, own[section]))
    cell.data.update(_merged(base, own, shared, "data", OWN_KEYS))
    cell.features.update(_merged(base, own, shared, "features", ("n_mels",)))
    return cell


def _merged(base, own, shared, section: str, keys) -> dict[str, Any]:
    """A section of a model's config, under what the study sets otherwise than base."""
    found = {}
    for key in keys:
        asked = shared[section].get(key, base[section].get(key))
        overridden = asked != base[section].get(key)
        found[key] = asked if overridden else own[section][key]
    return found


def _named(name: str) -> ConfigDict:
    try:
        module = import_module(f"configs.{name}")
    except ModuleNotFoundError as error:
        raise ValueError(
            f"config.grids names the model {name!r}, but there is no configs/{name}.py."
        ) from error
    return module.get_config()


def _sees_images(model: str) -> bool:
    """Whether a model's networks are made for pictures, which lyrics are not."""
    return _named(model).networks.encoder != "mlp"


def _extra(shared: ConfigDict, name: str, changes: str) -> tuple[str, ConfigDict]:
    """A cell of its own: the study's config with some settings changed."""
    cell = ConfigDict(shared.to_dict())
    cell.model.title = name
    cell.baselines.names = ()  # or they would stand in the tables twice
    for path, value in _changes(shared, changes):
        section, key = path
        cell[section][key] = value
    return name, cell


def _changes(config: ConfigDict, text: str) -> Iterator[tuple[tuple[str, str], Any]]:
    sections = config.to_dict()
    for change in text.split():
        path, _, value = change.partition("=")
        section, _, key = path.partition(".")
        if key not in sections.get(section, {}):
            raise ValueError(
                f"config.grids has a cell with {change!r}, but config.{path} is not an "
                "option. configs/base.py lists all options."
            )
        yield (section, key), _value(value, sections[section][key])


def _value(text: str, old: Any) -> Any:
    if isinstance(old, tuple):
        return tuple(_plain(part) for part in text.split(",") if part)
    return text if isinstance(old, str) else type(old)(_plain(text))


def _plain(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


NOT_RUN = ("study", "grids")  # sections that single runs do not have
