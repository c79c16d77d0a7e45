"""A config as plain dicts: its sections, its options, and each value by its rule."""

import inspect
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from ml_collections import ConfigDict
from ml_collections.config_dict import RequiredValueError

from vaejax.rules import RULES, did_you_mean, refuse, shown


def plain(config: Any) -> Any:
    """A ConfigDict as dicts, with each value as it is meant.

    A tuple given as the text `genre,5` is split, a list is a tuple, and 1 is 1.0 where
    a float is meant. What is no config comes back as it is, for `values` to refuse.

    Raises:
      ValueError: a placeholder has got no value.
    """
    sections = _of_config_dict(config) if isinstance(config, ConfigDict) else config
    if type(sections) is not dict:
        return sections
    return {name: _meant(name, options) for name, options in sections.items()}


def _of_config_dict(config: ConfigDict) -> dict:
    try:
        return config.to_dict()
    except RequiredValueError as error:
        raise ValueError(
            "a required_placeholder of the config has no value. Give it one on the "
            "command line, as --config.section.key=value."
        ) from error


def _meant(section: Any, options: Any) -> Any:
    if type(options) is not dict:
        return options
    found = {}
    for key, value in options.items():
        rule = RULES.get(f"{section}.{key}")
        as_float = rule and rule.of_floats and type(value) is int and rule.holds(value)
        found[key] = float(value) if as_float else elements(value)
    return found


def elements(value: Any) -> Any:
    """A tuple with the parts of texts such as `genre,5` as elements of its own."""
    if not isinstance(value, tuple | list):
        return value
    parts = [v.split(",") if isinstance(v, str) else [v] for v in value]
    flat = [v.strip() if isinstance(v, str) else v for part in parts for v in part]
    return tuple(
        int(v) if isinstance(v, str) and v.isdecimal() and len(v) < 20 else v
        for v in flat
        if not (isinstance(v, str) and not v)
    )


def values(config: Any) -> None:
    """Checks every value by itself.

    Raises:
      ValueError: names the key, the value, the rule and the next step.
    """
    structure(config)
    refuse("model.name", config["model"]["name"], RULES["model.name"])
    _model_options(config["model"])
    for section, options in config.items():
        for key, value in options.items():
            refuse(f"{section}.{key}", value, RULES[f"{section}.{key}"])


def structure(config: Any) -> None:
    """Refuses a config that lacks a section or an option, or has one too many.

    Which options a section `model` has is the model's to say: it must have a name.

    Raises:
      ValueError: names the section or key, and the next step.
    """
    _section("config", config, dict.fromkeys(_sections()), "section")
    for section, wanted in _sections().items():
        _section(f"config.{section}", config[section], wanted, "option")


def _sections() -> dict[str, list[str]]:
    """{section: its keys}; of a model only those that all have."""
    found: dict[str, list[str]] = {}
    for path in RULES:
        section, key = path.split(".")
        found.setdefault(section, []).append(key)
    return found | {"model": ["name", "title", "latent_dim"]}


def _section(path: str, given: Any, wanted: Iterable[str], what: str) -> None:
    more = "configs/base.py lists all options."
    if type(given) is not dict:
        raise ValueError(f"{path}={shown(given)} must hold {what}s. {more}")
    for key in given:
        if key not in wanted and path != "config.model":
            raise ValueError(
                f"{path}.{_named(key)}={shown(given[key])} is no {what}."
                f"{did_you_mean(_named(key), wanted)} {more}"
            )
    for key in wanted:
        if key not in given:
            raise ValueError(
                f"{path}.{key} is missing. Start from configs/base.py, and change the "
                f"{what}s that you want otherwise."
            )


def _named(key: Any) -> str:
    return key if type(key) is str and key.isidentifier() else shown(key)


def _model_options(options: dict) -> None:
    """A model takes exactly the options that its `make` names."""
    name = options["name"]
    start = f"Start from --config=configs/{name}.py."
    make = import_module(f"vaejax.models.{name}").make
    wanted = set(inspect.signature(make).parameters) - {"nets"} | {"latent_dim"}
    for key in options:
        if key not in wanted | {"name", "title"}:
            raise ValueError(
                f"config.model.{_named(key)}={shown(options[key])} is not an option of "
                f"config.model.name={name!r}, which takes {', '.join(sorted(wanted))}."
                f"{did_you_mean(_named(key), wanted)} {start}"
            )
    for key in sorted(wanted - options.keys()):
        raise ValueError(
            f"config.model.{key} is missing, which config.model.name={name!r} needs. "
            f"{start}"
        )
    for key in sorted(f"model.{key}" for key in wanted):
        if key not in RULES:
            raise ValueError(f"config.{key} has no rule: add a line to rules.RULES.")
