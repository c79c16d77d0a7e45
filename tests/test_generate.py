"""Finished runs opened again, and what is drawn and played from them."""

import json
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import soundfile

from configs import cvae, vade
from vaejax import (
    experiment,
    inputs,
    reconstructions,
    run_folder,
    songbook,
    spectrograms,
    trained,
    typeset,
)
from vaejax.generation import codes, gallery, lookup, modes, pictures
from vaejax.generation.modes import Request

ROOT = Path(__file__).parents[1]
ASKED = Request(n=2, seed=0, labels={})
pytestmark = pytest.mark.usefixtures("quick")


# --- codes ----------------------------------------------------------------------------


def test_more_draws_begin_with_the_same_ones():
    density = codes.fitted(np.random.default_rng(0).normal(size=(20, 3)))
    few, many = (codes.draws(density, n=n, seed=5) for n in (2, 6))
    np.testing.assert_array_equal(few, many[:2])
    assert len(np.unique(many[:, 0])) == 6
    assert not np.array_equal(few, codes.draws(density, n=2, seed=6))


def test_draws_have_the_mean_and_the_deviation_of_the_codes():
    z = np.random.default_rng(0).normal([1, -5], [0.1, 2.0], size=(50, 2))
    found = codes.draws(codes.fitted(z), n=4000, seed=0)
    np.testing.assert_allclose(found.mean(axis=0), z.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(found.std(axis=0), z.std(axis=0), rtol=0.05)


def test_a_component_is_drawn_with_its_own_covariance():
    mixture = {
        "logits": jnp.array([0.0, 3.0]),
        "mean": jnp.array([[9.0, 9.0], [-1.0, 2.0]]),
        "log_var": jnp.log(jnp.array([[1.0, 1.0], [4.0, 1.0]])),
        "shear": jnp.array([[[0.0, 0], [0, 0]], [[0, 0], [-0.5, 0]]]),
    }
    one = codes.component(mixture, 1)
    found = codes.draws(one, n=4000, seed=0)
    np.testing.assert_allclose(found.mean(axis=0), [-1, 2], atol=0.15)
    # u = (I + N)(z - mean): z0 = u0, z1 = u1 + z0 / 2
    np.testing.assert_allclose(np.cov(found.T), [[4, 2], [2, 2]], atol=0.3)
    np.testing.assert_allclose(codes.weights(one), [1.0])
    shares = np.exp([0, 3]) / np.exp([0, 3]).sum()
    np.testing.assert_allclose(codes.weights(mixture), shares, rtol=1e-6)


def test_a_spherical_way_keeps_its_distance_and_both_ends():
    start, end = np.array([3.0, 0.0]), np.array([0.0, 3.0])
    way = codes.spherical(start, end, np.array([0.0, 1 / 3, 0.5, 1.0]))
    expected = 3 * np.array([[1, 0], [np.sqrt(0.75), 0.5], [np.sqrt(0.5)] * 2, [0, 1]])
    np.testing.assert_allclose(way, expected, atol=1e-12)


@pytest.mark.parametrize("end", [[2.0, 2.0], [-1.0, -1.0], [0.0, 0.0], [1.0, 1.0]])
def test_a_spherical_way_without_an_angle_is_straight(end):
    start, shares = np.ones(2), np.linspace(0, 1, 3)
    found = codes.spherical(start, np.array(end), shares)
    np.testing.assert_allclose(found, codes.linear(start, np.array(end), shares))
    np.testing.assert_allclose(found[[0, -1]], [start, end])


def test_a_traversal_moves_one_dimension_at_a_time():
    centre, spread = np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0, 0.5])
    z = codes.traversal(centre, spread, [2, 1], np.array([-2.0, 0.0]))
    expected = [[[1, 2, 2], [1, 2, 3]], [[1, -18, 3], [1, 2, 3]]]
    np.testing.assert_allclose(z, expected)


def test_a_texture_has_the_statistics_it_was_made_from():
    deviation, step = np.array([5.0, 2.0, 1.0]), np.array([0.5, 1.5, 9.0])
    mean = np.array([-30.0, -40.0, -50.0])
    noise = codes.texture(deviation, step, n_frames=4000, seed=0)
    made = reconstructions.recoloured(noise, np.concatenate([mean, deviation, step]))
    found = inputs.mel_statistics(made)
    np.testing.assert_allclose(found[:6], [*mean, *deviation], rtol=1e-2)
    # the last is more than an autoregression without memory can give
    np.testing.assert_allclose(found[6:8], step[:2], rtol=0.1)
    np.testing.assert_allclose(found[8], 2 / np.sqrt(np.pi), rtol=0.1)


# --- pictures -------------------------------------------------------------------------


def panel(t: int, **about) -> spectrograms.Panel:
    frames = np.random.default_rng(t).uniform(-80, 0, (t, 32))
    return spectrograms.Panel(frames, 0.5, **about)


def test_a_ragged_grid_has_time_under_its_lowest_pictures(tmp_path):
    rows = [[panel(8, title="a", tag="b"), panel(4)], [panel(6)]]
    figure = spectrograms.grid(
        rows, sample_rate_hz=16000, scale=(-80.0, 0.0), title="$5"
    )
    drawn = figure.axes[:4]
    assert [axes.axison for axes in drawn] == [True, True, True, False]
    labels = [axes.get_xlabel() for axes in drawn[:3]]
    assert labels == ["", "time (s)", "time (s)"]
    assert [axes.get_xlim()[1] for axes in drawn[:3]] == [4.0, 2.0, 3.0]
    typeset.save(figure, tmp_path / "grid.png")


def test_images_stand_under_their_names(tmp_path):
    rows = [[("one\ntwo", np.eye(8)), ("", np.eye(8))], [("three", np.eye(8))]]
    figure = spectrograms.images(rows, title="images")
    names = [axes.get_title(loc="center") for axes in figure.axes]
    assert names == ["one\ntwo", "", "three", ""]
    typeset.save(figure, tmp_path / "images.png")


# --- runs -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("generate")
    songbook.render(folder / "songs", n_songs=20, duration_s=1.0, seed=0, n_workers=1)
    return folder


def trained_run(config, place: Path, name: str) -> Path:
    config.data.update(cache_dir=str(place / "cache"), n_workers=1)
    config.train.update(epochs=2, seeds=2, checkpoint_every=2)
    config.mesh.seed = 1  # see small.ONE
    config.networks.update(hidden=(8,), channels=(4,), corruption=0.0, dtype="float32")
    config.features.update(n_mels=20, n_mfcc=4, n_fft=1024, duration_s=1.0)
    config.cluster.update(names=("kmeans", "ward"), k=(2, 3))
    config.baselines.names = ()
    config.eval.update(permutations=99, labels=(), factors=())
    return experiment.run(
        config, workdir=place / name, results=place, started=time.perf_counter()
    )


@pytest.fixture(scope="module")
def images(place) -> trained.Finished:
    """A conditional VAE on images, each frame the mean of four."""
    config = cvae.get_config()
    config.data.update(
        root=str(place / "songs"), condition=("language", "genre"), frames=12
    )
    config.model.latent_dim = 3
    return experiment.reopen(trained_run(config, place, "images"), seed=None)


@pytest.fixture(scope="module")
def mixture(place) -> trained.Finished:
    """VaDE on statistics of mel and MFCC."""
    config = vade.get_config()
    config.data.root = str(place / "songs")
    config.model.update(latent_dim=3, n_clusters=3, start="means")
    return experiment.reopen(trained_run(config, place, "mixture"), seed=1)


@pytest.fixture(scope="module")
def pixels(place) -> trained.Finished:
    """VaDE on images of 4 x 4 pixels, each a single row."""
    rng = np.random.default_rng(0)
    x = rng.random((40, 16)).astype(np.float32)
    np.savez(place / "pixels.npz", x=x, y=np.arange(40) % 2)
    config = vade.get_config()
    config.data.update(root=str(place / "pixels.npz"), modalities=("pixels",))
    config.model.update(latent_dim=3, n_clusters=3, start="means")
    config.networks.likelihood = "bernoulli"
    return experiment.reopen(trained_run(config, place, "pixels"), seed=0)


def contents(folder: Path) -> dict:
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and "generated" not in path.parts
    }


def test_opening_a_run_changes_nothing_in_it_and_finds_its_model(images):
    before = contents(images.folder)
    run = experiment.reopen(images.folder, seed=1)
    assert contents(images.folder) == before
    assert run.name == "cvae" and run.seed == 1 and len(run.clips) == 20
    found = jax.jit(run.model.encode)(run.variables, run.dataset.batch)
    np.testing.assert_allclose(found, run.codes, atol=1e-5)
    assert not np.allclose(run.codes, experiment.reopen(run.folder, seed=0).codes)


def test_the_best_seed_is_opened_unless_another_is_named(images):
    lines = (images.folder / "history.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    losses = [row["valid_loss"] for row in rows if row["phase"] == "training"]
    assert images.seed == np.argmin(np.min(losses, axis=0))
    with pytest.raises(ValueError, match=r"--model-seed=2 must be in \[0, 1\]"):
        experiment.reopen(images.folder, seed=2)


def broken(run: trained.Finished, folder: Path, name: str, content: str | None) -> Path:
    """The folder of a run with one file changed, or without it; links to the rest."""
    folder.mkdir()
    for path in run.folder.iterdir():
        (folder / path.name).symlink_to(path)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    return folder


@pytest.mark.parametrize("name", trained.FILES)
def test_a_run_that_is_not_finished_is_refused(images, name, tmp_path):
    folder = broken(images, tmp_path / "run", name, None)
    with pytest.raises(ValueError, match=f"not finished: it lacks {name}"):
        experiment.reopen(folder, seed=None)


def test_a_folder_that_is_no_run_names_the_runs_inside(images, tmp_path):
    with pytest.raises(ValueError, match="no run folder: no config.json.$"):
        experiment.reopen(tmp_path, seed=None)
    with pytest.raises(ValueError, match=f"runs inside it: .*{images.folder}"):
        experiment.reopen(images.folder.parent, seed=None)


def as_of(record: dict, run, folder):
    """The run in another folder, as if it had been run with this record."""
    record["id"] = run_folder.identity(record["config"], record["collection"])
    folder = broken(run, folder, "config.json", json.dumps(record))
    run_folder.seal(folder, seconds=1.0)
    return folder


def test_a_run_of_another_version_is_refused(images, tmp_path):
    record = json.loads((images.folder / "config.json").read_text())
    record["config"]["data"]["tempo"] = 1
    folder = as_of(record, images, tmp_path / "a")
    with pytest.raises(ValueError, match="another version.*has config.data.tempo"):
        trained.settings_of(folder)
    del record["config"]["data"]["tempo"], record["config"]["model"]["unknown"]
    folder = as_of(record, images, tmp_path / "b")
    with pytest.raises(ValueError, match="another version.*model.unknown is missing"):
        trained.settings_of(folder)


def test_a_run_without_its_checkpoints_is_refused(images, tmp_path):
    folder = broken(images, tmp_path / "run", "checkpoints", None)
    with pytest.raises(ValueError, match="no checkpoints/cvae/best: its model is gone"):
        experiment.reopen(folder, seed=None)


def test_another_collection_is_refused(images):
    run = images
    others = run.dataset._replace(ids=np.roll(run.dataset.ids, 1))
    with pytest.raises(ValueError, match="its tracks are others"):
        trained.restored(run.folder, run.settings, others, run.clips, 0)
    batch = run.dataset.batch | {"mel": run.dataset.batch["mel"][::-1] + 1}
    with pytest.raises(ValueError, match="its codes are others"):
        changed = run.dataset._replace(batch=batch)
        trained.restored(run.folder, run.settings, changed, run.clips, 0)


# --- what is named --------------------------------------------------------------------


def test_track_ids_may_hold_commas(images):
    ids = np.array(["a", "a, b", "c"])
    run = images._replace(dataset=images.dataset._replace(ids=ids))
    assert lookup.tracks(run, "a,c") == ["a", "c"]
    assert lookup.tracks(run, "c,a") == ["c", "a"]
    run = images._replace(dataset=images.dataset._replace(ids=ids[1:]))
    assert lookup.tracks(run, "c,a, b") == ["c", "a, b"]
    with pytest.raises(ValueError, match="'aa' is no track .*tracks.csv lists"):
        lookup.tracks(run, "c,aa")


def test_a_close_track_id_is_suggested(images, pixels):
    first = images.dataset.ids[0]
    with pytest.raises(ValueError, match=f"Did you mean {first}"):
        lookup.tracks(images, first + "x")
    with pytest.raises(ValueError, match="Ids reach from 00 to 39"):
        lookup.tracks(pixels, "40")


def test_labels_take_the_place_of_unknown(images):
    classes = images.dataset.told
    own = np.array([[0, 0], [2, 1]], np.int32)
    labels = {"genre": classes["genre"][1]}
    np.testing.assert_array_equal(lookup.told(images, labels, own), [[0, 2], [2, 2]])
    np.testing.assert_array_equal(lookup.told(images, {}, own), own)


def test_labels_that_a_model_was_not_told_are_refused(images, mixture):
    with pytest.raises(ValueError, match="mood=x: .* It was told language, genre."):
        modes.from_prior(images, ASKED._replace(labels={"mood": "x"}))
    with pytest.raises(ValueError, match="Did you mean bangla.*Choices: arabic, "):
        modes.from_prior(images, ASKED._replace(labels={"language": "bangal"}))
    with pytest.raises(ValueError, match="told no labels. Start from .*cvae.py"):
        modes.from_prior(mixture, ASKED._replace(labels={"genre": "pop"}))


def test_clusters_are_a_models_own_or_those_of_kmeans(images, mixture):
    name, k, members = lookup.clustering(mixture, None, None)
    assert (name, k, len(members)) == ("own", 3, 20)
    assert lookup.clustering(images, None, None)[:2] == ("kmeans", 2)
    assert lookup.clustering(images, "ward", 3)[:2] == ("ward", 3)
    with pytest.raises(ValueError, match="no clusters by gmm .* kmeans at k = 2, kmea"):
        lookup.clustering(images, "gmm", None)
    with pytest.raises(ValueError, match="no clusters by own at k = 9 .* own at k = 3"):
        lookup.clustering(mixture, None, 9)


# --- what is made ---------------------------------------------------------------------


def heard(folder: Path, run: trained.Finished, made) -> list[Path]:
    """Writes everything; checks the sounds, and returns their paths."""
    picture, *sounds = gallery.write(run, made, folder)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert (folder / "about.txt").read_text() == gallery.describe(run, made) + "\n"
    assert {path.name for path in folder.iterdir()} == {
        *(path.name for path in (picture, *sounds)),
        "about.txt",
    }
    for path in sounds:
        about = soundfile.info(path)
        assert about.samplerate == 22050 and about.subtype == "PCM_16"
        samples, _ = soundfile.read(path)
        assert 0 < np.abs(samples).max() < 0.9
    return sounds


def test_a_cluster_is_drawn_from_the_codes_that_it_holds(images, tmp_path):
    _, _, members = lookup.clustering(images, "kmeans", 2)
    made = modes.from_cluster(images, ASKED, 1, clusterer="kmeans", k=2)
    assert f"({(members == 1).sum()} tracks; a diagonal Gaussian" in made.done
    assert "language unknown, genre unknown" in made.done
    sounds = heard(tmp_path, images, made)
    assert [path.name for path in sounds] == ["draw-1.wav", "draw-2.wav"]
    # as long as the clips: 44 frames at a hop of 512
    assert {soundfile.info(path).frames for path in sounds} == {44 * 512}
    fewer = modes.from_cluster(images, ASKED._replace(n=1), 1, clusterer="kmeans", k=2)
    np.testing.assert_allclose(
        fewer.rows[0][0].picture.frames, made.rows[0][0].picture.frames, atol=1e-3
    )


def test_a_mixture_draws_from_its_component(mixture, tmp_path):
    made = modes.from_cluster(mixture, ASKED, 2, clusterer=None, k=None)
    assert "cluster 2 of its own mixture, k = 3" in made.done
    assert "weight 0." in made.done
    said = gallery.describe(mixture, made)
    assert "no time" in said and "MFCC are decoded as well" in said
    assert len(heard(tmp_path, mixture, made)) == 2


def test_a_cluster_that_is_not_there_names_those_that_are(images, mixture):
    for run, cluster in ((images, 2), (images, -1), (mixture, 3)):
        with pytest.raises(ValueError, match=rf"--cluster={cluster} must be .* 0 \("):
            modes.from_cluster(run, ASKED, cluster, clusterer=None, k=None)


def test_what_a_model_is_told_changes_what_it_draws(images):
    languages = images.dataset.told["language"]
    told = [{"language": languages[0]}, {"language": languages[1]}, {}]
    made = [modes.from_prior(images, Request(1, 0, labels)) for labels in told]
    frames = [one.rows[0][0].picture.frames for one in made]
    assert not np.allclose(frames[0], frames[1])
    assert not np.allclose(frames[0], frames[2])
    assert f"told language {languages[0]}, genre unknown" in made[0].done
    assert "from the prior (N(0, I)), language unknown" in made[2].done


def test_a_way_begins_and_ends_at_the_reconstructions(images):
    ids = images.dataset.ids[[3, 12]].tolist()
    made = modes.between(images, ASKED._replace(n=3), ids)
    again = modes.reconstruct(images, ASKED, ids)
    steps = [item.picture.frames for row in made.rows for item in row]
    for frames, row in zip(steps[::2], again.rows, strict=True):
        found = row[-1].picture.frames
        np.testing.assert_allclose(frames[: len(found)], found, atol=1e-3)
    assert "spherical way" in made.done and "nearer end" in made.done
    assert f"from {ids[0]} to {ids[1]}" in made.done


def test_a_way_between_components_is_straight(mixture):
    ids = mixture.dataset.ids[:2].tolist()
    assert "linear way" in modes.between(mixture, ASKED, ids).done
    with pytest.raises(ValueError, match="two tracks, and two steps"):
        modes.between(mixture, ASKED, ids[:1])
    with pytest.raises(ValueError, match="two tracks, and two steps"):
        modes.between(mixture, ASKED._replace(n=1), ids)


def test_traversals_take_the_dimensions_that_say_most(images, tmp_path):
    made = modes.traverse(images, ASKED, [], n_dims=2)
    assert [len(row) for row in made.rows] == [2, 2]
    assert "deviations of the prior from -3 to +3" in made.done
    dims = [int(row[0].name[1]) for row in made.rows]
    amounts = [float(row[0].title.split()[1]) for row in made.rows]
    assert amounts == sorted(amounts, reverse=True) and len(set(dims)) == 2
    names = [path.name for path in heard(tmp_path, images, made)]
    assert names == [f"z{d}_{v}.wav" for d in dims for v in ("-3.00", "+3.00")]


def test_named_dimensions_are_traversed_in_their_order(mixture):
    made = modes.traverse(mixture, ASKED, [2, 0], n_dims=2)
    assert [row[0].name for row in made.rows] == ["z2_-3.00", "z0_-3.00"]
    assert "deviations of the codes" in made.done
    for dims, n in (([3], 1), ([0, 0], 2)):
        with pytest.raises(ValueError, match=r"must be in \[0, 2\], each once"):
            modes.traverse(mixture, ASKED, dims, n_dims=n)
    with pytest.raises(ValueError, match="at most 3 dimensions"):
        modes.traverse(mixture, ASKED, [], n_dims=4)


def test_originals_stand_beside_the_means_that_the_model_sees(images, tmp_path):
    row = 4
    ids = [images.dataset.ids[row]]
    made = modes.reconstruct(images, ASKED, ids)
    ((original, means, again),) = made.rows
    mel = images.clips[row].mel
    np.testing.assert_array_equal(original.picture.frames, mel)
    expected = mel[:44].reshape(11, 4, 20).mean(axis=1)
    np.testing.assert_allclose(means.picture.frames, expected, atol=1e-3)
    assert original.picture.step == 1 and means.picture.step == 4
    assert again.picture.frames.shape == means.picture.frames.shape
    names = [path.name for path in heard(tmp_path, images, made)]
    kinds = ("original", "means", "reconstructed")
    assert names == [f"1_{ids[0]}_{kind}.wav" for kind in kinds]


def test_statistics_are_heard_through_the_frames_of_the_original(mixture):
    ids = mixture.dataset.ids[[0]].tolist()
    ((original, again),) = modes.reconstruct(mixture, ASKED, ids).rows
    assert original.picture.frames.shape == again.picture.frames.shape
    assert again.picture.tag == reconstructions.BANDS


def test_images_have_no_sound_and_the_message_says_so(pixels, tmp_path):
    ids = pixels.dataset.ids[:2].tolist()
    for i, made in enumerate(
        (
            modes.reconstruct(pixels, ASKED, ids),
            modes.from_prior(pixels, ASKED),
            modes.traverse(pixels, ASKED, [0], n_dims=1),
        )
    ):
        assert made.rows[0][0].picture.frames.shape == (4, 4)
        assert "no sound" in gallery.describe(pixels, made)
        assert heard(tmp_path / f"{i}", pixels, made) == []


def test_mfcc_alone_have_no_way_back():
    with pytest.raises(ValueError, match="no way back to a spectrogram.*mel,mfcc"):
        pictures.refuse_unseen({"data": {"modalities": ("mfcc",)}})


def test_a_model_without_a_prior_says_what_else_there_is(images):
    run = images._replace(model=images.model._replace(prior=None))
    with pytest.raises(ValueError, match="has no prior to draw from. Name a cluster"):
        modes.from_prior(run, ASKED)
    assert "linear way" in modes.between(run, ASKED, run.dataset.ids[:2].tolist()).done


def test_file_names_hold_any_script_and_no_separator():
    assert gallery.slug("a/b: c", 3, "", "আমার গান") == "a_b_c_3_আমার_গান"
    assert len(gallery.slug("ব" * 99, "x").encode()) <= 62
    assert gallery.slug("../..", "\udcff", "x") == "x"


def test_a_folder_that_cannot_be_made_is_refused(images, tmp_path):
    (tmp_path / "file").write_text("")
    made = modes.from_prior(images, ASKED)
    with pytest.raises(ValueError, match="cannot be made.*Name another --out"):
        gallery.write(images, made, tmp_path / "file" / "out")


def test_a_runs_own_figure_shows_the_images_that_the_model_sees(images, tmp_path):
    run = images
    seen = reconstructions.reconstructions(
        run.model,
        run.variables,
        run.dataset,
        run.clips,
        n=2,
        features=run.settings["features"],
    )
    reconstructions.save(tmp_path / "r.npz", seen)
    again = reconstructions.load(tmp_path / "r.npz")
    assert again.hop_s == 4 * 512 / 22050 and len(again.titles) == 2
    original, found = again.originals[0], again.decoded[0]
    expected = run.clips[0].mel[:44].reshape(11, 4, 20).mean(axis=1)
    np.testing.assert_allclose(original, expected, atol=0.04)  # kept in float16
    assert found.shape == original.shape
