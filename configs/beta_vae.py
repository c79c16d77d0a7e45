"""A beta-VAE, beta = 4, on log-mel images of the embedded collection.

python launch/train.py --config=configs/beta_vae.py

With a capacity that grows to 25 nats in place of a constant pressure (Burgess et al.):

python launch/train.py --config=configs/beta_vae.py --config.model.beta=100 \
    --config.model.warmup=0 --config.model.capacity=25 --config.model.capacity_warmup=.8
"""

from configs import conv_vae


def get_config():
    """Returns the convolutional VAE with four times the weight on its KL term."""
    config = conv_vae.get_config()
    config.model.update(title="beta_vae", beta=4.0, warmup=0.3)
    config.eval.factors = ("language", "genre", "key", "level_db", "bandwidth_hz")
    return config
