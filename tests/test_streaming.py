"""Training by parts that are sent to the device: the same numbers, bit by bit."""

import functools
import json
import os
import signal
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec as P
from small import HOW, ONE, make

from configs import vae
from vaejax import (
    checkpoint,
    divergence,
    epoch,
    experiment,
    interrupt,
    mapped,
    streaming,
    train,
)
from vaejax.core import NEVER, Dataset, Model, fold
from vaejax.devices import mesh_of

SHORT = HOW | dict(epochs=4, batch_size=8, patience=100)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Two steps of two seeds at a time; `blobs` has 33 steps an epoch."""
    monkeypatch.setattr(streaming, "PARTS", 1300)


def trained(model: Model, dataset: Dataset, **how):
    """The state, the terms of every epoch, and every state on the way."""
    terms, states = [], {}

    def keep(epoch, state, found):
        terms.append(found)
        states[epoch] = jax.device_get(state)

    state = train.fit(model, dataset, seeds=(0, 1), on_epoch=keep, **SHORT | how)
    return state, terms, states


def assert_equal(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


def in_file(dataset: Dataset, folder) -> Dataset:
    zeros = mapped.in_file(folder)
    batch = {name: mapped.moved(x, zeros) for name, x in dataset.batch.items()}
    return dataset._replace(batch=batch, streamed=True)


def test_a_streamed_run_equals_a_resident_one_also_when_resumed(blobs, tmp_path):
    # VaDE: pretraining, a mixture fitted to all rows, and two seeds of other orders.
    model, other = make("vade", blobs[0]), in_file(blobs[0], tmp_path)
    resident = trained(model, blobs[0])
    streamed = trained(model, other)
    assert_equal(resident[:2], streamed[:2])
    seeds = [jax.tree.map(lambda x, i=i: x[i], resident[0]) for i in (0, 1)]
    assert not np.array_equal(*(epoch.order_of(one, 270, 8) for one in seeds))
    stopped = resident[2][1]
    rest = trained(model, other, restore=lambda first: (1, stopped))
    assert_equal(rest[:2], (resident[0], resident[1][1:]))
    variables = resident[0].best.variables
    judged = [
        train.judged(model, data, (0, 1), variables, 8, ONE)
        for data in (blobs[0], other)
    ]
    assert_equal(*judged)


@functools.cache
def number(first_bad: float) -> Model:
    """A number that falls, unless it is at its lowest, as that of the first seed.

    From some progress on the loss of the second is infinite.
    """

    def init(key, batch):
        second = jax.random.key_data(fold(1, epoch.INIT))
        far = jnp.all(jax.random.key_data(key) == second)
        w = jnp.where(far, 9.0, 0.0)
        return {"params": {"w": {"kernel": w}}, "stats": {"far": far * 1.0}}

    def loss(variables, key, batch, progress, train=True):
        w, stats = variables["params"]["w"]["kernel"], variables["stats"]
        value = jnp.mean((w * batch["mel"]) ** 2) * jax.random.uniform(key)
        bad = (stats["far"] > 0) & (progress >= first_bad) & train
        return value + jnp.where(bad, jnp.inf, 0.0), ({"recon": value}, stats)

    return Model(init, loss, encode=None)


def rows(n: int = 39, n_held_out: int = 12) -> Dataset:
    """Twelve held out: two batches of eight judge, filled up."""
    x = np.random.default_rng(0).normal(size=(n, 3)).astype(np.float32)
    ids = np.array([f"t{i:02d}" for i in range(n)])
    held_out = np.arange(n) >= n - n_held_out
    return Dataset({"mel": x}, x, ids, ids, {}, held_out, {}, {}, 1)


@pytest.mark.parametrize("n_held_out", [12, 0])
def test_a_seed_that_stops_or_breaks_does_so_in_the_same_step(n_held_out):
    model, dataset = number(first_bad=0.6), rows()
    dataset = dataset._replace(held_out=dataset.held_out & bool(n_held_out))
    streamed = dataset._replace(streamed=True)
    how = dict(epochs=6, patience=2)
    found = [trained(model, data, **how) for data in (dataset, streamed)]
    assert_equal(*(one[:2] for one in found))
    state, terms, _ = found[1]
    running = np.array([one["running"] for one in terms])
    assert running[:, 0].tolist() == [True] * 3 + [False], "it stops, by its patience"
    assert running[:, 1].tolist() == [True] * 3 + [False], "it breaks"
    assert state.broken.tolist()[0] == NEVER < state.broken.tolist()[1]
    known = dict(batch_size=8, epochs=6)
    told = [
        divergence.divergences(model, d, one[0], one[1][-1], (), **known)
        for d, one in zip((dataset, streamed), found, strict=True)
    ]
    assert told[0] == told[1] and told[0][0].seed == 1


def test_parts_hold_all_rows_in_order_and_no_step_is_alone(monkeypatch):
    x = np.arange(50, dtype=np.float32)[:, None]
    order = np.random.default_rng(0).permutation(42).reshape(2, 7, 3)
    monkeypatch.setattr(streaming, "PARTS", 2 * 2 * 3 * 4)
    found = list(streaming.parts({"x": x}, order, mesh_of(2)))
    assert [part["x"].shape for _, part, _ in found] == [
        (2, 6, 1),
        (2, 6, 1),
        (2, 9, 1),
    ]
    assert [some.stop - some.start for some, _, _ in found] == [2, 2, 3]
    whole = np.concatenate([part["x"] for _, part, _ in found], axis=1)
    np.testing.assert_array_equal(whole[..., 0], order.reshape(2, -1))


def test_what_fails_in_the_thread_is_told_where_the_parts_are_used():
    class Broken(np.ndarray):
        def __getitem__(self, rows):
            if isinstance(rows, slice):
                return np.ndarray.__getitem__(self, rows)
            raise OSError("the disk is gone")

    batch = {"x": np.zeros((9, 2), np.float32).view(Broken)}
    sent = streaming.parts(batch, np.arange(8).reshape(1, 4, 2), mesh_of(1))
    with pytest.raises(OSError, match="the disk is gone"):
        next(sent)


@pytest.fixture
def read(monkeypatch):
    """The rows that are read from the source, as lists, in order."""
    found, placed = [], streaming.placed

    class Watched(np.ndarray):
        def __getitem__(self, asked):
            if isinstance(asked, np.ndarray):
                found.append(asked.ravel().tolist())
            return np.asarray(self)[asked]

    def watched(x, asked, sharding):
        return placed(x.view(Watched), asked, sharding)

    monkeypatch.setattr(streaming, "placed", watched)
    return found


class Killed(BaseException):
    """Nothing is saved after it."""


@pytest.mark.parametrize("n_parts", [3, 7])
def test_an_epoch_that_is_cut_goes_on_with_the_rows_it_had_not_seen(
    n_parts, read, monkeypatch, tmp_path
):
    # Ten steps in five parts; then four batches judge, in two.
    monkeypatch.setattr(streaming, "PARTS", 1)
    model, dataset = number(first_bad=2.0), rows(112, 32)._replace(streamed=True)
    one_device = mesh_of(2, seed=1)
    whole = trained(model, dataset, mesh=one_device)
    per_epoch = len(read) // SHORT["epochs"]
    assert per_epoch == 5 + 2
    once = read[per_epoch : 2 * per_epoch]
    seen = []

    def cut(n_done, state, middle):
        if n_done == 1:
            seen.append(int(middle.state.step[0]))
            if len(seen) == n_parts:
                saved.save_middle(n_done, state, middle)
                raise Killed

    with checkpoint.opened(tmp_path / "one", every=99) as saved:
        with pytest.raises(Killed):
            trained(model, dataset, on_part=cut, mesh=one_device)
    read.clear()
    with checkpoint.opened(tmp_path / "one", every=99) as saved:
        how = dict(restore=lambda first: saved.restore(first, most=1))
        rest = trained(model, dataset, **how, mesh=one_device)
    assert_equal(rest[:2], (whole[0], whole[1][1:]))
    assert read[: per_epoch - min(n_parts, 5)] == once[min(n_parts, 5) :]


def test_what_was_sent_in_parts_goes_on_with_all_rows_on_the_device(monkeypatch):
    monkeypatch.setattr(streaming, "PARTS", 1)
    dataset, one_device, middles = rows(112, 32), mesh_of(2, seed=1), []

    def refit(variables, key, z):  # before the epoch that is cut, and not again
        return jax.tree.map(lambda x: x / 2, variables)

    model = number(first_bad=2.0)._replace(refit=refit, refit_at=0.25)
    model = model._replace(encode=lambda variables, batch: batch["mel"])

    def keep(n_done, state, middle):
        middles.append((n_done, jax.device_get(state), jax.device_get(middle)))

    streamed = dataset._replace(streamed=True)
    whole = trained(model, streamed, on_part=keep, mesh=one_device)
    cut = middles[8]  # an epoch has five parts, and two that judge
    assert cut[0] == 1 and int(cut[2].state.step[0]) == 10 + 4
    rest = trained(model, dataset, restore=lambda first: cut, mesh=one_device)
    assert_equal(rest[:2], (whole[0], whole[1][1:]))


@pytest.mark.parametrize("shape", [(1, 2), (2, 2)])
def test_devices_that_share_rows_get_a_share_of_every_part(shape, read):
    mesh = mesh_of(2, seed=shape[0], data=shape[1])
    order = np.arange(96).reshape(2, 6, 8)
    x = np.arange(96, dtype=np.float32)[:, None]
    n_rows = 0
    for some, data, _ in streaming.parts({"x": x}, order, mesh):
        n_rows += data["x"].size
        for piece in data["x"].addressable_shards:
            assert piece.data.shape == (2 // shape[0], data["x"].shape[1] // 2, 1)
            flat = order[:, some].reshape(2, -1)[piece.index[:2]]
            np.testing.assert_array_equal(piece.data[..., 0], flat)
    assert sum(map(len, read)) == n_rows == 96
    read.clear()
    (sent,) = streaming.parts({"x": x}, order[0], mesh)
    assert sent[1]["x"].sharding.spec == P("data")
    assert sum(map(len, read)) == 48, "what several devices hold is read once"


def test_devices_that_share_streamed_rows_train_as_one_does(monkeypatch):
    monkeypatch.setattr(streaming, "PARTS", 1)
    model, dataset = number(first_bad=2.0), rows(44)._replace(streamed=True)
    meshes = mesh_of(2, seed=1), mesh_of(2, seed=2, data=2)
    alone, shared = (trained(model, dataset, mesh=mesh)[1] for mesh in meshes)
    for one, other in zip(alone, shared, strict=True):
        for name, x in one.items():
            np.testing.assert_allclose(x, other[name], rtol=1e-5)


def config_of(place):
    """A run of seconds on small images, by parts of two steps."""
    rng = np.random.default_rng(0)
    if not (place / "set.npz").exists():
        shown = rng.integers(0, 255, (90, 3, 3)).astype(np.uint8)
        np.savez(place / "set.npz", x=shown, y=np.arange(90) % 2)
    config = vae.get_config()
    config.data.update(
        root=str(place / "set.npz"), modalities=("pixels",), memory="stream"
    )
    config.data.cache_dir = str(place / "cache")
    config.networks.update(hidden=(4,), dtype="float32")
    config.model.latent_dim = 2
    config.train.update(epochs=3, seeds=1, batch_size=8, checkpoint_every=50)
    config.cluster.update(names=("kmeans",), k=(2,))
    config.baselines.names = ("raw",)
    config.eval.update(labels=(), permutations=99, nuisance=False)
    config.figures.update(projections=(), pdf=False, n_reconstructions=0)
    return config


def run_in(folder, config) -> None:
    now = time.perf_counter()
    experiment.run(config, workdir=folder, results=folder.parent, started=now)


def told(folder):
    """The history of a run, without its times; and what it ended with."""
    lines = map(json.loads, (folder / "history.jsonl").read_text().splitlines())
    times = {"seconds", "crc32"}
    kept = [{k: v for k, v in one.items() if k not in times} for one in lines]
    names = "scores.csv", "assignments.csv"
    return kept, [(folder / name).read_text() for name in names]


def test_a_run_is_stopped_and_killed_within_its_epochs_and_ends_the_same(
    quick, tmp_path, monkeypatch
):
    monkeypatch.setattr(streaming, "PARTS", 1)
    before = {number: signal.getsignal(number) for number in interrupt.SIGNALS}
    interrupt.install()
    config = config_of(tmp_path)
    run_in(tmp_path / "whole", config)
    placed, count, ends = streaming.placed, [], []

    def disturbed(*given):
        count.append(1)
        if len(count) == 7:  # of 5 training parts and a judging one an epoch
            os.kill(os.getpid(), signal.SIGTERM)
        if len(count) == 12:
            raise Killed
        return placed(*given)

    monkeypatch.setattr(streaming, "placed", disturbed)
    for minutes in (1000.0, 1e-9, 1000.0):
        config.train.checkpoint_minutes = minutes
        try:
            run_in(tmp_path / "cut", config)
        except (interrupt.Interrupted, Killed) as error:
            ends.append(type(error))
            middle = tmp_path / "cut/checkpoints/vae/middle"
            ends.append(len([*middle.iterdir()]))
    for number, handler in before.items():
        signal.signal(number, handler)
    assert ends == [interrupt.Interrupted, 1, Killed, 2]
    assert told(tmp_path / "cut") == told(tmp_path / "whole")
    assert not [*(tmp_path / "cut/checkpoints/vae/middle").iterdir()]
