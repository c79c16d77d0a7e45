"""Scores and leads of methods by hand, on records of eight tracks."""

import numpy as np
import pytest
from records import clustered, record_of
from sklearn.metrics import adjusted_rand_score

from vaejax import compare, significance

TRUTH = list("aaaabbbb")
RIGHT, HALF, ODD = [0] * 4 + [1] * 4, [0, 0, 1, 1] * 2, [0, 0, 0, 1, 1, 1, 1, 1]


def only(rows, model="vae", **about):
    found = [
        one
        for one in rows
        if one.method.model == model
        and all(
            getattr(one, key, getattr(one.method, key, None)) == value
            for key, value in about.items()
        )
    ]
    assert len(found) == 1
    return found[0]


def test_the_p_value_is_that_of_the_mean_over_seeds():
    run = record_of(
        [clustered(RIGHT), clustered(HALF, seed=1)],
        {"genre": TRUTH},
        {"genre": [[0.1, 1.0, -0.2, 0.9], [0.3, 1.0, 0.0, -0.1]]},
    )
    (row,) = compare.compare([run])
    half = adjusted_rand_score(TRUTH, HALF)
    assert row.ari.mean == pytest.approx((1 + half) / 2)
    assert row.ari.std == pytest.approx((1 - half) / 2)
    # means over seeds are .2, 1, -.1 and .4; one of four reaches .43
    assert half == pytest.approx(-1 / 6, abs=0.03) and row.p == pytest.approx(2 / 5)
    assert row.p_corrected >= row.p
    assert row.n_tracks == 8 and row.lead is None, "there is no baseline"


def test_one_seed_has_no_spread_and_unknown_labels_do_not_count():
    truth = [*"aabb", "", "", "a", "b"]
    run = record_of(
        [clustered([0, 0, 1, 1, 0, 1, 0, 1])], {"genre": truth}, {"genre": [[0.0] * 9]}
    )
    (row,) = compare.compare([run])
    assert row.ari == (1.0, None) and row.p == pytest.approx(1 / 10)


def test_a_label_that_was_not_scored_is_left_out():
    labels = {"genre": TRUTH, "language": [""] * 8}
    run = record_of([clustered(RIGHT)], labels, {"genre": [[0.0] * 9]})
    assert [one.label for one in compare.compare([run])] == ["genre"]


def test_methods_are_corrected_for_within_what_clusters_the_same_tracks():
    rng = np.random.default_rng(0)
    nulls = rng.normal(size=(3, 99)) * 0.1

    def run(model, null, names):
        return record_of(
            [clustered(RIGHT, model), clustered(RIGHT, model, seed=1)],
            {"genre": TRUTH, "track_id": names},
            {"genre": [null, null]},
            model=model,
        )

    here, there = list("01234567"), list("stuvwxyz")
    runs = [run("vae", nulls[0], here), run("vade", nulls[1], here)]
    alone = run("ward", nulls[2], there)
    rows = compare.compare([runs[0], alone, runs[1]])
    assert [(one.method.model, one.family) for one in rows] == [
        *(("vae", 0), ("vade", 0), ("ward", 1))
    ]
    both = significance.max_t(np.ones(2), nulls[:2])
    assert [one.p_corrected for one in rows[:2]] == pytest.approx(both)
    single = significance.max_t(np.ones(1), nulls[2:])
    assert rows[2].p_corrected == pytest.approx(single[0])


def pair(first, second):
    """Two seeds of a method, with what shuffles say of each."""
    return [clustered(first, **second), clustered(first, **second | {"seed": 1})]


def family(*methods, labels=None):
    """Records of one family: {model: clusterings}."""
    labels = labels or {"genre": TRUTH}
    return [
        record_of(
            clusterings,
            labels,
            {name: np.zeros((len(clusterings), 9)) for name in labels},
            model=clusterings[0].model,
        )
        for clusterings in methods
    ]


def test_a_lead_is_over_the_best_baseline_at_the_same_k():
    runs = family(
        pair(ODD, {"model": "raw"})
        + pair(HALF, {"model": "pca"})
        + pair(RIGHT, {"model": "pca", "clusterer": "ward", "k": 3}),
        pair(RIGHT, {"model": "vae"}) + pair(HALF, {"model": "vae", "k": 3}),
    )
    rows = compare.compare(runs)
    over_two, over_three = (only(rows, k=k).lead for k in (2, 3))
    assert (over_two.baseline.model, over_two.baseline.k) == ("raw", 2)
    assert (over_three.baseline.clusterer, over_three.baseline.k) == ("ward", 3)
    odd = adjusted_rand_score(TRUTH, ODD)
    assert over_two.difference == pytest.approx(1 - odd)
    assert over_three.difference == pytest.approx(adjusted_rand_score(TRUTH, HALF) - 1)
    assert only(rows, "raw").lead is None, "a baseline has no lead"


def test_the_error_of_a_lead_is_of_songs_and_seeds():
    songs = list("ssttuuvv")
    ours = [clustered(RIGHT), clustered(ODD, seed=1)]
    theirs = [clustered(HALF, "pca"), clustered(HALF, "pca", seed=1)]
    run = record_of(
        [*ours, *theirs], {"genre": TRUTH}, {"genre": np.zeros((4, 9))}, songs=songs
    )
    lead = only(compare.compare([run])).lead

    def ari(clusters, without=None):
        kept = [song != without for song in songs]
        return adjusted_rand_score(np.array(TRUTH)[kept], np.array(clusters)[kept])

    left_out = [
        (ari(RIGHT, song) + ari(ODD, song)) / 2 - ari(HALF, song) for song in "stuv"
    ]
    over_songs = 3 / 4 * np.sum((np.array(left_out) - np.mean(left_out)) ** 2)
    over_seeds = np.var([ari(RIGHT), ari(ODD)], ddof=1) / 2
    error = np.sqrt(over_songs + over_seeds)
    difference = (ari(RIGHT) + ari(ODD)) / 2 - ari(HALF)
    assert lead.difference == pytest.approx(difference)
    assert lead.high - lead.difference == pytest.approx(1.959964 * error)
    assert lead.p == pytest.approx(significance.two_sided(difference, error))


def test_a_method_that_equals_the_baseline_is_not_ahead():
    runs = family(pair(ODD, {"model": "pca"}), pair(ODD, {"model": "vae"}))
    lead = only(compare.compare(runs)).lead
    assert (lead.difference, lead.low, lead.high, lead.p) == (0, 0, 0, 1)
    seeds = [clustered(ODD), clustered(HALF, seed=1)]
    seeds += [one._replace(model="pca") for one in seeds]
    lead = only(compare.compare(family(seeds))).lead
    assert lead.difference == 0 and lead.p == 1 and lead.low < 0 < lead.high


def test_a_method_that_was_told_a_label_has_no_lead_in_any():
    labels = {"genre": TRUTH, "language": list("abababab")}
    told = [one._replace(told=("genre",)) for one in pair(RIGHT, {"model": "cvae"})]
    rows = compare.compare(family(pair(ODD, {"model": "pca"}), told, labels=labels))
    assert only(rows, "cvae", label="genre").told
    assert only(rows, "cvae", label="genre").lead is None
    assert only(rows, "cvae", label="language").lead is None
    noise = [one._replace(told=("level_db",)) for one in told]  # which is not scored
    rows = compare.compare(family(pair(ODD, {"model": "pca"}), noise, labels=labels))
    assert only(rows, "cvae", label="language").lead is not None
    assert not only(rows, "cvae", label="language").told


def test_p_values_of_leads_are_corrected_over_all_methods_of_the_label():
    rng = np.random.default_rng(0)
    truth = np.repeat(list("abc"), 30)

    def noisy(model, share):
        wrong = rng.random(90) < share
        codes = np.repeat(np.arange(3), 30)
        return [
            clustered(np.where(wrong, rng.integers(3, size=90), codes), model, seed=s)
            for s in range(2)
        ]

    methods = [noisy("pca", 0.5), noisy("vae", 0.2), noisy("vade", 0.4)]
    rows = compare.compare(family(*methods, labels={"genre": truth.tolist()}))
    leads = [only(rows, model).lead for model in ("vae", "vade")]
    errors = [(one.high - one.difference) / 1.959964 for one in leads]
    raw = [
        significance.two_sided(one.difference, error)
        for one, error in zip(leads, errors, strict=True)
    ]
    small, large = sorted(raw)
    expected = {small: 2 * small, large: max(2 * small, large)}
    assert [one.p for one in leads] == pytest.approx([expected[p] for p in raw])
