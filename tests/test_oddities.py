"""What makes the scores of a collection say less than they seem to."""

import numpy as np
import pytest

from vaejax import oddities, report
from vaejax.core import Dataset
from vaejax.report import Score


def dataset(x, **labels) -> Dataset:
    x = np.asarray(x, np.float32)
    ids = np.array([f"t{i}" for i in range(len(x))])
    columns = {name: np.array(values) for name, values in labels.items()}
    held_out = np.zeros(len(x), bool)
    return Dataset({"mel": x}, x, ids, ids, columns, held_out, {}, {}, 1)


def test_an_ordinary_collection_has_no_notes():
    data = dataset(np.eye(4), genre=["a", "b", "a", ""])
    oddities.refuse_nonfinite(data)
    assert oddities.notes(data, ("genre", "language")) == []


def test_copies_are_counted_and_named():
    (note,) = oddities.notes(dataset([[1, 2], [3, 4], [1, 2], [1, 2], [5, 6]]), ())
    assert note.startswith("Note: 2 of 5 tracks have exactly the features of another")
    assert "(t2 = t0, t3 = t0)" in note


def test_a_collection_of_one_and_the_same_is_a_warning():
    (note,) = oddities.notes(dataset(np.ones((6, 2))), ())
    assert note.startswith("Warning: all 6 tracks have the same features.")


def test_a_single_class_is_told():
    data = dataset(np.eye(3), genre=["folk", "", "folk"], language=["a", "b", "a"])
    (note,) = oddities.notes(data, ("genre", "language"))
    assert "all tracks with a genre have the same, 'folk'" in note


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_none_is_refused_with_its_track(value):
    x = np.eye(4)
    x[2, 1] = value
    with pytest.raises(ValueError, match="mel of track t2 is not finite, in 1 of 4"):
        oddities.refuse_nonfinite(dataset(x))


def test_fewer_clusters_than_asked_for_are_told():
    about = dict(modalities="mel", fusion="none", space="z", label="", told="")
    rows = [
        Score(
            "vae",
            clusterer=name,
            k=3,
            seed=seed,
            metric="clusters_found",
            value=1.0,
            **about,
        )  # fmt: skip
        for name in ("kmeans", "gmm")
        for seed in (0, 1)
    ]
    text = report.table(rows)
    assert "on vae, gmm (k = 3) and kmeans (k = 3) found fewer clusters than" in text
