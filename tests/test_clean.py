import time
import unicodedata

import pytest
from conftest import shared
from hypothesis import given
from hypothesis import strategies as st

from vaejax.text.clean import DROPS, key, lines
from vaejax.text.files import LIMIT_BYTES, has_words, read_text

ALL = tuple(DROPS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[00:12.00]One line\n[00:15]Two <00:16.00>lines", ["One line", "Two lines"]),
        ("[01:00:12.345][00:20.1]Sung twice", ["Sung twice"]),
        ("[ar:Somebody]\n[ti: A title]\n[offset:-200]\nA line", ["A line"]),
        ("[12:30 train] leaves at 7:15", ["[12:30 train] leaves at 7:15"]),
    ],
)
def test_times_and_headers_of_lrc_files_are_dropped(text, expected):
    assert lines(text, drop=["timestamps"]) == expected


@pytest.mark.parametrize(
    "tag",
    [
        *("[Chorus]", "[Verse 1: Someone & Friend]", "[Hook]:", "[Instrumental]"),
        *("(Chorus)", "(chorus) :", "(Hook 2x)", "{Bridge}", "[Jane Doe]", "[x2] [x3]"),
        *("Chorus:", "CHORUS", "Verse 2", "Refrain x2", "Pre-Chorus", "Chorus (2x)"),
        *("[Estribillo]", "Coro:", "[Puente: Alguien]", "Verso 1:", "Solo:"),
        *("[كورس]", "لازمة:", "অন্তরা", "[स्थायी]", "मुखड़ा:"),
        *("(x2)", "2x", "[x 3]", "(২)", "×4"),
    ],
)
def test_a_tag_is_no_line(tag):
    assert lines(f"{tag}\nsung", drop=["tags"]) == ["sung"]


@pytest.mark.parametrize(
    ("line", "sung"),
    [
        ("[Chorus] I sing", "I sing"),
        ("[Verse 2: X]I sing", "I sing"),
        ("Chorus: I sing", "I sing"),
        ("(Coro) Yo canto", "Yo canto"),
        ("I sing (x2)", "I sing"),
        ("I sing (2x).", "I sing."),
        ("I sing x3", "I sing"),
        ("I sing [x2] [x3]", "I sing"),
        ("I sing)×2", "I sing)"),
        ("আমি গাই (২)", "আমি গাই"),
        ("আমি গাই…(২ বার)", "আমি গাই…"),
        ("Yo canto (bis)", "Yo canto"),
    ],
)
def test_a_tag_or_a_count_beside_words_leaves_the_words(line, sung):
    assert lines(line, drop=["tags"]) == [sung]


@pytest.mark.parametrize(
    "line",
    [
        "Lyrics: A. Name",
        "Lyrics & Music: A. Name",
        "Written by A. Name and B. Name",
        "Words and music by A. Name",
        "Composer - A. Name",
        "Letra y música: A. Nombre",
        "Producido por A. Nombre",
        "كلمات: فلان",
        "ألحان : فلان",
        "গীতিকার: কেউ",
        "কথা ও সুর ঃ কেউ",
        "गीतकार - कोई",
        "lyrics por:",
        "You might also like",
        "12 Contributors",
        "123Embed",
        "Embed",
        "Found at https://example.org/1",
        "www.example.org",
        "example.com",
        "© 2020 A Label",
        "Copyright 2020 A Label",
        "See A Name LiveGet tickets as low as $33",
        "******* This Lyrics is NOT for Commercial use *******",
    ],
)
def test_credits_are_dropped(line):
    assert lines(f"{line}\nsung", drop=["credits"]) == ["sung"]


def test_what_a_website_glues_to_the_last_line_is_dropped():
    assert lines("I love you12Embed", drop=["credits"]) == ["I love you"]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Written by the hand of love",
            "Music is my lover",
            "The singer and the song",
        ),
        *("I wrote the lyrics for you", "Solo", "solo tú", "Drop it", "All of me"),
        *("Break my heart", "Repeat after me: I am strong", "She said: do not go"),
        *("Nobody loved you - no no", "I was 17", "Take 2", "(hey)", "(Ooh) I sing"),
        *(
            "[things are] always the same",
            "I (2) sing",
            "solve for x",
            "Artist of life",
        ),
        *("শিল্পী আমি তোমাদেরই গান শোনাবো", "সুর দাও", "يا كلمات الحب", "la letra de amor"),
        *("Embedded in my heart", "copyrights of the heart", "Both of us", "DNA"),
    ],
)
def test_what_may_be_sung_stays(line):
    assert lines(line, drop=ALL) == [unicodedata.normalize("NFC", line)]


def test_a_line_is_kept_where_it_comes_first():
    text = "One\nTwo!\n\none\nTWO\n(two)\nThree\nحَبِيبِي\nحبيـبي"
    assert lines(text, drop=["repeats"]) == ["One", "Two!", "Three", "حَبِيبِي"]
    assert len(lines(text, drop=[])) == 8


def test_nothing_is_dropped_unasked():
    text = "[Chorus]\nLyrics: X\n[00:12.00]la (x2)"
    assert lines(text, drop=()) == text.splitlines()


def test_an_unknown_name_is_refused_with_a_hint():
    with pytest.raises(ValueError, match=r"'tag' is not known. Did you mean 'tags'\?"):
        lines("la", drop=["tag"])


def test_lines_are_nfc_with_single_spaces_and_without_invisible_characters():
    text = "\ufeffe\u0301l\u00a0 \u200bcanto\u200e \u202ey\x07 a\u00adqui\u0301\u2028x"
    assert lines(text, drop=()) == ["él canto y aquí", "x"]


def test_joiners_stay_inside_a_word_and_nowhere_else():
    assert lines("\u200dর\u200d্যাব\u200c আমি\u200d", drop=()) == ["র\u200d্যাব আমি"]
    assert lines("a\u200d\u200d b", drop=()) == ["a b"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u09df", "\u09af\u09bc"),
        ("হৃদ\u09dfে ব\u09dc", "হৃদয়ে বড়"),
        ("Corazón, ¡ven!", "CORAZO\u0301N VEN"),
        ("حَبِيبِـــي", "حبيبي"),
        ("أحبك إلى آخر", "احبك الى اخر"),
        ("على", "علي"),
        ("र\u200dक्\u200cष", "रक्ष"),
        ("Straße", "STRASSE"),
        ("ﬁre (fire)", "fire fire"),
        ("I'm   here...", "i\u2019m here"),
        ("ya", "ＹＡ"),
    ],
)
def test_spellings_of_one_line_have_one_key(one, other):
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("কি", "কী"), ("año", "ano"), ("दिन", "दीन"), ("حب", "حبي")]
)
def test_other_words_have_another_key(one, other):
    assert key(one) != key(other)


@given(st.text(max_size=60))
def test_any_text_gives_clean_lines(text):
    found = lines(text, drop=ALL)
    for line in found:
        assert line == " ".join(line.split()) == unicodedata.normalize("NFC", line)
        assert has_words(line) or any(map(str.isalpha, line))
    assert len({key(line) for line in found}) == len(found)
    assert lines(text, drop=ALL) == found


@pytest.mark.parametrize(
    "part", ["[", "(2)", ", ", "1", "[Chorus", "www", "Embed", "a "]
)
def test_a_line_of_any_length_takes_linear_time_and_stays_whole(part):
    text = part * (LIMIT_BYTES // 20 // len(part)) + "x"
    started = time.process_time()
    (line,) = lines(text, drop=ALL)
    assert time.process_time() - started < 3
    assert line == " ".join(text.split())


def test_awkward_files_give_the_lines_of_their_text():
    folder = shared("awkward") / "lyrics"
    found = {path.stem: lines(read_text(path), drop=ALL) for path in folder.iterdir()}
    without = {"empty", "whitespace", "only_section_tags", "emoji_only"}
    assert {name for name, rows in found.items() if not rows} == without
    assert found["lrc_timestamps"] == ["Line one", "Line two word"]
    assert found["cp1256_arabic"] == ["يا حبيبي تعال"]
    assert len(found["latin1_spanish"]) == 2
    assert len(found["arabic_tashkeel_tatweel"]) == 2
    assert len(found["mixed_script"]) == len(found["binary_nul"]) == 1
    assert found["bengali_u09df"] == found["bengali_nfd_nukta"] == found["utf16_bom"]
    assert found["utf8_bom_crlf"] == found["utf16_bom"]
    assert set(found["utf16_bom"]) <= set(found["very_long_200k"])


def test_a_line_is_in_nfc_where_a_joiner_stood_before_a_mark():
    assert lines("i\u200c\u200d\u0301 e\u00ad\u0301", drop=()) == ["í é"]
