import time

import pytest
from conftest import shared
from hypothesis import given
from hypothesis import strategies as st

from vaejax.text.files import LIMIT_BYTES, has_words, read_text

BANGLA = "য়ে আমার সোনার বাংলা\nআমি তোমায় ভালোবাসি\n"
ARABIC = "يا حبيبي تعال\nحَبِيبي يا نور العين\n"
SPANISH = "Corazón, ¿qué será de mí?\nMañana en la montaña, pingüino\n"
FRENCH = "Où es-tu l'été, à Noël ça brûle\nÉTÉ DÉJÀ\n"


def text_of(folder, data):
    path = folder / "song.txt"
    path.write_bytes(data)
    return read_text(path)


@pytest.mark.parametrize("text", [BANGLA, ARABIC, SPANISH, "plain\n", ""])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_encodings_give_the_text_back(tmp_path, text, encoding):
    assert text_of(tmp_path, text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ARABIC, "cp1256"),
        (SPANISH, "latin-1"),
        (FRENCH, "latin-1"),
        ("“Corazón” – ñ\n", "cp1252"),
        ("no \x81 letter, ñ\n", "latin-1"),
    ],
)
def test_one_byte_encodings_are_told_apart(tmp_path, text, encoding):
    assert text_of(tmp_path, text.encode(encoding)) == text


def test_utf8_with_a_damaged_letter_loses_that_letter_only(tmp_path):
    assert text_of(tmp_path, BANGLA.encode()[:-2]) == BANGLA[:-2]


def test_line_ends_are_unified_and_nul_bytes_dropped(tmp_path):
    assert text_of(tmp_path, b"a\r\nb\rc\n\0d") == "a\nb\nc\nd"


def test_a_file_above_the_limit_is_refused_by_name(tmp_path):
    assert len(text_of(tmp_path, b"a" * LIMIT_BYTES)) == LIMIT_BYTES
    with pytest.raises(ValueError, match=r"'song.txt' is larger than 4 MB.*one song"):
        text_of(tmp_path, b"a" * (LIMIT_BYTES + 1))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(tmp_path_factory, data):
    text = text_of(tmp_path_factory.getbasetemp(), data)
    assert "\r" not in text and "\0" not in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        (" \n\t\u00a0", False),
        ("[Intro]\n[Verse 1]\n", False),
        ("[00:12.00]\n[00:15.30]<00:16.00>", False),
        ("[ar:Artist]\n[00:12.00]Line", True),
        ("🎵🎶💔", False),
        ("1 2 3 ...", False),
        ("[Chorus]\nla", True),
        ("[never closed", True),
        ("আমি", True),
        ("يا", True),
    ],
)
def test_words_are_letters_outside_tags_and_time_stamps(text, expected):
    assert has_words(text) is expected


def test_many_open_brackets_do_not_take_quadratic_time():
    started = time.process_time()
    assert not has_words("[" * LIMIT_BYTES)
    assert time.process_time() - started < 10


def test_every_awkward_file_is_read():
    folder = shared("awkward") / "lyrics"
    texts = {path.stem: read_text(path) for path in folder.iterdir()}
    without = {"empty", "whitespace", "only_section_tags", "emoji_only"}
    assert {name for name, text in texts.items() if not has_words(text)} == without
    assert texts["cp1256_arabic"].startswith("يا حبيبي تعال\n")
    assert texts["latin1_spanish"].startswith("Corazón, ¿qué será")
    assert texts["utf16_bom"] == texts["bengali_u09df"] == texts["utf8_bom_crlf"]
