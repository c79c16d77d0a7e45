"""Imports go one way, and nothing heavy is imported on the way to training."""

import ast
import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "vaejax"


def imports(path: Path) -> set[str]:
    """The modules of the package that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            # `from package import name` may mean a module of the package, or a name
            found |= {f"{node.module}.{name.name}" for name in node.names}
            if not (PACKAGE.parent / (node.module or "").replace(".", "/")).is_dir():
                found.add(node.module or "")
    return {name for name in found if name.startswith("vaejax.")}


def modules() -> dict[str, set[str]]:
    """Every module and what it imports of the package."""
    names = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for path in PACKAGE.rglob("*.py")
    }
    return {
        name: {target for target in imports(path) if target in names} - {name}
        for name, path in names.items()
    }


def test_no_module_imports_itself_by_a_detour():
    graph = modules()
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name not in done:
            for target in graph[name]:
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def places() -> dict[str, int]:
    """The row of README's list that has every module, or the package it is in."""
    text = (PACKAGE.parent / "README.md").read_text()
    start = text.index("| `core.py` |")
    rows = text[start : text.index("\n\n", start)].splitlines()
    cells = [re.findall(r"`([\w/]+(?:\.py|/))`", row.split("|")[1]) for row in rows]
    listed = [(name, i) for i, names in enumerate(cells) for name in names]
    row_of = {name.removesuffix(".py").rstrip("/"): i for name, i in listed}
    assert len(row_of) == len(listed), "a module is listed twice"
    return {name: row_of[name.split(".")[1]] for name in modules() if name != "vaejax"}


def test_imports_go_up_the_list_of_the_readme():
    place = places()
    down = [
        (name, target)
        for name, used in modules().items()
        for target in used - {"vaejax"}
        if name != "vaejax" and place[target] > place[name]
    ]
    assert down == []


def test_only_experiment_knows_the_whole_program():
    graph = modules()
    knows = sorted(name for name, used in graph.items() if "vaejax.experiment" in used)
    # which run some of them, or open one
    assert knows == ["vaejax.estimators.songs", "vaejax.repeat", "vaejax.study"]
    assert not graph["vaejax.core"]


def test_models_know_nothing_of_files_training_or_clusters():
    allowed = {"core", "gaussian", "networks", "mixture", "models"}
    for name, used in modules().items():
        if name.startswith("vaejax.models"):
            assert {target.split(".")[1] for target in used} <= allowed, name


def test_the_start_of_a_run_imports_nothing_that_it_may_not_need():
    heavy = ("umap", "matplotlib", "librosa", "transformers", "sklearn", "numba")
    code = (
        "import sys, vaejax.experiment, vaejax.corpus, vaejax.features\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_files_and_functions_stay_readable():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text()
        assert text.count("\n") <= 350, f"{path} is too long: look for the missing idea"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert own_lines(node) <= 60, f"{path}: {node.name} is too long"


def own_lines(function: ast.FunctionDef) -> int:
    """Lines of a function with its docstring, without the functions inside it."""
    inner = [n for n in function.body if isinstance(n, ast.FunctionDef)]
    lines = function.end_lineno - function.body[0].lineno + 1
    return lines - sum(n.end_lineno - n.lineno + 1 for n in inner)
