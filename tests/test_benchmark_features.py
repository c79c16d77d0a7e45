"""Speeds are compared on equal work."""

import numpy as np
import pytest
import soundfile

from vaejax.benchmarks import features


@pytest.mark.filterwarnings("ignore:.* slated for removal:DeprecationWarning")
def test_librosa_and_we_are_timed_on_the_same_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "ROUNDS", 1)
    for i in range(2):
        noise = np.random.default_rng(i).normal(size=(44100, 2)) * 0.1
        soundfile.write(tmp_path / f"{i}.wav", noise, 44100)
    run = features.features
    lines = list(run(root=str(tmp_path), n=2, n_workers=1))
    assert lines[0] == "2 clips, 1 processes, median of 1 rounds"
    assert float(lines[1].split()[2]) < 0.01
    assert [line.split()[0] for line in lines[2:]] == ["clips/s", "wav", "whole"]


def test_a_folder_without_audio_is_named(tmp_path):
    with pytest.raises(ValueError, match=f"--root={tmp_path} has no files named .flac"):
        list(features.features(root=str(tmp_path), n=2, n_workers=1))


def test_rendered_clips_are_half_a_minute_of_stereo(tmp_path):
    features._render(tmp_path / "00001.flac")
    found = soundfile.info(tmp_path / "00001.flac")
    assert (found.duration, found.samplerate, found.channels) == (30.0, 44100, 2)
