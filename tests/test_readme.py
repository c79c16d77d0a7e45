"""What the README shows works as it stands there."""

import re
from pathlib import Path

import jax
import numpy as np
import pytest
from small import HOW, blobs, nets_for

import vaejax
from vaejax import train

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_model_of_the_readme_learns():
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    (code,) = (block for block in blocks if "def make(" in block)
    made: dict = {}
    exec(code, made)
    dataset, _ = blobs()
    model = made["make"](nets_for("autoencoder", dataset), noise=0.1)
    how = HOW | {"epochs": 8}
    losses = []
    state = train.fit(
        model,
        dataset,
        seeds=(0, 1),
        restore=lambda first: None,
        on_epoch=lambda epoch, state, terms: losses.append(terms["loss"]),
        **how,
    )
    assert np.all(losses[-1] < 0.9 * losses[0])
    one = jax.tree.map(lambda x: x[0], state.best.variables)
    z = model.encode(one, dataset.batch)
    assert z.shape == (300, 4) and np.isfinite(z).all()


def test_every_name_of_the_package_that_the_readme_uses_is_there():
    names = set(re.findall(r"\bvaejax\.([A-Z]\w+|load)\(", README))
    assert names >= {"MusicClusterer", "VaDE", "load"}
    assert all(callable(getattr(vaejax, name)) for name in names)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"launch/\w+\.py", README))))
def test_every_command_of_the_readme_has_its_file(name):
    assert (ROOT / name).is_file()


@pytest.mark.parametrize(
    "target", sorted({t for t in re.findall(r"\]\(([^)#]+)\)", README)})
)
def test_every_link_of_the_readme_leads_somewhere(target):
    assert target.startswith("http") or (ROOT / target).exists()


def test_every_option_of_the_readme_is_one():
    from vaejax.check import RULES

    asked = set(re.findall(r"--config\.([a-z]+\.[a-z_]+)", README))
    odd = {name for name in asked if name not in RULES and "grids" not in name}
    assert not odd
