"""The configs of configs/ by name, wherever Python was started.

The folder lies beside the package in the repository, and inside it where pip has put
both. Its files import each other as `configs`, a name that any project may have too.
"""

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from ml_collections import ConfigDict

from vaejax.rules import did_you_mean

_PLACES = [folder / "configs" for folder in Path(__file__).parents[:2]]
FOLDER = next((place for place in _PLACES if place.is_dir()), _PLACES[-1])


def get(name: str) -> ConfigDict:
    """A new config, by the name of its file in configs/, such as vade.

    Raises:
      ValueError: there is no such file.
    """
    path = FOLDER / f"{name}.py"
    if not name.isidentifier() or not path.is_file():
        choices = sorted(one.stem for one in FOLDER.glob("[!_]*.py"))
        raise ValueError(
            f"there is no configs/{name}.py.{did_you_mean(name, choices)} Choices: "
            f"{', '.join(choices)}."
        )
    return at(path)


def at(path: Path) -> ConfigDict:
    """A new config, by the path of its file, which may import others as `configs`."""
    with _ours():
        return runpy.run_path(str(path))["get_config"]()


@contextmanager
def _ours() -> Iterator[None]:
    """Until the end `configs` is the package in FOLDER, whoever else has the name."""
    theirs = {name: sys.modules.pop(name) for name in _loaded()}
    spec = spec_from_file_location("configs", FOLDER / "__init__.py")
    sys.modules["configs"] = module_from_spec(spec)  # its modules are found by its path
    try:
        yield
    finally:
        for name in _loaded():
            del sys.modules[name]
        sys.modules.update(theirs)


def _loaded() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] == "configs"]
