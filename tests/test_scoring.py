"""Scores of clusterings by hand: stability, songs of several clips, `classes`."""

import numpy as np
import pytest
from records import clustered
from sklearn.metrics import adjusted_rand_score

from vaejax import metrics, scoring
from vaejax.evaluate import Clustering, Latents

TRUTH = np.array(list("aaabbb"))
SONGS = np.array(list("stuvwx"))
Z = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])


def truth_of(values=TRUTH, songs=SONGS, column="genre", permutations=19):
    about = {"labels": (column,), "permutations": permutations}
    (found,) = scoring.truths({column: np.array(values)}, songs, **about)
    return found


def rows_of(clusterings, truth=None):
    """{(clusterer, seed, label, metric): value}."""
    truth = [] if truth is None else [truth]
    found = scoring.scores(clusterings, truth)
    return {
        (r["clusterer"], r["seed"], r["label"], r["metric"]): r["value"]
        for r in found.rows
    }


def test_stability_is_the_mean_ari_of_every_two_seeds():
    seeds = [[0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 2, 2]]
    found = rows_of([clustered(c, seed=s, z=Z) for s, c in enumerate(seeds)])
    one = adjusted_rand_score(seeds[0], seeds[2])
    value = found["kmeans", None, "", "stability"]
    assert value == pytest.approx((1 + one + one) / 3)
    assert [key for key in found if key[3] == "stability"] == [
        ("kmeans", None, "", "stability")
    ]
    alone = rows_of([clustered(seeds[0], z=Z)])
    assert not [key for key in alone if key[3] == "stability"]


def test_clusterers_and_numbers_of_clusters_are_steady_by_themselves():
    half, rest = [0, 0, 0, 1, 1, 1], [0, 1, 0, 1, 0, 1]
    found = scoring.scores(
        [
            clustered(half, z=Z),
            clustered(rest, z=Z, k=3),
            clustered(half, z=Z, seed=1),
            clustered(half, z=Z, k=3, seed=1),
            clustered(rest, z=Z, clusterer="ward"),
        ],
        [],
    )
    steady = {
        (r["clusterer"], r["k"]): r["value"]
        for r in found.rows
        if r["metric"] == "stability"
    }
    assert steady == {
        ("kmeans", 2): 1.0,
        ("kmeans", 3): pytest.approx(adjusted_rand_score(half, rest)),
    }


def test_a_consensus_has_no_space_and_no_internal_scores():
    half = [0, 0, 0, 1, 1, 1]
    agreed = clustered(half, clusterer="consensus_kmeans", seed=None)
    found = scoring.scores([clustered(half, z=Z), agreed], [truth_of()])
    rows = [r for r in found.rows if r["clusterer"] == "consensus_kmeans"]
    assert {r["metric"] for r in rows} == {*metrics.EXTERNAL, "p_value"}
    assert {(r["space"], r["seed"], r["label"]) for r in rows} == {("", None, "genre")}
    assert found.nulls["genre"].shape == (2, 19), "in the order of the clusterings"
    np.testing.assert_array_equal(*found.nulls["genre"])


def test_a_mixture_has_its_criterion_and_no_other_clusterer_has():
    one, other = clustered(TRUTH == "a", z=Z), clustered(TRUTH == "a", z=Z, seed=1)
    one = one._replace(cluster=one.cluster.astype(int), clusterer="gmm", bic=12.5)
    other = other._replace(cluster=other.cluster.astype(int))
    found = rows_of([one, other])
    assert found["gmm", 0, "", "bic"] == 12.5
    assert ("kmeans", 1, "", "bic") not in found
    assert found["gmm", 0, "", "silhouette"] == found["kmeans", 1, "", "silhouette"]


def test_songs_of_several_clips_are_scored_by_what_most_of_their_clips_say():
    songs = np.array(list("sssttuvv"))
    truth = np.array(list("aaabbbaa"))
    clusters = [0, 0, 1, 1, 1, 0, 1, 0]
    found = rows_of([clustered(clusters)], truth_of(truth, songs))
    # s: two of three clips in 0; t: 1; u: 0; v: one each, and 0 is the first
    by_song, classes = [0, 1, 0, 0], list("abba")
    for metric, score in metrics.EXTERNAL.items():
        value = found["kmeans", 0, "genre", f"song_{metric}"]
        assert value == pytest.approx(score(np.array(by_song), np.array(classes)))
        clip = found["kmeans", 0, "genre", metric]
        assert clip == pytest.approx(score(np.array(clusters), truth))
    single = rows_of([clustered([0, 0, 0, 1, 1, 1])], truth_of())
    assert not [key for key in single if key[3].startswith("song_")]


def test_rows_whose_label_is_unknown_do_not_count():
    values = np.array(["a", "", "a", "b", "b", ""])
    found = rows_of([clustered([0, 1, 0, 1, 1, 0])], truth_of(values))
    assert found["kmeans", 0, "genre", "ari"] == 1.0


def test_labels_that_say_nothing_are_skipped():
    columns = {"same": np.full(6, "x"), "none": np.full(6, ""), "genre": TRUTH}
    about = {"labels": ("same", "none", "absent", "genre"), "permutations": 9}
    found = scoring.truths(columns, SONGS, **about)
    assert [one.column for one in found] == ["genre"]


def test_classes_stands_for_the_number_of_classes_of_every_label():
    of = [
        truth_of(),
        truth_of(list("abcabc"), column="language"),
        truth_of(list("abcdef"), column="artist"),
        truth_of([*"abca", "", ""], column="partly"),
    ]
    numbers = scoring.numbers_of_clusters
    assert numbers((5, "classes"), of, most=9) == (2, 3, 5, 6)
    # as many as there are artists would be a cluster a song
    assert numbers((5, "classes", 2), of, most=3) == (2, 3, 5)
    assert numbers((4, 3), of, most=3) == (3, 4)


def test_classes_of_labels_that_there_are_not_are_no_number_of_clusters():
    with pytest.raises(ValueError, match="k=classes is no number: no label"):
        scoring.numbers_of_clusters(("classes",), [], most=3)


def test_everything_is_scored_model_by_model_in_the_order_of_the_clusterings():
    rng = np.random.default_rng(0)
    truth = np.repeat(list("abc"), 10)
    z = (np.repeat(np.eye(3), 10, axis=0) * 9 + rng.normal(size=(30, 3)))[None]
    two = [Latents("vae", "z", np.repeat(z, 2, axis=0)), Latents("pca", "pca", z)]
    found, rows, nulls = scoring.clusters_and_scores(
        two,
        {"genre": truth},
        np.arange(30).astype(str),
        {"names": ("kmeans",), "k": ("classes",)},
        {"labels": ("genre",), "permutations": 19},
    )
    assert [(one.model, one.clusterer, one.seed) for one in found] == [
        *(("vae", "kmeans", 0), ("vae", "kmeans", 1)),
        *(("vae", "consensus_kmeans", None), ("pca", "kmeans", 0)),
    ]
    assert all(isinstance(one, Clustering) and one.k == 3 for one in found)
    assert nulls["genre"].shape == (4, 19)
    ari = [r["value"] for r in rows if r["metric"] == "ari"]
    assert ari == [1.0] * 4
