"""A conditional VAE that is told the language, on the embedded collection.

python launch/train.py --config=configs/cvae.py
python launch/train.py --config=configs/cvae.py --config.data.condition=language,genre
"""

from configs import conv_vae


def get_config():
    """Returns the convolutional VAE with languages for encoder and decoder."""
    config = conv_vae.get_config()
    config.data.condition = ("language",)
    config.model.update(name="cvae", title="")
    config.model.unknown = 0.1  # share of the labels hidden in training
    return config
