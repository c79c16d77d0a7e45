"""Several experiments side by side."""

import csv
import time

import pytest
from test_check import MODULES

from configs import vae
from vaejax import check, study
from vaejax.experiment import plain

STUDIES = [m for m in MODULES if "study" in m.get_config()]


def digits(*cells):
    config = vae.get_config()
    config.data.root, config.data.modalities = "digits", ("pixels",)
    config.networks.likelihood = "bernoulli"
    config.train.update(epochs=1, seeds=2)
    config.networks.hidden = (16,)
    config.baselines.names = ("raw",)
    config.cluster.update(names=("kmeans",), k=(10,))
    config.eval.labels = ("class",)
    config.eval.permutations = 99
    config.figures.projections = ()
    config.study = cells
    return config


@pytest.mark.parametrize("module", STUDIES, ids=lambda m: m.__name__)
def test_every_cell_of_every_study_is_a_good_config(module):
    config = module.get_config()
    for _, changes in config.study:
        check.settings(plain(study.varied(config, changes)))


def test_a_cell_changes_settings_and_keeps_their_types():
    config = digits()
    text = (
        "cluster.k=5,10 data.modalities=mel train.learning_rate=1 networks.norm=layer"
    )
    found = study.varied(config, text)
    assert found.cluster.k == (5, 10) and found.data.modalities == ("mel",)
    assert found.train.learning_rate == 1.0
    assert isinstance(found.train.learning_rate, float)
    assert found.networks.norm == "layer" and "study" not in found
    assert study.varied(config, "baselines.names=").baselines.names == ()


def test_cells_that_cannot_be_are_refused_before_any_is_run(tmp_path):
    for text, message in (
        ("fusion.nam=poe", "config.fusion.nam is not an option"),
        ("fusion.name=po", "config.study, 'b': config.fusion.name='po' is not known"),
    ):
        with pytest.raises(ValueError, match=message):
            cells = digits(("a", ""), ("b", text))
            study.run(cells, workdir=tmp_path / "s", started=0.0)
    assert not (tmp_path / "s").exists()


def test_a_study_is_one_table_resumes_and_outlives_a_cell_that_fails(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)  # for the cache
    config = digits(
        ("small", "model.latent_dim=2"),
        ("too many", "cluster.k=1000"),
        ("large", "model.latent_dim=4 baselines.names="),
    )
    with pytest.raises(ValueError, match=r"1 of 3 cells failed: too many \(config.clu"):
        study.run(config, workdir=tmp_path / "s", started=time.perf_counter())
    assert "against class, k = 10" in capsys.readouterr().out
    with (tmp_path / "s" / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    named = [row["model"] for row in rows if row["label"]]
    assert set(named) == {"small", "small, raw", "large"}
    with pytest.raises(ValueError, match="1 of 3"):
        study.run(config, workdir=tmp_path / "s", started=time.perf_counter())
    out = capsys.readouterr().out
    assert out.count("Finished before") == 2
