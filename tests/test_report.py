"""What the table says: means over seeds, marks, and warnings that help."""

import numpy as np
import pytest

from vaejax import cluster, report, scoring
from vaejax.evaluate import Clustering, Latents


def scores(rows) -> list[report.Score]:
    about = {"modalities": "mel", "fusion": "early"}
    return [report.Score(**about, **row) for row in rows]


def latents(z, terms, probability=None) -> Latents:
    return Latents("vae", "z", np.asarray(z, float), probability, (), terms)


def test_active_units_are_those_whose_mean_varies():
    z = np.zeros((2, 50, 3))
    z[0, :, 0], z[1, :, :2] = np.arange(50), np.arange(50)[:, None]
    z[:, :, 2] = 0.05 * np.sin(np.arange(50))  # a variance of .00125
    terms = {"kl": np.array([3.0, 4.0]), "recon": np.ones(2), "loss": np.full(2, 9.0)}
    rows = list(scoring.latent_scores(latents(z, terms)))
    found = {(r["seed"], r["metric"]): r["value"] for r in rows}
    assert (found[0, "active_units"], found[1, "active_units"]) == (1, 2)
    assert found[0, "units"] == 3 and found[1, "kl"] == 4.0
    assert found[1, "negative_elbo"] == 5.0, "and not the loss, with its free bits"
    text = report.table(scores(rows))
    assert "1.500 ±.500 of 3" in text and "Warning" not in text


def test_an_autoencoder_has_no_code_in_nats():
    assert not list(scoring.latent_scores(latents(np.ones((1, 4, 2)), {"recon": 1})))


def test_a_collapsed_seed_is_named_with_what_to_do():
    z = np.zeros((3, 20, 2))
    terms = {"kl": np.array([0.01, 5.0, 0.0])}
    text = report.table(scores(scoring.latent_scores(latents(z, terms))))
    assert "vae has collapsed, seeds 0, 2" in text
    assert "config.model.free_bits" in text


def test_clusters_that_nobody_is_in_are_counted():
    p = np.zeros((2, 6, 3))
    p[0, np.arange(6), np.arange(6) % 3] = 1.0
    p[1, :, 1] = 1.0
    one = latents(np.zeros((2, 6, 2)), {"kl": np.full(2, 5.0)}, p)
    text = report.table(scores(scoring.latent_scores(one)))
    assert "vae uses fewer than its 3 clusters in seeds 1 (1)" in text


def test_learnt_weights_of_the_views_are_told():
    terms = {"kl": np.full(2, 5.0), "weight_audio": np.array([0.2, 0.4])}
    text = report.table(scores(scoring.latent_scores(latents(np.eye(4)[None], terms))))
    assert "Note: vae weighs audio by .200" in text
    both = latents(np.stack([np.eye(4)] * 2), terms)
    text = report.table(scores(scoring.latent_scores(both)))
    assert "Note: vae weighs audio by .300 ±.100." in text


@pytest.mark.parametrize("told, mark", [("told", "vae*"), ("", "vae ")])
def test_a_label_that_was_told_is_marked(told, mark):
    about = dict(model="vae", clusterer="kmeans", k=5, seed=0, space="")
    row = about | dict(label="genre", metric="ari", value=0.5, told=told)
    text = report.table(scores([row]))
    assert mark in text and ("* was told a label" in text) == bool(told)
    assert report.summary(scores([row]), metric="ari", k=5)[0]["model"] == mark.strip()


def test_clusterers_that_saw_a_sample_are_named(monkeypatch):
    monkeypatch.setattr(cluster, "MOST_PAIRED", 15)
    monkeypatch.setattr(cluster, "MOST_FITTED", 20)
    z = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    code = np.arange(30) % 3
    found = [
        Clustering("vae", "z", name, 3, seed, code, z=z)
        for name in ("kmeans", "ward", "spectral", "dbscan", "gmm")
        for seed in (0, 1)
    ]
    rows = scoring.scores(found, []).rows
    seen = {(r["clusterer"], r["seed"]): r["value"] for r in rows if is_sample(r)}
    assert seen["ward", 1] == 15 and seen["gmm", 0] == 20 and len(seen) == 8
    text = report.table(scores(rows))
    assert "Note: dbscan, spectral and ward saw 15 of 30 rows; the others " in text
    assert "Note: gmm saw 20 of 30 rows; the others follow these." in text
    monkeypatch.undo()
    rows = scoring.scores(found, []).rows
    assert not any(map(is_sample, rows)) and "Note" not in report.table(scores(rows))


def is_sample(row: dict) -> bool:
    return row["metric"] == "rows_seen"


def test_factors_are_columns_with_two_values_and_measurements_are_binned():
    from small import blobs

    dataset, _ = blobs()
    n = len(dataset.ids)
    rng = np.random.default_rng(0)
    labels = {
        "kind": np.where(np.arange(n) < 3, "", rng.integers(3, size=n).astype(str)),
        "tempo": rng.uniform(60, 180, n).astype(str),
        "same": np.full(n, "x"),
    }
    dataset = dataset._replace(labels=labels)
    found = scoring.factors_of(dataset, ("kind", "tempo", "same", "absent"))
    assert found.names == ("kind", "tempo")
    assert found.known.sum() == n - 3 and found.classes.shape == (n - 3, 2)
    sizes = np.bincount(found.classes[:, 1])
    assert len(sizes) == scoring.BINS and sizes.max() - sizes.min() <= 2
    assert scoring.factors_of(dataset, ("kind",)) is None
