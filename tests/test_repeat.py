"""A finished run can be run again from its folder, and compared to the last bit."""

import re
import shutil
import time

import pytest

from vaejax import disk, experiment, repeat, run_folder


@pytest.fixture(scope="module")
def repeated(played, quick, tmp_path_factory):
    """What was said, whether all was equal, and the folder."""
    folder = tmp_path_factory.mktemp("repeated") / "run"
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "say", said.append)
        now = time.perf_counter()
        equal = repeat.repeat(played, workdir=folder, started=now)
    return said[-1], equal, folder


def test_a_repetition_has_the_same_scores_to_the_last_bit(repeated, played):
    said, equal, folder = repeated
    assert equal and said.startswith("All ") and str(played) in said
    for name in ("scores.csv", "assignments.csv"):
        assert (folder / name).read_bytes() == (played / name).read_bytes()


def test_scores_that_differ_are_told_with_what_has_changed(repeated, played, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(repeated[2], other)
    lines = (other / "scores.csv").read_text().splitlines()
    row = max(
        i for i, line in enumerate(lines) if re.search(",kmeans,3,0,.*,ari,", line)
    )
    cells = lines[row].split(",")
    cells[9] = str(float(cells[9]) + 0.25)
    (other / "scores.csv").write_text("\n".join([*lines[:row], ",".join(cells)]) + "\n")
    found = repeat.compare(played, other)
    assert found.largest == pytest.approx(0.25)
    assert len(found.missing) == len(lines) - 1 - row
    about = run_folder.read_config(other)
    about["versions"]["jax"] = "9.9"
    disk.write_json(other / "config.json", about)
    text = repeat.described(played, other, found)
    assert "the largest difference is 0.25, of" in text and "kmeans, k = 3, " in text
    assert "-> 9.9" in text and "are in one of them only" in text


def test_another_collection_is_no_repetition(played, monkeypatch, tmp_path):
    class Other:
        fingerprint = "another"

    monkeypatch.setattr(repeat, "open_collection", lambda settings: Other)
    with pytest.raises(ValueError, match="config.data.root=.* has changed since"):
        repeat.repeat(played, workdir=tmp_path, started=0.0)
