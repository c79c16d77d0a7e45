"""Every module in this folder is a model: its `make` returns a `core.Model`.

`make(shapes, ...)` takes the shapes of the modalities without the batch axis, e.g.
{"mel": (256,), "mfcc": (240,)}, and the model's own options as keyword arguments.
"""

import importlib
import pkgutil

from vaejax.core import Model

NAMES = tuple(m.name for m in pkgutil.iter_modules(__path__))


def make(name: str, shapes: dict[str, tuple[int, ...]], **options) -> Model:
    """Builds the model that `models/<name>.py` defines."""
    return importlib.import_module(f"{__name__}.{name}").make(shapes, **options)
