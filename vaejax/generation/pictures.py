"""Codes of a finished run -> spectrograms in dB, or images with values in [0, 1].

What a model decodes is an image (the frames themselves), statistics of frames, or
pixels. Statistics have no time: a new picture of them is a texture, noise with the
decoded mean, deviation and flux in every band; beside an original it is the original's
frames with the decoded mean and deviation.
"""

import math
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from vaejax.generation import codes
from vaejax.reconstructions import BANDS, framed, in_db, recoloured
from vaejax.trained import Finished

TEXTURE_S = 5.0  # of a texture, which could go on for ever


class Picture(NamedTuple):
    """A spectrogram in dB [t, f], or an image."""

    frames: Float[np.ndarray, "_ _"]
    step: int  # frames of the audio that one of `frames` stands for; 0: of no audio
    tag: str = ""


def refuse_unseen(settings: dict) -> None:
    """Raises ValueError if the model decodes nothing that has a picture."""
    names = settings["data"]["modalities"]
    if "mel" not in names and "pixels" not in names:
        raise ValueError(
            f"config.data.modalities={','.join(names)}: there is no way back to "
            "a spectrogram. Train with --config.data.modalities=mel,mfcc, and "
            "generate from that run."
        )


def new(
    run: Finished,
    z: Float[np.ndarray, "n k"],
    condition: Int[np.ndarray, "n m"],
    lengths: Int[np.ndarray, " n"],
    *,
    seed: int,
) -> list[Picture]:
    """What the model makes of codes.

    Args:
      run: whose modalities `refuse_unseen` lets pass.
      z: codes.
      condition: what the model is told with each: 0 is unknown, classes from 1.
      lengths: frames that an image shows of each, the rest being padding.
      seed: of a texture.
    """
    x = _decoded(run, z, condition)
    if "pixels" in run.dataset.batch:
        return [Picture(_square(image), 0) for image in x]
    if x.ndim == 3:
        step = run.dataset.frame_step
        return [Picture(frames, step) for frames in framed(x, lengths)]
    return [Picture(_texture(row, run.settings["features"], seed), 1) for row in x]


def beside(
    run: Finished, rows: Int[np.ndarray, " n"], condition: Int[np.ndarray, "n m"]
) -> list[list[Picture]]:
    """For each row of the dataset the original, and what the model makes of its code.

    An original is the recording's own spectrogram. Where the model gets to see means of
    several of its frames, these stand between the two.
    """
    x = _decoded(run, run.codes[rows], condition)
    if "pixels" in run.dataset.batch:
        originals = map(_square, run.dataset.batch["pixels"][rows])
        return [
            [Picture(a, 0, "original"), Picture(_square(b), 0, "reconstructed")]
            for a, b in zip(originals, x, strict=True)
        ]
    mels = [run.clips[row].mel for row in rows]
    columns = [[Picture(mel, 1, "original") for mel in mels]]
    if x.ndim == 2:
        made = map(recoloured, mels, x)
        columns.append([Picture(frames, 1, BANDS) for frames in made])
    else:
        step, lengths = run.dataset.frame_step, lengths_of(run)[rows]
        shown = {"reconstructed": x}
        if step > 1:
            seen = in_db(run.dataset, "mel", run.dataset.batch["mel"][rows])
            shown = {f"means of {step} frames": seen} | shown
        for tag, images in shown.items():
            found = framed(images, lengths)
            columns.append([Picture(frames, step, tag) for frames in found])
    return [list(row) for row in zip(*columns, strict=True)]


def lengths_of(run: Finished) -> Int[np.ndarray, " n"]:
    """How many frames of its image every row has; 0 where there are no images."""
    mask = run.dataset.batch.get("mel_mask")
    if mask is None:
        return np.zeros(len(run.codes), int)
    return mask.sum(axis=1).astype(int)


def _decoded(run: Finished, z: np.ndarray, condition: np.ndarray) -> np.ndarray:
    """Decoded spectrograms or statistics in dB, or pixels; [n, ...]."""
    shapes = {name: x.shape[1:] for name, x in run.dataset.batch.items()}
    batch = {name: np.zeros((len(z), *shape)) for name, shape in shapes.items()}
    batch["condition"] = condition
    found = jax.jit(run.model.decode)(run.variables, z, batch)
    if "pixels" in found:
        return np.asarray(found["pixels"], np.float64)
    return in_db(run.dataset, "mel", np.asarray(found["mel"], np.float64))


def _square(image: np.ndarray) -> Float[np.ndarray, "_ _"]:
    """An image of a single row of pixels as the square that it was."""
    side = math.isqrt(image.size)
    if image.ndim == 1 and side**2 == image.size:
        return image.reshape(side, side)
    return np.atleast_2d(image)


def _texture(
    statistics: Float[np.ndarray, " d"], features: dict, seed: int
) -> Float[np.ndarray, "t f"]:
    """Frames with the mean, deviation and flux per band of `inputs.mel_statistics`."""
    _, deviation, flux = np.split(statistics, 3)
    hop_s = features["hop"] / features["sample_rate_hz"]
    n_frames = max(2, round(min(TEXTURE_S, features["duration_s"]) / hop_s))
    noise = codes.texture(deviation, flux, n_frames=n_frames, seed=seed)
    return recoloured(noise, statistics)
