"""What lyrics and every fusion add to audio alone.

python launch/study.py --config=configs/fusion_study.py --workdir=results/fusion
python launch/study.py --config=configs/fusion_study.py --workdir=results/with_lyrics \
    --config.data.tracks=with_lyrics
"""

from configs import fusion

UNIT = "networks.likelihood=unit_gaussian"
FRAMES = "data.mel=image data.mfcc=image data.frames=16 data.lyrics=lines"


def get_config():
    """Returns the fused VAE with a cell for each part and each fusion."""
    config = fusion.get_config()
    config.baselines.names = ()
    config.cluster.names = ("kmeans", "gmm")
    config.eval.nuisance = False
    config.figures.projections = ()
    config.figures.n_reconstructions = 0
    config.study = (
        ("audio", "data.modalities=mel,mfcc baselines.names=raw"),
        ("lyrics", "data.modalities=lyrics baselines.names=raw"),
        ("early", "fusion.name=early baselines.names=raw"),
        ("late", "fusion.name=late"),
        ("weighted", "fusion.name=weighted"),
        ("attention", f"fusion.name=attention {FRAMES}"),
        ("poe", "fusion.name=poe"),
        ("mopoe", "fusion.name=mopoe"),
        ("mopoe, bound", "fusion.lyrics_weight=0.0"),
        ("mopoe, unit var.", f"fusion.lyrics_weight=0.0 {UNIT}"),
    )
    return config
