"""What a clip is to a model: statistics over its frames, or an image of them."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float

from vaejax.mapped import forget, pieces

Zeros = Callable[..., np.ndarray]  # np.zeros, or `mapped.in_file`


def flux(mel: Float[np.ndarray, "t f"]) -> Float[np.ndarray, "t f"]:
    """How far every band has moved since the frame before, in dB; 0 at the first.

    It tells plucked from bowed, which the means of frames cannot.
    """
    return np.abs(np.diff(mel, axis=0, prepend=mel[:1]))


def mel_statistics(mel: Float[np.ndarray, "t f"]) -> Float[np.ndarray, " d"]:
    """Mean, deviation and mean flux of every band over the frames; d = 3f, in dB.

    One frame has deviation and flux 0.
    """
    return np.concatenate([mel.mean(axis=0), mel.std(axis=0), flux(mel).mean(axis=0)])


def mfcc_statistics(mfcc: Float[np.ndarray, "t d"]) -> Float[np.ndarray, " d2"]:
    """Means of the coefficients; deviations of these and of both their deltas.

    The means of the deltas are left out: over a clip they are near 0, and
    standardisation would blow up their noise.
    """
    n = mfcc.shape[1] // 3
    return np.concatenate([mfcc[:, :n].mean(axis=0), mfcc.std(axis=0)])


FRAMES = {  # of a clip, by modality
    "mel": lambda clip: clip.mel,
    "mfcc": lambda clip: clip.mfcc,
    "flux": lambda clip: flux(clip.mel),
}
STATISTICS = {"mel": mel_statistics, "mfcc": mfcc_statistics}


def statistics(
    clips: Sequence, modality: str, step: int, zeros: Zeros = np.zeros
) -> tuple[Float[np.ndarray, "n d"], Bool[np.ndarray, " n"]]:
    """The statistics of every clip over its own frames; every row counts."""
    del step, zeros  # they are of the frames as they are, and small
    rows = [STATISTICS[modality](FRAMES[modality](clip)) for clip in clips]
    return np.stack(rows), np.ones(len(rows), bool)


def image(
    clips: Sequence, modality: str, step: int, zeros: Zeros = np.zeros
) -> tuple[Float[np.ndarray, "n t f"], Bool[np.ndarray, "n t"]]:
    """Every clip, padded to the longest; the mask is true for its own frames.

    One frame of the image is the mean of `step` frames of the clip; of those that there
    are, where a clip ends.
    """
    lengths = np.array([math.ceil(len(clip.mel) / step) for clip in clips])
    longest = int(lengths.max())
    n_bands = FRAMES[modality](clips[0]).shape[1]
    padded = zeros((len(clips), longest, n_bands), np.float32)
    for piece in pieces(padded):
        for place, clip in zip(padded[piece], clips[piece], strict=True):
            frames = FRAMES[modality](clip)
            place[: math.ceil(len(frames) / step)] = _averaged(frames, step)
            forget(clip.mel)
    return padded, np.arange(longest)[None] < lengths[:, None]


def _averaged(frames: Float[np.ndarray, "t f"], step: int) -> np.ndarray:
    starts = np.arange(0, len(frames), step)
    sizes = np.diff(starts, append=len(frames))
    return np.add.reduceat(frames, starts, axis=0) / sizes[:, None]


def frame_step(clips: Sequence, frames: int) -> int:
    """How many frames of audio one frame of an image averages; `frames` = 0: one."""
    longest = max(len(clip.mel) for clip in clips)
    return math.ceil(longest / frames) if frames else 1


INPUTS = {f.__name__: f for f in (statistics, image)}


def forms_of(modalities: Sequence[str], mel: str, mfcc: str) -> dict[str, str]:
    """{modality: name in INPUTS} of the audio; flux is an image."""
    forms = {"mel": mel, "mfcc": mfcc, "flux": "image"}
    return {name: forms[name] for name in modalities if name in FRAMES}
