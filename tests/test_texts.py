"""Collections of lyrics without audio."""

import pytest

from vaejax import texts


@pytest.fixture
def folder(tmp_path):
    for name, text in {
        "bangla/baul/b1.txt": "আমার গান",
        "bangla/baul/b1.roman.txt": "amar gaan",
        "english/rock/e1.txt": "my song",
        "english/rock/e1.translated.txt": "my song",
    }.items():
        path = tmp_path / "texts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "texts"


def test_a_folder_of_texts_gives_versions_and_labels(folder):
    assert texts.is_texts(folder)
    found = texts.read(folder, allow_outside=False)
    assert [t.track_id for t in found.tracks] == ["bangla/baul/b1", "english/rock/e1"]
    assert set(found.tracks[0].lyrics) == {"original", "romanized"}
    assert set(found.tracks[1].lyrics) == {"original", "translated"}
    assert found.tracks[0].columns == {"language": "bangla", "genre": "baul"}


def test_the_file_and_the_title_of_a_text_are_those_of_its_original(folder):
    (folder / "english/rock/e2.roman.txt").write_text("only romanised")
    found = texts.read(folder, allow_outside=False).tracks
    place = ("bangla/baul/b1.txt", "english/rock/e1.txt", "english/rock/e2.roman.txt")
    assert tuple(track.file_name for track in found) == place
    assert [track.path for track in found] == [folder / name for name in place]
    assert [track.title for track in found] == ["b1", "e1", "e2"]
    assert found[2].track_id == "english/rock/e2"


def test_what_is_no_text_is_set_aside(folder):
    (folder / "README").write_text("about")
    found = texts.read(folder, allow_outside=False)
    assert len(found.tracks) == 2
    assert [row.reason for row in found.rejected] == ["'README' is no .txt file."]


def test_a_folder_with_audio_or_metadata_is_no_folder_of_texts(folder):
    (folder / "a.mp3").write_bytes(b"")
    assert not texts.is_texts(folder)
    (folder / "a.mp3").unlink()
    (folder / "metadata.csv").write_text("file_name\n")
    assert not texts.is_texts(folder)
    assert not texts.is_texts(folder / "nowhere")


@pytest.mark.parametrize("column", ["file_name", "path", "lyrics_file"])
def test_a_table_names_texts_by_any_of_three_columns(folder, column):
    table = folder / "all.csv"
    table.write_text(
        f"text_id,{column},title,language,mood\n"
        "x1,bangla/baul/b1.txt,One,bangla,sad\n"
        "x2,english/rock/e1.txt,Two,english,glad\n"
        "x3,english/rock/none.txt,Three,english,glad\n"
        "x2,english/rock/e1.txt,Twice,english,glad\n"
    )
    assert texts.is_texts(table)
    found = texts.read(table, allow_outside=False)
    assert [(t.track_id, t.title) for t in found.tracks] == [
        ("x1", "One"),
        ("x2", "Two"),
    ]
    assert found.tracks[0].columns["mood"] == "sad"
    assert set(found.tracks[0].lyrics) == {"original", "romanized"}
    assert "does not exist" in found.rejected[0].reason
    assert "is there twice" in found.rejected[1].reason


def test_a_table_that_is_not_there_or_names_nothing_is_refused(folder):
    with pytest.raises(ValueError, match="none.csv' does not exist"):
        texts.read(folder / "none.csv", allow_outside=False)
    (folder / "all.csv").write_text("path\nnothing.txt\n")
    with pytest.raises(ValueError, match="holds no text. The first of 1"):
        texts.read(folder / "all.csv", allow_outside=False)


def test_a_table_cannot_reach_outside_of_its_folder(folder):
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "all.csv").write_text("path\n../secret.txt\nenglish/rock/e1.txt\n")
    found = texts.read(folder / "all.csv", allow_outside=False)
    assert [t.file_name for t in found.tracks] == ["english/rock/e1.txt"]
    assert "outside" in found.rejected[0].reason or ".." in found.rejected[0].reason


def test_a_version_beside_a_text_is_not_taken_from_outside(folder):
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "english/rock/e1.roman.txt").symlink_to(folder.parent / "secret.txt")
    table = folder / "all.csv"
    table.write_text("file_name\nenglish/rock/e1.txt\nbangla/baul/b1.txt\n")
    found = texts.read(table, allow_outside=False)
    assert [track.track_id for track in found.tracks] == ["bangla/baul/b1"]
    assert "leads outside the folder by a symbolic link" in found.rejected[0].reason
    found = texts.read(table, allow_outside=True)
    assert "romanized" in found.tracks[1].lyrics
