r"""What lyrics and every fusion add to audio alone.

python launch/study.py --config=configs/fusion_study.py --workdir=results/fusion
python launch/study.py --config=configs/fusion_study.py --workdir=results/with_lyrics \
    --config.data.tracks=with_lyrics
"""

from ml_collections import ConfigDict

from configs import base, study

UNIT = "networks.likelihood=unit_gaussian"
BOTH = "data.modalities=mel,mfcc,lyrics fusion.lyrics_weight=0.0"


def get_config():
    """Returns a VAE on each view and with each fusion, and what a weight is for."""
    config = base.get_config()
    config.cluster.names = ("kmeans", "gmm")
    config.figures.projections = ()
    config.figures.n_reconstructions = 0
    config.eval.nuisance = False
    config.study = "fusions"
    config.grids = ConfigDict(
        dict(
            fusions=study.full()
            | dict(
                models=("autoencoder", "vae"),
                clusterers=("kmeans", "gmm"),
                cells=(("mopoe, bound", BOTH), ("mopoe, unit var.", f"{BOTH} {UNIT}")),
            )
        )
    )
    return config
