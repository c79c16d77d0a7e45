"""Scores against numbers worked out by hand and against scikit-learn."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from vaejax import metrics

CLUSTERS = np.array([0, 0, 0, 1, 1, 1])
TRUTH = np.array(["a", "a", "b", "b", "b", "c"])


def p_value(clusters, truth, shuffles):
    null = metrics.null_ari(clusters, shuffles)
    return metrics.p_value(metrics.ari(clusters, truth), null)


def test_purity_by_hand():
    assert metrics.purity(CLUSTERS, TRUTH) == pytest.approx((2 + 2) / 6)


def test_accuracy_by_hand():
    # cluster 0 is a (2 right), cluster 1 is b (2 right); c has no cluster
    assert metrics.accuracy(CLUSTERS, TRUTH) == pytest.approx(4 / 6)


def test_accuracy_finds_the_best_of_all_matchings():
    rng = np.random.default_rng(0)
    clusters, truth = rng.integers(4, size=(2, 60))
    best = max(
        np.mean([p[c] == t for c, t in zip(clusters, truth, strict=True)])
        for p in itertools.permutations(range(4))
    )
    assert metrics.accuracy(clusters, truth) == pytest.approx(best)


@pytest.mark.parametrize("score", metrics.EXTERNAL.values())
def test_external_scores_are_one_for_equal_clusterings_whatever_the_names(score):
    assert score(np.array([5, 5, -1, 2]), np.array(["x", "x", "y", "z"])) == 1.0


@pytest.mark.parametrize("name", ["ari", "ami"])
def test_corrected_scores_of_random_clusters_are_near_zero(name):
    rng = np.random.default_rng(0)
    truth = rng.integers(5, size=500)
    found = [
        metrics.EXTERNAL[name](rng.integers(20, size=500), truth) for _ in range(50)
    ]
    assert abs(np.mean(found)) < 0.005


def test_the_counted_ari_is_scikit_learns():
    rng = np.random.default_rng(0)
    clusters, truth = rng.integers(-1, 6, size=80), rng.integers(4, size=80)
    shuffles = metrics.permuted(truth, np.arange(80), n=7, seed=0)
    found = metrics._aris(clusters + 1, shuffles)
    expected = [adjusted_rand_score(s, clusters) for s in shuffles]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_shuffles_keep_the_clips_of_a_song_together():
    songs = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    truth = np.array(list("aabbccaa"))
    shuffles = metrics.permuted(truth, songs, n=50, seed=0)
    assert np.all(shuffles[:, ::2] == shuffles[:, 1::2])
    assert {tuple(np.bincount(s)) for s in shuffles} == {(4, 2, 2)}
    assert len({tuple(s) for s in shuffles}) > 5


def test_p_values_are_uniform_on_random_labels_even_where_clips_repeat_songs():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        songs = np.repeat(np.arange(30), 4)
        clusters = np.repeat(rng.integers(3, size=30), 4)  # by song, at random
        truth = np.repeat(rng.integers(3, size=30), 4)
        shuffles = metrics.permuted(truth, songs, n=99, seed=0)
        found.append(p_value(clusters, truth, shuffles))
    assert 0.01 < np.mean(np.array(found) <= 0.05) < 0.10


def test_the_p_value_of_a_perfect_clustering_is_the_smallest_there_is():
    truth = np.repeat(np.arange(4), 25)
    shuffles = metrics.permuted(truth, np.arange(100), n=199, seed=0)
    assert p_value(truth, truth, shuffles) == pytest.approx(1 / 200)


def test_internal_scores_leave_noise_out_and_say_how_much():
    z = np.array([[0.0], [0.1], [5.0], [5.1], [99.0]])
    clusters = np.array([0, 0, 1, 1, -1])
    (found,) = metrics.internal(z, [clusters])
    assert found["noise_share"] == pytest.approx(0.2)
    # a = .1 for all; b = 4.95, 5.05 and so on: 1 - .1 / b
    assert found["silhouette"] == pytest.approx(
        np.mean([1 - 0.1 / b for b in (5.05, 4.95, 4.95, 5.05)]), abs=1e-4
    )


def test_a_song_has_the_commonest_value_of_its_clips():
    songs = np.array([1, 0, 1, 1, 0])
    found = metrics.majority(np.array(["b", "y", "a", "b", "x"]), songs)
    assert found.tolist() == ["x", "b"]


@pytest.mark.parametrize("clusters", [[0, 0, 0], [-1, -1, -1], [0, 1, 2]])
def test_internal_scores_that_are_undefined_are_left_out(clusters):
    (found,) = metrics.internal(np.eye(3), [np.array(clusters)])
    assert set(found) == {"noise_share", "clusters_found"}
    assert found["clusters_found"] == len({c for c in clusters if c >= 0})
