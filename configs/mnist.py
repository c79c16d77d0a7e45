"""VaDE on images of digits: 10,000 of MNIST, or all 70,000.

python launch/train.py --config=configs/mnist.py --config.data.root=PATH/mnist.npz
"""

from configs import digits


def get_config():
    """Returns VaDE with ten clusters of full covariance and five seeds."""
    config = digits.get_config()
    config.data.root = "mnist.npz"
    config.model.update(
        covariance="full",
        pretrain=0.75,  # neighbourhoods are only as good as the codes
        warmup=0.05,
    )
    config.networks.dtype = "float32"
    config.train.update(seeds=5, epochs=40, batch_size=128)
    config.cluster.names = ("kmeans", "gmm", "n2d")
    config.baselines.names = ("autoencoder",)
    return config
