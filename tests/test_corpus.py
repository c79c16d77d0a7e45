import csv
import json
import os
import re
import shutil
import sys
import unicodedata
from pathlib import Path

import pytest
from conftest import shared
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vaejax import contents, corpus, store, table
from vaejax.core import Rejected

SPELLINGS = ("গান_\u09df.ogg", "গান_\u09af\u09bc.ogg")  # one name, twice


def put(root, *names, data=b""):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def read(root, table=None, *, allow_outside=False, name="metadata.csv"):
    if table is not None:
        data = table if isinstance(table, bytes) else table.encode()
        (root / name).write_bytes(data)
    return corpus.read(root, allow_outside=allow_outside)


def ids(found):
    return [track.track_id for track in found.tracks]


def reasons(found):
    return [row.reason for row in found.rejected]


# The folder


def test_a_root_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"config.data.root='.*absent' does not exist"):
        read(tmp_path / "absent")
    put(tmp_path, "metadata.csv")
    with pytest.raises(ValueError, match="is a file. Give the folder that holds it"):
        read(tmp_path / "metadata.csv")


def test_an_empty_root_and_one_without_audio_are_refused(tmp_path):
    with pytest.raises(ValueError, match="is empty. Put metadata.csv or audio"):
        read(tmp_path)
    (tmp_path / "pop").mkdir()
    with pytest.raises(ValueError, match="Other files: none"):
        read(tmp_path)
    put(tmp_path, "cover.jpg", "pop/a.txt", "pop/b.txt")
    with pytest.raises(
        ValueError, match="nor an audio file. Other files: 2 .txt, 1 .jp"
    ):
        read(tmp_path)


def test_a_root_that_cannot_be_listed_is_refused(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ValueError, match="cannot be read: Permission denied"):
        read(tmp_path)


def test_two_tables_are_refused(tmp_path):
    put(tmp_path, "metadata.csv", "metadata.jsonl")
    with pytest.raises(ValueError, match="holds metadata.csv and metadata.jsonl. Keep"):
        read(tmp_path)


def test_a_table_that_cannot_be_opened_is_refused(tmp_path, monkeypatch):
    def refuse(path, mode):
        raise PermissionError(13, "Permission denied")

    put(tmp_path, "metadata.csv")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ValueError, match="metadata.csv cannot be read: Permission"):
        read(tmp_path)


# The table


def test_a_row_becomes_a_track(tmp_path):
    put(tmp_path, "audio/a.ogg", "l/a.txt", "l/r.txt", "l/t.txt")
    header = "file_name,track_id,song_id,title,artist,language,genre,lyrics_file"
    header += ",romanized_file,translated_file,Mood,year\n"
    row = "audio/a.ogg,t1,s1,Title,Artist,Bangla,Pop,l/a.txt,l/r.txt,l/t.txt,calm,007\n"
    (track,) = read(tmp_path, header + row).tracks
    assert track._replace(columns={}, lyrics={}) == (
        *("t1", tmp_path / "audio/a.ogg", "audio/a.ogg", "s1", "Title", "Artist"),
        *({}, {}),
    )
    assert track.columns == {
        **{"language": "Bangla", "genre": "Pop"},
        **{"Mood": "calm", "year": "007"},
    }
    assert track.lyrics == {
        "original": tmp_path / "l/a.txt",
        "romanized": tmp_path / "l/r.txt",
        "translated": tmp_path / "l/t.txt",
    }


def test_what_a_row_leaves_out_has_defaults(tmp_path):
    put(tmp_path, "audio/My Song.ogg")
    (track,) = read(tmp_path, "file_name\naudio/My Song.ogg\n").tracks
    assert (track.track_id, track.song_id) == ("audio/My Song", "audio/My Song")
    assert (track.title, track.artist, track.lyrics) == ("My Song", "", {})
    assert track.columns == {"language": "", "genre": ""}


def test_default_ids_keep_the_extension_where_it_is_needed(tmp_path):
    names = ["a.ogg", "a.wav", "b.two.mp3.ogg", "b.two.mp3", "c", "d.ogg", "e.ogg"]
    put(tmp_path, *names)
    found = read(tmp_path, "file_name,track_id\n" + ",\n".join(names) + ",d\n")
    assert ids(found) == sorted(
        ["a.ogg", "a.wav", "b.two.mp3.ogg", "b.two", "c", "d.ogg", "d"]
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_spreadsheets_are_understood(tmp_path, encoding, end, delimiter):
    put(tmp_path, "গান, ১; x.ogg", "b.ogg")
    rows = [
        [" File_Name ", "GENRE", "Mood ", "", ""],
        ["", " ", "", "", ""],
        ['"গান, ১; x.ogg"', "  Pop ", '"two\nlines, ""quoted"""', "", ""],
        [],
        ["b.ogg"],
    ]
    table = end.join(delimiter.join(row) for row in rows) + end
    found = read(tmp_path, table.encode(encoding))
    assert not found.rejected
    assert [(t.file_name, *t.columns.values()) for t in found.tracks] == [
        ("b.ogg", "", "", ""),
        ("গান, ১; x.ogg", "", "Pop", 'two lines, "quoted"'),
    ]


def test_lines_of_json_are_read_with_numbers_as_written(tmp_path):
    put(tmp_path, "a.ogg", "b.ogg")
    found = read(
        tmp_path,
        '{"file_name": "a.ogg", "year": 1990, "bpm": 30.00, "ok": true, "x": null}\r\n'
        "\n"
        '{"file_name": "b.ogg", "tags": ["é"], "t\\ud800": "\\u0000y", "n": NaN}\n'
        "[1]\n" + "[" * 100_000 + "\n{broken\n"
        '{"genre": "pop"}\n',
        name="metadata.jsonl",
    )
    first, second = (track.columns for track in found.tracks)
    assert {k: v for k, v in first.items() if v} == {
        **{"year": "1990", "bpm": "30.00", "ok": "true"},
    }
    assert {k: v for k, v in second.items() if v} == {
        **{"tags": '["é"]', "t?": "y", "n": "NaN"}
    }
    assert list(first) == list(second)
    assert reasons(found) == [
        *(
            f"metadata.jsonl, line {n}: no JSON object. Write one object per line."
            for n in (4, 5, 6)
        ),
        "metadata.jsonl, line 7: there is no file_name. Name the audio file.",
    ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "metadata.csv is empty. Its first line names the columns"),
        ("\ufeff\r\n\n", "metadata.csv is empty"),
        ("file_name,genre\n", "has a header and no rows"),
        (
            "filename,genre\na.ogg,x\n",
            "no column 'file_name'. Did you mean 'filename'? Its columns: 'filename', "
            "'genre'. Optional are track_id, song_id",
        ),
        ("x;y\na;b\n", "no column 'file_name'. Its columns: 'x', 'y'"),
        ("file_name,x,x\na.ogg,1,2\n", "metadata.csv: column 'x' is there twice"),
        ("file_name,Genre,genre\na.ogg,1,2\n", "column 'genre' is there twice"),
        ('"file_name"x,genre\n', "line 1: ',' expected after"),
        (
            'file_name,title\na.ogg,A\nb.ogg,"B\nc.ogg,C\n',
            "metadata.csv, line 3: a quote opens in this row and is never closed",
        ),
        (b"file_name\na.ogg\ncaf\xe9.ogg\n", "line 3: byte 0xE9 is not UTF-8. Save"),
        (b"\xff\xfea\0\n\0\0", "line 2: byte 0x00 is not UTF-16"),
        ("file_name\n\na\0.ogg\n", "line 3: a NUL byte. Save the table as UTF-8"),
    ],
)
def test_a_broken_table_is_refused(tmp_path, table, message):
    put(tmp_path, "a.ogg")
    with pytest.raises(ValueError, match=re.escape(message)):
        read(tmp_path, table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("\n \n", "metadata.jsonl is empty. Write one JSON object per line"),
        ('{"path": "a.ogg"}', "metadata.jsonl has no column 'file_name'"),
        (
            "{\n}\n",
            "No track of .* Set aside: 2 x no JSON object. The first: .* line 1",
        ),
    ],
)
def test_broken_lines_of_json_are_refused(tmp_path, table, message):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, table, name="metadata.jsonl")


def test_columns_without_end_are_refused(tmp_path):
    put(tmp_path, "a.ogg")
    header = ",".join(["file_name", *(f"file-name{i}" for i in range(10**5))])
    with pytest.raises(ValueError, match="has 100001 columns; at most 1000 are read"):
        read(tmp_path, f"{header}\na.ogg\n")
    (tmp_path / "metadata.csv").unlink()
    rows = "\n".join(f'{{"file_name": "a.ogg", "x{i}": 1}}' for i in range(2000))
    with pytest.raises(ValueError, match="has 2001 columns; at most 1000 are read"):
        read(tmp_path, rows, name="metadata.jsonl")


def test_a_table_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "LIMIT_BYTES", 2**10)
    put(tmp_path, "a.ogg")
    with pytest.raises(ValueError, match="metadata.csv is larger than 0 GB"):
        read(tmp_path, "file_name\n" + "a.ogg\n" * 1000)


@pytest.mark.parametrize(
    "value",
    [
        "[" * 10**5,
        '{"a":' * 10**4,
        "[" * 900 + "]" * 900,
        "9" * 10**5,
        '"\\ud800\\u0000"',
    ],
)
def test_values_of_json_without_end_cost_their_row_or_nothing(tmp_path, value):
    put(tmp_path, "a.ogg", "b.ogg")
    rows = f'{{"file_name": "a.ogg", "x": {value}}}\n{{"file_name": "b.ogg"}}\n'
    found = read(tmp_path, rows, name="metadata.jsonl")
    assert len(found.tracks) + len(found.rejected) == 2
    assert found.tracks[-1].file_name == "b.ogg"
    json.dumps(found.tracks[0].columns).encode()


def test_bad_rows_are_set_aside_and_the_others_go_on(tmp_path):
    put(tmp_path, "a.ogg", "b.ogg", "folder.wav/keep.txt")
    table = """file_name,track_id,genre
a.ogg,a,pop
gone/004.wav,x,pop
,y,pop
b.ogg,b,pop,rock
"b.ogg"!,c,pop
folder.wav,d,pop
https://example.org/a.ogg,e,pop
b.ogg,a,pop
./a.ogg,f,pop
b.ogg,b,pop
"""
    found = read(tmp_path, table)
    assert ids(found) == ["a", "b"]
    line = "metadata.csv, line"
    by_line = {int(re.search(r"line (\d+)", r.reason)[1]): r for r in found.rejected}
    expected = {
        3: "'gone/004.wav' does not exist. Paths are relative to metadata.csv.",
        4: "there is no file_name. Name the audio file.",
        5: "4 values for 3 columns. Put quotes around a value that holds ','.",
        6: "',' expected after '\"'. Write \"\" for a quote inside a quoted value.",
        7: "'folder.wav' is a folder. Name a file.",
        8: "'https://example.org/a.ogg' is a web address. Download it, name the file.",
        9: "track_id 'a' is that of line 2 already. Give each row its own.",
        10: "file_name './a.ogg' is that of line 2 already. Give each row its own.",
    }
    assert {n: r.reason for n, r in by_line.items()} == {
        n: f"{line} {n}: {reason}" for n, reason in expected.items()
    }
    assert by_line[3][:2] == ("gone/004.wav", "x")
    assert by_line[5][:2] == ("b.ogg", "b")


def test_when_no_row_is_left_the_reasons_are_counted(tmp_path):
    put(tmp_path, "other.ogg")
    message = (
        r"No track of config.data.root='.*' can be used. Set aside: 2 x '...' does not "
        r"exist; 1 x '...' is a web address. The first: metadata.csv, line 2: 'a.ogg'"
    )
    with pytest.raises(ValueError, match=message):
        read(tmp_path, "file_name\na.ogg\nb.ogg\nftp://x/c.ogg\n")


def test_long_values_are_shortened_in_messages(tmp_path):
    put(tmp_path, "a.ogg")
    found = read(tmp_path, f"file_name\na.ogg\n{'x' * 300_000}\n")
    assert len(reasons(found)[0]) < 400


def test_two_spellings_of_a_label_are_one_and_case_is_kept(tmp_path):
    put(tmp_path, "a.ogg", "b.ogg")
    rows = [
        f"{n}.ogg,{s[:-4]},{s[:-4]}\n" for n, s in zip("ab", SPELLINGS, strict=True)
    ]
    found = read(tmp_path, "file_name,song_id,genre\n" + "".join(rows))
    first, second = found.tracks
    assert first.song_id == second.song_id == "গান_\u09af\u09bc"
    assert first.columns["genre"] == second.columns["genre"]


# Names


@pytest.mark.parametrize("on_disk", ["NFC", "NFD", "as typed"])
@pytest.mark.parametrize("in_table", ["NFC", "NFD", "as typed"])
@pytest.mark.parametrize("name", ["গ\u09dfনা/\u09a1\u09bc\u09dc.ogg", "أغنية/آه.ogg"])
def test_names_are_found_in_any_unicode_form(tmp_path, name, on_disk, in_table):
    def form(kind):
        return name if kind == "as typed" else unicodedata.normalize(kind, name)

    put(tmp_path, form(on_disk), "z.ogg")
    found = read(tmp_path, f"file_name\n{form(in_table)}\n")
    assert [track.path for track in found.tracks] == [tmp_path / form(on_disk)]
    assert found.tracks[0].file_name == form(in_table)


def test_the_exact_name_wins_over_another_spelling(tmp_path):
    put(tmp_path, *SPELLINGS)
    found = read(tmp_path, "file_name\n" + "\n".join(SPELLINGS))
    assert {track.path.name for track in found.tracks} == set(SPELLINGS)
    assert all(track.path.name == track.file_name for track in found.tracks)


def test_a_name_with_two_candidates_is_set_aside_naming_both(tmp_path):
    put(tmp_path, "a.ogg")
    names = ["e\u0323\u0302.ogg", "e\u0302\u0323.ogg", "\u1ec7.ogg"]
    put(tmp_path, *names[:2])
    found = read(tmp_path, f"file_name\na.ogg\n{names[2]}\n")
    assert ids(found) == ["a"]
    assert reasons(found) == [
        f"metadata.csv, line 3: '{names[2]}' could be 'e\\u0302\\u0323.ogg' or "
        "'e\\u0323\\u0302.ogg', which differ only in Unicode form. Write one of them "
        "exactly."
    ]


def test_slashes_of_either_kind_and_blanks_around_names_are_read(tmp_path):
    put(tmp_path, "audio/x/a.ogg", "audio/x/b.ogg", " c.ogg", "d\\e.ogg")
    table = "file_name\naudio\\x\\a.ogg\n./audio//x/b.ogg\nc.ogg\nd\\e.ogg\n"
    found = read(tmp_path, table)
    assert ids(found) == ["audio/x/a", "audio/x/b", "c", "d/e"]
    assert found.tracks[3].path == tmp_path / "d\\e.ogg"


def test_a_pipe_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    put(tmp_path, "a.ogg")
    found = read(tmp_path, "file_name\na.ogg\npipe.wav\n")
    message = "'pipe.wav' is not a regular file, or a link to nothing."
    assert reasons(found) == [f"metadata.csv, line 3: {message}"]
    (tmp_path / "metadata.csv").unlink()
    assert reasons(read(tmp_path)) == [message]


# Staying inside


@pytest.fixture
def inside(tmp_path):
    """A folder of songs with a secret beside it and links that lead there."""
    put(tmp_path, "outside/secret.ogg", "outside/secret.txt")
    root = tmp_path / "songs"
    put(root, "a.ogg", "sub/b.ogg")
    (root / "out.ogg").symlink_to(tmp_path / "outside/secret.ogg")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "in.ogg").symlink_to(root / "a.ogg")
    (root / "in").symlink_to(root / "sub")
    (root / "loop").symlink_to(root)
    return root


STAY = "Copy it into the folder, or set config.data.allow_outside=True."


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../outside/secret.ogg", "leads out of a folder by '..'."),
        ("sub/../a.ogg", "leads out of a folder by '..'."),
        ("..\\outside\\secret.ogg", "leads out of a folder by '..'."),
        ("/etc/passwd", "is an absolute path."),
        ("//host/share/a.ogg", "is an absolute path."),
        ("C:\\music\\a.ogg", "is an absolute path."),
        ("out.ogg", "leads outside the folder by a symbolic link."),
        ("out/secret.ogg", "leads outside the folder by a symbolic link."),
    ],
)
def test_rows_that_lead_outside_are_set_aside(inside, name, why):
    found = read(inside, f"file_name\na.ogg\n{name}\n")
    assert ids(found) == ["a"]
    (reason,) = reasons(found)
    assert reason.startswith("metadata.csv, line 3: ")
    assert f" {why} {STAY}" in reason


def test_links_that_stay_inside_are_followed(inside):
    found = read(inside, "file_name\nin.ogg\nin/b.ogg\nloop/a.ogg\n")
    assert ids(found) == ["in", "in/b", "loop/a"]
    assert not found.rejected


def test_rows_may_lead_outside_where_that_is_allowed(inside):
    secret = inside.parent / "outside/secret.ogg"
    names = ["../outside/secret.ogg", str(secret), "out.ogg", "out/secret.ogg"]
    found = read(inside, "file_name\n" + "\n".join(names), allow_outside=True)
    assert len(found.tracks) == 4 and not found.rejected
    assert all(track.path.samefile(secret) for track in found.tracks)
    found = read(inside, "file_name\na.ogg\n../none/x.ogg\n/none\n", allow_outside=True)
    assert ids(found) == ["a"]
    assert all("does not exist" in reason for reason in reasons(found))


def test_lyrics_that_lead_outside_are_dropped_and_the_track_stays(inside):
    found = read(inside, "file_name,lyrics_file\na.ogg,../outside/secret.txt\n")
    assert found.tracks[0].lyrics == {}
    assert found.rejected == (
        Rejected(
            "../outside/secret.txt",
            "a",
            "metadata.csv, line 2: lyrics_file '../outside/secret.txt' leads out of a "
            f"folder by '..'. {STAY} The track is kept without it.",
        ),
    )


def test_a_table_that_is_a_link_to_the_outside_is_refused(inside):
    (inside / "metadata.csv").symlink_to("/etc/passwd")
    with pytest.raises(
        ValueError, match="'metadata.csv' leads outside the folder by a"
    ):
        read(inside)


def test_folders_outside_are_walked_only_where_that_is_allowed(inside):
    found = read(inside)
    assert ids(found) == ["a", "in", "sub/b"]
    why = f"leads outside the folder by a symbolic link. {STAY}"
    assert reasons(found) == [f"'out' {why}", f"'out.ogg' {why}"]
    (inside.parent / "outside/again").symlink_to(inside.parent / "outside")
    (inside / "up").symlink_to(inside.parent)
    found = read(inside, allow_outside=True)
    assert ids(found) == ["a", "in", "out", "out/secret", "sub/b"]


OPENED = []  # empty while nobody looks; an audit hook cannot be taken away again
sys.addaudithook(
    lambda event, args: (
        OPENED.append(args[0])
        if OPENED and event in ("open", "os.scandir", "os.listdir")
        else None
    )
)

PARTS = st.sampled_from(
    ["a.ogg", "sub", "b.ogg", "..", ".", "/", "\\", "out", "out.ogg", "in", "loop"]
    + [
        "secret.ogg",
        "secret.txt",
        "outside",
        "~",
        "C:",
        "",
        "\udc80",
        "\0",
        "/etc/passwd",
    ]
)
CELLS = st.lists(PARTS, max_size=5).map("/".join) | st.lists(PARTS).map("".join)
CELLS |= st.text(max_size=8)
HEADS = st.permutations(["file_name", "lyrics_file", "track_id", "genre", "lyrics"])
CSV = st.builds(
    lambda head, rows: "\n".join(map(",".join, [head, *rows])),
    HEADS,
    st.lists(st.lists(CELLS, max_size=6), max_size=6),
)
JSONL = st.lists(
    st.dictionaries(
        st.sampled_from(["file_name", "romanized_file", "x"]) | st.text(max_size=3),
        CELLS | st.none() | st.floats() | st.lists(st.integers(), max_size=2),
        max_size=4,
    )
).map(lambda rows: "\n".join(map(json.dumps, rows)))
TABLES = st.one_of(
    st.tuples(st.just("metadata.csv"), CSV),
    st.tuples(st.just("metadata.jsonl"), JSONL),
    st.tuples(st.sampled_from(corpus.TABLES), st.text()),
).map(lambda pair: (pair[0], pair[1].encode("utf-8", "replace")))
TABLES |= st.tuples(st.sampled_from(corpus.TABLES), st.binary(max_size=60))


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(table=TABLES)
def test_no_table_reaches_outside_or_fails_in_another_way(inside, table):
    for name in corpus.TABLES:
        (inside / name).unlink(missing_ok=True)
    (inside / table[0]).write_bytes(table[1])
    OPENED.append(str(inside))
    try:
        found = corpus.read(inside, allow_outside=False)
        corpus.describe(corpus.statistics(found.tracks, found.rejected))
    except ValueError:
        found = corpus.Corpus((), ())
    finally:
        opened, OPENED[:] = list(OPENED), []
    texts = [value for track in found.tracks for value in track.lyrics.values()]
    paths = [track.path for track in found.tracks]
    paths += [text for text in texts if isinstance(text, Path)]
    for path in [*opened, *paths]:
        assert Path(path).resolve().is_relative_to(inside.resolve()), path
    corpus.fingerprint(found.tracks, {})


# Lyrics of a table


def test_a_missing_lyrics_file_leaves_the_track_and_a_note(tmp_path):
    put(tmp_path, "a.ogg", "l.txt")
    table = "file_name,lyrics_file,romanized_file\na.ogg,none.txt,l.txt\n"
    found = read(tmp_path, table)
    assert found.tracks[0].lyrics == {"romanized": tmp_path / "l.txt"}
    assert found.rejected == (
        Rejected(
            "none.txt",
            "a",
            "metadata.csv, line 2: lyrics_file 'none.txt' does not exist. Paths are "
            "relative to metadata.csv. The track is kept without it.",
        ),
    )


def test_lyrics_in_the_table_go_before_those_in_a_file(tmp_path):
    put(tmp_path, "a.ogg", "l.txt")
    words = "word " * 100_000  # longer than the default limit of a CSV field
    found = read(tmp_path, f"file_name,lyrics,lyrics_file\na.ogg,{words},l.txt\n")
    assert found.tracks[0].lyrics == {"original": words.strip()}
    assert csv.field_size_limit() == 131_072


def test_lyrics_that_are_too_large_are_dropped(tmp_path):
    put(tmp_path, "a.ogg")
    put(tmp_path, "lyrics/a.txt", data=b"a" * (corpus.LIMIT_BYTES + 1))
    message = "'lyrics/a.txt' is larger than 4 MB. Give one song per file."
    found = read(tmp_path)
    assert (found.tracks[0].lyrics, reasons(found)) == ({}, [message])
    found = read(tmp_path, "file_name,lyrics_file\na.ogg,lyrics/a.txt\n")
    assert found.tracks[0].lyrics == {}
    assert reasons(found)[0].startswith(f"metadata.csv, line 2: lyrics_file {message}")


# Without a table


def labels(found):
    return {track.track_id: tuple(track.columns.values()) for track in found.tracks}


def test_depth_gives_the_labels(tmp_path):
    put(
        tmp_path,
        *("a.ogg", "Pop/b.MP3", "বাংলা/folk/c.wav", "bangla/folk/album/cd 1/d"),
        *("audio/e.ogg", "audio/Pop/f.ogg", "audio/hindi/raga/g.ogg"),
    )
    assert labels(read(tmp_path)) == {
        "a": ("", ""),
        "Pop/b": ("", "Pop"),
        "বাংলা/folk/c": ("বাংলা", "folk"),
        "bangla/folk/album/cd 1/d": ("bangla", "folk"),
        "audio/e": ("", ""),
        "audio/Pop/f": ("", "Pop"),
        "audio/hindi/raga/g": ("hindi", "raga"),
    }


def test_only_what_can_be_audio_is_taken(tmp_path):
    put(
        tmp_path,
        *("UPPER.WAV", "no_extension", "01. Intro", "live 1.5", "-dash.ogg", ".h.ogg"),
        *(".DS_Store", "._UPPER.WAV", ".git/x.ogg", "cover.jpg", "x/list.JPG", "y.csv"),
        *("named.wav/inner.ogg", "lyrics/sound.ogg"),
    )
    found = read(tmp_path)
    expected = ["UPPER", "no_extension", "01. Intro", "live 1.5", "-dash", ".h"]
    assert ids(found) == sorted([*expected, "named.wav/inner"])
    assert sorted(found.rejected) == [
        (f"*.{kind}", "", f"{n} file(s) end in '.{kind}', which is not read as audio.")
        for kind, n in (("csv", 1), ("jpg", 2), ("ogg", 1))
    ]


def test_a_name_that_is_not_utf8_is_set_aside(tmp_path):
    put(tmp_path, "a.ogg")
    (tmp_path / os.fsdecode(b"caf\xe9.ogg")).touch()
    found = read(tmp_path)
    assert ids(found) == ["a"]
    assert found.rejected == (
        Rejected("caf\\udce9.ogg", "", "'caf\\udce9.ogg' is not UTF-8. Rename it."),
    )


def test_a_folder_that_cannot_be_listed_is_set_aside(tmp_path, monkeypatch):
    put(tmp_path, "a.ogg", "closed/b.ogg")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = read(tmp_path)
    assert ids(found) == ["a"]
    assert found.rejected[0].file_name == "closed/"
    assert "cannot be read: Permission denied" in found.rejected[0].reason


def test_lyrics_are_matched_by_stem_in_any_spelling(tmp_path):
    first, second = (name[:-4] for name in SPELLINGS)
    put(tmp_path, f"bangla/folk/{first}.ogg", "b.ogg", "hindi/pop/c.ogg")
    put(tmp_path, f"lyrics/{second}.txt", f"lyrics/{first}.roman.txt")
    put(
        tmp_path,
        "lyrics/b.translated.txt",
        "lyrics/nobody.txt",
        "lyrics/hindi/pop/c.txt",
    )
    found = read(tmp_path)
    lyrics = {track.title: track.lyrics for track in found.tracks}
    folder = tmp_path / "lyrics"
    assert lyrics == {
        "b": {"translated": folder / "b.translated.txt"},
        "c": {"original": folder / "hindi/pop/c.txt"},
        second: {
            "original": folder / f"{second}.txt",
            "romanized": folder / f"{first}.roman.txt",
        },
    }
    assert reasons(found) == [
        "'lyrics/nobody.txt' matches no song ID. Name it one of ID.txt, ID.roman.txt, "
        "ID.translated.txt."
    ]


def test_the_nearest_lyrics_win_and_audio_is_no_level(tmp_path):
    put(tmp_path, "audio/pop/a.ogg", "audio/pop/lyrics/a.txt", "lyrics/a.txt")
    put(tmp_path, "lyrics/pop/a.roman.txt")
    found = read(tmp_path)
    assert found.tracks[0].lyrics == {
        "original": tmp_path / "audio/pop/lyrics/a.txt",
        "romanized": tmp_path / "lyrics/pop/a.roman.txt",
    }
    assert [row.file_name for row in found.rejected] == ["lyrics/a.txt"]


def test_lyrics_that_could_belong_to_several_songs_are_set_aside(tmp_path):
    put(tmp_path, "pop/01.ogg", "folk/01.ogg", "lyrics/01.txt")
    found = read(tmp_path)
    assert [track.lyrics for track in found.tracks] == [{}, {}]
    assert reasons(found) == [
        "'lyrics/01.txt' matches songs in several folders, such as 'folk/01.ogg' and "
        "'pop/01.ogg'. Put it into a lyrics/ beside its song."
    ]


def test_lyrics_in_two_spellings_of_which_none_is_exact_are_set_aside(tmp_path):
    put(tmp_path, "\u1ec7.ogg", "lyrics/e\u0323\u0302.txt", "lyrics/e\u0302\u0323.txt")
    found = read(tmp_path)
    assert found.tracks[0].lyrics == {}
    either = "'lyrics/e\\u0302\\u0323.txt' and 'lyrics/e\\u0323\\u0302.txt'"
    assert reasons(found) == 2 * [
        f"'\u1ec7.ogg' could have any of {either}. Remove all but one."
    ]


# What is told


def test_statistics_count_what_was_read(tmp_path):
    put(tmp_path, "a.ogg", "b.ogg", "c.ogg")
    put(tmp_path, "tags.txt", data=b"[Chorus]\n")
    put(tmp_path, "words.txt", data="গান".encode())
    table = """file_name,song_id,artist,language,genre,lyrics_file,romanized_file,lyrics
a.ogg,s,X,bangla,pop,tags.txt,words.txt,
b.ogg,s,X,bangla,,words.txt,none.txt,
c.ogg,,,hindi,pop,,,la la
d.ogg,,,hindi,pop,,,la la
e.ogg,,,hindi,pop,,,la la
"""
    found = read(tmp_path, table)
    counted = corpus.statistics(found.tracks, found.rejected)
    assert counted == {
        "tracks": 3,
        "songs": 2,
        "artists": 1,
        "with_lyrics": {"original": 2, "romanized": 1, "translated": 0},
        "languages": {"bangla": 2, "hindi": 1},
        "genres": {"pop": 2, "": 1},
        "set_aside": {
            "'...' does not exist": 2,
            "romanized_file '...' does not exist": 1,
        },
    }
    assert json.loads(json.dumps(counted)) == counted
    assert corpus.describe(counted).splitlines() == [
        "3 tracks of 2 songs by 1 named artists",
        "With lyrics: original 2, romanized 1, translated 0",
        "Languages: bangla 2, hindi 1",
        "Genres: pop 2, (unknown) 1",
        "Set aside:",
        "  2 x does not exist",
        "  1 x romanized_file '...' does not exist",
    ]


def test_lyrics_that_went_away_are_counted_and_not_an_error(tmp_path):
    put(tmp_path, "a.ogg", "lyrics/a.txt")
    found = read(tmp_path)
    (tmp_path / "lyrics/a.txt").unlink()
    counted = corpus.statistics(found.tracks, found.rejected)
    assert counted["with_lyrics"]["original"] == 0
    assert counted["set_aside"] == {"[Errno N] No such file or directory: '...'": 1}


def test_reasons_are_counted_without_their_particulars():
    rows = [
        Rejected("x", "", "metadata.csv, line 7: 'it\\'s. a' is odd. Mend it."),
        Rejected("x", "", 'metadata.csv, lines 8 to 9: "it\'s. b" is odd. Mend it.'),
        Rejected("x", "", "12 file(s) end in '.jpg', which is so."),
        Rejected("x", "", "3 file(s) end in '.txt', which is so."),
        Rejected("x", "", "the song's clip and the singer's lasts 0 s."),
    ]
    assert corpus.statistics([], rows)["set_aside"] == {
        "file(s) end in '...', which is so": 15,
        "'...' is odd": 2,
        "the song's clip and the singer's lasts N s": 1,
    }


def test_the_description_keeps_to_100_columns(tmp_path):
    put(tmp_path, *(f"genre number {n}/{n}.ogg" for n in range(30)))
    text = corpus.describe(corpus.statistics(*read(tmp_path)))
    assert max(map(len, text.splitlines())) <= 100
    assert "and 10 more" in text
    assert text.endswith("Set aside: none")


def test_the_fingerprint_tells_collections_apart_and_not_orders_or_places(tmp_path):
    def print_of(tracks) -> str:
        texts = [text for t in tracks for text in t.lyrics.values()]
        paths = [p for p in [t.path for t in tracks] + texts if isinstance(p, Path)]
        with store.opened(tmp_path / "cache", {}) as cache:
            found = contents.of_all(cache, paths, 2)
        return corpus.fingerprint(tracks, dict(zip(paths, found, strict=True)))

    folder = tmp_path / "songs"
    put(folder, "pop/a.ogg", "pop/b.ogg", "lyrics/a.txt", data=b"words")
    tracks = read(folder).tracks
    print_ = print_of(tracks)
    assert re.fullmatch("[0-9a-f]{16}", print_)
    assert print_of(tracks[::-1]) == print_
    copied = tmp_path / "copied"
    shutil.copytree(folder, copied, copy_function=shutil.copyfile)  # new times
    assert print_of(read(copied).tracks) == print_
    seen = {print_, print_of(tracks[:1]), corpus.fingerprint(tracks, {})}
    first = read(copied).tracks[0]
    for changed in (
        first._replace(track_id="z"),
        first._replace(columns={"language": "", "genre": "rock"}),
        first._replace(lyrics={"original": "la"}),
    ):
        seen.add(print_of([changed]))
    for name in ("pop/a.ogg", "lyrics/a.txt"):
        put(copied, name, data=b"sword")  # as long as it was
        seen.add(print_of(read(copied).tracks))
    (copied / "pop/a.ogg").unlink()
    seen.add(print_of(tracks[1:] + (first,)))
    assert len(seen) == 9


# Private collections


def test_the_awkward_folder_is_read_file_by_file():
    root = shared("awkward")
    with (root / "awkward.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    wanted = {n for n in names if "/" not in n and n != "directory_named.wav"}
    found = read(root)
    assert {track.file_name for track in found.tracks} == wanted
    assert len(set(ids(found))) == len(wanted)


def test_the_music_folder_is_read_whole():
    found = read(shared("music"))
    counted = corpus.statistics(found.tracks, found.rejected)
    assert (counted["tracks"], counted["songs"]) == (530, 349)
    assert counted["with_lyrics"]["original"] == 284
    assert counted["set_aside"] == {}
