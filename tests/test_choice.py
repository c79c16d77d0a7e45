"""What is chosen without labels, by hand: k, what is shown, how sure it is."""

import numpy as np
import pytest
from records import clustered, method, record_of

from vaejax import choice
from vaejax.tables import Estimate


def values_of(model="vae", modalities="mel", **curves):
    """{metric: {k: numbers}} as `findings.gather` has it."""
    found = {}
    for metric, curve in curves.items():
        clusterer, _ = choice.CRITERIA[metric]
        for k, numbers in curve.items():
            one = method(model, clusterer, k, modalities)
            found[one, "", metric] = numbers
    return found


CURVES = {
    "bic": {4: [10.0, 12.0], 6: [9.0, 9.0], 8: [20.0, 20.0]},  # 6, 4, 8
    "silhouette": {4: [0.3, 0.3], 6: [0.2, 0.2], 8: [0.1, 0.1]},  # 4, 6, 8
    "stability": {4: [0.5], 6: [0.9], 8: [0.7]},  # 6, 8, 4
}


def test_the_suggested_k_has_the_best_mean_rank():
    (found,) = choice.suggestions(values_of(**CURVES))
    # ranks of 4: 2, 1, 3; of 6: 1, 2, 1; of 8: 3, 3, 2
    assert found.k == 6 and found.ks == (4, 6, 8)
    assert found.best == {"bic": 6, "silhouette": 4, "stability": 6}
    assert found.curves["bic"][0] == Estimate(11.0, 1.0)
    assert found.curves["stability"][0] == Estimate(0.5, None)
    assert (found.method.model, found.method.clusterer) == ("vae", "")


def test_of_two_that_are_alike_the_smaller_k_is_suggested():
    tied = {"silhouette": {4: [0.3], 6: [0.2]}, "stability": {4: [0.5], 6: [0.9]}}
    (found,) = choice.suggestions(values_of(**tied))
    assert found.k == 4


def test_criteria_are_compared_at_the_k_that_all_of_them_have():
    curves = CURVES | {"silhouette": {6: [0.2], 8: [0.1]}}
    (found,) = choice.suggestions(values_of(**curves))
    assert found.ks == (6, 8)
    alone = {"silhouette": {6: [0.2]}, "bic": CURVES["bic"]}
    assert choice.suggestions(values_of(**alone)) == []


def test_scores_against_labels_and_of_other_clusterers_have_no_say():
    values = values_of(**CURVES)
    for k in (4, 6, 8):
        values[method(k=k), "genre", "silhouette"] = [float(k)]
        values[method(clusterer="ward", k=k), "", "silhouette"] = [float(k)]
        values[method(k=k), "genre", "ari"] = [float(k)]
    assert choice.suggestions(values) == choice.suggestions(values_of(**CURVES))


def test_the_table_has_what_each_criterion_says():
    found = choice.suggestions(values_of(**CURVES) | values_of("pca", **CURVES))
    table = choice.table(found)
    assert table.rows[0] == ("vae", "mel", "–", 6, 4, 6, 6)
    assert [row[0] for row in table.rows] == ["vae", "pca"]
    assert "k = 4, 6, 8" in table.note
    only = {"silhouette": CURVES["silhouette"]}
    assert choice.table(choice.suggestions(values_of(**only))).rows == [
        ("vae", "mel", "–", None, 4, None, 4)
    ]


# --- what is shown --------------------------------------------------------------------

HISTORY = [
    {"model": "vae", "phase": "pretraining", "valid_loss": [0.0, 9.0, 9.0]},
    {"model": "vae", "phase": "training", "valid_loss": [5.0, 4.0, 7.0]},
    {"model": "vae", "phase": "training", "valid_loss": [5.0, 6.0, 3.0]},
    {"model": "autoencoder", "phase": "training", "valid_loss": [1.0, 2.0, 3.0]},
]
LABELS = {"genre": list("aabb")}


def run_of(*clusterings, **about):
    nulls = {"genre": np.zeros((len(clusterings), 9))}
    return record_of(clusterings, LABELS, nulls, history=HISTORY, **about)


def every(clusterer, k, model="vae"):
    """A clustering of each of three seeds."""
    return [clustered([0, 0, 1, 1], model, clusterer, k, s) for s in range(3)]


def test_the_models_own_assignment_of_the_best_seed_is_shown():
    run = run_of(*every("kmeans", 4, "pca"), *every("kmeans", 6), *every("own", 9))
    found = choice.shown(run, choice.suggestions(values_of(**CURVES)))
    assert (found.model, found.clusterer, found.seed) == ("vae", "own", 2)


def test_without_one_kmeans_with_the_suggested_k_is_shown():
    suggested = choice.suggestions(values_of(**CURVES))
    ward, kmeans = every("ward", 6), [c for k in (4, 6) for c in every("kmeans", k)]
    found = choice.shown(run_of(*ward, *kmeans), suggested)
    assert (found.clusterer, found.k, found.seed) == ("kmeans", 6, 2)
    assert choice.shown(run_of(*ward), suggested).clusterer == "ward"


def test_of_a_study_the_suggestion_for_the_same_input_counts():
    other = {"bic": {4: [1.0], 6: [2.0], 8: [3.0]}}
    values = values_of(**other) | values_of(modalities="lyrics", **CURVES)
    suggested = choice.suggestions(values)
    assert [one.k for one in suggested] == [4, 6]
    kmeans = [c for k in (4, 6) for c in every("kmeans", k)]
    assert choice.shown(run_of(*kmeans), suggested).k == 4
    words = run_of(*kmeans, modalities=("lyrics",))
    assert choice.shown(words, suggested).k == 6


def test_a_clustering_is_asked_for_by_name():
    run = run_of(*every("own", 9), *every("kmeans", 4), *every("kmeans", 6))
    assert choice.asked(run, None, None, 2) is choice.shown_of(run)
    found = choice.asked(run, "kmeans", 6, 1)
    assert (found.clusterer, found.k, found.seed) == ("kmeans", 6, 1)
    assert choice.asked(run, "own", None, 0).seed == 0


@pytest.mark.parametrize(
    "clusterer, k, message",
    [
        ("ward", None, "--clusterer=ward is no clustering of the run. Choices: "),
        ("kmeans", 5, "--clusterer=kmeans --k=5 is no clustering"),
        ("kmeans", None, "--clusterer=kmeans is several clusterings"),
        (None, 4, "--clusterer=own --k=4 is no clustering"),
    ],
)
def test_what_is_not_there_names_what_is(clusterer, k, message):
    run = run_of(*every("own", 9), *every("kmeans", 4), *every("kmeans", 6))
    with pytest.raises(ValueError, match=message) as caught:
        choice.asked(run, clusterer, k, 0)
    choices = "--clusterer=own --k=9; --clusterer=kmeans --k=4; --clusterer=kmeans --k="
    assert choices in str(caught.value)


def test_a_study_shows_the_steadiest_run_of_those_with_most_modalities():
    def run(model, modalities):
        one = run_of(*every("kmeans", 6, model), model=model, modalities=modalities)
        return one._replace(settings=one.settings | {"fusion": {"name": "none"}})

    runs = [
        run("vae", ("mel",)),
        run("autoencoder", ("mel", "mfcc")),
        run("tc_vae", ("mel", "mfcc")),
        run("vade", ("mel", "mfcc")),
    ]
    steady = {"vae": 0.9, "autoencoder": 0.9, "tc_vae": 0.3, "vade": 0.6}
    values = {}
    for one in runs:
        model = one.settings["model"]["name"]
        curve = {"stability": {4: [0.1], 6: [steady[model]]}}
        seen = "+".join(one.settings["data"]["modalities"])
        values |= values_of(model, seen, **curve)
    found = choice.shown_run(runs, choice.suggestions(values))
    assert found.settings["model"]["name"] == "vade"
    assert choice.shown_run(runs[:2], []).settings["model"]["name"] == "vae"


# --- how sure it is -------------------------------------------------------------------


def test_clusters_are_matched_by_the_tracks_they_share():
    clusters = np.array([5, 5, 5, 7, 7, 9])
    reference = np.array([1, 1, 0, 0, 0, 0])
    # 5 shares two with 1, 7 two with 0; nothing is left for 9
    found = choice.matched(clusters, reference)
    assert found.tolist() == [1, 1, 1, 0, 0, -2]
    assert choice.matched(reference, clusters).tolist() == [5, 5, 7, 7, 7, 7]


def test_confidence_is_the_share_of_the_other_seeds_that_agree():
    seeds = [[0, 0, 1, 1], [1, 1, 0, 0], [0, 0, 0, 1], [0, 1, 1, 1]]
    run = run_of(
        *(clustered(c, seed=s) for s, c in enumerate(seeds)),
        clustered([0, 1, 0, 1], clusterer="ward"),
        clustered([0, 1, 0, 1], clusterer="kmeans", k=3, seed=1),
        clustered([0, 1, 0, 1], seed=None, clusterer="consensus_kmeans"),
    )
    # the second says the same by other names, the others part with one row each
    found = choice.confidence(run, run.clusterings[0])
    np.testing.assert_allclose(found, [1, 2 / 3, 2 / 3, 1])
    only = run_of(clustered([0, 0, 1, 1]))
    assert choice.confidence(only, only.clusterings[0]).tolist() == [1.0] * 4
    p = np.array([0.4, 0.9, 0.5, 1.0])
    own = clustered([0, 0, 1, 1], clusterer="own", probability=p)
    assert choice.confidence(run_of(own), own) is p
