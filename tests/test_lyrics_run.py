"""The command that a user types, on songs of which some have lyrics."""

import csv
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import typed
from test_experiment import cache, launch, read_csv, songs  # noqa: F401

from vaejax import assign, choice, experiment, record, retrieval
from vaejax.generation import crossing, modes

PLAIN = {"model__n_clusters": None, "model__start": None}


@pytest.fixture(scope="module")
def fused(songs, cache, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("runs") / "fused"
    done = launch(
        *(songs, cache, folder, "fusion"),
        **PLAIN,
        train__epochs=3,
        data__held_out_share=0.3,
        eval__labels="genre,lyrics_language",
        lyrics__versions="original,romanized",
        baselines__names=None,
        eval__nuisance=None,
        drawn=False,
    )
    assert done.returncode == 0, done.stderr
    return done, folder


def test_songs_with_and_without_lyrics_are_clustered_as_one(fused):
    done, folder = fused
    assert "Languages of the lyrics, by their words: " in done.stdout
    with np.load(folder / "latents.npz") as file:
        assert file["vae_z"].shape == (2, 40, 4) and np.isfinite(file["vae_z"]).all()
    scores = read_csv(folder / "scores.csv")
    fusions = {(row["model"], row["fusion"]) for row in scores}
    joined = {(name, "concatenated") for name in ("raw", "pca")}
    assert fusions == {("vae", "mopoe"), ("autoencoder", "mopoe")} | joined
    assert {row["modalities"] for row in scores} == {"mel+mfcc+lyrics"}


def test_the_language_of_the_words_is_a_column_and_a_label_if_it_is_named(fused):
    _, folder = fused
    with (folder / "tracks.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    told = [row for row in rows if row["lyrics_language"]]
    assert 15 < len(told) < 40
    assert all(row["lyrics_language"] == row["language"] for row in told)
    assert {row["lyrics_confidence"] for row in told} == {"1.00"}
    labels = {row["label"] for row in read_csv(folder / "scores.csv")}
    assert labels == {"", "genre", "lyrics_language"}


def test_the_report_has_the_nuisance_probe_and_retrieval_across_views(fused):
    _, folder = fused
    text = (folder / "scores.txt").read_text()
    assert "is no evidence of music" in text and "  (guessing) " in text
    assert "retrieval by vae among" in text
    metrics = {row["metric"] for row in read_csv(folder / "scores.csv")}
    assert {"probe_accuracy", "probe_majority"} < metrics
    assert "retrieval_percentile_audio_to_lyrics" in metrics
    assert "retrieval_p_value_lyrics_to_audio" in metrics
    assert max(map(len, text.splitlines())) <= 100


@pytest.fixture(scope="module")
def opened(fused, songs):  # noqa: F811
    return experiment.reopen(fused[1], seed=None)


def of_kind(run, with_lyrics: bool) -> list[str]:
    has = run.dataset.batch["lyrics_mask"].max(axis=1) > 0
    return run.dataset.ids[has == with_lyrics][:2].tolist()


def test_lyrics_alone_become_a_spectrogram_beside_the_original(opened):
    ids = of_kind(opened, True)
    asked = modes.Request(1, 0, {})
    made = modes.from_lyrics(opened, asked, ids)
    assert [len(row) for row in made.rows] == [2, 2]
    assert "what their lyrics alone sound like" in made.done
    again = modes.from_lyrics(opened, asked, ids)
    for row, other in zip(made.rows, again.rows, strict=True):
        np.testing.assert_array_equal(row[1].picture.frames, other[1].picture.frames)
    with pytest.raises(ValueError, match="has no lyrics. .* tracks have"):
        modes.from_lyrics(opened, asked, of_kind(opened, False))


def test_the_nearest_lyrics_of_audio_are_listed_with_the_rank_of_its_own(opened):
    (own, _), (none, _) = of_kind(opened, True), of_kind(opened, False)
    lines = crossing.nearest_lyrics(opened, {}, [own, none], n=3).splitlines()
    n = sum(opened.dataset.batch["lyrics_mask"].max(axis=1) > 0)
    assert re.match(rf"{own} \(.*\): its own are number [\d.]+ of {n} songs", lines[0])
    assert lines[4].startswith(f"{none} (") and "it has none of" in lines[4]
    assert len(lines) == 8


def test_lyrics_that_are_not_read_have_no_part_in_what_is_foreseen(opened):
    own = of_kind(opened, True)[0]
    batch = dict(opened.dataset.batch)
    row = opened.dataset.ids.tolist().index(own)
    batch["lyrics"] = batch["lyrics"].copy()
    batch["lyrics"][row] += 5.0
    other = opened._replace(dataset=opened.dataset._replace(batch=batch))
    rows = np.array([row])
    codes = [
        crossing.codes_of(run, rows, retrieval.heard, {}) for run in (opened, other)
    ]
    np.testing.assert_array_equal(*codes)
    codes = [
        crossing.codes_of(run, rows, retrieval.read, {}) for run in (opened, other)
    ]
    assert np.abs(codes[0] - codes[1]).max() > 1e-3


def test_the_launcher_lists_lyrics_and_refuses_a_run_that_knows_none(fused, opened):
    flag = f"--nearest-lyrics={of_kind(opened, True)[0]}"
    done = typed.launch("generate", f"--run={fused[1]}", flag)
    assert done.returncode == 0, done.stderr
    assert "songs' lyrics, the nearest first" in done.stdout
    with pytest.raises(ValueError, match="--lyrics-of is for a model of audio and"):
        crossing.refuse_one_sided({"data": {"modalities": ("mel",)}}, "lyrics-of")


def test_vade_clusters_those_with_lyrics_by_every_line(songs, cache, tmp_path):  # noqa: F811
    done = launch(
        *(songs, cache, tmp_path / "run", "vade"),
        data__modalities="mel,lyrics",
        data__tracks="with_lyrics",
        data__lyrics="lines",
        data__mel="image",
        data__frames=4,
        fusion__name="attention",
        lyrics__max_lines=5,
        train__epochs=4,
        baselines__names="",
        drawn=False,
    )
    assert done.returncode == 0, done.stderr
    rejected = read_csv(tmp_path / "run" / "rejected.csv")
    assert all("has no lyrics" in row["reason"] for row in rejected)
    kept = 40 - len(rejected)
    assert f"{kept} tracks of {kept} songs" in done.stdout and 15 < kept < 40
    assert "nuisances" not in (tmp_path / "run" / "scores.txt").read_text()


@pytest.fixture(scope="module")
def texts(songs, cache, tmp_path_factory):  # noqa: F811
    """A run on lyrics alone, with a clusterer of its own."""
    folder = tmp_path_factory.mktemp("runs") / "texts"
    done = launch(
        *(songs / "lyrics", cache, folder, "lyrics"),
        **PLAIN,
        train__epochs=3,
        cluster__names="ward",
        eval__labels="lyrics_language",
        drawn=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_a_folder_of_texts_is_clustered_without_any_audio(texts):
    scores = read_csv(texts / "scores.csv")
    assert {row["fusion"] for row in scores} == {"none"}
    ari = [
        float(row["value"])
        for row in scores
        if (row["model"], row["clusterer"], row["metric"]) == ("raw", "ward", "ari")
    ]
    assert min(ari) > 0.3  # five languages in three clusters
    assert (texts / "tracks.csv").is_file()


@pytest.fixture(scope="module")
def grouped(texts):
    """The same opened again, one of its clusterings, and the files of its texts."""
    run = experiment.reopen(texts, seed=None)
    read = record.read(texts, run.settings)
    folder = Path(run.settings["data"]["root"])
    paths = [folder / name for name in read.tracks["file_name"]]
    return run, choice.asked(read, "ward", 3, run.seed), paths


def test_texts_are_known_and_new_ones_go_to_their_language(grouped, tmp_path):
    run, chosen, paths = grouped
    tracks = assign.tracks_of(paths[::-1], words_alone=True)
    found, rejected = assign.assign(run, chosen, tracks)
    assert rejected == []
    assert [one.known for one in found] == run.dataset.ids[::-1].tolist()
    assert [one.cluster for one in found] == chosen.cluster[::-1].tolist()
    for i, path in enumerate(paths):  # half of the words are another text
        words = path.read_text().split()[::2]
        (tmp_path / f"{i:02d}.txt").write_text(" ".join(words))
    tracks = assign.tracks_of([tmp_path], words_alone=True)
    found, _ = assign.assign(run, chosen, tracks)
    same = [one.cluster == c for one, c in zip(found, chosen.cluster, strict=True)]
    assert np.mean(same) > 0.8 and {one.known for one in found} == {""}


def test_a_text_without_words_is_set_aside_where_words_are_all_there_is(
    grouped, tmp_path
):
    run, chosen, paths = grouped
    (tmp_path / "empty.txt").write_text("\n\n")
    (tmp_path / "odd.txt").write_bytes(b"\x00\x01\x02" * 50)
    shutil.copy(paths[0], tmp_path / "words.txt")
    asked = [tmp_path / f"{name}.txt" for name in ("empty", "odd", "words")]
    tracks = assign.tracks_of(asked, words_alone=True)
    found, rejected = assign.assign(run, chosen, tracks)
    assert [one.track.file_name for one in found] == ["words.txt"]
    assert {Path(row.file_name).name for row in rejected} == {"empty.txt", "odd.txt"}
    assert "has no lyrics" in rejected[-1].reason
    with pytest.raises(ValueError, match="none of the songs can be used"):
        assign.assign(run, chosen, tracks[:2])


def test_a_language_model_that_is_not_there_is_named(songs, cache, tmp_path):  # noqa: F811
    done = launch(
        *(songs, cache, tmp_path / "run", "lyrics"),
        **PLAIN,
        lyrics__encoder="xlm_roberta",
        lyrics__model=tmp_path / "nowhere",
    )
    assert done.returncode == 1
    assert "nowhere" in done.stderr and "Traceback" not in done.stderr
