"""Training inside a run folder: from its checkpoints, into its history, until stopped.

What a signal interrupts, or a kill, goes on from the last checkpoint to the same
numbers: from the end of an epoch, or from its middle where rows are sent in parts.
"""

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from tqdm import tqdm

from vaejax import (
    checkpoint,
    devices,
    divergence,
    evaluate,
    hosts,
    interrupt,
    report,
    train,
)
from vaejax.core import Dataset, Middle, Model, State, Variables
from vaejax.run_folder import History
from vaejax.trained import make_model, name_of

SHOWN = ("loss", "recon", "kl", "valid_loss")  # beside the bar


class Trained(NamedTuple):
    """A model, its best variables (a leading [s]), and what they make of the rows."""

    model: Model
    variables: Variables
    latents: evaluate.Latents


class Session(NamedTuple):
    """One training, and the places where it is kept."""

    name: str
    model: Model
    dataset: Dataset
    how: dict[str, Any]  # the section `train`
    saved: checkpoint.Checkpoints
    history: History
    bar: tqdm
    started: float  # time.perf_counter() of the command
    minutes: float  # between checkpoints of an epoch that is sent in parts


def train_model(
    options: dict,
    dataset: Dataset,
    settings: dict,
    workdir: Path,
    history: History,
    started: float,
) -> Trained:
    """Trains one model for every seed, or goes on from its checkpoints.

    Args:
      options: the section `model` of a config.
      settings: all sections.
      started: time.perf_counter() when the command started.

    Raises:
      FloatingPointError: no seed stayed within the finite numbers.
      Interrupted: a signal asked for it; what was trained is saved.
    """
    model, variables = fitted(options, dataset, settings, workdir, history, started)
    mesh = devices.mesh_for(settings)
    z = devices.map_rows(model.encode, variables, dataset.batch, mesh=mesh)
    p = model.assign and devices.map_rows(
        model.assign, variables, dataset.batch, mesh=mesh
    )
    seeds, batch_size = _seeds(settings), settings["train"]["batch_size"]
    terms = train.judged(model, dataset, seeds, variables, batch_size, mesh)
    told = tuple(dataset.told) if options["name"] == "cvae" else ()
    latents = evaluate.Latents(name_of(options), "z", z, p, told, terms)
    return Trained(model, variables, latents)


def fitted(
    options: dict,
    dataset: Dataset,
    settings: dict,
    workdir: Path,
    history: History,
    started: float,
) -> tuple[Model, Variables]:
    """A model, and its best variables with a leading [s]: those of `train_model`."""
    name, how = name_of(options), dict(settings["train"])
    model, seeds = make_model(options, settings, dataset), _seeds(settings)
    del how["tensorboard"], how["seeds"]
    minutes = how.pop("checkpoint_minutes")
    how["mesh"] = mesh = devices.mesh_for(settings)
    place = workdir / "checkpoints" / name
    with checkpoint.opened(place, every=how.pop("checkpoint_every")) as saved:
        variables = saved.best(train.template(model, dataset, seeds))
        if variables is None:
            # Where nothing is said here, TQDM_DISABLE decides.
            quiet = {} if hosts.is_first() else {"disable": True}
            with tqdm(total=how["epochs"], desc=name, unit="epoch", **quiet) as bar:
                found = (name, model, dataset, how, saved, history, bar, started)
                state = _fit(Session(*found, minutes), seeds)
            variables = divergence.results(state)
            saved.finish(variables)
    by_seed = devices.by_seed(mesh)
    return model, jax.tree.map(lambda x: devices.put(x, by_seed), variables)


def _seeds(settings: dict) -> tuple[int, ...]:
    return tuple(range(settings["train"]["seeds"]))


def _fit(one: Session, seeds: tuple[int, ...]) -> State:
    last = time.monotonic()

    def on_epoch(epoch: int, state: State, terms: Mapping[str, np.ndarray]) -> None:
        nonlocal last
        _record(one, epoch, state, terms)
        asked = any(hosts.everyones(interrupt.asked()))
        if one.saved.save(epoch, state, now=asked):
            last = time.monotonic()
        _stop(asked)

    def on_part(epoch: int, state: State, middle: Middle) -> None:
        nonlocal last
        late = time.monotonic() - last > 60 * one.minutes
        everyones = hosts.everyones([interrupt.asked(), late])
        asked = any(one for one, _ in everyones)
        if asked or any(one for _, one in everyones):
            one.saved.save_middle(epoch, state, middle)
            last = time.monotonic()
        _stop(asked)

    with interrupt.deferred():
        return train.fit(
            one.model,
            one.dataset,
            seeds=seeds,
            restore=lambda first: _restore(one, first),
            on_epoch=on_epoch,
            on_part=on_part,
            **one.how,
        )


def _stop(asked: bool) -> None:
    """Whoever is asked only now is heard the next time: the others do not know."""
    if asked:
        interrupt.stop()
        raise interrupt.Interrupted(signal.SIGTERM)  # which another process got


def _restore(one: Session, first: State) -> tuple | None:
    found = one.saved.restore(first, most=one.history.n_whole(one.name))
    epoch = found[0] if found else 0
    one.history.go_back(one.name, epoch)
    one.bar.update(epoch)
    return found


def _record(
    one: Session, epoch: int, state: State, terms: Mapping[str, np.ndarray]
) -> None:
    """Adds the epoch to the history, and tells who left the finite numbers."""
    pretraining = int(one.model.refit_at * one.how["epochs"])
    row = {
        "model": one.name,
        "epoch": epoch,
        "phase": "pretraining" if epoch <= pretraining else "training",
        "seconds": round(time.perf_counter() - one.started, 2),
    }
    row |= {term: _plain(x) for term, x in terms.items()}
    if "valid_kl" in terms:
        row["collapsed"] = (terms["valid_kl"] < report.COLLAPSED).tolist()
    known = {n for old in one.history.of(one.name) for n in divergence.seeds_of(old)}
    asked = {name: one.how[name] for name in ("batch_size", "epochs")}
    lost = divergence.divergences(one.model, one.dataset, state, terms, known, **asked)
    if lost:
        row["diverged"] = [found._asdict() for found in lost]
    one.history.add(row)
    for found in lost:
        one.bar.write(divergence.message(one.name, found, epoch=epoch))
    shown = {t: f"{np.nanmean(terms[t]):.4g}" for t in SHOWN if t in terms}
    one.bar.set_postfix(shown)
    one.bar.update()


def _plain(x: np.ndarray) -> list:
    """Numbers as JSON has them: null for what is not finite."""
    if x.dtype.kind in "bi":
        return x.tolist()
    rounded = np.round(x.astype(float), 5 if x.ndim == 1 else 3)
    return np.where(np.isfinite(x), rounded, None).tolist()


def models_to_train(settings: dict) -> list[dict]:
    """The options of the model asked for, then of the autoencoder beside it."""
    asked = settings["model"]
    if (
        asked["name"] == "autoencoder"
        or "autoencoder" not in settings["baselines"]["names"]
    ):
        return [asked]
    plain = {"name": "autoencoder", "title": "", "latent_dim": asked["latent_dim"]}
    return [asked, plain]
