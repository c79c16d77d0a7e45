"""What is in report.html, section by section, for a run and for a study alike."""

import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vaejax import cards, record
from vaejax.evaluate import Clustering
from vaejax.pages.report_page import Document, Picture, Section
from vaejax.project import MOST_MAPPED
from vaejax.record import Record
from vaejax.tables import Table

# How each figure is to be read, by the beginning of its file name.
CAPTIONS = {
    "scores_ari": "ARI of every method, mean ± std over seeds; baselines stand below "
    "the line, the best of them dotted.",
    "k_curves": "k-means on the codes, mean ± std over seeds; eight models at most.",
    "leads": "Difference of mean ARI to the best baseline at the same k, 95 % interval "
    "over songs and seeds; filled where the corrected p is at most .05.",
    "suggested_k": "What each criterion prefers, without labels; BIC: lower is better.",
    "stability": "Mean pairwise ARI between seeds: 1 where every seed finds the same.",
    "seeds": "ARI between every two seeds of the method that is shown.",
    "maps": "Every track a point; near means alike, distances mean little else. "
    f"Above {MOST_MAPPED:,} tracks, that many are mapped, the others put beside them.",
    "sizes": "How many tracks each cluster holds, and of which classes.",
    "matrix": "Counts; colour is the share of the class. Agreement is on the diagonal.",
    "silhouettes": "Every track of every cluster, in the space where they were found.",
    "training": "Terms of the loss in nats; thin lines are seeds, the band ± 1 std.",
    "reconstructions": "Original and what the decoder makes of its code.",
}
READING = (
    "Clusters come from posterior means, never from samples; no choice of a seed, an "
    "epoch or a setting within a run looks at labels.",
    "ARI and AMI are 0 for random clusters on average. NMI, purity and ACC rise with "
    "the number of clusters even on random ones. Labels are shuffled between songs, "
    "not clips: clips of a song sound alike.",
    "Internal scores compare clusterings of one space. They rank neither models nor "
    "spaces: a silhouette may be high where the ARI is 0.",
)
EFFECTS = ("scores", "k_curves", "leads")  # figures beside the tables of scores
CHOICE = ("suggested_k", "stability")
SHOWN = ("maps", "sizes", "matrix", "silhouettes", "seeds")


class Parts(NamedTuple):
    """What a report is put together from."""

    folder: Path
    title: str
    summary: Sequence[str]
    tables: Sequence[Table]
    run: Record  # that the map and the cards are of
    shown: Clustering
    cards: Sequence[cards.Card]
    runs: Sequence[Record]
    cells: Sequence[Section]  # about the cells of a study
    commands: Sequence[str]


def document(parts: Parts) -> Document:
    """The report of a run or a study."""
    about = parts.run.about
    subtitle = (
        f"{len(parts.run.tracks['track_id'])} tracks, collection "
        f"{about['collection'][:8]}, commit {about['commit'] or 'unknown'}"
    )
    found = [
        Section(
            "What was run", facts=facts(parts), links=[("Map to click", "map.html")]
        ),
        *parts.cells,
        _section(parts, "Against the labels", ("overview", "leads"), EFFECTS),
        _section(parts, "How many clusters, and how steady", ("suggested",), CHOICE),
        _clusters(parts),
        _section(parts, "Every score", ("scores_",), ()),
        _section(parts, "Inside the codes", ("internal", "codes"), ()),
        _section(parts, "What is no evidence of music", ("nuisance", "retrieval"), ()),
        Section("Training", pictures=_trainings(parts)),
        _repeat(parts),
    ]
    kept = [section for section in found if any(section[1:])]
    return Document(parts.title, subtitle, parts.summary, kept)


def facts(parts: Parts) -> list[tuple[str, str]]:
    """What was run, on what."""
    settings, first = parts.run.settings, parts.runs[0]
    path = parts.run.trained / "collection.json"
    counts = json.loads(path.read_text()) if path.is_file() else {}
    songs = parts.run.tracks["song_id"].tolist()
    models = dict.fromkeys(
        record.model_of(run) + " (" + "+".join(run.settings["data"]["modalities"]) + ")"
        for run in parts.runs
    )
    n_methods = sum(len(run.clusterings) for run in parts.runs)
    found = [
        ("Collection", settings["data"]["root"]),
        ("Tracks, songs", f"{len(songs)}, {len(set(songs))}"),
        ("With lyrics", _counts(counts.get("with_lyrics", {}))),
        ("Languages", _counts(counts.get("languages", {}))),
        ("Genres", _counts(counts.get("genres", {}))),
        ("Set aside", str(sum(counts.get("set_aside", {}).values()))),
        ("Models (input)", ", ".join(models)),
        ("Seeds", str(first.settings["train"]["seeds"])),
        ("Clusterers", ", ".join(first.settings["cluster"]["names"])),
        ("k", ", ".join(map(str, first.settings["cluster"]["k"]))),
        ("Clusterings scored", str(n_methods)),
        ("Labels", _labels(parts.runs)),
        ("Rows that a clusterer learns from", samples(parts.runs)),
        ("Label shuffles", str(first.settings["eval"]["permutations"])),
    ]
    return [(name, value) for name, value in found if value]


def _labels(runs: Sequence[Record]) -> str:
    """What is scored, and which models were told some of it."""
    told: dict[str, tuple[str, ...]] = {
        one.model: one.told for run in runs for one in run.clusterings if one.told
    }
    but = [f"{model} was told {', '.join(names)}" for model, names in told.items()]
    labels = ", ".join(record.labels(runs[0]))
    return labels and f"{labels}; {'; '.join(but) or 'never shown to models'}"


def samples(runs: Sequence[Record]) -> str:
    """Which clusterers saw a sample of the rows, and of how many."""
    seen: dict[str, list[str]] = {}
    for score in (score for run in runs for score in run.scores):
        if score.metric == "rows_seen":
            seen.setdefault(f"{score.value:,.0f}", []).append(score.clusterer)
    return "; ".join(f"{', '.join(sorted(set(v)))}: {n}" for n, v in seen.items())


def _counts(counts: Mapping[str, int]) -> str:
    parts = [f"{name or 'unknown'} {n}" for name, n in list(counts.items())[:12]]
    rest = [f"and {len(counts) - 12} more"] if len(counts) > 12 else []
    return ", ".join(parts + rest)


def _section(
    parts: Parts, title: str, tables: Sequence[str], pictures: Sequence[str]
) -> Section:
    """The tables and figures whose names begin with one of those given.

    Figures of the clusters shown are those of their run; others are of all runs.
    """
    chosen = [table for table in parts.tables if table.name.startswith(tuple(tables))]
    of_run = [name for name in pictures if name in SHOWN]
    of_all = [name for name in pictures if name not in SHOWN]
    found = [*_figures(parts.folder, of_all), *_figures(parts.run.folder, of_run)]
    return Section(title, tables=chosen, pictures=_pictures(found))


def _figures(folder: Path, beginnings: Iterable[str]) -> list[Path]:
    """The figures whose names begin so, in that order; numbers in theirs."""
    return sorted(
        (path for b in beginnings for path in (folder / "figures").glob(f"{b}*.png")),
        key=lambda path: (_place(path, beginnings), _numbers(path), path.name),
    )


def _place(path: Path, beginnings: Iterable[str]) -> int:
    return next(i for i, b in enumerate(beginnings) if path.name.startswith(b))


def _numbers(path: Path) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", path.stem)]


def _pictures(paths: Iterable[Path], of: str = "") -> list[Picture]:
    found = []
    for path in paths:
        caption = next((c for n, c in CAPTIONS.items() if path.stem.startswith(n)), "")
        title = _titled(path.stem)
        found.append(Picture(small(path), f"{of}: {title}" if of else title, caption))
    return found


def small(path: Path) -> bytes:
    """The picture in 256 colours, a third of its size, so that a page can hold many."""
    from PIL import Image

    content = io.BytesIO()
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
            content, "PNG", optimize=True
        )
    return content.getvalue()


def _titled(stem: str) -> str:
    """`scores_ari_240_k10` as `scores ARI, 240 tracks, k = 10`."""
    text = stem.replace("_ari", " ARI")
    text = re.sub(r"_(\d{3,})", r", \1 tracks", text)
    text = re.sub(r"_k(\d+)$", r", k = \1", text)
    return text.replace("_", " ")


def _clusters(parts: Parts) -> Section:
    """The clusters that the map shows: figures, and a row for each card."""
    titles = parts.run.tracks["title"].tolist()
    rows = [
        (
            *(str(card.cluster), card.name, card.size, f"{card.share:.0%}"),
            "; ".join(cards.lines(card, titles)[2:]),
        )
        for card in parts.cards
    ]
    method = f"{parts.shown.model}, {parts.shown.clusterer}, seed {parts.shown.seed}"
    note = (
        "A share is that of the cluster's tracks whose value is known; × is its lift "
        "over the collection. Names are suggestions, of what stands out most."
    )
    header = ("cluster", "suggested name", "tracks", "share", "what is in it")
    table = Table("clusters", f"The clusters of {method}", note, header, rows)
    section = _section(parts, "The clusters", (), SHOWN)
    text = [
        f"Shown are those of {method}: the model that was asked for, or of a study "
        "the one whose clusters are steadiest; its best seed by held-out loss. No "
        "label has a say in that."
    ]
    return section._replace(text=text, tables=[table])


def _trainings(parts: Parts) -> list[Picture]:
    """The training of every run, and what the decoder of the one shown makes."""
    found = []
    for run in parts.runs:
        of = run.folder.name if len(parts.runs) > 1 else ""
        drawn = _figures(run.folder, (f"training_{record.model_of(run)}",))
        found += _pictures(drawn, of)
    return found + _pictures(_figures(parts.run.folder, ("reconstructions",)))


def _repeat(parts: Parts) -> Section:
    about = parts.run.about
    versions = {"Python": about["python"]} | about["versions"]
    settings = [
        (f"config.{section}.{key}", _value(value))
        for section, options in parts.run.settings.items()
        for key, value in options.items()
    ]
    return Section(
        "How to read and repeat it",
        text=READING,
        facts=[*versions.items(), ("Commit", about["commit"] or "unknown"), *settings],
        commands=parts.commands,
    )


def _value(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def cells_section(outcomes: Sequence[dict]) -> Section:
    """How the cells of a study have ended."""
    rows = [
        (one["name"], one["status"], round(one["seconds"]), one["error"])
        for one in outcomes
    ]
    failed = sum(one["status"] == "failed" for one in outcomes)
    note = "Every cell is a run of its own, in the folder of its name."
    text = [f"{failed} of {len(outcomes)} cells failed."] if failed else []
    header = ("cell", "status", "seconds", "error")
    table = Table("cells", f"{len(outcomes)} cells", note, header, rows)
    return Section("The cells", text, tables=[table])
