"""README.md of an exported model: the card that Hugging Face's hub shows.

Made from the scores of a run and the counts of its collection; nothing in it tells a
path, a title, an artist or a line of lyrics.
"""

import html
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from vaejax import compare, findings, record, summary, tables
from vaejax.compare import Compared
from vaejax.export.encoder import FORMS
from vaejax.record import Record

PUBLIC = {"songbook": "the songbook of vaejax", "digits": "scikit-learn's digits"}
MOST_COUNTED = 20  # classes of a label; the rest is a number
CLUSTERERS = ("own", findings.OVERVIEW)
LYRICS = {
    "ngram": "Vectors of lyrics are fitted to the lyrics of the collection, which are "
    "not in this folder: lyrics from elsewhere have none.",
    "xlm_roberta": "Vectors of lyrics are means of what the language model that "
    "`config.json` names makes of their lines.",
}


def text(run: Record, config: dict[str, Any], files: Sequence[str]) -> str:
    """The card, with its YAML front matter.

    Args:
      config: of config.json.
      files: that were written beside it.
    """
    compared = compare.compare([run])
    title = f"{record.model_of(run)} on {_collection(run)}"
    sections = {
        "Data": _data(run),
        "Training": _training(run, config),
        "Scores": _scores(run, compared, config["seed"]),
        "Limits": _limits(run),
        "How to load it": _loading(config, files),
    }
    body = "\n\n".join(f"## {name}\n\n{part}" for name, part in sections.items())
    front = _front_matter(run, compared, title)
    return f"---\n{front}\n---\n\n# {title}\n\n{_about(config)}\n\n{body}\n"


def _collection(run: Record) -> str:
    """What the collection is called; a folder's name stays at home."""
    return PUBLIC.get(run.settings["data"]["root"], "a private collection")


def _front_matter(run: Record, compared: Sequence[Compared], title: str) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    model = record.model_of(run)
    results = [
        EvalResult(
            task_type="clustering",
            dataset_type=run.settings["data"]["root"]
            if run.settings["data"]["root"] in PUBLIC
            else "private",
            dataset_name=_collection(run),
            metric_type="adjusted_rand_index",
            metric_name=f"ARI against {one.label}, {summary.phrase(one.method)}",
            metric_value=round(one.ari.mean, 4),
        )
        for one in compared
        if one.method.model == model
        and one.method.clusterer in CLUSTERERS
        and not one.told
    ]
    images = run.settings["data"]["modalities"] == ("pixels",)
    tags = ["clustering", "variational-autoencoder", "jax"]
    return ModelCardData(
        library_name="vaejax",
        pipeline_tag="feature-extraction",
        tags=[*tags, "images" if images else "music"],
        model_name=title,
        eval_results=results or None,
    ).to_yaml()


def _about(config: dict[str, Any]) -> str:
    rows = [
        (f"`{name}`", ", ".join(map(str, one["shape"])), one["dtype"], one["meaning"])
        for name, one in config["inputs"].items()
    ]
    table = tables.Table("inputs", "", "", ("input", "shape", "type", "what"), rows)
    made = "images" if "pixels" in config["inputs"] else "songs"
    return (
        f"Maps {made} to codes of {config['latent_dim']} numbers, near for what is "
        f"alike.\n\n{_bare(table)}\n\nInputs are not standardised: the encoder does "
        "that. `config.json` has the settings they are made with."
    )


def _bare(table: tables.Table) -> str:
    """The table without a title over it."""
    return tables.as_markdown(table).removeprefix("****").strip()


def _escaped(table: tables.Table) -> str:
    """The table, with what metadata say as text."""
    return html.escape(tables.as_markdown(table).strip(), quote=False)


def _data(run: Record) -> str:
    path = run.trained / "collection.json"
    if path.is_file():
        counts = json.loads(path.read_text())
        size = f"{counts['tracks']} tracks of {counts['songs']} songs"
        kinds = {"language": counts["languages"], "genre": counts["genres"]}
    else:
        size = f"{len(run.tracks['track_id'])} images"
        kinds = {
            label: _counted(values.tolist())
            for label, values in record.labels(run).items()
        }
    rows = [(html.escape(name), _largest(kind)) for name, kind in kinds.items() if kind]
    table = tables.Table("data", "", "", ("label", "how many of each"), rows)
    parts = [f"{_collection(run)[0].upper()}{_collection(run)[1:]}: {size}."]
    return "\n\n".join(parts + [_bare(table)] * bool(rows))


def _counted(values: Sequence[str]) -> dict[str, int]:
    return {name: values.count(name) for name in sorted(set(values))}


def _largest(counts: Mapping[str, int]) -> str:
    shown = [f"{html.escape(k or 'unknown')} {n}" for k, n in counts.items()]
    rest = len(shown) - MOST_COUNTED
    return ", ".join(shown[:MOST_COUNTED] + [f"and {rest} more"] * (rest > 0))


def _training(run: Record, config: dict[str, Any]) -> str:
    settings, train = run.settings, run.settings["train"]
    name, network = settings["model"]["name"], settings["networks"]
    what = (import_module(f"vaejax.models.{name}").__doc__ or name).splitlines()[0]
    model = record.model_of(run)
    epochs = [row["epoch"] for row in run.history if row["model"] == model]
    seeds, exported = train["seeds"], config["seed"]
    best = ", the best by held-out loss" * (exported == record.seed_of(run))
    versions = ", ".join(f"{k} {v}" for k, v in run.about["versions"].items())
    lines = [
        f"{what} Encoder {network['encoder']}, decoder {network['decoder']}, "
        f"likelihood {network['likelihood']}, {config['latent_dim']} latent "
        "dimensions.",
        f"{seeds} seeds, at most {max(epochs)} epochs of batches of "
        f"{train['batch_size']}, learning rate {train['learning_rate']:g}; "
        f"{settings['data']['held_out_share']:.0%} of the songs were held out, and "
        f"chose the epoch. The exported seed is {exported}{best}. All settings "
        "that make the model are in `config.json`.",
        f"Run {run.about['id']}, commit {run.about['commit'] or 'unknown'}, Python "
        f"{run.about['python']}, {versions}.",
    ]
    return "\n\n".join(lines)


def _scores(run: Record, compared: Sequence[Compared], seed: int) -> str:
    shown = [_escaped(one) for one in findings.overviews(compared)]
    if not shown:
        return "There were no labels to compare clusters with."
    said = summary.sentences(compared, [])
    n_seeds = run.settings["train"]["seeds"]
    about = (
        f"Of all {n_seeds} seeds together; below the tables, of the exported one. Raw "
        "features, PCA and an autoencoder are what a model has to beat."
    )
    return "\n\n".join([about, *shown, _of_seed(run, seed), *map(html.escape, said)])


def _of_seed(run: Record, seed: int) -> str:
    """The ARI of the seed that is exported."""
    found = [
        f"{html.escape(one.label)}, {one.clusterer}, k = {one.k}: "
        f"{tables.shown(one.value)}"
        for one in run.scores
        if (one.model, one.seed, one.metric) == (record.model_of(run), seed, "ari")
        and one.clusterer in CLUSTERERS
        and not one.told
    ]
    return f"ARI of seed {seed} alone: {'; '.join(found) or 'none'}."


def _limits(run: Record) -> str:
    told = [one.told for one in run.latents if one.model == record.model_of(run)]
    labels = ", ".join(told[0]) if told and told[0] else ""
    lines = [
        "- Codes say what differed most in the collection above. Of other music, other "
        "languages or another recording chain nothing has been measured.",
        "- ARI is 0 for random clusters on average; a score near that of raw features "
        "is no achievement of the model.",
        "- The weights were fitted to the songs of the collection and may tell "
        "something of them; the licence of these songs is not known here.",
    ]
    if labels:
        told = html.escape(labels)
        lines.append(f"- The model was told {told}: no score against it is evidence.")
    if "lyrics" in run.settings["data"]["modalities"]:
        lines.append(f"- {LYRICS[run.settings['lyrics']['encoder']]}")
    probes = [_escaped(one) for one in findings.probe_tables(run.scores)]
    return "\n\n".join(["\n".join(lines), *probes])


def _loading(config: dict[str, Any], files: Sequence[str]) -> str:
    names = ", ".join(f'"{name}": {name}' for name in config["inputs"])
    heard = "features" in config["settings"] and "lyrics" not in config["settings"]
    given = 'model.features(["song.mp3"])' if heard else f"{{{names}}}"
    parts = [
        "With vaejax:\n\n```python\nimport vaejax.export\n\n"
        'model = vaejax.export.load("FOLDER")\n'
        f"codes = model.encode({given})\n```",
        "With jax alone (`pip install jax flatbuffers`):\n\n```python\n"
        "from pathlib import Path\n\n"
        "from jax import export\n\n"
        'content = Path("FOLDER/encoder.stablehlo").read_bytes()\n'
        "encoder = export.deserialize(bytearray(content))\n"
        f"codes = encoder.call({{{names}}})\n```",
        "With ONNX Runtime:\n\n```python\nimport onnxruntime\n\n"
        'session = onnxruntime.InferenceSession("FOLDER/encoder.onnx")\n'
        f'codes = session.run(["codes"], {{{names}}})[0]\n```',
    ]
    kept = [True, *(form.file in files for form in FORMS.values())]
    shown = [part for part, there in zip(parts, kept, strict=True) if there]
    end = "Arrays are of the shapes and types above, n rows each."
    return "\n\n".join([*shown, end])
