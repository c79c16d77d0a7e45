"""SIGKILL at random moments, and disks that fill up or cannot be written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_experiment import cache, command, launch, songs  # noqa: F401
from typed import ROOT

HERE = Path(__file__).parent


def test_a_run_that_is_killed_five_times_ends_with_the_same_files(tmp_path):
    script = [sys.executable, HERE / "killed.py", tmp_path, "--n=5"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=800)
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.splitlines()[-1]
    assert told.startswith("5 kills in") and told.endswith("all files equal")


def namespace() -> None:
    """Skips the test where nobody may mount anything."""
    tried = subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True
    )
    if tried.returncode:
        pytest.skip(f"no mounts here: {tried.stderr.decode().strip()}")


def in_namespace(script: str, *args) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["unshare", "-rm", "bash", "-c", script, "bash", *map(str, args)],
        cwd=ROOT,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=400,
    )


def test_a_run_on_a_full_disk_says_so_and_goes_on_when_there_is_space(
    songs,  # noqa: F811
    cache,  # noqa: F811
    tmp_path,
):
    if not shutil.which("unshare"):
        pytest.skip("no unshare here")
    namespace()
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    plain = {"train__epochs": 4, "train__checkpoint_every": 2}
    run = command(songs, cache, disk / "run", "vae", model__n_clusters=None,
                  model__start=None, **plain)  # fmt: skip
    script = """
        mount -t tmpfs -o size=200k none "$1" || exit 9
        "${@:3}" 2> "$2.full"; echo $?
        mount -o remount,size=100m "$1" || exit 9
        "${@:3}" 2> "$2.again"; echo $?
        cp -r "$1/run" "$2"
    """
    done = in_namespace(script, disk, kept, *run)
    codes = [line for line in done.stdout.splitlines() if line.isdecimal()]
    assert codes == ["1", "0"], done.stdout + done.stderr
    message = Path(f"{kept}.full").read_text()
    assert "cannot be written: No space left on device. Free some space" in message
    assert "RESOURCE_EXHAUSTED" not in message
    whole = launch(songs, cache, tmp_path / "whole", "vae", model__n_clusters=None,
                   model__start=None, drawn=False, **plain)  # fmt: skip
    assert whole.returncode == 0, whole.stderr
    for name in ("scores.csv", "assignments.csv"):
        assert (kept / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_folder_that_cannot_be_written_is_named_at_once(songs, cache, tmp_path):  # noqa: F811
    namespace()
    (tmp_path / "disk").mkdir()
    run = command(songs, cache, tmp_path / "disk" / "run")
    script = 'mount -t tmpfs -o ro none "$1" || exit 9; "${@:2}"'
    done = in_namespace(script, tmp_path / "disk", *run)
    assert done.returncode == 1
    message = done.stderr.splitlines()[-1]
    assert "disk/run cannot be written: Read-only file system. Name anoth" in message
    assert "Traceback" not in done.stderr
