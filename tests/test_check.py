"""Bad configs are refused with a message that helps."""

import importlib
from pathlib import Path

import pytest

from configs import vade, vae
from vaejax import check
from vaejax.experiment import plain

NAMES = sorted(p.stem for p in Path(__file__).parents[1].glob("configs/[a-z]*.py"))
MODULES = [importlib.import_module(f"configs.{name}") for name in NAMES]
CONFIGS = [m for m in MODULES if "study" not in m.get_config()]  # see test_study.py


def changed(**changes) -> dict:
    config = vade.get_config()
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
        ({"train__batch_size": 0}, r"config.train.batch_size=0 must be at least 1"),
        ({"data__modalities": ("lyric",)}, r"Choices: .*lyrics.*Did you mean 'lyrics'"),
        ({"data__lyrics": "line"}, r"config.data.lyrics='line' is not known"),
        ({"data__tracks": "some"}, r"config.data.tracks='some' is not known"),
        ({"fusion__name": "peo"}, r"config.fusion.name='peo' .*Did you mean 'poe'"),
        ({"fusion__dropout": 1.0}, r"config.fusion.dropout=1.0 must be in \[0.0, 0.9"),
        ({"fusion__lyrics_weight": -1.0}, r"lyrics_weight=-1.0 must be at least 0.0"),
        ({"lyrics__encoder": "bert"}, r"config.lyrics.encoder='bert' is not known"),
        ({"lyrics__drop": ("tag",)}, r"config.lyrics.drop=.* names what is not known"),
        (
            {"fusion__name": "attention", "data__modalities": ("mel", "lyrics")},
            r"config.fusion.name='attention' goes from frames to lines.*mel and",
        ),
        (
            {"data__modalities": ("lyrics",), "networks__encoder": "conv"},
            r"config.networks.encoder='conv' sees frames.*Of lyrics alone, use mlp",
        ),
        ({"train__learning_rate": 0.0}, r"learning_rate=0.0 must be above 0"),
        ({"train__learning_rate": float("nan")}, r"learning_rate=nan must be a number"),
        ({"train__learning_rate": float("inf")}, r"learning_rate=inf must be a number"),
        ({"model__name": "vad"}, r"'vad' is not known. Choices: .*Did you mean 'vade'"),
        ({"model__start": "mean"}, r"Did you mean 'means'"),
        ({"model__latent_dim": 0}, r"config.model.latent_dim=0 must be at least 1"),
        ({"networks__hidden": (5, 0)}, r"hidden=\(5, 0\) must be whole numbers"),
        ({"networks__hidden": (5, 2.5)}, r"hidden=\(5, 2.5\) must be whole numbers"),
        ({"cluster__names": ("kmean",)}, r"Did you mean 'kmeans'"),
        ({"cluster__names": ()}, r"config.cluster.names=\(\)"),
        ({"cluster__k": (5, 5)}, r"config.cluster.k=\(5, 5\) .* each once"),
        ({"cluster__k": (1,)}, r"config.cluster.k=\(1,\) must be whole numbers"),
        ({"cluster__k": ("five",)}, r"config.cluster.k=\('five',\) must be whole"),
        ({"cluster__k": ("classes", 1)}, r"of at least 2, or classes"),
        ({"data__modalities": ("mel", "mfc")}, r"Did you mean 'mfcc'"),
        (
            {"data__modalities": ("pixels",)},
            r"whose modalities are some of mel, mfcc, flux",
        ),
        ({"data__modalities": ("mel", "flux")}, r"flux goes with .*mel='image'"),
        ({"data__root": "digits"}, r"whose modalities are pixels"),
        ({"data__root": ""}, r"config.data.root='' must not be empty"),
        (
            {"model__pretrain": 1.0},
            r"config.model.pretrain=1.0 must be in \[0.0, 0.9\]",
        ),
        ({"model__pretrain": 0.9}, r"must add up to at most 1"),
        ({"networks__likelihood": "bernoulli"}, r"Use gaussian"),
        ({"features__n_mfcc": 200}, r"n_mfcc=200 must be at most .*n_mels=128"),
        ({"features__hop": 4096}, r"hop=4096 must be at most .*n_fft=2048"),
    ],
)
def test_a_bad_value_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        check.settings(changed(**changes))


def test_options_of_another_model_are_refused():
    unknown = r"covariance is not an option of vae, .*vae.py"
    with pytest.raises(ValueError, match=unknown):
        check.settings(changed(model__name="vae"))
    missing = plain(vae.get_config())
    del missing["model"]["beta"]
    with pytest.raises(ValueError, match=r"config.model.beta is missing; vae"):
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


def test_a_tuple_may_be_written_with_commas():
    assert changed(eval__labels=("genre,mood",))["eval"]["labels"] == ("genre", "mood")
