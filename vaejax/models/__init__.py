"""Every module in this folder is a model: its `make` returns a `core.Model`.

`make(nets, ...)` takes `networks.Networks`, any of them, and the model's own options
as keyword arguments. Which encoder, decoder, likelihood and fusion a model works with
is not its business: a named config is a choice of parts.
"""

import importlib
import pkgutil

from vaejax.core import Model
from vaejax.networks import Networks

NAMES = tuple(m.name for m in pkgutil.iter_modules(__path__))


def make(name: str, nets: Networks, **options) -> Model:
    """Builds the model that `models/<name>.py` defines."""
    return importlib.import_module(f"{__name__}.{name}").make(nets, **options)
