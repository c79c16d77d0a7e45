"""A trained model in a folder that others can use, in the layout of Hugging Face's hub.

config.json          what the model is, its inputs, and how features become these
model.safetensors    the variables of one seed, and the mean and deviation of features
encoder.stablehlo    features -> codes, as one function: `jax.export`, for jax alone
encoder.onnx         the same for ONNX, where it was asked for
README.md            the model card: data, training, scores, limits, how to load
SHA256SUMS           of all but the card; `sha256sum -c` reads it too

Nothing in them tells a path, a title or a line of lyrics.

description          settings <-> config.json
encoder              the function, and the forms that it is written in
card                 README.md
folder               writes and checks the folder
pretrained           reads it back
"""

from vaejax.export.folder import write
from vaejax.export.pretrained import Pretrained, load

__all__ = ["Pretrained", "load", "write"]
