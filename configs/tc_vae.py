"""A beta-TCVAE on log-mel images of the embedded collection.

python launch/train.py --config=configs/tc_vae.py
"""

from ml_collections import ConfigDict

from configs import beta_vae


def get_config():
    """Returns the convolutional VAE with six times the weight on total correlation."""
    config = beta_vae.get_config()
    config.model = ConfigDict(
        dict(
            name="tc_vae",
            title="",
            latent_dim=config.model.latent_dim,
            beta=6.0,  # weight of the total correlation
            warmup=0.3,  # share of training over which the KL terms grow from 0
        )
    )
    return config
