"""Models as settings name them, and as a finished run has left them."""

from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from vaejax import (
    check,
    checkpoint,
    data,
    devices,
    divergence,
    models,
    networks,
    run_folder,
    train,
)
from vaejax.core import Dataset, Model, Variables
from vaejax.fusion import is_joint

FILES = ("finished.json", "history.jsonl", "latents.npz", "assignments.csv")
SIDE_BY_SIDE = ("raw", "pca")  # baselines of all features; a space of the same name
MATCHED = 8  # rows whose codes must be the ones that the run has kept
TOLERANCE = 0.2  # of the spread of codes; bfloat16 on another device costs some of it


class Finished(NamedTuple):
    """A finished run, opened again to make something of its model."""

    folder: Path
    settings: dict[str, dict]
    dataset: Dataset
    clips: list  # of the dataset's rows; none for images
    name: str  # of the model, as tables call it
    seed: int
    model: Model
    variables: Variables  # of that seed
    codes: Float[np.ndarray, "n k"]  # likewise


def name_of(options: dict) -> str:
    """What tables call the model of a section `model`."""
    return options["title"] or options["name"]


def inputs_of(settings: dict, model: str) -> tuple[str, str]:
    """What a model or baseline of a run sees: its modalities, and what joins them."""
    modalities = settings["data"]["modalities"]
    fusion = "none"
    if is_joint(modalities):
        apart = model not in SIDE_BY_SIDE
        fusion = settings["fusion"]["name"] if apart else "concatenated"
    return "+".join(modalities), fusion


def make_model(options: dict, settings: dict, dataset: Dataset) -> Model:
    """Builds a model for the shapes of the dataset.

    Args:
      options: the section `model` of a config.
      settings: all sections; the networks are those of `networks`.
    """
    own = dict(options)
    name, latent_dim = own.pop("name"), own.pop("latent_dim")
    del own["title"]
    sizes = dict(settings["networks"])
    sizes["dtype"] = devices.dtype(sizes["dtype"])
    told = dataset.told if name == "cvae" else {}
    inputs = data.modalities(dataset.batch)
    nets = networks.make(
        {modality: x.shape[1:] for modality, x in inputs.items()},
        conditions={column: len(classes) for column, classes in told.items()},
        n_rows=int(np.sum(~dataset.held_out)),
        fusion=settings["fusion"],
        latent_dim=latent_dim,
        **sizes,
    )
    return models.make(name, nets, **own)


def best_seed(rows: list[dict]) -> int:
    """The seed with the lowest held-out loss after pretraining; labels have no say."""
    losses = [row["valid_loss"] for row in rows if row["phase"] == "training"]
    best = np.fmin.reduce(np.array(losses, float), axis=0)  # null is NaN, and the worst
    best[sorted(divergence.without_result(rows))] = np.nan
    return int(np.nanargmin(best))


def settings_of(folder: Path) -> dict[str, dict]:
    """The settings of a finished run.

    Raises:
      ValueError: the folder holds no run, one that is not finished, or one of another
        version of this program.
    """
    if not (folder / "config.json").is_file():
        inside = [str(path.parent) for path in sorted(folder.glob("*/config.json"))]
        hint = f" The runs inside it: {', '.join(inside)}." if inside else ""
        raise ValueError(f"--run={folder} is no run folder: no config.json.{hint}")
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ValueError(
            f"--run={folder} is not finished: it lacks {', '.join(missing)}. The same "
            f"launch/train.py command with --workdir={folder} goes on with it."
        )
    run_folder.verify(folder)
    record = run_folder.read_config(folder)
    config = {name: _tuples(options) for name, options in record["config"].items()}
    given = {f"{section}.{key}" for section in config for key in config[section]}
    wanted = {path for path in check.RULES if not path.startswith("model.")}
    odd = sorted((given - check.RULES.keys()) | (wanted - given))
    why = f"only one of them has config.{odd[0]}." if odd else _refusal(config)
    if why:
        raise ValueError(
            f"--run={folder} was trained by another version of vaejax, commit "
            f"{record['commit'] or 'unknown'}. Check that out, or train again: {why}"
        )
    config["features"]["scheduler"] = ""  # that cluster may be gone by now
    return config


def _refusal(config: dict[str, dict]) -> str:
    """Why the settings, which were right when they were written, no longer are."""
    try:
        check.settings(config)
    except ValueError as error:
        return str(error)
    return ""


def _tuples(options: dict) -> dict:
    """The options with tuples where JSON has lists."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}


def restored(
    folder: Path, settings: dict, dataset: Dataset, clips: list, seed: int | None
) -> Finished:
    """The model of a finished run with the variables of one seed.

    Args:
      folder: of the run.
      settings: of `settings_of`.
      dataset, clips: of the run's collection.
      seed: one that was trained; None is the best by held-out loss.

    Raises:
      ValueError: there is no such seed or checkpoint, or the collection is not the one
        that the run was trained on.
    """
    name, n_seeds = name_of(settings["model"]), settings["train"]["seeds"]
    if seed is None:
        seed = best_seed(run_folder.History(folder / "history.jsonl").of(name))
    if not 0 <= seed < n_seeds:
        raise ValueError(
            f"--model-seed={seed} must be in [0, {n_seeds - 1}], the trained seeds."
        )
    model = make_model(settings["model"], settings, dataset)
    template = train.template(model, dataset, tuple(range(n_seeds)))
    with np.load(folder / "latents.npz") as file:
        ids, codes = file["track_id"], file[f"{name}_z"][seed]
    if not np.array_equal(ids, dataset.ids):
        raise ValueError(_changed(folder, settings, "its tracks are others"))
    variables = checkpoint.best(folder / "checkpoints" / name, template)
    if variables is None:
        raise ValueError(
            f"--run={folder} has no checkpoints/{name}/best: its model is gone or "
            "damaged. Train "
            "it again."
        )
    variables = devices.of_seed(variables, seed)
    if not _are_codes_of(model, variables, dataset, codes):
        raise ValueError(_changed(folder, settings, "its codes are others"))
    return Finished(
        folder, settings, dataset, clips, name, seed, model, variables, codes
    )


def _are_codes_of(model, variables, dataset: Dataset, codes: np.ndarray) -> bool:
    """Whether rows of the dataset still have the codes that the run has kept."""
    rows = np.unique(np.linspace(0, len(codes) - 1, MATCHED).astype(int))
    batch = {name: x[rows] for name, x in dataset.batch.items()}
    found = jax.device_get(jax.jit(model.encode)(variables, batch))
    spread = max(float(codes.std()), 1e-3)
    return float(np.abs(found - codes[rows]).max()) <= TOLERANCE * spread


def _changed(folder: Path, settings: dict, how: str) -> str:
    return (
        f"config.data.root={settings['data']['root']} is not the collection that "
        f"--run={folder} was trained on, or has changed since: {how}. Restore it, or "
        "train again."
    )
