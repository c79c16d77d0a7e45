"""A study's grid -> its cells: the settings of one run for every combination.

A cell is a model on some input; all clusterers, numbers of clusters and seeds are
inside of it. The models of a grid are the names of configs: a cell has the model, the
networks and the training of that config, and everything else is the study's. What the
study sets otherwise than configs/base.py, as by an override, holds for every cell.
"""

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from vaejax import effects, named_configs, rules
from vaejax.cluster import CLUSTERERS
from vaejax.fusion import FUSIONS, LYRICS
from vaejax.rules import (
    NAME,
    TITLE,
    Rule,
    did_you_mean,
    each,
    one_of,
    refuse,
    series,
    shown,
)
from vaejax.sections import elements, plain, values

AUDIO = "audio"
INPUTS = (AUDIO, LYRICS, f"{AUDIO}+{LYRICS}")
OWN = ("model", "networks", "train")  # sections that a model's config decides
OWN_KEYS = ("modalities", "mel", "mfcc", "frames", "condition")  # and keys of data
BASELINE = "autoencoder"  # beside it stand raw features and PCA
FRAMES = 16  # of an image, where a model that has none goes from frames to lines
NOT_RUN = ("study", "grids")  # sections that single runs do not have
RULES = {  # of a grid; names may be written with commas
    "models": each(NAME),
    "inputs": each(one_of(INPUTS)),
    "fusions": each(one_of(FUSIONS)),
    "every_fusion": each(NAME),
    "clusterers": each(one_of(CLUSTERERS)),
    "cells": series(
        Rule(
            "must be a pair: a title, and changes as 'section.key=value ...'",
            lambda x: (
                type(x) is tuple
                and len(x) == 2
                and TITLE.holds(x[0])
                and x[0] != ""
                and type(x[1]) is str
            ),
        ),
        most=10_000,
    ),
}


class Cell(NamedTuple):
    """One run of a study."""

    name: str
    config: ConfigDict


def cells(config: ConfigDict) -> list[Cell]:
    """Every cell of the grid that `config.study` names, in the order of the grid.

    Raises:
      ValueError: there is no such grid, model, input, fusion or setting.
    """
    shared, names = _opened(config)
    study = config.study
    _refuse_decided(shared, names, f"config.grids.{study}")
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
            f"config.grids.{study} has no cell: name models and inputs (and "
            "fusions, of audio+lyrics). Models of pictures do not see lyrics alone."
        )
    twice = {cell.name for cell in found if sum(c.name == cell.name for c in found) > 1}
    if twice:
        raise ValueError(f"config.grids.{study} has {min(twice)!r} twice.")
    return found


def without_effect(config: ConfigDict, found: list[Cell]) -> list[str]:
    """A sentence for each thing that the study sets and that does nothing in it.

    Args:
      found: the study's cells.
    """
    shared, names = _opened(config)
    path, told = f"config.grids.{config.study}", []
    of_none = [name for name in names["every_fusion"] if name not in names["models"]]
    if of_none:
        told.append(
            f"{path}.every_fusion={shown(tuple(of_none))} has no effect: {path}.models "
            "has none of these."
        )
    tried = {
        fusion
        for model in names["models"]
        for inputs in names["inputs"]
        for fusion in _fusions(model, inputs, names)
    }
    untried = [name for name in names["fusions"] if name not in tried]
    if untried and names["models"]:
        told.append(
            f"{path}.fusions={shown(tuple(untried))} has no effect: the first is for "
            f"{INPUTS[2]} in {path}.inputs, the others for {path}.every_fusion alone."
        )
    pictures = [m for m in names["models"] if LYRICS in names["inputs"]]
    pictures = [m for m in pictures if _sees_images(m)]
    if pictures:
        told.append(
            f"{path}: {', '.join(pictures)} have no cell of lyrics alone, which are no "
            "pictures."
        )
    told += [
        f"config.model.{key}={shown(value)} has no effect: no cell's model has it."
        for key, value in shared.model.items()
        if value != _named("base").model[key]
        and not any(key in cell.config.model for cell in found)
    ]
    runs = [effects.without_effect(plain(cell.config)) for cell in found]
    return told + effects.in_common(runs)


def _opened(config: ConfigDict) -> tuple[ConfigDict, dict[str, tuple]]:
    """What all cells share, and the grid, each value checked by itself."""
    given = plain(config)
    names = _grid(given)
    runs = {name: x for name, x in given.items() if name not in NOT_RUN}
    values(runs)
    return ConfigDict(runs), names


def _grid(sections: dict) -> dict[str, tuple]:
    """The grid that is asked for, checked by itself."""
    study, grids = sections.get("study"), sections.get("grids")
    grids = grids if type(grids) is dict else {}
    choices = [name for name in grids if type(name) is str]
    if type(study) is not str or study not in grids:
        near = did_you_mean(study, choices) if type(study) is str else ""
        raise ValueError(
            f"config.study={shown(study)} is not one of config.grids: "
            f"{', '.join(sorted(choices))}.{near}"
        )
    path, grid = f"config.grids.{study}", grids[study]
    if type(grid) is not dict:
        raise ValueError(f"{path}={shown(grid)} must hold {', '.join(RULES)}.")
    for key in grid:
        if key not in RULES:
            near = did_you_mean(str(key), RULES)
            raise ValueError(
                f"{path}.{key} is not an option.{near} A grid has {', '.join(RULES)}."
            )
    found = {key: elements(grid.get(key, ())) for key in RULES}
    found["cells"] = grid.get("cells", ())
    for key, rule in RULES.items():
        refuse(f"grids.{study}.{key}", found[key], rule)
    for model in (*found["models"], *found["every_fusion"]):
        if "study" in _named(model):
            raise ValueError(f"{path} names {model!r}, which is a study, not a model.")
    return found


def _refuse_decided(shared: ConfigDict, names: dict[str, tuple], path: str) -> None:
    """Refuses what the study sets and its grid decides: it would be ignored."""
    base = _named("base")
    decided = {
        "cluster.names": "clusterers" if names["clusterers"] else "",
        "fusion.name": "fusions" if names["models"] else "",
        "model.title": "models" if names["models"] else "",
    }
    for option, key in decided.items():
        section, name = option.split(".")
        asked = shared[section][name]
        if key and asked not in (base[section][name], names[key]):
            raise ValueError(
                f"config.{option}={shown(asked)} would be ignored: {path}.{key} says "
                "which. Set it there, or in a cell of config.grids."
            )
    if names["models"] and LYRICS in shared.data.modalities:
        raise ValueError(
            f"config.data.modalities={shown(shared.data.modalities)}: in a study "
            f"{path}.inputs says where lyrics are seen. Name audio alone."
        )


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
    if fusion == "attention":  # goes from frames to lines
        images = {name: "image" for name in audio if name in ("mel", "mfcc")}
        cell.data.update(images | {"lyrics": "lines"})
        cell.data.frames = cell.data.frames or FRAMES
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
        return named_configs.get(name)
    except ValueError as error:
        raise ValueError(
            f"config.grids names the model {name!r}, but {error}"
        ) from None


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
        path, sign, written = change.partition("=")
        section, _, key = path.partition(".")
        if not sign or key not in sections.get(section, {}):
            raise ValueError(
                f"config.grids has a cell with {change!r}, but config.{path} is not an "
                "option. Write section.key=value; configs/base.py lists all options."
            )
        value = _value(written, sections[section][key])
        try:
            refuse(path, value, rules.RULES[path])
        except ValueError as error:
            what = f"config.grids has a cell with {change!r}"
            raise ValueError(f"{what}: {error}") from error
        meant = rules.RULES[path].of_floats
        yield (section, key), float(value) if meant else value


def _value(text: str, old: Any) -> Any:
    """A value as it was written, of the type of the old one if it can be."""
    if isinstance(old, tuple):
        return tuple(_plain(part) for part in text.split(",") if part)
    return text if isinstance(old, str) else _plain(text)


def _plain(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text  # no number: a name, for the rule of the option to judge
