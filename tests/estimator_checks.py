"""scikit-learn's own suite on every estimator; the tests take one, for the time of it.

SCIPY_ARRAY_API=1 python tests/estimator_checks.py     without it one check is skipped
"""

import sys
from pathlib import Path

from sklearn.utils.estimator_checks import check_estimator

sys.path.insert(0, str(Path(__file__).parents[1]))

import vaejax  # noqa: E402

# As small as they come: here programs are compiled for many shapes of data.
TINY = dict(n_components=2, n_clusters=3, hidden_layer_sizes=(), max_iter=2)
ESTIMATORS = ("Autoencoder", "VAE", "BetaVAE", "BetaTCVAE", "VaDE")


def tiny(name: str, **changes):
    return getattr(vaejax, name)(**TINY | {"random_state": 0} | changes)


if __name__ == "__main__":
    for name in ESTIMATORS:
        found = check_estimator(tiny(name), on_fail=None)
        results = [one["status"] for one in found]
        print(name, {status: results.count(status) for status in sorted(set(results))})
