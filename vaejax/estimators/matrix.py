"""A model as a scikit-learn estimator on a matrix of features [n, d].

Networks are fully connected, and training is the program's own. What is fitted are
NumPy arrays and numbers; compiled programs are made when they are first needed.
"""

import inspect
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int
from sklearn import config_context
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from vaejax import cluster, data, rules, train
from vaejax.core import Batch, Dataset
from vaejax.devices import as_seeds, map_rows
from vaejax.estimators.functions import CODES, COLUMNS, Functions, functions_of
from vaejax.gaussian import LOG_2PI
from vaejax.generation.codes import draws
from vaejax.mixture import SHAPES
from vaejax.scaling import scaled

FLOATS = (np.float64, np.float32)  # that are taken; the networks compute in float32
CHUNK = 256  # rows at once; fewer are filled up, so that programs are compiled once
NUMPY = dict(array_api_dispatch=False)  # whatever is given, NumPy is what comes out
SMALLEST = 1e-4  # noise variance, as in `losses.gaussian`
STEADY = dict(warmup=0.02, clip_norm=5.0, plateau=5, factor=0.5)  # of `train.fit`
SHARED = {  # {parameter: the option of a config whose rule it follows}
    "n_components": "model.latent_dim",
    "hidden_layer_sizes": "networks.hidden",
    "likelihood": "networks.likelihood",
    "corruption": "networks.corruption",
    "max_iter": "train.epochs",
    "batch_size": "train.batch_size",
    "learning_rate_init": "train.learning_rate",
    "weight_decay": "train.weight_decay",
    "n_iter_no_change": "train.patience",
    "n_init": "train.seeds",
    "validation_fraction": "data.held_out_share",
}
RULES = {name: rules.RULES[path] for name, path in SHARED.items()}
RULES["n_clusters"] = rules.whole(1, 10_000)


@dataclass(kw_only=True, eq=False, repr=False)
class FeatureModel(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator
):
    """What the estimators have in common.

    Args:
      n_components: k, the number of latent dimensions.
      n_clusters: c, of `predict`.
      hidden_layer_sizes: of the encoder; the decoder mirrors them.
      likelihood: gaussian, with one noise variance for all standardised columns;
        unit_gaussian, where it is 1; or bernoulli, for values in [0, 1].
      corruption: share of the values, in [0, 1), hidden from the encoder in training.
      max_iter: passes over the rows, at most.
      batch_size: rows a step; fewer rows are one batch.
      learning_rate_init, weight_decay: of AdamW.
      n_iter_no_change: passes without a lower loss on the rows that judge until the
        end.
      validation_fraction: of the rows, in [0, 0.5], which judge the passes and are not
        trained on; at 0 all rows judge.
      n_init: models that are trained at once; the best of them is kept.
      random_state: an int, a `numpy.random.RandomState` or None.

    Attributes:
      labels_: int [n], clusters of the rows that were fitted.
      variables_: all that was learnt: nested dicts of arrays.
      mean_, scale_: [d], of the columns; the scale of a constant one is infinite.
      noise_variance_: of the standardised columns about their reconstruction, on the
        rows that judge; 1 for other likelihoods.
      loss_curve_, validation_curve_: -ELBO, its KL term weighed, of every pass.
      n_iter_: passes.
    """

    # Constructors take what they are given, and `fit` judges it: hence no types.
    n_components: Any = 8
    n_clusters: Any = 8
    hidden_layer_sizes: Any = (100,)
    likelihood: Any = "gaussian"
    corruption: Any = 0.0
    max_iter: Any = 200
    batch_size: Any = 32
    learning_rate_init: Any = 3e-3
    weight_decay: Any = 1e-4
    n_iter_no_change: Any = 20
    validation_fraction: Any = 0.1
    n_init: Any = 1
    random_state: Any = None

    _model = ""  # a file in `models`
    _log_var_bias = 0.0  # where the log-variance of the posterior starts
    _counts_rows = False  # whether the loss depends on how many there are

    def fit(self, X, y=None):
        """Trains the model.

        Args:
          X: [n, d], two rows or more, of NumPy, JAX, pandas or lists.
          y: ignored.

        Raises:
          ValueError: a parameter or X cannot be used.
          FloatingPointError: the loss left the finite numbers.
        """
        self._refuse_parameters()
        with config_context(**NUMPY):
            X = validate_data(self, X, dtype=FLOATS, copy=True, ensure_min_samples=2)
            self._refuse_values(X)
            rng = check_random_state(self.random_state)
            dataset = self._dataset(X, rng)
            self._train(dataset, rng)
            self._calibrate(dataset, rng)
        return self

    def transform(self, X) -> Float[np.ndarray, "n k"]:
        """The codes of rows, means of q(z | x), float32."""
        return self._rows("encode", self._seen(X))

    def inverse_transform(self, X) -> Float[np.ndarray, "n d"]:
        """The rows that codes [n, k] stand for: means of p(x | z)."""
        check_is_fitted(self)
        with config_context(**NUMPY):
            X = check_array(X, dtype=FLOATS)
        if X.shape[1] != self.n_components:
            raise ValueError(
                f"X has {X.shape[1]} columns, but {type(self).__name__} has "
                f"n_components={self.n_components}."
            )
        z = self._rows("decode", {CODES: X})
        return z * np.where(np.isfinite(self.scale_), self.scale_, 0) + self.mean_

    def predict_proba(self, X) -> Float[np.ndarray, "n c"]:
        """The probability of every cluster, p(c | x); a row adds up to 1."""
        return self._rows("assign", self._seen(X))

    def predict(self, X) -> Int[np.ndarray, " n"]:
        """The likeliest cluster of every row."""
        return self.predict_proba(X).argmax(axis=1)

    def score_samples(self, X) -> Float[np.ndarray, " n"]:
        """The evidence lower bound on log p(x) of every row, in nats.

        At beta = 1 whatever it was trained with, and in the units of X, whose constant
        columns do not count. Of an autoencoder, which has no prior, log p(x | z).
        """
        cost, kl = self._rows("bound", self._seen(X)).astype(np.float64).T
        if self.likelihood == "bernoulli":
            return -cost - kl
        variance, varying = self.noise_variance_, np.isfinite(self.scale_)
        nats = self.n_features_in_ * (LOG_2PI + np.log(variance)) + cost / variance
        return -0.5 * nats - kl - np.log(self.scale_[varying]).sum()

    def score(self, X, y=None) -> float:
        """The mean of `score_samples`; y is ignored."""
        return float(np.mean(self.score_samples(X)))

    def sample(self, n_samples=1, random_state=None) -> Float[np.ndarray, "n d"]:
        """Rows decoded from draws of the prior, without the noise of p(x | z)."""
        check_is_fitted(self)
        prior = self._functions().model.prior
        density = prior(self.variables_) if prior else self.variables_["mixture"]
        density = jax.device_put(density)
        seed = int(check_random_state(random_state).randint(2**31 - 1))
        return self.inverse_transform(draws(density, n=n_samples, seed=seed))

    def __sklearn_tags__(self):
        """Codes are float32."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return self.n_components

    def _refuse_parameters(self) -> None:
        for name, value in self._given().items():
            rule = _rule(name)
            if rule and not rule.holds(value):
                close = isinstance(value, str)
                hint = rules.did_you_mean(value, rule.choices) if close else ""
                what = f"{type(self).__name__}.{name}={rules.shown(value)}"
                raise ValueError(f"{what} {rule.words}.{hint}")

    def _given(self) -> dict[str, Any]:
        """The parameters as Python's own numbers and tuples, 1 as 1.0 where meant."""
        given = self.get_params(deep=False)
        return {name: _meant(value, _rule(name)) for name, value in given.items()}

    def _refuse_values(self, X: np.ndarray) -> None:
        if len(X) < self.n_clusters:
            raise ValueError(
                f"{type(self).__name__}.n_clusters={self.n_clusters} must be at most "
                f"n_samples={len(X)}."
            )
        self._refuse_range(X)

    def _refuse_range(self, X: np.ndarray) -> None:
        if self.likelihood == "bernoulli" and (X.min() < 0 or X.max() > 1):
            raise ValueError(
                f"{type(self).__name__}.likelihood='bernoulli' is for X in [0, 1]. Got "
                f"values in [{X.min():g}, {X.max():g}]; scale them, or take 'gaussian'."
            )

    def _dataset(self, X: np.ndarray, rng: np.random.RandomState) -> Dataset:
        n, share = len(X), self.validation_fraction
        n_held_out = min(max(1, round(share * n)), n - 1) if share else 0
        held_out = np.isin(np.arange(n), rng.permutation(n)[:n_held_out])
        about = dict(ids=np.arange(n).astype(str), labels={}, held_out=held_out)
        if self.likelihood == "bernoulli":
            self.mean_, self.scale_ = np.zeros(X.shape[1]), np.ones(X.shape[1])
            dataset = data.from_pixels(X.astype(np.float32), **about)
            return dataset._replace(batch={COLUMNS: dataset.raw})
        inputs = {COLUMNS: (X, np.ones(n, bool))}
        dataset = data.standardised(inputs, songs=about["ids"], **about)
        self.mean_, self.scale_ = dataset.scale[COLUMNS]
        return dataset

    def _train(self, dataset: Dataset, rng: np.random.RandomState) -> None:
        passes: list[dict] = []
        given = self._given()
        n_rows = int(np.sum(~dataset.held_out)) if self._counts_rows else 1
        state = train.fit(
            self._functions(n_rows).model,
            dataset,
            seeds=tuple(rng.randint(2**31 - 1, size=given["n_init"]).tolist()),
            epochs=given["max_iter"],
            batch_size=given["batch_size"],
            learning_rate=given["learning_rate_init"],
            weight_decay=given["weight_decay"],
            patience=given["n_iter_no_change"],
            on_epoch=lambda epoch, state, terms: passes.append(terms),
            **STEADY,
        )
        losses = np.asarray(state.best.loss)
        best = int(np.argmin(losses))
        if not np.isfinite(losses[best]):
            raise FloatingPointError(
                f"the loss of {type(self).__name__} left the finite numbers. Lower "
                f"learning_rate_init={self.learning_rate_init}, and look at X for "
                "values far from all others."
            )
        variables = jax.device_get(state.best.variables)
        self.variables_ = jax.tree.map(lambda x: np.array(x[best]), variables)
        passes = [terms for terms in passes if terms["running"][best]]
        self.loss_curve_ = [float(terms["loss"][best]) for terms in passes]
        self.validation_curve_ = [float(t["valid_loss"][best]) for t in passes]
        self.n_iter_ = len(passes)

    def _calibrate(self, dataset: Dataset, rng: np.random.RandomState) -> None:
        """Fits what training has left open: clusters, and the noise of Gaussians."""
        if not self._functions().model.assign:
            z = self._rows("encode", dataset.batch)
            seed = int(rng.randint(2**31 - 1))
            about = dict(n_clusters=int(self.n_clusters), seed=seed)
            shares = cluster.responsibilities(z, "diag", **about)
            moments = SHAPES["diagonal"].moments(z.astype(np.float64), shares)
            self.variables_["mixture"] = jax.tree.map(np.array, moments)
        self.labels_ = self._rows("assign", dataset.batch).argmax(axis=1)
        self.noise_variance_ = 1.0
        if self.likelihood == "gaussian":
            _, judges = train.rows_of(dataset)
            squares = self._rows("bound", {COLUMNS: dataset.batch[COLUMNS][judges]})
            mean = float(squares[:, 0].mean()) / self.n_features_in_
            self.noise_variance_ = max(mean, SMALLEST)

    def _seen(self, X) -> Batch:
        """Rows as the networks see them."""
        check_is_fitted(self)
        with config_context(**NUMPY):
            X = validate_data(self, X, dtype=FLOATS, reset=False)
        self._refuse_range(X)
        return {COLUMNS: scaled(X, np.ones(len(X), bool), self.mean_, self.scale_)}

    def _rows(self, name: str, batch: Batch) -> np.ndarray:
        """What one of `Functions` makes of every row."""
        ((key, x),) = batch.items()
        filled = np.zeros((-(-len(x) // CHUNK) * CHUNK, x.shape[1]), np.float32)
        filled[: len(x)] = x
        variables = as_seeds(self.variables_)
        function = getattr(self._functions(), name)
        return map_rows(function, variables, {key: filled}, CHUNK)[0, : len(x)]

    def _functions(self, n_rows: int = 1) -> Functions:
        """Of the model; the same objects for the same parameters and columns."""
        given = self._given()
        make = import_module(f"vaejax.models.{self._model}").make
        own = [name for name in inspect.signature(make).parameters if name != "nets"]
        sizes = {
            "latent_dim": given["n_components"],
            "hidden": given["hidden_layer_sizes"],
            "likelihood": given["likelihood"],
            "corruption": given["corruption"],
            "log_var_bias": self._log_var_bias,
        }
        options = tuple((name, given[name]) for name in own)
        shape = self.n_features_in_, n_rows
        return functions_of(self._model, *shape, options, tuple(sizes.items()))


def _rule(name: str) -> rules.Rule | None:
    """Of a parameter; `random_state` has none."""
    return RULES.get(name, rules.RULES.get(f"model.{name}"))


def _meant(value: Any, rule: rules.Rule | None) -> Any:
    if rule is None:
        return value
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, list):
        return tuple(v.item() if isinstance(v, np.generic) else v for v in value)
    return float(value) if rule.of_floats and type(value) is int else value
