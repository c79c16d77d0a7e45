"""An autoencoder on the embedded collection.

python launch/train.py --config=configs/autoencoder.py
"""

from ml_collections import ConfigDict

from configs import base


def get_config():
    """Returns the base with an autoencoder in place of the VAE."""
    config = base.get_config()
    latent_dim = config.model.latent_dim
    config.model = ConfigDict(dict(name="autoencoder", title="", latent_dim=latent_dim))
    config.baselines.names = ("raw", "pca")
    return config
