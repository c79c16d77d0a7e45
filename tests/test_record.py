"""A record is what was written, and nothing is lost on the way."""

import json
from pathlib import Path

import numpy as np
import pytest
from records import clustered

from vaejax import disk, record, report, run_folder
from vaejax.evaluate import Latents

IDS = np.array(["a", "b, c", "d", "é"])
SETTINGS = {
    "data": {"modalities": ("mel",), "condition": ("genre",)},
    "fusion": {"name": "mopoe"},
    "model": {"name": "cvae", "title": "told one"},
    "train": {"seeds": 2},
    "eval": {"labels": ("genre", "absent")},
}
TOLD = ("genre",)


def score(model, clusterer, k, seed, metric, value, told="") -> dict:
    about = {"model": model, "clusterer": clusterer, "k": k, "seed": seed}
    what = {"space": "", "label": "genre", "metric": metric}
    return about | what | {"value": value, "told": told}


@pytest.fixture
def written(tmp_path) -> tuple[Path, list, list, dict]:
    """A folder with what a run writes, and what was written."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2, 4, 3)).astype(np.float32)
    raw = np.broadcast_to(rng.normal(size=(4, 2)).astype(np.float32), (2, 4, 2))
    p = rng.dirichlet(np.ones(2), size=(2, 4))
    latents = [
        Latents("told one", "z", z, p, TOLD),
        Latents("raw", "raw", raw),
    ]
    made = [
        clustered([0, 1, 1, 0], "told one", seed=0, z=z[0], told=TOLD),
        clustered([1, 1, 0, 0], "told one", seed=1, z=z[1], told=TOLD),
        clustered([0, -1, 1, -1], "told one", "dbscan", None, 1, z=z[1], told=TOLD),
        clustered(
            *(p[1].argmax(axis=1), "told one", "own", 2, 1),
            **dict(z=z[1], told=TOLD, probability=p[1].max(axis=1).round(6)),
        ),
        clustered([1, 0, 0, 1], "told one", "consensus_kmeans", 2, None, told=TOLD),
        clustered([0, 0, 0, 1], "raw", "kmeans", 2, 0, z=raw[0])._replace(space="raw"),
    ]
    scores = report.scores_of(
        [
            score("told one", "kmeans", 2, 0, "ari", 0.1, "told"),
            score("told one", "kmeans", 2, None, "stability", 1 / 3),
            score("raw", "dbscan", None, 0, "ari", -0.5),
        ],
        SETTINGS,
    )
    nulls = {"genre": rng.normal(size=(6, 9)).astype(np.float32)}
    report.write(tmp_path, made, scores, nulls, IDS)
    disk.write_npz(tmp_path / "latents.npz", report.arrays(latents, IDS))
    header = ("track_id", "song_id", "title", "artist", "genre")
    rows = [(i, f"s{i}", f"T {i}", "", g) for i, g in zip(IDS, "xyx", strict=False)]
    rows.append((IDS[3], "s", "", "", ""))
    disk.write_csv(tmp_path / "tracks.csv", header, rows[::-1])
    (tmp_path / "config.json").write_text(json.dumps({"commit": "abc"}))
    (tmp_path / "notes.json").write_text("[]")
    run_folder.History(tmp_path / "history.jsonl").add({"model": "raw", "epoch": 1})
    return tmp_path, made, scores, nulls


def test_clusterings_are_read_as_they_were_written(written):
    folder, made, scores, nulls = written
    found = record.read(folder, SETTINGS)
    for one, other in zip(found.clusterings, made, strict=True):
        for name, value in one._asdict().items():
            expected = getattr(other, name)
            if isinstance(expected, np.ndarray):
                np.testing.assert_array_equal(value, expected, err_msg=name)
            else:
                assert value == expected, (name, one.clusterer)
    assert list(found.scores) == scores
    np.testing.assert_array_equal(found.nulls["genre"], nulls["genre"])


def test_tracks_are_in_the_order_of_the_latents_whatever_that_of_the_table(written):
    found = record.read(written[0], SETTINGS)
    assert found.tracks["track_id"].tolist() == IDS.tolist()
    assert found.tracks["genre"].tolist() == ["x", "y", "x", ""]
    assert list(record.labels(found)) == ["genre"], "those that there are"
    assert found.about["commit"] == "abc" and found.history[0]["epoch"] == 1
    assert found.folder == found.trained == written[0]
    assert record.model_of(found) == "told one"


def test_what_is_the_same_for_every_seed_is_kept_once_and_read_for_each(written):
    with np.load(written[0] / "latents.npz") as file:
        assert file["raw_z"].shape == (1, 4, 2)
    first, raw = record.read(written[0], SETTINGS).latents
    assert (first.model, first.space, first.told) == ("told one", "z", TOLD)
    assert raw.space == "raw" and raw.told == () and raw.z.shape == (2, 4, 2)
    assert first.probability.shape == (2, 4, 2) and raw.probability is None


def test_the_best_seed_is_that_of_the_model_that_was_asked_for(written):
    folder = written[0]
    history = run_folder.History(folder / "history.jsonl")
    for name, losses in (("told one", [2.0, 1.0]), ("raw", [0.0, 9.0])):
        history.add({"model": name, "phase": "training", "valid_loss": losses})
    assert record.seed_of(record.read(folder, SETTINGS)) == 1
