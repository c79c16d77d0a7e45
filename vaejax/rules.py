"""The rule of every option: what a value must be, by itself.

A rule is asked about any value whatsoever and never raises. Whole numbers are Python's
own: True is none, nor is 2.0. The upper bounds are no advice: beyond them a machine
runs out of memory, or a run never ends.
"""

import difflib
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from vaejax import models
from vaejax.cluster import CLUSTERERS
from vaejax.convolution import POOLS
from vaejax.dask_workers import LOCAL, TCP
from vaejax.evaluate import CLASSES
from vaejax.fusion import FUSIONS, LYRICS
from vaejax.hosts import AUTO
from vaejax.inputs import FRAMES, INPUTS
from vaejax.layout import VERSIONS
from vaejax.losses import LIKELIHOODS
from vaejax.memory import WAYS
from vaejax.mixture import SHAPES, STARTS
from vaejax.nets import NORMS
from vaejax.networks import DECODERS, ENCODERS
from vaejax.text.clean import DROPS
from vaejax.text.romanize import ROMANIZERS
from vaejax.text.vectors import COMBINATIONS, FORMS
from vaejax.text.vectors import ENCODERS as TEXT_ENCODERS

ARRAYS = "pixels"  # the modality of images, which have no audio
_ADDRESS = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[\w.-]+):([1-9]\d{0,4})", re.ASCII)
LONGEST = 100  # letters of a value in a message, and of a name in a figure


class Rule(NamedTuple):
    """What a value must be, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]
    choices: tuple[str, ...] = ()
    of_floats: bool = False  # for which 1 means 1.0


def whole(low: int, high: int) -> Rule:
    """Whole numbers in [low, high]."""
    return Rule(
        f"must be a whole number in [{low}, {high}]",
        lambda x: type(x) is int and low <= x <= high,
    )


def even(low: int, high: int) -> Rule:
    """Even numbers in [low, high]."""
    inside = whole(low, high).holds
    return Rule(
        f"must be an even number in [{low}, {high}]",
        lambda x: inside(x) and x % 2 == 0,
    )


def number(low: float, high: float) -> Rule:
    """Numbers in [low, high]; NaN and infinity are none."""
    return Rule(
        f"must be a number in [{low:g}, {high:g}]",
        lambda x: type(x) in (int, float) and low <= x <= high,
        of_floats=True,
    )


def positive(high: float) -> Rule:
    """Numbers in (0, high]."""
    return Rule(
        f"must be a number above 0 and at most {high:g}",
        lambda x: type(x) in (int, float) and 0 < x <= high,
        of_floats=True,
    )


def one_of(choices: Iterable[str]) -> Rule:
    """One name out of `choices`."""
    names = tuple(sorted(choices))
    return Rule(
        f"must be one of {', '.join(names)}",
        lambda x: type(x) is str and x in names,
        names,
    )


def each(rule: Rule, *, least: int = 0, most: int = 100) -> Rule:
    """Tuples of `least` to `most` different elements that all follow `rule`."""
    repeated = series(rule, least=least, most=most)
    return Rule(
        f"{repeated.words}, none of them twice",
        lambda x: repeated.holds(x) and len(set(x)) == len(x),
        rule.choices,
    )


def series(rule: Rule, *, least: int = 0, most: int = 100) -> Rule:
    """Tuples of `least` to `most` elements that all follow `rule`."""
    what = rule.words.removeprefix("must be ")
    return Rule(
        f"must be a tuple of {least} to {most}: each {what}",
        lambda x: (
            type(x) is tuple and least <= len(x) <= most and all(map(rule.holds, x))
        ),
        rule.choices,
    )


def _is_path(x: Any) -> bool:
    return type(x) is str and 0 < len(x) <= 4096 and "\0" not in x


def _is_name(x: Any) -> bool:
    """Whether x can be shown in a line; controls and halves of letters cannot."""
    return (
        type(x) is str and 0 < len(x) <= LONGEST and x.isprintable() and x.strip() == x
    )


def _is_file_name(x: Any) -> bool:
    """Whether folders and arrays of a file can be called x, on any system."""
    long = _is_name(x) and len(x.encode()) > 200
    return _is_name(x) and not long and x[0] != "." and not set(x) & set("/\\:")


def _is_coordinator(x: Any) -> bool:
    return type(x) is str and (x in ("", AUTO) or _is_address(x))


def _is_scheduler(x: Any) -> bool:
    if type(x) is not str or x in ("", LOCAL):
        return type(x) is str
    return x.startswith(TCP) and _is_address(x.removeprefix(TCP))


def _is_address(x: str) -> bool:
    found = _ADDRESS.fullmatch(x)
    return found is not None and int(found[1]) < 2**16


PATH = Rule("must be text of 1 to 4096 letters, without NUL", _is_path)
NAME = Rule(f"must be text of 1 to {LONGEST} letters that can be printed", _is_name)
TITLE = Rule(  # the models of a run have files and folders of this name
    f"must be '' or the name of a file, of 1 to {LONGEST} letters and none of / \\ :",
    lambda x: (type(x) is str and not x) or _is_file_name(x),
)
COORDINATOR = Rule("must be '', auto, or HOST:PORT of process 0", _is_coordinator)
SCHEDULER = Rule(
    f"must be '', {LOCAL}, or the address of a Dask scheduler as tcp://HOST:PORT",
    _is_scheduler,
)
FLAG = Rule("must be True or False", lambda x: type(x) is bool)
COUNT = Rule(
    f"must be a whole number in [2, 10000] or {CLASSES!r}",
    lambda x: whole(2, 10000).holds(x) or (type(x) is str and x == CLASSES),
)

RULES = {
    "data.root": PATH,
    "data.modalities": each(one_of((*FRAMES, LYRICS, ARRAYS)), least=1),
    "data.tracks": one_of(("all", "with_lyrics")),
    "data.lyrics": one_of(FORMS),
    "data.mel": one_of(INPUTS),
    "data.mfcc": one_of(INPUTS),
    "data.frames": whole(0, 1_000_000),
    "data.condition": each(NAME),
    "data.held_out_share": number(0.0, 0.5),
    "data.allow_outside": FLAG,
    "data.cache_dir": PATH,
    "data.n_workers": whole(0, 1024),
    "data.memory": one_of(WAYS),
    "songbook.n_songs": whole(1, 100_000),
    "songbook.duration_s": number(1.0, 600.0),
    "songbook.seed": whole(0, 2**32 - 1),
    "features.sample_rate_hz": whole(4000, 192_000),
    "features.duration_s": number(0.1, 3600.0),
    "features.crop": one_of(("start", "centre", "loudest")),
    "features.n_fft": even(16, 65536),
    "features.hop": whole(1, 65536),
    "features.n_mels": whole(2, 1024),
    "features.n_mfcc": whole(1, 1024),
    "features.scheduler": SCHEDULER,
    "lyrics.encoder": one_of(TEXT_ENCODERS),
    "lyrics.model": PATH,
    "lyrics.dim": whole(1, 4096),
    "lyrics.versions": each(one_of(VERSIONS), least=1),
    "lyrics.combine": one_of(COMBINATIONS),
    "lyrics.max_lines": whole(1, 10_000),
    "lyrics.drop": each(one_of(DROPS)),
    "lyrics.romanizer": one_of(ROMANIZERS),
    "lyrics.translator": Rule(
        "must be '' or text of at most 4096 letters, without NUL",
        lambda x: (type(x) is str and not x) or _is_path(x),
    ),
    "model.name": one_of(models.NAMES),
    "model.title": TITLE,
    "model.latent_dim": whole(1, 4096),
    "model.beta": number(0.0, 1e6),
    "model.warmup": number(0.0, 1.0),
    "model.free_bits": number(0.0, 1e6),
    "model.capacity": number(0.0, 1e6),
    "model.capacity_warmup": number(0.0, 1.0),
    "model.unknown": number(0.0, 0.9),
    "model.n_clusters": whole(2, 10_000),
    "model.covariance": one_of(SHAPES),
    "model.pretrain": number(0.0, 0.9),  # the rest is VaDE's own training
    "model.start": one_of(STARTS),
    "networks.encoder": one_of(ENCODERS),
    "networks.decoder": one_of(DECODERS),
    "networks.hidden": series(whole(1, 16_384), most=20),
    "networks.channels": series(whole(1, 1024), least=1, most=10),
    "networks.pool": one_of(POOLS),
    "networks.units": whole(1, 4096),
    "networks.segments": whole(1, 10_000),
    "networks.norm": one_of(NORMS),
    "networks.dropout": number(0.0, 0.9),
    "networks.likelihood": one_of(LIKELIHOODS),
    "networks.dtype": one_of(("auto", "float32", "bfloat16")),
    "networks.corruption": number(0.0, 0.9),
    "networks.log_var_bias": number(-12.0, 6.0),
    "fusion.name": one_of(FUSIONS),
    "fusion.dropout": number(0.0, 0.9),
    "fusion.lyrics_weight": number(0.0, 1e6),
    "mesh.seed": whole(0, 100_000),
    "mesh.data": whole(1, 100_000),
    "mesh.coordinator": COORDINATOR,
    "mesh.processes": whole(1, 100_000),
    "mesh.process": whole(0, 99_999),
    "train.seeds": whole(1, 1000),
    "train.epochs": whole(1, 1_000_000),
    "train.batch_size": whole(1, 1_000_000),
    "train.learning_rate": positive(10.0),
    "train.weight_decay": number(0.0, 10.0),
    "train.warmup": number(0.0, 1.0),
    "train.clip_norm": positive(1e9),
    "train.patience": whole(1, 1_000_000),
    "train.plateau": whole(1, 1_000_000),
    "train.factor": positive(1.0),
    "train.checkpoint_every": whole(1, 1_000_000),
    "train.checkpoint_minutes": positive(1e6),
    "train.tensorboard": FLAG,
    "cluster.names": each(one_of(CLUSTERERS), least=1),
    "cluster.k": each(COUNT, least=1),
    "baselines.names": each(one_of(("raw", "pca", "autoencoder"))),
    "baselines.pca_dim": whole(1, 4096),
    "eval.labels": each(NAME),
    "eval.factors": each(NAME),
    "eval.permutations": whole(99, 1_000_000),
    "eval.nuisance": FLAG,
    "figures.projections": each(one_of(("umap", "tsne"))),
    "figures.n_reconstructions": whole(0, 32),
    "figures.pdf": FLAG,
}


def refuse(path: str, value: Any, rule: Rule) -> None:
    """Raises ValueError where the value of an option breaks its rule."""
    if not rule.holds(value):
        hint = _hint(value, rule)
        raise ValueError(f"config.{path}={shown(value)} {rule.words}.{hint}")


def shown(value: Any) -> str:
    """A value as Python writes it, shortened."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no number of more than 4300 digits
        return "(a number of thousands of digits)"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _hint(value: Any, rule: Rule) -> str:
    given = value if type(value) is tuple else (value,)
    wrong = (v for v in given if type(v) is str and v not in rule.choices)
    return next(filter(None, (did_you_mean(v, rule.choices) for v in wrong)), "")


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """The nearest of the choices as a sentence, "" where none is near."""
    close = difflib.get_close_matches(word[:LONGEST], choices, 1)
    return f" Did you mean {close[0]!r}?" if close else ""
