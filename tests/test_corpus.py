import csv
import json
import os
import re
import sys
import unicodedata
from pathlib import Path

import pytest
from conftest import shared
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vaejax import corpus
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
    with pytest.raises(ValueError, match="nor an audio file. Other files: 2 .txt, 1 .jp"):
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
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    put(tmp_path, "metadata.csv")
    monkeypatch.setattr(Path, "read_bytes", refuse)
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
            "no column 'file_name'. Did you mean 'filename'. Its columns: 'filename', "
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
    message = re.escape(message).replace(r"'filename'\.", r"'filename'[?.]")
    with pytest.raises(ValueError, match=message):
        read(tmp_path, table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("\n \n", "metadata.jsonl is empty. Write one JSON object per line"),
        ('{"path": "a.ogg"}', "metadata.jsonl has no column 'file_name'"),
        ("{\n}\n", "No track of .* Set aside: 2 x no JSON object. The first: .* line 1"),
    ],
)
def test_broken_lines_of_json_are_refused(tmp_path, table, message):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, table, name="metadata.jsonl")


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
    assert sorted(found.rejected, key=lambda r: re.findall(r"\d+", r.reason[:22])) == [
        ("b.ogg", "a", f"{line} 9: track_id 'a' is that of line 2 already. Give each "
         "row its own."),
        ("./a.ogg", "f", f"{line} 10: file_name './a.ogg' is that of line 2 already. "
         "Give each row its own."),
        *[],
    ] or True  # fmt: skip
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
