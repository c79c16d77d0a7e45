import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaejax.songbook.lyrics import stock
from vaejax.text.romanize import ROMANIZERS, _open_uroman, romanized


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        ("तेरा नाम", "tera naam"),
        ("दुनिया में ज़िंदगी", "duniya mein zindagi"),
        ("समझना लड़की", "samajhna ladki"),
        ("आई गए हुई लिए", "aayi gaye hui liye"),
        ("मित्र दोस्त न व", "mitra dost na va"),
        ("लंबी अँधेरा मैंने हूँ", "lambi andhera maine hoon"),
        ("নদী আমার", "nodi amar"),
        ("আমরা তোমরা", "amra tomra"),
        ("কেন করব ভালবাসা", "keno korbo bhalobasha"),
        ("শূন্য স্বপ্ন বিশ্ব সন্ধ্যা", "shunno shopno bissho shondha"),
        ("হাওয়া লক্ষ জ্ঞান", "haowa lokkho gyan"),
        ("অন্ধ রাত মেঘ বিরহ", "ondho rat megh biroho"),
        ("يا ليل", "ya layl"),
        ("البيت والشمس للنور", "al-beet wash-shamas lin-noor"),
        ("الشَّمْسُ", "ash-shamsu"),
        ("حَبِيبِـــي", "habeebi"),
        ("مَدِينَةٌ مدينة", "madeenatun madeena"),
        ("كتاب قلبا قالوا", "kataab qalba qaalu"),
        ("بَيْت يَوْم", "bayt yawm"),
        ("وأنا", "wa ana"),
    ],
)
def test_words_are_written_as_songs_write_them(original, expected):
    assert romanized(original, by="tables") == expected


@pytest.mark.parametrize("by", ["tables", "anyascii"])
@pytest.mark.parametrize(
    "line",
    [
        "",
        "Hello, it's me",
        "Corazón, ¿qué será?",
        "“Où” – naïve… ½ №1",
        "🎵 la 🎶",
        "\t",
    ],
)
def test_latin_text_comes_back_as_it_is(line, by):
    assert romanized(line, by=by) == unicodedata.normalize("NFC", line)


@pytest.mark.parametrize("by", ["tables", "anyascii"])
def test_a_mixed_line_keeps_its_latin_words_and_its_spaces(by):
    made = romanized("I love you,  আমি — corazón ১২ ٣", by=by)
    assert made == "I love you,  ami — corazón 12 3"


def test_both_spellings_of_a_bangla_letter_are_one():
    one, other = (
        romanized(f"হ\u09c3দ{ya}", by="tables") for ya in ("\u09df", "\u09af\u09bc")
    )
    assert one == other == "hridoy"


def test_other_scripts_are_left_to_anyascii():
    assert romanized("мир Ελλάδα", by="tables") == romanized(
        "мир Ελλάδα", by="anyascii"
    )
    assert romanized("мир", by="tables") == "mir"
    assert romanized("میں ہے", by="tables").isascii()  # Urdu


@given(st.text(alphabet="कखिा्ंँড়ানর্যব\u09bc\u200dيوالةَُّْءاaé 1।؟", max_size=12))
def test_any_letters_become_latin_without_an_error(line):
    made = romanized(line, by="tables")
    assert all(c < "\u0300" or c == "\u200d" for c in made)


def error_rate(language, by):
    """Letters to change per letter of the songbook's own romanisation."""
    changed = total = 0
    for lines in stock(language).values():
        for line in lines:
            made, given = romanized(line.original, by=by), line.romanized
            changed += distance(made, given)
            total += len(given)
    return changed / total


def distance(one, other):
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


@pytest.mark.parametrize(
    ("language", "limit"), [("hindi", 0.03), ("bangla", 0.02), ("arabic", 0.25)]
)
def test_the_tables_are_nearer_to_the_songbook_than_anyascii(language, limit):
    assert error_rate(language, "tables") < limit
    assert error_rate(language, "anyascii") > 4 / 3 * error_rate(language, "tables")


def test_uroman_that_is_not_installed_is_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "uroman", None)
    _open_uroman.cache_clear()
    with pytest.raises(ValueError, match="pip install uroman.*'tables'"):
        romanized("মা", by="uroman")
    assert romanized("Latin needs no package", by="uroman") == "Latin needs no package"


def test_uroman_romanises_when_it_is_there():
    pytest.importorskip("uroman")
    _open_uroman.cache_clear()
    assert romanized("नाम, corazón", by="uroman") == "naam, corazón"


def test_the_default_is_the_first():
    assert list(ROMANIZERS) == ["tables", "anyascii", "uroman"]


@pytest.mark.parametrize("letter", ["ক", "ক্ষ", "ह", "ल", "ي", "ლ"])
@pytest.mark.parametrize("by", ["tables", "anyascii"])
def test_a_word_of_any_length_takes_linear_time(letter, by):
    started = time.process_time()
    assert romanized(letter * 20_000, by=by).isascii()
    assert time.process_time() - started < 5
