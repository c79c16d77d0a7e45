"""Configs are had by name from any folder, beside whatever else is called configs."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from configs import vade
from vaejax import named_configs

ROOT = Path(__file__).parents[1]


def test_a_config_is_that_of_its_file_and_new_each_time():
    first, second = named_configs.get("vade"), named_configs.get("vade")
    assert first.to_dict() == vade.get_config().to_dict()
    first.train.epochs = 1
    assert second.train.epochs != 1


@pytest.mark.parametrize("name", ["vad", "../vade", "vade.py", "", "__init__.x"])
def test_a_name_that_is_none_is_told_with_the_choices(name):
    with pytest.raises(ValueError, match="there is no configs/.*Choices: autoencoder,"):
        named_configs.get(name)


def test_another_package_of_that_name_stays_what_it_is(tmp_path):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "__init__.py").touch()
    (tmp_path / "configs" / "base.py").write_text("mine = True\n")
    own = "from configs import vae\n\ndef get_config():\n    return vae.get_config()\n"
    (tmp_path / "own.py").write_text(own)
    code = (
        "import sys\n"
        "import configs.base\n"
        "import vaejax\n"
        "from vaejax import effects, named_configs, sections\n"
        "own = vaejax.MusicClusterer('own.py', n_clusters=3)._config()\n"
        "named = vaejax.MusicClusterer('vae', n_clusters=3)._config()\n"
        "assert own == named and own.model.name == 'vae'\n"
        "assert effects.without_effect(sections.plain(own)) == []\n"
        "assert configs.base.mine and sys.modules['configs'] is configs\n"
        "from configs import base\n"
        "assert base.mine\n"
    )
    # A path at the end: the user's own modules come first.
    start = f"import sys; sys.path.append({str(ROOT)!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", start + code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_what_pip_installs_is_the_whole_package_and_the_configs():
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    inits = (ROOT / "vaejax").rglob("__init__.py")
    found = [".".join(path.parent.relative_to(ROOT).parts) for path in inits]
    assert sorted(about["packages"]) == sorted([*found, "vaejax.configs"])
    assert about["package-dir"] == {"vaejax.configs": "configs"}
