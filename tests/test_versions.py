"""The lyrics of tracks: which version is used, and which is made."""

from pathlib import Path

from vaejax.core import Track
from vaejax.text import versions

READ = dict(wanted=("original",), drop=("tags",), romanizer="tables", translate=None)


def track(i=0, **lyrics):
    return Track(f"t{i}", Path("a.wav"), "a.wav", f"s{i}", "", "", {}, lyrics)


def test_lines_are_clean_and_the_language_is_told():
    text = "[Chorus]\nআমি তোমাকে ভালোবাসি\n\nতুমি কোথায়\n"
    found, unread = versions.read([track(original=text)], **READ)
    assert not unread
    assert found[0].versions["original"][0] == "আমি তোমাকে ভালোবাসি"
    assert len(found[0].versions["original"]) == 2
    assert found[0].language.language == "bangla"


def test_a_track_without_words_has_no_version_and_no_language():
    found, _ = versions.read([track(), track(1, original="[Chorus]\n\n♪")], **READ)
    assert [(one.versions, one.language) for one in found] == [({}, None)] * 2


def test_a_missing_romanised_version_is_made_and_a_given_one_is_kept():
    wanted = READ | {"wanted": ("original", "romanized")}
    given = track(romanized="as it was typed", original="तेरा नाम")
    found, _ = versions.read([given, track(1, original="तेरा नाम")], **wanted)
    assert found[0].versions["romanized"] == ("as it was typed",)
    assert found[1].versions["romanized"] == ("tera naam",)
    alone, _ = versions.read([track(1, original="तेरा नाम")], **READ)
    assert "romanized" not in alone[0].versions  # nobody asked for it


def test_a_file_that_cannot_be_read_is_reported_and_the_track_is_kept(tmp_path):
    found, unread = versions.read([track(original=tmp_path / "no.txt")], **READ)
    assert found[0].versions == {}
    assert "The track is kept without it." in unread[0].reason
    assert unread[0].track_id == "t0"


def test_only_songs_without_a_translation_are_translated_and_each_once():
    asked = []

    def translate(songs):
        asked.extend(songs)
        return [tuple(line.upper() for line in lines) for lines, _ in songs]

    wanted = READ | {"wanted": ("translated",), "translate": translate}
    text = "mi corazón es tuyo y tu amor es mío"
    tracks = [track(i, original=text) for i in range(2)]
    tracks += [track(2, original=text, translated="my heart"), track(3)]
    found, _ = versions.read(tracks, **wanted)
    assert asked == [((text,), "spanish")]
    lines = [one.versions.get("translated") for one in found]
    assert lines == [(text.upper(),), (text.upper(),), ("my heart",), None]


def test_a_romanised_text_alone_tells_its_language():
    text = "\n".join(["tera naam mere dil mein hai", "mujhe pyaar hai tumse"] * 2)
    found, _ = versions.read([track(romanized=text)], **READ)
    assert found[0].language.language == "hindi" and found[0].language.romanized
