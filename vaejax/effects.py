"""Which options have an effect under which others.

An option that cannot be meant is refused by `check`. One that has no effect in a run,
as the units of recurrent networks where there are none, stands in `NEEDS`: a config
that other configs are made from may well have set it. But where it is not what
configs/base.py says, the person who set it is told.

Options that are a most, as `epochs` or `frames`, have an effect where it is reached.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from vaejax import named_configs
from vaejax.cluster import FIXED
from vaejax.fusion import LYRICS, is_joint
from vaejax.hosts import AUTO
from vaejax.inputs import FRAMES, forms_of
from vaejax.rules import ARRAYS, shown

Settings = dict[str, dict[str, Any]]
OF_PRECISION = ("poe", "mopoe")  # fusions in which the variance of a view counts


class Need(NamedTuple):
    """What an option is for, in words and as a test of all settings."""

    words: str
    holds: Callable[[Settings], bool]


def _sees(*modalities: str) -> Callable[[Settings], bool]:
    return lambda s: not set(modalities).isdisjoint(s["data"]["modalities"])


def _is(path: str, *values: Any) -> Callable[[Settings], bool]:
    section, key = path.split(".")
    return lambda s: s[section][key] in values


def _has(path: str, *values: Any) -> Callable[[Settings], bool]:
    section, key = path.split(".")
    return lambda s: not set(values).isdisjoint(s[section][key])


def _all(*tests: Callable[[Settings], bool]) -> Callable[[Settings], bool]:
    return lambda s: all(test(s) for test in tests)


def _any(*tests: Callable[[Settings], bool]) -> Callable[[Settings], bool]:
    return lambda s: any(test(s) for test in tests)


def _images(s: Settings) -> bool:
    data = s["data"]
    forms = forms_of(data["modalities"], data["mel"], data["mfcc"])
    return "image" in forms.values()


def _joint(s: Settings) -> bool:
    return is_joint(s["data"]["modalities"])


def _is_folder(s: Settings) -> bool:
    return s["data"]["modalities"] != (ARRAYS,)


def _is_longer(s: Settings) -> bool:
    """Whether files may be longer than what is used of them."""
    of_songs, used = s["songbook"]["duration_s"], s["features"]["duration_s"]
    return s["data"]["root"] != "songbook" or of_songs > used


def _falls(s: Settings) -> bool:
    """Whether the rate may fall before training ends."""
    train = s["train"]
    return train["plateau"] < min(train["patience"], train["epochs"] - 1)


_audio, _lyrics = _sees(*FRAMES), _sees(LYRICS)
_reads = _all(_is_folder, _any(_lyrics, _is("data.tracks", "with_lyrics")))
_encoder, _decoder = "networks.encoder", "networks.decoder"
_mlp = _any(_is(_encoder, "mlp"), _is(_decoder, "mlp"), _lyrics)
_convolves = ("conv", "residual")
_convolutions = _any(_is(_encoder, *_convolves), _is(_decoder, *_convolves))
_recurrence = _any(
    _is(_encoder, "recurrent"), _is(_decoder, "recurrent", "hierarchical")
)

_OF_SONGBOOK = Need("config.data.root=songbook", _is("data.root", "songbook"))
_OF_AUDIO = Need("audio in config.data.modalities", _audio)
_OF_LYRICS = Need("lyrics in config.data.modalities", _lyrics)
_OF_BOTH = Need("audio and lyrics in config.data.modalities", _joint)
_OF_CONVOLUTIONS = Need("conv and residual networks", _convolutions)
_OF_A_PRESSURE = Need(
    "config.model.beta above 0", lambda s: s["model"].get("beta", 1) > 0
)
_OF_HOSTS = Need(
    "config.mesh.coordinator=HOST:PORT",
    lambda s: s["mesh"]["coordinator"] not in ("", AUTO),
)
_OF_LAYERS = Need(
    "networks with a layer inside: config.networks.hidden",
    lambda s: (
        not _is(_encoder, "mlp")(s)
        or not _is(_decoder, "mlp")(s)
        or bool(s["networks"]["hidden"])
    ),
)

NEEDS = {
    "data.tracks": Need(
        "runs that hear audio: of lyrics alone, tracks without them are left out",
        _all(_is_folder, _audio),
    ),
    "data.mel": Need("mel or flux in config.data.modalities", _sees("mel", "flux")),
    "data.mfcc": Need("mfcc in config.data.modalities", _sees("mfcc")),
    "data.lyrics": _OF_LYRICS,
    "data.frames": Need("images: config.data.mel=image, or mfcc", _images),
    "data.allow_outside": Need(
        "a folder of songs in config.data.root",
        _all(_is_folder, lambda s: s["data"]["root"] != "songbook"),
    ),
    "data.n_workers": Need(
        "rendering the songbook and hearing audio",
        _any(_audio, _OF_SONGBOOK.holds),
    ),
    "songbook.n_songs": _OF_SONGBOOK,
    "songbook.duration_s": _OF_SONGBOOK,
    "songbook.seed": _OF_SONGBOOK,
    "features.sample_rate_hz": _OF_AUDIO,
    "features.duration_s": _OF_AUDIO,
    "features.crop": Need(
        "audio longer than config.features.duration_s", _all(_audio, _is_longer)
    ),
    "features.n_fft": _OF_AUDIO,
    "features.hop": _OF_AUDIO,
    "features.n_mels": _OF_AUDIO,
    "features.scheduler": _OF_AUDIO,
    "features.n_mfcc": Need("mfcc in config.data.modalities", _sees("mfcc")),
    "lyrics.encoder": _OF_LYRICS,
    "lyrics.model": Need(
        "lyrics by config.lyrics.encoder=xlm_roberta",
        _all(_lyrics, _is("lyrics.encoder", "xlm_roberta")),
    ),
    "lyrics.dim": Need(
        "lyrics by config.lyrics.encoder=ngram",
        _all(_lyrics, _is("lyrics.encoder", "ngram")),
    ),
    "lyrics.versions": Need(
        "lyrics in config.data.modalities, or config.data.tracks=with_lyrics", _reads
    ),
    "lyrics.combine": Need(
        "lyrics in several config.lyrics.versions",
        _all(_lyrics, lambda s: len(s["lyrics"]["versions"]) > 1),
    ),
    "lyrics.max_lines": Need(
        "lyrics with config.data.lyrics=lines",
        _all(_lyrics, _is("data.lyrics", "lines")),
    ),
    "lyrics.drop": Need("songs, which have words", _is_folder),
    "lyrics.romanizer": Need(
        "lyrics with romanized in config.lyrics.versions",
        _all(_reads, _has("lyrics.versions", "romanized")),
    ),
    "lyrics.translator": Need(
        "lyrics with translated in config.lyrics.versions",
        _all(_reads, _has("lyrics.versions", "translated")),
    ),
    "model.free_bits": _OF_A_PRESSURE,
    "model.capacity": _OF_A_PRESSURE,
    "networks.hidden": Need("mlp networks, and for lyrics", _mlp),
    "networks.channels": _OF_CONVOLUTIONS,
    "networks.pool": _OF_CONVOLUTIONS,
    "networks.units": Need("recurrent and hierarchical networks", _recurrence),
    "networks.segments": Need(
        "config.networks.decoder=hierarchical", _is(_decoder, "hierarchical")
    ),
    "networks.norm": _OF_LAYERS,
    "networks.dropout": _OF_LAYERS,
    "networks.log_var_bias": Need(
        "models with a variance: an autoencoder has none, but in a product of views",
        _any(
            lambda s: s["model"]["name"] != "autoencoder",
            _all(_joint, _is("fusion.name", *OF_PRECISION)),
        ),
    ),
    "fusion.name": _OF_BOTH,
    "fusion.dropout": _OF_BOTH,
    "fusion.lyrics_weight": _OF_BOTH,
    "mesh.processes": _OF_HOSTS,
    "mesh.process": _OF_HOSTS,
    "train.plateau": Need(
        "runs that go on after it: longer config.train.patience and epochs",
        _all(_falls, lambda s: s["train"]["factor"] < 1),
    ),
    "train.factor": Need(
        "a config.train.plateau below config.train.patience and epochs", _falls
    ),
    "train.checkpoint_minutes": Need(
        "epochs that are sent to the device in parts: config.data.memory=stream, auto",
        _is("data.memory", "stream", "auto"),
    ),
    "cluster.k": Need(
        "config.cluster.names that do not choose the number themselves",
        lambda s: not set(s["cluster"]["names"]) <= FIXED,
    ),
    "baselines.pca_dim": Need(
        "pca in config.baselines.names", _has("baselines.names", "pca")
    ),
    "eval.permutations": Need(
        "config.eval.labels to be scored on", lambda s: bool(s["eval"]["labels"])
    ),
    "figures.n_reconstructions": Need(
        "mel in config.data.modalities",
        _any(_sees("mel"), _is("figures.n_reconstructions", 0)),
    ),
}


def without_effect(settings: Settings) -> list[str]:
    """A sentence for each option that is set and does nothing in this run.

    Args:
      settings: that `check.settings` has found right.
    """
    defaults = named_configs.get("base").to_dict()
    return [
        f"config.{path}={shown(settings[section][key])} has no effect here: it is for "
        f"{need.words}."
        for path, need in NEEDS.items()
        for section, key in [path.split(".")]
        if key in settings[section]
        and settings[section][key] != defaults[section].get(key)
        and not need.holds(settings)
    ]


def in_common(found: Iterable[list[str]]) -> list[str]:
    """The sentences of all of several runs, as of the cells of a study."""
    first, *others = found
    return [one for one in first if all(one in other for other in others)]
