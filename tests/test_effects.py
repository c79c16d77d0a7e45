"""Every option does something where it is said to, and nothing where it is said not to.

What a run does is looked at on ten songs of a second: the arrays and words of the
collection, the program that is trained, as JAX's own text of it, and what is clustered
and scored. An option has an effect where any of this is another with another value.
"""

import csv
import functools
import hashlib
import itertools
import json
import shutil
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs import base
from vaejax import (
    check,
    collection,
    devices,
    effects,
    epoch,
    evaluate,
    experiment,
    grid,
    resumable,
    run_folder,
    scoring,
    songbook,
)
from vaejax.core import Best, Model, State
from vaejax.rules import RULES
from vaejax.sections import plain
from vaejax.text import translate, xlm_roberta
from vaejax.trained import make_model

TINY = {
    "data": {"n_workers": 1},
    "songbook": {"n_songs": 10, "duration_s": 1.0},
    "features": {"duration_s": 0.5, "n_fft": 512, "n_mels": 8, "n_mfcc": 4},
    "lyrics": {"dim": 3},
    "model": {"latent_dim": 3},
    "networks": {"hidden": (5,), "channels": (2,), "units": 3, "segments": 2},
    "train": {"seeds": 1, "epochs": 20, "batch_size": 4},
    "cluster": {"names": ("kmeans",), "k": (2,)},
    "baselines": {"names": ("pca",), "pca_dim": 2},
    "eval": {"permutations": 99, "labels": ("genre",)},
}
IMAGE = {"data.mel": "image", "data.mfcc": "image"}
MEL = {"data.modalities": ("mel",)}
WORDS = {"data.modalities": ("lyrics",)}
BOTH = {"data.modalities": ("mel", "mfcc", "lyrics")}
LINES = BOTH | {"data.lyrics": "lines"}
FOLDER = {"data.root": "folder"}
DIGITS = {"data.root": "digits", "data.modalities": ("pixels",), "eval.labels": ()}
CONV = {"networks.encoder": "conv", "networks.decoder": "conv"}
RECURRENT = {"networks.encoder": "recurrent", "networks.decoder": "recurrent"}
XLMR = {"lyrics.encoder": "xlm_roberta"}
TWO = BOTH | {"lyrics.versions": ("original", "translated")}
ROMANIZED = FOLDER | BOTH | {"lyrics.versions": ("original", "romanized")}
TRANSLATED = FOLDER | TWO
FREE = {"model.beta": 0.0}
SHORT = {"train.patience": 3}
LINEAR = {"networks.hidden": ()}

# {option: (another value, where it has an effect, where it has none)}; those that have
# one anywhere are without the last.
CASES = {
    "data.root": ("folder", {}),
    "data.modalities": (("mel",), {}),
    "data.tracks": ("with_lyrics", {}, WORDS),
    "data.lyrics": ("lines", BOTH, {}),
    "data.mel": ("image", {}, {"data.modalities": ("mfcc",)}),
    "data.mfcc": ("image", {}, MEL),
    "data.frames": (3, IMAGE, {}),
    "data.condition": (("genre", "language"), {"model.name": "cvae"}),
    "data.held_out_share": (0.3, {}),
    "data.allow_outside": (True, FOLDER, {}),
    "data.cache_dir": ("elsewhere", {}),
    "data.n_workers": (2, {}, FOLDER | WORDS),
    "data.memory": ("stream", {}),
    "songbook.n_songs": (11, {}, FOLDER),
    "songbook.duration_s": (1.5, {"features.crop": "centre"}, FOLDER),
    "songbook.seed": (1, {}, FOLDER),
    "features.sample_rate_hz": (16000, {}, WORDS),
    "features.duration_s": (0.6, {}, WORDS),
    "features.crop": ("loudest", {}, {"features.duration_s": 1.0}),
    "features.n_fft": (1024, {}, WORDS),
    "features.hop": (256, {}, WORDS),
    "features.n_mels": (9, {}, WORDS),
    "features.n_mfcc": (5, {}, MEL),
    "features.scheduler": ("local", {}, WORDS),
    "lyrics.encoder": ("xlm_roberta", BOTH, {}),
    "lyrics.model": ("another", BOTH | XLMR, BOTH),
    "lyrics.dim": (4, BOTH, BOTH | XLMR),
    "lyrics.versions": (("translated",), BOTH, {}),
    "lyrics.combine": ("concatenation", TWO, BOTH),
    "lyrics.max_lines": (2, LINES, BOTH),
    "lyrics.drop": ((), FOLDER, DIGITS),
    "lyrics.romanizer": ("anyascii", ROMANIZED, FOLDER | BOTH),
    "lyrics.translator": ("model", TRANSLATED, FOLDER | BOTH),
    "model.name": ("autoencoder", {}),
    "model.title": ("mine", {}),
    "model.latent_dim": (4, {}),
    "model.beta": (2.0, {}),
    "model.warmup": (0.5, {}),
    "model.free_bits": (1.0, {}, FREE),
    "model.capacity": (1.0, {}, FREE),
    "model.capacity_warmup": (0.5, {"model.capacity": 1.0}),
    "model.unknown": (0.5, {"model.name": "cvae"}),
    "model.n_clusters": (3, {"model.name": "vade"}),
    "model.covariance": ("full", {"model.name": "vade"}),
    "model.pretrain": (0.5, {"model.name": "vade"}),
    "model.start": ("means", {"model.name": "vade"}),
    "networks.encoder": ("conv", {}),
    "networks.decoder": ("recurrent", {}),
    "networks.hidden": ((6,), {}, CONV),
    "networks.channels": ((3,), CONV, {}),
    "networks.pool": ("none", CONV, {}),
    "networks.units": (4, RECURRENT, {}),
    "networks.segments": (
        3,
        RECURRENT | IMAGE | {"networks.decoder": "hierarchical"},
        RECURRENT,
    ),
    "networks.norm": ("layer", {}, LINEAR),
    "networks.dropout": (0.2, {}, LINEAR),
    "networks.likelihood": ("unit_gaussian", {}),
    "networks.dtype": ("bfloat16", {}),
    "networks.corruption": (0.2, {}),
    "networks.log_var_bias": (-1.0, {}, {"model.name": "autoencoder"}),
    "fusion.name": ("late", BOTH, {}),
    "fusion.dropout": (0.2, BOTH, {}),
    "fusion.lyrics_weight": (2.0, BOTH, {}),
    "mesh.seed": (1, {"train.seeds": 2}),
    "mesh.data": (2, {}),
    "mesh.coordinator": ("localhost:1", {}),
    "mesh.processes": (2, {"mesh.coordinator": "localhost:1"}, {}),
    "mesh.process": (
        1,
        {"mesh.coordinator": "localhost:1", "mesh.processes": 2},
        {"mesh.processes": 2},
    ),
    "train.seeds": (2, {}),
    "train.epochs": (30, {}),
    "train.batch_size": (5, {}),
    "train.learning_rate": (1e-2, {}),
    "train.weight_decay": (1e-2, {}),
    "train.warmup": (0.1, {}),
    "train.clip_norm": (1.0, {}),
    "train.patience": (4, {}),
    "train.plateau": (4, {}, SHORT),
    "train.factor": (0.1, {}, SHORT),
    "train.checkpoint_every": (3, {}),
    "train.checkpoint_minutes": (5.0, {}, {"data.memory": "resident"}),
    "train.tensorboard": (True, {}),
    "cluster.names": (("ward",), {}),
    "cluster.k": ((3,), {}, {"cluster.names": ("dbscan",)}),
    "baselines.names": (("raw",), {}),
    "baselines.pca_dim": (3, {}, {"baselines.names": ("raw",)}),
    "eval.labels": (("language",), {}),
    "eval.factors": (("genre", "language"), {}),
    "eval.permutations": (199, {}, {"eval.labels": ()}),
    "eval.nuisance": (False, {}),
    "figures.projections": (("tsne",), {}),
    "figures.n_reconstructions": (3, {}, {"data.modalities": ("mfcc",)}),
    "figures.pdf": (False, {}),
}
EVERYWHERE = {path for path, case in CASES.items() if len(case) == 2}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Ten songs, two of them outside; none has a text in another version."""
    place = tmp_path_factory.mktemp("effects")
    folder = place / "folder"
    songbook.render(folder, n_songs=10, duration_s=1.0, seed=2, n_workers=1)
    table = folder / "metadata.csv"
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for i, row in enumerate(rows):
        row["romanized_file"] = row["translated_file"] = ""
        if i < 2:
            outside = place / f"outside{i}.flac"
            shutil.move(folder / row["file_name"], outside)
            row["file_name"] = f"../{outside.name}"
        if row["lyrics_file"]:
            text = folder / row["lyrics_file"]
            text.write_text(f"[Chorus: everybody]\n{text.read_text()}")
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    for path in (*folder.glob("lyrics/*.roman*"), *folder.glob("lyrics/*.transl*")):
        path.unlink()
    return place


@pytest.fixture
def patched(monkeypatch, place):
    """Stand-ins for the models that would have to be downloaded."""

    class Encoder:
        def __init__(self, model: str, dtype: str) -> None:
            self.model = model

        def encode(self, lines):
            seeds = [list((self.model + line).encode()) for line in lines]
            return np.array(
                [np.random.default_rng(s).normal(size=3) for s in seeds], "f4"
            )

    def translator(model: str):
        return lambda lines, languages: [f"{model} {line}" for line in lines]

    monkeypatch.setattr(xlm_roberta, "fingerprint", lambda model: model)
    monkeypatch.setattr(xlm_roberta, "open_encoder", Encoder)
    monkeypatch.setattr(translate, "open_translator", translator)
    monkeypatch.setattr(collection, "SONGBOOKS", place / "songbooks")
    monkeypatch.chdir(place)
    monkeypatch.setattr(
        collection, "tqdm", functools.partial(collection.tqdm, disable=1)
    )


def settings_of(changes: dict) -> dict:
    """Small settings with some changed, and the options of the model that is named."""
    config = base.get_config()
    name = changes.get("model.name", "vae")
    own = grid.with_model(config, name)
    settings = {s: dict(v) for s, v in plain(config).items()}
    settings["model"] = dict(plain(own)["model"])
    settings["data"]["condition"] = plain(own)["data"]["condition"]
    for section, options in TINY.items():
        settings[section] |= options
    if name == "vade":
        settings["model"]["n_clusters"] = 2
    for path, value in changes.items():
        section, key = path.split(".")
        settings[section][key] = value
    return settings


def digest(*values) -> str:
    """Equal for equal values; of arrays, their bytes."""
    found = hashlib.sha256()
    for leaf in jax.tree.leaves(values):
        found.update(
            leaf.tobytes() if isinstance(leaf, np.ndarray) else repr(leaf).encode()
        )
    return found.hexdigest()


MEMORY: dict = {}


def remembered(kind: str, make, *about):
    """What was made of equal settings before; that is all that it depends on."""
    key = (kind, repr(about))
    if key not in MEMORY:
        MEMORY[key] = make()
    return MEMORY[key]


def pieces(settings: dict, place) -> Iterator[str]:
    """What a run of these settings does, piece by piece, the quickest first."""
    yield settings["data"]["cache_dir"] + settings["model"]["title"]
    yield str(started(settings))
    yield str(devices.mesh_for(settings).shape)
    yield repr(joined(settings))
    yield str(settings["features"]["scheduler"] if heard(settings) else "")
    yield str(saved_within_epochs(settings))
    yield remembered("rates", lambda: rates(settings["train"]), settings["train"])
    yield repr([settings["figures"][key] for key in ("projections", "pdf")])
    yield repr([settings["eval"][key] for key in ("nuisance", "factors")])
    read = [settings[s] for s in ("data", "songbook", "lyrics")]
    features = settings["features"].items()
    read.append({key: value for key, value in features if key != "scheduler"})
    read.append(settings["networks"]["dtype"])
    dataset, clips, words = remembered("data", lambda: prepared(settings, place), *read)
    seen = digest(seen_of(dataset), words)
    yield seen
    yield str(reconstructed(settings, dataset, clips, place))
    read = ("cluster", "baselines", "eval", "train")
    yield remembered(
        "clusters",
        lambda: clustered(settings, dataset),
        *(seen, *(settings[s] for s in read)),
    )
    for options in resumable.models_to_train(settings):
        yield program(options, settings, dataset)


def joined(settings: dict) -> tuple:
    """What a process tells those that it trains with."""
    given = [settings["mesh"][key] for key in ("coordinator", "processes", "process")]
    return tuple(given) if given[0] else ()


def seen_of(dataset) -> tuple:
    """The dataset; how many frames are averaged is of images alone."""
    pictures = any(f"{name}_mask" in dataset.batch for name in ("mel", "mfcc", "flux"))
    return dataset if pictures else dataset._replace(frame_step=1)


def prepared(settings: dict, place):
    """The dataset, its clips, and the words of its songs."""
    out = place / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    dataset, clips, _ = collection.prepare(
        settings, collection.open_collection(settings), out
    )
    words = out / "words.json"
    return dataset, clips, json.loads(words.read_text()) if words.exists() else {}


def started(settings: dict) -> set:
    """With how many processes songs are rendered or heard."""
    data = settings["data"]
    works = data["root"] == "songbook" or heard(settings)
    return {collection.n_workers(settings)} if works else set()


def heard(settings: dict) -> bool:
    """Whether audio is."""
    return settings["data"]["modalities"] not in (("lyrics",), ("pixels",))


def saved_within_epochs(settings: dict) -> set:
    """Minutes between checkpoints within an epoch; none where it is one program."""
    in_parts = settings["data"]["memory"] != "resident"
    return {settings["train"]["checkpoint_minutes"]} if in_parts else set()


def program(options: dict, settings: dict, dataset) -> str:
    """JAX's text of the loss of a model, its gradient and its codes."""
    seen = {name: x.shape[1:] for name, x in dataset.batch.items()}
    about = (options, settings["networks"], settings["fusion"], seen, dataset.told)

    def make():
        model = make_model(options, settings, dataset)
        batch = {name: jnp.asarray(x[:4]) for name, x in dataset.batch.items()}

        def loss(key, batch):
            variables = model.init(key, batch)
            return model.loss(variables, jax.random.key(1), batch, 0.5)[0]

        found = f"{model.settled_at} {model.refit_at} {options.get('start')}"
        if options["name"] == "autoencoder" or options["beta"] == 0:
            # The text has what is multiplied by 0, and what nobody asks for.
            return found + str(jax.jit(loss)(jax.random.key(0), batch))
        return found + str(jax.make_jaxpr(loss)(jax.random.key(0), batch))

    return remembered("program", make, *about)


def rates(how: dict) -> str:
    """What training is asked to do, and the rate of every epoch of one that stalls."""
    stalls = how["patience"], how["plateau"], how["factor"]
    plan = epoch.Plan(9, 1, 4, 100, 0, *stalls)
    zero = jnp.zeros((), jnp.int32)
    best = Best(jnp.float32(jnp.inf), zero, {}, zero, jnp.float32(1.0))
    found = []
    for _ in range(how["epochs"]):
        if int(best.wait) >= how["patience"]:
            break
        found.append(float(best.rate))
        state = State(zero, zero, {}, (), best, zero)
        best = epoch.keep_best(state, jnp.float32(1.0), plan)
    apart = "plateau", "factor", "checkpoint_minutes"
    rest = {k: v for k, v in how.items() if k not in apart}
    return repr((found, rest))


def clustered(settings: dict, dataset) -> str:
    """The clusters of the baselines, and the shuffled labels that they are held to."""
    asked, told = settings["cluster"], settings["eval"]
    about = {key: told[key] for key in ("labels", "permutations")}
    truths = scoring.truths(dataset.labels, dataset.songs, **about)
    found = experiment.baselines(settings, dataset)
    ks = scoring.numbers_of_clusters(asked["k"], truths, most=len(dataset.ids) // 2)
    made = [
        (one.clusterer, one.k, one.cluster)
        for latents in found
        for one in evaluate.clusterings(latents, names=asked["names"], ks=ks)
    ]
    codes = [(one.model, np.array(one.z)) for one in found]
    return digest(
        codes, made, [(one.column, one.shuffles) for one in truths], asked["names"]
    )


def reconstructed(settings: dict, dataset, clips, place) -> int:
    """How many songs are reconstructed; none where nothing is taken from a model."""
    if clips and "mel" in dataset.batch:
        return settings["figures"]["n_reconstructions"]
    nothing = evaluate.Latents("none", "z", np.zeros((1, 1, 1), np.float32))
    of_none = experiment.Trained(Model(*[len] * 3), {}, nothing)
    history = run_folder.History(place / "history.jsonl")
    experiment.keep_reconstructions(settings, dataset, clips, of_none, history, place)
    return 0


def test_every_option_has_a_case_and_what_may_be_idle_a_need():
    assert set(CASES) == set(RULES)
    assert set(CASES) - EVERYWHERE == set(effects.NEEDS)


@pytest.mark.parametrize("path", CASES)
def test_an_option_has_an_effect_where_it_is_said_to(path, patched, place):
    value, where = CASES[path][:2]
    before, after = settings_of(where), settings_of(where | {path: value})
    if path == "model.name":
        after["model"] = {k: after["model"][k] for k in ("name", "title", "latent_dim")}
    for settings in (before, after):
        check.settings(settings)
    assert not [
        one
        for one in effects.without_effect(after)
        if one.startswith(f"config.{path}=")
    ]
    both = itertools.zip_longest(pieces(before, place), pieces(after, place))
    assert any(one != other for one, other in both)


@pytest.mark.parametrize("path", sorted(effects.NEEDS))
def test_an_option_has_none_where_it_is_said_not_to(path, patched, place):
    value, _, where = CASES[path]
    before, after = settings_of(where), settings_of(where | {path: value})
    for settings in (before, after):
        check.settings(settings)
    told = [
        one
        for one in effects.without_effect(after)
        if one.startswith(f"config.{path}=")
    ]
    assert len(told) == 1 and "has no effect here: it is for" in told[0]
    assert [*pieces(before, place)] == [*pieces(after, place)]


def test_nothing_is_told_of_the_configs_of_the_project():
    from test_check import CONFIGS

    for module in CONFIGS:
        assert effects.without_effect(plain(module.get_config())) == []


def test_what_several_runs_have_in_common_is_told_once():
    assert effects.in_common([["a", "b"], ["b", "c"]]) == ["b"]
