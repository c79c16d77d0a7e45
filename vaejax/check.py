"""Refuses a bad config before anything is computed or written.

`settings` looks at the values alone, `collection` at the values beside the number of
songs and the columns of the metadata.
"""

import difflib
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from vaejax import models
from vaejax.cluster import CLUSTERERS
from vaejax.convolution import POOLS
from vaejax.data import FRAMES, INPUTS
from vaejax.evaluate import CLASSES
from vaejax.fusion import FUSIONS, LYRICS, is_joint
from vaejax.layout import VERSIONS
from vaejax.losses import LIKELIHOODS
from vaejax.mixture import SHAPES, STARTS
from vaejax.nets import NORMS
from vaejax.networks import DECODERS, ENCODERS
from vaejax.text.clean import DROPS
from vaejax.text.romanize import ROMANIZERS
from vaejax.text.vectors import COMBINATIONS, FORMS
from vaejax.text.vectors import ENCODERS as TEXT_ENCODERS

ARRAYS = "pixels"  # the modality of images, which have no audio


class Rule(NamedTuple):
    """What a value must be, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]


def at_least(low: int | float) -> Rule:
    """Numbers from `low` on."""
    return Rule(f"must be at least {low}", lambda x: x >= low)


def between(low: int | float, high: int | float) -> Rule:
    """Numbers in [low, high]."""
    return Rule(f"must be in [{low}, {high}]", lambda x: low <= x <= high)


def one_of(choices: Iterable[str]) -> Rule:
    """One name out of `choices`."""
    choices = sorted(choices)
    return Rule(f"is not known. Choices: {', '.join(choices)}", lambda x: x in choices)


def each(rule: Rule, *, at_least_one: bool, once: bool = True) -> Rule:
    """Tuples whose elements all follow `rule`, without repeats if `once`."""

    def holds(values):
        distinct = len(set(values)) == len(values) or not once
        enough = len(values) >= int(at_least_one)
        return distinct and enough and all(rule.holds(v) for v in values)

    words = rule.words.replace("is not known.", "names what is not known.")
    how = "each once, " if once else ""
    return Rule(f"{words}; {how}separated by commas", holds)


WHOLE = Rule("must be whole numbers of at least 1", lambda x: type(x) is int and x >= 1)
COUNT = Rule(
    f"must be whole numbers of at least 2, or {CLASSES}",
    lambda x: x == CLASSES or (type(x) is int and x >= 2),
)
TEXT = Rule("must not be empty", lambda x: isinstance(x, str) and x != "")
ANY = Rule("", lambda x: True)
POSITIVE = Rule("must be above 0", lambda x: x > 0)

RULES = {
    "data.root": TEXT,
    "data.modalities": each(one_of((*FRAMES, LYRICS, ARRAYS)), at_least_one=True),
    "data.tracks": one_of(("all", "with_lyrics")),
    "data.lyrics": one_of(FORMS),
    "data.mel": one_of(INPUTS),
    "data.mfcc": one_of(INPUTS),
    "data.frames": at_least(0),
    "data.condition": each(TEXT, at_least_one=False),
    "data.held_out_share": between(0.0, 0.5),
    "data.allow_outside": ANY,
    "data.cache_dir": TEXT,
    "data.n_workers": at_least(0),
    "songbook.n_songs": at_least(1),
    "songbook.duration_s": between(1.0, 600.0),
    "songbook.seed": at_least(0),
    "features.sample_rate_hz": between(4000, 192000),
    "features.duration_s": between(0.1, 3600.0),
    "features.crop": one_of(("start", "centre", "loudest")),
    "features.n_fft": between(16, 65536),
    "features.hop": between(1, 65536),
    "features.n_mels": between(2, 1024),
    "features.n_mfcc": between(1, 1024),
    "lyrics.encoder": one_of(TEXT_ENCODERS),
    "lyrics.model": TEXT,
    "lyrics.dim": at_least(1),
    "lyrics.versions": each(one_of(VERSIONS), at_least_one=True),
    "lyrics.combine": one_of(COMBINATIONS),
    "lyrics.max_lines": at_least(1),
    "lyrics.drop": each(one_of(DROPS), at_least_one=False),
    "lyrics.romanizer": one_of(ROMANIZERS),
    "lyrics.translator": Rule("must be text", lambda x: isinstance(x, str)),
    "model.name": one_of(models.NAMES),
    "model.title": Rule("must be text", lambda x: isinstance(x, str)),
    "model.latent_dim": at_least(1),
    "model.beta": at_least(0.0),
    "model.warmup": between(0.0, 1.0),
    "model.free_bits": at_least(0.0),
    "model.capacity": at_least(0.0),
    "model.capacity_warmup": between(0.0, 1.0),
    "model.unknown": between(0.0, 0.9),
    "model.n_clusters": at_least(2),
    "model.covariance": one_of(SHAPES),
    "model.pretrain": between(0.0, 0.9),  # the rest is VaDE's own training
    "model.start": one_of(STARTS),
    "networks.encoder": one_of(ENCODERS),
    "networks.decoder": one_of(DECODERS),
    "networks.hidden": each(WHOLE, at_least_one=False, once=False),
    "networks.channels": each(WHOLE, at_least_one=True, once=False),
    "networks.pool": one_of(POOLS),
    "networks.units": at_least(1),
    "networks.segments": at_least(1),
    "networks.norm": one_of(NORMS),
    "networks.dropout": between(0.0, 0.9),
    "networks.likelihood": one_of(LIKELIHOODS),
    "networks.dtype": one_of(("auto", "float32", "bfloat16")),
    "networks.corruption": between(0.0, 0.9),
    "networks.log_var_bias": between(-12.0, 6.0),
    "fusion.name": one_of(FUSIONS),
    "fusion.dropout": between(0.0, 0.9),
    "fusion.lyrics_weight": at_least(0.0),
    "train.seeds": at_least(1),
    "train.epochs": at_least(1),
    "train.batch_size": at_least(1),
    "train.learning_rate": POSITIVE,
    "train.weight_decay": at_least(0.0),
    "train.warmup": between(0.0, 1.0),
    "train.clip_norm": POSITIVE,
    "train.patience": at_least(1),
    "train.plateau": at_least(1),
    "train.factor": between(0.0, 1.0),
    "train.checkpoint_every": at_least(1),
    "cluster.names": each(one_of(CLUSTERERS), at_least_one=True),
    "cluster.k": each(COUNT, at_least_one=True),
    "baselines.names": each(one_of(("raw", "pca", "autoencoder")), at_least_one=False),
    "baselines.pca_dim": at_least(1),
    "eval.labels": each(TEXT, at_least_one=False),
    "eval.factors": each(TEXT, at_least_one=False),
    "eval.permutations": between(99, 1_000_000),
    "eval.nuisance": ANY,
    "figures.projections": each(one_of(("umap", "tsne")), at_least_one=False),
    "figures.n_reconstructions": between(0, 32),
    "figures.pdf": ANY,
}


def settings(config: dict) -> None:
    """Checks every value by itself and those that depend on one another.

    Raises:
      ValueError: names the key, the value, the rule and the next step.
    """
    for section, options in config.items():
        for key, value in options.items():
            _follow(f"{section}.{key}", value)
    _model_options(config["model"])
    _combinations(config)


def _follow(path: str, value: Any) -> None:
    rule = RULES[path]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"config.{path}={value} must be a number, and finite.")
    if not rule.holds(value):
        raise ValueError(f"config.{path}={value!r} {rule.words}.{_hint(value, rule)}")


def _hint(value: Any, rule: Rule) -> str:
    if "Choices: " not in rule.words:
        return ""
    choices = rule.words.split("Choices: ")[1].split(";")[0].split(", ")
    wrong = [v for v in (value if isinstance(value, tuple) else [value])]
    close = [
        match
        for v in wrong
        if v not in choices
        for match in difflib.get_close_matches(str(v), choices, 1)
    ]
    return f" Did you mean {close[0]!r}?" if close else ""


def _model_options(options: dict) -> None:
    """A model takes exactly the options that its `make` names."""
    name = options["name"]
    make = import_module(f"vaejax.models.{name}").make
    wanted = set(inspect.signature(make).parameters) - {"nets"} | {"latent_dim"}
    for key in sorted(options.keys() - wanted - {"name", "title"}):
        raise ValueError(
            f"config.model.{key} is not an option of {name}, which takes "
            f"{', '.join(sorted(wanted))}. Start from --config=configs/{name}.py."
        )
    for key in sorted(wanted - options.keys()):
        raise ValueError(
            f"config.model.{key} is missing; {name} needs it. Start from "
            f"--config=configs/{name}.py."
        )


def _combinations(config: dict) -> None:
    features, model = config["features"], config["model"]
    _inputs(config["data"], config["networks"])
    _fusion(config["data"], config["fusion"]["name"])
    if (model["name"] == "cvae") != bool(config["data"]["condition"]):
        raise ValueError(
            f"config.data.condition={','.join(config['data']['condition'])!r} does not "
            f"go with config.model.name={model['name']!r}. The labels that it names "
            "are told to a cvae alone. Start from --config=configs/cvae.py."
        )
    if model.get("pretrain", 0.0) + model.get("warmup", 0.0) > 1.0:
        raise ValueError(
            f"config.model.pretrain={model['pretrain']} and config.model.warmup="
            f"{model['warmup']} must add up to at most 1, the whole of training."
        )
    if features["n_mfcc"] > features["n_mels"]:
        raise ValueError(
            f"config.features.n_mfcc={features['n_mfcc']} must be at most "
            f"config.features.n_mels={features['n_mels']}."
        )
    if features["hop"] > features["n_fft"]:
        raise ValueError(
            f"config.features.hop={features['hop']} must be at most "
            f"config.features.n_fft={features['n_fft']}, or samples are skipped."
        )


def _inputs(data: dict, networks: dict) -> None:
    """The modalities go with the root, and the networks with the modalities."""
    names = data["modalities"]
    arrays = data["root"] == "digits" or data["root"].endswith(".npz")
    if arrays != (names == (ARRAYS,)):
        wanted = ARRAYS if arrays else f"some of {', '.join((*FRAMES, LYRICS))}"
        raise ValueError(
            f"config.data.modalities={','.join(names)} does not go with "
            f"config.data.root={data['root']}, whose modalities are {wanted}."
        )
    if networks["likelihood"] == "bernoulli" and not arrays:
        raise ValueError(
            "config.networks.likelihood='bernoulli' is for data in [0, 1]; audio "
            "features are standardised. Use gaussian."
        )
    if "flux" in names and data["mel"] != "image":
        raise ValueError(
            f"config.data.modalities={','.join(names)}: flux goes with config.data.mel="
            f"'image'. Of config.data.mel={data['mel']!r} it is a part already."
        )
    audio = [name for name in names if name != LYRICS]
    if not arrays and len({data.get(name, "image") for name in audio}) != 1:
        for part in ("encoder", "decoder"):
            if networks[part] != "mlp":
                how = f"They are {data['mel']!r} and {data['mfcc']!r}."
                raise ValueError(
                    f"config.networks.{part}={networks[part]!r} sees frames, so "
                    "config.data.mel and config.data.mfcc must both be image, or both "
                    f"statistics. {how if audio else 'Of lyrics alone, use mlp.'}"
                )


def _fusion(data: dict, name: str) -> None:
    """Attention needs more than one token of each view."""
    joint = is_joint(data["modalities"])
    forms = {data[name] for name in ("mel", "mfcc") if name in data["modalities"]}
    if (
        name == "attention"
        and joint
        and (forms - {"image"} or data["lyrics"] == "song")
    ):
        raise ValueError(
            "config.fusion.name='attention' goes from frames to lines: over single "
            "vectors it would be constant. Set config.data.lyrics=lines, and "
            "config.data.mel and config.data.mfcc to image."
        )


def collection(
    config: dict, *, n_rows: int, n_songs: int, columns: Iterable[str], optional: set
) -> None:
    """Checks what depends on the collection.

    Args:
      n_rows: tracks that will be clustered.
      columns: of the metadata.
      optional: labels that a collection may lack.

    Raises:
      ValueError: names the key, the value, the rule and the next step.
    """
    given = [k for k in config["cluster"]["k"] if k != CLASSES]
    counts = {"cluster.k": max(given, default=0)}
    if "n_clusters" in config["model"]:
        counts["model.n_clusters"] = config["model"]["n_clusters"]
    for path, count in counts.items():
        if count > n_rows / 2:
            raise ValueError(
                f"config.{path}={count} must be at most {n_rows // 2}, half the "
                f"number of tracks ({n_rows}). Lower it or add songs."
            )
    if config["data"]["held_out_share"] > 0 and n_songs < 2:
        raise ValueError(
            f"config.data.held_out_share={config['data']['held_out_share']} needs at "
            f"least two songs; there is {n_songs}. Set it to 0 or add songs."
        )
    columns = sorted(columns)
    if not given:
        _classes(config["eval"]["labels"], columns)
    _labels("data.condition", config["data"]["condition"], columns, set())
    for key in ("labels", "factors"):
        _labels(f"eval.{key}", config["eval"][key], columns, optional)


def _classes(labels: Sequence[str], columns: list[str]) -> None:
    """Where k is `classes` alone, there is a label to have some."""
    if not set(labels) & set(columns):
        raise ValueError(
            f"config.cluster.k={CLASSES} is as many as a label has, and the collection "
            f"has none of config.eval.labels={','.join(labels)}. Add a number to k."
        )


def _labels(
    path: str, labels: Sequence[str], columns: list[str], optional: set
) -> None:
    for label in labels:
        if label not in columns and label not in optional:
            close = difflib.get_close_matches(label, columns, 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ValueError(
                f"config.{path} names {label!r}, which the metadata lack.{hint} "
                f"Columns: {', '.join(columns)}."
            )
