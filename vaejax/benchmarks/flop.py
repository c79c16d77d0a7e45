"""How many floating-point operations a function takes, counted in its jaxpr."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr


def count(function: Callable, *args: Any) -> float:
    """FLOP of the matrix products and convolutions in function(*args).

    A multiplication and an addition are two. XLA's `cost_analysis` would count the body
    of a loop once, and on a GPU nothing of what libraries compute. Here a `scan` counts
    as often as it goes round; a loop without a known number of turns once; of branches
    the dearest.
    """
    return _count(jax.make_jaxpr(function)(*args).jaxpr)


def _count(jaxpr: Jaxpr) -> float:
    return sum((_of_equation(equation) for equation in jaxpr.eqns), 0.0)


def _of_equation(equation: Any) -> float:
    name, params = equation.primitive.name, equation.params
    out = math.prod(equation.outvars[0].aval.shape) if equation.outvars else 0
    if name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        shape = equation.invars[0].aval.shape
        return 2.0 * out * math.prod(shape[i] for i in contracted)
    if name == "conv_general_dilated":
        kernel = equation.invars[1].aval
        channels = kernel.shape[params["dimension_numbers"].rhs_spec[0]]
        zeros = math.prod(params["lhs_dilation"])  # these products nobody computes
        return 2.0 * out * kernel.size / channels / zeros
    inner = [_count(jaxpr) for jaxpr in _jaxprs(params)]
    if name == "cond":
        return max(inner)
    return sum(inner, 0.0) * (params["length"] if name == "scan" else 1)


def _jaxprs(params: dict[str, Any]) -> Iterator[Jaxpr]:
    is_jaxpr = (ClosedJaxpr, Jaxpr)
    for value in jax.tree.leaves(params, is_leaf=lambda x: isinstance(x, is_jaxpr)):
        if isinstance(value, is_jaxpr):
            yield value.jaxpr if isinstance(value, ClosedJaxpr) else value
