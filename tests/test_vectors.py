"""Lyrics as vectors: what a song lacks, how versions join, and what the cache keeps."""

import numpy as np
import pytest

from vaejax.text import ngram, vectors

OPTIONS = dict(
    form="song",
    encoder="ngram",
    model="",
    dtype="float32",
    dim=4,
    versions=("original",),
    combine="mean",
    max_lines=64,
)
SONGS = [
    {"original": ["mi corazón", "tu canción"], "romanized": ["mi corazon"]},
    {},
    {"original": ["my heart is yours", "your song", "my song"]},
    {"romanized": ["tera naam"]},
    {"original": ["আমার গান"], "romanized": ["amar gaan"]},
]


@pytest.fixture
def lengths(monkeypatch):
    """An encoder whose vector is the length of a line, and what it was given."""
    given = []

    def encode(lines):
        given.extend(lines)
        return np.array([[len(line), 1.0] for line in lines], np.float32)

    def opened(settings, texts, model, dtype, dim):
        return settings | {"model": model}, lambda: encode

    monkeypatch.setitem(vectors.ENCODERS, "lengths", opened)
    return given


def of_songs(folder, songs=SONGS, **changes):
    given = OPTIONS | {"encoder": "lengths"} | changes
    return vectors.of_songs(songs, cache_dir=folder, **given)


def test_a_song_without_lyrics_has_no_line_and_zeros(tmp_path, lengths):
    x, mask = of_songs(tmp_path)
    assert x.shape == (5, 1, 2) and x.dtype == np.float32
    np.testing.assert_array_equal(mask[:, 0], [True, False, True, False, True])
    assert not x[~mask].any()
    assert x[0, 0, 0] == len("mi corazón\ntu canción")


def test_lines_have_a_vector_each_and_are_padded_to_the_longest(tmp_path, lengths):
    x, mask = of_songs(tmp_path, form="lines")
    np.testing.assert_array_equal(mask.sum(axis=1), [2, 0, 3, 0, 1])
    np.testing.assert_array_equal(x[2, :, 0], [17, 9, 7])


def test_long_songs_have_neighbouring_lines_averaged_and_none_cut(tmp_path, lengths):
    songs = [{"original": ["a", "bbb", "c" * 5, "d" * 7, "e" * 9]}, SONGS[4]]
    x, mask = of_songs(tmp_path, songs, form="lines", max_lines=2)
    np.testing.assert_array_equal(x[0, :, 0], [3.0, 8.0])  # of 1 3 5, and of 7 9
    np.testing.assert_array_equal(mask, [[True, True], [True, False]])


def test_versions_join_by_the_rule_of_the_config(tmp_path, lengths):
    both = {"versions": ("original", "romanized")}
    mean, mask = of_songs(tmp_path, combine="mean", **both)
    np.testing.assert_array_equal(mask[:, 0], [True, False, True, True, True])
    assert mean[0, 0, 0] == np.mean([len("mi corazón\ntu canción"), len("mi corazon")])
    assert mean[3, 0, 0] == len("tera naam")  # the one there is
    side, _ = of_songs(tmp_path, combine="concatenation", **both)
    np.testing.assert_array_equal(side[4, 0], [8, 1, 9, 1])
    np.testing.assert_array_equal(side[3, 0], [0, 0, 9, 1])  # 0 for what is not there
    first, _ = of_songs(tmp_path, combine="first", **both)
    np.testing.assert_array_equal(first[3:, 0, 0], [9, 8])


def test_versions_of_different_lengths_are_averaged_to_the_shorter(tmp_path, lengths):
    songs = [{"original": ["a", "bbb", "c" * 5, "d" * 7], "romanized": ["x", "yyy"]}]
    songs.append(SONGS[4])
    both = {"versions": ("original", "romanized")}
    x, _ = of_songs(tmp_path, songs, form="lines", combine="concatenation", **both)
    np.testing.assert_array_equal(x[0][:, [0, 2]], [[2, 1], [6, 3]])


def test_the_cache_keeps_what_was_computed_by_content_and_settings(tmp_path, lengths):
    first, _ = of_songs(tmp_path)
    assert len(lengths) == 3
    again, _ = of_songs(tmp_path)
    assert len(lengths) == 3
    np.testing.assert_array_equal(first, again)
    changed = [*SONGS[:4], {"original": ["আমার গান", "তোমার"]}]
    of_songs(tmp_path, changed)
    assert lengths[3:] == ["আমার গান\nতোমার"]
    of_songs(tmp_path, model="another")
    assert len(lengths) == 7


def test_equal_texts_are_encoded_once(tmp_path, lengths):
    of_songs(tmp_path, SONGS * 3)
    assert len(lengths) == 3


def test_too_few_texts_are_refused(tmp_path, lengths):
    with pytest.raises(ValueError, match=r"config.lyrics.versions=translated: 0 diff"):
        of_songs(tmp_path, versions=("translated",))
    with pytest.raises(ValueError, match="at least two"):
        of_songs(tmp_path, SONGS[:2])


def test_ngrams_bring_texts_of_a_language_together():
    spanish = ["mi corazón es tuyo", "tu amor es mi corazón", "mi amor eres tú"]
    english = ["my heart is yours", "your love is in my heart", "my love is you"]
    encode = ngram.fit([*spanish, *english], dim=3)
    x = encode([*spanish, *english])
    assert x.shape == (6, 3) and x.dtype == np.float32
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    near = x @ x.T - 2 * np.eye(6)
    assert (near.argmax(axis=1) // 3 == np.arange(6) // 3).all()
    np.testing.assert_allclose(encode(spanish[:1]), encode(spanish)[:1], atol=1e-6)


def test_ngrams_have_fewer_dimensions_than_texts():
    assert ngram.fit(["abc def", "ghi jkl", "mno"], dim=64)(["abc"]).shape == (1, 2)
