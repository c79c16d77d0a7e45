"""The contract of a clusterer: every member passes every test here, unasked."""

import warnings

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from vaejax import cluster, project


@pytest.fixture
def blobs():
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(3), 60)
    centres = np.array([[0.0, 0, 0, 0], [6, 0, 0, 0], [0, 6, 0, 0]])
    return (centres[truth] + rng.normal(size=(180, 4))).astype(np.float32), truth


@pytest.fixture(params=cluster.CLUSTERERS.values(), ids=cluster.CLUSTERERS)
def clusterer(request):
    return request.param


def test_blobs_are_found(clusterer, blobs):
    z, truth = blobs
    found = clusterer(z, ks=(3,), seed=0)[0]
    kept = found.cluster >= 0
    assert kept.mean() > 0.8
    assert adjusted_rand_score(truth[kept], found.cluster[kept]) > 0.95


def test_the_same_seed_gives_the_same_labels(clusterer, blobs):
    first, second = (clusterer(blobs[0], ks=(3,), seed=1)[0] for _ in range(2))
    np.testing.assert_array_equal(first.cluster, second.cluster)


def test_the_scale_of_z_changes_nothing(clusterer, blobs):
    z, _ = blobs
    one, other = (clusterer(s * z, ks=(3,), seed=0)[0] for s in (1.0, 1e-3))
    assert adjusted_rand_score(one.cluster, other.cluster) > 0.99


def test_a_collapsed_latent_space_is_survived(clusterer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn says that points coincide
        found = clusterer(np.zeros((30, 4), np.float32), ks=(3,), seed=0)[0]
    assert found.cluster.shape == (30,)


def test_probabilities_are_those_of_the_labels(clusterer, blobs):
    found = clusterer(blobs[0], ks=(3,), seed=0)[0]
    if found.probability is not None:
        assert np.all((found.probability >= 0) & (found.probability <= 1))


def test_several_numbers_of_clusters_are_as_each_by_itself(clusterer, blobs):
    both = clusterer(blobs[0], ks=(2, 3), seed=0)
    assert len(both) == 2
    alone = clusterer(blobs[0], ks=(3,), seed=0)[0]
    np.testing.assert_array_equal(both[1].cluster, alone.cluster)


def test_many_rows_go_with_the_nearest_of_those_that_were_seen(
    clusterer, blobs, monkeypatch
):
    monkeypatch.setattr(cluster, "MOST_PAIRED", 90)
    monkeypatch.setattr(cluster, "MOST_FITTED", 90)
    z, truth = blobs
    found = clusterer(z, ks=(3,), seed=0)[0].cluster
    kept = found >= 0
    assert len(found) == 180 and kept.mean() > 0.8
    assert adjusted_rand_score(truth[kept], found[kept]) > 0.9


@pytest.mark.parametrize("name", ["kmeans", "ward", "gmm"])
def test_of_many_rows_a_sample_finds_what_all_would(name, monkeypatch):
    rng = np.random.default_rng(0)
    truth = rng.integers(6, size=3000)
    z = (3 * rng.normal(size=(6, 8)))[truth] + rng.normal(size=(3000, 8))
    z = z.astype(np.float32)
    clusterer = cluster.CLUSTERERS[name]
    exact = clusterer(z, ks=(6,), seed=0)[0].cluster
    monkeypatch.setattr(cluster, "MOST_PAIRED", 600)
    monkeypatch.setattr(cluster, "MOST_FITTED", 600)
    assert cluster.rows_seen(name, 3000) == (3000 if name == "kmeans" else 600)
    found = clusterer(z, ks=(6,), seed=0)[0].cluster
    assert adjusted_rand_score(exact, found) > 0.95


def test_the_rows_that_a_clusterer_sees_are_told(monkeypatch):
    monkeypatch.setattr(cluster, "MOST_PAIRED", 30)
    monkeypatch.setattr(cluster, "MOST_FITTED", 50)
    monkeypatch.setattr(project, "MOST_MAPPED", 40)
    found = {name: cluster.rows_seen(name, 100) for name in cluster.CLUSTERERS}
    assert found == dict.fromkeys(cluster.PAIRED, 30) | {
        "kmeans": 100,  # its starts see 50, the best of them all rows
        "gmm": 50,
        "n2d": 40,
    }
    assert cluster.rows_seen("ward", 20) == 20 and cluster.rows_seen("own", 100) == 100


def test_one_tree_gives_what_scikit_learn_finds_at_every_k(blobs):
    from sklearn.cluster import AgglomerativeClustering

    for k, found in zip(
        (9, 2, 5), cluster.ward(blobs[0], ks=(9, 2, 5), seed=0), strict=True
    ):
        expected = AgglomerativeClustering(k).fit_predict(blobs[0])
        assert adjusted_rand_score(expected, found.cluster) == 1.0


def test_a_mixture_has_the_information_criterion_of_its_fit(blobs):
    from sklearn.mixture import GaussianMixture

    z = blobs[0].astype(np.float64)
    ks = (2, 3, 5)
    found = [one.bic for one in cluster.CLUSTERERS["gmm"](blobs[0], ks=ks, seed=0)]
    assert np.argmin(found) == 1
    model = GaussianMixture(3, covariance_type="diag", n_init=10, random_state=0)
    assert found[1] == pytest.approx(model.fit(z).bic(z), rel=1e-3)


def test_a_consensus_is_what_most_clusterings_say_whatever_they_call_it():
    one = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    other, odd = (one + 1) % 3, np.array([0, 0, 1, 1, 1, 1, 2, 2, 0])
    found = cluster.consensus(np.stack([one, other, odd]), n_clusters=3)
    assert adjusted_rand_score(one, found) == 1.0


def test_a_mixture_of_many_rows_is_learnt_from_some(blobs, monkeypatch):
    monkeypatch.setattr(cluster, "MOST_FITTED", 60)
    z, truth = blobs
    found = cluster.gmm(z, n_clusters=3, seed=0).cluster
    assert len(found) == 180 and adjusted_rand_score(truth, found) > 0.95


def test_far_points_are_noise_to_dbscan(blobs):
    z = np.concatenate([blobs[0], [[50.0, 50, 50, 50]]]).astype(np.float32)
    assert cluster.dbscan(z, n_clusters=3, seed=0).cluster[-1] == -1


def test_the_knee_is_the_point_furthest_below_the_chord():
    curve = np.array([0.0, 0.1, 0.2, 0.3, 5.0, 10.0])  # the chord is 0, 2, 4, ...
    assert cluster.knee(curve) == pytest.approx(0.3)


def test_neighbour_distances_by_hand():
    z = np.array([[0.0], [1.0], [3.0]])
    np.testing.assert_allclose(cluster.neighbour_distances(z, 1), [1, 1, 2])
