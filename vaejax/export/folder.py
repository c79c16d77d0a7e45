"""Writes the folder of an exported model, and knows whether it is still whole.

What is written has been run: every form of the encoder gives rows of the collection
the codes that the model gives them. SHA256SUMS is written last.
"""

import hashlib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import jax
import numpy as np
from flax.traverse_util import flatten_dict

from vaejax import disk
from vaejax.export import card
from vaejax.export.description import describe, inputs_of, unscaled
from vaejax.export.encoder import FORMS, encoder
from vaejax.record import Record
from vaejax.trained import Finished

CONFIG, WEIGHTS, CARD, SUMS = (
    "config.json",
    "model.safetensors",
    "README.md",
    "SHA256SUMS",
)
TRIED = 8  # rows that every form of the encoder is run on
TOLERANCE = 0.02  # of the spread of codes; bfloat16 may round to the other side
VERSIONS = ("jax", "flax", "numpy")


def write(
    run: Finished, record: Record, folder: Path, forms: Sequence[str] = ("stablehlo",)
) -> list[Path]:
    """Writes a finished run as a folder; returns its files.

    Args:
      run: with the seed that is exported.
      record: of the same run, for the card.
      folder: is made; if it is there, it must be empty.
      forms: names in `encoder.FORMS`.

    Raises:
      ValueError: the folder is not empty, a form is not known or cannot be had, or
        gives other codes than the model.
    """
    unknown = sorted(set(forms) - FORMS.keys())
    if unknown:
        raise ValueError(
            f"--formats={','.join(forms)}: {unknown[0]!r} is not known. Choices: "
            f"{', '.join(FORMS)}."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"--out={folder} is not an empty folder. Name another one.")
    contents = {WEIGHTS: _weights(run)}
    contents |= {FORMS[form].file: _tried(run, form) for form in forms}
    config = describe(run) | {
        "versions": {name: metadata.version(name) for name in VERSIONS},
        "commit": record.about["commit"],
        "run": record.about["id"],
    }
    _make(folder)
    disk.write_json(folder / CONFIG, config)
    for name, content in contents.items():
        disk.write_bytes(folder / name, content)
    disk.write_text(folder / CARD, card.text(record, config, [*contents]))
    sums = {name: _sha256(folder / name) for name in (CONFIG, *contents)}
    lines = (f"{digest}  {name}\n" for name, digest in sums.items())
    disk.write_text(folder / SUMS, "".join(lines))
    return [folder / name for name in (CARD, *sums, SUMS)]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk.DiskError(folder, error) from error


def _weights(run: Finished) -> bytes:
    """All variables by flat names, and scale.<modality>.mean and .deviation."""
    from safetensors.numpy import save

    arrays = flatten_dict(jax.device_get(run.variables), sep=".")
    for name, (mean, std) in run.dataset.scale.items():
        arrays |= {f"scale.{name}.mean": mean, f"scale.{name}.deviation": std}
    kept = {name: np.ascontiguousarray(x, np.float32) for name, x in arrays.items()}
    return save(kept, metadata={"format": "flax"})


def _tried(run: Finished, form: str) -> bytes:
    """The encoder in a form, of which rows of the collection have their codes."""
    inputs = inputs_of(run.dataset, run.settings)
    function = encoder(run.model, run.variables, run.dataset.scale)
    content = FORMS[form].write(function, inputs)
    n = len(run.dataset.ids)
    rows = np.unique(np.linspace(0, n - 1, TRIED).astype(int))
    batch = {name: np.asarray(run.dataset.batch[name][rows]) for name in inputs}
    wanted = jax.device_get(jax.jit(run.model.encode)(run.variables, batch))
    found = FORMS[form].run(content, unscaled(batch, run.dataset.scale))
    difference = float(np.abs(found - wanted).max())
    if not difference <= TOLERANCE * max(float(run.codes.std()), 1e-3):
        raise ValueError(
            f"--formats={form}: {FORMS[form].file} gives codes that are off by "
            f"{difference:.2g}, and is not written. Leave {form} out, and report it."
        )
    return content


def verify(folder: Path) -> None:
    """Refuses a folder that is not as `write` has left it, the card aside.

    Raises:
      ValueError: it holds no exported model, or a file is gone, changed or damaged.
    """
    path = folder / SUMS
    if not path.is_file():
        raise ValueError(
            f"{folder} holds no exported model: no {SUMS}. launch/export.py --run=RUN "
            "--out=FOLDER writes one."
        )
    lines = path.read_text(errors="replace").splitlines()
    sums = {name: digest for digest, _, name in (x.partition("  ") for x in lines)}
    for name in sorted({CONFIG, WEIGHTS} - sums.keys()):
        raise ValueError(f"{path} was changed: {name} is not in it. Export it again.")
    for name, digest in sums.items():
        file = folder / Path(name).name
        if not file.is_file() or _sha256(file) != digest:
            how = "was changed or damaged since" if file.is_file() else "is gone since"
            raise ValueError(
                f"{file} {how} it was exported. Restore it, or export the run again."
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
