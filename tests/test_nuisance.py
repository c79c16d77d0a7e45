"""How much of a label duration, level, bandwidth and source explain."""

from types import SimpleNamespace

import numpy as np
import pytest

from vaejax import nuisance
from vaejax.nuisance import Probe


def clip(duration_s=1.0, level_db=-20.0, bands=10):
    """Music that falls by 2 dB a band and ends after `bands` of 12."""
    mel = -2.0 * np.arange(12) * np.ones((5, 1))
    mel[:, bands:] = -80.0
    return SimpleNamespace(mel=mel, duration_s=duration_s, level_db=level_db)


def songs_of(n: int, each: int = 1) -> np.ndarray:
    return np.repeat(np.arange(n), each).astype(str)


def test_what_is_measured_of_a_clip_stands_side_by_side():
    clips = [clip(1.0, -20.0, 10), clip(2.5, -3.0, 4)]
    found = nuisance.measured(clips)
    chain = [[1.0, -20.0, 10], [2.5, -3.0, 4]]
    np.testing.assert_array_equal(found["chain"], chain)
    np.testing.assert_array_equal(found["level_db"], [[-20.0], [-3.0]])
    assert list(found) == ["duration_s", "level_db", "bandwidth", "chain"]


def test_sources_are_told_apart_by_name():
    found = nuisance.measured([clip()] * 3, np.array(["web", "", "web"]))
    np.testing.assert_array_equal(found["source"], [[0, 1], [1, 0], [0, 1]])
    np.testing.assert_array_equal(found["chain, source"][:, :3], found["chain"])
    np.testing.assert_array_equal(found["chain, source"][:, 3:], found["source"])


def test_silence_has_every_band():
    assert nuisance.bandwidth(np.full((3, 8), -80.0)) == 8
    assert nuisance.bandwidth(np.zeros((1, 1))) == 1


def test_a_label_that_is_the_duration_is_told_from_it_and_from_all():
    duration_s = np.repeat([10.0, 20.0, 30.0], 20)
    predictors = nuisance.measured([clip(s) for s in duration_s])
    found = nuisance.probe(predictors, "kind", duration_s.astype(str), songs_of(60))
    scores = {one.predictor: (one.accuracy, one.balanced) for one in found}
    assert scores["duration_s"] == scores["chain"] == (1.0, 1.0)
    assert scores["level_db"][1] == pytest.approx(1 / 3)
    assert found[0].label == "kind" and found[0].majority == pytest.approx(1 / 3)
    assert (found[0].n_rows, found[0].n_classes, found[0].n_left_out) == (60, 3, 0)


def test_an_independent_label_is_told_no_better_than_by_guessing():
    rng = np.random.default_rng(0)
    values = np.where(np.arange(400) % 4 == 0, "rare", "frequent")
    x = {"noise": rng.normal(size=(400, 3)), "constant": np.ones((400, 2))}
    noise, constant = nuisance.probe(x, "kind", values, songs_of(400))
    assert noise.majority == 0.75
    assert noise.accuracy == pytest.approx(0.75, abs=0.03)
    assert noise.balanced == pytest.approx(0.5, abs=0.08)
    assert constant.accuracy == pytest.approx(0.75, abs=0.01)
    assert constant.balanced == pytest.approx(0.5, abs=0.01)


def test_balanced_accuracy_is_of_a_classifier_to_which_classes_count_the_same():
    rng = np.random.default_rng(0)
    rare = np.arange(600) % 10 == 0
    x = {"weak": rng.normal(size=(600, 1)) + rare[:, None]}
    (found,) = nuisance.probe(x, "kind", rare.astype(str), songs_of(600))
    assert found.accuracy == pytest.approx(0.9, abs=0.02)  # it always says the same
    # halfway between two normals, one deviation apart: Phi(1 / 2) on either side
    assert found.balanced == pytest.approx(0.69, abs=0.06)


def test_clips_of_a_song_are_never_on_both_sides():
    """By song a label at random cannot be told; by clip it could, every time."""
    rng = np.random.default_rng(0)
    songs, values = songs_of(60, each=5), np.repeat(rng.integers(2, size=60), 5)
    x = {"song": np.repeat(rng.normal(size=(60, 40)), 5, axis=0)}
    values = values.astype(str)
    (grouped,) = nuisance.probe(x, "kind", values, songs)
    (leaking,) = nuisance.probe(x, "kind", values, songs_of(300))
    assert leaking.accuracy > 0.9
    assert grouped.balanced == pytest.approx(0.5, abs=0.15)


def test_unknown_labels_and_classes_of_few_songs_are_left_out():
    values = np.array(["a", "b"] * 20 + [""] * 7 + ["c"] * 9)
    songs = np.concatenate([songs_of(47), ["x"] * 5, ["y"] * 4])  # c has two songs
    x = {"class": (values == "a")[:, None].astype(float)}
    (found,) = nuisance.probe(x, "kind", values, songs)
    assert (found.n_rows, found.n_classes, found.n_left_out) == (40, 2, 9)
    assert found.accuracy == 1.0


@pytest.mark.parametrize("values", [["a"] * 12, [""] * 12, ["a"] * 8 + ["b"] * 4, []])
def test_what_cannot_be_told_gives_no_row(values):
    values = np.array(values, str)
    x = {"any": np.zeros((len(values), 2))}
    assert nuisance.probe(x, "kind", values, songs_of(len(values))) == []


def test_few_rows_and_one_long_song_are_enough():
    values = np.array(["a", "b"] * 5 + ["a"] * 90)
    songs = np.concatenate([songs_of(10), ["long"] * 90])
    x = {"class": (values == "a")[:, None].astype(float)}
    (found,) = nuisance.probe(x, "kind", values, songs, n_folds=5)
    assert 0.5 < found.accuracy <= 1.0
    ten = {name: column[:10] for name, column in x.items()}
    (found,) = nuisance.probe(ten, "kind", values[:10], songs[:10], n_folds=5)
    assert found.accuracy == 1.0


@pytest.mark.parametrize("d", [100, 400])
def test_many_features_are_reduced_and_tell_what_they_told(d):
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=150)
    x = rng.normal(size=(150, d)) + 3 * truth[:, None] * (np.arange(d) < 5)
    (found,) = nuisance.probe({"raw": x}, "kind", truth.astype(str), songs_of(150))
    assert found.accuracy > 0.95


def test_the_same_seed_gives_the_same_folds():
    rng = np.random.default_rng(0)
    x, values = {"x": rng.normal(size=(50, 2))}, rng.integers(2, size=50).astype(str)
    first, again, other = (
        nuisance.probe(x, "kind", values, songs_of(50), seed=s) for s in (0, 0, 1)
    )
    assert first == again and first != other


def test_the_table_has_a_block_a_label_and_what_guessing_gives():
    sizes = dict(majority=0.4, n_rows=50, n_classes=4, n_left_out=3)
    one = Probe("genre", "level_db", 0.5, 0.02, 0.25, 0.1, **sizes)
    two = one._replace(predictor="a very long name of a predictor", accuracy=1.0)
    text = nuisance.table([one, two, one._replace(label="key", n_left_out=0)])
    caption, genre, key = text.split("\n\n")
    assert "no evidence of music" in caption
    lines = genre.splitlines()
    assert lines[0] == "genre of 50 rows, 4 classes, 3 rows of rarer ones left out"
    assert lines[2].split() == ["(guessing)", ".400", ".250"]
    assert lines[3].split() == ["level_db", ".500", "±.020", ".250", "±.100"]
    assert lines[4].split()[-4:] == ["1.000", "±.020", ".250", "±.100"]
    assert key.startswith("key of 50 rows, 4 classes\n")
    assert max(map(len, text.splitlines())) <= 100
    assert nuisance.table([]) == ""
