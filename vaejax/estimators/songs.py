"""The whole path on a folder of songs, and finished runs, from Python.

    run = vaejax.load("results/vade/ID")
    run.predict(["new.mp3"])

    songs = vaejax.MusicClusterer("vade", n_clusters=8, **{"train.epochs": 50})
    songs.fit("songs/").labels_

What they do and write is what the launchers do and write.
"""

import copy
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int
from ml_collections import ConfigDict
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted

from vaejax import assign, choice, experiment, named_configs, record, trained
from vaejax.core import Rejected, Track
from vaejax.evaluate import Clustering
from vaejax.record import Record
from vaejax.trained import Finished

Songs = str | Path | Sequence[str | Path]  # files and folders, or one of them


class Run(NamedTuple):
    """A finished run: what its files say, its model, and the clusters that it shows."""

    record: Record
    finished: Finished
    chosen: Clustering

    @property
    def labels(self) -> Int[np.ndarray, " n"]:
        """The cluster of every track, in the order of `record.tracks`."""
        return self.chosen.cluster

    @property
    def embedding(self) -> Float[np.ndarray, "n k"]:
        """The code of every track."""
        return self.finished.codes

    def assign(self, songs: Songs) -> tuple[list[assign.Assigned], list[Rejected]]:
        """The cluster of every song that can be used, and the songs that cannot.

        A song of the run's own collection has exactly the cluster that it has there.

        Args:
          songs: a file or folder, or several.

        Raises:
          FileNotFoundError: there is no such file.
          ValueError: none of the songs can be used.
        """
        return assign.assign(self.finished, self.chosen, self._tracks(songs))

    def predict(self, songs: Songs) -> Int[np.ndarray, " n"]:
        """The cluster of every song; -1 is noise.

        Raises:
          FileNotFoundError: there is no such file.
          ValueError: one of the songs cannot be used; `assign` sets it aside.
        """
        found, rejected = self.assign(songs)
        _refuse(rejected)
        return np.array([one.cluster for one in found])

    def encode(self, songs: Songs) -> Float[np.ndarray, "n k"]:
        """The code of every song.

        Raises:
          FileNotFoundError: there is no such file.
          ValueError: one of the songs cannot be used.
        """
        _, batch, rejected = assign.seen(self.finished, self._tracks(songs))
        _refuse(rejected)
        encode = jax.jit(self.finished.model.encode)
        return np.asarray(encode(self.finished.variables, batch))

    def _tracks(self, songs: Songs) -> list[Track]:
        several = [songs] if isinstance(songs, str | Path) else songs
        words_alone = self.finished.settings["data"]["modalities"] == ("lyrics",)
        paths = [Path(song) for song in several]
        return assign.tracks_of(paths, words_alone=words_alone)


def _refuse(rejected: Sequence[Rejected]) -> None:
    if rejected:
        raise ValueError(
            f"{len(rejected)} of the songs cannot be used. The first: "
            f"{rejected[0].reason} Leave them out."
        )


def load(folder: str | Path, *, seed: int | None = None) -> Run:
    """Opens a finished run, whose collection must still be there; nothing is written.

    Args:
      folder: of the run, such as results/vade/ID.
      seed: one that was trained; None is the best by held-out loss.

    Raises:
      ValueError: the folder holds no finished run, or the collection has changed.
    """
    folder = Path(folder)
    settings = trained.settings_of(folder)
    read = record.read(folder, settings)
    finished = experiment.reopen(folder, seed=seed)
    shown = choice.shown_of(read)
    if shown.seed != finished.seed:
        shown = choice.asked(read, shown.clusterer, shown.k, finished.seed)
    return Run(read, finished, shown)


class MusicClusterer(ClusterMixin, BaseEstimator):
    """A folder of songs -> features, a model, clusters, scores, a report and a map.

    What `launch/train.py` does, with its config and into its run folder.

    Args:
      config: a name in configs/, the path of another file, or a ConfigDict.
      n_clusters: of the model and of clusterers; None leaves those of the config.
      workdir: folder of the run, which goes on or is shown if it is there already;
        None makes one among the system's temporary files.
      **overrides: options of the config by name, such as `**{"train.epochs": 5}`.

    Attributes:
      folder_: of the run, for `load`; report.html and map.html are in it.
      labels_: int [n], -1 is noise: the clusters that report and map show.
      embedding_: [n, k], the codes that they are of.
      tracks_: {column of tracks.csv: str [n]}, track_id among them.
      scores_: the rows of scores.csv.
    """

    def __init__(self, config="vade", *, n_clusters=None, workdir=None, **overrides):
        """Keeps what is given; `fit` judges it."""
        self.config = config
        self.n_clusters = n_clusters
        self.workdir = workdir
        vars(self).update(overrides)

    def get_params(self, deep=True) -> dict:
        """What the constructor was given, overrides among it."""
        given = {name: value for name, value in vars(self).items() if "." in name}
        return super().get_params(deep=deep) | given

    def fit(self, X, y=None):
        """Runs the whole path on a folder; y is ignored.

        Args:
          X: the folder.

        Raises:
          ValueError: an option or the collection cannot be used.
        """
        started = time.perf_counter()
        config = self._config()
        config.data.root = str(X)
        workdir = Path(self.workdir or tempfile.mkdtemp(prefix="vaejax-"))
        self.folder_ = experiment.run(
            config, workdir=workdir, results=workdir, started=started
        )
        run = load(self.folder_)
        self.labels_, self.embedding_ = run.labels, run.embedding
        self.tracks_, self.scores_ = run.record.tracks, run.record.scores
        return self

    def predict(self, X) -> Int[np.ndarray, " n"]:
        """The cluster of every song in files or folders; opens the run for it.

        Raises:
          FileNotFoundError: there is no such file.
          ValueError: one of the songs cannot be used.
        """
        check_is_fitted(self)
        return load(self.folder_).predict(X)

    def transform(self, X) -> Float[np.ndarray, "n k"]:
        """The code of every song in files or folders; as `predict`."""
        check_is_fitted(self)
        return load(self.folder_).encode(X)

    def _config(self) -> ConfigDict:
        config = _config_of(self.config)
        for name, value in self.get_params(deep=False).items():
            if "." in name:
                section, key = name.split(".", 1)
                if section not in config or key not in config[section]:
                    raise ValueError(
                        f"{name}={value!r} is no option of the config. configs/base.py "
                        "lists all of them."
                    )
                config[section][key] = value
        if self.n_clusters is not None:
            config.cluster.k = (self.n_clusters,)
            if "n_clusters" in config.model:
                config.model.n_clusters = self.n_clusters
        return config


def _config_of(given: str | Path | ConfigDict) -> ConfigDict:
    """A config of one's own.

    Raises:
      ValueError: there is no such file.
    """
    if isinstance(given, ConfigDict):
        return copy.deepcopy(given)
    path = Path(given)
    try:
        if path.suffix == ".py" and path.is_file():
            return named_configs.at(path)
        return named_configs.get(str(given))
    except ValueError as error:
        raise ValueError(
            f"config={str(given)!r} is the name of no config and the path of no file: "
            f"{error}"
        ) from None
