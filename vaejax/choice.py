"""What is chosen without a label: a number of clusters, and what to show."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from vaejax import record
from vaejax.compare import BASELINES, Method
from vaejax.evaluate import Clustering
from vaejax.findings import HEAD, Values, gather, named
from vaejax.metrics import contingency
from vaejax.record import Record
from vaejax.tables import Estimate, Table
from vaejax.trained import inputs_of

# What is looked at, of which clusterer, and whether more of it is better.
CRITERIA = {"bic": ("gmm", False), "silhouette": ("kmeans", True)}
CRITERIA |= {"stability": ("kmeans", True)}
NAMES = {"bic": "BIC", "silhouette": "silhouette", "stability": "stability"}


class Suggestion(NamedTuple):
    """The number of clusters that the criteria prefer, and what each one says."""

    method: Method  # without clusterer and k
    k: int
    ks: tuple[int, ...]
    curves: dict[str, list[Estimate]]  # {criterion: a value for each of ks}
    best: dict[str, int]  # {criterion: the k that it prefers}


def suggestions(values: Values) -> list[Suggestion]:
    """One for every model that was clustered with at least two numbers of clusters.

    The suggestion has the best mean rank over the criteria, the smaller k where two are
    alike: BIC of a Gaussian mixture, silhouette of k-means, and the mean pairwise ARI
    of k-means between seeds (stability: von Luxburg 2010, arXiv:1007.1075).
    """
    models = dict.fromkeys(m._replace(clusterer="", k=None) for m, _, _ in values)
    found = (_suggestion(values, model) for model in models)
    return [one for one in found if one]


def _suggestion(values: Values, model: Method) -> Suggestion | None:
    curves: dict[str, dict[int, Estimate]] = {}
    for (method, label, metric), numbers in values.items():
        clusterer, _ = CRITERIA.get(metric, ("", True))
        same = method._replace(clusterer="", k=None) == model
        if same and not label and method.clusterer == clusterer and method.k:
            std = float(np.std(numbers)) if len(numbers) > 1 else None
            estimate = Estimate(float(np.mean(numbers)), std)
            curves.setdefault(metric, {})[method.k] = estimate
    shared = [set(curve) for curve in curves.values()]
    ks = tuple(sorted(set.intersection(*shared))) if shared else ()
    if len(ks) < 2:
        return None
    ordered = {m: [curves[m][k] for k in ks] for m in CRITERIA if m in curves}
    ranks = {m: _ranks(curve, CRITERIA[m][1]) for m, curve in ordered.items()}
    total = np.sum(list(ranks.values()), axis=0)
    best = {m: ks[int(np.argmin(rank))] for m, rank in ranks.items()}
    return Suggestion(model, ks[int(np.argmin(total))], ks, ordered, best)


def _ranks(curve: Sequence[Estimate], rising: bool) -> np.ndarray:
    from scipy.stats import rankdata

    means = np.array([one.mean for one in curve])
    return rankdata(-means if rising else means)


def table(found: Sequence[Suggestion]) -> Table:
    """A row a model: the k that each criterion prefers, and the suggestion."""
    rows = [
        (*named(one.method), *(one.best.get(m) for m in CRITERIA), one.k)
        for one in found
    ]
    ks = sorted({k for one in found for k in one.ks})
    note = (
        f"Of k = {', '.join(map(str, ks))}, without labels: BIC of a Gaussian mixture, "
        "silhouette and stability of k-means; the suggestion has the best mean rank."
    )
    header = (*HEAD, *NAMES.values(), "suggested")
    return Table("suggested_k", "How many clusters", note, header, rows)


def shown(run: Record, suggested: Sequence[Suggestion]) -> Clustering:
    """The clustering that maps and cards show: of the model asked for, its best seed.

    Its own assignment where it has one; else k-means with the suggested number of
    clusters; else what there is. No label has a say.
    """
    model, seed = record.model_of(run), record.seed_of(run)
    own = [one for one in run.clusterings if (one.model, one.seed) == (model, seed)]
    ks = [one.k for one in suggested if one.method[:3] == _seen(run)]
    wanted = [("own", None), *(("kmeans", k) for k in ks)]
    for clusterer, k in wanted:
        for one in own:
            if one.clusterer == clusterer and k in (None, one.k):
                return one
    return own[0]


def _seen(run: Record) -> tuple[str, str, str]:
    """The first parts of a `Method`: the model that was asked for, and its input."""
    model = record.model_of(run)
    return model, *inputs_of(run.settings, model)


def shown_of(run: Record) -> Clustering:
    """`shown` of a run that is looked at by itself."""
    return shown(run, suggestions(gather(run.scores)))


def asked(run: Record, clusterer: str | None, k: int | None, seed: int) -> Clustering:
    """The clustering of the run's model that a user names; the one shown by default.

    Raises:
      ValueError: there is none, or there are several.
    """
    model = record.model_of(run)
    default = shown_of(run)
    clusterer = clusterer or default.clusterer
    k = k or (default.k if clusterer == default.clusterer else None)
    found = [
        one
        for one in run.clusterings
        if (one.model, one.clusterer, one.seed) == (model, clusterer, seed)
        and k in (None, one.k)
    ]
    if len(found) == 1:
        return found[0]
    there = dict.fromkeys(
        f"--clusterer={one.clusterer}" + (f" --k={one.k}" if one.k else "")
        for one in run.clusterings
        if one.model == model and one.seed == seed
    )
    what = f"--clusterer={clusterer}" + (f" --k={k}" if k else "")
    raise ValueError(
        f"{what} is {'no clustering' if not found else 'several clusterings'} of the "
        f"run. Choices: {'; '.join(there)}."
    )


def shown_run(runs: Sequence[Record], suggested: Sequence[Suggestion]) -> Record:
    """The run of a study whose map is shown: no label has a say.

    Of those with most modalities, the one whose k-means clusters are most stable over
    seeds at the number of clusters that is suggested for it; baselines aside.
    """
    by_method = {one.method[:3]: one for one in suggested}

    def standing(run: Record) -> tuple[bool, int, float]:
        method = _seen(run)
        one = by_method.get(method)
        steady = -1.0
        if one and "stability" in one.curves:
            steady = one.curves["stability"][one.ks.index(one.k)].mean
        modalities = len(run.settings["data"]["modalities"])
        return method[0] not in BASELINES, modalities, steady

    return max(runs, key=standing)


def confidence(run: Record, chosen: Clustering) -> Float[np.ndarray, " n"]:
    """How sure the cluster of each row is, in [0, 1].

    p(c | x) where the method has it; else the share of the other seeds that put the row
    into the matching cluster (Hungarian method).
    """
    if chosen.probability is not None:
        return chosen.probability
    others = [
        one.cluster
        for one in run.clusterings
        if (one.model, one.clusterer, one.k)
        == (chosen.model, chosen.clusterer, chosen.k)
        and one.seed not in (None, chosen.seed)
    ]
    if not others:
        return np.ones(len(chosen.cluster))
    return np.mean(
        [matched(one, chosen.cluster) == chosen.cluster for one in others], 0
    )


def matched(
    clusters: Int[np.ndarray, " n"], reference: Int[np.ndarray, " n"]
) -> Int[np.ndarray, " n"]:
    """The clustering under the names of another; -2 for clusters without a partner."""
    from scipy.optimize import linear_sum_assignment

    table = contingency(clusters, reference)
    names, codes = np.unique(clusters, return_inverse=True)
    rows, columns = linear_sum_assignment(-table)
    renamed = np.full(len(names), -2)
    renamed[rows] = np.unique(reference)[columns]
    return renamed[codes]
