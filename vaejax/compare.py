"""Methods beside each other: how sure a score is, and how sure a lead.

A method is a model on some input, with a clusterer and a number of clusters. Methods
are compared where they cluster the same tracks: those are a family.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from vaejax import record, significance
from vaejax.evaluate import Clustering, is_told
from vaejax.metrics import ari
from vaejax.record import Record
from vaejax.tables import Estimate
from vaejax.trained import inputs_of

BASELINES = ("raw", "pca", "autoencoder")  # what a model has to beat
Z95 = 1.959964  # two-sided 95 % of a normal


class Method(NamedTuple):
    """What made a clustering."""

    model: str
    modalities: str
    fusion: str
    clusterer: str
    k: int | None  # None where the clusterer chooses


class Lead(NamedTuple):
    """How far a method is ahead of the best baseline of its family, label and k."""

    baseline: Method
    difference: float  # of mean ARI
    low: float  # 95 % interval over songs and seeds
    high: float
    p: float  # two-sided, Holm-corrected over the methods of the family and label


class Compared(NamedTuple):
    """One method against one label."""

    family: int
    n_tracks: int
    label: str
    method: Method
    told: bool  # the model was given a label that is scored
    ari: Estimate
    p: float  # of the mean over seeds, one-sided, on labels shuffled between songs
    p_corrected: float  # for the number of methods in the family
    lead: Lead | None  # None of baselines, where there is none, and of what was told


class _Found(NamedTuple):
    """The clusterings of one method, a row a seed."""

    method: Method
    told: bool
    ari: Float[np.ndarray, " s"]
    null: Float[np.ndarray, " p"]  # means over seeds
    without: Float[np.ndarray, " g"]  # likewise, without each group of songs


def compare(records: Sequence[Record]) -> list[Compared]:
    """Every method of the runs against every label, family by family."""
    families: dict[tuple[str, ...], list[Record]] = {}
    for one in records:
        families.setdefault(tuple(one.tracks["track_id"].tolist()), []).append(one)
    return [
        row
        for i, (ids, group) in enumerate(families.items())
        for label in record.labels(group[0])
        if label in group[0].nulls
        for row in _of_label(i, len(ids), label, group)
    ]


def _of_label(
    family: int, n_tracks: int, label: str, records: Sequence[Record]
) -> list[Compared]:
    found = [one for run in records for one in _methods(run, label)]
    observed = np.array([one.ari.mean() for one in found])
    null = np.stack([one.null for one in found])
    reached = np.sum(null >= observed[:, None] - 1e-7, axis=1)  # kept in float32
    p = (1 + reached) / (1 + null.shape[1])
    corrected = np.maximum(significance.max_t(observed, null), p)
    leads = _leads(found)
    return [
        Compared(
            *(family, n_tracks, label, one.method, one.told),
            _estimate(one.ari),
            float(p[i]),
            float(corrected[i]),
            leads.get(one.method),
        )
        for i, one in enumerate(found)
    ]


def _estimate(values: Float[np.ndarray, " s"]) -> Estimate:
    return Estimate(
        float(values.mean()), float(values.std()) if len(values) > 1 else None
    )


def _methods(run: Record, label: str) -> list[_Found]:
    values = record.labels(run)[label]
    known = values != ""
    _, songs = np.unique(run.tracks["song_id"][known], return_inverse=True)
    groups = significance.groups_of_songs(songs)
    parts: dict[Method, list[int]] = {}
    for i, one in enumerate(run.clusterings):
        method = Method(
            one.model, *inputs_of(run.settings, one.model), one.clusterer, one.k
        )
        parts.setdefault(method, []).append(i)
    return [
        _method(run, label, method, rows, known, groups)
        for method, rows in parts.items()
    ]


def _method(
    run: Record,
    label: str,
    method: Method,
    rows: list[int],
    known: np.ndarray,
    groups: Int[np.ndarray, " known"],
) -> _Found:
    truth = record.labels(run)[label][known]
    of_method: list[Clustering] = [run.clusterings[i] for i in rows]
    clusters = [one.cluster[known] for one in of_method]
    return _Found(
        method,
        is_told(of_method[0].told, record.labels(run)),
        np.array([ari(c, truth) for c in clusters]),
        run.nulls[label][rows].mean(axis=0),
        np.mean([significance.ari_without(c, truth, groups) for c in clusters], axis=0),
    )


def _leads(found: Sequence[_Found]) -> dict[Method, Lead]:
    best: dict[int | None, _Found] = {}
    for one in found:
        k, score = one.method.k, one.ari.mean()
        if one.method.model in BASELINES and score > _score(best.get(k)):
            best[k] = one
    rivals = [
        (one, best[one.method.k])
        for one in found
        if one.method.model not in BASELINES and one.method.k in best and not one.told
    ]
    if not rivals:
        return {}
    leads = {one.method: _lead(one, baseline) for one, baseline in rivals}
    corrected = significance.holm(np.array([lead.p for lead in leads.values()]))
    return {
        method: lead._replace(p=float(p))
        for (method, lead), p in zip(leads.items(), corrected, strict=True)
    }


def _score(one: _Found | None) -> float:
    return -np.inf if one is None else one.ari.mean()


def _lead(one: _Found, baseline: _Found) -> Lead:
    """The songs are the same for both; their seeds have nothing in common."""
    difference = float(one.ari.mean() - baseline.ari.mean())
    over_songs = significance.jackknife_error(one.without - baseline.without)
    over_seeds = [x.var(ddof=1) / len(x) for x in (one.ari, baseline.ari) if len(x) > 1]
    error = float(np.sqrt(over_songs**2 + sum(over_seeds)))
    p = significance.two_sided(difference, error)
    low, high = difference - Z95 * error, difference + Z95 * error
    return Lead(baseline.method, difference, low, high, p)
