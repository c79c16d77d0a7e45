"""Corrections and errors against numbers by hand and against simulations."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from vaejax import significance


def test_holm_by_hand():
    found = significance.holm(np.array([0.01, 0.04, 0.03, 0.5]))
    np.testing.assert_allclose(found, [0.04, 0.09, 0.09, 0.5])


def test_one_method_keeps_its_p_value():
    rng = np.random.default_rng(0)
    null = rng.normal(size=(1, 99))
    observed = np.array([np.sort(null[0])[-5] + 1e-6])
    assert significance.max_t(observed, null)[0] == pytest.approx(5 / 100)


def test_copies_of_a_method_cost_nothing_and_independent_ones_cost_what_sidak_says():
    rng = np.random.default_rng(0)
    null = rng.normal(size=(20, 4999))
    one = 2.5
    copies = significance.max_t(np.full(20, one), np.repeat(null[:1], 20, axis=0))
    alone = significance.max_t(np.array([one]), null[:1])
    np.testing.assert_allclose(copies, alone[0])
    many = significance.max_t(np.full(20, one), null)
    p = 0.00621  # of 2.5 standard deviations
    np.testing.assert_allclose(many, 1 - (1 - p) ** 20, atol=0.015)


def test_methods_with_other_spreads_stand_on_one_scale():
    rng = np.random.default_rng(0)
    null = rng.normal(size=(2, 999)) * np.array([[1.0], [100.0]])
    found = significance.max_t(np.array([4.0, 4.0]), null)
    assert found[0] < 0.01 and found[1] > 0.5


def test_a_method_that_never_varies_has_no_significance():
    found = significance.max_t(np.array([0.0]), np.zeros((1, 99)))
    assert found[0] == 1.0


def test_the_error_rate_over_all_methods_is_what_it_should_be():
    rng = np.random.default_rng(0)
    false = 0
    for _ in range(300):
        shared = rng.normal(size=(1, 200))
        x = rng.normal(size=(8, 200)) + shared  # the last column is the observation
        p = significance.max_t(x[:, -1], x[:, :-1])
        false += p.min() <= 0.05
    assert 0.02 < false / 300 < 0.09


def test_scores_without_a_group_are_those_of_the_other_rows():
    rng = np.random.default_rng(0)
    clusters, truth = rng.integers(3, size=40), rng.integers(4, size=40)
    songs = np.repeat(np.arange(10), 4)
    found = significance.ari_without(clusters, truth, songs)
    expected = [
        adjusted_rand_score(truth[songs != g], clusters[songs != g]) for g in range(10)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_groups_hold_whole_songs_and_are_of_one_size(monkeypatch):
    monkeypatch.setattr(significance, "GROUPS", 5)
    songs = np.repeat(np.arange(20), 3)
    groups = significance.groups_of_songs(songs)
    assert np.bincount(groups).tolist() == [12] * 5
    assert all(len(set(groups[songs == s])) == 1 for s in range(20))


def test_the_error_over_songs_is_the_deviation_of_new_draws_of_songs():
    rng = np.random.default_rng(0)

    def draw():
        truth = rng.integers(4, size=150)
        clusters = np.where(rng.random(150) < 0.6, truth, rng.integers(4, size=150))
        # every song has two clips in one cluster
        return np.repeat(clusters, 2), np.repeat(truth, 2), np.repeat(np.arange(150), 2)

    scores, errors = [], []
    for _ in range(150):
        clusters, truth, songs = draw()
        scores.append(adjusted_rand_score(truth, clusters))
        without = significance.ari_without(
            clusters, truth, significance.groups_of_songs(songs)
        )
        errors.append(significance.jackknife_error(without))
    assert np.mean(errors) == pytest.approx(np.std(scores), rel=0.15)


def test_two_sided_p_of_a_normal():
    assert significance.two_sided(1.959964, 1.0) == pytest.approx(0.05, abs=1e-6)
    assert significance.two_sided(0.0, 0.0) == 1.0
