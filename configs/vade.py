"""VaDE on the embedded collection.

python launch/train.py --config=configs/vade.py
"""

from configs import base


def get_config():
    """Returns the base with VaDE in place of the VAE, and its 15 clusters."""
    config = base.get_config()
    config.model.name = "vade"
    config.model.update(
        n_clusters=15,
        pretrain=0.3,  # share of training as a plain autoencoder
        start="neighbours",  # or means: what the mixture is fitted to
        log_var_bias=-5.0,
    )
    config.cluster.k = (15,)
    return config
