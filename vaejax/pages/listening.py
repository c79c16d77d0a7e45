"""How a page reaches a song's audio: by a link beside it, or by a clip inside it."""

import base64
import io
import os
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from urllib.parse import quote

import numpy as np
import soundfile

from vaejax import audio, features, workers
from vaejax.pages import single_file

PREVIEW_HZ = 22_050
_FADE_S = 0.02  # at either end, against clicks
_QUALITY = 0.8  # of libsndfile's scale from 0, large, to 1, small


def link(path: Path, folder: Path) -> str:
    """The relative URL that leads from a page in `folder` to the file at `path`.

    Every character but letters, digits and `_.-~` is percent-encoded, byte by byte, so
    that no name reads as a scheme, a query, a fragment or markup. Paths are taken as
    written: symbolic links are not followed, as a browser does not.
    """
    path, folder = Path(os.path.abspath(path)), Path(os.path.abspath(folder))
    if path.anchor != folder.anchor:  # another drive of Windows
        return path.as_uri()
    parts = Path(os.path.relpath(path, folder)).parts
    return "/".join(quote(os.fsencode(part), safe="") for part in parts)


def checked(url: str) -> str:
    """The URL, if a page may play it: "", audio as data:, relative, a file, or http.

    Raises:
      ValueError: it has another scheme, such as javascript:, or is not encoded.
    """
    if re.fullmatch(r"data:audio/[\w.+-]+;base64,[A-Za-z0-9+/=]*", url):
        return url
    return single_file.address(url)


def previews(paths: Sequence[Path | None], duration_s: float) -> list[str]:
    """A preview of every file, "" where it is gone or no longer decodes."""
    there = [(i, path) for i, path in enumerate(paths) if path]
    found = [""] * len(paths)
    # As all decoding of what strangers made: in processes, within limits.
    made = workers.results(
        partial(_numbered, duration_s=duration_s),
        there,
        n_workers=len(os.sched_getaffinity(0)),
        limits=features.limits(duration_s),
    )
    for (i, _), text in made:
        found[i] = "" if isinstance(text, workers.WorkerError) else text
    return found


def _numbered(job: tuple[int, Path], *, duration_s: float) -> str:
    try:
        return preview(job[1], duration_s=duration_s)
    except (audio.AudioError, OSError):
        return ""


def preview(path: Path, *, duration_s: float) -> str:
    """A data: URI of a mono MP3 clip from the file's middle, some 5 kB a second.

    Args:
      duration_s: length of the clip, or the whole of a shorter file.

    Raises:
      AudioError: nothing in the file decodes; the message says why.
    """
    samples = audio.read(
        path, sample_rate_hz=PREVIEW_HZ, duration_s=duration_s, crop="centre"
    ).samples
    fade = np.ones_like(samples)
    length = min(round(_FADE_S * PREVIEW_HZ), len(samples) // 2)
    fade[:length] = np.linspace(0, 1, length, dtype=np.float32)
    fade[len(fade) - length :] = fade[:length][::-1]
    clip = io.BytesIO()
    soundfile.write(
        clip,
        np.clip(samples * fade, -1, 1),
        PREVIEW_HZ,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="VARIABLE",
        compression_level=_QUALITY,
    )
    return "data:audio/mpeg;base64," + base64.b64encode(clip.getvalue()).decode()
