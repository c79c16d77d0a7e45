"""Run after run in one process, and a cache of programs that has an end."""

import os
import subprocess
import sys
from pathlib import Path

from vaejax import compiled


def test_runs_in_one_process_leave_nothing_behind(tmp_path):
    # The first runs fill caches of this size; the long form is in the README. In one
    # arena: several come to hold what is free, up to 18 MB in one run and not the next.
    script = [sys.executable, Path(__file__).parent / "soak.py", tmp_path]
    asked = ["--n=4", "--memory-mb=6"]
    quiet = {"env": os.environ | {"TQDM_DISABLE": "1", "MALLOC_ARENA_MAX": "1"}}
    done = subprocess.run([*script, *asked], capture_output=True, text=True, **quiet)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert {path.name for path in tmp_path.iterdir()} == {"cache", "images.npz"}


def test_the_programs_that_were_used_longest_ago_make_room(tmp_path):
    for i in range(5):
        path = tmp_path / f"{i}"
        path.write_bytes(bytes(100))
        os.utime(path, (1000 + i, 1000 + i))
    os.utime(tmp_path / "1", (2000, 1001))  # read again since
    compiled.prune(tmp_path, most_bytes=250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "4"]
    compiled.prune(tmp_path / "nowhere", most_bytes=250)
