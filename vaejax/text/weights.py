"""A checkpoint in safetensors -> the parameters of `roberta.Network`.

Every tensor of the encoder must be there, once, in the shape that config.json says, and
finite: a model with one random or broken layer still gives vectors, and nobody sees it.
Heads and poolers are passed over. Tensors are read one at a time.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Shaped

from vaejax.text.roberta import Config, Network

FILE, INDEX = "model.safetensors", "model.safetensors.index.json"
_STORED = ("F64", "F32", "F16", "BF16")  # in the words of the file's header
_ROOT = {  # of our modules in their names
    "word": "embeddings.word_embeddings",
    "position": "embeddings.position_embeddings",
    "type": "embeddings.token_type_embeddings",
    "norm": "embeddings.LayerNorm",
}
_LAYER = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attention": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm": "output.LayerNorm",
}
_PART = re.compile(r"[\w-][\w.-]{0,200}\.safetensors")
_PREFIXES = ("", "roberta.")  # the latter where a head was trained on top
_BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")


class Place(NamedTuple):
    """Where a tensor goes."""

    path: tuple[str, ...]  # in the parameters
    layer: int | None  # its row there, if layers are stacked
    shape: tuple[int, ...]  # of the tensor in the file


def places(config: Config) -> dict[str, Place]:
    """Every tensor of the encoder, by its name without a prefix."""
    ids = jax.ShapeDtypeStruct((1, 2), jnp.int32)
    network = Network(config, "float32")
    shapes = jax.eval_shape(network.init, jax.random.key(0), ids, ids, ids)["params"]
    found = {}
    for keys, leaf in jax.tree_util.tree_leaves_with_path(shapes):
        path = tuple(key.key for key in keys)
        kind = "bias" if path[-1] == "bias" else "weight"
        if path[0] != "layers":
            found[f"{_ROOT[path[0]]}.{kind}"] = Place(path, None, leaf.shape)
            continue
        # Their matrices are [outputs, inputs], ours [inputs, outputs].
        shape = leaf.shape[:0:-1]
        for i in range(config.num_hidden_layers):
            name = f"encoder.layer.{i}.{_LAYER[path[1]]}.{kind}"
            found[name] = Place(path, i, shape)
    return found


def read(folder: Path, config: Config, *, dtype: str) -> dict[str, Any]:
    """The parameters of the model in a folder, on the device.

    Args:
      folder: with `FILE`, or with `INDEX` and the files that it names.
      config: of the same folder.
      dtype: float32 or bfloat16; the file's own may be any of `_STORED`.

    Raises:
      ValueError: a file or a tensor is missing, too many, of another shape or not
        finite.
    """
    return fill(_tensors(folder), config, dtype=dtype, source=str(folder))


def fill(
    tensors: Iterable[tuple[str, np.ndarray]],
    config: Config,
    *,
    dtype: str,
    source: str,
) -> dict[str, Any]:
    """The parameters that these tensors are, each taken and let go before the next.

    Args:
      tensors: with the names of `places`.
      config: the sizes of the model.
      dtype: float32 or bfloat16.
      source: where they come from, for messages.

    Raises:
      ValueError: one is missing, too many, of another shape or not finite.
    """
    expected = places(config)
    seen = set()
    params: dict[str, Any] = {}
    stacks: dict[tuple[str, ...], np.ndarray] = {}
    for name, tensor in tensors:
        if name in seen or name not in expected:
            raise ValueError(
                f"{source}: {name} "
                f"{'is there twice' if name in seen else 'is not in this model'}; "
                f"config.json gives it {config.num_hidden_layers} layers."
            )
        seen.add(name)
        place = expected[name]
        _check(tensor, f"{source}: {name}", place.shape)
        if place.layer is None:
            _put(params, place.path, tensor, dtype)
            continue
        if place.path not in stacks:
            shape = config.num_hidden_layers, *place.shape[::-1]
            stacks[place.path] = np.empty(shape, np.float32)
        stacks[place.path][place.layer] = tensor.T
    if missing := [name for name in expected if name not in seen]:
        raise ValueError(
            f"{source} lacks {len(missing)} of the {len(expected)} tensors that its "
            f"config.json speaks of, {missing[0]} among them. Download it again; a "
            "model of another kind cannot be read."
        )
    for path in list(stacks):
        _put(params, path, stacks.pop(path), dtype)
    return params


def _put(params: dict[str, Any], path: tuple[str, ...], tensor: Any, dtype: str):
    for key in path[:-1]:
        params = params.setdefault(key, {})
    tensor = np.asarray(tensor, np.float32)
    params[path[-1]] = jnp.asarray(tensor).astype(dtype).block_until_ready()


def _check(tensor: Shaped[np.ndarray, "..."], name: str, shape: tuple[int, ...]):
    if tensor.shape != shape:
        raise ValueError(
            f"{name} has shape {tensor.shape}; by config.json it must be {shape}."
        )
    if not np.isfinite(tensor).all():
        raise ValueError(
            f"{name} has values that are not finite. Download the file again."
        )


def _check_dtype(stored: str, path: Path, name: str) -> None:
    if stored not in _STORED:
        raise ValueError(
            f"{path}: {name} is {stored}; it must be one of {', '.join(_STORED)}. "
            "Quantised checkpoints cannot be read: take the original."
        )


def _tensors(folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    """The tensors of the encoder, and nothing else, by their names in `places`."""
    from safetensors import SafetensorError, safe_open

    for path in files(folder):
        try:
            with safe_open(path, framework="np") as file:
                for name, stored in _names(file):
                    _check_dtype(file.get_slice(stored).get_dtype(), path, stored)
                    yield name, file.get_tensor(stored)
        except FileNotFoundError:
            raise ValueError(
                f"{path} does not exist, and {INDEX} names it. Download it as well."
            ) from None
        except SafetensorError as error:
            raise ValueError(
                f"{path} is damaged: {error}. Download it again."
            ) from error


def files(folder: Path) -> list[Path]:
    """The files that hold the tensors.

    Raises:
      ValueError: there are none, or in another format only.
    """
    if (folder / FILE).exists():
        return [folder / FILE]
    if (folder / INDEX).exists():
        return [folder / part for part in _parts(folder / INDEX)]
    pickles = sorted(path.name for path in folder.glob("*.bin"))
    raise ValueError(
        f"{folder} has no {FILE}{f', only {pickles[0]}' if pickles else ''}. Take a "
        "model that has one, or convert it where PyTorch is installed: "
        "transformers.AutoModel.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER)."
    )


def _parts(index: Path) -> list[str]:
    """Names of the files that an index speaks of, all beside it."""
    try:
        parts = set(json.loads(index.read_bytes())["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{index} is damaged: {error!r}. Download it again."
        ) from error
    for part in parts:
        if not isinstance(part, str) or not _PART.fullmatch(part):
            raise ValueError(
                f"{index} names {part!r}; it may only name files beside it, such as "
                "model-00001-of-00002.safetensors. Download it again."
            )
    return sorted(parts)


def _names(file: Any) -> list[tuple[str, str]]:
    """(name without the prefix, name in the file) of the encoder's tensors.

    A tensor that two parts share is stored under one name; the header has the other.
    """
    keys = {key: key for key in file.keys()}
    shared = file.metadata() or {}
    keys |= {name: key for name, key in shared.items() if key in keys}
    found = []
    for name, stored in keys.items():
        for part in ("embeddings.", "encoder.layer."):
            prefix, is_part, rest = name.partition(part)
            if is_part and prefix in _PREFIXES and part + rest not in _BUFFERS:
                found.append((part + rest, stored))
    return found
