"""Lyrics found from audio and audio from lyrics, against chance."""

import jax.numpy as jnp
import numpy as np
import pytest
from small import HOW, make

from vaejax import retrieval, train
from vaejax.core import Model


def test_the_nearest_direction_from_the_mean_ranks_first():
    candidates = np.array([[2.0, 1], [1, 2], [0, 1], [1, 0]])  # around (1, 1)
    found = np.array([[1.1, 1.0], [1.0, 5.0], [0.9, 0.8]])
    table = retrieval.ranks(found, candidates)
    # the query lies to the right of the mean; above; below, and a little to the left
    np.testing.assert_array_equal(table[0], [0, 1.5, 3, 1.5])
    np.testing.assert_array_equal(table[1], [1.5, 0, 1.5, 3])
    np.testing.assert_array_equal(table[2], [2, 3, 1, 0])


def test_a_candidate_at_the_mean_gains_nothing_by_being_near_to_all():
    candidates = np.array([[4.0, 0], [-4, 0], [0, 0]])
    table = retrieval.ranks(np.array([[0.5, 0.0]]), candidates)
    np.testing.assert_array_equal(table, [[0, 2, 1]])


def test_equal_candidates_and_empty_answers_share_their_ranks():
    candidates = np.array([[1.0, 0], [1, 0], [-1, 0], [-1, 0]])
    np.testing.assert_array_equal(
        retrieval.ranks(np.array([[3.0, 0], [0, 0]]), candidates),
        [[0.5, 0.5, 2.5, 2.5], [1.5, 1.5, 1.5, 1.5]],
    )


def test_what_a_candidate_lacks_plays_no_part():
    rng = np.random.default_rng(0)
    candidates, found = rng.normal(size=(5, 6)), rng.normal(size=(3, 6))
    seen = np.ones((5, 6), bool)
    seen[2, 4:] = False
    other = np.where(seen, candidates, 1e3)
    table = retrieval.ranks(found, candidates, seen)
    np.testing.assert_array_equal(table, retrieval.ranks(found, other, seen))
    # by hand, for the one that is shorter
    mean = np.array([candidates[seen[:, i], i].mean() for i in range(6)])
    x, y = found - mean, candidates - mean
    cosines = [
        x[0, s] @ c[s] / np.linalg.norm(x[0, s]) / np.linalg.norm(c[s])
        for c, s in zip(y, seen, strict=True)
    ]
    np.testing.assert_array_equal(table[0], np.argsort(np.argsort(-np.array(cosines))))


def test_a_perfect_table_is_summed_up_as_such():
    table = retrieval.ranks(np.eye(12), np.eye(12))
    found = retrieval.summary(table)
    assert (found.n_songs, found.percentile, found.median_rank) == (12, 0.0, 1.0)
    assert found.recall == {1: 1.0, 5: 1.0, 10: 1.0}
    assert found.recall_by_chance == {1: 1 / 12, 5: 5 / 12, 10: 10 / 12}
    assert found.p_value == 0.001


def test_ranks_by_hand_are_summed_up_by_hand():
    own = np.array([0.0, 2.0, 6.0])
    table = np.where(np.eye(3, dtype=bool), own[:, None], 1.0)
    found = retrieval.summary(table, permutations=9)
    assert found.percentile == pytest.approx(8 / 3 / 2) and found.median_rank == 3
    assert found.recall[1] == pytest.approx(1 / 3)
    assert found.recall[5] == pytest.approx(2 / 3)


def test_noise_finds_at_chance_and_p_values_are_uniform():
    rng = np.random.default_rng(0)
    found = [
        retrieval.summary(
            retrieval.ranks(rng.normal(size=(40, 5)), rng.normal(size=(40, 5))),
            permutations=99,
            seed=i,
        )
        for i in range(60)
    ]
    assert np.mean([one.percentile for one in found]) == pytest.approx(0.5, abs=0.02)
    assert np.mean([one.recall[10] for one in found]) == pytest.approx(0.25, abs=0.03)
    p = np.array([one.p_value for one in found])
    assert p.mean() == pytest.approx(0.5, abs=0.12) and np.mean(p <= 0.05) < 0.15


def test_one_answer_to_everything_is_chance_even_if_it_hits_often():
    rng = np.random.default_rng(0)
    same = np.tile(rng.normal(size=(1, 4)), (20, 1))
    found = retrieval.summary(retrieval.ranks(same, rng.normal(size=(20, 4))))
    assert found.percentile == pytest.approx(0.5)
    assert found.p_value == 1.0


def test_features_are_averaged_over_the_clips_of_a_song_that_have_them():
    x = np.array([[1.0, 5], [3, 7], [2, 9]])
    mask = np.array([[True, True], [True, False], [True, False]])
    mean, seen = retrieval.by_song(x, mask, np.array([0, 0, 1]))
    np.testing.assert_array_equal(mean, [[2, 5], [2, 0]])
    np.testing.assert_array_equal(seen, [[True, True], [True, False]])


# --- models ---------------------------------------------------------------------------


def twins(n: int = 8) -> dict[str, np.ndarray]:
    """Songs whose audio, a vector in each frame, is the mean over their lines."""
    rng = np.random.default_rng(0)
    code = rng.normal(size=(n, 3)).astype(np.float32)
    frames = np.arange(4)[None] < rng.integers(2, 5, size=(n, 1))
    lines = np.arange(2)[None] < rng.integers(1, 3, size=(n, 1))
    return {
        "mel": np.where(frames[..., None], code[:, None], 0),
        "mel_mask": frames.astype(np.float32),
        "lyrics": np.where(lines[..., None], code[:, None], 0),
        "lyrics_mask": lines.astype(np.float32),
    }


def mean_of(batch, name):
    mask = batch[f"{name}_mask"]
    total = jnp.sum(batch[name] * mask[..., None], axis=1)
    return total / jnp.maximum(mask.sum(axis=1), 1)[:, None]


def encode(variables, batch):
    """The code of `twins`, from whichever view is not hidden."""
    hears = batch.get("audio_mask", jnp.ones(len(batch["mel"])))[:, None]
    reads = batch["lyrics_mask"].max(axis=1)[:, None]
    both = hears * mean_of(batch, "mel") + reads * mean_of(batch, "lyrics")
    return variables["scale"] * both / (hears + reads)


def decode(variables, z, batch):
    return {"mel": jnp.repeat(z[:, None], 4, axis=1), "lyrics": z[:, None]}


ORACLE = Model(init=None, loss=None, encode=encode, decode=decode)
SCALE = {"scale": np.ones(2, np.float32)}  # of two seeds


def test_an_oracle_finds_every_song_both_ways():
    batch = twins()
    songs = np.array([f"{i}" for i in range(8)])
    tables = retrieval.cross_modal(ORACLE, SCALE, batch, songs, np.arange(8))
    assert tuple(tables) == retrieval.DIRECTIONS
    for table in tables.values():
        assert table.shape == (2, 8, 8)
        np.testing.assert_array_equal(np.diagonal(table, axis1=1, axis2=2), 0)


@pytest.mark.parametrize("blank", ["mel", "lyrics"])
def test_what_is_looked_for_is_hidden_from_the_model(blank):
    """A blank view tells nothing of the other, which must not leak in."""
    batch = twins()
    batch[blank] = np.zeros_like(batch[blank])
    songs = np.array([f"{i}" for i in range(8)])
    tables = retrieval.cross_modal(ORACLE, SCALE, batch, songs, np.arange(8))
    for table in tables.values():
        np.testing.assert_array_equal(table, np.tile(table[:, :1], (1, 8, 1)))


def test_rows_without_lyrics_are_left_out_and_clips_of_a_song_are_one():
    batch = twins()
    batch["lyrics_mask"][5] = 0
    batch = {name: np.concatenate([x, x[:2]]) for name, x in batch.items()}
    songs = np.array([f"{i}" for i in [*range(8), 0, 1]])
    rows = np.arange(10) != 7
    tables = retrieval.cross_modal(ORACLE, SCALE, batch, songs, rows)
    for table in tables.values():
        assert table.shape == (2, 6, 6)  # without 5 and 7
        np.testing.assert_array_equal(np.diagonal(table, axis1=1, axis2=2), 0)
    numbers = retrieval.cross_modal(ORACLE, SCALE, batch, songs, np.flatnonzero(rows))
    for direction, table in tables.items():
        np.testing.assert_array_equal(table, numbers[direction])
    assert retrieval.cross_modal(ORACLE, SCALE, batch, songs, np.array([0, 5, 8])) == {}


def test_what_a_model_was_told_is_hidden_from_it():
    def told(variables, batch):
        return encode(variables, batch) * (1 - batch["condition"])

    batch = twins() | {"condition": np.ones((8, 1), np.int32)}
    model, songs = ORACLE._replace(encode=told), np.arange(8).astype(str)
    tables = retrieval.cross_modal(model, SCALE, batch, songs, np.arange(8))
    for table in tables.values():
        np.testing.assert_array_equal(np.diagonal(table, axis1=1, axis2=2), 0)


def test_a_trained_model_finds_the_kind_of_a_song_in_the_other_view(sung):
    """Nothing but its kind joins the audio of a song with its lyrics."""
    model = make("vae", sung, fusion="mopoe", corruption=0.0)
    state = train.fit(model, sung, seeds=(0,), **HOW | {"batch_size": 8})
    given = state.best.variables, sung.batch, sung.songs, np.ones(48, bool)
    for (table,) in retrieval.cross_modal(model, *given).values():
        found = retrieval.summary(table)
        assert found.n_songs == 32
        # half of the songs are of its kind: it is one of these
        assert found.percentile == pytest.approx(0.25, abs=0.06)
        assert found.p_value == 0.001


def test_within_a_group_only_its_songs_are_candidates():
    table = np.array(
        [
            [1.0, 0.0, 2.0, 3.0],  # of its two fellows, b is nearer: 1 / 2
            [0.0, 1.0, 2.0, 3.0],  # likewise a
            [3.0, 0.0, 2.0, 2.0],  # b is nearer, a is not
            [0.0, 1.0, 2.0, 3.0],  # alone in its group
        ]
    )
    groups = np.array(["x", "x", "x", "y"])
    found = retrieval.percentile_within(table, groups)
    assert found == pytest.approx((0.5 + 0.5 + 0.5) / 3)
    assert retrieval.percentile_within(table, np.array(["x", "y", "z", ""])) is None
    ties = np.zeros((4, 4))
    assert retrieval.percentile_within(ties, groups) == 0.5
