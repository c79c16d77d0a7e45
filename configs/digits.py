"""VaDE on scikit-learn's 1,797 digits.

python launch/train.py --config=configs/digits.py
"""

from configs import vade


def get_config():
    """Returns VaDE with ten clusters and ten seeds on 8 x 8 images."""
    config = vade.get_config()
    config.data.update(root="digits", modalities=("pixels",))
    config.model.update(latent_dim=10, n_clusters=10)
    config.networks.update(
        hidden=(500, 500, 2000),  # as in the paper
        likelihood="bernoulli",
        corruption=0.0,  # a hidden pixel is a black one: another image
    )
    config.train.update(seeds=10, epochs=80, batch_size=128)
    config.cluster.k = (10,)
    config.eval.labels = ("class",)
    return config
