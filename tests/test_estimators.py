"""The estimators keep scikit-learn's convention, and the bound is what it says."""

import functools
import pickle
import subprocess
import sys

import jax
import jax.numpy as jnp
import joblib
import numpy as np
import pytest
from estimator_checks import ESTIMATORS, tiny
from scipy import stats
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import vaejax
from vaejax import choice, record, train, trained
from vaejax.estimators import matrix
from vaejax.estimators.functions import DRAWS

X, TRUTH = make_blobs(60, n_features=4, centers=3, random_state=0)


@functools.cache
def fitted(name: str):
    return tiny(name).fit(X)


@pytest.fixture
def with_array_api(monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # or a check is skipped


@parametrize_with_checks([tiny("VAE")])  # the others: estimator_checks.py
def test_scikit_learn_finds_nothing_against(estimator, check, with_array_api):
    check(estimator)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_has_the_whole_interface(name):
    model = fitted(name)
    codes = model.transform(X)
    assert codes.shape == (60, 2) and codes.dtype == np.float32
    assert list(model.get_feature_names_out()) == [f"{name.lower()}{i}" for i in (0, 1)]
    p = model.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    assert p.shape == (60, 3)
    np.testing.assert_array_equal(model.predict(X), p.argmax(axis=1))
    np.testing.assert_array_equal(model.labels_, model.predict(X))
    np.testing.assert_array_equal(clone(model).fit_predict(X), model.labels_)
    assert model.score(X) == pytest.approx(model.score_samples(X).mean())
    assert model.inverse_transform(codes).shape == X.shape
    drawn = model.sample(5, random_state=1)
    np.testing.assert_array_equal(drawn, model.sample(5, random_state=1))
    assert drawn.shape == (5, 4) and np.ptp(drawn, axis=0).min() > 0
    assert model.n_iter_ == len(model.loss_curve_) == len(model.validation_curve_) == 2


@pytest.mark.parametrize("name", ESTIMATORS)
def test_what_was_fitted_is_numpy_and_survives_pickle_and_joblib(name, tmp_path):
    model = fitted(name)
    kept = pickle.dumps(model)
    assert b"jax" not in kept.replace(b"vaejax", b"")
    joblib.dump(model, tmp_path / "model")
    for other in (pickle.loads(kept), joblib.load(tmp_path / "model")):
        np.testing.assert_array_equal(other.transform(X), model.transform(X))
        np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
        np.testing.assert_array_equal(other.sample(3, 0), model.sample(3, 0))


def test_skops_needs_to_trust_the_estimator_alone():
    skops = pytest.importorskip("skops.io")
    kept = skops.dumps(fitted("VaDE"))
    names = skops.get_untrusted_types(data=kept)
    assert names == ["vaejax.estimators.models.VaDE"]
    other = skops.loads(kept, trusted=names)
    np.testing.assert_array_equal(other.predict(X), fitted("VaDE").labels_)


@pytest.mark.parametrize("name", ["VAE", "VaDE"])
def test_the_score_is_the_bound_in_the_units_of_the_data(name):
    model = fitted(name)
    fit = model.variables_["params"]
    seen = (X - model.mean_) / model.scale_
    head = fit["encoder"]["heads"]  # without hidden layers the encoder is linear
    mean = seen @ head["mean"]["kernel"] + head["mean"]["bias"]
    log_var = seen @ head["log_var"]["kernel"] + head["log_var"]["bias"]
    noise = np.asarray(jax.random.normal(jax.random.key(0), (DRAWS, 2)))
    deviation = np.sqrt(model.noise_variance_) * model.scale_
    log_x = [
        stats.norm.logpdf(X, model.inverse_transform(z), deviation).sum(axis=1)
        for z in mean + np.exp(log_var / 2) * noise[:, None]
    ]
    one = {"mean": np.zeros((1, 2)), "log_var": np.zeros((1, 2)), "logits": np.zeros(1)}
    prior = fit.get("mixture", one)
    weights = np.exp(prior["logits"]) / np.exp(prior["logits"]).sum()
    gap, ratio = mean[:, None] - prior["mean"], log_var[:, None] - prior["log_var"]
    squared = gap**2 / np.exp(prior["log_var"])
    kls = 0.5 * (np.exp(ratio) + squared - 1 - ratio).sum(axis=2)
    kl = -np.log(np.exp(-kls) @ weights)
    expected = np.mean(log_x, axis=0) - kl
    np.testing.assert_allclose(model.score_samples(X), expected, rtol=1e-4)


def test_a_score_does_not_depend_on_what_else_is_scored():
    model = fitted("VAE")
    alone = [model.score_samples(row[None])[0] for row in X[:5]]
    np.testing.assert_allclose(model.score_samples(X)[:5], alone, rtol=1e-6)


def test_other_units_change_the_score_by_their_logarithm_alone():
    other = clone(fitted("VAE")).fit(10 * X)
    expected = fitted("VAE").score(X) - 4 * np.log(10)
    assert other.score(10 * X) == pytest.approx(expected, abs=1e-3)


def test_training_raises_the_score_and_finds_clusters():
    # Numbers of NumPy, lists, and 1 for 1.0 are parameters as well.
    sizes = {"hidden_layer_sizes": [np.int64(16)], "n_components": np.int32(2)}
    model = tiny("VAE", max_iter=60, learning_rate_init=1e-2, beta=1, **sizes).fit(X)
    assert model.score(X) > fitted("VAE").score(X) + 1
    assert model.validation_curve_[-1] < model.validation_curve_[0]
    assert adjusted_rand_score(TRUTH, model.labels_) > 0.9


class Unread:
    """Labels that nobody may look at."""

    def __getattribute__(self, name):
        raise AssertionError(name)

    def __array__(self, *args, **kwargs):
        raise AssertionError("read")


def test_labels_are_never_looked_at():
    model = clone(fitted("VAE")).fit(X, Unread())
    np.testing.assert_array_equal(model.transform(X), fitted("VAE").transform(X))
    assert model.score(X, Unread()) == fitted("VAE").score(X)


def test_arrays_of_jax_and_frames_of_pandas_are_taken():
    model, codes = fitted("VAE"), fitted("VAE").transform(X)
    given = jnp.asarray(X)
    found = model.transform(given)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, codes, atol=1e-5)
    again = clone(model).fit(given)
    np.testing.assert_allclose(again.transform(given), codes, atol=1e-4)
    assert given.shape == X.shape and not given.is_deleted()


def test_frames_of_pandas_come_back_as_frames():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"), index=range(100, 160))
    model = clone(fitted("VAE")).set_output(transform="pandas").fit(frame)
    found = model.transform(frame)
    assert list(found.columns) == ["vae0", "vae1"] and found.index[0] == 100
    assert list(model.feature_names_in_) == list("abcd")
    np.testing.assert_array_equal(found, fitted("VAE").transform(X))
    with pytest.raises(ValueError, match="feature names"):
        model.transform(frame[list("dcba")])


def test_a_grid_search_over_a_pipeline_takes_the_best_score():
    pipeline = make_pipeline(StandardScaler(), tiny("VAE"))
    grid = {"vae__n_components": [1, np.int64(2)], "vae__beta": [1.0]}
    rows, _ = make_blobs(90, n_features=4, random_state=0)  # folds of 60, as X
    search = GridSearchCV(pipeline, grid, cv=3).fit(rows)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all() and scores[0] != scores[1]
    assert search.best_score_ == max(scores)
    np.testing.assert_array_equal(
        search.predict(X), search.predict_proba(X).argmax(axis=1)
    )
    names = search.best_estimator_[-1].get_feature_names_out()
    assert len(names) == search.best_params_["vae__n_components"]


def test_a_random_state_repeats_a_fit_and_another_does_not():
    codes = fitted("VAE").transform(X)
    same = clone(fitted("VAE")).fit(X).transform(X)
    other = clone(fitted("VAE")).set_params(random_state=1).fit(X).transform(X)
    np.testing.assert_array_equal(same, codes)
    assert not np.allclose(other, codes)


def test_of_several_trainings_the_best_by_held_out_loss_is_kept():
    one, three = fitted("VAE"), tiny("VAE", n_init=3).fit(X)
    # the first of the three is the one
    assert min(three.validation_curve_) <= min(one.validation_curve_) + 1e-5
    assert three.variables_["params"]["encoder"]["heads"]["mean"]["bias"].shape == (2,)


def test_a_constant_column_comes_back_as_it_was_and_does_not_count():
    wide = np.column_stack([X, np.full(60, 7.0)])
    model = tiny("VAE").fit(wide)
    back = model.inverse_transform(model.transform(wide))
    np.testing.assert_allclose(back[:, 4], 7.0)
    assert np.isinf(model.scale_).tolist() == [False] * 4 + [True]
    assert np.isfinite(model.score(wide))


def test_bernoulli_data_stay_as_they_are():
    unit = MinMaxScaler(clip=True).fit_transform(X)
    model = tiny("VAE", likelihood="bernoulli").fit(unit)
    assert (model.mean_ == 0).all() and (model.scale_ == 1).all()
    drawn = model.sample(20, random_state=0)
    assert drawn.min() >= 0 and drawn.max() <= 1
    assert model.score(unit) < 0
    with pytest.raises(ValueError, match=r"for X in \[0, 1\]. Got values in \[-"):
        model.transform(X)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"n_components": 0}, r"VaDE.n_components=0 must be a whole number in \[1, 40"),
        ({"n_components": 2.0}, r"VaDE.n_components=2.0 must be a whole number"),
        ({"likelihood": "gausian"}, "must be one of .* Did you mean 'gaussian'"),
        ({"start": None}, "VaDE.start=None must be one of means, neighbours"),
        ({"hidden_layer_sizes": [8, -1]}, "VaDE.hidden_layer_sizes=.* must be a tuple"),
        ({"learning_rate_init": 0}, "must be a number above 0"),
        ({"pretrain": 0.9, "warmup": 0.2}, "must add up to at most 1"),
        ({"n_clusters": 61}, "VaDE.n_clusters=61 must be at most n_samples=60"),
        ({"random_state": "x"}, "cannot be used to seed"),
    ],
)
def test_a_wrong_parameter_is_named_when_fit_is_called(changes, message):
    with pytest.raises(ValueError, match=message):
        tiny("VaDE", **changes).fit(X)


def test_a_loss_that_leaves_the_finite_numbers_is_an_error(monkeypatch):
    def broken(*args, **options):
        state = train_fit(*args, **options)
        loss = jnp.full_like(state.best.loss, jnp.inf)
        return state._replace(best=state.best._replace(loss=loss))

    train_fit = train.fit
    monkeypatch.setattr(train, "fit", broken)
    with pytest.raises(FloatingPointError, match="Lower learning_rate_init=0.003"):
        tiny("VAE").fit(X)


def test_codes_of_another_size_are_refused():
    with pytest.raises(ValueError, match="X has 3 columns, but VAE has n_components=2"):
        fitted("VAE").inverse_transform(np.zeros((1, 3)))


def test_every_parameter_follows_a_rule():
    for name in ESTIMATORS:
        for parameter in getattr(vaejax, name)().get_params():
            known = parameter in matrix.RULES
            own = f"model.{parameter}" in matrix.rules.RULES
            assert known or own or parameter == "random_state", parameter


def test_the_package_costs_nothing_until_an_estimator_is_asked_for():
    code = (
        "import sys, vaejax\n"
        "assert {'VAE', 'VaDE', 'load', 'MusicClusterer'} <= set(dir(vaejax))\n"
        "print([n for n in ('jax', 'sklearn', 'numpy') if n in sys.modules])"
    )
    run = [sys.executable, "-c", code]
    found = subprocess.run(run, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'VEA'"):
        _ = vaejax.VEA


@pytest.fixture
def songs(played):
    """The folder of songs of a finished run."""
    return trained.settings_of(played)["data"]["root"]


def config_of(folder):
    from ml_collections import ConfigDict

    return ConfigDict(trained.settings_of(folder))


def test_a_finished_run_is_opened_in_one_line(played, songs, quick):
    run = vaejax.load(played)
    shown = choice.shown_of(record.read(played, trained.settings_of(played)))
    np.testing.assert_array_equal(run.labels, shown.cluster)
    np.testing.assert_array_equal(run.predict(songs), run.labels)
    np.testing.assert_allclose(run.encode(songs), run.embedding, atol=1e-4)
    other = vaejax.load(str(played), seed=(run.finished.seed + 1) % 3)
    assert other.finished.seed == other.chosen.seed != run.finished.seed
    assert not np.allclose(other.embedding, run.embedding)


def test_a_song_that_cannot_be_used_is_named_and_can_be_set_aside(
    played, songs, quick, tmp_path
):
    run = vaejax.load(played)
    (tmp_path / "broken.wav").write_text("<html>404</html>")
    given = [tmp_path / "broken.wav", songs]
    for refused in (run.predict, run.encode):
        with pytest.raises(ValueError, match="1 of the songs cannot be used.*HTML"):
            refused(given)
    found, rejected = run.assign(given)
    assert [one.cluster for one in found] == run.labels.tolist()
    assert [row.file_name for row in rejected] == ["broken.wav"]


def test_a_folder_of_songs_is_clustered_in_one_call(played, songs, quick):
    # The run is there already: the same settings on the same songs.
    model = vaejax.MusicClusterer(config_of(played), workdir=played)
    labels = model.fit_predict(songs)
    assert model.folder_ == played and labels.shape == (40,)
    assert model.embedding_.shape == (40, 3)
    assert len(model.tracks_["track_id"]) == 40
    assert {"ari", "silhouette"} <= {row.metric for row in model.scores_}
    np.testing.assert_array_equal(model.predict(songs), labels)
    np.testing.assert_allclose(model.transform(songs), model.embedding_, atol=1e-4)


def test_a_clusterer_of_songs_changes_the_config_and_nothing_else(played, quick):
    model = vaejax.MusicClusterer("vade", n_clusters=7, **{"train.epochs": 5})
    config = model._config()
    assert config.cluster.k == (7,) and config.model.n_clusters == 7
    assert config.train.epochs == 5
    assert clone(model).get_params() == model.get_params()
    assert "train.epochs" in repr(model) or "train.epochs" in model.get_params()
    model.set_params(**{"train.epochs": 6})
    assert model._config().train.epochs == 6
    given = config_of(played)
    vaejax.MusicClusterer(given, n_clusters=3)._config()
    assert given.model.n_clusters == 4
    assert vaejax.MusicClusterer("vae", n_clusters=3)._config().cluster.k == (3,)


@pytest.mark.parametrize(
    "given, message",
    [
        (
            dict(config="vea"),
            "config='vea' is the name of no config.*Did you mean 'vae'",
        ),
        ({"train.epoch": 5}, "train.epoch=5 is no option of the config"),
        ({"train.epochs": "x"}, "'epochs'"),
        (dict(n_clusters=1), "config.cluster.k=.1,. must be"),
    ],
)
def test_a_wrong_option_of_the_path_is_named(given, message, tmp_path):
    with pytest.raises((ValueError, TypeError), match=message):
        vaejax.MusicClusterer(workdir=tmp_path / "run", **given).fit(tmp_path)
