"""Strictness that finds mistakes: on in tests, off for users."""

import gc
import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

os.environ.setdefault("MPLBACKEND", "agg")
# Here programs are compiled more often than they are run.
HASTY = (
    "xla_backend_optimization_level=0",
    "xla_cpu_use_fusion_emitters=false",
    "xla_cpu_parallel_codegen_split_count=1",
)
os.environ.setdefault("XLA_FLAGS", " ".join(f"--{flag}" for flag in HASTY))
# Every core has a worker already: more threads would wait for each other.
for library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
# What many processes import is compiled once, whatever the shell says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
gc.set_threshold(200_000, 20, 50)  # JAX makes many objects, few of them in circles

import jax  # noqa: E402
from jaxtyping import install_import_hook  # noqa: E402

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", 8)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)

# What one test compiled the next need not; a run of the suite starts with none.
COMPILED = Path(__file__).parents[1] / ".pytest_cache" / "compiled"
jax.config.update("jax_compilation_cache_dir", str(COMPILED))
# Programs that compile sooner than this are not read sooner.
jax.config.update("jax_persistent_cache_min_compile_time_secs", 1.0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

install_import_hook("vaejax", "beartype.beartype")


def pytest_collection_finish():
    """What was imported stays: it is not looked through again and again."""
    gc.collect()
    gc.freeze()


WORKER = "PYTEST_XDIST_WORKER"
SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared(name: str) -> Path:
    """The path of a private trial collection, or a skip where there is none."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not there; this test reads a private collection.")
    return path


@pytest.fixture(scope="session")
def songs(tmp_path_factory):
    """Songs of the songbook as images."""
    import small

    return small.songs(tmp_path_factory.mktemp("songs"))


@pytest.fixture(scope="session")
def blobs():
    """Rows of vectors, and the cluster of each."""
    import small

    return small.blobs()


@pytest.fixture(scope="session")
def sung():
    """Rows of which two thirds have lyrics."""
    import small

    return small.sung()


@pytest.fixture(scope="module")
def quick():
    """Runs in this process make no report, and no cache of compilations outside."""
    from vaejax import experiment

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "present_run", lambda *args: None)
        patch.setattr(experiment, "cache_compilations", lambda settings: None)
        yield


@pytest.fixture(scope="session")
def played(tmp_path_factory):
    """The folder of a finished run on songs, with all that it has written."""
    import small

    from vaejax import experiment

    place, worker = tmp_path_factory.getbasetemp(), os.environ.get(WORKER, "own")
    if WORKER in os.environ:  # the first one makes it for all
        place = place.parent
    folder = place / "played"
    with FileLock(f"{folder}.lock"), pytest.MonkeyPatch.context() as patch:
        if not (folder / "first" / "run" / "finished.json").exists():
            patch.setattr(experiment, "cache_compilations", lambda settings: None)
            small.played(folder, folder / "first" / "run")
    # As deep as the first: its pages link to the songs from where they are.
    return shutil.copytree(folder / "first" / "run", folder / worker / "run")
