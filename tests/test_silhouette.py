"""Silhouettes in blocks against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from vaejax import silhouette


def space(n=301, dim=7):
    rng = np.random.default_rng(0)
    truth = rng.integers(4, size=n)
    z = rng.normal(size=(n, dim)) + 3 * truth[:, None] + 100
    return z.astype(np.float32), truth, rng


@pytest.mark.parametrize("tile", [301, 512, 50, 7])
def test_every_clustering_has_scikit_learns_numbers_whatever_the_tiles(
    tile, monkeypatch
):
    monkeypatch.setattr(silhouette, "TILE", tile)
    z, truth, rng = space()
    clusterings = [truth, truth // 2, rng.integers(9, size=len(z)) * 5]
    for found, c in zip(silhouette.samples(z, clusterings), clusterings, strict=True):
        np.testing.assert_allclose(found, silhouette_samples(z, c), atol=2e-5)


def test_noise_is_in_no_cluster_and_has_no_silhouette():
    z, truth, rng = space()
    noisy = np.where(rng.random(len(z)) < 0.2, -1, truth)
    (found,) = silhouette.samples(z, [noisy])
    kept = noisy >= 0
    expected = silhouette_samples(z[kept], noisy[kept])
    np.testing.assert_allclose(found[kept], expected, atol=2e-5)
    assert np.isnan(found[~kept]).all()


def test_a_cluster_of_one_has_zero_and_one_cluster_has_none():
    z = np.array([[0.0], [1.0], [9.0]], np.float32)
    alone, one = silhouette.samples(z, [np.array([0, 0, 1]), np.array([4, 4, 4])])
    np.testing.assert_allclose(alone, [1 - 1 / 9, 1 - 1 / 8, 0], atol=1e-6)
    assert np.isnan(one).all()


def test_small_distances_far_from_zero_are_kept():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 50)
    z = 1000 + 0.01 * rng.normal(size=(100, 3)) + 0.03 * truth[:, None]
    (found,) = silhouette.samples(z, [truth])
    np.testing.assert_allclose(found, silhouette_samples(z, truth), atol=2e-3)
