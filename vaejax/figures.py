"""The figures of a run, drawn from its record into `figures/`, as PNG and PDF."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from vaejax import bars, comparisons, curves, plots, record, silhouette, spectrograms
from vaejax.choice import NAMES, Suggestion
from vaejax.compare import BASELINES, Compared, Method
from vaejax.evaluate import Clustering
from vaejax.findings import named
from vaejax.metrics import ari
from vaejax.reconstructions import Reconstructions
from vaejax.record import Record
from vaejax.tables import Estimate
from vaejax.trained import inputs_of
from vaejax.typeset import save

# As axes name them.
MAPS = {"umap": "UMAP", "tsne": "t-SNE", "components": "component"}
FORMATS = ("png", "pdf")
NAMED = ("kmeans", "own")  # clusterers that are shown where there are too many
MOST_BARS = 40  # methods in one figure of bars
MOST_LINES = 8  # of methods in one figure of curves


class Place(NamedTuple):
    """Where figures go, and as what."""

    folder: Path
    formats: tuple[str, ...] = FORMATS


def put(place: Place, figure: Figure, stem: str) -> None:
    """Writes a figure in every format."""
    save(figure, *(place.folder / f"{stem}.{suffix}" for suffix in place.formats))


def draw_training(place: Place, run: Record) -> None:
    """Loss, reconstruction and KL of every model over the epochs."""
    for model in dict.fromkeys(row["model"] for row in run.history):
        rows = [row for row in run.history if row["model"] == model]
        figure = curves.training_curves(rows, title=f"{model}: training")
        put(place, figure, f"training_{model}")


def draw_clusters(
    place: Place,
    run: Record,
    shown: Clustering,
    maps: Mapping[str, Float[np.ndarray, "n 2"]],
) -> None:
    """Maps of the collection, and clusters against every label."""
    title = (
        f"{shown.model}, {shown.clusterer}, {len(np.unique(shown.cluster))} clusters"
    )
    labels = record.labels(run)
    if maps:
        named_maps = {MAPS[name]: xy for name, xy in maps.items()}
        columns = {"cluster": shown.cluster} | labels
        figure = plots.latent_maps(named_maps, columns, title=title)
        put(place, figure, "maps")
    for name, values in labels.items():
        sizes = plots.cluster_sizes(shown.cluster, values, title=title, column=name)
        put(place, sizes, f"sizes_{name}")
        matrix = plots.cluster_matrix(shown.cluster, values, title=title, column=name)
        put(place, matrix, f"matrix_{name}")


def draw_silhouettes(place: Place, shown: Clustering) -> None:
    """Every row of the clusters shown; nothing where there are fewer than two."""
    (values,) = silhouette.samples(shown.z, [shown.cluster])
    kept = np.isfinite(values)
    if kept.any():
        title = f"{shown.model}, {shown.clusterer}: silhouettes"
        figure = comparisons.silhouettes(
            values[kept], shown.cluster[kept], title=title, space=shown.space
        )
        put(place, figure, "silhouettes")


def draw_seeds(place: Place, run: Record, shown: Clustering) -> None:
    """How far the seeds of the method shown agree."""
    same = [
        one.cluster
        for one in run.clusterings
        if (one.model, one.clusterer, one.k) == (shown.model, shown.clusterer, shown.k)
        and one.seed is not None
    ]
    if len(same) > 1:
        matrix = np.array([[ari(a, b) for a in same] for b in same])
        title = f"{shown.model}, {shown.clusterer}: ARI between seeds"
        figure = comparisons.seed_agreement(matrix, title=title)
        put(place, figure, "seeds")


def draw_reconstructions(place: Place, found: Reconstructions) -> None:
    """Spectrograms beside what the decoder makes of them."""
    pairs = zip(found.titles, found.originals, found.decoded, strict=True)
    figure = spectrograms.reconstructions(
        list(pairs),
        hop_s=found.hop_s,
        sample_rate_hz=found.sample_rate_hz,
        name=found.name,
    )
    put(place, figure, "reconstructions")


def draw_comparisons(
    place: Place,
    compared: Sequence[Compared],
    suggested: Sequence[Suggestion],
    stabilities: Mapping[Method, float],
) -> None:
    """Scores of all methods: bars at each k, curves over k, leads, stability.

    Methods that cluster other tracks have figures of their own.
    """
    families = dict.fromkeys(one.n_tracks for one in compared)
    for n_tracks in families:
        rows = [one for one in compared if one.n_tracks == n_tracks]
        tag = f"_{n_tracks}" if len(families) > 1 else ""
        _draw_bars(place, rows, tag)
        _draw_curves(place, rows, stabilities, tag)
        for label in dict.fromkeys(one.label for one in rows):
            of_label = [one for one in rows if one.label == label]
            _draw_leads(place, label, of_label, tag)
    if suggested:
        first = suggested[0]
        curves_of = {NAMES[name]: curve for name, curve in first.curves.items()}
        figure = comparisons.suggested_k(first.ks, curves_of, first.k)
        put(place, figure, "suggested_k")


def _draw_bars(place: Place, compared: Sequence[Compared], tag: str) -> None:
    """The ARI at each k; of many methods, those of the clusterers named in advance."""
    for k in dict.fromkeys(one.method.k for one in compared if one.method.k):
        chosen = [one for one in compared if one.method.k == k]
        if len({one.method for one in chosen}) > MOST_BARS:
            chosen = [one for one in chosen if one.method.clusterer in NAMED]
        rows = [
            _row(one) | {"clusterer": one.method.clusterer, **_spread(one.ari)}
            for one in chosen
        ]
        if rows:
            figure = bars.score_bars(rows, metric="ari")
            put(place, figure, f"scores_ari{tag}_k{k}")


def name_of(one: Compared) -> str:
    """The model, with its input and fusion where it is not the only one."""
    model, inputs, fusion = named(one.method)
    parts = [model + "*" * one.told, inputs, *([fusion] if fusion != "–" else [])]
    return ", ".join(parts)


def titled(run: Record) -> str:
    """The model that a run was asked for, likewise."""
    model = record.model_of(run)
    method = Method(model, *inputs_of(run.settings, model), "", None)
    return ", ".join(part for part in named(method) if part != "–")


def _row(one: Compared) -> dict:
    label = f"{one.label} ({one.n_tracks} tracks)"
    return {"model": name_of(one), "label": label}


def _spread(estimate: Estimate) -> dict:
    return {"mean": estimate.mean, "std": estimate.std}


def _draw_curves(
    place: Place,
    compared: Sequence[Compared],
    stabilities: Mapping[Method, float],
    tag: str,
) -> None:
    """ARI and stability of k-means over k, a figure for each input; models first."""
    chosen = [c for c in compared if c.method.clusterer == "kmeans" and not c.told]
    if len({one.method.k for one in chosen}) < 2:
        return
    inputs = dict.fromkeys(named(one.method)[1] for one in chosen)
    for i, seen in enumerate(inputs):
        of_input = [one for one in chosen if named(one.method)[1] == seen]
        of_input.sort(key=lambda one: one.method.model in BASELINES)
        kept = [*dict.fromkeys(name_of(one) for one in of_input)][:MOST_LINES]
        lines = [one for one in of_input if name_of(one) in kept]
        rows = [_line(one) | _spread(one.ari) for one in lines]
        number = f"_{i + 1}" if len(inputs) > 1 else ""
        figure = comparisons.k_curves(rows, metric="ari")
        put(place, figure, f"k_curves_ari{tag}{number}")
        steady = [
            _line(one) | {"label": seen, "mean": stabilities[one.method], "std": None}
            for one in lines
            if one.method in stabilities and one.label == lines[0].label
        ]
        if steady:
            figure = comparisons.k_curves(steady, metric="stability")
            put(place, figure, f"stability{tag}{number}")


def _line(one: Compared) -> dict:
    baseline = one.method.model in BASELINES
    return _row(one) | {
        "method": name_of(one),
        "k": one.method.k,
        "baseline": baseline,
    }


def _draw_leads(
    place: Place, label: str, compared: Sequence[Compared], tag: str
) -> None:
    rows = [
        {
            "method": f"{name_of(one)}, {one.method.clusterer}, k = {one.method.k}",
            "difference": one.lead.difference,
            "low": one.lead.low,
            "high": one.lead.high,
            "significant": one.lead.p <= 0.05,
        }
        for one in compared
        if one.lead and one.method.clusterer in NAMED
    ]
    if rows:
        title = f"{label}: lead over the best baseline at the same k"
        figure = comparisons.forest(rows, title=title, metric="ari")
        put(place, figure, f"leads_{label}{tag}")
