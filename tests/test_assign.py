"""Songs from outside are put into the clusters of a finished run."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from vaejax import assign, choice, experiment, record, trained
from vaejax.core import Track

pytestmark = pytest.mark.usefixtures("quick")


class Opened:
    """A finished run, what its files say, and its songs."""

    def __init__(self, folder: Path) -> None:
        self.run = experiment.reopen(folder, seed=None)
        self.record = record.read(folder, trained.settings_of(folder))
        self.songs = Path(self.run.settings["data"]["root"])

    def clustering(self, clusterer, k=None):
        return choice.asked(self.record, clusterer, k, self.run.seed)

    def path(self, i: int) -> Path:
        return self.songs / self.record.tracks["file_name"][i]


@pytest.fixture(scope="module")
def opened(played):
    return Opened(played)


def assigned(opened, chosen, paths):
    tracks = assign.tracks_of(paths, words_alone=False)
    found, rejected = assign.assign(opened.run, chosen, tracks)
    assert rejected == []
    return found


@pytest.mark.parametrize("clusterer, k", [("own", None), ("kmeans", 3), ("gmm", 5)])
def test_every_song_of_the_collection_gets_exactly_its_own_cluster(
    opened, clusterer, k
):
    chosen = opened.clustering(clusterer, k)
    found = assigned(opened, chosen, [opened.songs])
    assert [one.known for one in found] == opened.run.dataset.ids.tolist()
    assert [one.cluster for one in found] == chosen.cluster.tolist()
    p = np.ones(40) if chosen.probability is None else chosen.probability
    np.testing.assert_array_equal([one.probability for one in found], p)
    assert all(one.known == one.nearest[0] for one in found)


def test_files_by_themselves_in_another_order_and_company_are_known_too(
    opened, tmp_path
):
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "new.wav", 0.1 * rng.normal(size=22050), 22050)
    rows = rng.permutation(40)
    paths = [opened.path(i) for i in rows]
    paths.insert(17, tmp_path / "new.wav")
    chosen = opened.clustering("own")
    found = assigned(opened, chosen, paths)
    new = found.pop(17)
    assert [one.cluster for one in found] == chosen.cluster[rows].tolist()
    assert [one.known for one in found] == opened.run.dataset.ids[rows].tolist()
    assert new.known == "" and 0 <= new.cluster < 4 and 0.25 <= new.probability <= 1
    assert len(new.nearest) == assign.NEAREST
    alone = assigned(opened, chosen, [tmp_path / "new.wav"])[0]
    assert alone.cluster == new.cluster
    assert alone.probability == pytest.approx(new.probability, abs=1e-5)


@pytest.mark.parametrize("clusterer, k", [("own", None), ("kmeans", 3)])
def test_a_louder_copy_is_new_and_goes_where_its_original_is(
    opened, clusterer, k, tmp_path
):
    for i in range(0, 40, 2):
        samples, rate = soundfile.read(opened.path(i))
        soundfile.write(tmp_path / f"{i:02d}.wav", 1.4 * samples, rate, subtype="FLOAT")
    chosen = opened.clustering(clusterer, k)
    found = assigned(opened, chosen, [tmp_path])
    assert {one.known for one in found} == {""}
    same = np.array([one.cluster for one in found]) == chosen.cluster[::2]
    assert same.mean() >= 0.9
    ids = opened.run.dataset.ids[::2].tolist()
    assert np.mean([a.nearest[0] == b for a, b in zip(found, ids, strict=True)]) > 0.8


def test_what_cannot_be_read_is_set_aside_and_named(opened, tmp_path):
    (tmp_path / "broken.wav").write_text("<html>404</html>")
    paths = [tmp_path / "broken.wav", opened.path(3)]
    tracks = assign.tracks_of(paths, words_alone=False)
    chosen = opened.clustering("own")
    found, rejected = assign.assign(opened.run, chosen, tracks)
    assert [one.cluster for one in found] == [chosen.cluster[3]]
    assert [row.file_name for row in rejected] == ["broken.wav"]
    assert "HTML" in rejected[0].reason
    with pytest.raises(ValueError, match="none of the songs can be used.*HTML"):
        assign.assign(opened.run, chosen, tracks[:1])


def test_paths_and_folders_that_hold_no_song_are_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.mp3' does not exist"):
        assign.tracks_of([tmp_path / "nowhere.mp3"], words_alone=False)
    with pytest.raises(ValueError, match="is empty. Put metadata.csv or audio files"):
        assign.tracks_of([tmp_path], words_alone=False)


def test_a_file_has_the_lyrics_beside_it(tmp_path):
    for name in ("a.mp3", "a.txt", "b.c.flac"):
        (tmp_path / name).write_text("la la")
    paths = [tmp_path / "a.mp3", tmp_path / "b.c.flac"]
    one, other = assign.tracks_of(paths, words_alone=False)
    assert one.lyrics == {"original": tmp_path / "a.txt"} and other.lyrics == {}
    assert (one.title, other.title) == ("a", "b.c")
    assert one.file_name == "a.mp3" and one.columns == {}


def test_votes_are_weighed_by_nearness():
    codes = np.array([[0.0], [1.0], [3.0], [-9.0]])
    clusters = np.array([7, -1, -1, 7])
    rows = np.array([[0, 1, 2]])
    # distances of .5, .5 and 2.5 weigh 2, 2 and .4
    found, share = assign.voted(codes, clusters, np.array([[0.5]]), rows)
    assert found.tolist() == [-1] and share[0] == pytest.approx(2.4 / 4.4)
    found, share = assign.voted(codes, clusters, np.array([[0.1]]), rows)
    assert found.tolist() == [7] and share[0] > 0.8
    found, share = assign.voted(codes, clusters, np.array([[0.0]]), rows)
    assert found.tolist() == [7] and share[0] == pytest.approx(1.0)


def test_a_row_is_known_by_its_audio_and_of_lyrics_alone_by_these():
    rng = np.random.default_rng(0)
    mel, words = rng.normal(size=(3, 4)), rng.normal(size=(3, 2))
    batch = {"mel": mel, "lyrics": words, "condition": np.ones((3, 1), int)}
    other = {
        "mel": mel[[2, 0]] + [[0], [1e-12]],
        "lyrics": words[:2],
        "condition": np.zeros((2, 1), int),
    }
    assert assign.known_rows(batch, other) == [2, None]
    alone = [{"lyrics": words}, {"lyrics": words[[1]]}]
    assert assign.known_rows(*alone) == [1]


def test_the_table_of_what_was_assigned_has_a_row_a_song():
    track = Track("x", Path("x.mp3"), "x.mp3", "x", 'A "b", c', "", {}, {})
    found = [
        assign.Assigned(track, 2, 0.123456, "", ("a", "b")),
        assign.Assigned(track, -1, 1.0, "a", ("a",)),
    ]
    assert assign.as_csv(found, {2: "fast"}).splitlines() == [
        "file_name,title,cluster,name,probability,known,nearest",
        'x.mp3,"A ""b"", c",2,fast,0.1235,,a b',
        'x.mp3,"A ""b"", c",-1,,1.0,a,a',
    ]
