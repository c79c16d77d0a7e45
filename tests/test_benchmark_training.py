"""What is timed is the same model on both sides, and its operations are counted."""

import functools
import importlib.util
import math

import jax
import jax.numpy as jnp
import pytest

from configs import conv_vae, cvae, digits, hierarchical_vae, vae
from vaejax import epoch, train
from vaejax.benchmarks import cases, flop, training
from vaejax.benchmarks.cases import FIXED
from vaejax.sections import plain

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="PyTorch, a development extra, is not installed.",
)
TINY = {"hidden": (8,), "channels": (4, 6), "units": 4, "segments": 2}


def from_config(module) -> cases.Case:
    return cases.from_settings(module.__name__, plain(module.get_config()))


def tiny(case: cases.Case) -> cases.Case:
    shapes = {"mel": (9, 6)} if "conv" in case.name else {"mfcc": (10,)}
    small = TINY | {"dtype": "float32"}
    return case._replace(networks=case.networks | small, shapes=shapes, batch_size=4)


def abstract(case: cases.Case):
    """The step of a case, and the shapes of its state and batch."""
    model = cases.build(case)
    tx = train.optimizer(
        learning_rate=1e-3, weight_decay=1e-4, clip_norm=5.0, warmup_steps=1
    )
    batch = jax.device_put(cases.random_batch(case))
    init = functools.partial(epoch.init_state, model, tx, batch)
    state = jax.eval_shape(init, jnp.int32(0))
    return functools.partial(epoch.train_step, model, tx, 100), state, batch


def test_a_matrix_product_counts_two_for_every_term():
    a, b = jnp.ones((3, 4)), jnp.ones((4, 5))
    assert flop.count(jnp.matmul, a, b) == 2 * 3 * 4 * 5


def test_a_scan_counts_as_often_as_it_goes_round():
    def loop(x, w):
        return jax.lax.scan(lambda x, _: (x @ w, None), x, length=7)[0]

    assert flop.count(jax.jit(loop), jnp.ones((2, 3)), jnp.ones((3, 3))) == 7 * 36


def test_zeros_between_the_places_of_a_convolution_count_nothing():
    x, kernel = jnp.ones((1, 8, 8, 2)), jnp.ones((3, 3, 2, 5))
    conv = functools.partial(
        jax.lax.conv_general_dilated,
        window_strides=(1, 1),
        padding=((1, 1), (1, 1)),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    plain = 2 * 64 * 5 * 9 * 2
    assert flop.count(conv, x, kernel) == plain
    dilated = functools.partial(conv, lhs_dilation=(2, 2))
    assert flop.count(dilated, x, kernel) == 2 * 15 * 15 * 5 * 9 * 2 / 4


@pytest.mark.parametrize("name", FIXED)
def test_every_fixed_case_can_be_trained(name):
    case = FIXED[name]
    step, state, batch = abstract(case)
    _, terms = jax.eval_shape(step, state, batch)
    assert terms["loss"].shape == ()
    if name == "dense":  # every weight but the first layer's thrice, forwards and back
        sizes = [620, 512, 256]
        body = sum(a * b for a, b in zip(sizes, sizes[1:], strict=False))
        weights = 2 * body + 256 * 2 * 128 + 128 * 256
        assert flop.count(step, state, batch) == 2 * 128 * (3 * weights - 620 * 512)


def test_configs_are_trained_at_the_sizes_that_they_use():
    assert from_config(vae).shapes == {"mel": (384,), "mfcc": (160,)}
    assert from_config(conv_vae).shapes == {"mel": (31, 64), "flux": (31, 64)}
    assert from_config(digits).shapes == {"pixels": (8, 8)}
    assert from_config(cvae).conditions == {"language": 5}
    whole = plain(conv_vae.get_config())
    whole["data"] |= {"root": "songs", "frames": 0}
    assert cases.from_settings("", whole).shapes["mel"] == (1292, 64)


def test_a_table_has_a_row_for_each_way_to_train():
    case = tiny(FIXED["dense"])
    head, names, *rows = training.training(
        [case], threads=(1,), seeds=(1, 2), against=("naive",), steps=5
    )
    assert head == "5 rounds of 1 steps; ratios are medians over rounds"
    assert [row.split()[0] for row in rows] == ["dense", "dense"]
    assert [row.split()[5] for row in rows] == ["1", "2"]
    assert rows[0].split()[-1] == "–"  # it has no convolution to write another way
    assert len(names.split()) > len(rows[0].split()) - 1


def test_the_naive_network_is_timed_beside_ours():
    case = tiny(FIXED["conv"])
    found = training.measure(case, 1, 1, ("naive",), 1)
    assert set(found.rates) == {"vaejax", "naive"}
    assert found.facts.device == "cpu" and found.facts.memory_bytes > 0


def n_parameters(case: cases.Case) -> int:
    params = abstract(case)[1].variables["params"]
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(params))


@needs_torch
@pytest.mark.parametrize("name", FIXED)
def test_pytorch_trains_a_model_of_the_same_size(name):
    from vaejax.benchmarks import torch_training

    case = tiny(FIXED[name])
    model = torch_training.VAE(case)
    found = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert found == n_parameters(case)
    run = torch_training.trainer(case, 1)
    run(2)


@needs_torch
def test_pytorch_trains_every_config():
    from vaejax.benchmarks import torch_training

    for module in (vae, conv_vae, cvae, digits, hierarchical_vae):
        case = from_config(module)
        case = case._replace(networks=case.networks | TINY, batch_size=4)
        torch_training.trainer(case, 1)(1)


def test_without_pytorch_a_comparison_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="--against=torch needs PyTorch"):
        training.torch(FIXED["dense"], 1)
