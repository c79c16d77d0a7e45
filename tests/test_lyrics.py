"""What is told of the lyrics of a collection."""

from pathlib import Path

import numpy as np

from vaejax import lyrics
from vaejax.core import Track
from vaejax.text.language import SongLanguage
from vaejax.text.versions import Lyrics

OPTIONS = dict(
    encoder="ngram",
    model="",
    dim=8,
    versions=("original",),
    combine="mean",
    max_lines=64,
    drop=(),
    romanizer="tables",
    translator="",
)


def track(language: str, text: str = "") -> Track:
    given = {"original": text} if text else {}
    columns = {"language": language}
    return Track("t", Path("a"), "a", "s", "", "", columns, given)


HINDI, ENGLISH = "mera dil tera hai", "you are in my heart"


def told(language, script="Latn", romanized=False, lines=(HINDI,), **mix) -> Lyrics:
    found = SongLanguage(language, 0.9, script, romanized, mix or {language: 1.0})
    return Lyrics({"original": lines}, found)


def test_the_table_counts_songs_and_lines_that_agree_with_the_metadata():
    tracks = [track(name) for name in ("Hindi", "hindi", "hindi", "english", "french")]
    found = [
        told("hindi", romanized=True, lines=(HINDI, HINDI, ENGLISH)),
        told("english", lines=(ENGLISH,)),
        told("hindi", script="Deva", lines=("तेरा नाम",)),
        told("english", lines=(ENGLISH,)),
        told("english"),  # the metadata name a language that cannot be told
    ]
    lines = lyrics.agreement(tracks, found).splitlines()
    assert lines[2].split() == ["english", "Latn", "1", "1.000", "1.000"]
    assert lines[3].split() == ["hindi", "Deva", "1", "1.000", "1.000"]
    assert lines[4].split() == ["hindi", "Latn", "2", "0.500", "0.500", "english", "1"]
    assert len(lines) == 5
    assert lyrics.agreement(tracks[4:], found[4:]) == ""
    assert lyrics.agreement([track("hindi")], [Lyrics({}, None)]) == ""


def test_the_languages_that_were_told_are_counted_in_a_line():
    found = [
        told("hindi", romanized=True, hindi=0.7, english=0.3),
        told("spanish"),
        told("spanish"),
        told(""),
        Lyrics({}, None),
    ]
    assert lyrics.described(found).replace("\n    ", " ") == (
        "Languages of the lyrics, by their words: spanish 2, romanised hindi 1, "
        "(not told) 1 (mean confidence 0.90; 1 in more than one language)"
    )


def test_columns_say_what_was_told_and_are_empty_without_lyrics():
    found = lyrics.columns(told("hindi", romanized=True, hindi=0.7, english=0.3))
    assert found == {
        "lyrics_language": "hindi",
        "lyrics_confidence": "0.90",
        "lyrics_script": "Latn",
        "lyrics_mix": "hindi:0.70 english:0.30",
    }
    assert set(lyrics.columns(Lyrics({}, None)).values()) == {""}


def test_texts_become_vectors_of_which_a_language_model_needs_each_scaled(tmp_path):
    texts = ["mi corazón es tuyo", "", "my heart is yours", "my song"]
    found, _ = lyrics.read([track("", t) for t in texts], OPTIONS, tmp_path)
    given = dict(form="song", cache_dir=tmp_path, dtype="float32")
    words = lyrics.words(found, options=OPTIONS, **given)
    assert words.x.shape == (4, 1, 2) and not words.each
    np.testing.assert_array_equal(words.mask[:, 0], [True, False, True, True])
    assert [lyrics.has_any(one, OPTIONS) for one in found] == [True, False, True, True]


def test_translations_are_kept_and_a_model_is_opened_for_new_songs_only(
    tmp_path, monkeypatch
):
    opened = []

    def open_translator(model):
        opened.append(model)
        return lambda lines, languages: [
            f"{language}: {line}"
            for line, language in zip(lines, languages, strict=True)
        ]

    monkeypatch.setattr("vaejax.text.translate.open_translator", open_translator)
    options = OPTIONS | {"versions": ("translated",), "translator": "a/model"}
    tracks = [track("", "mi corazón es tuyo"), track("", "আমার গান")]
    found, _ = lyrics.read(tracks, options, tmp_path)
    assert found[0].versions["translated"] == ("spanish: mi corazón es tuyo",)
    assert found[1].versions["translated"] == ("bangla: আমার গান",)
    again, _ = lyrics.read(tracks, options, tmp_path)
    assert again == found and opened == ["a/model"]
    lyrics.read([*tracks, track("", "तेरा नाम")], options, tmp_path)
    assert opened == ["a/model"] * 2
