"""Maps are finite, repeatable and keep neighbours, down to one row."""

import subprocess
import sys

import numpy as np
import pytest

from vaejax import project
from vaejax.project import PROJECTIONS, principal

every_projection = pytest.mark.parametrize("name", sorted(PROJECTIONS))


def blobs(n: int, k: int = 8, groups: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    member = np.arange(n) % groups
    centres = 20 * rng.normal(size=(groups, k))
    z = centres[member] + rng.normal(size=(n, k))
    return z.astype(np.float32), member


@every_projection
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 7, 12, 30])
def test_a_tiny_collection_gets_a_finite_map(name, n):
    z = np.random.default_rng(1).normal(size=(n, 6)).astype(np.float32)
    xy = PROJECTIONS[name](z, seed=0)
    assert xy.shape == (n, 2) and xy.dtype == np.float32
    assert np.isfinite(xy).all()
    assert len(np.unique(xy, axis=0)) == n


@every_projection
@pytest.mark.parametrize("k", [1, 2, 3])
def test_narrow_latents_get_a_map(name, k):
    z = np.random.default_rng(2).normal(size=(25, k))
    xy = PROJECTIONS[name](z, seed=3)
    assert xy.shape == (25, 2) and np.isfinite(xy).all()


@every_projection
def test_a_collapsed_latent_space_is_one_point(name):
    xy = PROJECTIONS[name](np.full((40, 5), 0.3, np.float32), seed=0)
    assert np.abs(xy).max() < 1e-5


@every_projection
@pytest.mark.parametrize("copies", [2, 40])
def test_copies_of_rows_do_not_break_the_map(name, copies):
    z = np.repeat(blobs(5)[0], copies, axis=0)
    xy = PROJECTIONS[name](z, seed=0)
    assert xy.shape == (5 * copies, 2) and np.isfinite(xy).all()


@every_projection
def test_the_same_seed_draws_the_same_map(name):
    z, _ = blobs(150)
    first, again = (PROJECTIONS[name](z, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@every_projection
def test_groups_that_are_apart_stay_apart(name):
    z, member = blobs(120)
    xy = PROJECTIONS[name](z, seed=0)
    gaps = np.linalg.norm(xy[:, None] - xy[None], axis=-1)
    np.fill_diagonal(gaps, np.inf)
    assert (member[gaps.argmin(axis=1)] == member).all()


@every_projection
def test_rows_that_are_not_finite_are_named(name):
    z = np.zeros((9, 3), np.float32)
    z[4, 1] = np.nan
    with pytest.raises(ValueError, match=r"1 of 9 rows .* \(first: row 4\)"):
        PROJECTIONS[name](z, seed=0)


def test_principal_components_are_those_of_scikit_learn():
    from sklearn.decomposition import PCA

    z, _ = blobs(50)
    xy = principal(z)
    expected = PCA(2).fit_transform(z.astype(np.float64))
    np.testing.assert_allclose(np.abs(xy), np.abs(expected), rtol=1e-4, atol=1e-5)
    assert (xy[np.abs(xy).argmax(axis=0), [0, 1]] > 0).all()


def test_a_large_collection_is_mapped_by_a_part_of_it(monkeypatch):
    monkeypatch.setattr(project, "MOST_MAPPED", 90)
    z, member = blobs(300)
    xy = PROJECTIONS["tsne"](z, seed=0)
    assert xy.shape == (300, 2) and np.isfinite(xy).all()
    gaps = np.linalg.norm(xy[:, None] - xy[None], axis=-1)
    np.fill_diagonal(gaps, np.inf)
    assert (member[gaps.argmin(axis=1)] == member).all()
    np.testing.assert_array_equal(xy, PROJECTIONS["tsne"](z, seed=0))


def test_a_large_neighbour_map_keeps_islands_together(monkeypatch):
    monkeypatch.setattr(project, "MOST_MAPPED", 90)
    z, member = blobs(300)
    mapped = project.neighbour_map(z, n_dimensions=3, seed=0)
    gaps = np.linalg.norm(mapped[:, None] - mapped[None], axis=-1)
    np.fill_diagonal(gaps, np.inf)
    assert mapped.shape == (300, 3)
    assert (member[gaps.argmin(axis=1)] == member).all()


def test_neighbours_of_many_rows_are_the_nearest_and_never_the_row_itself():
    z = np.random.default_rng(0).normal(size=(3000, 6)).astype(np.float32)
    z[1] = z[0]
    found = project.neighbours(z, 8)
    distances = ((z[:50, None] - z[None].astype(float)) ** 2).sum(axis=-1)
    distances[np.arange(50), np.arange(50)] = np.inf
    np.testing.assert_array_equal(found[:50], distances.argsort(axis=1)[:, :8])
    assert found[0, 0] == 1 and found[1, 0] == 0


def test_umap_is_given_its_neighbours_and_its_programs_are_kept():
    z = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    order, distances = project._umap_neighbours(z, 5)
    gaps = np.linalg.norm(z[:, None] - z[None], axis=-1)
    np.testing.assert_array_equal(order, gaps.argsort(axis=1)[:, :5])
    expected = np.take_along_axis(gaps, order, axis=1)
    np.testing.assert_allclose(distances, expected, rtol=1e-6)
    layout = project._umap_package().layouts.rdist
    assert layout.stats.cache_path is not None


def test_importing_the_module_imports_neither_umap_nor_scikit_learn():
    code = (
        "import sys, vaejax.project\n"
        "print([m for m in ('umap', 'numba', 'sklearn') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr
