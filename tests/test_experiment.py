"""The command that a user types, on small collections, in its own process."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import typed
from typed import ROOT

from vaejax import run_folder, songbook

SMALL = {
    "model.n_clusters": 3,
    "networks.hidden": "16",
    "model.latent_dim": 4,
    "model.start": "means",
    "cluster.k": 3,
    "train.epochs": 12,
    "train.seeds": 2,
    "train.checkpoint_every": 12,
    "data.n_workers": 1,
    "features.n_mels": 16,
    "features.n_mfcc": 8,
    "eval.permutations": 99,
    "eval.nuisance": False,
    "baselines.names": "raw",
    "cluster.names": "kmeans",
    "figures.projections": "",
    "figures.pdf": False,
}
WHOLE = {  # None: as the config has it
    "train__checkpoint_every": 2,
    "eval__nuisance": None,
    "baselines__names": None,
    "cluster__names": None,
    "figures__projections": "tsne",
    "figures__pdf": True,
}
SCORE_COLUMNS = "model,modalities,fusion,clusterer,k,seed,space,label,metric,value,told"


@pytest.fixture(scope="module")
def songs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("songs") / "songbook"
    songbook.render(folder, n_songs=40, duration_s=2.0, seed=0, n_workers=1)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


def flags(root, cache, workdir, config="vade", **changes) -> list[str]:
    """The arguments of one small run."""
    options = SMALL | {"data.root": root, "data.cache_dir": cache}
    options |= {key.replace("__", "."): value for key, value in changes.items()}
    given = {key: value for key, value in options.items() if value is not None}
    chosen = [f"--config.{key}={value}" for key, value in given.items()]
    return [f"--config=configs/{config}.py", *chosen, f"--workdir={workdir}"]


def command(*args, **changes) -> list[str]:
    """The command line of one small run."""
    return [sys.executable, "launch/train.py", *flags(*args, **changes)]


def launch(*args, drawn=True, **changes) -> subprocess.CompletedProcess:
    return typed.launch("train", *flags(*args, **changes), drawn=drawn)


def read_csv(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def lines_of(folder: Path) -> list[str]:
    return (folder / "history.jsonl").read_text().splitlines()


@pytest.fixture(scope="module")
def run(songs, cache, tmp_path_factory):
    """One whole run: what it printed, and its folder."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    done = launch(songs, cache, folder, **WHOLE)
    assert done.returncode == 0, done.stderr
    return done, folder


def test_a_run_ends_with_a_table_and_the_path_of_its_folder(run):
    done, folder = run
    lines = done.stdout.strip().splitlines()
    assert str(folder) in lines[-1]
    assert max(map(len, lines)) <= max(100, len(lines[-1]), len(lines[0]))
    assert "40 tracks of 40 songs" in done.stdout
    assert re.search(r"vade +own +-?\.\d{3} ±\.\d{3}", done.stdout)


def test_scores_have_the_columns_that_other_programs_read(run):
    _, folder = run
    assert (folder / "scores.csv").read_text().splitlines()[0] == SCORE_COLUMNS
    rows = read_csv(folder / "scores.csv")
    assert {row["model"] for row in rows} == {"vade", "autoencoder", "raw", "pca"}
    names = {row["clusterer"] for row in rows if row["model"] == "vade"}
    agreed = {"consensus_kmeans", "consensus_own"}
    assert names == {"", "kmeans", "ward", "dbscan", "gmm", "own"} | agreed
    assert {row["seed"] for row in rows} == {"0", "1", ""}
    of_all_seeds = {r["clusterer"] for r in rows if r["label"] and not r["seed"]}
    assert of_all_seeds == agreed
    assert {row["label"] for row in rows} == {"", "language", "genre"}
    codes = {row["metric"] for row in rows if not row["clusterer"]}
    assert codes >= {"active_units", "units", "kl", "recon", "negative_elbo"}
    assert "clusters_used" in codes
    external = {r["metric"] for r in rows if r["label"] and r["clusterer"]}
    assert external == {"ari", "nmi", "ami", "purity", "accuracy", "p_value"}
    within = {r["metric"] for r in rows if r["clusterer"] and not r["label"]}
    assert within == {
        *("silhouette", "calinski_harabasz", "davies_bouldin", "noise_share"),
        *("clusters_found", "stability", "bic"),
    }
    assert {r["clusterer"] for r in rows if r["metric"] == "bic"} == {"gmm"}
    assert all(np.isfinite(float(row["value"])) for row in rows)
    spaces = {
        (row["model"], row["space"]) for row in rows if row["metric"] == "silhouette"
    }
    assert spaces == {
        ("vade", "z"),
        ("autoencoder", "z"),
        ("raw", "raw"),
        ("pca", "pca"),
    }


def test_every_track_is_assigned_by_every_method(run):
    _, folder = run
    rows = read_csv(folder / "assignments.csv")
    header = "track_id,model,clusterer,k,seed,cluster,probability"
    assert list(rows[0]) == header.split(",")
    methods = {(r["model"], r["clusterer"], r["k"], r["seed"]) for r in rows}
    assert len(rows) == 40 * len(methods)
    own = [float(r["probability"]) for r in rows if r["clusterer"] == "own"]
    assert min(own) >= 1 / 3 and max(own) <= 1


def test_latents_and_assignments_belong_together(run):
    _, folder = run
    arrays = np.load(folder / "latents.npz")
    assert arrays["vade_z"].shape == (2, 40, 4)
    # what learns nothing is the same for every seed, and kept once
    assert arrays["raw_z"].shape[:2] == arrays["pca_z"].shape[:2] == (1, 40)
    found = {
        row["track_id"]: int(row["cluster"])
        for row in read_csv(folder / "assignments.csv")
        if (row["model"], row["clusterer"], row["seed"]) == ("vade", "own", "1")
    }
    expected = arrays["vade_probability"][1].argmax(axis=1)
    assert found == dict(zip(arrays["track_id"], expected, strict=True))


def test_the_history_has_a_line_an_epoch_and_a_number_a_seed(run):
    _, folder = run
    rows = [json.loads(line) for line in lines_of(folder)]
    assert [row["epoch"] for row in rows if row["model"] == "vade"] == [*range(1, 13)]
    for row in rows:
        assert len(row["loss"]) == len(row["recon_mel"]) == 2
        if row["model"] == "vade":
            assert np.shape(row["valid_kl_per_dim"]) == (2, 4)
            assert len(row["collapsed"]) == len(row["active_units"]) == 2
    assert {row["phase"] for row in rows} == {"pretraining", "training"}


def test_every_figure_is_drawn_for_a_screen_and_for_a_paper(run):
    _, folder = run
    stems = {
        *("training_vade", "training_autoencoder", "maps", "reconstructions"),
        *("sizes_language", "sizes_genre", "matrix_language", "matrix_genre"),
        *("scores_ari_k3", "leads_language", "leads_genre", "silhouettes", "seeds"),
    }
    assert {path.name for path in (folder / "figures").iterdir()} == {
        f"{stem}.{kind}" for stem in stems for kind in ("png", "pdf")
    }


def test_a_run_leaves_these_files_and_no_other(run):
    _, folder = run
    assert {path.name for path in folder.iterdir()} == {
        *(".lock", "config.json", "finished.json", "history.jsonl", "checkpoints"),
        *("tracks.csv", "rejected.csv", "collection.json", "words.json", "notes.json"),
        *("latents.npz", "maps.npz", "reconstructions.npz", "permutations.npz"),
        *("assignments.csv", "scores.csv", "scores.txt", "comparisons.csv"),
        *("tables", "figures", "clusters.json", "report.html", "map.html"),
    }
    stems = {
        *("overview_language_40", "overview_genre_40"),
        *("scores_language_40", "scores_genre_40"),
        *("leads_language_40", "leads_genre_40", "internal", "codes"),
        *("nuisance_language", "nuisance_genre"),
    }
    assert {path.name for path in (folder / "tables").iterdir()} == {
        f"{stem}.{kind}" for stem in stems for kind in ("csv", "md", "tex")
    }


def test_a_finished_run_is_shown_not_run_again(run, songs, cache):
    _, folder = run
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    done = launch(songs, cache, folder, **WHOLE)
    assert done.returncode == 0 and "Finished before" in done.stdout
    assert "against genre, k = 3" in done.stdout
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before


def test_another_run_in_the_same_folder_is_refused(run, songs, cache):
    done = launch(songs, cache, run[1], **WHOLE, train__epochs=5)
    assert done.returncode == 1
    assert "config.train.epochs is 12 there and 5 now" in done.stderr


def interrupted(number: int, songs, cache, folder: Path, meanwhile=None):
    """Starts a long training, and sends it a signal when there are five more epochs."""
    long = {"train__epochs": 5000, "train__patience": 5000, "model__pretrain": 0.0}
    process = subprocess.Popen(
        command(songs, cache, folder, train__checkpoint_every=5000, **long),
        cwd=ROOT,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    history = folder / "history.jsonl"
    before = len(lines_of(folder)) if history.exists() else 0
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and process.poll() is None:
        if history.exists() and len(lines_of(folder)) >= before + 5:
            break
        time.sleep(0.01)
    if meanwhile:
        meanwhile()
    process.send_signal(number)
    text, _ = process.communicate(timeout=100)
    return process.returncode, text


def test_a_signal_saves_the_epoch_and_says_so_and_keeps_others_out_before(
    songs, cache, tmp_path
):
    folder = tmp_path / "run"

    def refused():
        with pytest.raises(ValueError, match="is in use by process"):
            with run_folder.locked(folder):
                pass

    code, text = interrupted(signal.SIGTERM, songs, cache, folder, refused)
    assert code == 128 + signal.SIGTERM, text
    assert "SIGTERM: stopping after this epoch" in text
    assert "Stopped by SIGTERM. The same command goes on" in text
    first = lines_of(folder)
    saved = folder / "checkpoints" / "vade" / "periodic" / str(len(first))
    assert saved.is_dir() and not (folder / "finished.json").exists()
    code, text = interrupted(signal.SIGINT, songs, cache, folder)
    assert code == 128 + signal.SIGINT and "Stopped by SIGINT" in text
    assert lines_of(folder)[: len(first)] == first  # nothing was run again


def test_the_order_of_rows_changes_no_label(run, songs, cache, tmp_path):
    shuffled = tmp_path / "songs"
    shutil.copytree(songs, shuffled)
    lines = (shuffled / "metadata.csv").read_text().splitlines()
    order = np.random.default_rng(0).permutation(len(lines) - 1)
    text = "\n".join([lines[0], *(lines[1 + i] for i in order)])
    (shuffled / "metadata.csv").write_text(text + "\n")
    done = launch(shuffled, cache, tmp_path / "run", drawn=False, **WHOLE)
    assert done.returncode == 0, done.stderr
    for name in ("scores.csv", "assignments.csv"):
        assert (tmp_path / "run" / name).read_bytes() == (run[1] / name).read_bytes()


def test_a_folder_of_ones_own_with_a_broken_file_runs_on_whole_spectrograms(
    cache, tmp_path
):
    rng = np.random.default_rng(0)
    root = tmp_path / "mine"
    for genre in ("noise", "tone"):
        (root / genre).mkdir(parents=True)
        for i in range(8):
            t = np.arange(22050) / 22050
            samples = 0.1 * rng.normal(size=t.size)
            if genre == "tone":
                samples += 0.5 * np.sin(2 * np.pi * (200 + 20 * i) * t)
            if (genre, i) == ("tone", 7):
                samples[:] = 0
            soundfile.write(root / genre / f"{genre} {i}.wav", samples, 22050)
    (root / "noise" / "broken.wav").write_text("<html>404</html>")
    done = launch(
        *(root, cache, tmp_path / "run", "vae"),
        model__n_clusters=None,
        model__start=None,
        data__mel="image",
    )
    assert done.returncode == 0, done.stderr
    assert "16 tracks" in done.stdout
    rejected = read_csv(tmp_path / "run" / "rejected.csv")
    assert [row["file_name"] for row in rejected] == ["noise/broken.wav"]
    assert "HTML" in rejected[0]["reason"]
    tracks = read_csv(tmp_path / "run" / "tracks.csv")
    assert [row["genre"] for row in tracks] == ["noise"] * 8 + ["tone"] * 8
    silent = [row["file_name"] for row in tracks if row["audio_note"] == "silent"]
    assert silent == ["tone/tone 7.wav"]
    assert "Used, but odd: 1 tracks" in done.stdout
    assert (tmp_path / "run" / "figures" / "reconstructions.png").exists()


def test_a_folder_without_a_usable_file_says_so(cache, tmp_path):
    root = tmp_path / "mine"
    root.mkdir()
    for i in range(30):
        (root / f"{i}.wav").write_text(f"<html>{i}</html>")
    done = launch(root, cache, tmp_path / "run")
    assert done.returncode == 1
    assert "none of the 30 files can be used. The first: " in done.stderr
    assert len(read_csv(tmp_path / "run" / "rejected.csv")) == 30


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"model__latnt_dim": 3}, "config.model.latnt_dim is not an option. Did you"),
        ({"modle__name": "vae"}, "config.modle.name is not an option. Did you mean m"),
        ({"model__latent_dim": "many"}, "config.model.latent_dim=many"),
        ({"model__name": "vea"}, "config.model.name='vea' must be one of"),
        ({"cluster__k": 25}, "config.cluster.k=25 must be at most 20"),
        ({"eval__labels": "gnre"}, "Did you mean 'genre'"),
        ({"data__root": "/no/such/folder"}, "/no/such/folder"),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_written(
    changes, message, songs, cache, tmp_path
):
    done = launch(songs, cache, tmp_path / "run", **changes)
    assert done.returncode == 1
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_help_names_the_options():
    script = [sys.executable, "launch/train.py", "--help"]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=True)
    for text in ("configs/vade.py", "latent_dim", "batch_size", "--workdir"):
        assert text in done.stdout


def test_a_config_that_does_not_exist_names_those_that_do():
    script = [sys.executable, "launch/train.py", "--config=configs/vad.py"]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "configs/vade.py" in done.stderr


@pytest.fixture(scope="module")
def images(songs, cache, tmp_path_factory):
    """The folder of a run of a CVAE on images of songs."""
    folder = tmp_path_factory.mktemp("runs") / "images"
    done = launch(
        *(songs, cache, folder, "cvae"),
        model__n_clusters=None,
        model__start=None,
        networks__channels="4",
        data__frames=8,
        data__condition="language",
        train__epochs=2,
        eval__factors="genre,language",
        baselines__names="pca,autoencoder",
        drawn=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_a_cvae_on_images_is_told_a_label_and_its_scores_say_so(images):
    rows = read_csv(images / "scores.csv")
    told = {(r["model"], r["label"]) for r in rows if r["told"] and r["clusterer"]}
    assert told == {("cvae", "language"), ("cvae", "genre")}
    table = (images / "scores.txt").read_text()
    assert "cvae*" in table and "* was told a label" in table
    assert "latent codes; nats a row, held out" in table


def test_factors_that_are_named_are_scored_beside_their_ceiling(images):
    rows = read_csv(images / "scores.csv")
    found = {
        r["model"]: float(r["value"])
        for r in rows
        if r["metric"] == "dci_informativeness"
    }
    assert found["true factors"] == 1.0
    assert set(found) == {"true factors", "cvae", "autoencoder", "pca"}
