"""Tables as papers and spreadsheets write them, character by character."""

import csv
import shutil
import subprocess

import pytest

from vaejax import tables
from vaejax.tables import Estimate, Table

TABLE = Table(
    "scores",
    "ARI & co.",
    "k = 5; 100 %",
    ("model", "ARI", "p"),
    [
        ("vae_mlp | a", Estimate(0.5, 0.0125), 0.001),
        ("raw", Estimate(-0.01, None), None),
    ],
    frozenset({(0, 1)}),
)


@pytest.mark.parametrize(
    "cell, text",
    [
        (Estimate(0.5, 0.0125), ".500 ±.013"),
        (Estimate(-0.25, None), "-.250"),
        (Estimate(-0.0004, 0.0), ".000 ±.000"),
        (Estimate(1234.56, 12.3), "1235 ±12"),
        (0.001, ".001"),
        (tables.P(0.0001), "<.001"),
        (tables.P(0.02), ".020"),
        (7, "7"),
        ("mel", "mel"),
        (None, "–"),
        (float("nan"), "nan"),
    ],
)
def test_cells_are_shown_as_the_project_writes_numbers(cell, text):
    assert tables.shown(cell) == text


def test_a_csv_has_one_number_a_cell():
    rows = list(csv.reader(tables.as_csv(TABLE).splitlines()))
    assert rows == [
        ["model", "ARI", "ARI std", "p"],
        ["vae_mlp | a", "0.5", "0.0125", "0.001"],
        ["raw", "-0.01", "", ""],
    ]


def test_markdown_keeps_its_columns_whatever_names_hold():
    lines = tables.as_markdown(TABLE).splitlines()
    assert lines[0] == "**ARI & co.**"
    assert lines[4] == r"| vae_mlp \| a | **.500 ±.013** | .001 |"
    assert lines[-1] == "k = 5; 100 %"


def test_latex_is_booktabs_and_escaped():
    text = tables.as_latex(TABLE)
    assert r"\caption{ARI \& co.}" in text and r"\begin{tabular}{lrr}" in text
    assert r"vae\_mlp | a & $\mathbf{.500 \pm .013}$ & $.001$ \\" in text
    assert r"raw & $-.010$ & -- \\" in text
    assert [text.count(rf"\{rule}rule") for rule in ("top", "mid", "bottom")] == [1] * 3


def test_latex_compiles(tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex is not installed")
    text = r"\documentclass{article}\usepackage{booktabs}\begin{document}"
    (tmp_path / "t.tex").write_text(text + tables.as_latex(TABLE) + r"\end{document}")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


def test_every_format_is_written(tmp_path):
    tables.write(tmp_path / "tables", [TABLE])
    names = sorted(path.name for path in (tmp_path / "tables").iterdir())
    assert names == ["scores.csv", "scores.md", "scores.tex"]
