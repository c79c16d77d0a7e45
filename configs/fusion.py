"""Audio and lyrics together, songs without lyrics among them.

python launch/train.py --config=configs/fusion.py
python launch/train.py --config=configs/fusion.py --config.fusion.name=poe
"""

from configs import base


def get_config():
    """Returns the base with lyrics beside the audio."""
    config = base.get_config()
    config.data.modalities = ("mel", "mfcc", "lyrics")
    return config
