"""A residual convolutional VAE on log-mel images of the embedded collection.

python launch/train.py --config=configs/deep_conv_vae.py
"""

from configs import base
from configs.conv_vae import on_images


def get_config():
    """Returns the base with residual convolutions, two blocks a level."""
    config = on_images(base.get_config(), encoder="residual", title="deep_conv_vae")
    config.data.frames = 16  # a frame costs five times as much as in conv_vae.py
    config.train.epochs = 20
    return config
