"""The cells of a study: which there are, and what each one's config says."""

import pytest
from ml_collections import ConfigDict
from test_check import MODULES

from configs import study
from vaejax import check, grid
from vaejax.effects import without_effect
from vaejax.sections import plain

STUDIES = [m for m in MODULES if "study" in m.get_config()]
JOINT = "audio+lyrics"


def of(overrides=(), **changes):
    """The cells of a grid with some keys changed, by name."""
    return {c.name: c.config for c in grid.cells(grid_of(overrides, **changes))}


def grid_of(overrides=(), **changes):
    """A study of that grid."""
    config = study.get_config()
    one = dict(
        models=("vae",), inputs=("audio",), fusions=("mopoe", "poe"), every_fusion=()
    )
    config.grids = {"mine": one | {"clusterers": ("kmeans",), "cells": ()} | changes}
    config.study = "mine"
    config.update_from_flattened_dict(dict(overrides))
    return config


@pytest.mark.parametrize(
    "module, name",
    [(m, name) for m in STUDIES for name in m.get_config().grids],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_every_cell_of_every_study_is_a_good_config(module, name):
    config = module.get_config()
    config.study = name
    found = grid.cells(config)
    assert len(found) > 5
    for cell in found:
        check.settings(plain(cell.config))


def test_the_small_grid_is_every_model_on_every_input():
    names = [cell.name for cell in grid.cells(study.get_config())]
    assert names == [
        *("autoencoder audio", "autoencoder lyrics", "autoencoder audio+lyrics mopoe"),
        *("vae audio", "vae lyrics"),
        *(f"vae audio+lyrics {fusion}" for fusion in ("mopoe", "late", "poe")),
        *("vade audio", "vade lyrics", "vade audio+lyrics mopoe"),
    ]


def test_every_fusion_is_tried_by_the_models_that_are_named_alone():
    models = {"models": ("vae", "vade"), "inputs": ("audio", JOINT)}
    found = of(**models, every_fusion=("vade",))
    assert list(found) == [
        *("vae audio", "vae audio+lyrics mopoe"),
        *("vade audio", "vade audio+lyrics mopoe", "vade audio+lyrics poe"),
    ]
    assert found["vade audio+lyrics poe"].fusion.name == "poe"
    assert found["vae audio+lyrics mopoe"].fusion.name == "mopoe"


def test_an_input_is_the_modalities_of_the_model_that_belong_to_it():
    found = of(models=("vae", "conv_vae"), inputs=("audio", "lyrics", JOINT))
    seen = {name: config.data.modalities for name, config in found.items()}
    assert seen == {
        "vae audio": ("mel", "mfcc"),
        "vae lyrics": ("lyrics",),
        "vae audio+lyrics mopoe": ("mel", "mfcc", "lyrics"),
        "conv_vae audio": ("mel", "flux"),
        # no "conv_vae lyrics": lyrics are no pictures
        "conv_vae audio+lyrics mopoe": ("mel", "flux", "lyrics"),
    }


def test_attention_goes_from_frames_to_lines():
    names = {"models": ("vae", "conv_vae"), "fusions": ("poe", "attention")}
    found = of(inputs=(JOINT,), every_fusion=("vae", "conv_vae"), **names)
    data = found["vae audio+lyrics attention"].data
    assert (data.mel, data.mfcc, data.lyrics) == ("image", "image", "lines")
    assert data.frames == 16
    assert found["conv_vae audio+lyrics attention"].data.frames == 32, "its own"
    other = found["vae audio+lyrics poe"].data
    assert (other.mel, other.lyrics, other.frames) == ("statistics", "song", 0)


def test_a_cell_has_the_model_of_its_config_under_what_the_study_overrides():
    overrides = {"model.latent_dim": 7, "train.epochs": 3, "features.n_mels": 32}
    found = of(overrides, models=("vade", "conv_vae"))
    vade, conv = found["vade audio"], found["conv_vae audio"]
    assert vade.model.latent_dim == conv.model.latent_dim == 7
    assert vade.train.epochs == conv.train.epochs == 3
    assert vade.features.n_mels == conv.features.n_mels == 32
    assert vade.model.n_clusters == 15 and vade.networks.log_var_bias == -5.0
    assert (conv.train.batch_size, conv.networks.encoder) == (32, "conv")
    own = of(models=("conv_vae",))["conv_vae audio"]
    assert (own.train.epochs, own.features.n_mels) == (40, 64)
    assert own.model.latent_dim == 128


def test_a_cell_is_scored_as_the_study_says_and_not_as_the_models_config_does():
    config = of(models=("vade",))["vade audio"]
    assert config.cluster.k == (5, 10, 15, 20, "classes")
    assert config.cluster.names == ("kmeans",)
    assert "study" not in config and "grids" not in config


def test_a_model_has_the_name_of_its_config_in_tables():
    found = of(models=("vae", "conv_vade", "autoencoder"))
    titles = {name: config.model.title for name, config in found.items()}
    assert titles == {
        "vae audio": "vae",
        "conv_vade audio": "conv_vade",
        "autoencoder audio": "autoencoder",
    }


def test_baselines_stand_beside_the_autoencoder_alone():
    config = of(models=("autoencoder", "vae"), inputs=("audio", "lyrics"))
    kept = {name: cell.baselines.names for name, cell in config.items()}
    assert kept == {
        "autoencoder audio": ("raw", "pca"),
        "autoencoder lyrics": ("raw", "pca"),
        "vae audio": (),
        "vae lyrics": (),
    }
    fewer = of({"baselines.names": ("pca",)}, models=("autoencoder", "vae"))
    assert fewer["autoencoder audio"].baselines.names == ("pca",)


def test_a_further_cell_changes_settings_and_keeps_their_types():
    text = (
        "cluster.k=5,10 data.modalities=mel train.learning_rate=1 networks.norm=layer"
    )
    found = of(cells=(("odd one", text), ("plain", "baselines.names=raw")))
    config = found["odd one"]
    assert config.cluster.k == (5, 10) and config.data.modalities == ("mel",)
    assert config.train.learning_rate == 1.0
    assert isinstance(config.train.learning_rate, float)
    assert config.networks.norm == "layer" and config.model.title == "odd one"
    # those of the grid are there already, and would be counted twice
    assert config.baselines.names == ()
    assert found["plain"].baselines.names == ("raw",)


def test_names_may_be_written_with_commas():
    found = of(models=("vae,vade",), clusterers=("kmeans, ward",))
    assert list(found) == ["vae audio", "vade audio"]
    assert found["vae audio"].cluster.names == ("kmeans", "ward")


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"models": ("vad",)}, r"the model 'vad', but there is no configs/vad.py"),
        (
            {"inputs": ("sound",)},
            r"grids.mine.inputs=\('sound',\) .*each one of audio, ",
        ),
        ({"fusions": ("po",)}, r"grids.mine.fusions=\('po',\) .*Did you mean 'poe'"),
        ({"models": ("vae", "vae")}, r"grids.mine.models=\('vae', 'vae'\) .* twice"),
        ({"models": "vae"}, r"config.grids.mine.models='vae' must be a tuple"),
        ({"models": (5,)}, r"config.grids.mine.models=\(5,\) .*each text"),
        ({"models": ("..vae",)}, r"there is no configs/..vae.py"),
        ({"models": ("study",)}, r"names 'study', which is a study, not a model"),
        ({"every_fusion": ("vad",)}, r"names the model 'vad', but there is no"),
        ({"clusterers": ("kmean",)}, r"grids.mine.clusterers=.*Did you mean 'kmeans'"),
        ({"cells": ("one",)}, r"grids.mine.cells=\('one',\) .*each a pair: a title"),
        ({"cells": (("a/b", ""),)}, r"grids.mine.cells=.*each a pair: a title"),
        (
            {"cells": (("b", "train.epochs=2.5"),)},
            r"cell with 'train.epochs=2.5': config.train.epochs=2.5 must be a whole",
        ),
        ({"cells": (("b", "eval.nuisance=no"),)}, r"nuisance='no' must be True or"),
        ({"cells": (("b", "train.seeds=(1,2)"),)}, r"train.seeds=\(1, 2\) must be a"),
        ({"cells": (("b", "train.factor=ten"),)}, r"train.factor='ten' must be a num"),
        ({"cells": (("b", "model.title"),)}, r"'model.title'.* Write section.key=v"),
        ({"cells": (("vae audio", ""),)}, r"has 'vae audio' twice"),
        ({"cells": (("b", "fusion.nam=poe"),)}, r"config.fusion.nam is not an option"),
        ({"cells": (("b", "fusion"),)}, r"config.fusion is not an option"),
        (
            {"model": ("vae",)},
            r"mine.model is not an option. Did you mean 'models'",
        ),
        ({"models": ()}, r"config.grids.mine has no cell"),
        ({"models": ("conv_vae",), "inputs": ("lyrics",)}, r"grids.mine has no cell"),
        ({"fusions": (), "inputs": (JOINT,)}, r"config.grids.mine has no cell"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        of(**changes)


@pytest.mark.parametrize(
    "overrides, message",
    [
        ({"cluster.names": ("ward",)}, r"config.cluster.names=.*grids.mine.clusterers"),
        ({"fusion.name": "late"}, r"fusion.name='late' would be ignored: .*fusions"),
        ({"model.title": "mine"}, r"model.title='mine' would be ignored: .*models"),
        ({"data.modalities": ("mel,lyrics",)}, r"grids.mine.inputs says where lyrics"),
        ({"train.epochs": 0}, r"config.train.epochs=0 must be a whole number"),
    ],
)
def test_what_a_grid_decides_cannot_be_set_beside_it(overrides, message):
    with pytest.raises(ValueError, match=message):
        of(overrides)


@pytest.mark.parametrize(
    "sections, message",
    [
        ({"grids": None}, r"config.study='small' is not one of config.grids: \."),
        ({"grids": 5}, r"config.study='small' is not one of config.grids: \."),
        ({"study": ("small",)}, r"config.study=\('small',\) is not one of .*: full"),
        ({"grids": {"small": 5}}, r"config.grids.small=5 must hold models, inputs"),
        ({"train": None}, r"config.train=None must hold options"),
        ({"trains": {}}, r"config.trains=\{\} is no section. Did you mean 'train'"),
    ],
)
def test_a_study_without_its_parts_is_refused(sections, message):
    config = ConfigDict(study.get_config().to_dict() | sections)
    with pytest.raises(ValueError, match=message):
        grid.cells(config)


@pytest.mark.parametrize(
    "overrides, changes, message",
    [
        ({}, {"every_fusion": ("vade",)}, "every_fusion=('vade',) has no effect: "),
        ({}, {"inputs": (JOINT,)}, "grids.mine.fusions=('poe',) has no effect: the "),
        (
            {},
            {"models": ("vae", "conv_vae"), "inputs": ("audio", "lyrics")},
            "config.grids.mine: conv_vae have no cell of lyrics alone, which are no",
        ),
        (
            {"model.beta": 4.0},
            {"models": ("autoencoder",)},
            "config.model.beta=4.0 has no effect: no cell's model has it.",
        ),
        ({"networks.units": 64}, {}, "config.networks.units=64 has no effect here: it"),
    ],
)
def test_what_has_no_effect_in_any_cell_is_told(overrides, changes, message):
    config = grid_of(overrides, **changes)
    told = grid.without_effect(config, grid.cells(config))
    assert any(message in one for one in told), told


def test_nothing_is_told_of_the_studies_of_the_project():
    for module in STUDIES:
        config = module.get_config()
        for name in config.grids:
            config.study = name
            found = grid.cells(config)
            told = grid.without_effect(config, found)
            assert [one for one in told if "are no pictures" not in one] == []
            assert not any(without_effect(plain(cell.config)) for cell in found)


def test_a_grid_that_is_not_there_names_those_that_are():
    config = study.get_config()
    config.study = "smal"
    with pytest.raises(ValueError, match="config.study='smal'.*config.grids: full, sm"):
        grid.cells(config)
