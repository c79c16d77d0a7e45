"""One experiment, from a folder of songs to scores and pictures: the whole program."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from tqdm import tqdm

from vaejax import (
    check,
    checkpoint,
    devices,
    evaluate,
    report,
    run_folder,
    scoring,
    train,
)
from vaejax.collection import open_collection, prepare
from vaejax.core import Dataset, Model, Variables
from vaejax.trained import (
    Finished,
    best_seed,
    make_model,
    name_of,
    restored,
    settings_of,
)


class Trained(NamedTuple):
    """A model, its best variables (a leading [s]), and what they make of the rows."""

    model: Model
    variables: Variables
    latents: evaluate.Latents


def run(config, *, workdir: Path | None, results: Path, started: float) -> Path:
    """Runs one experiment, or goes on with it, or shows it when it is finished.

    Args:
      config: a ConfigDict with the sections of configs/base.py.
      workdir: the run folder; None names one under `results` by what is run on what.
      results: where run folders without a name go.
      started: time.perf_counter() when the command started.

    Returns:
      The run folder.

    Raises:
      ValueError: the config, the collection or the folder cannot be used.
      FloatingPointError: training left the finite numbers.
    """
    settings = plain(config)
    check.settings(settings)
    found = open_collection(settings)
    workdir = workdir or results / run_folder.identity(settings, found.fingerprint)
    if run_folder.open_run(workdir, settings, found.fingerprint):
        say((workdir / "scores.txt").read_text())
        say(f"Finished before: {workdir}. To run it anew, add --workdir=NEW_FOLDER.")
        return workdir
    say(f"Run folder: {workdir}")
    cache_compilations(settings)
    dataset, clips, about = prepare(settings, found, workdir)
    say(about)
    history = run_folder.History(workdir / "history.jsonl")
    trained = [
        train_model(options, dataset, settings, workdir, history, started)
        for options in models_to_train(settings)
    ]
    latents = [*(one.latents for one in trained), *baselines(settings, dataset)]
    kept = report.arrays(latents, dataset.ids)
    run_folder.write_npz(workdir / "latents.npz", kept)
    evaluate_all(settings, dataset, clips, trained[0], latents, workdir)
    keep_reconstructions(settings, dataset, clips, trained[0], history, workdir)
    present_run(workdir, settings)
    say((workdir / "scores.txt").read_text())
    seconds = time.perf_counter() - started
    run_folder.write_json(workdir / "finished.json", {"seconds": round(seconds, 1)})
    say(f"Finished in {seconds:.0f} s. Run folder: {workdir}; open report.html there.")
    return workdir


def present_run(folder: Path, settings: dict, **options) -> None:
    """Makes tables, figures and pages from the files of a run."""
    from vaejax import present  # matplotlib takes half a second to import

    present.present(folder, settings, **options)


def reopen(folder: Path, *, seed: int | None) -> Finished:
    """A finished run with one seed of its model; the folder is only read.

    Args:
      folder: of the run.
      seed: one that was trained; None is the best by held-out loss.

    Raises:
      ValueError: the folder holds no finished run, or the collection has changed.
    """
    settings = settings_of(folder)
    cache_compilations(settings)
    found = open_collection(settings)
    with tempfile.TemporaryDirectory() as aside:  # the run's tables stay as they are
        dataset, clips, _ = prepare(settings, found, Path(aside))
    return restored(folder, settings, dataset, clips, seed)


def plain(config) -> dict[str, dict]:
    """The config as dicts; a tuple given as the text `genre,language` is split.

    Raises:
      ValueError: the config is of a study, many experiments in one.
    """
    if "study" in config:
        raise ValueError("the config has a study: run it with launch/study.py.")
    return {
        section: {key: _split(value) for key, value in options.items()}
        for section, options in config.to_dict().items()
    }


def _split(value: Any) -> Any:
    if not isinstance(value, tuple | list):
        return value
    parts = [v.split(",") if isinstance(v, str) else [v] for v in value]
    flat = [v.strip() if isinstance(v, str) else v for part in parts for v in part]
    whole = [int(v) if isinstance(v, str) and v.isdecimal() else v for v in flat]
    return tuple(v for v in whole if v != "")


def cache_compilations(settings: dict) -> None:
    """Keeps compiled programs on the disk, so that a second run starts at once."""
    place = Path(settings["data"]["cache_dir"]).resolve() / "compiled"
    jax.config.update("jax_compilation_cache_dir", str(place))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


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


def train_model(
    options: dict,
    dataset: Dataset,
    settings: dict,
    workdir: Path,
    history: run_folder.History,
    started: float,
) -> Trained:
    """Trains one model for every seed, or goes on from its checkpoints."""
    name = name_of(options)
    model = make_model(options, settings, dataset)
    how = dict(settings["train"])
    seeds = tuple(range(how.pop("seeds")))
    place = workdir / "checkpoints" / name
    with checkpoint.opened(place, every=how.pop("checkpoint_every")) as saved:
        variables = saved.best(train.template(model, dataset, seeds))
        if variables is None:
            with tqdm(total=how["epochs"], desc=name, unit="epoch") as bar:
                pretraining = int(model.refit_at * how["epochs"])
                restore, on_epoch = _keep(
                    name, pretraining, saved, history, bar, started
                )
                state = train.fit(
                    model,
                    dataset,
                    seeds=seeds,
                    restore=restore,
                    on_epoch=on_epoch,
                    **how,
                )
            variables = state.best.variables
            saved.finish(variables)
    z = devices.map_rows(model.encode, variables, dataset.batch)
    p = model.assign and devices.map_rows(model.assign, variables, dataset.batch)
    terms = train.judged(model, dataset, seeds, variables, how["batch_size"])
    told = tuple(dataset.told) if options["name"] == "cvae" else ()
    latents = evaluate.Latents(name, "z", z, p, told, terms)
    return Trained(model, variables, latents)


def _keep(name, pretraining, saved, history, bar, started) -> tuple[Callable, Callable]:
    """The callbacks that tie training to checkpoints, history and progress bar."""

    def restore(first):
        found = saved.restore(first)
        epoch = found[0] if found else 0
        history.go_back(name, epoch)
        bar.update(epoch)
        return found

    def on_epoch(epoch, state, terms):
        seconds = round(time.perf_counter() - started, 2)
        values = {
            term: np.round(x.astype(float), 5 if x.ndim == 1 else 3).tolist()
            for term, x in terms.items()
        }
        if "valid_kl" in terms:
            values["collapsed"] = (terms["valid_kl"] < report.COLLAPSED).tolist()
        phase = "pretraining" if epoch <= pretraining else "training"
        about = {"model": name, "epoch": epoch, "phase": phase, "seconds": seconds}
        history.add(about | values)
        saved.save(epoch, state)
        shown = ("loss", "recon", "kl", "valid_loss")
        bar.set_postfix({t: f"{terms[t].mean():.4g}" for t in shown if t in terms})
        bar.update()

    return restore, on_epoch


def baselines(settings: dict, dataset: Dataset) -> list[evaluate.Latents]:
    """What learns nothing, beside the models: raw features and PCA."""
    asked = settings["baselines"]
    return [
        baseline(dataset, n_seeds=settings["train"]["seeds"], pca_dim=asked["pca_dim"])
        for name, baseline in evaluate.BASELINES.items()
        if name in asked["names"]
    ]


def evaluate_all(
    settings: dict,
    dataset: Dataset,
    clips: list,
    asked: Trained,
    latents: list[evaluate.Latents],
    workdir: Path,
) -> None:
    """Clusters and scores everything, and writes the files that say so."""
    options = settings["eval"]
    found, rows, nulls = scoring.clusters_and_scores(
        latents, dataset.labels, dataset.songs, settings["cluster"], options
    )
    factors = scoring.factors_of(dataset, options["factors"])
    if factors:
        say(f"Disentanglement of {', '.join(factors.names)}")
        codes = [one for one in latents if one.space != "raw"]
        rows += scoring.disentanglement_scores(codes, factors)
    more, tables = probe(options, dataset, clips, asked)
    scores = report.scores_of(rows + more, settings)
    report.write(workdir, found, scores, nulls, dataset.ids, tables)


def probe(
    options: dict, dataset: Dataset, clips: list, one: Trained
) -> tuple[list[dict], list[str]]:
    """Rows of scores.csv and tables about the model asked for, beside its clusters."""
    from vaejax import probes

    about = (one.latents.model, one.model, one.variables, dataset, options["labels"])
    found = [probes.retrievals(*about)]
    if options["nuisance"]:
        say("Nuisance probe")
        given = (dataset, clips, one.latents, options["labels"])
        found.append(probes.nuisances(*given))
    return [row for rows, _ in found for row in rows], [table for _, table in found]


def keep_reconstructions(
    settings: dict,
    dataset: Dataset,
    clips: list,
    asked: Trained,
    history: run_folder.History,
    workdir: Path,
) -> None:
    """Keeps what the decoder of the best seed makes of some songs."""
    n = settings["figures"]["n_reconstructions"]
    if n and clips and "mel" in dataset.batch:
        from vaejax import reconstructions

        seed = best_seed(history.of(asked.latents.model))
        found = reconstructions.reconstructions(
            asked.model,
            jax.tree.map(lambda x: x[seed], asked.variables),
            dataset,
            clips,
            n=n,
            features=settings["features"],
        )
        reconstructions.save(workdir / "reconstructions.npz", found)


def say(text: str) -> None:
    """Prints a message for the person at the terminal."""
    print(text, flush=True)
