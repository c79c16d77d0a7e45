"""Scores of one run or of many -> the tables of a report.

A row is a method; methods keep the order in which they were scored. Nothing is picked
by a label here: every clusterer and every k that was run has its row, and the overview
shows one clusterer that is named in advance.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from vaejax.compare import Compared, Method
from vaejax.report import EXTERNAL, INTERNAL, LATENT, Score, estimate
from vaejax.tables import Cell, Estimate, P, Table
from vaejax.trained import SIDE_BY_SIDE

OVERVIEW = "kmeans"  # the clusterer of the overview
HEAD = ("model", "input", "fusion")
Values = dict[tuple, list[float]]  # {(method, label, metric): a number a seed}


def gather(scores: Iterable[Score]) -> Values:
    """The numbers of every method, label and metric; a number a seed."""
    values: Values = defaultdict(list)
    for s in scores:
        method = Method(s.model, s.modalities, s.fusion, s.clusterer, s.k)
        values[method, s.label, s.metric].append(s.value)
    return dict(values)


def named(method: Method) -> tuple[str, str, str]:
    """Model, input and fusion in few words."""
    fusion = "–" if method.fusion == "none" else method.fusion
    return method.model, input_of(method.modalities), fusion


def input_of(modalities: str) -> str:
    """`audio + lyrics` for mel+mfcc+lyrics: the view where its parts say no more."""
    names = modalities.split("+")
    audio = [name for name in names if name != "lyrics"]
    sound = "audio" if audio in (["mel", "mfcc"], ["mel", "mfcc", "flux"]) else None
    return " + ".join([sound or ", ".join(audio)] * bool(audio) + names[len(audio) :])


def overviews(compared: Sequence[Compared]) -> list[Table]:
    """The ARI of every model with one clusterer, a column for each k, per label."""
    found = []
    for label, n_tracks in _labels(compared):
        rows: dict[tuple, dict[str, Compared]] = {}
        for one in compared:
            if (one.label, one.n_tracks) != (label, n_tracks):
                continue
            if one.method.clusterer in (OVERVIEW, "own"):
                head = _marked(one)
                rows.setdefault(head, {})[_column(one.method)] = one
        columns = sorted({c for row in rows.values() for c in row}, key=_column_order)
        cells = [
            (*head, *(row[c].ari if c in row else None for c in columns))
            for head, row in rows.items()
        ]
        note = (
            f"ARI against {label}, {n_tracks} tracks, mean ± std over seeds; k-means on"
            " codes, and the own assignment of a model that has one. * was told a "
            "label."
        )
        name = f"overview_{label}_{n_tracks}"
        title = f"{label}: ARI by number of clusters"
        header = (*HEAD, *columns)
        found.append(Table(name, title, note, header, cells, _best(cells, len(HEAD))))
    return found


def _labels(compared: Iterable[Compared]) -> list[tuple[str, int]]:
    return list(dict.fromkeys((one.label, one.n_tracks) for one in compared))


def _marked(one: Compared) -> tuple[str, str, str]:
    model, *rest = named(one.method)
    return (f"{model}*" if one.told else model, *rest)


def _column(method: Method) -> str:
    return f"own, k = {method.k}" if method.clusterer == "own" else f"k = {method.k}"


def _column_order(column: str) -> tuple[bool, int]:
    return column.startswith("own"), int(column.split()[-1])


def _best(rows: Sequence[tuple[Cell, ...]], first: int) -> frozenset:
    """The largest estimate of each column; a star is out of competition."""
    best = set()
    for x in range(first, len(rows[0]) if rows else 0):
        means = [
            row[x].mean
            if isinstance(row[x], Estimate) and not str(row[0]).endswith("*")
            else -np.inf
            for row in rows
        ]
        highest = max(means)
        best |= {(y, x) for y, mean in enumerate(means) if mean == highest > -np.inf}
    return frozenset(best)


def score_tables(compared: Sequence[Compared], values: Values) -> list[Table]:
    """Every method with every score against a label, by clip and by song."""
    found = []
    metrics = {m: name for m, name in EXTERNAL.items() if m != "p_value"}
    metrics |= {f"song_{m}": f"{name}, by song" for m, name in metrics.items()}
    for label, n_tracks in _labels(compared):
        chosen = [c for c in compared if (c.label, c.n_tracks) == (label, n_tracks)]
        here = {
            m: n
            for m, n in metrics.items()
            if any((c.method, label, m) in values for c in chosen)
        }
        header = (*HEAD, "clusterer", "k", *here.values(), "stability", "p")
        rows = []
        for one in chosen:
            cells = [_cell(values, one.method, label, m) for m in here]
            stability = values.get((one.method, "", "stability"), [None])[0]
            about = (*_marked(one), one.method.clusterer, one.method.k)
            chance = (P(one.p), P(one.p_corrected))
            rows.append((*about, *cells, stability, *chance))
        note = (
            "Mean ± std over seeds. Stability: mean pairwise ARI between seeds, 1 "
            "where nothing is drawn at random. p: of the mean ARI, on labels shuffled "
            "between songs; corrected for all "
            f"{len(chosen)} methods of this table (Westfall & Young's max-T). Purity, "
            "NMI and ACC rise with k on random clusters. * was told a label: no "
            "evidence of what it finds."
        )
        title = f"{label}: every method, {n_tracks} tracks"
        name = f"scores_{label}_{n_tracks}"
        found.append(Table(name, title, note, (*header, "p corrected"), rows))
    return found


def _cell(values: Values, method: Method, label: str, metric: str) -> Estimate | None:
    found = values.get((method, label, metric))
    return estimate(found) if found else None


def lead_tables(compared: Sequence[Compared]) -> list[Table]:
    """How far every model is ahead of the best baseline at the same k."""
    found = []
    for label, n_tracks in _labels(compared):
        rows: list[tuple[Cell, ...]] = []
        for one in compared:
            if (one.label, one.n_tracks) == (label, n_tracks) and one.lead:
                lead = one.lead
                baseline = f"{' '.join(named(lead.baseline)[:2])}, "
                about = (*named(one.method), one.method.clusterer, one.method.k)
                numbers = (lead.difference, lead.low, lead.high, P(lead.p))
                rows.append((*about, baseline + lead.baseline.clusterer, *numbers))
        header = (*HEAD, "clusterer", "k", "best baseline", "difference", "low", "high")
        note = (
            "Difference of mean ARI to the best of raw, PCA and autoencoder with any "
            "clusterer at the same k, which is picked by its score: a lead is "
            "understated. Clusterers that find k themselves are compared with each "
            "other. Interval: 95 %, over songs (jackknife) and seeds. p: "
            "two-sided, Holm-corrected over the table."
        )
        title = f"{label}: lead over the best baseline, {n_tracks} tracks"
        name = f"leads_{label}_{n_tracks}"
        found += [Table(name, title, note, (*header, "p corrected"), rows)] * bool(rows)
    return found


def internal_table(values: Values) -> Table:
    """Internal scores; they compare clusterings of one space, never models."""
    methods = dict.fromkeys(m for m, label, _ in values if m.clusterer and not label)
    rows = [
        (
            *(*named(m), m.clusterer, m.k, m.model if m.model in SIDE_BY_SIDE else "z"),
            *(_cell(values, m, "", metric) for metric in INTERNAL),
        )
        for m in methods
    ]
    note = (
        "Each in the space that the clusterer saw: z, the model's code, or features of "
        "a baseline. They compare clusterings of one space, and rank no models."
    )
    header = (*HEAD, "clusterer", "k", "space", *INTERNAL.values())
    return Table("internal", "Internal scores and stability", note, header, rows)


def code_table(values: Values) -> Table:
    """How much the codes of the models say, in nats a row, held out."""
    methods = dict.fromkeys(
        m for m, label, metric in values if metric == "kl" and not label
    )
    rows = [
        (
            *(*named(m), int(values[m, "", "units"][0])),
            *(_cell(values, m, "", metric) for metric in LATENT),
        )
        for m in methods
    ]
    note = "Nats a row of held-out songs, mean ± std over seeds; active units of units."
    header = (*HEAD, "units", *LATENT.values())
    return Table("codes", "Latent codes", note, header, rows)


def probe_tables(scores: Iterable[Score]) -> list[Table]:
    """What the recording chain alone tells of each label, of songs not trained on."""
    values: dict[str, dict] = {}
    for s in scores:
        if s.metric in ("probe_accuracy", "probe_balanced", "probe_majority"):
            # The recordings are the same for every model: the first one speaks for all.
            metrics = values.setdefault(s.label, {}).setdefault(s.space, {})
            metrics.setdefault(s.metric, s.value)
    found = []
    for label, predictors in values.items():
        rows = [(name, *metrics.values()) for name, metrics in predictors.items()]
        note = (
            "A linear classifier on songs that it has not seen. What nuisances alone "
            "predict is no evidence of music."
        )
        header = ("from", "accuracy", "balanced accuracy", "guessing")
        title = f"{label}: what the recording chain tells"
        found.append(Table(f"nuisance_{label}", title, note, header, rows))
    return found


def retrieval_table(values: Values) -> list[Table]:
    """From audio to lyrics and back, on held-out songs; none where it was not asked."""
    columns = dict.fromkeys(
        metric.removeprefix("retrieval_")
        for _, _, metric in values
        if metric.startswith("retrieval_") and "n_songs" not in metric
    )
    methods = dict.fromkeys(
        method for method, _, metric in values if metric.startswith("retrieval_")
    )
    rows = [
        (*named(m), *(_cell(values, m, "", f"retrieval_{c}") for c in columns))
        for m in methods
    ]
    note = "Percentile of a song's own other side among held-out songs; chance .5."
    header = (*HEAD, *(c.replace("_", " ") for c in columns))
    return [Table("retrieval", "Retrieval", note, header, rows)] * bool(rows)


def all_tables(
    compared: Sequence[Compared], values: Values, scores: Iterable[Score]
) -> list[Table]:
    """Every table that there is something to put in, in the order of a report."""
    found = [
        *overviews(compared),
        *lead_tables(compared),
        *score_tables(compared, values),
        internal_table(values),
        code_table(values),
        *probe_tables(scores),
        *retrieval_table(values),
    ]
    return [table for table in found if table.rows]


def stabilities(values: Values) -> dict[Method, float]:
    """The mean pairwise ARI between the seeds of each method."""
    return {
        method: numbers[0]
        for (method, _, metric), numbers in values.items()
        if metric == "stability"
    }


def comparison_rows(compared: Sequence[Compared]) -> list[Score]:
    """What comparisons say, as rows like those of scores.csv; all seeds together.

    The space of a lead is the baseline that it is a lead over.
    """
    found = []
    for one in compared:
        m, told = one.method, "told" if one.told else ""
        about = (m.model, m.modalities, m.fusion, m.clusterer, m.k, None)
        numbers = {"p_of_mean": one.p, "p_corrected": one.p_corrected}
        over = ""
        if one.lead:
            lead = one.lead
            over = " ".join((*named(lead.baseline)[:2], lead.baseline.clusterer))
            numbers |= {"lead": lead.difference, "lead_low": lead.low}
            numbers |= {"lead_high": lead.high, "lead_p_corrected": lead.p}
        for metric, value in numbers.items():
            space = over if metric.startswith("lead") else ""
            found.append(Score(*about, space, one.label, metric, value, told))
    return found
