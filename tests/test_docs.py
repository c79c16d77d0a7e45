"""The documentation covers the package, and repeats README without a hand between."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vaejax import models

ROOT = Path(__file__).parents[1]
DOCS, PACKAGE = ROOT / ".docs", ROOT / "vaejax"
README = (ROOT / "README.md").read_text()


def module(name: str):
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


pages = module("pages")
PAGES = sorted(pages.titles())


def text_of(page: str) -> str:
    """The page of a model as it is built."""
    source = (DOCS / "models" / f"{page}.md").read_text()
    return source + pages.about_model(page)


def reached() -> set[str]:
    """Every page that the navigation leads to, from the first one."""
    made = {f"reference/{Path(n).stem}": t for n, t in pages.reference().items()}
    made |= {
        str(path.relative_to(DOCS).with_suffix("")): path.read_text()
        for path in DOCS.rglob("*.md")
        if "reference" not in path.parts
    }
    found, waiting = set(), ["index"]
    while waiting:
        name = waiting.pop()
        found.add(name)
        for tree in re.findall(r"toctree(?:\}|::)\n(.*?)(?:```|\Z)", made[name], re.S):
            folder = Path(name).parent
            entries = [line.strip() for line in tree.splitlines()]
            names = [e for e in entries if e and not e.startswith(":")]
            waiting += [str(folder / entry) for entry in names]
    return found


def test_the_navigation_leads_to_every_public_module_and_every_page():
    there = reached()
    files = (path.relative_to(ROOT).with_suffix("") for path in PACKAGE.rglob("*.py"))
    names = {".".join(path.parts).removesuffix(".__init__") for path in files}
    modules = {name for name in names if "._" not in name}
    assert len(modules) > 150
    assert {f"reference/{name}" for name in modules} < there
    assert {f"models/{name}" for name in PAGES} < there


def test_every_model_and_every_config_has_a_page():
    of_page = pages.configs()
    assert set(models.NAMES) <= set(of_page)
    configs = {path.stem for path in (ROOT / "configs").glob("*.py")}
    assert sorted(sum(of_page.values(), [])) == sorted(configs - {*pages.NO_PAGE})
    assert all(names[0] == page for page, names in of_page.items())


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_formulas_papers_and_options(page):
    text = text_of(page)
    assert "$$" in text and "**Paper" in text
    assert "`vaejax." in text  # the code
    for name in pages.configs()[page]:
        assert f"configs/{name}.py" in text
    assert re.search(r"^config\.model\.name = '\w+'$", text, re.M)


@pytest.mark.parametrize("page", PAGES)
def test_the_scores_of_a_page_are_lines_of_the_readme(page):
    lines, n_scores = README.splitlines(), 0
    for table in pages.scores(page):
        assert len(table.lines) > 2 and set(table.lines) <= set(lines)
        n_scores += sum(row.count("±") for row in table.lines[2:])
        built = text_of(page).replace("\N{NO-BREAK SPACE}", " ")
        for row in table.lines:
            assert row.replace("](configs/", "](../../configs/") in built
        section = [t for t in pages.scores(page) if t.section == table.section]
        said = " ".join(map(pages.measured, section))  # the first may say it for all
        assert re.search(r"`make \w+`|python\s+launch/\w+", said)
    assert n_scores


@pytest.mark.parametrize("name", models.NAMES)
def test_a_page_names_the_papers_of_its_module(name):
    papers = re.findall(r"arXiv:[\d.]+\d", source_of(name))
    assert [paper for paper in papers if paper not in text_of(name)] == []


def source_of(name: str) -> str:
    return (ROOT / "vaejax" / "models" / f"{name}.py").read_text()


def test_tables_of_the_readme_come_with_the_sentences_about_them():
    first = pages.scores("vade")[0]
    assert first.section == "Two commands"
    assert first.above.startswith("What comes out: ARI against the eight genres")
    assert first.below.startswith("And what its report makes of that")
    assert [row.split("|")[1].strip() for row in first.lines[2:]].count("VaDE") == 1


def test_plain_docstrings_become_restructured_text():
    rest = module("docstrings")
    text = """VaDE, by `p(c | x)`.

    loss = a * b

Where q(z|x) is `q`, see labels_.

Args:
  *rest: of `x`.
  z: more
    of it.
"""
    assert "\n".join(rest.as_rest(text.split("\n"))) == (
        "VaDE, by ``p(c | x)``.\n\n::\n\n    loss = a * b\n\n"
        "Where q(z\\|x) is ``q``, see labels\\_.\n\n"
        "Args:\n  \\*rest: of ``x``.\n  z: more\n    of it.\n"
    )


def test_fields_are_shown_with_the_comments_beside_them():
    from vaejax.core import Rejected, Track
    from vaejax.tables import P

    rest = module("docstrings")
    assert rest.fields(Rejected) == "file_name: str\ntrack_id: str\nreason: str"
    assert "path: Path  # where the audio is" in rest.fields(Track)
    assert rest.fields(P) == ""


def test_the_pages_are_made_without_a_warning(tmp_path):
    for name in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(name, reason="requirements-docs.txt is not installed")
    made = subprocess.run(
        [sys.executable, "-m", "sphinx", "-qW", "--keep-going", str(DOCS), tmp_path],
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    assert "<math" in (tmp_path / "models" / "vade.html").read_text()
