"""The models as scikit-learn estimators, on matrices of features [n, d].

Every estimator is a transformer and a clusterer:

  transform, inverse_transform   to the means of q(z | x), and from codes back to rows
  predict, predict_proba         by VaDE's own p(c | x); for models without one, by a
                                 mixture of diagonal Gaussians that is fitted to the
                                 codes after training
  score_samples, score           a bound on log p(x) in nats, higher is better
  sample                         rows decoded from draws of the prior; of the mixture,
                                 where there is no prior (Ghosh et al. 2020,
                                 arXiv:1903.12436)

Labels `y` are never looked at. Columns are standardised, but for Bernoulli data.
"""

from dataclasses import dataclass
from typing import Any

from vaejax.estimators.matrix import FeatureModel


@dataclass(kw_only=True, eq=False, repr=False)
class Autoencoder(FeatureModel):
    """An autoencoder; its scores are log p(x | z), no bound."""

    _model = "autoencoder"


@dataclass(kw_only=True, eq=False, repr=False)
class VAE(FeatureModel):
    """Variational autoencoder. Kingma & Welling 2014, arXiv:1312.6114.

    Args:
      beta: weight of the KL term; 1 is the evidence lower bound.
      warmup: share of training, in [0, 1], over which beta grows from 0.
      free_bits: of KL a row that cost nothing.
      capacity: nats that the KL term is drawn to in the end.
      capacity_warmup: share of training over which the capacity grows from 0.
    """

    beta: Any = 1.0
    warmup: Any = 0.2
    free_bits: Any = 0.0
    capacity: Any = 0.0
    capacity_warmup: Any = 0.0

    _model = "vae"


@dataclass(kw_only=True, eq=False, repr=False)
class BetaVAE(VAE):
    """A VAE with four times the weight on its KL term. Higgins et al. 2017."""

    beta: Any = 4.0


@dataclass(kw_only=True, eq=False, repr=False)
class BetaTCVAE(FeatureModel):
    """beta-TCVAE. Chen et al. 2018, arXiv:1802.04942.

    Args:
      beta: weight of the total correlation; 1 is the VAE.
      warmup: share of training, in [0, 1], over which the KL terms grow from 0.
    """

    beta: Any = 6.0
    warmup: Any = 0.2

    _model = "tc_vae"
    _counts_rows = True


@dataclass(kw_only=True, eq=False, repr=False)
class VaDE(FeatureModel):
    """A VAE whose prior is a Gaussian mixture. Jiang et al. 2017, arXiv:1611.05148.

    Args:
      beta: weight of the KL term.
      warmup: share of training, after pretraining, over which beta grows from 0.
      covariance: of the components, diagonal or full.
      pretrain: share of training, in [0, 0.9], spent as a plain autoencoder.
      start: what the mixture is first fitted to: means, or neighbours, a map of them
        (UMAP, which takes seconds to import).
    """

    beta: Any = 1.0
    warmup: Any = 0.2
    covariance: Any = "diagonal"
    pretrain: Any = 0.3
    start: Any = "means"

    _model = "vade"
    _log_var_bias = -5.0

    def _refuse_parameters(self) -> None:
        super()._refuse_parameters()
        if self.pretrain + self.warmup > 1:
            raise ValueError(
                f"VaDE.pretrain={self.pretrain} and VaDE.warmup={self.warmup} must add "
                "up to at most 1, the whole of training."
            )
