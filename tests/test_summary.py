"""Sentences claim no more than their numbers carry."""

import pytest
from records import compared, lead, method

from vaejax import choice, summary
from vaejax.tables import Estimate


def said(*rows):
    """The one sentence on the one label."""
    (found,) = summary.sentences(rows, [])
    return found


BASE = compared(method("pca"), 0.3, corrected=0.01)


def test_what_is_found_is_counted_and_the_highest_is_called_optimistic():
    text = said(
        BASE,
        compared(method("vae", k=5), 0.41, corrected=0.03),
        compared(method("vae", "gmm"), 0.2, corrected=0.4),
    )
    assert "Against genre, on 40 tracks: 2 of 3 methods find more of it" in text
    assert "highest mean ARI is .410 ±.100, by vae on mel, kmeans, k = 5" in text
    assert "(corrected p = .030)" in text and "optimistic" in text
    assert "ahead" not in text, "there is no lead to speak of"


@pytest.mark.parametrize("p, difference", [(0.2, 0.3), (0.06, 0.2), (0.001, -0.3)])
def test_no_lead_is_claimed_where_chance_explains_it(p, difference):
    error = abs(difference) / (3 if p < 0.05 else 1)
    text = said(BASE, compared(method(), lead=lead(difference, p, error)))
    assert "No model is ahead of the best baseline" in text
    assert "methods are ahead" not in text and "beyond chance" not in text
    assert ("1 of 1 is behind it (corrected p ≤ .05)." in text) == (p < 0.05)


def test_a_lead_beyond_chance_is_told_with_its_interval():
    text = said(
        BASE,
        compared(method("vae"), lead=lead(0.2, 0.01, 0.05)),
        compared(method("vade", "own", 15), lead=lead(0.3, 0.0001, 0.05)),
        compared(method("tc_vae"), lead=lead(0.4, 0.07, 0.3)),
        compared(method("deep_vae"), lead=lead(-0.4, 0.01, 0.1)),
    )
    assert "2 of 4 methods are ahead of the best baseline" in text
    assert "is that of vade on mel, own assignment, k = 15 over pca on mel" in text
    assert ".300 (95 % interval .202 to .398, corrected p < .001)" in text
    assert "1 of 4 is behind it" in text


def test_of_methods_that_were_told_the_label_nothing_is_said():
    told = compared(method("cvae"), 0.9, told=True)
    text = said(BASE, told)
    assert "cvae" not in text and "1 of 1 methods" in text
    assert summary.sentences([told], []) == []


def test_labels_and_sets_of_tracks_have_paragraphs_of_their_own():
    rows = [
        BASE,
        compared(method("pca"), label="language"),
        compared(method("pca"), n_tracks=30, family=1),
    ]
    found = summary.sentences(rows, [])
    assert [text.split(":")[0] for text in found] == [
        "Against genre, on 40 tracks",
        "Against language, on 40 tracks",
        "Against genre, on 30 tracks",
    ]


def test_a_fusion_is_named_where_there_is_one():
    one = method("vae", "consensus_kmeans", 5, "mel+mfcc+lyrics", "poe")
    text = summary.phrase(one)
    assert text == "vae on audio + lyrics (poe), consensus of kmeans, k = 5"
    assert summary.phrase(method(clusterer="dbscan", k=None)) == "vae on mel, dbscan"


def suggestion(k, **best):
    curves = {name: [Estimate(0.1, None)] * 2 for name in best}
    return choice.Suggestion(method(), k, (4, 6), curves, best)


def test_the_number_of_clusters_is_told_with_the_criteria_that_were_looked_at():
    both = [
        suggestion(4, bic=4, silhouette=4, stability=4),
        suggestion(6, bic=6, silhouette=4, stability=6),
    ]
    (text,) = summary.sentences([], both)
    assert "4 to 6 is suggested by BIC, silhouette and stability" in text
    assert "the same number for 1 of 2 models" in text
    (text,) = summary.sentences([], [suggestion(4, silhouette=4)])
    assert "4 is suggested by silhouette" in text and "BIC" not in text
