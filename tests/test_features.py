"""Features are right, computed once, and survive kills, damage and company."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import shared
from test_audio import librosa_load, librosa_mfcc

from vaejax import audio, contents, features, store, workers
from vaejax.core import Track

ROOT = Path(features.__file__).parents[1]
SETTINGS = {
    "sample_rate_hz": 8000,
    "duration_s": 1.0,
    "crop": "start",
    "n_fft": 256,
    "hop": 128,
    "n_mels": 16,
    "n_mfcc": 5,
}


def track(path: Path) -> Track:
    return Track(path.stem, path, path.name, path.stem, "", "", {}, {})


def songs(folder: Path, n: int, duration_s: float = 0.5) -> list[Track]:
    folder.mkdir(exist_ok=True)
    for i in range(n):
        noise = np.random.default_rng(i).normal(size=round(8000 * duration_s)) * 0.1
        soundfile.write(folder / f"{i:03d}.wav", noise, 8000)
    return [track(path) for path in sorted(folder.glob("*.wav"))]


def extract(tracks, cache, n_workers=1, **changes):
    options = SETTINGS | changes
    return features.extract(tracks, cache_dir=cache, n_workers=n_workers, **options)


@pytest.fixture
def analysed(monkeypatch) -> list[str]:
    """Names of the files that are decoded for this process."""
    names = []
    real = workers.results

    def counted(work, jobs, **options):
        for job, result in real(work, jobs, **options):
            names.append(job[1].name)
            yield job, result

    monkeypatch.setattr(workers, "results", counted)
    return names


def assert_same(clips, others):
    assert [clip.track for clip in clips] == [clip.track for clip in others]
    for clip, other in zip(clips, others, strict=True):
        np.testing.assert_array_equal(clip.mel, other.mel)
        np.testing.assert_array_equal(clip.mfcc, other.mfcc)
        assert clip[3:] == other[3:]


# The numbers.


def test_a_clip_says_what_is_in_its_file(tmp_path):
    (one,) = songs(tmp_path / "songs", 1)
    (clip,), rejected = extract([one], tmp_path / "cache")
    assert rejected == [] and clip.track == one and clip.note == ""
    assert clip.duration_s == 0.5
    assert clip.level_db == pytest.approx(-20, abs=0.5)
    bank = audio.mel_bank(sample_rate_hz=8000, n_fft=256, hop=128, n_mels=16)
    samples, _ = soundfile.read(one.path, dtype="float32")
    mel = audio.log_mel(samples, bank)
    np.testing.assert_allclose(clip.mel, mel, atol=1e-4)
    np.testing.assert_allclose(clip.mfcc, audio.mfcc(mel, n_mfcc=5), atol=1e-4)
    assert not clip.mel.flags.writeable and not clip.mel.flags.owndata


def test_real_clips_have_the_features_that_librosa_gives_them(tmp_path):
    import librosa

    paths = sorted((shared("music") / "audio").rglob("*.mp3"))[:3]
    settings = {"sample_rate_hz": 22050, "duration_s": 5.0, "crop": "start"}
    sizes = {"n_fft": 2048, "hop": 512, "n_mels": 128, "n_mfcc": 40}
    clips, _ = extract([track(p) for p in paths], tmp_path, **settings, **sizes)
    for clip in clips:
        samples = librosa_load(clip.track.path, duration=5.0)
        power = librosa.feature.melspectrogram(y=samples, sr=22050)
        expected = librosa.power_to_db(power, ref=np.max, top_db=80.0).T
        np.testing.assert_allclose(clip.mel, expected, atol=0.01)
        np.testing.assert_allclose(clip.mfcc, librosa_mfcc(expected, 40), atol=0.01)


def test_processes_give_what_one_gives_in_the_same_order(tmp_path):
    tracks = songs(tmp_path / "songs", 12)[::-1]
    (tmp_path / "songs" / "bad.wav").write_bytes(b"<html>")
    tracks.insert(5, track(tmp_path / "songs" / "bad.wav"))
    alone, refused = extract(tracks, tmp_path / "one", n_workers=1)
    together, also_refused = extract(tracks, tmp_path / "two", n_workers=2)
    assert_same(alone, together)
    assert refused == also_refused and len(refused) == 1


def test_a_bad_file_is_set_aside_with_its_reason(tmp_path):
    tracks = songs(tmp_path / "songs", 2)
    (tmp_path / "songs" / "page.wav").write_bytes(b"<html>404</html>")
    tracks[1:1] = [track(tmp_path / "songs" / name) for name in ("page.wav", "no.wav")]
    clips, rejected = extract(tracks, tmp_path / "cache")
    assert [clip.track for clip in clips] == [tracks[0], tracks[3]]
    assert [row.reason for row in rejected] == [
        "'page.wav' is an HTML page, as a failed download leaves it.",
        "'no.wav' does not exist.",
    ]
    assert rejected[0][:2] == ("page.wav", "page")


def test_no_tracks_give_no_clips(tmp_path):
    assert extract([], tmp_path / "cache") == ([], [])


# The cache.


def test_a_second_run_computes_nothing_and_starts_nothing(
    tmp_path, monkeypatch, capsys
):
    tracks = songs(tmp_path / "songs", 4)
    (tmp_path / "songs" / "bad.wav").write_bytes(b"PK\x03\x04")
    tracks.append(track(tmp_path / "songs" / "bad.wav"))
    first = extract(tracks, tmp_path / "cache")
    assert "5/5" in capsys.readouterr().err
    for module, name in ((workers, "results"), (contents, "_stamped")):
        monkeypatch.setattr(module, name, None)
    monkeypatch.setattr(audio, "mel_bank", None)
    second = extract(tracks, tmp_path / "cache")
    assert_same(first[0], second[0])
    assert first[1] == second[1]
    assert capsys.readouterr().err == ""


def test_one_more_song_computes_one(tmp_path, analysed):
    extract(songs(tmp_path / "songs", 3), tmp_path / "cache")
    analysed.clear()
    clips, _ = extract(songs(tmp_path / "songs", 4), tmp_path / "cache")
    assert analysed == ["003.wav"] and len(clips) == 4


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_another_setting_computes_again_and_keeps_both(tmp_path, analysed, name):
    tracks = songs(tmp_path / "songs", 1)
    extract(tracks, tmp_path / "cache")
    value = SETTINGS[name]
    changes = {name: "centre" if name == "crop" else value * 2}
    extract(tracks, tmp_path / "cache", **changes)
    extract(tracks, tmp_path / "cache")
    extract(tracks, tmp_path / "cache", **changes)
    assert len(analysed) == 2


def test_a_changed_file_is_computed_and_a_moved_one_is_not(tmp_path, analysed):
    tracks = songs(tmp_path / "songs", 3)
    (before, _, _), _ = extract(tracks, tmp_path / "cache")
    analysed.clear()
    soundfile.write(tracks[0].path, np.full(4000, 0.5), 8000)
    moved = tracks[1].path.rename(tmp_path / "songs" / "moved.wav")
    tracks[1] = track(moved)
    (after, _, _), _ = extract(tracks, tmp_path / "cache")
    assert analysed == ["000.wav"]
    assert not np.array_equal(before.mel, after.mel)


@pytest.mark.parametrize("n_workers", [1, 2])
def test_equal_contents_share_one_record(tmp_path, n_workers):
    tracks = songs(tmp_path / "songs", 2)
    for i in range(10):
        copy = shutil.copy(tracks[0].path, tmp_path / "songs" / f"copy{i}.wav")
        tracks.append(track(Path(copy)))
    clips, _ = extract(tracks, tmp_path / "cache", n_workers)
    shards = list((tmp_path / "cache" / "shards").iterdir())
    record = sum(clip.mel.nbytes + clip.mfcc.nbytes for clip in clips[:2])
    assert record <= sum(shard.stat().st_size for shard in shards) < record + 256
    assert_same([clips[0]._replace(track=tracks[-1])], clips[-1:])


def test_a_name_that_is_not_unicode_is_cached(tmp_path, analysed):
    (one,) = songs(tmp_path / "songs", 1)
    path = one.path.rename(tmp_path / os.fsdecode(b"caf\xe9.wav"))
    for _ in range(2):
        clips, _ = extract([track(path)], tmp_path / "cache")
        assert len(clips) == 1
    assert len(analysed) == 1


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


@pytest.mark.parametrize(
    "harm, lost",
    [
        (flip, 1),
        (lambda path: os.truncate(path, path.stat().st_size - 100), 1),
        (lambda path: os.truncate(path, 0), 3),
        (Path.unlink, 3),
    ],
)
def test_a_damaged_shard_is_noticed_and_mended(tmp_path, analysed, harm, lost):
    tracks = songs(tmp_path / "songs", 3)
    before = [
        clip._replace(mel=clip.mel.copy(), mfcc=clip.mfcc.copy())
        for clip in extract(tracks, tmp_path / "cache")[0]
    ]
    (shard,) = (tmp_path / "cache" / "shards").iterdir()
    harm(shard)
    analysed.clear()
    assert_same(before, extract(tracks, tmp_path / "cache")[0])
    assert len(analysed) == lost
    assert_same(before, extract(tracks, tmp_path / "cache")[0])
    assert len(analysed) == lost


def test_what_may_pass_is_tried_again(tmp_path):
    tracks = songs(tmp_path / "songs", 1)
    hidden = tracks[0].path.rename(tmp_path / "hidden.wav")
    tracks[0].path.mkdir()
    _, (rejected,) = extract(tracks, tmp_path / "cache")
    assert rejected.reason == "'000.wav' is a directory, not a file."
    tracks[0].path.rmdir()
    hidden.rename(tracks[0].path)
    assert len(extract(tracks, tmp_path / "cache")[0]) == 1


# Processes.

# Slow enough to be killed half-way.
SLOW = SETTINGS | {"duration_s": 2.0, "n_fft": 2048, "hop": 16}
EXTRACT = """
import json, sys
from pathlib import Path
root, folder, cache, options = sys.argv[1:]
sys.path.insert(0, root)
from vaejax import core, features
paths = sorted(Path(folder).glob("*.wav"))
tracks = [core.Track(p.stem, p, p.name, p.stem, "", "", {}, {}) for p in paths]
features.extract(tracks, cache_dir=Path(cache), **json.loads(options))
"""


def start(folder: Path, cache: Path, n_workers: int) -> subprocess.Popen:
    options = json.dumps(SLOW | {"n_workers": n_workers})
    command = [sys.executable, "-c", EXTRACT, *map(str, [ROOT, folder, cache, options])]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def n_records(cache: Path) -> int:
    try:
        index = sqlite3.connect(f"file:{cache / store._INDEX}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return 0
    try:
        return index.execute("SELECT count(*) FROM records").fetchone()[0]
    except sqlite3.OperationalError:  # not there yet, or busy
        return 0
    finally:
        index.close()


def children(process: subprocess.Popen) -> list[int]:
    try:
        tasks = Path(f"/proc/{process.pid}/task").iterdir()
        return [
            int(p) for task in tasks for p in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_extraction_goes_on_where_it_was(tmp_path, analysed):
    tracks = songs(tmp_path / "songs", 500, duration_s=2.0)
    process = start(tmp_path / "songs", tmp_path / "cache", 2)
    deadline = time.monotonic() + 60
    while n_records(tmp_path / "cache") < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    orphans = children(process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = n_records(tmp_path / "cache")
    assert 10 <= kept < 500, "killed too early or too late to mean anything"
    clips, _ = extract(tracks, tmp_path / "cache", **SLOW)
    assert len(analysed) == 500 - kept
    fresh, _ = extract(tracks[:20], tmp_path / "fresh", **SLOW)
    assert_same(clips[:20], fresh)
    assert not [pid for pid in orphans if runs(pid)]


def test_two_runs_share_a_cache_at_once(tmp_path, analysed):
    tracks = songs(tmp_path / "songs", 40, duration_s=2.0)
    both = [start(tmp_path / "songs", tmp_path / "cache", n) for n in (1, 2)]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    clips, _ = extract(tracks, tmp_path / "cache", **SLOW)
    assert analysed == []
    assert_same(clips, extract(tracks, tmp_path / "fresh", **SLOW)[0])


def test_a_crash_is_a_reason_and_not_remembered(tmp_path, monkeypatch):
    tracks = songs(tmp_path / "songs", 1)

    def crash(work, jobs, **options):
        return ((job, workers.WorkerError("ends its process.")) for job in jobs)

    with monkeypatch.context() as patch:
        patch.setattr(workers, "results", crash)
        clips, (rejected,) = extract(tracks, tmp_path / "cache")
    assert clips == [] and rejected.reason == "'000.wav' ends its process."
    assert len(extract(tracks, tmp_path / "cache")[0]) == 1


@pytest.mark.parametrize("harm", ["changed", "removed"])
def test_a_file_that_changes_while_it_is_read_is_no_record_of_either(
    harm, tmp_path, monkeypatch
):
    tracks = songs(tmp_path / "songs", 2)
    real = workers.results

    def meanwhile(work, jobs, **options):
        for job, result in real(work, jobs, **options):
            if job[1] == tracks[0].path and harm == "changed":
                soundfile.write(job[1], np.zeros(9000), 22050)
            elif job[1] == tracks[0].path:
                job[1].unlink()
            yield job, result

    monkeypatch.setattr(workers, "results", meanwhile)
    clips, (rejected,) = extract(tracks, tmp_path / "cache")
    assert [clip.track for clip in clips] == [tracks[1]]
    assert "was changed or removed while it was read" in rejected.reason
    monkeypatch.undo()
    if harm == "changed":
        clips, _ = extract(tracks, tmp_path / "cache")
        assert clips[0].duration_s == pytest.approx(9000 / 22050, abs=1e-3)
