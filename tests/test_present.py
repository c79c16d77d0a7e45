"""What a run shows is made from its files alone, and can be made otherwise."""

import csv
import html
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from small import ODD_TITLE

from vaejax import choice, compare, findings, present, recluster, record, summary
from vaejax import tables as tables_of
from vaejax.figures import Place
from vaejax.trained import settings_of

PAGES = ("report.html", "map.html")


def contents(folder: Path) -> dict[str, bytes]:
    """What is in the files of a run, wherever it stands: pages show commands for it."""
    return {
        str(path.relative_to(folder)): path.read_bytes().replace(bytes(folder), b"RUN")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def read(played) -> record.Record:
    return record.read(played, settings_of(played))


@pytest.fixture(scope="module")
def found(read):
    """What is compared, what is suggested, and every table of it."""
    compared, values = compare.compare([read]), findings.gather(read.scores)
    suggested = choice.suggestions(values)
    made = findings.all_tables(compared, values, read.scores)
    return compared, suggested, [*made, choice.table(suggested)]


def test_made_again_from_its_files_a_run_shows_the_same_to_the_byte(played):
    before = contents(played.parents[1] / "first" / "run")
    made = [name for name in before if name.startswith(("tables/", "figures/"))]
    assert len(made) > 20
    for name in (*PAGES, "clusters.json", "comparisons.csv"):
        (played / name).unlink()
    present.present(played, settings_of(played))
    after = contents(played)
    assert after.keys() == before.keys()
    others = [name for name in before if not name.startswith("checkpoints/")]
    assert [name for name in others if after[name] != before[name]] == []


def text_of(page: str) -> str:
    """The text of a page as one reads it."""
    text = html.unescape(re.sub(r"<[^>]*>", "\n", page))
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_report_has_every_cell_of_every_table(played, found):
    page = (played / "report.html").read_text()
    lines = {line.strip() for line in text_of(page).splitlines()}
    for table in found[2]:
        assert table.title in lines
        cells = {tables_of.shown(cell).strip() for row in table.rows for cell in row}
        assert cells <= lines, table.name
        assert set(table.header) <= lines


def test_the_report_says_what_the_sentences_say(played, found):
    page = text_of((played / "report.html").read_text())
    said = summary.sentences(found[0], found[1])
    assert len(said) == 3 and all(sentence in page for sentence in said)


def test_every_number_of_the_sentences_is_in_a_table_or_among_the_comparisons(
    played, found
):
    compared, suggested, made = found
    cells = [cell for table in made for row in table.rows for cell in row]
    known = {number for cell in cells for number in numbers(tables_of.shown(cell))}
    with (played / "comparisons.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            known |= numbers(tables_of.number(float(row["value"]), 3))
            known |= numbers(row["k"])
    methods = [one for one in compared if one.label == "genre" and not one.told]
    passed = sum(one.p_corrected <= 0.05 for one in methods)
    counts = {"40", ".05", "95", str(len(methods)), str(passed), "0", ".001"}
    leads = [one.lead for one in methods if one.lead]
    better = sum(one.p <= 0.05 and one.difference > 0 for one in leads)
    worse = sum(one.p <= 0.05 and one.difference < 0 for one in leads)
    counts |= {str(better), str(worse), str(len(leads)), str(len(suggested))}
    counts |= {str(sum(len(set(one.best.values())) == 1 for one in suggested))}
    (of_genre,) = [s for s in summary.sentences(compared, suggested) if "genre" in s]
    (of_k,) = [s for s in summary.sentences(compared, suggested) if "How many" in s]
    for sentence in (of_genre, of_k):
        assert numbers(sentence) - known - counts == set(), sentence


def numbers(text: str) -> set[str]:
    return set(re.findall(r"-?(?<![\w.])(?:\d+\.\d+|\.\d+|\d+)(?![\w])", text))


def test_titles_are_text_wherever_they_are_shown(played):
    for name in PAGES:
        page = (played / name).read_text()
        assert ODD_TITLE not in page and "alert(1)" in page, name
    assert ODD_TITLE in (played / "tracks.csv").read_text()


def test_the_map_shows_the_models_own_clusters_of_its_best_seed(played, read):
    shown = choice.shown_of(read)
    assert (shown.model, shown.clusterer) == ("vade", "own")
    assert shown.seed == record.seed_of(read)
    cards = json.loads((played / "clusters.json").read_text())
    sizes = {card["cluster"]: card["size"] for card in cards}
    names, counts = np.unique(shown.cluster, return_counts=True)
    assert sizes == dict(zip(names.tolist(), counts.tolist(), strict=True))


def test_the_map_is_kept_and_made_anew_only_for_other_codes(read):
    shown = choice.shown_of(read)
    kept = read.trained / "maps.npz"
    before = kept.stat().st_mtime_ns
    (xy,) = present.maps_of(read, shown).values()
    assert xy.shape == (40, 2) and kept.stat().st_mtime_ns == before


@pytest.fixture
def drawn(monkeypatch):
    """Names of the figures that would be drawn."""
    from vaejax import figures

    names = []
    monkeypatch.setattr(figures, "put", lambda place, figure, stem: names.append(stem))
    monkeypatch.setattr(present, "place_of", lambda folder, run: Place(folder, ()))
    return names


def test_audio_is_linked_unless_it_is_asked_for_within_the_page(
    played, drawn, tmp_path
):
    page = (played / "map.html").read_text()
    assert "data:audio" not in page and ".flac" in page
    copy = shutil.copytree(played, tmp_path / "run")
    present.present(copy, settings_of(copy), embed_audio=True)
    assert (copy / "map.html").read_text().count("data:audio/") == 40


def recluster_as(played, out, **changes):
    settings = settings_of(played)
    how = {"names": ("kmeans",), "ks": (3,), "labels": ("genre",)} | changes
    return recluster.recluster(played, settings, **how, out=out)


def test_clustering_anew_changes_nothing_but_its_own_folder(played, drawn):
    before = contents(played)
    stamps = {path: path.stat().st_mtime_ns for path in played.rglob("*.*")}
    out = played / "clusters" / "hdbscan-2"
    text = recluster_as(played, out, names=("hdbscan", "ward"), ks=(2,))
    after = contents(played)
    assert {n: b for n, b in after.items() if not n.startswith("clusters/")} == before
    assert all(path.stat().st_mtime_ns == time for path, time in stamps.items())
    assert "against genre, k = 2" in text
    written = {path.name for path in out.iterdir()}
    assert written >= {"scores.csv", "assignments.csv", "tables", *PAGES}
    scored = record.read(out, settings_of(played), played)
    names = {one.clusterer for one in scored.clusterings if one.model == "vade"}
    assert names == {"hdbscan", "ward", "own", "consensus_own"}
    assert {one.model for one in scored.clusterings} == {"vade", "raw", "pca"}
    assert {s.label for s in scored.scores} == {"", "genre"}
    assert "sizes_genre" in drawn and "sizes_language" not in drawn


def test_the_runs_own_options_give_exactly_its_own_clusters(
    played, read, drawn, tmp_path
):
    labels = ("genre", "language")
    recluster_as(played, tmp_path / "out", ks=(3, "classes"), labels=labels)
    again = record.read(tmp_path / "out", settings_of(played), played)

    def clusters(run):
        return {
            (one.model, one.clusterer, one.k, one.seed): one.cluster.tolist()
            for one in run.clusterings
            if one.clusterer in ("kmeans", "own")
        }

    assert clusters(again) == clusters(read)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"names": ("kmean",)}, "Did you mean 'kmeans'"),
        ({"ks": (21,)}, "config.cluster.k=21 must be at most 20"),
        ({"ks": (1,)}, r"config.cluster.k=\(1,\) must be .*whole number in \[2"),
        ({"ks": ("five",)}, "or 'classes'"),
        ({"labels": ("gnre",)}, "Did you mean 'genre'"),
    ],
)
def test_what_cannot_be_clustered_is_refused_before_anything_is_written(
    changes, message, played, tmp_path
):
    with pytest.raises(ValueError, match=message):
        recluster_as(played, tmp_path / "out", **changes)
    assert not (tmp_path / "out").exists()


def test_labels_that_a_collection_may_lack_are_skipped_as_in_the_run(
    played, drawn, tmp_path, monkeypatch
):
    whole = record.collection_of

    def without_genre(*args):
        tracks, *rest = whole(*args)
        return {n: x for n, x in tracks.items() if n != "genre"}, *rest

    monkeypatch.setattr(record, "collection_of", without_genre)
    text = recluster_as(played, tmp_path / "out", labels=("genre", "language"))
    assert "against language" in text and "against genre" not in text
