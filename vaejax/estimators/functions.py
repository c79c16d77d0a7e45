"""What estimators ask of a model: pure functions, made once for estimators alike."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from vaejax import models, networks
from vaejax.core import Batch, Model, Variables
from vaejax.mixture import SHAPES, diagonal_log_prob, kl_to_mixture, log_joint

COLUMNS, CODES = "features", "codes"  # what a batch holds, one of the two
DRAWS = 16  # of z, for the bound
PLAIN = dict(  # what rows of features need not choose, of `networks.make`
    conditions={},
    fusion={"name": "early", "dropout": 0.0, "lyrics_weight": 0.0},
    encoder="mlp",
    decoder="mlp",
    channels=(),
    pool="time",
    units=0,
    segments=0,
    norm="none",
    dropout=0.0,
    dtype="float32",
)


class Functions(NamedTuple):
    """What an estimator asks of its model: (variables, batch) -> [b, ...].

    Beside the model's own variables there is a `mixture`, if it cannot assign.
    """

    model: Model
    encode: Callable
    assign: Callable
    bound: Callable
    decode: Callable  # of codes


@functools.lru_cache(maxsize=64)
def functions_of(
    name: str, n_features: int, n_rows: int, options: tuple, sizes: tuple
) -> Functions:
    """The functions of a model; the same objects for equal arguments.

    Args:
      name: of a file in `models`.
      n_features: d.
      n_rows: of the training set.
      options, sizes: items of the keyword arguments of its `make`, and of
        `networks.make`.
    """
    shapes = {COLUMNS: (n_features,)}
    nets = networks.make(shapes, n_rows=n_rows, **dict(sizes), **PLAIN)
    model = models.make(name, nets, **dict(options))

    def of_codes(variables, batch):
        mixture = variables["mixture"]
        log_prob = diagonal_log_prob(mixture, model.encode(variables, batch))
        return jax.nn.softmax(log_joint(log_prob, mixture["logits"]), axis=-1)

    def decode(variables, batch):
        z = batch[CODES]
        return model.decode(variables, z, {COLUMNS: z})[COLUMNS]

    bound = functools.partial(_bound, nets, model, COSTS[dict(sizes)["likelihood"]])
    return Functions(model, model.encode, model.assign or of_codes, bound, decode)


def _bound(
    nets: networks.Networks,
    model: Model,
    cost: Callable,
    variables: Variables,
    batch: Batch,
) -> Float[Array, "b 2"]:
    """The expected cost of the reconstruction, and KL(q(z | x) || p(z)), of every row.

    Without a prior there is no noise in z, and no KL.
    """
    x, (mean, log_var, _) = batch[COLUMNS], nets.posterior(variables, batch)

    def cost_of(z):
        x_hat = nets.decode(variables, z, batch)[COLUMNS]
        return jnp.sum(cost(x, x_hat), axis=-1)

    if not model.prior:
        return jnp.stack([cost_of(mean), jnp.zeros(len(x))], axis=-1)
    # The same draws for every row and call, so that scores never change.
    noise = jax.random.normal(jax.random.key(0), (DRAWS, mean.shape[1]))
    deviation = jnp.exp(0.5 * log_var)
    costs = jax.lax.map(lambda e: cost_of(mean + deviation * e[None]), noise)
    prior = model.prior(variables)
    shape = SHAPES["full" if "shear" in prior else "diagonal"]
    kl = kl_to_mixture(shape.kl(prior, mean, log_var), prior["logits"])
    return jnp.stack([jnp.mean(costs, axis=0), kl], axis=-1)


def _squared(x: Float[Array, "b d"], x_hat: Float[Array, "b d"]) -> Float[Array, "b d"]:
    return (x - x_hat) ** 2


def _surprise(x: Float[Array, "b d"], p: Float[Array, "b d"]) -> Float[Array, "b d"]:
    """The cost -log p(x | p) of x in [0, 1] in nats."""
    p = jnp.clip(p, 1e-6, 1 - 1e-6)
    return -(x * jnp.log(p) + (1 - x) * jnp.log1p(-p))


COSTS = {"gaussian": _squared, "unit_gaussian": _squared, "bernoulli": _surprise}
