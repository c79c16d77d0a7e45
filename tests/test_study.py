"""Several runs as one study: of images, which have neither audio nor lyrics."""

import contextlib
import csv
import io
import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import COMPILED
from sklearn.datasets import load_digits

from configs import study as config_study
from vaejax import experiment, study, workers
from vaejax.study import Job, Outcome

CELLS = ["autoencoder audio", "vae audio", "too many"]
FOLDERS = ["autoencoder_audio", "vae_audio", "too_many"]


def config_of(place: Path):
    """Two models and a cell that cannot be, on a hundred and twenty digits."""
    config = config_study.get_config()
    config.data.update(root=str(place / "digits.npz"), modalities=("pixels",))
    config.data.cache_dir = str(place / "cache")
    config.networks.update(likelihood="bernoulli", hidden=(8,), corruption=0.1)
    config.train.update(epochs=2, seeds=2)
    config.mesh.seed = 1  # see small.ONE
    config.model.latent_dim = 3
    config.cluster.k = (3, "classes")
    config.eval.update(labels=("class",), permutations=99)
    config.figures.update(projections=(), pdf=False)
    config.study = "mine"
    config.grids = {
        "mine": dict(
            models=("autoencoder", "vae"),
            inputs=("audio",),  # what is no lyrics: here, images
            clusterers=("kmeans", "gmm"),
            cells=(("too many", "cluster.k=1000"),),
        )
    }
    return config


def told(config, folder: Path, **how) -> tuple[str, str]:
    """What a study with a cell that fails prints, and its error."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        with pytest.raises(ValueError) as caught:
            study.run(
                config,
                workdir=folder,
                results=folder,
                started=time.perf_counter(),
                **how,
            )
    return out.getvalue(), str(caught.value)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    x, y = load_digits(return_X_y=True)
    images = (x[:120].reshape(-1, 8, 8) / 16).astype(np.float32)
    np.savez(folder / "digits.npz", x=images, y=y[:120] % 5)
    return folder


@pytest.fixture(scope="module")
def done(place):
    """What a study printed, its error, and its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "cache_compilations", lambda settings: None)
        return *told(config_of(place), place / "study"), place / "study"


def rows_of(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_study_is_one_table_of_all_its_cells(done):
    out, _, folder = done
    rows = rows_of(folder / "scores.csv")
    assert {r["model"] for r in rows} == {"autoencoder", "raw", "pca", "vae"}
    assert {r["k"] for r in rows if r["clusterer"] == "gmm"} == {"3", "5"}
    parts = [rows_of(folder / name / "scores.csv") for name in FOLDERS[:2]]
    assert rows == [row for part in parts for row in part]
    overview = rows_of(folder / "tables" / "overview_class_120.csv")
    assert [r["model"] for r in overview] == ["autoencoder", "raw", "pca", "vae"]
    leads = rows_of(folder / "tables" / "leads_class_120.csv")
    assert {r["model"] for r in leads} == {"vae"} and len(leads) == 6
    text = (folder / "scores.txt").read_text()
    assert "class: ARI by number of clusters" in text and text in out
    assert max(map(len, text.splitlines())) <= 100


def test_a_study_of_images_has_every_page_without_audio(done):
    _, _, folder = done
    for place in (folder, *(folder / name for name in FOLDERS[:2])):
        report = (place / "report.html").read_text()
        assert "data:image/png" in report and "Against the labels" in report
        assert "120 tracks" in (place / "map.html").read_text()
    assert "3 cells" in (folder / "report.html").read_text()


def test_a_cell_that_fails_is_recorded_with_its_error_and_the_rest_goes_on(done):
    _, error, folder = done
    kept = json.loads((folder / "study.json").read_text())
    assert kept["study"] == "mine" and kept["command"].startswith("python ")
    outcomes = kept["cells"]
    assert [(one["name"], one["folder"]) for one in outcomes] == [
        *zip(CELLS, FOLDERS, strict=True)
    ]
    assert [one["status"] for one in outcomes] == ["done", "done", "failed"]
    why = "config.cluster.k=1000 must be at most 60"
    assert why in outcomes[2]["error"] and outcomes[0]["error"] == ""
    assert error.startswith("1 of 3 cells failed. The first, too many: ValueError: ")
    assert why in error and str(folder / "logs") in error
    log = (folder / "logs" / "too_many.txt").read_text()
    assert "Traceback" in log and why in log
    assert "Finished in" in (folder / "logs" / "vae_audio.txt").read_text()
    assert not (folder / "too_many").exists()
    assert "1 of 3 cells failed." in (folder / "report.html").read_text()


def test_a_study_says_how_far_it_is_and_how_long_it_will_take(done):
    out, _, _ = done
    lines = [line for line in out.splitlines() if line.startswith("[")]
    end = r"; about \d+ (s|min) to go"
    assert re.fullmatch(
        rf"\[1 of 3\] autoencoder audio: done in \d+ (s|min){end}", lines[0]
    )
    assert re.fullmatch(rf"\[2 of 3\] vae audio: done in \d+ (s|min){end}", lines[1])
    assert lines[2].startswith("[3 of 3] too many: ValueError")
    assert "to go" not in lines[2] and len(lines) == 3
    assert "report.html" in out.splitlines()[-1]


def stamps(folder: Path) -> dict:
    return {
        path: path.stat().st_mtime_ns
        for name in FOLDERS[:2]
        for path in (folder / name).rglob("*")
    }


def test_the_same_command_trains_nothing_again_and_tells_the_same(done, place):
    _, error, folder = done
    before, scores = stamps(folder), (folder / "scores.csv").read_bytes()
    report = (folder / "comparisons.csv").read_bytes()
    assert told(config_of(place), folder)[1] == error
    assert stamps(folder) == before
    assert (folder / "scores.csv").read_bytes() == scores
    assert (folder / "comparisons.csv").read_bytes() == report


def test_cells_at_once_have_the_scores_of_cells_one_by_one(done, place, monkeypatch):
    monkeypatch.setenv("JAX_NUM_CPU_DEVICES", "8")  # as here, or sums are rounded
    (place / "cache").mkdir(exist_ok=True)
    (place / "cache" / "compiled").symlink_to(COMPILED, target_is_directory=True)
    config = config_of(place)
    config.grids.mine.models = ("vae",)
    out, error = told(config, place / "at once", n_workers=2)
    assert error.startswith("1 of 2 cells failed. The first, too many:")
    assert re.findall(r"^\[\d of 2\]", out, re.MULTILINE) == ["[1 of 2]", "[2 of 2]"]
    kept = json.loads((place / "at once" / "study.json").read_text())
    names = [one["name"] for one in kept["cells"]]
    assert names == CELLS[1:], "in the order of the grid, whichever is done first"
    found, expected = (
        rows_of(folder / "vae_audio" / "scores.csv")
        for folder in (place / "at once", done[2])
    )
    for row, other in zip(found, expected, strict=True):
        value = float(other.pop("value"))
        assert float(row.pop("value")) == pytest.approx(value, rel=1e-3, abs=1e-4)
        assert row == other


def test_a_process_that_is_ended_from_outside_is_a_failure_of_its_cell(monkeypatch):
    jobs = [
        Job(name, {}, Path("study") / name, Path("logs") / f"{name}.txt", 2, ())
        for name in ("killed", "good")
    ]
    good = Outcome("good", "good", "done", "", 1.0)
    ends = {"killed": workers.WorkerError("ends the process"), "good": good}
    monkeypatch.setattr(
        workers,
        "results",
        lambda work, jobs, n_workers: [(j, ends[j.name]) for j in jobs],
    )
    (_, killed), (_, other) = study._outcomes(jobs, 2)
    assert (killed.name, killed.folder, killed.status) == ("killed", "killed", "failed")
    assert "ended from outside" in killed.error and "logs/killed.txt" in killed.error
    assert other == good


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"models": ("vad",)}, "the model 'vad'"),
        ({"clusterers": ("kmean",)}, "grids.mine.clusterers=.*Did you mean 'kmeans'"),
        (
            {"cells": (("b", "fusion.name=po"),)},
            "cell with 'fusion.name=po': config.fusion.name='po' must",
        ),
    ],
)
def test_cells_that_cannot_be_are_refused_before_anything_is_written(
    changes, message, place, tmp_path
):
    config = config_of(place)
    config.grids.mine.update({"models": ("vae",)} | changes)
    with pytest.raises(ValueError, match=message):
        study.run(config, workdir=tmp_path / "s", results=tmp_path, started=0.0)
    assert not (tmp_path / "s").exists()


def test_a_study_has_the_name_of_its_grid_and_of_all_that_it_is_about(place):
    one, same = (study.identity(config_of(place)) for _ in range(2))
    assert one == same and one.startswith("mine-")
    changed = [config_of(place) for _ in range(3)]
    changed[0].train.epochs = 3
    changed[1].grids.mine.clusterers = ("gmm",)
    changed[2].data.n_workers = 7  # has no effect on what comes out
    names = [study.identity(config) for config in changed]
    assert len({one, *names}) == 3 and names[2] == one


def test_a_single_run_is_no_place_for_a_study(place):
    with pytest.raises(ValueError, match="run it with launch/study.py"):
        experiment.settings_from(config_of(place))
