"""What the benchmark trains: models with their sizes, the data is random."""

import math
from typing import Any, NamedTuple

import numpy as np

from vaejax.core import Batch, Model

N_ROWS, N_CLASSES = 1000, 5


class Case(NamedTuple):
    """One model, its networks, and the batches that it is trained on."""

    name: str
    model: dict[str, Any]  # its name, and its own options
    networks: dict[str, Any]  # the options of `networks.make`
    shapes: dict[str, tuple[int, ...]]  # of the modalities, without the batch axis
    conditions: dict[str, int]  # {label column: number of classes} that it is told
    batch_size: int


_VAE = {"name": "vae", "latent_dim": 128, "beta": 1.0, "warmup": 0.0}
_VAE |= {"free_bits": 0.0, "capacity": 0.0, "capacity_warmup": 0.0}
_VADE = {"name": "vade", "latent_dim": 10, "beta": 1.0, "warmup": 0.0}
_VADE |= {"n_clusters": 10, "covariance": "diagonal", "pretrain": 0.0, "start": "means"}
_DENSE = {
    "fusion": {"name": "early", "dropout": 0.0, "lyrics_weight": 0.0},
    "encoder": "mlp",
    "decoder": "mlp",
    "hidden": (512, 256),
    "channels": (32, 64, 128, 256),
    "pool": "none",
    "units": 256,
    "segments": 16,
    "norm": "none",
    "dropout": 0.0,
    "likelihood": "gaussian",
    "dtype": "float32",
    "corruption": 0.0,
    "log_var_bias": 0.0,
}
_PAPER = _DENSE | {"hidden": (500, 500, 2000), "likelihood": "bernoulli"}
_CONV = _DENSE | {"encoder": "conv", "decoder": "conv", "norm": "batch"}
_RESIDUAL = _CONV | {"encoder": "residual", "decoder": "residual"}

# Fixed, whatever becomes of the configs: the sizes of which speed has a history.
FIXED = {
    case.name: case
    for case in (
        Case("dense", _VAE, _DENSE, {"mfcc": (620,)}, {}, 128),
        Case("vade", _VADE, _PAPER, {"pixels": (28, 28)}, {}, 256),
        Case("conv", _VAE, _CONV, {"mel": (128, 128)}, {}, 32),
        Case("conv_long", _VAE, _CONV | {"pool": "time"}, {"mel": (1292, 128)}, {}, 8),
        Case("residual", _VAE, _RESIDUAL, {"mel": (128, 128)}, {}, 8),
    )
}


def from_settings(name: str, settings: dict[str, dict]) -> Case:
    """What a config trains, on collections that fill its sizes.

    Args:
      settings: the sections of a config as dicts.
    """
    model = dict(settings["model"])
    del model["title"]
    networks = settings["networks"] | {"fusion": settings["fusion"]}
    conditions = dict.fromkeys(settings["data"]["condition"], N_CLASSES)
    shapes = {m: _shape(m, settings) for m in settings["data"]["modalities"]}
    told = conditions if model["name"] == "cvae" else {}
    return Case(name, model, networks, shapes, told, settings["train"]["batch_size"])


def _shape(modality: str, settings: dict[str, dict]) -> tuple[int, ...]:
    data, features = settings["data"], settings["features"]
    if modality == "pixels":
        return (8, 8) if data["root"] == "digits" else (28, 28)
    size = 3 * features["n_mfcc"] if modality == "mfcc" else features["n_mels"]
    if data.get(modality) == "statistics":
        return (3 * size,) if modality == "mel" else (4 * features["n_mfcc"],)
    is_songbook = data["root"] == "songbook"
    seconds = settings["songbook" if is_songbook else "features"]["duration_s"]
    n = 1 + int(seconds * features["sample_rate_hz"] / features["hop"])
    step = math.ceil(n / data["frames"]) if data["frames"] else 1
    return math.ceil(n / step), size


def build(case: Case) -> Model:
    """The model of a case."""
    from vaejax import models, networks

    options = dict(case.model)
    name, latent_dim = options.pop("name"), options.pop("latent_dim")
    nets = networks.make(
        case.shapes,
        conditions=case.conditions,
        n_rows=N_ROWS,
        latent_dim=latent_dim,
        **case.networks,
    )
    return models.make(name, nets, **options)


def random_batch(case: Case) -> Batch:
    """A batch of noise in [0, 1], all frames of it real, and labels."""
    rng = np.random.default_rng(0)
    batch: Batch = {}
    for name, shape in case.shapes.items():
        batch[name] = rng.uniform(size=(case.batch_size, *shape)).astype(np.float32)
        if len(shape) == 2 and name != "pixels":
            batch[f"{name}_mask"] = np.ones((case.batch_size, shape[0]), np.float32)
    if case.conditions:
        shape = case.batch_size, len(case.conditions)
        batch["condition"] = rng.integers(0, N_CLASSES + 1, shape).astype(np.int32)
    return batch
