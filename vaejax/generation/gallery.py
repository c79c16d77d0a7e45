"""Generated pictures in rows -> one figure, a sound of each, and a note on them all."""

import re
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from vaejax import disk, spectrograms
from vaejax.generation import sound
from vaejax.generation.pictures import Picture
from vaejax.spectrograms import Panel
from vaejax.trained import Finished
from vaejax.typeset import save

ACROSS = 4  # pictures side by side
HEARD = (
    "Sounds are mel spectrograms inverted: what lies within a band, and every phase, "
    "is guessed (Griffin-Lim)."
)
UNHEARD = "The model knows images, which have no sound."
STATISTICS = (
    "The model knows statistics of each band and no time. A reconstruction is the "
    "original's frames with the decoded mean and deviation; all else is noise with "
    "these and the decoded flux."
)
MEL_ALONE = "The model's MFCC are decoded as well; only mel has a picture and a sound."


class Item(NamedTuple):
    """A picture, what stands above it, and the name of its sound without suffix."""

    name: str
    picture: Picture
    title: str = ""


class Generated(NamedTuple):
    """Pictures in rows, and what they are."""

    what: str  # a name for their folder
    title: str  # above the picture
    done: str  # a sentence or more
    rows: list[list[Item]]


def wrapped(items: list[Item]) -> list[list[Item]]:
    """The items in rows of as many as stand side by side."""
    return [items[i : i + ACROSS] for i in range(0, len(items), ACROSS)]


def slug(*parts: object) -> str:
    """The parts as a file name without suffix, in any script, 60 bytes of each."""
    known = (str(part).encode("utf-8", "replace").decode() for part in parts)
    plain = (re.sub(r'[\\/:*?"<>|\s\x00-\x1f]+', "_", text) for text in known)
    cut = (text.encode()[:60].decode("utf-8", "ignore").strip("._") for text in plain)
    return "_".join(text for text in cut if text)


def describe(run: Finished, made: Generated) -> str:
    """What was done with what, and what to know before one listens."""
    lines = [f"{run.name}, seed {run.seed}: {made.done}"]
    if not made.rows[0][0].picture.step:
        return "\n".join([*lines, UNHEARD])
    if run.dataset.batch["mel"].ndim == 2:
        lines.append(STATISTICS)
    if "mfcc" in run.dataset.batch:
        lines.append(MEL_ALONE)
    return "\n".join([*lines, HEARD])


def write(run: Finished, made: Generated, folder: Path) -> list[Path]:
    """Writes a picture of everything, a sound of each, and `about.txt`.

    Returns:
      The paths, that of the picture first; no sounds of images.

    Raises:
      ValueError: the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"{folder} cannot be made: {error.strerror}. Name another --out."
        ) from error
    disk.write_text(folder / "about.txt", describe(run, made) + "\n")
    title = f"{run.name}, seed {run.seed}: {made.title}"
    items = [item for row in made.rows for item in row]
    if not items[0].picture.step:
        path = folder / "images.png"
        shown = [
            [("\n".join(filter(None, (above, p.tag))), p.frames) for _, p, above in row]
            for row in made.rows
        ]
        save(spectrograms.images(shown, title=title), path)
        return [path]
    return [_draw(run, made.rows, title, folder), *_sound(run, items, folder)]


def _draw(run: Finished, rows: list[list[Item]], title: str, folder: Path) -> Path:
    features = run.settings["features"]
    hop_s = features["hop"] / features["sample_rate_hz"]
    panels = [
        [Panel(p.frames, p.step * hop_s, above, p.tag) for _, p, above in row]
        for row in rows
    ]
    figure = spectrograms.grid(
        panels,
        sample_rate_hz=features["sample_rate_hz"],
        scale=spectrograms.levels([p.frames for row in panels for p in row]),
        title=title,
    )
    save(figure, folder / "spectrograms.png")
    return folder / "spectrograms.png"


def _sound(run: Finished, items: list[Item], folder: Path) -> list[Path]:
    names = ("sample_rate_hz", "n_fft", "hop")
    features = {name: run.settings["features"][name] for name in names}
    paths = []
    for name, picture, _ in tqdm(items, desc="sounds", unit="sound"):
        frames = sound.at_every_hop(picture.frames, step=picture.step)
        samples = sound.from_log_mel(frames, **features)
        paths.append(folder / f"{name}.wav")
        sound.write_wav(paths[-1], samples, sample_rate_hz=features["sample_rate_hz"])
    return paths
