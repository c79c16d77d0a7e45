"""Strictness that finds mistakes: on in tests, off for users."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "agg")

import jax  # noqa: E402
from jaxtyping import install_import_hook  # noqa: E402

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)

install_import_hook("vaejax", "beartype.beartype")

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared(name: str) -> Path:
    """The path of a private trial collection, or a skip where there is none."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not there; this test reads a private collection.")
    return path
