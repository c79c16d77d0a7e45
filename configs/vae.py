"""A VAE on the embedded collection.

python launch/train.py --config=configs/vae.py
"""

from configs import base


def get_config():
    """Returns the base: a VAE is its default."""
    return base.get_config()
