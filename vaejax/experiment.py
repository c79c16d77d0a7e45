"""One experiment, from a folder of songs to scores and pictures: the whole program."""

import tempfile
import time
from pathlib import Path
from typing import Any

from vaejax import (
    check,
    devices,
    disk,
    divergence,
    effects,
    evaluate,
    oddities,
    report,
    run_folder,
    scoring,
    sections,
    together,
    tracking,
)
from vaejax.collection import Collection, open_collection, prepare
from vaejax.compiled import cache_compilations
from vaejax.core import Dataset
from vaejax.resumable import Trained, models_to_train, train_model
from vaejax.tracking import Tracker
from vaejax.trained import Finished, best_seed, restored, settings_of


def run(
    config,
    *,
    workdir: Path | None,
    results: Path,
    started: float,
    on_epoch: Tracker = tracking.nobody,
) -> Path:
    """Runs one experiment, or goes on with it, or shows it when it is finished.

    Args:
      config: a ConfigDict with the sections of configs/base.py.
      workdir: the run folder; None names one under `results` by what is run on what.
      results: where run folders without a name go.
      started: time.perf_counter() when the command started.
      on_epoch: is told of every epoch that is trained; see `tracking`.

    Returns:
      The run folder.

    Raises:
      ValueError: the config, the collection or the folder cannot be used.
      FloatingPointError: training left the finite numbers.
    """
    settings = settings_from(config)
    if settings["mesh"]["coordinator"]:
        if on_epoch is not tracking.nobody:
            raise ValueError(
                "on_epoch is of this process, and config.mesh.coordinator trains in "
                "others. Take config.train.tensorboard=True, or read history.jsonl."
            )
        is_first, workdir = together.train(settings, workdir, results, started)
        if not is_first:
            say(f"Trained. The first process goes on to the report, in {workdir}.")
            return workdir
        settings = together.alone(settings)  # goes on with what all have trained
    devices.mesh_for(settings)  # or an error now
    found = open_collection(settings)
    workdir = workdir or results / run_folder.identity(settings, found.fingerprint)
    if not run_folder.is_finished(workdir, settings, found.fingerprint):
        with (
            run_folder.locked(workdir),
            tracking.of_run(settings, workdir, on_epoch) as tracker,
        ):
            try:
                _run(settings, found, workdir, started, tracker)
            finally:
                devices.drop_programs()
        return workdir
    run_folder.verify(workdir)
    say((workdir / "scores.txt").read_text())
    say(f"Finished before: {workdir}. To run it anew, add --workdir=NEW_FOLDER.")
    return workdir


def _run(
    settings: dict, found: Collection, workdir: Path, started: float, tracker: Tracker
) -> None:
    run_folder.open_run(workdir, settings, found.fingerprint)
    say(f"Run folder: {workdir}")
    cache_compilations(settings)
    dataset, clips, about = prepare(settings, found, workdir)
    oddities.refuse_nonfinite(dataset)
    notes = oddities.notes(dataset, settings["eval"]["labels"])
    notes += effects.without_effect(settings)
    disk.write_json(workdir / "notes.json", notes)
    say("\n".join([about, *notes]))
    history = run_folder.History(workdir / "history.jsonl", tracker)
    trained = [
        train_model(options, dataset, settings, workdir, history, started)
        for options in models_to_train(settings)
    ]
    latents = [*(one.latents for one in trained), *baselines(settings, dataset)]
    kept = report.arrays(latents, dataset.ids)
    disk.write_npz(workdir / "latents.npz", kept)
    kept = (history, notes, workdir)
    evaluate_all(settings, dataset, clips, trained[0], latents, *kept)
    keep_reconstructions(settings, dataset, clips, trained[0], history, workdir)
    present_run(workdir, settings)
    say((workdir / "scores.txt").read_text())
    seconds = time.perf_counter() - started
    run_folder.seal(workdir, seconds=seconds)
    say(f"Finished in {seconds:.0f} s. Run folder: {workdir}; open report.html there.")


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


def settings_from(config: Any) -> dict[str, dict]:
    """The config as checked dicts.

    Raises:
      ValueError: it cannot be run; or it is of a study, many experiments in one.
    """
    settings = sections.plain(config)
    if type(settings) is dict and "study" in settings:
        raise ValueError("the config has a study: run it with launch/study.py.")
    check.settings(settings)
    return settings


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
    history: run_folder.History,
    notes: list[str],
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
    tables += [*notes, *divergence.told(history.rows)]
    scores = report.scores_of(rows + more, settings)
    report.write(workdir, found, scores, nulls, dataset.ids, tables)


def probe(
    options: dict, dataset: Dataset, clips: list, one: Trained
) -> tuple[list[dict], list[str]]:
    """Rows of scores.csv and tables about the model asked for, beside its clusters."""
    from vaejax import probes

    about = (one.latents, one.model, one.variables, dataset, options["labels"])
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
            devices.of_seed(asked.variables, seed),
            dataset,
            clips,
            n=n,
            features=settings["features"],
        )
        reconstructions.save(workdir / "reconstructions.npz", found)


def say(text: str) -> None:
    """Prints a message for the person at the terminal."""
    print(text, flush=True)
