"""Bad configs are refused with a message that helps."""

import importlib
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from ml_collections import ConfigDict
from ml_collections.config_dict import required_placeholder

from configs import vade, vae
from vaejax import check
from vaejax.sections import plain

NAMES = sorted(p.stem for p in Path(__file__).parents[1].glob("configs/[a-z]*.py"))
MODULES = [importlib.import_module(f"configs.{name}") for name in NAMES]
CONFIGS = [m for m in MODULES if "study" not in m.get_config()]  # see test_study.py


def changed(**changes) -> dict:
    return with_changes(vade.get_config(), **changes)


def with_changes(config, **changes) -> dict:
    config.update_from_flattened_dict(
        {path.replace("__", "."): value for path, value in changes.items()}
    )
    return plain(config)


@pytest.mark.parametrize("config", CONFIGS)
def test_every_config_of_the_project_passes(config):
    check.settings(plain(config.get_config()))


def test_every_key_has_a_rule_and_every_rule_a_key():
    keys = {
        f"{section}.{key}"
        for config in CONFIGS
        for section, options in plain(config.get_config()).items()
        for key in options
    }
    assert keys == set(check.RULES)


@pytest.mark.parametrize(
    "changes, message",
    [
        (
            {"train__batch_size": 0},
            r"config.train.batch_size=0 must be a whole number in \[1, ",
        ),
        (
            {"data__modalities": ("lyric",)},
            r"each one of .*lyrics.*Did you mean 'lyrics'",
        ),
        (
            {"data__lyrics": "line"},
            r"config.data.lyrics='line' must be one of lines, song. Did you mean",
        ),
        (
            {"data__tracks": "some"},
            r"config.data.tracks='some' must be one of all, with_lyrics",
        ),
        ({"fusion__name": "peo"}, r"config.fusion.name='peo' .*Did you mean 'poe'"),
        (
            {"fusion__dropout": 1.0},
            r"fusion.dropout=1.0 must be a number in \[0, 0.9\]",
        ),
        (
            {"fusion__lyrics_weight": -1.0},
            r"lyrics_weight=-1.0 must be a number in \[0, ",
        ),
        ({"lyrics__encoder": "bert"}, r"config.lyrics.encoder='bert' must be one of"),
        (
            {"lyrics__drop": ("tag",)},
            r"config.lyrics.drop=\('tag',\) .* Did you mean 'tags'",
        ),
        (
            {"fusion__name": "attention", "data__modalities": ("mel", "lyrics")},
            r"config.fusion.name='attention' goes from frames to lines.*mel='stat",
        ),
        (
            {"data__modalities": ("lyrics",), "networks__encoder": "conv"},
            r"config.networks.encoder='conv' sees frames.*Lyrics alone have none: use",
        ),
        ({"train__learning_rate": 0.0}, r"learning_rate=0.0 must be a number above 0"),
        (
            {"train__learning_rate": float("nan")},
            r"learning_rate=nan must be a number above",
        ),
        ({"train__learning_rate": float("inf")}, r"learning_rate=inf must be a number"),
        ({"model__name": "vad"}, r"'vad' must be one of .*Did you mean 'vade'"),
        ({"model__start": "mean"}, r"Did you mean 'means'"),
        (
            {"model__latent_dim": 0},
            r"latent_dim=0 must be a whole number in \[1, 4096\]",
        ),
        ({"networks__hidden": (5, 0)}, r"hidden=\(5, 0\) must be a tuple of 0 to 20"),
        ({"networks__hidden": (5, 2.5)}, r"hidden=\(5, 2.5\) .*: each a whole number"),
        ({"cluster__names": ("kmean",)}, r"Did you mean 'kmeans'"),
        ({"cluster__names": ()}, r"config.cluster.names=\(\)"),
        ({"cluster__k": (5, 5)}, r"config.cluster.k=\(5, 5\) .* none of them twice"),
        ({"cluster__k": (1,)}, r"config.cluster.k=\(1,\) must be a tuple of 1 to "),
        ({"cluster__k": ("five",)}, r"config.cluster.k=\('five',\) .*each a whole"),
        ({"cluster__k": ("classes", 1)}, r"number in \[2, 10000\] or 'classes'"),
        ({"data__modalities": ("mel", "mfc")}, r"Did you mean 'mfcc'"),
        (
            {"data__modalities": ("pixels",)},
            r"whose modalities are some of mel, mfcc, flux",
        ),
        ({"data__modalities": ("mel", "flux")}, r"flux goes with .*mel='image'"),
        ({"data__root": "digits"}, r"whose modalities are pixels"),
        ({"data__root": ""}, r"config.data.root='' must be text of 1 to 4096"),
        (
            {"model__pretrain": 1.0},
            r"model.pretrain=1.0 must be a number in \[0, 0.9\]",
        ),
        ({"model__pretrain": 0.9}, r"must add up to at most 1"),
        ({"networks__likelihood": "bernoulli"}, r"Use gaussian"),
        ({"features__n_mfcc": 200}, r"n_mfcc=200 must be at most .*n_mels=128"),
        ({"features__hop": 4096}, r"hop=4096 must be at most .*n_fft=2048"),
        ({"features__n_fft": 1001}, r"n_fft=1001 must be an even number in \[16, "),
        ({"features__duration_s": 0.1, "features__n_fft": 4096}, r"at most 2205: that"),
        ({"features__hop": 1}, r"hop=1, .* make 164052000 numbers of a clip"),
        (
            {"features__n_mels": 1024},
            r"n_mels=1024 leaves .* bands without.*n_fft=2048",
        ),
        ({"model__title": "pca"}, r"model.title='pca' is the name of something else"),
        ({"model__title": "autoencoder"}, r"title='autoencoder' is the name of some"),
        ({"model__title": "../x"}, r"model.title='../x' must be .* name of a file"),
        ({"model__title": ".x"}, r"model.title='.x' must be"),
        ({"model__title": "ä" * 101}, r"model.title='äää.*... must be"),
        ({"model__title": "💿" * 60}, r"model.title='💿.*' must be"),
        ({"model__latent_dim": 10**9}, r"latent_dim=1000000000 must be .*4096\]"),
        (
            {"model__covariance": "full", "model__latent_dim": 4096},
            r"covariance='full' has 251658240 numbers",
        ),
        ({"networks__hidden": (10**9,)}, r"hidden=\(1000000000,\) .*\[1, 16384\]"),
        (
            {"networks__norm": "batch", "train__batch_size": 1},
            r"batch_size=1 does not go with config.networks.norm='batch'",
        ),
        (
            {"networks__decoder": "hierarchical"},
            r"segments=16 of .*'hierarchical' must be at most 1, .*mel='statistics'",
        ),
        (
            {
                "networks__decoder": "hierarchical",
                "data__mel": "image",
                "data__mfcc": "image",
                "data__frames": 10,
            },
            r"segments=16 .* must be at most 10, .*config.data.frames=10",
        ),
        (
            {"data__root": "digits", "data__modalities": ("pixels",)}
            | {"data__tracks": "with_lyrics"},
            r"tracks='with_lyrics' does not go with config.data.root='digits'",
        ),
        ({"eval__factors": ("genre",)}, r"factors=\('genre',\) must be none or at le"),
        ({"eval__labels": ("a\nb",)}, r"labels=\('a\\nb',\) .*can be printed"),
        ({"data__root": "\0"}, r"data.root='\\x00' must be text .*without NUL"),
        ({"train__factor": 0.0}, r"train.factor=0.0 must be a number above 0 and at m"),
    ],
)
def test_a_bad_value_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        check.settings(changed(**changes))


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"model__capacity_warmup": 0.5}, r"capacity_warmup=0.5 has no capacity that"),
        (
            {"model__name": "tc_vae", "train__batch_size": 1, "networks__norm": "none"},
            r"batch_size=1 does not go with config.model.name='tc_vae'",
        ),
        (
            {"model__name": "tc_vae", "train__batch_size": 5000},
            r"batch_size=5000 and config.model.latent_dim=128 make 3200000000 numbers",
        ),
    ],
)
def test_a_bad_value_of_another_model_is_refused(changes, message):
    name = changes.get("model__name", "vae")
    config = importlib.import_module(f"configs.{name}").get_config()
    with pytest.raises(ValueError, match=message):
        check.settings(with_changes(config, **changes))


@pytest.mark.parametrize(
    "path, value",
    [
        *(("data.frames", 0.5), ("train.epochs", 2.5), ("features.n_fft", 1000.5)),
        *(("train.seeds", True), ("model.beta", False), ("train.epochs", "3")),
        *(("train.epochs", None), ("train", 5), ("train.epochs", {"a": 1})),
        *(("networks.hidden", [512]), ("networks.hidden", (512, True))),
        *(("eval.labels", (["genre"],)), ("eval.labels", ({"a": 1},))),
        *(("eval.labels", "genre"), ("cluster.k", 5), ("cluster.k", (5.0,))),
        *(("eval.nuisance", 1), ("eval.nuisance", "True"), ("data.root", 5)),
        *(("model.name", ["vae"]), ("model.name", None), ("model", None)),
        *(("train.epochs", 10**30), ("train.learning_rate", 10**30)),
        *(("features.sample_rate_hz", 22050.0), ("model.title", "\ud800")),
    ],
)
def test_a_value_of_another_type_is_refused(path, value):
    settings = plain(vae.get_config())
    section, *key = path.split(".")
    if key:
        settings[section][key[0]] = value
    else:
        settings[section] = value
    expected = re.escape(f"config.{path}={value!r}"[:60])
    with pytest.raises(ValueError, match=f"{expected}.* must "):
        check.settings(settings)


def test_a_number_that_python_does_not_write_is_refused():
    settings = plain(vae.get_config())
    settings["train"]["epochs"] = 10**5000
    with pytest.raises(ValueError, match=r"epochs=\(a number of thousands of digits\)"):
        check.settings(settings)


@pytest.mark.parametrize("config", [None, 5, [], "vae", {}, {"data": {}}])
def test_what_is_no_config_is_refused(config):
    with pytest.raises(ValueError, match=r"config(=.* must hold|\..* is missing)"):
        check.settings(plain(config))


def test_a_placeholder_without_a_value_is_refused():
    config = ConfigDict({"train": {"epochs": required_placeholder(int)}})
    with pytest.raises(ValueError, match="required_placeholder .* has no value. Give"):
        plain(config)


def test_a_section_or_an_option_too_many_or_too_few_is_refused():
    settings = plain(vae.get_config())
    for odd in ("trian", 5, None, ("a",)):
        with pytest.raises(ValueError, match="is no section.*configs/base.py"):
            check.settings(settings | {odd: {}})
        options = settings["train"] | {odd: 1}
        with pytest.raises(ValueError, match="config.train..*=1 is no option"):
            check.settings(settings | {"train": options})
    less = {key: x for key, x in settings["train"].items() if key != "epochs"}
    with pytest.raises(ValueError, match="config.train.epochs is missing. Start from"):
        check.settings(settings | {"train": less})
    less = {key: x for key, x in settings.items() if key != "train"}
    with pytest.raises(ValueError, match="config.train is missing. Start from"):
        check.settings(less)
    with pytest.raises(ValueError, match="Did you mean 'epochs'"):
        check.settings(settings | {"train": settings["train"] | {"epoch": 1}})


def test_a_model_without_a_rule_for_an_option_says_so(monkeypatch):
    monkeypatch.delitem(check.RULES, "model.beta")
    with pytest.raises(ValueError, match="config.model.beta has no rule: add a line"):
        check.settings(plain(vae.get_config()))


@pytest.mark.parametrize(
    "rate_hz, n_fft, n_mels",
    [(22050, 2048, 128), (22050, 2048, 512), (4000, 64, 40), (1600, 64, 30)]
    + [(192000, 1024, 300), (44100, 16, 2), (48000, 65536, 1024)],
)
def test_bands_are_empty_where_librosas_filters_are(rate_hz, n_fft, n_mels):
    from librosa.filters import mel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the empty ones
        filters = mel(sr=rate_hz, n_fft=n_fft, n_mels=n_mels)
    empty = np.sum(filters.max(axis=1) == 0)
    assert check.empty_bands(rate_hz, n_fft, n_mels) == empty


def test_options_of_another_model_are_refused():
    unknown = r"covariance='diagonal' is not an option of .*vae.py"
    with pytest.raises(ValueError, match=unknown):
        check.settings(changed(model__name="vae"))
    missing = plain(vae.get_config())
    del missing["model"]["beta"]
    with pytest.raises(ValueError, match=r"config.model.beta is missing, .*vae.py"):
        check.settings(missing)


SIZES = dict(n_rows=100, n_songs=50, columns={"genre", "mood"}, optional={"language"})


@pytest.mark.parametrize(
    "changes, sizes, message",
    [
        ({}, {"n_rows": 10}, r"config.cluster.k=15 must be at most 5, half the number"),
        (
            {"model__n_clusters": 60},
            {},
            r"config.model.n_clusters=60 must be at most 50",
        ),
        (
            {},
            {"n_songs": 1},
            r"held_out_share=0.1 needs at least two songs; there is 1",
        ),
        (
            {"cluster__k": ("classes",), "eval__labels": ("language",)},
            {},
            r"config.cluster.k=classes .*has none of config.eval.labels=language",
        ),
        (
            {"eval__labels": ("moood",)},
            {},
            r"'moood'.*Did you mean 'mood'.*genre, mood",
        ),
    ],
)
def test_what_does_not_go_with_the_collection_is_refused(changes, sizes, message):
    with pytest.raises(ValueError, match=message):
        check.collection(changed(**changes), **SIZES | sizes)


def test_labels_that_a_collection_may_lack_are_no_mistake():
    check.collection(changed(eval__labels=("language", "genre")), **SIZES)


def test_whole_numbers_are_floats_where_floats_are_meant():
    found = changed(train__learning_rate=1, networks__hidden=[16, 8])
    assert type(found["train"]["learning_rate"]) is float
    config = vade.get_config().to_dict()
    config["model"]["beta"] = 4
    assert type(plain(config)["model"]["beta"]) is float
    assert found["networks"]["hidden"] == (16, 8)


def test_a_tuple_may_be_written_with_commas():
    assert changed(eval__labels=("genre,mood",))["eval"]["labels"] == ("genre", "mood")
