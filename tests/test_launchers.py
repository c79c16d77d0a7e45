"""Commands on finished runs as a user types them, and mistyped ones."""

import csv
from pathlib import Path

import pytest
from typed import launch

from vaejax import choice, record, trained


@pytest.mark.parametrize("name", ["study", "cluster", "report", "assign"])
def test_help_shows_the_commands(name):
    done = launch(name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"python launch/{name}.py" in done.stdout


@pytest.mark.parametrize(
    "name, args, message",
    [
        ("cluster", [], "--run=FOLDER is missing: results/CONFIG/ID. See --help."),
        ("report", [], "--run=FOLDER is missing: results/CONFIG/ID. See --help."),
        ("assign", ["song.mp3"], "give --run=FOLDER, and songs or a folder of songs."),
        ("assign", ["--run=x", "--clustrer=gmm"], "Unknown command line flag"),
        ("report", ["--run=x", "song.mp3"], "Unknown arguments: song.mp3."),
    ],
)
def test_a_mistyped_command_says_what_is_missing(name, args, message):
    done = launch(name, *args)
    assert done.returncode == 1 and message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_no_run_names_those_inside(played):
    done = launch("report", f"--run={played.parent}")
    assert done.returncode == 1 and "is no run folder" in done.stderr
    assert f"The runs inside it: {played}" in done.stderr


def test_songs_are_put_into_the_clusters_that_the_map_shows(played, tmp_path):
    read = record.read(played, trained.settings_of(played))
    shown = choice.shown_of(read)
    ids, names = (read.tracks[key].tolist() for key in ("track_id", "file_name"))
    songs = [Path(read.settings["data"]["root"]) / name for name in names[:2]]
    (tmp_path / "broken.wav").write_text("<html>404</html>")
    out = tmp_path / "assigned.csv"
    given = (*songs, tmp_path / "broken.wav")
    done = launch("assign", f"--run={played}", f"--out={out}", *given)
    assert done.returncode == 0, done.stderr
    assert f"is {ids[0]} of the collection" in done.stdout
    assert "set aside: broken.wav" in done.stdout
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["cluster"]) for row in rows] == shown.cluster[:2].tolist()
    assert [row["known"] for row in rows] == ids[:2]
    assert all(row["name"] for row in rows), "as the cards name the clusters"


def test_a_run_is_clustered_otherwise_in_a_folder_of_its_own(played, tmp_path):
    out = tmp_path / "out"
    asked = ("--names=hdbscan", "--labels=genre", f"--out={out}")
    done = launch("cluster", f"--run={played}", *asked)
    assert done.returncode == 0, done.stderr
    assert "against genre, k chosen by the clusterer" in done.stdout
    assert f"Written: {out}" in done.stdout and (out / "report.html").is_file()
    done = launch("cluster", f"--run={played}", "--names=kmean")
    assert done.returncode == 1 and "Did you mean 'kmeans'" in done.stderr
    assert "Nothing of the run has changed" not in done.stderr


@pytest.mark.parametrize(
    "text, message",
    [
        ("def get_config(:", "gives no config: SyntaxError"),
        ("import nowhere", "gives no config: ModuleNotFoundError"),
        ("x = 1", "gives no config: KeyError: 'get_config'"),
        ("def get_config():\n    return None", "returns a NoneType, and no ConfigDict"),
        ("def get_config():\n    return {}", "returns a dict, and no ConfigDict"),
    ],
)
def test_a_config_file_that_is_none_is_named(text, message, tmp_path):
    (tmp_path / "mine.py").write_text(text)
    done = launch("train", f"--config={tmp_path / 'mine.py'}")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"--config={tmp_path / 'mine.py'}" in done.stderr
    assert message in done.stderr


def test_train_wants_a_config_or_a_run_to_repeat():
    done = launch("train")
    assert done.returncode == 1 and "or --repeat=FOLDER" in done.stderr
