"""Every model at a small size, and small data, for the tests."""

import time
from importlib import import_module
from pathlib import Path

import jax
import numpy as np

from vaejax import data, devices, experiment, features, models, networks, songbook
from vaejax.core import Dataset
from vaejax.corpus import read
from vaejax.data import conditioned, standardised

CONFIGS = {name: import_module(f"configs.{name}") for name in models.NAMES}
SMALL = {
    "hidden": (16,),
    "channels": (4,),
    "units": 6,
    "segments": 3,
    "dtype": "float32",
    "corruption": 0.1,
    "dropout": 0.0,
}
# On one of the devices, for which a program is compiled in two thirds of the time.
ONE = devices.mesh_of(1)
HOW = dict(
    epochs=30,
    batch_size=32,
    learning_rate=3e-3,
    weight_decay=1e-4,
    warmup=0.05,
    clip_norm=5.0,
    patience=30,
    plateau=10,
    factor=0.5,
    mesh=ONE,
)
_READY: dict[tuple, tuple] = {}
# The hierarchical decoder is a part like the others, behind a recurrent encoder.
PAIRS = [(name, name) for name in networks.ENCODERS] + [("recurrent", "hierarchical")]


def options(name: str, **changes) -> dict:
    """The model's own options from its own config, at a small size."""
    found = CONFIGS[name].get_config().model.to_dict()
    del found["name"], found["title"], found["latent_dim"]
    small = {"n_clusters": 3, "start": "means"} if "n_clusters" in found else {}
    return found | small | {k: v for k, v in changes.items() if k in found}


def nets_for(
    name: str, dataset: Dataset, latent_dim: int = 4, fusion: str = "early", **changes
):
    """Small networks for the dataset, as the model's config has them otherwise."""
    sizes = CONFIGS[name].get_config().networks.to_dict()
    inputs = data.modalities(dataset.batch)
    given = sizes | SMALL | {k: v for k, v in changes.items() if k in sizes}
    return networks.make(
        {key: x.shape[1:] for key, x in inputs.items()},
        conditions={k: len(v) for k, v in dataset.told.items() if name == "cvae"},
        n_rows=len(dataset.ids),
        fusion={"name": fusion, "dropout": 0.3, "lyrics_weight": 5.0},
        latent_dim=latent_dim,
        **given,
    )


def make(name: str, dataset: Dataset, **changes):
    nets = nets_for(name, dataset, **changes)
    return models.make(name, nets, **options(name, **changes))


def ready(name: str, dataset: Dataset, **changes):
    """A model, twelve rows and variables: the same for all who ask.

    JAX keeps what it traced and compiled for a function, which a new model has anew.
    """
    key = name, id(dataset), repr(sorted(changes.items()))
    if key not in _READY:
        model, batch = make(name, dataset, **changes), batch_of(dataset, 12)
        # With the dataset, or another one could come to have its id.
        _READY[key] = dataset, (model, batch, variables_of(model, batch))
    return jax.tree.map(lambda x: x, _READY[key][1])  # dictionaries may be changed


def variables_of(model, batch):
    """Variables by NumPy: to compile their random numbers takes longer than most tests.

    Of the sizes that they start with; what has one axis is positive, as variances are.
    """
    rng = np.random.default_rng(0)

    def draw(leaf):
        if leaf.ndim < 2:
            return rng.uniform(0.1, 0.5, leaf.shape).astype(leaf.dtype)
        x = rng.normal(size=leaf.shape) / np.sqrt(np.prod(leaf.shape[:-1]))
        return x.astype(leaf.dtype)

    shapes = jax.eval_shape(model.init, jax.random.key(0), batch)
    return jax.device_put(jax.tree.map(draw, shapes))


def batch_of(dataset: Dataset, n: int):
    return jax.device_put({key: x[:n] for key, x in dataset.batch.items()})


def songs(folder: Path) -> Dataset:
    """Forty songs of the songbook as images of 11 frames x 10 bands, mel and MFCC."""
    songbook.render(
        folder / "songbook", n_songs=40, duration_s=1.0, seed=0, n_workers=1
    )
    clips, _ = features.extract(
        read(folder / "songbook", allow_outside=False).tracks,
        cache_dir=folder / "cache",
        n_workers=1,
        sample_rate_hz=22050,
        duration_s=1.0,
        crop="start",
        n_fft=1024,
        hop=512,
        n_mels=7,
        n_mfcc=1,
    )
    return data.from_clips(
        clips,
        modalities=("mel", "mfcc"),
        mel="image",
        mfcc="image",
        frames=11,
        condition=("genre", "language"),
        held_out_share=0.1,
    )


def blobs() -> tuple[Dataset, np.ndarray]:
    """Two modalities of three clusters that only both together tell apart."""
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=300)
    codes = np.eye(3)[truth]
    mel = codes @ rng.normal(size=(3, 12)) * 2 + rng.normal(size=(300, 12)) * 0.5
    mfcc = codes @ rng.normal(size=(3, 6)) * 2 + rng.normal(size=(300, 6)) * 0.5
    ids = np.array([f"{i:03d}" for i in range(300)])
    dataset = standardised(
        {"mel": (mel, np.ones(300, bool)), "mfcc": (mfcc, np.ones(300, bool))},
        ids=ids,
        songs=ids,
        labels={"kind": rng.integers(2, size=300).astype(str)},
        held_out=np.arange(300) % 10 == 0,
    )
    return conditioned(dataset, ("kind",)), truth


def sung() -> Dataset:
    """Spectrograms and lines of lyrics of two kinds; a third have no lyrics."""
    rng = np.random.default_rng(1)
    kind = rng.integers(2, size=48)
    mel = rng.normal(size=(48, 6, 5)) + 2 * kind[:, None, None]
    lines = rng.normal(size=(48, 4, 3)) - 2 * kind[:, None, None]
    n_lines = rng.integers(1, 5, size=48) * (np.arange(48) % 3 > 0)
    ids = np.array([f"{i:03d}" for i in range(48)])
    return standardised(
        {
            "mel": (mel, np.ones((48, 6), bool)),
            "lyrics": (lines, np.arange(4)[None] < n_lines[:, None]),
        },
        together=("lyrics",),
        ids=ids,
        songs=ids,
        labels={"kind": kind.astype(str)},
        held_out=np.arange(48) % 10 == 0,
    )


ODD_TITLE = "<script>alert(1)</script>"


def played(folder: Path, workdir: Path) -> None:
    """A finished run: VaDE, three seeds, on forty songs of the songbook.

    The first of the songs is called ODD_TITLE.
    """
    songs = folder / "songs"
    songbook.render(songs, n_songs=40, duration_s=1.0, seed=0, n_workers=1)
    table = songs / "metadata.csv"
    header, first, *rest = table.read_text().splitlines()
    cells = first.split(",")
    cells[header.split(",").index("title")] = ODD_TITLE
    table.write_text("\n".join([header, ",".join(cells), *rest]) + "\n")
    config = CONFIGS["vade"].get_config()
    config.data.update(root=str(songs), cache_dir=str(folder / "cache"), n_workers=1)
    config.features.update(n_mels=16, n_mfcc=4, n_fft=1024, duration_s=1.0)
    config.networks.update(hidden=(16,), corruption=0.1, dtype="float32")
    config.model.update(latent_dim=3, n_clusters=4, start="means")
    config.train.update(epochs=12, seeds=3, checkpoint_every=12)
    config.mesh.seed = 1  # see ONE
    config.cluster.update(names=("kmeans", "gmm", "dbscan"), k=(3, "classes"))
    config.baselines.names = ("raw", "pca")
    config.eval.update(permutations=99, nuisance=False)
    config.figures.update(projections=(), pdf=False, n_reconstructions=2)
    experiment.run(config, workdir=workdir, results=folder, started=time.perf_counter())
