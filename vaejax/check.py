"""Refuses a bad config before anything is computed or written.

`settings` looks at the values alone, `collection` at the values beside the number of
songs and the columns of the metadata. What is no mistake but does nothing is told by
`effects`.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from vaejax.evaluate import CLASSES
from vaejax.fusion import LYRICS, is_joint
from vaejax.inputs import FRAMES, forms_of
from vaejax.rules import ARRAYS, did_you_mean, shown
from vaejax.rules import RULES as RULES
from vaejax.sections import values

MOST = 100_000_000  # numbers in one array: 400 MB
DECIDE_FRAMES = (
    *("data.root", "data.modalities", "data.mel", "data.mfcc", "data.frames"),
    *("features.duration_s", "songbook.duration_s"),
    *("features.sample_rate_hz", "features.hop"),
)
DECIDE_SIZE = (
    *("features.duration_s", "features.sample_rate_hz", "features.hop"),
    *("features.n_mels", "features.n_mfcc"),
)
RESERVED = ("raw", "pca", "true factors")  # in tables, beside the models


def settings(config: Any) -> None:
    """Checks every value by itself and those that depend on one another.

    Args:
      config: {section: {option: value}}; anything else is refused as well.

    Raises:
      ValueError: names the key, the value, the rule and the next step.
    """
    values(config)
    _combinations(config)


def _combinations(config: dict) -> None:
    _inputs(config["data"], config["networks"])
    _fusion(config["data"], config["fusion"]["name"])
    _model(config["model"], config["data"]["condition"])
    _features(config["features"])
    _batches(config)
    _segments(config)
    _hosts(config["mesh"])
    factors = config["eval"]["factors"]
    if len(factors) == 1:
        raise ValueError(
            f"config.eval.factors={shown(factors)} must be none or at least two: "
            "disentanglement is of several factors."
        )


def _hosts(mesh: dict) -> None:
    if mesh["coordinator"] and mesh["process"] >= mesh["processes"]:
        raise ValueError(
            f"config.mesh.process={mesh['process']} must be below "
            f"config.mesh.processes={mesh['processes']}: they count from 0."
        )


def _inputs(data: dict, networks: dict) -> None:
    """The modalities go with the root, and the networks with the modalities."""
    names = data["modalities"]
    arrays = data["root"] == "digits" or data["root"].endswith(".npz")
    if arrays != (names == (ARRAYS,)):
        wanted = ARRAYS if arrays else f"some of {', '.join((*FRAMES, LYRICS))}"
        raise ValueError(
            f"config.data.modalities={shown(names)} does not go with "
            f"config.data.root={shown(data['root'])}, whose modalities are {wanted}."
        )
    if arrays and data["tracks"] != "all":
        raise ValueError(
            f"config.data.tracks={data['tracks']!r} does not go with config.data.root="
            f"{shown(data['root'])}: images have no lyrics. Use all."
        )
    if networks["likelihood"] == "bernoulli" and not arrays:
        raise ValueError(
            "config.networks.likelihood='bernoulli' is for data in [0, 1]; audio "
            "features are standardised. Use gaussian."
        )
    if "flux" in names and data["mel"] != "image":
        raise ValueError(
            f"config.data.modalities={shown(names)}: flux goes with config.data.mel="
            f"'image'. Of config.data.mel={data['mel']!r} it is a part already."
        )
    forms = set(forms_of(names, data["mel"], data["mfcc"]).values())
    for part in ("encoder", "decoder"):
        if not arrays and len(forms) != 1 and networks[part] != "mlp":
            how = f"They are {data['mel']!r} and {data['mfcc']!r}; or use mlp."
            raise ValueError(
                f"config.networks.{part}={networks[part]!r} sees frames, so of "
                f"config.data.modalities={shown(names)} config.data.mel and "
                "config.data.mfcc must both be image, or both statistics. "
                f"{how if forms else 'Lyrics alone have none: use mlp.'}"
            )


def _fusion(data: dict, name: str) -> None:
    """Attention needs more than one token of each view."""
    forms = set(forms_of(data["modalities"], data["mel"], data["mfcc"]).values())
    single = forms - {"image"} or data["lyrics"] == "song"
    if name == "attention" and is_joint(data["modalities"]) and single:
        raise ValueError(
            "config.fusion.name='attention' goes from frames to lines: over single "
            "vectors it would be constant. Of config.data.modalities="
            f"{shown(data['modalities'])}, set config.data.lyrics={data['lyrics']!r} "
            f"to lines, and config.data.mel={data['mel']!r} and config.data.mfcc="
            f"{data['mfcc']!r} to image."
        )


def _model(model: dict, condition: tuple) -> None:
    if (model["name"] == "cvae") != bool(condition):
        raise ValueError(
            f"config.data.condition={shown(condition)} does not go with "
            f"config.model.name={model['name']!r}. The labels that it names are told "
            "to a cvae alone. Start from --config=configs/cvae.py."
        )
    others = (*RESERVED, *({"autoencoder"} - {model["name"]}))
    if model["title"] in others:
        raise ValueError(
            f"config.model.title={model['title']!r} is the name of something else in "
            "tables. Choose another."
        )
    if model.get("pretrain", 0.0) + model.get("warmup", 0.0) > 1.0:
        raise ValueError(
            f"config.model.pretrain={model['pretrain']} and config.model.warmup="
            f"{model['warmup']} must add up to at most 1, the whole of training."
        )
    if model.get("capacity_warmup", 0.0) > 0 and model["capacity"] == 0:
        raise ValueError(
            f"config.model.capacity_warmup={model['capacity_warmup']} has no capacity "
            f"that grows: config.model.capacity={model['capacity']}. Set that to nats, "
            "or this to 0."
        )
    if model.get("covariance") == "full":
        size = model["n_clusters"] * model["latent_dim"] ** 2
        if size > MOST:
            raise ValueError(
                f"config.model.covariance='full' has {size} numbers, of config.model."
                f"n_clusters={model['n_clusters']} times the square of config.model."
                f"latent_dim={model['latent_dim']}; at most {MOST} can be. "
                "Use diagonal."
            )


def _features(features: dict) -> None:
    rate_hz, n_fft, hop = (features[k] for k in ("sample_rate_hz", "n_fft", "hop"))
    n_mels, n_mfcc = features["n_mels"], features["n_mfcc"]
    if n_mfcc > n_mels:
        raise ValueError(
            f"config.features.n_mfcc={n_mfcc} must be at most config.features.n_mels="
            f"{n_mels}."
        )
    if hop > n_fft:
        raise ValueError(
            f"config.features.hop={hop} must be at most config.features.n_fft={n_fft}, "
            "or samples are skipped."
        )
    n_samples = int(features["duration_s"] * rate_hz)
    if n_fft > n_samples:
        raise ValueError(
            f"config.features.n_fft={n_fft} must be at most {n_samples}: that many "
            f"samples has config.features.duration_s={features['duration_s']} at "
            f"config.features.sample_rate_hz={rate_hz}. Take shorter frames."
        )
    size = n_samples // hop * (n_mels + 3 * n_mfcc)
    if size > MOST:
        every = _listed({"features": features}, DECIDE_SIZE)
        raise ValueError(
            f"{every} make {size} numbers of a clip; at most {MOST} can be. Take a "
            "longer hop, or less of each file."
        )
    empty = empty_bands(rate_hz, n_fft, n_mels)
    if empty:
        raise ValueError(
            f"config.features.n_mels={n_mels} leaves {empty} bands without anything in "
            f"them: config.features.n_fft={n_fft} at config.features.sample_rate_hz="
            f"{rate_hz} is too coarse. Take fewer bands or longer frames."
        )


def empty_bands(sample_rate_hz: int, n_fft: int, n_mels: int) -> int:
    """How many mel bands (Slaney) lie between two neighbouring bins of a spectrum.

    Edges are equally spaced in mel: 3/200 of the frequency below 1 kHz, and 27 mel for
    every factor of 6.4 above it.
    """
    top = sample_rate_hz / 2
    above = 15 + 27 * math.log(max(top, 1000) / 1000) / math.log(6.4)
    mel = np.linspace(0.0, 3 * top / 200 if top < 1000 else above, n_mels + 2)
    high = 1000 * 6.4 ** (np.maximum(mel - 15, 0) / 27)
    bins = np.where(mel < 15, 200 * mel / 3, high) * n_fft / sample_rate_hz
    return int(np.sum(np.floor(bins[:-2]) + 1 >= bins[2:]))


def _batches(config: dict) -> None:
    """Statistics over a batch need more than one row, and pairs of them memory."""
    n, k = config["train"]["batch_size"], config["model"]["latent_dim"]
    size = n**2 * k
    if config["model"]["name"] == "tc_vae" and size > 10 * MOST:
        raise ValueError(
            "config.model.name='tc_vae' compares the rows of a batch: "
            f"config.train.batch_size={n} and config.model.latent_dim={k} make {size} "
            f"numbers, and at most {10 * MOST} can be. Take smaller batches."
        )
    if n > 1:
        return
    for path, value in (("networks.norm", "batch"), ("model.name", "tc_vae")):
        section, key = path.split(".")
        if config[section][key] == value:
            raise ValueError(
                f"config.train.batch_size=1 does not go with config.{path}={value!r}, "
                "which compares the rows of a batch. Take at least 2."
            )


def _segments(config: dict) -> None:
    """Every segment has a frame; of a folder of songs that is known of the longest."""
    networks, most = config["networks"], most_frames(config)
    if networks["decoder"] == "hierarchical" and networks["segments"] > most:
        raise ValueError(
            f"config.networks.segments={networks['segments']} of config.networks."
            f"decoder='hierarchical' must be at most {most}, the frames that there are "
            f"to decode, by {_listed(config, DECIDE_FRAMES)}. Take fewer segments, or "
            "images of more frames."
        )


def _listed(config: dict, paths: Sequence[str]) -> str:
    """Options with their values, in words."""
    found = (f"{path}={shown(_of(config, path))}" for path in paths)
    return ", ".join(f"config.{one}" for one in found)


def _of(config: dict, path: str) -> Any:
    section, key = path.split(".")
    return config[section][key]


def most_frames(config: dict) -> int:
    """How many frames a decoder has to make, at most; of an unknown image, any."""
    data, features = config["data"], config["features"]
    if data["modalities"] == (ARRAYS,):
        return 8 if data["root"] == "digits" else 10_000
    forms = forms_of(*(data[key] for key in ("modalities", "mel", "mfcc")))
    if "image" not in forms.values():
        return 1
    seconds = features["duration_s"]
    if data["root"] == "songbook":
        seconds = min(seconds, config["songbook"]["duration_s"])
    n = 1 + int(seconds * features["sample_rate_hz"]) // features["hop"]
    step = math.ceil(n / data["frames"]) if data["frames"] else 1
    return math.ceil(n / step)


def collection(
    config: dict, *, n_rows: int, n_songs: int, columns: Iterable[str], optional: set
) -> None:
    """Checks what depends on the collection.

    Args:
      n_rows: tracks that will be clustered.
      columns: of the metadata.
      optional: labels that a collection may lack.

    Raises:
      ValueError: names the key, the value, the rule and the next step.
    """
    given = [k for k in config["cluster"]["k"] if k != CLASSES]
    counts = {"cluster.k": max(given, default=0)}
    if "n_clusters" in config["model"]:
        counts["model.n_clusters"] = config["model"]["n_clusters"]
    for path, count in counts.items():
        if count > n_rows / 2:
            raise ValueError(
                f"config.{path}={count} must be at most {n_rows // 2}, half the "
                f"number of tracks ({n_rows}). Lower it or add songs."
            )
    if config["data"]["held_out_share"] > 0 and n_songs < 2:
        raise ValueError(
            f"config.data.held_out_share={config['data']['held_out_share']} needs at "
            f"least two songs; there is {n_songs}. Set it to 0 or add songs."
        )
    columns = sorted(columns)
    if not given:
        _classes(config["eval"]["labels"], columns)
    _labels("data.condition", config["data"]["condition"], columns, set())
    for key in ("labels", "factors"):
        _labels(f"eval.{key}", config["eval"][key], columns, optional)


def _classes(labels: Sequence[str], columns: list[str]) -> None:
    """Where k is `classes` alone, there is a label to have some."""
    if not set(labels) & set(columns):
        raise ValueError(
            f"config.cluster.k={CLASSES} is as many as a label has, and the collection "
            f"has none of config.eval.labels={','.join(labels)}. Add a number to k."
        )


def _labels(
    path: str, labels: Sequence[str], columns: list[str], optional: set
) -> None:
    for label in labels:
        if label not in columns and label not in optional:
            raise ValueError(
                f"config.{path} names {label!r}, which the metadata lack."
                f"{did_you_mean(label, columns)} Columns: {', '.join(columns)}."
            )
