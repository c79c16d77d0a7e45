"""What a run has written: damaged anywhere, it is told or made good, never believed."""

import functools
import tempfile
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

from vaejax import checkpoint, disk, run_folder

ERRORS = (ValueError,)
WEIGHTS = {"w": jnp.arange(40.0), "b": jnp.ones(3)}
CONFIG = {"train": {"epochs": 5, "learning_rate": 0.001}, "data": {"root": "a"}}
ROWS = [{"model": "vae", "epoch": i + 1, "loss": [1.5, i]} for i in range(4)]

SHARE = st.floats(0, 1, exclude_max=True)
CHANGES = st.lists(
    st.tuples(st.sampled_from(["flip", "cut", "insert", "drop", "swap"]), SHARE, SHARE),
    min_size=1,
    max_size=3,
)
INPUTS = st.tuples(SHARE, CHANGES)  # which file, and what happens to its bytes


@functools.cache
def place() -> Path:
    """A run folder with a config, a history, scores, and a checkpoint."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-checkpoints-")) / "run"
    with run_folder.locked(folder):
        run_folder.open_run(folder, CONFIG, "songs")
    history = run_folder.History(folder / "history.jsonl")
    for row in ROWS:
        history.add(row)
    disk.write_csv(folder / "scores.csv", ("a", "b"), [("x", 0.5)] * 9)
    with checkpoint.opened(folder / "vae", every=1) as saved:
        saved.finish(WEIGHTS)
    run_folder.seal(folder, seconds=1.0)
    return folder


@functools.cache
def files() -> list[Path]:
    every = sorted(path for path in place().rglob("*") if path.is_file())
    return [path for path in every if path.name != ".lock"]


def damaged(content: bytes, changes: list[tuple[str, float, float]]) -> bytes:
    data = bytearray(content)
    for kind, where, what in changes:
        at = int(where * len(data))
        if kind == "flip" and data:
            data[at] ^= 1 << int(what * 8)
        elif kind == "cut":
            del data[at:]
        elif kind == "insert":
            data[at:at] = bytes([int(what * 256)]) * 3
        elif kind == "drop":
            del data[at : at + 1 + int(what * 20)]
        elif kind == "swap":
            data[at : at + 8] = data[at : at + 8][::-1]
    return bytes(data)


def check(one: tuple) -> None:
    which, changes = one
    path = files()[int(which * len(files()))]
    before = path.read_bytes()
    after = damaged(before, changes)
    path.write_bytes(after)
    try:
        _read(path, same=after == before)
    finally:
        path.write_bytes(before)


def _read(path: Path, same: bool) -> None:
    folder = place()
    found = checkpoint.best(folder / "vae", WEIGHTS)
    if found is None:
        assert not same and folder / "vae" in path.parents
    else:
        for name, x in WEIGHTS.items():
            np.testing.assert_array_equal(found[name], x)
    rows = run_folder.History(folder / "history.jsonl").rows
    assert rows == ROWS[: len(rows)]
    assert run_folder.read_config(folder)["config"] == CONFIG
    run_folder.verify(folder)
    assert same or path.parent != folder, f"{path.name} was changed and not found"
