"""An autoencoder on the embedded collection.

python launch/train.py --config=configs/autoencoder.py
"""

from ml_collections import ConfigDict

from configs import base


def get_config():
    """Returns the base with an autoencoder in place of the VAE."""
    config = base.get_config()
    kept = ("latent_dim", "hidden", "likelihood", "dtype", "corruption")
    options = {key: config.model[key] for key in kept}
    config.model = ConfigDict({"name": "autoencoder", **options})
    config.baselines.names = ("raw", "pca")
    return config
