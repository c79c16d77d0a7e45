"""Words in Devanagari and in Bengali letters as Hindi and Bangla songs romanise them.

A consonant carries a vowel that is not written, `a` in Hindi and `o` in Bangla. Speech
leaves it out at the end of a word, and in Hindi between V C _ C V (Ohala 1983).
"""

import itertools
import re
import unicodedata
from typing import NamedTuple

from anyascii import anyascii

from vaejax.text.syllables import NASAL, Unit, joined, pairs, shortened, without_schwas


class _Script(NamedTuple):
    """The letters of an Indic script; one with a nukta is a key of two characters."""

    consonants: dict[str, str]
    vowels: dict[str, str]  # independent ones
    signs: dict[str, str]  # vowels of a consonant
    codas: dict[str, str]
    virama: str
    inherent: str


_DEVANAGARI = _Script(
    consonants=pairs(
        "क ख ग घ ङ च छ ज झ ञ ट ठ ड ढ ण त थ द ध न प फ ब भ म य र ल ळ व श ष स ह"
        " क़ ख़ ग़ ज़ झ़ ड़ ढ़ फ़",
        "k kh g gh n ch chh j jh n t th d dh n t th d dh n p ph b bh m y r l l v sh sh"
        " s h q kh gh z zh d dh f",
    ),
    vowels=pairs("अ आ इ ई उ ऊ ऋ ए ऐ ओ औ ऑ", "a aa i ee u oo ri e ai o au o"),
    signs=pairs("ा ि ी ु ू ृ े ै ो ौ ॉ ॅ", "aa i ee u oo ri e ai o au o e"),
    codas={"ं": NASAL, "ँ": "n", "ः": "h"},
    virama="्",
    inherent="a",
)
_BENGALI = _Script(
    consonants=pairs(
        "ক খ গ ঘ ঙ চ ছ জ ঝ ঞ ট ঠ ড ঢ ণ ত থ দ ধ ন প ফ ব ভ ম য র ল শ ষ স হ ড় ঢ় য় ৎ ৱ",
        "k kh g gh ng ch chh j jh n t th d dh n t th d dh n p ph b bh m j r l sh sh S h"
        " r rh y t w",  # S: s before some letters, else sh
    ),
    vowels=pairs("অ আ ই ঈ উ ঊ ঋ এ ঐ ও ঔ", "o a i i u u ri e oi o ou"),
    signs=pairs("া ি ী ু ূ ৃ ে ৈ ো ৌ", "a i i u u ri e oi o ou"),
    codas={"ং": "ng", "ঁ": "n", "ঃ": ""},
    virama="্",
    inherent="o",
)


_JOINERS = re.compile("[\u200c\u200d]")  # they choose a shape, not a sound


def _units(word: str, script: _Script) -> list[Unit]:
    """The word as consonants with their vowels; other letters are anyascii's."""
    found: list[Unit] = []
    i = 0
    while i < len(word):
        size = 2 if word[i : i + 2] in script.consonants else 1
        letter = word[i : i + size]
        i += size
        if letter in script.consonants:
            found.append(Unit(script.consonants[letter], script.inherent, True))
        elif letter in script.vowels:
            found.append(Unit("", script.vowels[letter]))
        elif found and letter in script.signs:
            found[-1] = found[-1]._replace(vowel=script.signs[letter], inherent=False)
        elif found and letter == script.virama:
            found[-1] = found[-1]._replace(vowel="", inherent=False)
        elif found and letter in script.codas:
            found[-1] = found[-1]._replace(coda=script.codas[letter])
        elif letter.isalpha():
            found.append(Unit("", anyascii(letter)))
    return found


_HINDI_WORDS = pairs("में यह वह न", "mein yeh woh na")


def hindi(word: str) -> str:
    """A word in Devanagari."""
    if word in _HINDI_WORDS:
        return _HINDI_WORDS[word]
    units = _units(_JOINERS.sub("", word), _DEVANAGARI)
    if len(units) > 1 and units[-1].inherent and not units[-1].coda:
        liquid = units[-1].onset in ("y", "r", "v") and not units[-2].vowel
        units[-1] = units[-1]._replace(vowel="a" if liquid else "")  # mitra, but dost
    for i, (before, unit) in enumerate(itertools.pairwise(units), 1):
        if (
            not unit.onset
            and unit.vowel in ("e", "ee")
            and before.vowel[:1] in {"a", "i"}
        ):
            units[i] = unit._replace(onset="y")  # gayi, liye
    text = shortened(joined(without_schwas(units)))
    return re.sub("~(?=[bmp])", "m", text.replace("~n", "n")).replace("~", "n")


# What is written with a final consonant and said with an o.
_BANGLA_OPEN = frozenset(
    unicodedata.normalize(
        "NFC",
        "কেন যেন হেন ছোট বড় ভাল কাল ছিল গেল দিল নিল এল হল রইল হইল যত তত কত এত শত মত তব মম"
        " নব কর বল চল ধর যাব পাব খাব চাব গাব দেব নেব হব রব কব",
    ).split()
)
_BANGLA_FUTURE = re.compile(
    "(?:কর|বল|চল|ধর|মর|থাক|দেখ|রাখ|শুন|জান|ভাব|আস|বাস|হাস|কাঁদ|ফির|খুঁজ|বাঁধ|পার|ছাড়|লিখ|বাঁচ"
    "|ডাক|মান|উড়|ঘুর|ভুল|হার)ব"
)
_BANGLA_RESPELLED = (  # clusters as they are said; ্ joins two consonants
    ("ভালবাস", "ভালোবাস"),
    ("ওয়(?=[ািে])", "ওৱ"),
    ("^ক্ষ", "খ"),
    ("ক্ষ", "ক্খ"),
    ("^জ্ঞ", "গ্য়"),
    ("জ্ঞ", "গ্গ"),
    ("^(.)্য(?!়)", r"\1্য়"),
    ("^(.)্ব", r"\1"),
    ("(?<=্)(.)্(?:য(?!়)|ব)", r"\1"),
    ("([^র])্য(?!়)", r"\1্\1"),
    ("([^মর])্ব", r"\1্\1"),
)
_BANGLA_RESPELLED = tuple(
    (re.compile(unicodedata.normalize("NFC", old)), unicodedata.normalize("NFC", new))
    for old, new in _BANGLA_RESPELLED
)
_BANGLA_ENDINGS = frozenset(
    "be ben bo bi te tam to le lam lo li la chhe chhi chho chhen chhilo chhilam chhile"
    " ti ta tai tuku ke ker ra der gulo".split()
)


def bangla(word: str) -> str:
    """A word in Bengali letters; its inherent vowel goes before endings, and last."""
    word = _JOINERS.sub("", word)
    if word in _BANGLA_OPEN or _BANGLA_FUTURE.fullmatch(word):
        word += "ো"
    for pattern, said in _BANGLA_RESPELLED:
        word = pattern.sub(said, word)
    units = _units(word, _BENGALI)
    last = units[-1] if len(units) > 1 else Unit("")
    if last.inherent and not last.coda and last.onset != "h" and units[-2].vowel:
        units[-1] = last._replace(vowel="")
    for i in range(1, len(units) - 1):
        ending = joined(units[i + 1 :]) in _BANGLA_ENDINGS
        if ending and units[i].inherent and not units[i].coda and units[i - 1].vowel:
            units[i] = units[i]._replace(vowel="")
    text = joined(units).replace("ngg", "ng")
    text = re.sub("S(?=[tkpnrlm])|sh(?=[rl])", "s", text).replace("S", "sh")
    return re.sub(r"([kgcjtdpbs])h\1h", r"\1\1h", text)
