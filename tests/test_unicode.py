"""Texts are composed as Unicode says, in a time that grows with their length."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vaejax.unicode import MOST_MARKS, nfc


@given(st.text())
@settings(max_examples=300, derandomize=True, deadline=None)
def test_a_text_is_in_nfc(text):
    assert nfc(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", ["—" * 100, "🎵" * 50, "a" * 99 + "é", "ক্ষ" * 40])
def test_what_people_write_stays(text):
    assert nfc(text) == text


def test_a_letter_has_a_few_marks_and_no_more():
    assert nfc("xe" + "\u0301" * 200 + "y") == "xé" + "\u0301" * (MOST_MARKS - 1) + "y"
    assert nfc("—" * 50 + "\u0301" * 50) == "—" * 50 + "\u0301" * MOST_MARKS


def test_a_million_marks_take_no_longer_than_a_million_letters():
    started = time.process_time()
    nfc("a" + "\u0301" * 500_000 + "\u0323" * 500_000)
    nfc("\u0301\u0323" * 500_000)
    assert time.process_time() - started < 10
