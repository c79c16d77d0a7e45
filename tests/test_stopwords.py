"""Words that say nothing, and the words of songs that are left without them."""

import importlib
import unicodedata
from collections import Counter

import numpy as np
import pytest

from vaejax.songbook.lyrics import stock
from vaejax.text import keywords, stopwords
from vaejax.text.keywords import words_of

SCRIPTS = {"arabic": "ARABIC", "bangla": "BENGALI", "hindi": "DEVANAGARI"}


def listed(language: str) -> list[str]:
    return importlib.import_module(f"vaejax.text.stopwords.{language}").WORDS.split()


@pytest.mark.parametrize("language", stopwords.LANGUAGES)
def test_a_list_has_each_word_once_as_lyrics_spell_it(language):
    words = listed(language)
    assert len(words) > 300 and len(set(words)) == len(words)
    for word in words:
        assert word == unicodedata.normalize("NFC", word.casefold())
        assert not any(0x64B <= ord(c) < 0x660 for c in word)


@pytest.mark.parametrize(("language", "script"), SCRIPTS.items())
def test_a_list_has_its_own_script_and_latin_letters_and_no_other(language, script):
    scripts = Counter(
        unicodedata.name(c).split()[0]
        for word in listed(language)
        for c in word
        if c.isalpha()
    )
    assert set(scripts) == {script, "LATIN"} and min(scripts.values()) > 300


def test_all_five_lists_are_read_at_once_and_only_once():
    assert stopwords.words() is stopwords.words()
    assert {"the", "porque", "في", "আমার", "नहीं", "tumhara"} <= stopwords.words()


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("And I will always love you, oh yeah", ["love"]),
        ("Ooooh la la la, don't you know it's the NIGHT’s end", ["night", "end"]),
        ("Y yo te quiero como la luna al cielo", ["luna", "cielo"]),
        ("أنا في اللَّيْـل يا قمر", ["الليل", "قمر"]),
        ("আমার সোনার বাংলা আমি তোমায় ভালোবাসি", ["সোনার", "বাংলা", "ভালোবাসি"]),
        ("मैं तेरे दिल में हूँ", ["दिल"]),
        ("main tere dil mein hoon", ["dil"]),
        ("ami tomar moner nodi", ["moner", "nodi"]),
        ("ana 7abibi ya 3omri", ["7abibi", "3omri"]),
        ("loooove lalalala nananana 1999 x 7 ♥ !!", ["love"]),
        ("'cause rock'n'roll", ["rock'n'roll"]),
        ("", []),
    ],
)
def test_what_is_left_of_a_line_is_what_it_is_about(line, left):
    assert list(words_of([line]).elements()) == left


def test_spellings_of_one_word_are_counted_together():
    found = words_of(["Camión", "CAMIO\u0301N", "قمر قَمَر قمـر", "أمل امل"])
    assert found == {"camión": 2, "قمر": 3, "امل": 2}


def test_joiners_stay_where_they_shape_a_conjunct():
    assert list(words_of(["র\u200d্যাব \u200dনদী\u200c"])) == ["র\u200d্যাব", "নদী"]


@pytest.mark.parametrize("language", stopwords.LANGUAGES)
def test_stop_words_are_a_good_part_of_a_song_and_never_all_of_it(language):
    lines = [line for theme in stock(language).values() for line in theme]
    for texts in ([x.original for x in lines], [x.romanized for x in lines]):
        n_words = sum(len(text.split()) for text in texts)
        assert 0.4 < words_of(texts).total() / n_words < 0.9


def test_key_words_are_those_of_the_formula():
    words = [{"river": 3, "night": 1}, {"river": 1, "night": 2}]
    words += [{"night": 4, "fire": 1}, {"night": 1, "fire": 1}]
    classes = np.array([0, 0, 1, 1])
    songs = np.array(["a", "b", "c", "d"])
    members = {c: classes == c for c in (0, 1)}
    # A = 14 / 2; river 4 log(1 + 7/4) = 4.05, night 3 log(1 + 7/8) = 1.89 in class 0;
    # night 5 log(1 + 7/8) = 3.14, fire 2 log(1 + 7/2) = 3.01 in class 1.
    found = keywords.of_classes(members, songs, words)
    assert found == {0: ("river", "night"), 1: ("night", "fire")}


def test_a_word_of_one_song_is_no_key_word_however_many_clips_it_has():
    words = [{"river": 9, "night": 1}, {"river": 9, "night": 1}, {"night": 1}, {}]
    members = {0: np.full(4, True)}
    songs = np.array(["a", "a", "b", "c"])
    assert keywords.of_classes(members, songs, words) == {0: ("night",)}


def test_at_most_eight_key_words_and_none_without_lyrics():
    words = [{f"word{i}": 1 for i in range(20)}] * 2 + [{}, {}]
    classes, songs = np.array([0, 0, 1, 1]), np.arange(4)
    members = {c: classes == c for c in (0, 1)}
    found = keywords.of_classes(members, songs, words)
    assert len(found[0]) == 8 and found[1] == ()
    assert found[0] == tuple(sorted(found[0]))  # equals stand in alphabetical order
