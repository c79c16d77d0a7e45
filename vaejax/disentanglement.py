"""How far single latent dimensions stand for single true factors.

Scores take (z, factors): codes, float [n, k], the posterior means; and true classes,
int [n, m], whose values are names only. A factor that is constant is left out. All are
higher the better and follow google-research/disentanglement_lib (Locatello et al. 2019,
arXiv:1811.12359) with the settings of its study; where a finite table of rows asks for
something else, the docstring says so. They assume factors that vary independently of
one another: a code cannot keep apart what the collection does not.

Every score raises ValueError for arrays of other shapes or kinds, for codes that are
not finite, and where there are too few rows, dimensions or factors that vary.
"""

import numpy as np
from jaxtyping import Bool, Float, Int, Integer

from vaejax.metrics import contingency

N_BINS = 20  # of equal width, for mutual information
N_TRAIN, N_TEST = 10_000, 5_000  # rows or votes at most
BATCH = 64  # rows of one vote
AT_ONCE = 256  # votes whose rows are in memory together
COLLAPSED = 0.05  # a deviation below it is the prior's, not the data's

Codes = Float[np.ndarray, "n k"]
Classes = Integer[np.ndarray, "n m"]


def mig(z: np.ndarray, factors: np.ndarray) -> float:
    """Mutual Information Gap in [0, 1]; near 0 on random codes.

    The mean over factors of (I_1 - I_2) / H: the two largest mutual informations that
    a dimension, cut into 20 bins of equal width, has with the factor, and the factor's
    entropy. All rows count. Codes that are the factors are near 1 where no factor has
    more than 20 classes, and near log 20 / log c where it has c.

    Chen et al. 2018, arXiv:1802.04942, as in disentanglement_lib's mig.py.
    """
    z, factors = _checked(z, factors)
    ranked = np.sort(mutual_information(z, factors), axis=0)
    entropy = [_information(column, column) for column in factors.T]
    return float(np.mean((ranked[-1] - ranked[-2]) / entropy))


def mutual_information(z: Codes, factors: Classes) -> Float[np.ndarray, "k m"]:
    """I(dimension in 20 bins; factor) in nats; biased upwards where rows are few."""
    bins = [_binned(column) for column in z.T]
    return np.array([[_information(b, column) for column in factors.T] for b in bins])


def _binned(column: Float[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """The bin of each value, 1 to 20; a bin holds its lower edge, the last both."""
    low, high = column.min(), column.max()
    if low == high:
        return np.ones(len(column), np.int64)
    # The edges of np.histogram, which refuses a collapsed dimension: its range may be
    # narrower than 20 floats.
    edges = np.linspace(low, high, N_BINS + 1, dtype=column.dtype)
    return np.digitize(column, edges[:-1])


def _information(a: Int[np.ndarray, " n"], b: Int[np.ndarray, " n"]) -> float:
    from sklearn.metrics import mutual_info_score

    return float(mutual_info_score(None, None, contingency=contingency(a, b)))


def sap(z: np.ndarray, factors: np.ndarray, seed: int = 0) -> float:
    """Separated Attribute Predictability in [0, 1]; near 0 on random codes.

    The mean over factors of the difference between the two dimensions that tell its
    classes best: the accuracy, on rows held out, of a linear support vector machine
    (C = 0.01, classes balanced, one against the rest) that sees this dimension alone.
    A threshold on a line tells no middle class from the rest and chance is 1 / c, so
    that codes that are the factors reach 1 - 1 / c at most, .5 for two classes and a
    few hundredths for 32: compare it with theirs.

    A third of each class is held out; 10,000 rows train and 5,000 test at most.

    Kumar et al. 2018, arXiv:1711.00848, as in disentanglement_lib's sap_score.py for
    discrete factors, the study's choice.
    """
    from sklearn.svm import LinearSVC

    z, factors = _checked(z, factors, n_repeats=3)
    rng = np.random.default_rng(seed)
    accuracy = np.zeros((z.shape[1], factors.shape[1]))
    for j, classes in enumerate(factors.T):
        train, test = _split(classes, rng)
        for i, column in enumerate(z.T[:, :, None]):
            # dual=False finds the same optimum, without random numbers
            machine = LinearSVC(C=0.01, class_weight="balanced", dual=False)
            machine.fit(column[train], classes[train])
            accuracy[i, j] = np.mean(machine.predict(column[test]) == classes[test])
    return _mean_gap(accuracy)


def sap_continuous(z: np.ndarray, factors: np.ndarray) -> float:
    """SAP in [0, 1] for factors that are quantities; near 0 on random codes.

    The squared correlation of dimension and factor takes the place of the accuracy; a
    dimension without variance has 0. Codes that are the factors reach 1. The values of
    the factors are numbers here: of no use for language or genre.

    As in disentanglement_lib's sap_score.py for continuous factors.
    """
    z, _ = _checked(z, factors)
    factors = factors[:, np.ptp(factors, axis=0) > 0].astype(np.float64)
    z, v = z - z.mean(axis=0, dtype=np.float64), factors - factors.mean(axis=0)
    covariance, variances = z.T @ v / (len(z) - 1), z.var(axis=0, ddof=1)
    varies = variances > 1e-12
    scale = np.where(varies, variances, 1.0)[:, None] * v.var(axis=0, ddof=1)[None]
    return _mean_gap(covariance**2 / scale * varies[:, None])


def _mean_gap(table: Float[np.ndarray, "k m"]) -> float:
    """The difference between the two best dimensions of a factor, over factors."""
    ranked = np.sort(table, axis=0)
    return float(np.mean(ranked[-1] - ranked[-2]))


def dci(
    z: np.ndarray, factors: np.ndarray, seed: int = 0
) -> tuple[float, float, float]:
    """Disentanglement, completeness and informativeness, each in [0, 1].

    Trees learn each factor from all dimensions. With R_ij the importance of dimension
    i for factor j, disentanglement is 1 - the entropy of a row of R, in units of
    log m, a mean weighted by the row's sum: 1 where each dimension serves one factor.
    Completeness is the same of columns, in units of log k: 1 where each factor is
    served by one dimension. Both are near 0 on random codes, up to about .15 on a few
    hundred rows. Informativeness is the accuracy on rows held out, as in `sap`; on
    random codes it is chance, about the mean of 1 / c.

    disentanglement_lib boosts 100 trees for each class, minutes at dozens of classes.
    Here ten bagged trees see all dimensions at each split (Eastwood & Williams use a
    forest too), with leaves of at least .5 % of the rows: on trial codes of 1,500 and
    6,000 rows within .08 of boosting, where deeper trees fell .3 below it, their
    importances spread over noise.

    Eastwood & Williams 2018, openreview.net/forum?id=By-7dz-AZ, with the importances
    aggregated as in disentanglement_lib's dci.py.
    """
    from sklearn.ensemble import RandomForestClassifier

    z, factors = _checked(z, factors, n_factors=2, n_repeats=3)
    rng = np.random.default_rng(seed)
    importance = np.zeros((z.shape[1], factors.shape[1]))
    accuracy = np.zeros(factors.shape[1])
    for j, classes in enumerate(factors.T):
        train, test = _split(classes, rng)
        forest = RandomForestClassifier(
            10, max_features=None, min_samples_leaf=0.005, random_state=seed
        ).fit(z[train], classes[train])
        importance[:, j] = forest.feature_importances_
        accuracy[j] = np.mean(forest.predict(z[test]) == classes[test])
    return (
        concentration(importance),
        concentration(importance.T),
        float(accuracy.mean()),
    )


def concentration(importance: Float[np.ndarray, "a b"]) -> float:
    """1 - the normalised entropy of a row, the mean weighted by the row's sum."""
    total = importance.sum()
    if total == 0:
        return 0.0
    share = (importance + 1e-11) / (importance + 1e-11).sum(axis=1, keepdims=True)
    entropy = -np.sum(share * np.log(share), axis=1) / np.log(importance.shape[1])
    return float(np.sum((1 - entropy) * importance.sum(axis=1)) / total)


def factor_vae(z: np.ndarray, factors: np.ndarray, seed: int = 0) -> float:
    """FactorVAE score in [0, 1]; about 1 / m on random codes.

    A vote draws 64 rows that share the value of one factor and names the dimension
    whose variance, relative to that of all rows, is least there; the score is how often
    this dimension gives away which factor it was, by a majority over 10,000 votes
    tested on 5,000 others. Dimensions with a deviation below 0.05 have no say; 0 if
    none is left.

    Rows are drawn from the table, with replacement: training votes from one half of
    each class, test votes from the other, so that a code cannot score by what few rows
    have in common by chance. Classes of fewer than four rows are not drawn.

    Kim & Mnih 2018, arXiv:1802.05983, as in disentanglement_lib's factor_vae.py.
    """
    z, factors = _checked(z, factors, n_dimensions=1, n_factors=2, n_repeats=4)
    deviation = z.std(axis=0, ddof=1, dtype=np.float64)
    active = deviation >= COLLAPSED
    if not active.any():
        return 0.0
    z = z[:, active] / deviation[active]
    rng = np.random.default_rng(seed)
    odd = np.stack([_rank_in_class(column, rng) % 2 for column in factors.T], axis=1)
    majority = _votes(z, factors, odd == 0, N_TRAIN, rng).argmax(axis=0)
    tested = _votes(z, factors, odd == 1, N_TEST, rng)
    return float(tested[majority, np.arange(len(majority))].sum() / tested.sum())


def _votes(
    z: Codes,
    factors: Classes,
    drawn: Bool[np.ndarray, "n m"],
    n_votes: int,
    rng: np.random.Generator,
) -> Int[np.ndarray, "m k"]:
    """How often each dimension varied least while each factor was held fixed.

    A value is as likely as it is frequent among the rows that may be drawn.
    """
    votes = np.zeros((factors.shape[1], z.shape[1]), np.int64)
    for j, n in enumerate(rng.multinomial(n_votes, [1 / len(votes)] * len(votes))):
        kept = np.bincount(factors[:, j])[factors[:, j]] >= 4
        rows = np.flatnonzero(drawn[:, j] & kept)
        classes = factors[rows, j]
        for c, repeats in enumerate(np.bincount(rng.choice(classes, n))):
            members = rows[classes == c]
            for start in range(0, repeats, AT_ONCE):
                size = min(AT_ONCE, repeats - start), BATCH
                batches = z[members[rng.integers(len(members), size=size)]]
                least = batches.var(axis=1).argmin(axis=1)
                votes[j] += np.bincount(least, minlength=z.shape[1])
    return votes


def scores(z: np.ndarray, factors: np.ndarray, seed: int = 0) -> dict[str, float]:
    """Every score by name, but `sap_continuous`: factors need not be quantities.

    Seconds at 20,000 x 10 with five factors. The scores of codes that are the factors
    are what the table of rows allows; give them beside a model's.
    """
    usable(factors)
    disentanglement, completeness, informativeness = dci(z, factors, seed=seed)
    return {
        "mig": mig(z, factors),
        "sap": sap(z, factors, seed=seed),
        "dci_disentanglement": disentanglement,
        "dci_completeness": completeness,
        "dci_informativeness": informativeness,
        "factor_vae": factor_vae(z, factors, seed=seed),
    }


def usable(factors: np.ndarray) -> Classes:
    """The factors that vary, classes numbered from 0, if every score can use them.

    Raises:
      ValueError: factors are not integers [n, m], fewer than two vary, or one has no
        value that four rows share.
    """
    return _numbered(factors, n_factors=2, n_repeats=4)


def _numbered(factors: np.ndarray, *, n_factors: int, n_repeats: int) -> Classes:
    if factors.ndim != 2 or not np.issubdtype(factors.dtype, np.integer):
        raise ValueError(
            "factors must be [n, m] integers, the classes of m factors. "
            f"Got {factors.dtype} {factors.shape}."
        )
    coded = [np.unique(column, return_inverse=True)[1] for column in factors.T]
    varying = {j: classes for j, classes in enumerate(coded) if classes.any()}
    if len(varying) < n_factors:
        raise ValueError(
            f"at least {n_factors} factors must vary over the {len(factors)} rows; a "
            f"constant factor is left out. Got {len(varying)} of {factors.shape[1]}."
        )
    for j, classes in varying.items():
        if np.bincount(classes).max() < n_repeats:
            raise ValueError(
                f"factor {j} has {classes.max() + 1} values in {len(factors)} rows and "
                f"none that {n_repeats} rows share. Leave it out or cut it into bins."
            )
    return np.stack([*varying.values()], axis=1)


def _checked(
    z: np.ndarray,
    factors: np.ndarray,
    *,
    n_dimensions: int = 2,
    n_factors: int = 1,
    n_repeats: int = 1,
) -> tuple[Codes, Classes]:
    """Both arrays if a score can use them: the door of every score."""
    if z.ndim != 2 or z.shape[:1] != factors.shape[:1]:
        raise ValueError(
            "z must be [n, k] and factors [n, m], row by row the same. "
            f"Got {z.shape} and {factors.shape}."
        )
    if z.shape[1] < n_dimensions:
        raise ValueError(
            f"z must have {n_dimensions} or more dimensions. Got {z.shape[1]}."
        )
    if not np.issubdtype(z.dtype, np.floating):
        z = z.astype(np.float64)
    if not np.isfinite(z).all():
        rows = np.sum(~np.isfinite(z).all(axis=1))
        raise ValueError(
            f"z must be finite. Got NaN or inf in {rows} of {len(z)} rows."
        )
    return z, _numbered(factors, n_factors=n_factors, n_repeats=n_repeats)


def _rank_in_class(
    classes: Int[np.ndarray, " n"], rng: np.random.Generator
) -> Int[np.ndarray, " n"]:
    """A random order within each class: 0 is its first row."""
    order = rng.permutation(len(classes))
    rows = order[np.argsort(classes[order], kind="stable")]
    counts = np.bincount(classes)
    ranks = np.empty(len(classes), np.int64)
    ranks[rows] = np.arange(len(classes)) - np.repeat(counts.cumsum() - counts, counts)
    return ranks


def _split(
    classes: Int[np.ndarray, " n"], rng: np.random.Generator
) -> tuple[Int[np.ndarray, " train"], Int[np.ndarray, " test"]]:
    """Rows to train on and rows to test on: every third of a class, from its third.

    Whatever is cut off, one row of every class stays to train on.
    """
    ranks = _rank_in_class(classes, rng)
    held_out = ranks % 3 == 2
    order = rng.permutation(len(classes))
    order = order[np.argsort(ranks[order] > 0, kind="stable")]
    return order[~held_out[order]][:N_TRAIN], order[held_out[order]][:N_TEST]
