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
    train,
)
from vaejax.collection import open_collection, prepare
from vaejax.core import Dataset, Model, Variables
from vaejax.fusion import is_joint
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
    latents = [one.latents for one in trained]
    run_folder.write_npz(workdir / "latents.npz", report.arrays(latents, dataset))
    clusterings, scores = evaluate_all(settings, dataset, clips, trained, workdir)
    drawn = workdir / "figures"
    draw(settings, dataset, clips, trained, clusterings, scores, history, drawn)
    say((workdir / "scores.txt").read_text())
    seconds = time.perf_counter() - started
    run_folder.write_json(workdir / "finished.json", {"seconds": round(seconds, 1)})
    say(f"Finished in {seconds:.0f} s. Run folder: {workdir}")
    return workdir


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
    return tuple(v for v in flat if v != "")


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


def evaluate_all(
    settings: dict,
    dataset: Dataset,
    clips: list,
    trained: list[Trained],
    workdir: Path,
) -> tuple[list[evaluate.Clustering], list[report.Score]]:
    """Clusters everything, baselines included, and writes assignments and scores."""
    names, latents = settings["baselines"]["names"], [one.latents for one in trained]
    fixed = [
        baseline(
            dataset,
            n_seeds=settings["train"]["seeds"],
            pca_dim=settings["baselines"]["pca_dim"],
        )
        for name, baseline in evaluate.BASELINES.items()
        if name in names
    ]
    options = settings["cluster"]
    clusterings = [
        clustering
        for one in tqdm([*latents, *fixed], desc="clusters", unit="model")
        for clustering in evaluate.clusterings(
            one, names=options["names"], ks=options["k"]
        )
    ]
    options = settings["eval"]
    truth = evaluate.truths(
        dataset, labels=options["labels"], permutations=options["permutations"]
    )
    factors = evaluate.factors_of(dataset, options["factors"])
    about = {
        "modalities": "+".join(settings["data"]["modalities"]),
        "fusion": fusion_of(settings),
    }
    rows = [row for one in latents for row in evaluate.latent_scores(one)]
    if factors:
        say(f"Disentanglement of {', '.join(factors.names)}")
        codes = [*latents, *(one for one in fixed if one.space == "pca")]
        rows += evaluate.disentanglement_scores(codes, factors)
    for clustering in tqdm(clusterings, desc="scores", unit="clustering"):
        rows += evaluate.scores(clustering, truth)
    more, tables = probe(settings["eval"], dataset, clips, trained[0])
    scores = [report.Score(**about, **row) for row in rows + more]
    report.write(workdir, clusterings, scores, dataset.ids, tables)
    return clusterings, scores


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


def fusion_of(settings: dict) -> str:
    """What joins audio and lyrics; nothing where there is only one of them."""
    joint = is_joint(settings["data"]["modalities"])
    return settings["fusion"]["name"] if joint else "none"


def draw(
    settings: dict,
    dataset: Dataset,
    clips: list,
    trained: list[Trained],
    clusterings: list[evaluate.Clustering],
    scores: list[report.Score],
    history: run_folder.History,
    folder: Path,
) -> None:
    """Draws the training of every model, and the clusters of the one asked for."""
    from vaejax import figures  # matplotlib takes half a second to import

    folder.mkdir(exist_ok=True)
    for one in trained:
        name = one.latents.model
        figures.draw_training(folder, history.of(name), model=name)
    figures.draw_scores(folder, scores, metric="ari")
    asked = trained[0]
    seed = best_seed(history.of(asked.latents.model))
    of_seed = [
        c for c in clusterings if (c.model, c.seed) == (asked.latents.model, seed)
    ]
    figures.draw_clusters(
        folder,
        next((c for c in of_seed if c.clusterer == "own"), of_seed[0]),
        dataset,
        labels=settings["eval"]["labels"],
        projections=settings["figures"]["projections"],
    )
    n = settings["figures"]["n_reconstructions"]
    if n and clips and "mel" in dataset.batch:
        figures.draw_reconstructions(
            folder,
            asked.model,
            jax.tree.map(lambda x: x[seed], asked.variables),
            dataset,
            clips,
            n=n,
            features=settings["features"],
        )


def say(text: str) -> None:
    """Prints a message for the person at the terminal."""
    print(text, flush=True)
