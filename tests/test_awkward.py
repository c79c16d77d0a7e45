"""Every awkward file of a private collection is used, noted or refused, as told.

The synthetic likes of the silent traps are in test_audio.py and test_decode.py.
"""

import csv
import re

import numpy as np
import pytest
from conftest import SHARED

from vaejax import audio, decode, features
from vaejax.audio import AudioError
from vaejax.core import Track

ROOT = SHARED / "awkward"
REFUSED = {  # what the table expects: how the reason begins
    "skip": "is a directory",
    "empty": "holds no samples",
    "undecodable": "is (no audio that decodes|an HTML|a Git LFS|a text|empty)",
    "decodes; features must be refused or cleaned": "has 2 of 44100 samples NaN",
    "partial or error": "is no audio that decodes",  # or used in part
}


def rows() -> list[dict[str, str]]:
    try:
        with (ROOT / "awkward.csv").open(encoding="utf-8", newline="") as file:
            return [row for row in csv.DictReader(file) if row["expected"] != "text"]
    except FileNotFoundError:
        return []


def promised_s(row: dict[str, str]) -> float:
    """The longer of what two programs decoded, in seconds, 30 at most."""
    heard = re.findall(r"(\d+\.\d+) s", row["soundfile_0.14"] + " " + row["ffmpeg_5.1"])
    return min(30.0, max(map(float, heard)))


def odd(name: str) -> str:
    return name.encode("unicode_escape").decode()[:60]


@pytest.fixture(scope="module")
def bank() -> audio.MelBank:
    return audio.mel_bank(sample_rate_hz=22050, n_fft=2048, hop=512, n_mels=128)


@pytest.mark.parametrize("crop", sorted(audio.CROPS))
@pytest.mark.parametrize("row", rows(), ids=lambda row: odd(row["file"]))
def test_an_awkward_file_is_treated_as_its_table_says(row, crop, bank):
    expected, path = row["expected"], ROOT / row["file"]
    if "ERR" in row["soundfile_0.14"] and decode.ffmpeg() is None:
        pytest.skip("There is no ffmpeg here.")
    try:
        samples, note = audio.read(
            path, sample_rate_hz=22050, duration_s=30.0, crop=crop
        )
    except AudioError as error:
        assert re.match(REFUSED[expected], str(error))
        return
    assert expected not in REFUSED or expected == "partial or error"
    assert len(samples) / 22050 == pytest.approx(promised_s(row), abs=0.05)
    if expected.startswith("partial") and path.name != "truncated.ogg":
        assert re.match(r"\d+\.\d\d s of \d+\.\d\d s decoded", note)
    else:  # an Ogg does not say how long it was
        assert note in ("", "silent") or note.startswith("the channels cancel")
    mel = audio.log_mel(samples, bank)
    cepstrum = audio.mfcc(mel, n_mfcc=40)
    assert mel.shape == (1 + len(samples) // 512, 128) and np.isfinite(mel).all()
    assert cepstrum.shape == (len(mel), 120) and np.isfinite(cepstrum).all()


def test_awkward_files_are_used_or_set_aside_in_processes(tmp_path):
    found = rows()
    if not found or decode.ffmpeg() is None:
        pytest.skip("There is no such collection, or no ffmpeg, here.")
    paths = [ROOT / row["file"] for row in found]
    tracks = [Track(p.name, p, p.name, p.name, "", "", {}, {}) for p in paths]
    sizes = {"sample_rate_hz": 22050, "n_fft": 2048, "hop": 512, "n_mels": 128}
    clips, rejected = features.extract(
        tracks,
        cache_dir=tmp_path,
        n_workers=2,
        **sizes,
        duration_s=30.0,
        crop="centre",
        n_mfcc=40,
    )
    reasons = {row.track_id: row.reason for row in rejected}
    for track, row in zip(tracks, found, strict=True):
        if row["expected"] in REFUSED and row["expected"] != "partial or error":
            reason = reasons.pop(track.track_id).removeprefix(f"{track.file_name!r} ")
            assert re.match(REFUSED[row["expected"]], reason)
    partial = {row["file"] for row in found if row["expected"] == "partial or error"}
    assert reasons.keys() <= partial
    assert len(clips) + len(rejected) == len(tracks)
