"""The benchmark does what a run does, and says what it did not look at."""

import numpy as np
import pytest

from vaejax import cluster, project
from vaejax.benchmarks import clusters
from vaejax.metrics import ari

PARTS = [*cluster.CLUSTERERS, "permutations", "internal", "external"]
PARTS += ["assignments.csv", "UMAP", "neighbours", "cards", "map.html", "whole"]


@pytest.fixture
def quick(monkeypatch):
    """Maps that need no compiler, and few shuffles."""

    def components(z, *, n_dimensions=2, seed):
        return project.principal(z)

    monkeypatch.setattr(cluster, "neighbour_map", components)
    monkeypatch.setattr(project, "umap", components)
    monkeypatch.setattr(clusters, "PERMUTATIONS", 19)


def test_every_part_of_the_work_has_a_line(quick):
    head, names, *lines, last = clusters.clusters(n=120)
    assert head.startswith("120 rows of 128 numbers") and names.startswith("part")
    assert [line.split()[0] for line in lines] == PARTS
    numbers = [line[16:34].split() for line in lines]
    assert all(float(seconds) >= 0 and float(gb) > 0 for seconds, gb in numbers)
    assert not any("sample" in line for line in lines)
    assert "19 of each label" in lines[7] and "exact" in lines[8]
    assert last.startswith("silhouettes of 120 rows beside scikit-learn's")
    assert float(last.split()[-1]) < 1e-5


def test_a_part_that_sees_a_sample_says_so(quick, monkeypatch):
    for module, name, most in (
        (cluster, "MOST_PAIRED", 90),
        (cluster, "MOST_FITTED", 100),
        (project, "MOST_MAPPED", 110),
        (clusters.silhouette, "TILE", 50),
    ):
        monkeypatch.setattr(module, name, most)
    _, _, *lines, _ = clusters.clusters(n=120)
    said = {line.split()[0]: line[36:] for line in lines}
    assert said["kmeans"] == "all; starts are tried on 100"
    assert said["gmm"] == "a sample of 100; the others follow these"
    assert said["n2d"] == "a sample of 110; the others follow these"
    for name in cluster.PAIRED:
        assert said[name] == "a sample of 90; the others follow these"
    assert said["internal"].endswith(
        "all; silhouettes exact, in tiles of 50 x 50 distances"
    )
    assert said["neighbours"] == "all"


def test_the_latents_go_with_the_genre_and_whole_songs_with_both_labels():
    made = clusters.collection(501)
    genre, language = made.columns.values()
    assert made.latents.z.shape == (1, 501, 128)
    assert (len(set(genre)), len(set(language))) == (12, 5)
    _, first, song = np.unique(made.songs, return_index=True, return_inverse=True)
    assert len(first) == 251
    for values in (genre, language):
        assert (values == values[first][song]).all()
    found = cluster.kmeans(made.latents.z[0], n_clusters=12, seed=0).cluster
    assert ari(found, genre) > 0.5 and abs(ari(found, language)) < 0.05


def test_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="--n=39 must be at least 40"):
        list(clusters.clusters(n=39))
