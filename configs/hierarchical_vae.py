"""A hierarchical recurrent VAE in the manner of MusicVAE, on the embedded collection.

python launch/train.py --config=configs/hierarchical_vae.py
"""

from configs import conv_vae


def get_config():
    """Returns the base with a conductor over 16 segments of log-mel frames."""
    config = conv_vae.get_config()
    config.data.update(modalities=("mel",), frames=128)
    config.model.update(title="hierarchical_vae", free_bits=48.0)
    config.networks.update(encoder="recurrent", decoder="hierarchical", norm="none")
    return config
