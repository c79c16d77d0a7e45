"""A convolutional VAE on log-mel images of the embedded collection.

python launch/train.py --config=configs/conv_vae.py
"""

from configs import base


def get_config():
    """Returns the base with convolutions over 32 frames of 64 bands and their flux."""
    return on_images(base.get_config(), encoder="conv", title="conv_vae")


def on_images(config, *, encoder: str, title: str):
    """Gives the config's model log-mel images, and networks for these.

    The images are small, so that two cores do in minutes; a GPU takes them whole:
    --config.features.n_mels=128 --config.data.frames=0. Frames that are averaged to a
    few have lost what is plucked and what is bowed, which their flux has kept.
    """
    config.data.update(modalities=("mel", "flux"), mel="image", frames=32)
    config.features.n_mels = 64
    config.model.title = title
    config.networks.update(
        encoder=encoder,
        decoder=encoder,
        norm="batch",
        dropout=0.1,
        corruption=0.0,
    )
    config.train.update(epochs=40, batch_size=32)
    return config
