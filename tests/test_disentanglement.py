"""Disentanglement of codes whose score is known, by hand or by the definition."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from vaejax import disentanglement

SIZES = (2, 4, 6)
NAMES = (
    "mig",
    "sap",
    "dci_disentanglement",
    "dci_completeness",
    "dci_informativeness",
    "factor_vae",
)


def table(n=1200, sizes=SIZES, seed=0):
    """Factors that vary independently, int [n, m]."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(c, size=n) for c in sizes], axis=1)


def aligned(factors, n_more=3, seed=1):
    """Each factor in one dimension, standardised, and dimensions of noise beside."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(len(factors), n_more))
    codes = (factors - factors.mean(axis=0)) / factors.std(axis=0)
    return np.hstack([codes, noise]).astype(np.float32)


def rotated(z, seed=4):
    """The same code in other axes."""
    normal = np.random.default_rng(seed).normal(size=(z.shape[1], z.shape[1]))
    return (z @ np.linalg.qr(normal)[0]).astype(np.float32)


def noise(n=1200, k=6, seed=3):
    return np.random.default_rng(seed).normal(size=(n, k)).astype(np.float32)


FACTORS = table()
TRUE = aligned(FACTORS)


@pytest.mark.parametrize(
    "z",
    [TRUE, TRUE[:, ::-1].copy(), -TRUE, TRUE * 7 + 100, np.float64(TRUE), FACTORS],
    ids=["standardised", "permuted", "negated", "scaled", "float64", "themselves"],
)
def test_codes_that_are_the_factors_score_one(z):
    found = disentanglement.scores(z, FACTORS)
    assert tuple(found) == NAMES
    for name in set(NAMES) - {"sap"}:
        assert found[name] == pytest.approx(1, abs=0.03), name
    assert disentanglement.sap_continuous(z, FACTORS) == pytest.approx(1, abs=0.03)


def test_sap_of_two_classes_that_one_dimension_tells_is_a_half():
    factors = table(sizes=(2, 2))
    # the best dimension is always right, the next as often as a coin
    assert disentanglement.sap(aligned(factors), factors) == pytest.approx(0.5, abs=0.1)
    assert 0.1 < disentanglement.sap(TRUE, FACTORS) < 0.6


def test_noise_scores_what_chance_does():
    found = disentanglement.scores(noise(), FACTORS)
    for name in ("mig", "sap", "dci_disentanglement", "dci_completeness"):
        assert found[name] == pytest.approx(0, abs=0.06), name
    chance = np.mean([1 / c for c in SIZES])
    assert found["dci_informativeness"] == pytest.approx(chance, abs=0.06)
    assert found["factor_vae"] == pytest.approx(1 / len(SIZES), abs=0.15)
    assert disentanglement.sap_continuous(noise(), FACTORS) < 0.01


def test_a_rotated_code_scores_lower_than_the_aligned_one():
    straight = disentanglement.scores(TRUE, FACTORS)
    turned = disentanglement.scores(rotated(TRUE), FACTORS)
    for name in NAMES:
        assert turned[name] < straight[name] - 0.1, name


def test_mig_by_hand():
    factors = np.array([[0], [0], [1], [1]])
    z = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    # the second dimension shares 1/4, 1/4, 1/2 of the rows with (0, 0), (0, 1), (1, 1)
    second = 0.25 * np.log(2) + 0.25 * np.log(2 / 3) + 0.5 * np.log(4 / 3)
    expected = (np.log(2) - second) / np.log(2)
    assert disentanglement.mig(z, factors) == pytest.approx(expected, abs=1e-12)


def by_definition(z, factors):
    """MIG line by line: bins of np.histogram, scikit-learn's information."""
    bins = [np.digitize(x, np.histogram(x, 20)[1][:-1]) for x in z.T]
    gaps = []
    for v in factors.T:
        told = sorted(mutual_info_score(v, b) for b in bins)
        gaps.append((told[-1] - told[-2]) / mutual_info_score(v, v))
    return np.mean(gaps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(3))
def test_mig_is_the_library_s_definition(seed, dtype):
    factors = table(n=400, sizes=(3, 7, 40), seed=seed)
    z = rotated(aligned(factors)).astype(dtype)
    z[:, 0] = np.round(z[:, 0], 1)  # many values on the edges
    z[:, 1] = np.exp(3 * z[:, 1])
    found = disentanglement.mig(z, factors)
    assert found == pytest.approx(by_definition(z, factors), abs=1e-12)


def test_a_value_on_an_edge_belongs_above_it_and_the_last_bin_has_two():
    steps = np.arange(21.0)
    expected = [*range(1, 21), 20]
    assert disentanglement._binned(steps).tolist() == expected
    # a factor that tells 19 from 20 is lost in the last bin, one below is not
    other = np.zeros(21)
    for split, told in ((20, False), (19, True)):
        factors = (steps >= split).astype(int)[:, None]
        found = disentanglement.mig(np.stack([steps, other], axis=1), factors)
        assert (found == pytest.approx(1)) is told


def test_bins_are_of_equal_width_so_that_one_far_value_hides_the_rest():
    factors = np.repeat([0, 1], 50)[:, None]
    z = np.stack([np.linspace(0, 1, 100), np.zeros(100)], axis=1)
    assert disentanglement.mig(z, factors) == pytest.approx(1)
    z[0, 0] = 1000
    assert disentanglement.mig(z, factors) < 0.02


def test_a_dimension_said_twice_leaves_no_gap():
    twice = np.hstack([TRUE, TRUE])
    assert disentanglement.mig(twice, FACTORS) == 0
    assert disentanglement.sap(twice, FACTORS) == 0
    assert disentanglement.sap_continuous(twice, FACTORS) == pytest.approx(0)
    disentangled, complete, _ = disentanglement.dci(twice, FACTORS)
    assert disentangled > 0.95
    assert complete < 0.8


def test_constant_factors_are_left_out_and_constant_dimensions_tell_nothing():
    factors = np.insert(FACTORS, 1, 5, axis=1)
    z = np.hstack([TRUE, np.full((len(TRUE), 2), 0.1, np.float32)])
    assert disentanglement.mig(z, factors) == disentanglement.mig(TRUE, FACTORS)
    found = disentanglement.sap(z, factors)
    assert found == pytest.approx(disentanglement.sap(TRUE, FACTORS), abs=0.05)
    assert disentanglement.scores(z, factors)["dci_disentanglement"] > 0.95
    constant = np.zeros_like(TRUE)
    found = disentanglement.scores(constant, FACTORS)
    assert [found[name] for name in NAMES if name != "dci_informativeness"] == [0] * 5


def test_a_collapsed_dimension_may_be_narrower_than_twenty_floats():
    few = np.float32(0.1) + np.spacing(np.float32(0.1)) * (np.arange(1200) % 3)
    z = np.hstack([TRUE, few[:, None].astype(np.float32)])
    with pytest.raises(ValueError, match="Too many bins"):
        np.histogram(z[:, -1], 20)
    found = disentanglement.mig(z, FACTORS)
    assert found == pytest.approx(disentanglement.mig(TRUE, FACTORS), abs=0.01)


def test_names_of_classes_do_not_matter():
    renamed = np.array([30, 7, 11, 2, 250, 9], np.uint8)[FACTORS]
    expected = disentanglement.mig(TRUE, FACTORS)
    assert disentanglement.mig(TRUE, renamed) == pytest.approx(expected, abs=1e-12)
    assert disentanglement.dci(TRUE, renamed)[0] > 0.97


def test_importance_in_one_place_is_concentrated_and_spread_evenly_is_not():
    importance = np.array([[1.0, 0.0], [1.0, 1.0]])
    # rows: 1 and 0 with weights 1 and 2; columns: 0 and 1 with weights 2 and 1
    assert disentanglement.concentration(importance) == pytest.approx(1 / 3)
    assert disentanglement.concentration(importance.T) == pytest.approx(1 / 3)
    entropy = -(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25))
    found = disentanglement.concentration(np.array([[3.0, 1.0]]))
    assert found == pytest.approx(1 - entropy)


def test_the_forest_finds_what_boosted_trees_find():
    from sklearn.ensemble import GradientBoostingClassifier

    factors = table(n=600, sizes=(2, 3, 4))
    z = rotated(aligned(factors, n_more=1), seed=5) + 0.2 * noise(600, 4)
    importance = np.stack(
        [
            GradientBoostingClassifier(random_state=0).fit(z, v).feature_importances_
            for v in factors.T
        ],
        axis=1,
    )
    found = disentanglement.dci(z, factors)
    expected = [disentanglement.concentration(r) for r in (importance, importance.T)]
    np.testing.assert_allclose(found[:2], expected, atol=0.1)


def test_few_rows_in_many_dimensions_are_not_learnt_by_heart():
    factors = table(n=240, sizes=(5, 8, 12))
    found = [
        disentanglement.factor_vae(noise(240, 64, seed), factors, seed)
        for seed in range(2)
    ]
    assert np.mean(found) < 0.55
    z = aligned(factors, n_more=20)
    assert disentanglement.factor_vae(z, factors) == 1


def test_dimensions_that_hardly_vary_have_no_vote():
    assert disentanglement.factor_vae(TRUE * np.float32(0.01), FACTORS) == 0
    # a collapsed dimension that knows the factor is as good as none
    z = np.hstack([TRUE[:, 1:], TRUE[:, :1] * np.float32(0.01)])
    assert disentanglement.factor_vae(z, FACTORS) < 0.9


def test_a_class_with_one_row_is_no_obstacle():
    factors = np.zeros((16_000, 2), int)
    factors[0, 0] = 1
    factors[:, 1] = np.arange(16_000) % 2
    train, test = disentanglement._split(factors[:, 0], np.random.default_rng(0))
    assert 0 in train and len(train) == 10_000 and len(test) == 5_000
    assert not set(train) & set(test)
    assert 0 <= disentanglement.sap(noise(16_000, 2), factors) < 0.1


def test_every_class_has_a_third_of_its_rows_held_out():
    train, test = disentanglement._split(FACTORS[:, 2], np.random.default_rng(0))
    assert sorted([*train, *test]) == list(range(len(FACTORS)))
    counts = np.bincount(FACTORS[:, 2])
    assert np.bincount(FACTORS[test, 2]).tolist() == (counts // 3).tolist()


def test_one_seed_gives_one_answer():
    z, factors = rotated(TRUE)[:300], FACTORS[:300]
    first = disentanglement.scores(z, factors, seed=1)
    assert disentanglement.scores(z, factors, seed=1) == first
    assert disentanglement.scores(z, factors, seed=2) != first


SCORES = (
    disentanglement.mig,
    disentanglement.sap,
    disentanglement.sap_continuous,
    disentanglement.dci,
    disentanglement.factor_vae,
    disentanglement.scores,
)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(
    ("z", "factors", "message"),
    [
        (TRUE[:-1], FACTORS, r"row by row the same. Got \(1199, 6\) and \(1200, 3\)"),
        (TRUE[None], FACTORS, r"z must be \[n, k\]"),
        (TRUE, FACTORS[:, 0], r"factors must be \[n, m\] integers.*int64 \(1200,\)"),
        (TRUE, FACTORS / 2, r"integers, the classes.* Got float64"),
        (np.where(TRUE > 3, np.nan, TRUE), FACTORS, r"finite. Got NaN or inf in \d+"),
        (TRUE, FACTORS * 0, r"must vary over the 1200 rows.* Got 0 of 3"),
        (TRUE[:0], FACTORS[:0], r"must vary over the 0 rows"),
        (TRUE[:, :0], FACTORS, r"or more dimensions. Got 0"),
    ],
    ids=["n", "z", "m", "float", "nan", "constant", "empty", "k"],
)
def test_arrays_that_cannot_be_scored_are_refused(score, z, factors, message):
    with pytest.raises(ValueError, match=message):
        score(z, factors)


@pytest.mark.parametrize("score", [s for s in SCORES if s.__name__ != "factor_vae"])
def test_one_dimension_has_no_rival(score):
    with pytest.raises(ValueError, match="z must have 2 or more dimensions. Got 1"):
        score(TRUE[:, :1], FACTORS)


@pytest.mark.parametrize("name", ["dci", "factor_vae", "scores"])
def test_one_factor_has_no_rival(name):
    with pytest.raises(ValueError, match="at least 2 factors must vary.* Got 1 of 1"):
        getattr(disentanglement, name)(TRUE, FACTORS[:, :1])


@pytest.mark.parametrize("name", ["sap", "dci", "factor_vae", "scores"])
def test_values_that_never_repeat_are_refused(name):
    factors = np.stack([FACTORS[:, 0], np.arange(1200) // 2], axis=1)
    message = r"factor 1 has 600 values in 1200 rows and none that [34] rows share"
    with pytest.raises(ValueError, match=message):
        getattr(disentanglement, name)(TRUE, factors)


def test_usable_numbers_the_classes_of_factors_that_vary():
    raw = np.array([[7, 1, 3], [9, 1, 2], [7, 1, 3], [9, 1, 2]] * 2, np.uint8)
    expected = [[0, 1], [1, 0], [0, 1], [1, 0]] * 2
    assert disentanglement.usable(raw).tolist() == expected
