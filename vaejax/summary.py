"""What came out of a run or a study, in sentences made from its numbers.

A sentence claims no more than a corrected p-value or an interval carries.
"""

from collections.abc import Sequence

from vaejax.choice import NAMES, Suggestion
from vaejax.compare import BASELINES, Compared, Lead, Method
from vaejax.findings import named
from vaejax.tables import P, number, shown

LEVEL = 0.05  # of corrected p-values


def sentences(
    compared: Sequence[Compared], suggested: Sequence[Suggestion]
) -> list[str]:
    """A paragraph for each label and set of tracks, and one on the number of clusters.

    Every number in them is in a table of the report.
    """
    places: dict[tuple[str, int], list[Compared]] = {}
    for one in compared:
        if not one.told:
            places.setdefault((one.label, one.n_tracks), []).append(one)
    found = [_of_label(*place, rows) for place, rows in places.items()]
    return found + ([_of_k(suggested)] if suggested else [])


def _of_label(label: str, n_tracks: int, rows: Sequence[Compared]) -> str:
    best = max(rows, key=lambda one: one.ari.mean)
    found = [one for one in rows if one.p_corrected <= LEVEL]
    text = (
        f"Against {label}, on {n_tracks} tracks: {len(found)} of {len(rows)} methods "
        f"find more of it than shuffled labels do (corrected p ≤ {number(LEVEL, 2)}). "
        f"The highest mean ARI is {shown(best.ari)}, by {phrase(best.method)} "
        f"(corrected p = {number(best.p_corrected, 3)}); it is the highest of "
        f"{len(rows)}, picked with the labels in view, and so an optimistic number."
    )
    return f"{text} {_of_leads([one for one in rows if one.lead])}".strip()


def _of_leads(rows: Sequence[Compared]) -> str:
    if not rows:
        return ""
    ahead = [one for one in rows if one.lead.p <= LEVEL and one.lead.difference > 0]
    behind = [one for one in rows if one.lead.p <= LEVEL and one.lead.difference < 0]
    against = "the best baseline at the same number of clusters"
    if not ahead:
        top = max(rows, key=lambda one: one.lead.difference)
        text = (
            f"No model is ahead of {against} by more than chance explains: the largest "
            f"lead, of {phrase(top.method)}, is {interval(top.lead)}."
        )
    else:
        top = max(ahead, key=lambda one: one.lead.difference)
        text = (
            f"{_of(ahead, rows)} ahead of {against} "
            f"({', '.join(BASELINES)}) beyond chance; the largest lead is that of "
            f"{phrase(top.method)} over {phrase(top.lead.baseline)}: "
            f"{interval(top.lead)}."
        )
    if top.method.k is None:
        text += " Both find the number of clusters themselves."
    rest = f"{_of(behind, rows, '')} behind it (corrected p ≤ .05)."
    return f"{text} {rest}" if behind else text


def _of(some: Sequence, rows: Sequence, what: str = " methods") -> str:
    return f"{len(some)} of {len(rows)}{what} {'is' if len(some) == 1 else 'are'}"


def interval(lead: Lead) -> str:
    """A difference, its interval and its corrected p."""
    low, high, difference = (
        number(x, 3) for x in (lead.low, lead.high, lead.difference)
    )
    p = shown(P(lead.p))
    p = f"p {p[0]} {p[1:]}" if p.startswith("<") else f"p = {p}"
    return f"{difference} (95 % interval {low} to {high}, corrected {p})"


def phrase(method: Method) -> str:
    """A method in words: `vade on audio, own assignment, k = 15`."""
    model, inputs, fusion = named(method)
    joined = f" ({fusion})" if fusion != "–" else ""
    own = method.clusterer == "own"
    clusterer = "own assignment" if own else method.clusterer.replace("_", " of ")
    k = f", k = {method.k}" if method.k else ""
    return f"{model} on {inputs}{joined}, {clusterer}{k}"


def _of_k(suggested: Sequence[Suggestion]) -> str:
    ks = [one.k for one in suggested]
    agreed = [one for one in suggested if len(set(one.best.values())) == 1]
    low, high = min(ks), max(ks)
    which = f"{low}" if low == high else f"{low} to {high}"
    criteria = [n for m, n in NAMES.items() if any(m in one.best for one in suggested)]
    *first, last = criteria
    by = f"{', '.join(first)} and {last} together" if first else last
    return (
        f"How many clusters there are, without a label: {which} is suggested by {by}; "
        f"they name the same number for {len(agreed)} of {len(suggested)} models."
    )
