"""Configs with a few things changed, for better or worse, and what must come of them.

test_config_properties.py tries some, fuzz/configs.py as many as one likes.
"""

import functools
import importlib
import math
import re
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st
from ml_collections import ConfigDict

from vaejax import check, grid, models, networks
from vaejax.effects import without_effect
from vaejax.rules import RULES, Rule, shown
from vaejax.sections import plain

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.stem for path in ROOT.glob("configs/[a-z]*.py"))
GIVEN = {
    name: importlib.import_module(f"configs.{name}").get_config() for name in NAMES
}
RIGHT = {name: plain(config) for name, config in GIVEN.items() if "study" not in config}
QUICK = ("autoencoder", "vae", "fusion", "vade")  # to build; so they come more often
PATHS = sorted(RULES)


class Mutant(NamedTuple):
    """A config, and what of it was changed: {path: its value, or MISSING}."""

    settings: dict
    changed: dict[str, Any]


MISSING = "(missing)"
JUNK = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 2.5, -0.5, 10**9, 10**30, 10**5000, 1e308),
        *(math.nan, math.inf, -math.inf, 1j, b"mel", "", " ", "\0", "\ud800", "mel"),
        *((), [], {}, (1,), (2.5,), (True,), (None,), ([1],), ({},), ((1, 2),), [8]),
        *("a" * 5000, "../x", "5", ("5",), ("",), ("\0",), ("mel", "mel"), {"a": 1}),
        *(set(), frozenset({1}), object, np.float64(0.5), np.int64(3), np.arange(3)),
        *((10**5000,), (math.nan,), ("classes", 1), (1,) * 1000, {"name": "vae"}),
    ]
)
WRITTEN = st.sampled_from(
    [*("1", "0.5", "-1", "True", "no", "", "(1,2)", "mel,mfcc", "5,classes", "nan")]
    + ["'", "((((", "-" * 5000, "9" * 5000, "10**9", "None", "{}", "vade", "conv"]
)
ANYTHING = JUNK | st.text(max_size=8) | st.integers() | st.floats()


def right(rule: Rule, path: str) -> st.SearchStrategy:
    """Values that follow a rule, read from its words; many of them are small."""
    if rule.choices:
        one = st.sampled_from(rule.choices)
    elif "number" in rule.words:
        found = re.search(r"in \[(\S+), (\S+)\]", rule.words)
        most = found or re.search(r"(above 0) and at most (\S+)", rule.words)
        low, high = (float(x) if x[0] != "a" else 1e-6 for x in most.groups())
        one = st.floats(low, high) | st.floats(low, min(high, low + 1))
        if "whole" in rule.words or "even" in rule.words:
            step = 2 if "even" in rule.words else 1
            top = min(high, low + 40)
            one = st.integers(int(low) // step, int(high) // step)
            one = one | st.integers(int(low) // step, int(top) // step)
            one = one.map(lambda x: x * step)
        one = one | st.sampled_from([low, high]).map(type_of(rule))
    elif "True" in rule.words:
        one = st.booleans()
    else:
        one = st.sampled_from(["genre", "language", "mood", "x", "a.npz", "digits"])
    if "tuple" not in rule.words:
        return one
    return st.lists(one, max_size=4, unique=True).map(tuple)


def type_of(rule: Rule):
    """The Python type of a rule's numbers."""
    return int if "whole" in rule.words or "even" in rule.words else float


@st.composite
def mutants(draw) -> Mutant:
    """A config of the project with one to three things changed."""
    name = draw(st.sampled_from([*RIGHT, *QUICK * 4]))
    settings = {section: dict(options) for section, options in RIGHT[name].items()}
    changed: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["right"] * 6 + ["wrong"] * 3 + ["less", "more"]))
        path = draw(st.sampled_from(PATHS))
        section, key = path.split(".")
        options = settings.get(section)
        if type(options) is not dict or (kind != "more" and key not in options):
            continue
        if kind == "less" and draw(st.booleans()):
            del settings[section]
            changed[section] = MISSING
        elif kind == "less":
            del options[key]
            changed[path] = MISSING
        elif kind == "more":
            odd = draw(
                st.sampled_from([f"{key}s", key[:-1], "name", 5, (1,), None, ""])
            )
            where = draw(st.sampled_from([settings, options]))
            where[odd] = draw(ANYTHING)
            name = odd if type(odd) is str and odd.isidentifier() else shown(odd)
            changed[name if where is settings else f"{section}.{name}"] = where[odd]
        else:
            options[key] = draw(
                right(RULES[path], path) if kind == "right" else ANYTHING
            )
            changed[path] = options[key]
    return Mutant(settings, changed)


@st.composite
def studies(draw) -> tuple[ConfigDict, str]:
    """The study of the project with something of its grid changed, and what."""
    sections = GIVEN["study"].to_dict()
    key = draw(st.sampled_from(sorted(grid.RULES)))
    value = draw(ANYTHING | st.lists(st.sampled_from(NAMES), max_size=3).map(tuple))
    if key == "cells" and draw(st.booleans()):
        changes = draw(st.dictionaries(st.sampled_from(PATHS), WRITTEN, max_size=2))
        text = " ".join(f"{path}={written}" for path, written in changes.items())
        value = ((draw(ANYTHING | st.just("one")), text),)
    sections["grids"]["small"][key] = value
    return ConfigDict(sections), f"config.grids.small.{key}={shown(value)}"


def judge_study(config: ConfigDict, changed: str) -> str:
    """What became of it: `accepted`, with cells that are right, or `refused`.

    Raises:
      AssertionError: it was refused with a message that does not name the grid.
    """
    try:
        found = grid.cells(config)
        for cell in found:
            check.settings(plain(cell.config))
    except ValueError as error:
        assert "config." in str(error), (str(error), changed)
        return "refused"
    grid.without_effect(config, found)
    return "accepted"


def judge(mutant: Mutant) -> str:
    """What became of it: `accepted`, and its model can be built, or `refused`.

    Raises:
      AssertionError: it was refused with a message that names none of what was changed.
    """
    try:
        check.settings(mutant.settings)
    except ValueError as error:
        assert named(str(error), mutant.changed), (str(error), mutant.changed)
        return "refused"
    assert all(one.startswith("config.") for one in without_effect(mutant.settings))
    build(plain(mutant.settings))
    return "accepted"


def named(message: str, changed: dict[str, Any]) -> bool:
    """Whether a message names one of the changed options, and its value."""
    return any(
        f"config.{path}" in message
        and (shown(value) in message or shown(value) == shown(MISSING))
        for path, value in changed.items()
    )


def build(settings: dict) -> None:
    """The shapes of a model's variables, loss and codes; nothing is computed."""
    data, fusion = settings["data"], settings["fusion"]
    n = min(settings["train"]["batch_size"], 4)
    parts = (settings["model"], settings["networks"], fusion, shapes(settings))
    _build(*(tuple(part.items()) for part in parts), len(data["condition"]), n)


@functools.cache  # most changes are of other sections
def _build(own: tuple, sizes: tuple, fusion: tuple, seen: tuple, n_told: int, n: int):
    options, networks_options, shapes = dict(own), dict(sizes), dict(seen)
    name, latent_dim = options.pop("name"), options.pop("latent_dim")
    del options["title"]
    dtype = networks_options.pop("dtype").replace("auto", "float32")
    nets = networks.make(
        shapes,
        conditions={f"{i}": 3 for i in range(n_told)},
        n_rows=100,
        fusion=dict(fusion),
        latent_dim=latent_dim,
        dtype=dtype,
        **networks_options,
    )
    model = models.make(name, nets, **options)
    floats = {m: (n, *shape) for m, shape in shapes.items()}
    for m, shape in shapes.items():
        if m == "lyrics" or (len(shape) == 2 and m != "pixels"):
            floats[f"{m}_mask"] = (n, shape[0])
    batch = {m: jax.ShapeDtypeStruct(x, jnp.float32) for m, x in floats.items()}
    if n_told:
        batch["condition"] = jax.ShapeDtypeStruct((n, n_told), jnp.int32)

    def trained(batch):
        variables = model.init(jax.random.key(0), batch)
        loss, (terms, _) = model.loss(variables, jax.random.key(1), batch, 0.5)
        return loss, terms

    loss, terms = jax.eval_shape(trained, batch)
    assert loss.shape == () and "recon" in terms


def shapes(settings: dict) -> dict[str, tuple[int, ...]]:
    """{modality: shape of a row} in a collection whose songs are as long as can be."""
    data, features, lyrics = (settings[s] for s in ("data", "features", "lyrics"))
    n_lines = 1 if data["lyrics"] == "song" else lyrics["max_lines"]
    parts = len(lyrics["versions"]) if lyrics["combine"] == "concatenation" else 1
    size = lyrics["dim"] if lyrics["encoder"] == "ngram" else 768
    n = check.most_frames(settings)
    mel, mfcc = features["n_mels"], 3 * features["n_mfcc"]
    found = {"pixels": (8, 8), "lyrics": (n_lines, parts * size), "flux": (n, mel)}
    found["mel"] = (n, mel) if data["mel"] == "image" else (3 * mel,)
    is_image = data["mfcc"] == "image"
    found["mfcc"] = (n, mfcc) if is_image else (4 * features["n_mfcc"],)
    return {m: found[m] for m in data["modalities"]}
