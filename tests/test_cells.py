"""No cell of a table is a formula, and every text comes back as it was."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vaejax.cells import as_csv, guarded, read, unguarded

ANY = st.text() | st.text(alphabet="'\"=+-@\t\r\n ＝1.e%a")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "@SUM(A1)",
        "+1+1",
        "-1+1",
        "-2+3+cmd|' /C calc'!A0",
        "\t=1",
        "\r=1",
        '"=1"',
        "'=1",
        " =1",
        "\u00a0=1",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "- a song -",
        "-",
        "+49 30 1234",
    ],
)
def test_what_a_spreadsheet_would_run_is_text(text):
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "a", "a=1", "1", "-1", "+1.5", "-.5", "-1e-9", "-5%", "-inf", "nan", "'n Sync"]
    + ["it's", "“=1”", "বাংলা", "'", '"quoted"'],
)
def test_what_no_spreadsheet_runs_stays(text):
    assert guarded(text) == unguarded(text) == text


@given(ANY)
@example("''=1")
@example("'-1")
@settings(max_examples=500, derandomize=True, deadline=None)
def test_every_text_comes_back_as_it_was(text):
    assert unguarded(guarded(text)) == text


@given(ANY)
@settings(max_examples=500, derandomize=True, deadline=None)
def test_no_guarded_text_begins_like_a_formula(text):
    written = guarded(text)
    number = written.lower().strip("+-.%0123456789eE") in ("", "inf", "nan")
    assert number or not written.startswith(tuple("=+-@\t\r\n＝＋－＠"))


@given(ANY, ANY)
@settings(max_examples=500, derandomize=True, deadline=None)
def test_two_texts_are_never_written_alike(one, other):
    assert (guarded(one) == guarded(other)) == (one == other)


@given(st.lists(st.tuples(ANY, ANY), max_size=5))
def test_a_table_is_read_back_as_it_was_written(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("cells") / "table.csv"
    text = as_csv(("=a", "b"), [(*row, -1.5, None) for row in rows])
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    header, *found = read(path)
    assert header == ["=a", "b"]
    assert found == [[*row, "-1.5", ""] for row in rows]
