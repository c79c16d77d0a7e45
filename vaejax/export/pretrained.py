"""An exported model, read back; the collection that it was trained on is not needed.

model = vaejax.export.load("my_model")
codes = model.encode(model.features(["song.mp3"]))
"""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from jaxtyping import Float

from vaejax import data, devices, inputs
from vaejax.core import Batch, Dataset, Model, Variables
from vaejax.export.description import empty_dataset, settings_of
from vaejax.export.folder import CONFIG, WEIGHTS, verify
from vaejax.scaling import scaled
from vaejax.trained import make_model


class Pretrained(NamedTuple):
    """A model with the variables of one seed.

    `features` of songs, and what `encode` and `assign` take, are {name: [n, ...]} as
    `config["inputs"]` has them, not standardised.
    """

    config: dict[str, Any]  # config.json
    settings: dict[str, dict]  # the sections of a config that made the model
    dataset: Dataset  # the shapes and the scale of what it was trained on; no row of it
    model: Model
    variables: Variables

    def encode(self, features: Mapping[str, Any]) -> Float[np.ndarray, "n k"]:
        """The codes; on a CPU those of the run, bit for bit.

        Raises:
          ValueError: features are missing, or not of the shape of the inputs.
        """
        return _of_rows(self, self.model.encode, features)

    def assign(self, features: Mapping[str, Any]) -> Float[np.ndarray, "n c"]:
        """p(c | x), the model's own clusters.

        Raises:
          ValueError: as `encode`; or the model has no clusters of its own.
        """
        if self.model.assign is None:
            name = self.settings["model"]["name"]
            raise ValueError(
                f"{name} has no clusters of its own: cluster its codes, or export vade."
            )
        return _of_rows(self, self.model.assign, features)

    def features(self, songs: Sequence[str | Path], n_workers: int = 1) -> Batch:
        """What the model hears of audio files and folders of them, in their order.

        Args:
          n_workers: processes that decode.

        Raises:
          FileNotFoundError: a path does not exist.
          ValueError: one of the songs cannot be used; or the model reads lyrics, whose
            vectors are fitted to a collection, or takes images.
        """
        return _heard(self, [Path(song) for song in songs], n_workers)


def load(folder: str | Path) -> Pretrained:
    """The model in a folder that `launch/export.py` wrote.

    Nothing is unpickled or run that is in it.

    Raises:
      ValueError: the folder is none, was changed or damaged, or was written by another
        version.
    """
    from safetensors.numpy import load_file

    folder = Path(folder)
    verify(folder)
    config = json.loads((folder / CONFIG).read_text())
    settings = settings_of(folder / CONFIG, config)
    arrays = load_file(folder / WEIGHTS)
    names = [name for name in arrays if name.startswith("scale.")]
    parts = unflatten_dict({name: arrays.pop(name) for name in names}, sep=".")
    scale = {
        name: (one["mean"], one["deviation"])
        for name, one in parts.get("scale", {}).items()
    }
    dataset = empty_dataset(config, scale)
    model = make_model(settings["model"], settings, dataset)
    variables = _variables(folder / WEIGHTS, model, dataset, arrays)
    return Pretrained(config, settings, dataset, model, variables)


def _variables(
    path: Path, model: Model, dataset: Dataset, arrays: dict[str, np.ndarray]
) -> Variables:
    """The arrays as the model has its variables.

    Raises:
      ValueError: they are not those of the model.
    """
    row = {
        name: jax.ShapeDtypeStruct((1, *x.shape[1:]), x.dtype)
        for name, x in dataset.batch.items()
    }
    template = jax.eval_shape(model.init, jax.random.key(0), row)
    flat = flatten_dict(template, sep=".", keep_empty_nodes=True)
    wanted = {name: x.shape for name, x in flat.items() if hasattr(x, "shape")}
    found = {name: x.shape for name, x in arrays.items()}
    odd = sorted(wanted.items() ^ found.items())
    if odd:
        name = odd[0][0]
        raise ValueError(
            f"{path}: {name} is {found.get(name, 'missing')}, and must be "
            f"{wanted.get(name, 'missing')} for the settings in config.json. Export "
            "the run again."
        )
    return unflatten_dict(flat | arrays, sep=".")


def _of_rows(
    one: Pretrained, function: Callable, features: Mapping[str, Any]
) -> np.ndarray:
    """A function of the model for every row, computed as a run does it."""
    batch = _batch(one, features)
    return devices.map_rows(function, devices.as_seeds(one.variables), batch)[0]


def _batch(one: Pretrained, features: Mapping[str, Any]) -> Batch:
    """The features as the model sees them."""
    found = _checked(one.dataset.batch, features)
    for name, (mean, std) in one.dataset.scale.items():
        x, mask = found[name], found.get(f"{name}_mask")
        seen = np.ones(len(x), bool) if mask is None else mask > 0
        found[name] = scaled(x, seen, mean, std)
    return found


def _checked(wanted: Batch, features: Mapping[str, Any]) -> Batch:
    """The features as arrays of the right kind.

    Raises:
      ValueError: names, shapes or values are not those of the inputs.
    """
    if set(features) != set(wanted):
        raise ValueError(
            f"features must be {', '.join(wanted)}. Got {', '.join(features) or 'none'}"
            "."
        )
    found = {name: np.asarray(features[name]) for name in wanted}
    n = len(found[next(iter(wanted))])
    for name, x in found.items():
        shape, kind = wanted[name].shape[1:], wanted[name].dtype.kind
        fits = x.ndim > 0 and x.shape == (n, *shape) and n > 0
        if not fits or x.dtype.kind not in "fiub" or not np.isfinite(x).all():
            sizes = ", ".join(map(str, ("n", *shape)))
            raise ValueError(
                f"features[{name!r}] must be finite numbers [{sizes}], n alike in all. "
                f"Got {x.dtype} {x.shape}."
            )
        if x.dtype.kind != kind:
            found[name] = x.astype(wanted[name].dtype)
    return found


def _heard(one: Pretrained, songs: Sequence[Path], n_workers: int) -> Batch:
    from vaejax import assign, features

    options = one.settings["data"]
    forms = inputs.forms_of(options["modalities"], options["mel"], options["mfcc"])
    others = [name for name in options["modalities"] if name not in forms]
    if others:
        raise ValueError(
            f"the model takes {others[0]}, which files alone do not give: pass arrays "
            "to `encode`, as `config['inputs']` has them."
        )
    tracks = assign.tracks_of(songs, words_alone=False)
    with tempfile.TemporaryDirectory() as aside:
        clips, rejected = features.extract(
            tracks,
            cache_dir=Path(aside),
            n_workers=n_workers,
            **one.settings["features"],
        )
        if rejected:
            raise ValueError(rejected[0].reason)
        # Standardised by mean 0 and deviation 1, features are what they are.
        plain = {
            name: (np.zeros_like(mean), np.ones_like(mean))
            for name, (mean, _) in one.dataset.scale.items()
        }
        return data.alike(one.dataset._replace(scale=plain), clips, forms, None)
