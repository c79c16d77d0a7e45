"""Pages that are made when the site is: README, and the parts of others that repeat it.

No number is written twice: scores of a model are rows of README's tables, as they stand
there, and options are those of its config. The reference has a page a module, in the
order in which README lists them.
"""

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parent
PACKAGE = ROOT / "vaejax"
MODELS = HERE / "models"
MADE = HERE / "reference"  # not under version control
NO_PAGE = ("__init__", "base", "study", "fusion_study")  # of configs: no model's
FUSIONS = ("early", "late", "weighted", "attention", "poe", "mopoe")
ROWS = {"fusion": FUSIONS}  # what tables call a page; else they use its title


class Table(NamedTuple):
    """Some lines of a table of README, and where it stands."""

    section: str
    above: str  # the paragraph that says what it is about
    lines: tuple[str, ...]  # two of the header, then rows
    below: str  # the paragraph that says what to make of it


def setup(app):
    """Writes the reference before the sources are read, and completes the others."""
    app.connect("builder-inited", _write_reference)
    app.connect("source-read", _complete)


def _write_reference(app):
    MADE.mkdir(exist_ok=True)
    wanted = reference()
    for path in MADE.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = MADE / name
        if not path.exists() or path.read_text() != text:  # else it is built again
            path.write_text(text)


def _complete(app, docname, source):
    if docname == "index":
        source[0] = linked(readme(), "..") + "\n" + source[0]
    elif docname == "contributing":
        source[0] = (ROOT / "CONTRIBUTING.md").read_text()
    elif docname == "models/index":
        source[0] += about_configs()
    elif docname.startswith("models/"):
        source[0] += about_model(docname.removeprefix("models/"))


def readme() -> str:
    """The text of README."""
    return (ROOT / "README.md").read_text()


def linked(text: str, root: str) -> str:
    """Text of README for a page that the path `root` leads to the repository from.

    What stands on both sides of ± stays on its line.
    """
    text = text.replace(" ± ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}")
    text = re.sub(r"\]\((?!#|https?:)", f"]({root}/", text)
    text = text.replace("](../CONTRIBUTING.md)", "](contributing.md)")
    return text if root == ".." else text.replace("](#", "](../index.md#")


def modules() -> list[str]:
    """Every module of the package that is not private."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        if not any(part.startswith("_") for part in name.split(".")):
            found.append(name)
    return found


def reference() -> dict[str, str]:
    """{file: text}: a page a module, and the index."""
    names = modules()
    found = {}
    for name in names:
        inner = [n for n in names if n.rpartition(".")[0] == name]
        title = name.removeprefix("vaejax.")
        text = f"{title}\n{'=' * len(title)}\n\n.. automodule:: {name}\n"
        if inner and name != "vaejax":
            text += "\n.. toctree::\n   :maxdepth: 1\n\n"
            text += "".join(f"   {n}\n" for n in inner)
        found[f"{name}.rst"] = text
    found["index.md"] = reference_index(names)
    return found


def reference_index(names: list[str]) -> str:
    """README's list of modules, every name a link, and the order of the navigation."""
    (rows,) = [t.lines for t in tables() if t.lines[2].startswith("| `core.py`")]
    order: list[str] = []

    def link(match: re.Match) -> str:
        path = match[1].removesuffix(".py").rstrip("/").replace("/", ".")
        name = f"vaejax.{path}"
        if name not in names:
            return match[0]
        order.append(name)
        return f"[`{match[1]}`]({name}.rst)"

    listed = [re.sub(r"`([\w/]+(?:\.py|/))`", link, row) for row in rows]
    top = [n for n in names if n.count(".") == 1]
    order = [n for n in dict.fromkeys(order) if n in top]
    tree = [*order, *(n for n in top if n not in order)]
    return "\n".join(
        (
            *("# Reference", "", "In the order of imports: a module knows those above"),
            *("it.", "", *listed, "", "```{toctree}", ":hidden:", "", "vaejax"),
            *tree,
            *("```", ""),
        )
    )


def tables() -> list[Table]:
    """All tables of README."""
    found, section = [], ""
    blocks = ["", *readme().strip().split("\n\n"), "", ""]
    for i, block in enumerate(blocks):
        if heading := re.match(r"#+ (.*)", block):
            section = heading[1]
        elif block.startswith("|"):
            leads_on = blocks[i + 2].startswith("|")  # below it is above the next
            below = "" if leads_on else _prose(blocks[i + 1])
            lines = tuple(block.split("\n"))
            found.append(Table(section, _prose(blocks[i - 1]), lines, below))
    return found


def _prose(block: str) -> str:
    return "" if block.startswith(("|", "```", "#")) else block


def titles() -> dict[str, str]:
    """{page: its title}, of all pages of models."""
    return {
        path.stem: path.read_text().split("\n", 1)[0].removeprefix("# ")
        for path in sorted(MODELS.glob("*.md"))
        if path.stem != "index"
    }


def scores(page: str) -> list[Table]:
    """The tables of README in which a model stands, or its rows of lists of configs."""
    names = ROWS.get(page, (titles()[page],))
    called = re.compile(rf"\| (?:{'|'.join(names)})(?:,| \+| \|)", re.I)
    files = tuple(f"](configs/{config}.py)" for config in configs()[page])
    found = []
    for table in tables():
        if any(map(called.match, table.lines[2:])):
            found.append(table)
        elif own := [row for row in table.lines[2:] if any(f in row for f in files)]:
            found.append(table._replace(lines=(*table.lines[:2], *own)))
    return found


def remarks(page: str) -> list[str]:
    """The paragraphs of README that begin with the file of one of its configs."""
    names = tuple(f"`{config}.py` " for config in configs()[page])
    return [block for block in readme().split("\n\n") if block.startswith(names)]


def configs() -> dict[str, list[str]]:
    """{page: the configs that it is about}, its own first."""
    found: dict[str, list[str]] = {page: [] for page in titles()}
    for path in sorted((ROOT / "configs").glob("*.py")):
        if path.stem not in NO_PAGE:
            page = path.stem if path.stem in found else options(path.stem)["model.name"]
            found[page].append(path.stem)
    return {
        page: sorted(names, key=lambda n: n != page) for page, names in found.items()
    }


def options(config: str) -> dict[str, object]:
    """{section.key: value} of a config."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    made = import_module(f"configs.{config}").get_config()
    return {
        f"{section}.{key}": value
        for section, keys in made.items()
        for key, value in keys.items()
    }


def own_options(config: str) -> list[str]:
    """The options of its model, and others that differ from the defaults, as code."""
    defaults, found = options("base"), options(config)
    return [
        f"config.{name} = {value!r}"
        for name, value in found.items()
        if name.startswith("model.") or value != defaults.get(name)
    ]


def about_model(page: str) -> str:
    """What follows the mathematics of a model: configs, scores, code."""
    parts = ["\n\n## Config\n"]
    for name in configs()[page]:
        code = "\n".join(own_options(name))
        parts += [
            f"`configs/{name}.py`: {purpose(name)}\n",
            f"```python\n{code}\n```\n",
        ]
    parts += ["Every other option is that of [base.py](index.md#defaults).\n"]
    parts += ["## Measured scores\n"]
    parts += [linked(f"{measured(table)}\n", "../..") for table in scores(page)]
    parts += [linked(f"{text}\n", "../..") for text in remarks(page)]
    return "\n".join(parts)


def measured(table: Table) -> str:
    """The table with its command, and what README says above and below it."""
    above, below = table.above, table.below
    lines = "\n".join(table.lines)
    command = ""
    paths = re.findall(r"\]\((configs/\w+\.py)\)", lines)
    if paths and not re.search(r"python\s+launch/", lines):
        run = [f"`python launch/train.py --config={path}`" for path in paths]
        command = f"Command: {', '.join(run)}; options that go with it are named here."
    from_ = f"From README, *{table.section}*."
    return "\n\n".join(filter(None, (above, lines, command, below, from_)))


def purpose(config: str) -> str:
    """The first line of a config's docstring."""
    return import_module(f"configs.{config}").__doc__.split("\n", 1)[0]


def about_configs() -> str:
    """Every option with its default, as it stands in the source."""
    code = (ROOT / "configs" / "base.py").read_text()
    return f"\n## Defaults\n\n`configs/base.py`:\n\n```python\n{code}```\n"
