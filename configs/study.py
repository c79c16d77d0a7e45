r"""The whole comparison: models, inputs, fusions, clusterers, numbers of clusters.

python launch/study.py --config=configs/study.py
python launch/study.py --config=configs/study.py --config.study=full
python launch/study.py --config=configs/study.py --config.data.root=PATH/TO/SONGS \
    --config.cluster.k=5,10,classes --config.grids.small.models=autoencoder,vae
"""

from ml_collections import ConfigDict

from configs import base

CLUSTERERS = ("kmeans", "ward", "gmm", "spectral", "n2d", "dbscan", "hdbscan")
INPUTS = ("audio", "lyrics", "audio+lyrics")


def get_config():
    """Returns the base with a small grid and a full one."""
    config = base.get_config()
    config.cluster.k = (5, 10, 15, 20, "classes")  # and as many as a label has
    config.study = "small"  # which of the grids
    config.grids = ConfigDict(dict(small=small(), full=full()))
    return config


def small():
    """Returns a grid of fully connected models, for two cores and a coffee."""
    return dict(
        models=("autoencoder", "vae", "vade"),  # names of configs
        inputs=INPUTS,  # of each model
        fusions=("mopoe", "late", "poe"),  # the first, where there is one alone
        every_fusion=("vae",),  # models that are tried with all of them
        clusterers=CLUSTERERS,
        cells=(),  # further ones: (name, "section.key=value ...") on the base
    )


def full():
    """Returns a grid of every model, fusion and clusterer."""
    return dict(
        models=(
            *("autoencoder", "vae", "vade"),
            *("conv_vae", "deep_conv_vae", "beta_vae", "tc_vae"),
            *("cvae", "conv_vade", "hierarchical_vae"),
        ),
        inputs=INPUTS,
        fusions=("mopoe", "early", "late", "weighted", "attention", "poe"),
        every_fusion=("vae",),
        clusterers=CLUSTERERS,
        cells=(),
    )
