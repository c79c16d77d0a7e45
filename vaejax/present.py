"""Tables, figures and pages of a run, made from its files alone.

The same is made at the end of a run and by launch/report.py, as often as one likes.
"""

import json
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from vaejax import (
    cards,
    choice,
    compare,
    disk,
    document,
    figures,
    findings,
    project,
    reconstructions,
    record,
    summary,
    tables,
)
from vaejax.evaluate import Clustering
from vaejax.pages import collection_map, listening, report_page
from vaejax.record import Record
from vaejax.report import Score
from vaejax.trained import inputs_of

NEIGHBOURS = 8  # that the map lists of every song
LONGEST = 60  # letters; a column with more is prose, and no class to colour by
HIDDEN = {"track_id", "file_name", "song_id", "title", "artist", "audio_note"}
PREVIEW_S = 8.0  # of every song, where audio is embedded


class Found(NamedTuple):
    """What the scores of some runs say."""

    compared: list[compare.Compared]
    suggested: list[choice.Suggestion]
    tables: list[tables.Table]


def present(folder: Path, settings: dict[str, dict], *, embed_audio: bool = False):
    """Makes `tables/`, `figures/`, clusters.json, map.html and report.html.

    Args:
      folder: of a run that has been scored.
      embed_audio: puts a preview of every song into the map.
    """
    present_record(record.read(folder, settings), embed_audio)


def present_record(run: Record, embed_audio: bool) -> None:
    """The same of what has been read."""
    clear(run.folder)
    found = findings_of(run.folder, [run])
    shown = choice.shown(run, found.suggested)
    draw(run, shown, maps_of(run, shown))
    made = write_map(run.folder, run, shown, {}, embed_audio)
    name = record.model_of(run)
    parts = document.Parts(
        run.folder,
        f"{name} on {collection_name(run)}",
        said_of(found, [run]),
        found.tables,
        *(run, shown, made, [run], ()),
        repeated(run),
    )
    write_report(parts)


def clear(folder: Path) -> None:
    """Removes tables and figures of before: none of them may stay that is not made."""
    for name in ("tables", "figures"):
        shutil.rmtree(folder / name, ignore_errors=True)


def repeated(run: Record) -> list[str]:
    """The command of a run, and those that make something of it."""
    folder = run.trained
    return [
        run.about["command"],
        f"python launch/report.py --run={folder}",
        f"python launch/cluster.py --run={folder} --names=hdbscan,spectral --k=5,10",
        f"python launch/assign.py --run={folder} SONG.mp3",
        f"python launch/generate.py --run={folder} --cluster=0",
    ]


def collection_name(run: Record) -> str:
    """The last part of the collection's path."""
    return Path(run.settings["data"]["root"]).name


def write_report(parts: document.Parts) -> None:
    """Writes report.html."""
    page = report_page.report_page(document.document(parts))
    disk.write_text(parts.folder / "report.html", page)


def present_study(
    folder: Path,
    runs: Sequence[tuple[Path, dict[str, dict]]],
    outcomes: Sequence[dict],
    command: str,
    *,
    embed_audio: bool = False,
) -> None:
    """Makes the same of a study, over all its runs; and scores.csv, of all of them.

    Args:
      runs: folder and settings of every cell that is done.
      outcomes: of every cell, as study.json has them.
      command: that ran the study.
      embed_audio: puts a preview of every song into the map.
    """
    read = [record.read(*one) for one in runs]
    clear(folder)
    found = findings_of(folder, read)
    disk.write_csv(
        folder / "scores.csv", Score._fields, [s for run in read for s in run.scores]
    )
    text = [tables.as_text(t) for t in found.tables if t.name.startswith("overview")]
    said = said_of(found, read)
    text += [textwrap.fill(paragraph, 100) for paragraph in said]
    disk.write_text(folder / "scores.txt", "\n\n".join(text) + "\n")
    run = choice.shown_run(read, found.suggested)
    shown = choice.shown(run, found.suggested)
    others = {
        figures.titled(one): choice.shown(one, found.suggested).cluster.tolist()
        for one in read
        if one is not run
        and np.array_equal(one.tracks["track_id"], run.tracks["track_id"])
    }
    made = write_map(folder, run, shown, others, embed_audio)
    parts = document.Parts(
        folder,
        f"{len(read)} models on {collection_name(run)}",
        said,
        found.tables,
        *(run, shown, made, read, [document.cells_section(outcomes)]),
        [command, f"python launch/report.py --run={folder}"],
    )
    write_report(parts)


def findings_of(folder: Path, runs: Sequence[Record]) -> Found:
    """Compares what runs have found; writes the tables and draws the figures of it."""
    scores = [score for run in runs for score in run.scores]
    compared = compare.compare(runs)
    values = findings.gather(scores)
    suggested = choice.suggestions(values)
    rows = findings.comparison_rows(compared)
    disk.write_csv(folder / "comparisons.csv", Score._fields, rows)
    found = findings.all_tables(compared, values, scores)
    found += [choice.table(suggested)] if suggested else []
    tables.write(folder / "tables", found)
    stabilities = findings.stabilities(values)
    place = place_of(folder, runs[0])
    figures.draw_comparisons(place, compared, suggested, stabilities)
    return Found(compared, suggested, found)


def said_of(found: Found, runs: Sequence[Record]) -> list[str]:
    """What came out, in sentences, and what speaks against it."""
    said = summary.sentences(found.compared, found.suggested)
    return said + list(dict.fromkeys(note for run in runs for note in run.notes))


def write_map(
    folder: Path,
    run: Record,
    shown: Clustering,
    others: Mapping[str, list],
    embed_audio: bool,
) -> list[cards.Card]:
    """Writes clusters.json and map.html; returns the cards of the clusters shown."""
    found = clusters_of(run, shown)
    disk.write_json(folder / "clusters.json", [cards.as_json(c) for c in found])
    xy = next(iter(maps_of(run, shown).values()))
    page = map_of(folder, run, shown, xy, found, others, embed_audio)
    disk.write_text(folder / "map.html", page)
    return found


def maps_of(run: Record, shown: Clustering) -> dict[str, Float[np.ndarray, "n 2"]]:
    """The maps that the settings name, or principal components; made once, and kept."""
    path = run.trained / "maps.npz"
    of = f"{shown.model} seed {shown.seed}"  # the clusters do not matter to a map
    names = run.settings["figures"]["projections"] or ("components",)
    kept: dict[str, np.ndarray] = {}
    if path.is_file():
        with np.load(path) as file:
            kept = {name: file[name] for name in file.files}
    if kept.pop("of", None) != of or set(kept) != set(names):
        kept = {n: project.PROJECTIONS[n](shown.z, seed=shown.seed) for n in names}
        disk.write_npz(path, kept | {"of": np.array(of)})
    return kept


def draw(run: Record, shown: Clustering, maps: Mapping[str, np.ndarray]) -> None:
    """The figures of one run: its training, its clusters, what its decoder makes."""
    place = place_of(run.folder, run)
    figures.draw_training(place, run)
    figures.draw_clusters(place, run, shown, maps)
    figures.draw_silhouettes(place, shown)
    figures.draw_seeds(place, run, shown)
    kept = run.trained / "reconstructions.npz"
    if kept.is_file():
        figures.draw_reconstructions(place, reconstructions.load(kept))


def place_of(folder: Path, run: Record) -> figures.Place:
    """Where the figures of a folder go, and as what its run says."""
    (folder / "figures").mkdir(exist_ok=True)
    formats = figures.FORMATS if run.settings["figures"]["pdf"] else ("png",)
    return figures.Place(folder / "figures", formats)


def clusters_of(run: Record, shown: Clustering) -> list[cards.Card]:
    """A card for each of the clusters shown."""
    path, ids = run.trained / "words.json", run.tracks["track_id"].tolist()
    counts = json.loads(path.read_text()) if path.is_file() else {}
    names = [name for name in cards.TRAITS if f"audio_{name}" in run.tracks]
    return cards.cards(
        shown.cluster,
        shown.z,
        songs=run.tracks["song_id"],
        columns={name: values.tolist() for name, values in record.labels(run).items()},
        words=[counts.get(track_id, {}) for track_id in ids] if counts else None,
        traits={name: _numbers(run.tracks[f"audio_{name}"]) for name in names},
    )


def _numbers(texts: np.ndarray) -> Float[np.ndarray, " n"]:
    return np.array([float(text) if text else np.nan for text in texts.tolist()])


def map_of(
    folder: Path,
    run: Record,
    shown: Clustering,
    xy: Float[np.ndarray, "n 2"],
    found: list[cards.Card],
    others: Mapping[str, list],
    embed_audio: bool,
) -> str:
    """map.html: every song a point, to look at and to listen to."""
    tracks = run.tracks
    paths = audio_of(run)
    titles = tracks["title"].tolist()
    own = "its own assignment" if shown.clusterer == "own" else shown.clusterer
    seen = findings.input_of(inputs_of(run.settings, shown.model)[0])
    about = (
        f"{len(titles)} tracks by {shown.model} on {seen}, seed {shown.seed}, {own}, "
        f"{len(found)} clusters. Near means alike; distances and axes mean little else."
    )
    return collection_map.map_page(
        title=f"Map of {collection_name(run)}",
        about=about,
        ids=tracks["track_id"].tolist(),
        titles=titles,
        artists=tracks["artist"].tolist(),
        xy=xy.astype(np.float64),
        columns={"cluster": shown.cluster.tolist()} | columns_of(run) | others,
        confidence=choice.confidence(run, shown).astype(np.float64),
        neighbours=project.neighbours(shown.z, NEIGHBOURS),
        audio=[listening.link(path, folder) if path else "" for path in paths],
        previews=listening.previews(paths, PREVIEW_S) if embed_audio else (),
        cards=[
            {"cluster": card.cluster, "name": card.name, "size": card.size}
            | {"lines": cards.lines(card, titles)[1:]}
            for card in found
        ],
    )


def audio_of(run: Record) -> list[Path | None]:
    """The audio of every track; None where there is none, or it is gone."""
    path = run.trained / "collection.json"
    if not path.is_file():
        return [None] * len(run.tracks["track_id"])
    folder = Path(json.loads(path.read_text())["folder"])
    folder = folder if folder.is_dir() else folder.parent  # a table of texts
    paths = [folder / name for name in run.tracks["file_name"].tolist()]
    texts = (".txt", ".csv", ".jsonl")
    return [p if p.suffix.lower() not in texts and p.is_file() else None for p in paths]


def columns_of(run: Record) -> dict[str, list]:
    """What the map can colour by: labels first, then metadata, then measurements."""
    first = list(record.labels(run))
    names = [*first, *(n for n in run.tracks if n not in (*first, *HIDDEN))]
    found = {}
    for name in names:
        values = run.tracks[name].tolist()
        if len(set(values)) > 1 and max(map(len, values)) <= LONGEST:
            found[name.removeprefix("audio_").replace("_", " ")] = values
    return found
