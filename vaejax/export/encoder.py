"""An encoder as one function of features, and the forms that it is written in.

Each form is bytes that need no code of ours: StableHLO by `jax.export`, for any number
of rows, on CPUs and NVIDIA GPUs; and ONNX by jax2onnx, an optional library.
"""

import contextlib
import importlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from vaejax.core import Batch, Model, Variables
from vaejax.export.description import Input

PLATFORMS = ("cpu", "cuda")
Scale = dict[str, tuple[np.ndarray, np.ndarray]]
Encoder = Callable[[Batch], Array]  # {name: [n, ...]} -> [n, k]


def encoder(model: Model, variables: Variables, scale: Scale) -> Encoder:
    """Features as they are -> codes; variables and scale are part of the function."""
    return lambda features: model.encode(variables, standardised(features, scale))


def standardised(features: Batch, scale: Scale) -> Batch:
    """As `scaling.scaled`, to float tolerance: XLA may divide by multiplying."""
    found = {name: jnp.asarray(x) for name, x in features.items()}
    for name, (mean, std) in scale.items():
        found[name] = _scaled(
            found[name],
            found.get(f"{name}_mask"),
            jnp.asarray(mean, jnp.float32),
            jnp.asarray(std, jnp.float32),
        )
    return found


def _scaled(
    x: Float[Array, "n *t d"],
    mask: Float[Array, "n t"] | None,
    mean: Float[Array, " d"],
    std: Float[Array, " d"],
) -> Float[Array, "n *t d"]:
    lead = (None,) * (x.ndim - 1)
    z = (x - mean[lead]) / std[lead]
    return z if mask is None else jnp.where(mask[..., None] > 0, z, 0.0)


def _specs(inputs: dict[str, Input]) -> dict[str, jax.ShapeDtypeStruct]:
    (n,) = jax.export.symbolic_shape("n")
    return {
        name: jax.ShapeDtypeStruct((n, *one.shape), one.dtype)
        for name, one in inputs.items()
    }


def stablehlo(function: Encoder, inputs: dict[str, Input]) -> bytes:
    """The function for `jax.export.deserialize`; it takes a dict of named arrays.

    jax promises to read what it wrote for six months, and needs flatbuffers for it.
    """
    exported = jax.export.export(jax.jit(function), platforms=PLATFORMS)
    with _no_locations():
        return bytes(exported(_specs(inputs)).serialize())


@contextlib.contextmanager
def _no_locations() -> Iterator[None]:
    """Keeps the paths of source files, and so of a home folder, out of programs."""
    before = jax.config.jax_traceback_in_locations_limit
    jax.config.update("jax_traceback_in_locations_limit", 0)
    try:
        yield
    finally:
        jax.config.update("jax_traceback_in_locations_limit", before)


def run_stablehlo(content: bytes, features: Batch) -> np.ndarray:
    """The codes of features, by a file that `stablehlo` wrote."""
    exported = jax.export.deserialize(bytearray(content))
    return np.asarray(jax.device_get(exported.call(features)))


def onnx(function: Encoder, inputs: dict[str, Input]) -> bytes:
    """The function as an ONNX model: an input of each name, and the output `codes`.

    Raises:
      ValueError: jax2onnx is missing, or does not know a part of the networks.
    """
    to_onnx = _optional("jax2onnx").to_onnx
    names = [*inputs]
    try:
        model = to_onnx(
            lambda *arrays: function(dict(zip(names, arrays, strict=True))),
            list(_specs(inputs).values()),
            model_name="encoder",
            input_names=names,
            output_names=["codes"],
        )
    except NotImplementedError as error:
        raise ValueError(
            f"--formats=onnx: jax2onnx does not know a part of this encoder: {error} "
            "Take --formats=stablehlo."
        ) from error
    return model.SerializeToString()


def run_onnx(content: bytes, features: Batch) -> np.ndarray:
    """The codes of features, by a file that `onnx` wrote; on a CPU."""
    session = _optional("onnxruntime").InferenceSession(
        content, providers=["CPUExecutionProvider"]
    )
    given = {name: np.asarray(x) for name, x in features.items()}
    return session.run(["codes"], given)[0]


def _optional(name: str):
    """A library of the ONNX world.

    Raises:
      ValueError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ValueError(
            f"--formats=onnx needs {name}, which cannot be imported ({error}): pip "
            "install onnx onnx-ir onnxruntime, then pip install --no-deps jax2onnx "
            "(it asks for an older orbax-checkpoint, which it does not use)."
        ) from error


class Form(NamedTuple):
    """A form that an encoder is written in."""

    file: str
    write: Callable[[Encoder, dict[str, Input]], bytes]
    run: Callable[[bytes, Batch], np.ndarray]


FORMS = {
    "stablehlo": Form("encoder.stablehlo", stablehlo, run_stablehlo),
    "onnx": Form("encoder.onnx", onnx, run_onnx),
}
