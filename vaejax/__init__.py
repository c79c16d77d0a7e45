"""Clusters of songs that can be trusted: variational autoencoders in JAX.

`vaejax.VAE`, `vaejax.VaDE` and the other names of `EXPORTS` are imported when they are
asked for: `import vaejax` alone costs nothing.
"""

import importlib

__version__ = "0.1.0"

EXPORTS = {  # {name: the module that has it}
    "Autoencoder": "vaejax.estimators.models",
    "VAE": "vaejax.estimators.models",
    "BetaVAE": "vaejax.estimators.models",
    "BetaTCVAE": "vaejax.estimators.models",
    "VaDE": "vaejax.estimators.models",
    "MusicClusterer": "vaejax.estimators.songs",
    "load": "vaejax.estimators.songs",
}


def __getattr__(name: str):
    """An estimator, or `load`."""
    if name not in EXPORTS:
        raise AttributeError(f"module 'vaejax' has no attribute {name!r}")
    return getattr(importlib.import_module(EXPORTS[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *EXPORTS})
