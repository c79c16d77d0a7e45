"""What config.json says of a model: enough to build it again, and to feed it.

Features are what the audio and the lyrics give, as they are; the exported functions
standardise them. Every feature x becomes (x - mean) / deviation, a feature that was
constant in training 0, and so does what a mask hides. Pixels stay as they are.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vaejax import check, data, devices, inputs
from vaejax.core import Batch, Dataset
from vaejax.trained import Finished

MODEL_TYPE = "vaejax"
DATA = (*data.OPTIONS, "lyrics")  # of the section; paths stay at home
OF_NETWORKS = ("model", "networks", "fusion")
NAMES = ("model", "translator")  # of the lyrics, that may be folders

STATISTICS = {
    "mel": "mean, deviation and mean flux of every mel band over the frames, in dB",
    "mfcc": "means of the MFCC; deviations of these and of both their deltas",
}
IMAGES = {
    "mel": "log-power mel spectrogram, frames x bands, in dB relative to the loudest",
    "mfcc": "MFCC and both their deltas, frames x coefficients",
    "flux": "how far every mel band has moved since the frame before, in dB",
}
OTHERS = {
    "lyrics": "a vector a line of the lyrics, or one of the song",
    "pixels": "an image with values in [0, 1]",
    "condition": "what is told of each label: the place of its class in `told`, from "
    "1; 0 is unknown",
}
MASK = "1 for the frames or lines that there are, 0 for padding"


class Input(NamedTuple):
    """One of the arrays that an encoder takes, a row a song."""

    shape: tuple[int, ...]  # without the rows
    dtype: str
    meaning: str = ""


def inputs_of(dataset: Dataset, settings: dict[str, dict]) -> dict[str, Input]:
    """{name: input} of the models that were trained on a dataset with `settings`."""
    return {
        name: Input(x.shape[1:], str(x.dtype), _meaning(name, settings["data"]))
        for name, x in dataset.batch.items()
        if name != "condition" or settings["model"]["name"] == "cvae"
    }


def _meaning(name: str, options: dict) -> str:
    if name.endswith("_mask"):
        return MASK
    form = inputs.forms_of(options["modalities"], options["mel"], options["mfcc"])
    named = {"statistics": STATISTICS, "image": IMAGES}.get(form.get(name), OTHERS)
    return named[name]


def describe(run: Finished) -> dict[str, Any]:
    """What config.json holds about a finished run with one of its seeds."""
    settings, dataset = run.settings, run.dataset
    told = dataset.told if settings["model"]["name"] == "cvae" else {}
    return {
        "model_type": MODEL_TYPE,
        "architectures": [settings["model"]["name"]],
        "latent_dim": settings["model"]["latent_dim"],
        "inputs": {
            name: one._asdict() | {"shape": ["n", *one.shape]}
            for name, one in inputs_of(dataset, settings).items()
        },
        "output": {"codes": {"shape": ["n", settings["model"]["latent_dim"]]}},
        "standardisation": {
            "rule": "(x - mean) / deviation, by the encoder; 0 where a mask is 0",
            "in model.safetensors": [
                f"scale.{name}.{part}"
                for name in dataset.scale
                for part in ("mean", "deviation")
            ],
        },
        "told": told,
        "frame_step": dataset.frame_step,
        "n_rows": int(np.sum(~dataset.held_out)),
        "seed": run.seed,
        "settings": _kept(settings),
    }


def _kept(settings: dict[str, dict]) -> dict[str, dict]:
    """The sections that make the model and its inputs; no path among them."""
    seen = settings["data"]["modalities"]
    kept = {name: dict(settings[name]) for name in OF_NETWORKS}
    kept["networks"]["dtype"] = devices.dtype(kept["networks"]["dtype"])
    kept["data"] = {name: settings["data"][name] for name in DATA}
    if any(name in inputs.FRAMES for name in seen):
        kept["features"] = dict(settings["features"])
        del kept["features"]["scheduler"]  # nobody else's
    if "lyrics" in seen:
        names = {name: Path(settings["lyrics"][name]).name for name in NAMES}
        kept["lyrics"] = settings["lyrics"] | names
    return kept


def settings_of(path: Path, config: dict[str, Any]) -> dict[str, dict]:
    """The sections of a config.json, with tuples where JSON has lists.

    Raises:
      ValueError: another version of the program has written it, or another program.
    """
    kept = config.get("settings", {})
    given = {f"{section}.{key}" for section in kept for key in kept[section]}
    wanted = {
        rule
        for rule in check.RULES
        if (section := rule.split(".")[0]) in kept and section not in ("data", "model")
    } - {"features.scheduler"}
    wanted |= {f"data.{name}" for name in DATA} | {"model.name", "model.latent_dim"}
    odd = sorted((given - check.RULES.keys()) | (wanted - given))
    if config.get("model_type") != MODEL_TYPE or odd:
        why = f"settings.{odd[0]} is in one of them only" if odd else "not a vaejax one"
        raise ValueError(
            f"{path} was not written by this version of vaejax: {why}. Export the run "
            "again with this version, or install that one."
        )
    return {
        section: {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
        for section, options in kept.items()
    }


def empty_dataset(
    config: dict[str, Any], scale: dict[str, tuple[np.ndarray, np.ndarray]]
) -> Dataset:
    """A dataset of the shapes that a model was trained on, without a row in it.

    `held_out` alone counts the rows that there were to train on.
    """
    batch = {
        name: np.zeros((0, *one["shape"][1:]), one["dtype"])
        for name, one in config["inputs"].items()
    }
    nothing = np.zeros(0, str)
    return Dataset(
        batch=batch,
        raw=np.zeros((0, 0), np.float32),
        ids=nothing,
        songs=nothing,
        labels={},
        held_out=np.zeros(config["n_rows"], bool),
        scale=scale,
        told={column: tuple(classes) for column, classes in config["told"].items()},
        frame_step=config["frame_step"],
    )


def unscaled(
    batch: Batch, scale: dict[str, tuple[np.ndarray, np.ndarray]]
) -> dict[str, np.ndarray]:
    """The features that `scaling.scaled` makes a batch of; constant ones are the mean.

    What was hidden by a mask is the mean, too.
    """
    found = dict(batch)
    for name, (mean, std) in scale.items():
        found[name] = batch[name] * np.where(np.isfinite(std), std, 0.0) + mean
    return {
        name: x.astype(np.float32) if x.dtype.kind == "f" else x
        for name, x in found.items()
    }
