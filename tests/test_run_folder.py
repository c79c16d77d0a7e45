"""Run folders and the tables in them."""

import csv
import json

import pytest

from vaejax import report, run_folder
from vaejax.report import Score

CONFIG = {"data": {"root": "a", "n_workers": 1}, "train": {"epochs": 5}}


def test_the_same_run_has_the_same_identity_whatever_makes_it_faster():
    other = {"data": {"root": "a", "n_workers": 8}, "train": {"epochs": 5}}
    one = run_folder.identity(CONFIG, "songs")
    assert one == run_folder.identity(other, "songs")
    assert one != run_folder.identity(CONFIG, "other songs")
    assert one != run_folder.identity(CONFIG | {"train": {"epochs": 6}}, "songs")


def test_an_unfinished_run_is_opened_again_and_a_finished_one_is_known(tmp_path):
    folder = tmp_path / "run"
    assert run_folder.open_run(folder, CONFIG, "songs") is False
    assert run_folder.open_run(folder, CONFIG, "songs") is False
    (folder / "finished.json").write_text("{}")
    assert run_folder.open_run(folder, CONFIG, "songs") is True
    record = json.loads((folder / "config.json").read_text())
    assert record["config"] == CONFIG and record["versions"]["jax"]


def test_a_folder_with_another_run_is_refused_and_says_what_differs(tmp_path):
    run_folder.open_run(tmp_path / "run", CONFIG, "songs")
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


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "table.csv"
    run_folder.write_csv(path, ("a", "b"), [(1, None), ("x,y", 2.5)])
    assert path.read_text() == 'a,b\n1,\n"x,y",2.5\n'

    def broken():
        yield 1, 2
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_folder.write_csv(path, ("a", "b"), broken())
    assert path.read_text().startswith("a,b\n1,\n")
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_names_in_any_script_and_of_any_bytes_are_written(tmp_path):
    path = tmp_path / "table.csv"
    rows = [("গান, 1.ogg", 'a "b"'), ("caf\udce9.ogg", "odd")]
    run_folder.write_csv(path, ("file_name", "reason"), rows)
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
