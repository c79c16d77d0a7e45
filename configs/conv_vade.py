"""VaDE with convolutions on log-mel images of the embedded collection.

python launch/train.py --config=configs/conv_vade.py
"""

from configs import conv_vae
from configs.vade import with_vade


def get_config():
    """Returns the convolutional VAE with VaDE's prior of 15 components."""
    config = with_vade(conv_vae.get_config())
    config.model.title = "conv_vade"
    return config
