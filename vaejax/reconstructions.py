"""Spectrograms of some songs beside what a decoder makes of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from vaejax import disk
from vaejax.core import Dataset, Model, Variables, title_of

BANDS = "reconstructed level and range of each band"


class Reconstructions(NamedTuple):
    """Pairs of spectrograms in [-80, 0] dB, and how to draw them."""

    titles: list[str]
    originals: list[Float[np.ndarray, "_ f"]]
    decoded: list[Float[np.ndarray, "_ f"]]
    hop_s: float
    sample_rate_hz: int
    name: str  # of what is decoded


def reconstructions(
    model: Model,
    variables: Variables,
    dataset: Dataset,
    clips: Sequence,
    *,
    n: int,
    features: dict,
) -> Reconstructions:
    """Of n songs, evenly spread over the collection.

    Args:
      variables: of one seed.
      features: the section of the config that the clips were made with.
    """
    rows = np.linspace(0, len(clips) - 1, min(n, len(clips))).round().astype(int)
    batch = {name: x[rows] for name, x in dataset.batch.items()}
    z = jax.jit(model.encode)(variables, batch)
    found = jax.jit(model.decode)(variables, z, batch)
    decoded = in_db(dataset, "mel", np.asarray(found["mel"], np.float64))
    titles = [title_of(clips[row].track) for row in rows]
    step, name = 1, BANDS
    if batch["mel"].ndim == 2:
        originals = [clips[row].mel for row in rows]
        made = list(map(recoloured, originals, decoded))
    else:
        step, name = dataset.frame_step, "reconstructed"
        lengths = batch["mel_mask"].sum(axis=1).astype(int)
        originals = framed(in_db(dataset, "mel", batch["mel"]), lengths)
        made = framed(decoded, lengths)
    hop_s = step * features["hop"] / features["sample_rate_hz"]
    return Reconstructions(
        titles, originals, made, hop_s, features["sample_rate_hz"], name
    )


def save(path: Path, found: Reconstructions) -> None:
    """Writes them as `.npz`, to a hundredth of a decibel or so."""
    arrays = {"titles": np.array(found.titles), "name": np.array(found.name)}
    arrays |= {"hop_s": np.array(found.hop_s)}
    arrays |= {"sample_rate_hz": np.array(found.sample_rate_hz)}
    for kind in ("originals", "decoded"):
        for i, frames in enumerate(getattr(found, kind)):
            arrays[f"{kind}_{i}"] = frames.astype(np.float16)
    disk.write_npz(path, arrays)


def load(path: Path) -> Reconstructions:
    """Reads what `save` has written."""
    with np.load(path) as file:
        titles = file["titles"].tolist()
        pairs = [
            [file[f"{kind}_{i}"].astype(np.float32) for i in range(len(titles))]
            for kind in ("originals", "decoded")
        ]
        about = float(file["hop_s"]), int(file["sample_rate_hz"]), str(file["name"])
    return Reconstructions(titles, *pairs, *about)


def in_db(
    dataset: Dataset, modality: str, x: Float[np.ndarray, "b *d"]
) -> Float[np.ndarray, "b *d"]:
    """Features in their own units again, from the standardised ones that models see."""
    mean, deviation = dataset.scale[modality]
    return x * np.where(np.isinf(deviation), 0, deviation) + mean


def framed(
    images: Float[np.ndarray, "b t f"], lengths: Int[np.ndarray, " b"]
) -> list[Float[np.ndarray, "_ f"]]:
    """Spectrograms in [-80, 0] dB of the frames that each has, without the padding."""
    pairs = zip(images, lengths, strict=True)
    return [np.clip(image[:n], -80.0, 0.0) for image, n in pairs]


def recoloured(
    mel: Float[np.ndarray, "t f"], statistics: Float[np.ndarray, " d"]
) -> Float[np.ndarray, "t f"]:
    """The spectrogram with the mean and deviation per band of `inputs.mel_statistics`.

    Statistics have no time of their own, so the frames are those of the original.
    """
    n_bands = mel.shape[1]
    new_mean, new_std = statistics[:n_bands], statistics[n_bands : 2 * n_bands]
    mean, std = mel.mean(axis=0), mel.std(axis=0)
    shape = (mel - mean) / np.where(std > 1e-3, std, 1.0)
    return np.clip(shape * np.maximum(new_std, 0.0) + new_mean, -80.0, 0.0)
