"""A hierarchical recurrent VAE in the manner of MusicVAE, on the embedded collection.

python launch/train.py --config=configs/hierarchical_vae.py
"""

from configs import conv_vae


def get_config():
    """Returns the base with a conductor over segments of 2 s, about a bar, of 30 s.

    What happens when in a song is soon learnt by heart: so there are more songs, and
    more dropout. Free bits and their number are MusicVAE's (magenta,
    hierdec-trio_16bar): what a segment tells is worth little at first.
    """
    config = conv_vae.get_config()
    config.songbook.update(n_songs=640, duration_s=30.0)
    config.data.update(modalities=("mel",), frames=96)
    config.model.update(title="hierarchical_vae", free_bits=256.0)
    config.networks.update(
        encoder="recurrent",
        decoder="hierarchical",
        units=64,
        segments=16,
        norm="none",
        dropout=0.3,
        log_var_bias=-4.0,
    )
    config.train.update(epochs=100, batch_size=16, learning_rate=2e-3)
    return config
