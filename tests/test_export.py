"""A run leaves as a folder, and gives the same codes wherever it is opened."""

import hashlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import pytest
import small

import vaejax.export
from configs import autoencoder
from vaejax import experiment, fusion, networks, record, trained
from vaejax.data import standardised
from vaejax.export import card, description, encoder

ROOT = Path(__file__).parents[1]
N_SONGS = 40
pytestmark = pytest.mark.usefixtures("quick")


class Opened:
    """A finished run, opened again, and where it was exported to."""

    def __init__(self, folder: Path, out: Path) -> None:
        self.folder, self.out = folder, out
        self.run = experiment.reopen(folder, seed=None)
        self.record = record.read(folder, self.run.settings)
        self.files = vaejax.export.write(self.run, self.record, out)
        self.root = Path(self.run.settings["data"]["root"])
        self.songs = [self.root / name for name in self.record.tracks["file_name"]]


@pytest.fixture(scope="module")
def opened(played, tmp_path_factory):
    return Opened(played, tmp_path_factory.mktemp("exported") / "out")


@pytest.fixture(scope="module")
def model(opened):
    return vaejax.export.load(opened.out)


@pytest.fixture(scope="module")
def heard(opened, model):
    """The features of every song of the collection."""
    return model.features(opened.songs)


@pytest.fixture
def copy(opened, tmp_path):
    """A copy of the exported folder, to be changed."""
    for path in opened.files:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def resealed(place: Path) -> None:
    """Writes the checksums of what is there now."""
    names = [
        line.split("  ")[1]
        for line in (place / "SHA256SUMS").read_text().split("\n")[:-1]
    ]
    sums = [(hashlib.sha256((place / n).read_bytes()).hexdigest(), n) for n in names]
    (place / "SHA256SUMS").write_text("".join(f"{d}  {n}\n" for d, n in sums))


# --- the same codes -------------------------------------------------------------------


def test_a_loaded_model_gives_every_song_its_code_bit_for_bit(opened, model, heard):
    with np.load(opened.folder / "latents.npz") as file:
        z, p = file["vade_z"], file["vade_probability"]
    seed = model.config["seed"]
    assert seed == record.seed_of(opened.record)
    np.testing.assert_array_equal(model.encode(heard), z[seed])
    np.testing.assert_array_equal(model.assign(heard), p[seed])


def as_on_the_card(card: Path, form: str, one: str, absent: set, heard, place: Path):
    """Codes by the example of a card in a process of its own: of all songs, of one."""
    examples = re.findall(r"```python\n([^`]*)```", card.read_text())
    (example,) = [text for text in examples if f"encoder.{form}" in text]
    np.savez(place / "features.npz", **heard)
    code = (
        "import numpy, sys\n"
        "mel, mfcc = (numpy.load('features.npz')[n] for n in ('mel', 'mfcc'))\n"
        + example.replace("FOLDER", str(card.parent))
        + "given = {'mel': mel[:1], 'mfcc': mfcc[:1]}\n"
        f"numpy.savez('codes.npz', codes=codes, one={one})\n"
        f"assert not {absent} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=place, check=True)
    with np.load(place / "codes.npz") as found:
        return found["codes"], found["one"]


def test_the_example_on_the_card_runs_in_a_process_with_jax_alone(
    opened, model, heard, tmp_path
):
    absent = {"vaejax", "flax", "optax"}
    card, one = opened.out / "README.md", "encoder.call(given)"
    found = as_on_the_card(card, "stablehlo", one, absent, heard, tmp_path)
    wanted = model.encode(heard)
    np.testing.assert_allclose(found[0], wanted, atol=1e-5)
    np.testing.assert_allclose(found[1], wanted[:1], atol=1e-5)


def test_onnx_runtime_gives_the_same_codes_in_a_process_without_jax(
    opened, model, heard, tmp_path
):
    vaejax.export.write(opened.run, opened.record, tmp_path / "out", ["onnx"])
    card, one = tmp_path / "out" / "README.md", "session.run(['codes'], given)[0]"
    found = as_on_the_card(card, "onnx", one, {"vaejax", "jax"}, heard, tmp_path)
    wanted = model.encode(heard)
    np.testing.assert_allclose(found[0], wanted, atol=1e-5)
    np.testing.assert_allclose(found[1], wanted[:1], atol=1e-5)


CASES = [(name, "early") for name in networks.ENCODERS if name != "mlp"]
CASES += [("mlp", name) for name in fusion.FUSIONS]


@pytest.mark.parametrize("kind, joined", CASES)
def test_every_encoder_is_exported_for_any_number_of_rows(kind, joined, songs, sung):
    dataset = sung if kind == "mlp" else songs
    name = "vae" if kind == "mlp" else "cvae"
    model = small.make(name, dataset, encoder=kind, fusion=joined)
    batch = small.batch_of(dataset, 5)
    rng = np.random.default_rng(0)
    shapes = jax.eval_shape(model.init, jax.random.key(0), batch)
    variables = jax.tree.map(lambda x: rng.normal(0, 0.3, x.shape).astype("f"), shapes)
    inputs = {k: description.Input(x.shape[1:], str(x.dtype)) for k, x in batch.items()}
    content = encoder.stablehlo(encoder.encoder(model, variables, {}), inputs)
    assert b".py" not in content  # no path of a source file, which tells of a home
    found = encoder.run_stablehlo(content, {k: x[:3] for k, x in batch.items()})
    wanted = jax.jit(model.encode)(variables, batch)
    np.testing.assert_allclose(found, wanted[:3], atol=1e-5)


def test_exported_encoders_standardise_and_do_not_see_what_a_mask_hides():
    rng = np.random.default_rng(0)
    x = rng.normal(5.0, 3.0, (12, 4, 3))
    x[..., 2] = 7.0  # constant: says nothing
    mask = np.arange(4)[None] < rng.integers(1, 5, 12)[:, None]
    ids = np.array([f"{i:02d}" for i in range(12)])
    about = dict(ids=ids, songs=ids, labels={}, held_out=np.zeros(12, bool))
    dataset = standardised({"mel": (x.copy(), mask)}, **about)
    raw = np.where(mask[..., None], x, 1e6).astype(np.float32)
    features = {"mel": raw, "mel_mask": mask.astype(np.float32)}
    found = encoder.standardised(features, dataset.scale)
    np.testing.assert_allclose(found["mel"], dataset.batch["mel"], atol=1e-5)
    back = description.unscaled(dataset.batch, dataset.scale)["mel"]
    np.testing.assert_allclose(back[mask], x[mask], atol=1e-5)


def test_a_form_that_gives_other_codes_is_not_written(opened, tmp_path, monkeypatch):
    def off(content, features):
        return encoder.run_stablehlo(content, features) + 0.1

    form = encoder.FORMS["stablehlo"]._replace(run=off)
    monkeypatch.setitem(encoder.FORMS, "stablehlo", form)
    with pytest.raises(
        ValueError, match=r"encoder.stablehlo gives codes .* off by 0\.1"
    ):
        vaejax.export.write(opened.run, opened.record, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- the folder -----------------------------------------------------------------------


def test_the_command_writes_what_the_function_writes(opened, tmp_path):
    flags = [f"--run={opened.folder}", f"--out={tmp_path / 'out'}"]
    script = [sys.executable, ROOT / "launch" / "export.py", *flags]
    done = subprocess.run(script, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    for path in opened.files:
        assert f"Written: {tmp_path / 'out' / path.name}" in done.stdout
        if path.suffix in (".json", ".safetensors", ".md"):
            assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()


def test_nothing_private_is_in_the_folder(opened):
    tracks, songs = opened.record.tracks, opened.root
    private = {str(ROOT), str(Path.home()), str(opened.root), str(opened.folder)}
    private |= {*tracks["title"], *tracks["artist"], *tracks["track_id"]}
    for path in songs.rglob("*.txt"):
        private |= set(path.read_text().splitlines())
    private = {text for text in private if len(text) > 3}
    assert len(private) > N_SONGS
    for path in opened.files:
        content = path.read_bytes()
        assert [text for text in private if text.encode() in content] == [], path.name


def test_weights_have_flat_names_and_can_be_read_by_anybody(opened):
    from safetensors.numpy import load_file

    arrays = load_file(opened.out / "model.safetensors")
    assert {name.split(".")[0] for name in arrays} == {"params", "scale"}
    assert arrays["params.mixture.mean"].shape == (4, 3)
    mean, _ = opened.run.dataset.scale["mel"]
    np.testing.assert_array_equal(arrays["scale.mel.mean"], mean.astype(np.float32))


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def edit(path):
    path.write_text(path.read_text().replace('"n_rows": ', '"n_rows": 1'))


@pytest.mark.parametrize(
    "name, change, message",
    [
        ("model.safetensors", flip, "model.safetensors was changed or damaged since"),
        ("encoder.stablehlo", flip, "encoder.stablehlo was changed or damaged since"),
        ("config.json", edit, "config.json was changed or damaged since"),
        ("model.safetensors", Path.unlink, "model.safetensors is gone since"),
        ("SHA256SUMS", Path.unlink, "holds no exported model: no SHA256SUMS"),
        ("SHA256SUMS", lambda path: path.write_text(""), "config.json is not in it"),
    ],
)
def test_a_damaged_or_edited_folder_is_refused_by_name(copy, name, change, message):
    vaejax.export.load(copy)
    change(copy / name)
    with pytest.raises(ValueError, match=re.escape(message)):
        vaejax.export.load(copy)


@pytest.mark.parametrize(
    "section, key, value, message",
    [
        ("networks", "depth", 3, "settings.networks.depth is in one of them only"),
        ("networks", "hidden", None, "settings.networks.hidden is in one of them only"),
        ("data", "frames", None, "settings.data.frames is in one of them only"),
        ("model", "latent_dim", 5, r"params\..* is \(.*\), and must be \(.*\) for the"),
    ],
)
def test_the_folder_of_another_version_is_refused(copy, section, key, value, message):
    config = json.loads((copy / "config.json").read_text())
    options = config["settings"][section]
    options |= {key: value}
    if value is None:
        del options[key]
    (copy / "config.json").write_text(json.dumps(config))
    resealed(copy)
    with pytest.raises(ValueError, match=message):
        vaejax.export.load(copy)


def test_a_model_of_another_program_is_refused(copy):
    (copy / "config.json").write_text('{"model_type": "bert"}')
    resealed(copy)
    with pytest.raises(ValueError, match="config.json was not written by this version"):
        vaejax.export.load(copy)


def test_a_folder_that_holds_something_is_not_written_to(opened, tmp_path):
    (tmp_path / "thesis.tex").write_text("two years")
    with pytest.raises(ValueError, match=f"--out={tmp_path} is not an empty folder"):
        vaejax.export.write(opened.run, opened.record, tmp_path)
    with pytest.raises(
        ValueError, match="'tflite' is not known. Choices: stablehlo, o"
    ):
        vaejax.export.write(opened.run, opened.record, tmp_path / "new", ["tflite"])


# --- features -------------------------------------------------------------------------


def test_features_of_another_shape_are_refused(model, heard):
    mel, mfcc = heard["mel"], heard["mfcc"]
    broken = mel.copy()
    broken[3, 1] = np.nan
    for features, message in [
        ({"mel": mel}, "features must be mel, mfcc. Got mel."),
        ({"mel": mel, "mfcc": mfcc[:, 1:]}, r"features\['mfcc'\] must be .* \[n, 16\]"),
        ({"mel": mel, "mfcc": mfcc[:5]}, "n alike in all. Got float32 "),
        ({"mel": broken, "mfcc": mfcc}, r"features\['mel'\] must be finite numbers"),
        ({"mel": mel.astype(str), "mfcc": mfcc}, "must be finite numbers .* Got <U"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.encode(features)


def test_files_that_are_no_songs_are_refused(model, tmp_path):
    (tmp_path / "noise.wav").write_bytes(b"RIFF" + bytes(40))
    with pytest.raises(ValueError, match=r"'noise.wav' .*"):
        model.features([tmp_path / "noise.wav"])
    with pytest.raises(FileNotFoundError, match="does not exist"):
        model.features(["nowhere.mp3"])


def test_a_model_without_clusters_says_so(model, heard):
    alone = model._replace(
        model=model.model._replace(assign=None), settings={"model": {"name": "vae"}}
    )
    with pytest.raises(ValueError, match="vae has no clusters of its own"):
        alone.assign(heard)
    image = {"modalities": ("pixels",), "mel": "image", "mfcc": "image"}
    with pytest.raises(ValueError, match="the model takes pixels"):
        model._replace(settings={"data": image}).features([])


# --- ONNX where it cannot be had ------------------------------------------------------


@pytest.mark.parametrize("name", ["jax2onnx", "onnxruntime"])
def test_without_a_library_of_onnx_the_message_says_what_to_install(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    use = {"jax2onnx": encoder.onnx, "onnxruntime": encoder.run_onnx}[name]
    with pytest.raises(
        ValueError, match=f"--formats=onnx needs {name}, .* pip install"
    ):
        use(b"", {}) if name == "onnxruntime" else use(lambda batch: batch, {})


def test_a_network_that_onnx_cannot_hold_is_told(monkeypatch):
    class Exporter:
        @staticmethod
        def to_onnx(*args, **options):
            raise NotImplementedError("Reverse scan is not supported")

    monkeypatch.setitem(sys.modules, "jax2onnx", Exporter)
    with pytest.raises(ValueError, match="Reverse scan .* Take --formats=stablehlo"):
        encoder.onnx(lambda batch: batch, {})


# --- the card -------------------------------------------------------------------------


def test_the_card_has_the_counts_and_the_scores_of_the_run(opened):
    from huggingface_hub import ModelCard

    text = (opened.out / "README.md").read_text()
    scores = [
        s for s in opened.record.scores if s.metric == "ari" and s.model == "vade"
    ]
    found = ModelCard(text).data
    assert found.model_name == "vade on a private collection"
    for label in ("language", "genre"):
        of_label = [s.value for s in scores if (s.label, s.clusterer) == (label, "own")]
        name = f"ARI against {label}, vade on audio, own assignment, k = 4"
        (result,) = [r for r in found.eval_results if r.metric_name == name]
        assert result.metric_value == pytest.approx(np.mean(of_label), abs=1e-4)
    assert "A private collection: 40 tracks of 40 songs." in text
    assert "| language | arabic 8, bangla 8, english 8, hindi 8, spanish 8 |" in text
    assert re.search(r"\| raw \| audio \| – \| .*\d ±\.\d{3}", text)
    assert "The exported seed is " in text and "arXiv:1611.05148" in text


def test_the_card_claims_nothing_of_what_a_model_was_told(opened):
    run = opened.record
    latents = tuple(one._replace(told=("genre",)) for one in run.latents)
    clusterings = tuple(one._replace(told=("genre",)) for one in run.clusterings)
    scores = tuple(one._replace(told="told") for one in run.scores)
    told = run._replace(latents=latents, clusterings=clusterings, scores=scores)
    config = json.loads((opened.out / "config.json").read_text())
    text = card.text(told, config, [])
    assert "- The model was told genre: no score against it is evidence." in text
    front, body = text.split("---\n\n", 1)
    assert "ARI against" not in front
    assert re.findall("ARI of seed .*", body) == [
        f"ARI of seed {config['seed']} alone: none."
    ]
    assert "| vade* |" in body


def test_the_card_says_when_lyrics_cannot_be_brought_along(opened):
    run = opened.record
    sung = run.settings | {"data": run.settings["data"] | {"modalities": ("lyrics",)}}
    text = card._limits(run._replace(settings=sung))
    assert "Vectors of lyrics are fitted to the lyrics of the collection" in text


def test_the_card_shows_labels_as_text(opened):
    odd = "<script>alert(1)</script> | x"
    tracks = opened.record.tracks | {"genre": np.full(N_SONGS, odd)}
    shown = card._largest(card._counted(tracks["genre"].tolist()))
    assert shown == "&lt;script&gt;alert(1)&lt;/script&gt; | x 40"


def test_a_run_on_images_is_exported_too(tmp_path):
    x = np.random.default_rng(0).uniform(size=(30, 4, 4)).astype(np.float32)
    np.savez(tmp_path / "images.npz", x=x, y=np.arange(30) % 3)
    config = autoencoder.get_config()
    config.data.update(root=str(tmp_path / "images.npz"), modalities=("pixels",))
    config.data.cache_dir = str(tmp_path / "cache")
    config.networks.update(hidden=(8,), dtype="float32", likelihood="bernoulli")
    config.model.latent_dim = 2
    config.train.update(epochs=2, seeds=1, checkpoint_every=2)
    config.cluster.update(names=("kmeans",), k=(3,))
    config.baselines.names = ("raw",)
    config.eval.update(labels=("class",), permutations=99)
    how = dict(results=tmp_path, started=time.perf_counter())
    run = experiment.run(config, workdir=tmp_path / "run", **how)
    again = experiment.reopen(run, seed=None)
    read = record.read(run, trained.settings_of(run))
    vaejax.export.write(again, read, tmp_path / "out")
    model = vaejax.export.load(tmp_path / "out")
    with np.load(run / "latents.npz") as file:
        np.testing.assert_array_equal(
            model.encode({"pixels": x}), file["autoencoder_z"][0]
        )
    text = (tmp_path / "out" / "README.md").read_text()
    assert "| class | 0 10, 1 10, 2 10 |" in text
    assert "images.npz" not in text and 'encode({"pixels": pixels})' in text
