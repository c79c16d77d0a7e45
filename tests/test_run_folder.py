"""Run folders and the tables in them."""

import csv
import json
import resource
import signal
import subprocess
import sys

import pytest

from vaejax import disk, report, run_folder
from vaejax.report import Score

CONFIG = {"data": {"root": "a", "n_workers": 1}, "train": {"epochs": 5}}


def test_the_same_run_has_the_same_identity_whatever_makes_it_faster():
    other = {"data": {"root": "a", "n_workers": 8}, "train": {"epochs": 5}}
    one = run_folder.identity(CONFIG, "songs")
    assert one == run_folder.identity(other, "songs")
    assert one != run_folder.identity(CONFIG, "other songs")
    assert one != run_folder.identity(CONFIG | {"train": {"epochs": 6}}, "songs")


def opened(folder, config=CONFIG):
    with run_folder.locked(folder):
        run_folder.open_run(folder, config, "songs")


def test_an_unfinished_run_is_opened_again_and_a_finished_one_is_known(tmp_path):
    folder = tmp_path / "run"
    assert not run_folder.is_finished(folder, CONFIG, "songs")
    opened(folder)
    opened(folder)
    assert not run_folder.is_finished(folder, CONFIG, "songs")
    run_folder.seal(folder, seconds=1.23)
    assert run_folder.is_finished(folder, CONFIG, "songs")
    record = json.loads((folder / "config.json").read_text())
    assert record["config"] == CONFIG and record["versions"]["jax"]


def test_a_folder_with_another_run_is_refused_and_says_what_differs(tmp_path):
    opened(tmp_path / "run")
    other = CONFIG | {"train": {"epochs": 6}}
    with pytest.raises(ValueError, match="config.train.epochs is 5 there and 6 now"):
        run_folder.open_run(tmp_path / "run", other, "songs")
    with pytest.raises(ValueError, match="the collection has changed since"):
        run_folder.open_run(tmp_path / "run", CONFIG, "other songs")


def test_a_folder_with_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(ValueError, match="is not empty and holds no run"):
        run_folder.open_run(tmp_path, CONFIG, "songs")


def test_the_history_goes_back_and_forgets_a_line_cut_short(tmp_path):
    path = tmp_path / "history.jsonl"
    history = run_folder.History(path)
    for epoch in (1, 2, 3):
        history.add({"model": "vae", "epoch": epoch})
    history.add({"model": "autoencoder", "epoch": 1})
    with path.open("a") as file:
        file.write('{"model": "auto')
    again = run_folder.History(path)
    again.go_back("vae", 1)
    again.add({"model": "vae", "epoch": 2})
    assert [row["epoch"] for row in run_folder.History(path).of("vae")] == [1, 2]
    assert len(run_folder.History(path).of("autoencoder")) == 1


def test_a_history_counts_up_to_a_damaged_line(tmp_path):
    path = tmp_path / "history.jsonl"
    history = run_folder.History(path)
    for epoch in (1, 2, 3, 4):
        history.add({"model": "vae", "epoch": epoch, "loss": [1.5]})
    assert run_folder.History(path).n_whole("vae") == 4
    lines = path.read_text().splitlines(keepends=True)
    wrong = lines[2].replace("1.5", "1.4")  # as one flipped bit may leave it
    path.write_text("".join([*lines[:2], wrong, lines[3]]))
    assert run_folder.History(path).n_whole("vae") == 2
    path.write_text("".join([lines[0], lines[3]]))
    assert run_folder.History(path).n_whole("vae") == 1


@pytest.mark.parametrize("name", ["scores.csv", "config.json"])
def test_a_finished_run_knows_when_a_file_has_changed(name, tmp_path):
    folder = tmp_path / "run"
    opened(folder)
    (folder / "scores.csv").write_text("value\n0.5\n")
    run_folder.seal(folder, seconds=1.0)
    run_folder.verify(folder)
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace("5", "4"))
    with pytest.raises(ValueError, match=f"{name} was changed or damaged"):
        run_folder.verify(folder)
    (folder / name).unlink()
    with pytest.raises(ValueError, match=f"{name} is gone"):
        run_folder.verify(folder)


def test_a_config_that_was_changed_is_not_gone_on_with(tmp_path):
    folder = tmp_path / "run"
    opened(folder)
    path = folder / "config.json"
    path.write_text(path.read_text().replace('"epochs": 5', '"epochs": 7'))
    with pytest.raises(ValueError, match="config.json was changed or damaged"):
        opened(folder)
    path.write_text("{")
    with pytest.raises(ValueError, match="config.json was changed or damaged"):
        run_folder.is_finished(folder, CONFIG, "songs")


def test_a_folder_that_another_process_works_in_is_refused(tmp_path):
    code = (
        "import sys, pathlib; from vaejax import run_folder\n"
        f"with run_folder.locked(pathlib.Path({str(tmp_path)!r})):\n"
        "    print('in', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout.readline() == "in\n"
    with pytest.raises(ValueError, match=f"is in use by process {other.pid} on"):
        with run_folder.locked(tmp_path):
            pass
    other.kill()  # the lock goes with the process
    other.wait()
    with run_folder.locked(tmp_path):
        pass
    other.stdin.close()
    other.stdout.close()


def test_what_a_killed_process_was_writing_is_not_in_the_way(tmp_path):
    (tmp_path / ".config.json.123.tmp").write_text("{")
    opened(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".lock", "config.json"]


def test_a_disk_that_is_full_is_named_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "scores.csv"
    disk.write_text(path, "old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(disk.DiskError, match="Free some space"):
            disk.write_text(path, "new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "table.csv"
    disk.write_csv(path, ("a", "b"), [(1, None), ("x,y", 2.5)])
    assert path.read_text() == 'a,b\n1,\n"x,y",2.5\n'

    def broken():
        yield 1, 2
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        disk.write_csv(path, ("a", "b"), broken())
    assert path.read_text().startswith("a,b\n1,\n")
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_names_in_any_script_and_of_any_bytes_are_written(tmp_path):
    path = tmp_path / "table.csv"
    rows = [("গান, 1.ogg", 'a "b"'), ("caf\udce9.ogg", "odd")]
    disk.write_csv(path, ("file_name", "reason"), rows)
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.reader(file))[1:]
    assert found == [["গান, 1.ogg", 'a "b"'], ["caf\\udce9.ogg", "odd"]]


def score(value, seed=0, *, label="genre", metric="ari", k=5, model="vae"):
    about = dict(modalities="mel", fusion="early", clusterer="kmeans", space="",
                 told="")  # fmt: skip
    return Score(model=model, k=k, seed=seed, label=label, metric=metric,
                 value=value, **about)  # fmt: skip


def test_the_table_gives_mean_and_deviation_and_the_largest_p():
    table = report.table(
        [
            score(0.1, 0),
            score(0.3, 1),
            score(0.001, 0, metric="p_value"),
            score(0.2, 1, metric="p_value"),
        ]
    )
    line = next(line for line in table.splitlines() if "vae" in line)
    assert ".200 ±.100" in line and line.endswith(" .200")


def test_the_table_fits_in_100_columns_and_keeps_its_digits():
    table = report.table(
        [score(-0.05), score(180.2, label="", metric="calinski_harabasz")]
    )
    assert max(map(len, table.splitlines())) <= 100
    assert "180.2" in table and "-.050" in table
    assert "±" not in table, "one seed has no spread"


def test_the_summary_is_one_row_a_method():
    rows = report.summary(
        [score(0.1, 0), score(0.3, 1), score(9, k=7)], metric="ari", k=5
    )
    assert len(rows) == 1
    assert rows[0]["mean"] == pytest.approx(0.2)
    assert rows[0]["std"] == pytest.approx(0.1)
