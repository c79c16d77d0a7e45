"""VaDE on the embedded collection.

python launch/train.py --config=configs/vade.py
"""

from ml_collections import ConfigDict

from configs import base


def get_config():
    """Returns the base with VaDE in place of the VAE, and its 15 clusters."""
    return with_vade(base.get_config())


def with_vade(config):
    """Puts VaDE in place of the config's VAE; its networks stay."""
    config.model = ConfigDict(
        dict(
            name="vade",
            title=config.model.title,
            latent_dim=config.model.latent_dim,
            beta=1.0,  # weight of the KL term
            warmup=0.2,  # share of training, after pretraining, over which beta grows
            n_clusters=15,
            covariance="diagonal",  # of the components; or full
            pretrain=0.3,  # share of training as a plain autoencoder
            start="neighbours",  # or means: what the mixture is fitted to
        )
    )
    config.networks.log_var_bias = -5.0
    config.cluster.k = (15,)
    return config
