"""Lyrics alone: a VAE on vectors of texts. No audio is read.

python launch/train.py --config=configs/lyrics.py
python launch/train.py --config=configs/lyrics.py --config.data.root=PATH/TO/TEXTS

PATH/TO/TEXTS is a folder of songs, a folder of texts or a table of texts.
"""

from configs import base


def get_config():
    """Returns the base with lyrics as its only modality."""
    config = base.get_config()
    config.data.modalities = ("lyrics",)
    return config
