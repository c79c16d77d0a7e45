"""Whatever a folder of songs holds is read, in part with a note, or gets its reason."""

import os
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import soundfile
from test_audio import RATE, music, needs_ffmpeg, read, write

from vaejax import audio, decode, mpeg
from vaejax.audio import CROPS, AudioError, UnavailableError


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    return path


# Where in a long file.


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_crops_are_stretches_of_the_whole_file(tmp_path, kind):
    loud = np.repeat([0.1, 0.1, 0.1, 1.0, 1.0, 0.1], RATE)[:, None]
    path = write(tmp_path / f"a.{kind}", music(6.0) * loud.astype(np.float32))
    whole = read(path).samples
    starts_s = {"start": 0.0, "centre": 2.0, "loudest": 3.0}
    assert starts_s.keys() == CROPS.keys()
    for crop, start_s in starts_s.items():
        start = round(start_s * RATE)
        expected = whole[start : start + 2 * RATE]
        if kind == "mp3" and crop != "start":  # encoders shift by less than a frame
            start = (len(whole) - 2 * RATE) // 2 if crop == "centre" else start
            expected = whole[start : start + 2 * RATE]
        samples = read(path, duration_s=2.0, crop=crop).samples
        np.testing.assert_allclose(samples, expected, atol=2e-3)


@pytest.mark.parametrize("crop", sorted(CROPS))
def test_every_crop_copes_with_short_and_damaged_files(tmp_path, crop):
    short = write(tmp_path / "short.wav", music(0.3))
    assert len(read(short, crop=crop).samples) == round(0.3 * RATE)
    flac = cut(write(tmp_path / "a.flac", music(6.0)), 0.3)
    samples, note = read(flac, duration_s=3.0, crop=crop)
    assert 1.0 < len(samples) / RATE < 2.0
    assert "s of 3.00 s decoded" in note


# Damage.


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_a_file_cut_short_gives_what_decodes_and_a_note(tmp_path, kind):
    path = write(tmp_path / f"a.{kind}", music(6.0))
    whole = read(path).samples
    samples, note = read(cut(path, 0.5))
    assert 2.5 < len(samples) / RATE < 3.1
    heard = len(samples) - 2000
    np.testing.assert_allclose(samples[:heard], whole[:heard], atol=1e-4)
    assert note.startswith(f"{len(samples) / RATE:.2f} s of {len(whole) / RATE:.2f} s")


def test_no_note_where_the_damage_lies_behind_what_is_used(tmp_path):
    path = cut(write(tmp_path / "a.wav", music(6.0)), 0.5)
    assert read(path, duration_s=2.0).note == ""


def headless(path: Path, **options) -> tuple[Path, np.ndarray]:
    """An MP3 without its Xing header, and what it sounded like with it."""
    silence = np.zeros((3 * RATE, 1), np.float32)
    quiet_first = np.concatenate([silence, music(4.0)])
    write(path, quiet_first, **options)
    whole = read(path).samples
    data = path.read_bytes()
    start = mpeg._first_frame(data)
    path.write_bytes(data[start + mpeg._length(data, start) :])
    return path, whole


def test_an_mp3_that_does_not_state_its_length_is_read_to_its_end(tmp_path):
    options = {"bitrate_mode": "VARIABLE", "compression_level": 0.2}
    path, whole = headless(tmp_path / "a.mp3", **options)
    with soundfile.SoundFile(path) as sound:
        assert abs(sound.frames / len(whole) - 1) > 0.1, (
            "libsndfile has learnt to count"
        )
    samples, note = read(path)
    assert note == ""
    assert abs(len(samples) - len(whole)) < 3 * 1152
    assert np.abs(samples[-RATE:]).max() > 0.1
    for crop in CROPS:
        assert len(read(path, duration_s=2.0, crop=crop).samples) == 2 * RATE


def test_a_tag_behind_an_mp3_does_not_count_as_music(tmp_path):
    path, whole = headless(tmp_path / "a.mp3", bitrate_mode="CONSTANT")
    path.write_bytes(path.read_bytes() + b"APETAGEX" + bytes(200_000))
    samples, note = read(path)
    assert note == "" and abs(len(samples) - len(whole)) < 3 * 1152


def test_frames_are_counted_over_junk_and_not_beyond_the_end(tmp_path):
    data = headless(tmp_path / "a.mp3")[0].read_bytes()
    count = mpeg._count(data, 0)
    length = mpeg._length(data, 0)
    junk = data[:length] + b"\x00\xff\x00junk\xff" + data[length:]
    assert mpeg._count(junk, 0) == count
    assert mpeg._count(data[:-5], 0) == count - 1
    tagged = b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128) + data
    assert mpeg._first_frame(tagged) == 138
    assert mpeg.stated_length(tagged).endswith(data)
    assert mpeg.stated_length(mpeg.stated_length(data)) is None


def test_a_wav_that_was_never_finished_is_read_by_ffmpeg(tmp_path):
    needs_ffmpeg()
    path = write(tmp_path / "a.wav", music(1.0))
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = bytes(4)  # the sizes, filled in at the end of a recording
    path.write_bytes(data)
    assert len(read(path).samples) == RATE


# What is no audio.


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "is empty \\(0 bytes\\)"),
        (b"\n<!DOCTYPE html><html>404", "is an HTML page"),
        (b"\xef\xbb\xbf<HTML lang=en>", "is an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b"#EXTM3U\n#EXTINF:1\n/etc/passwd\n", "is a playlist"),
        (b"<?xml version='1.0'?>", "is an XML text"),
        (b"%PDF-1.7\n\x00", "is a PDF"),
        (b"PK\x03\x04\x00\x01", "is a ZIP archive"),
        (b"\x1f\x8b\x08\x00", "is a gzip archive"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "is a picture"),
        (bytes(10_000), "zero bytes: an unfinished download"),
    ],
)
@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a"])
def test_what_is_no_audio_is_named(tmp_path, name, content, reason):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AudioError, match=reason):
        read(path)


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.ogg", "a.vox", "a.gsm"])
def test_random_bytes_are_refused(tmp_path, name):
    needs_ffmpeg()
    path = tmp_path / name
    path.write_bytes(np.random.default_rng(0).bytes(20_000))
    with pytest.raises(AudioError, match="is no audio that decodes"):
        read(path)


def test_what_is_no_file_may_be_one_later(tmp_path):
    with pytest.raises(UnavailableError, match="does not exist"):
        read(tmp_path / "a.wav")
    with pytest.raises(UnavailableError, match="is a directory, not a file"):
        read(tmp_path)
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(UnavailableError, match="is a device or pipe"):
        read(tmp_path / "pipe.wav")
    with pytest.raises(UnavailableError, match="File name too long"):
        read(tmp_path / ("x" * 300))


# Names say nothing.


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3", "au", "aiff"])
@pytest.mark.parametrize("name", ["a", "a.wav", "a.mp3", "a.vox", "a.txt"])
def test_content_decides(tmp_path, kind, name):
    path = write(tmp_path / name, music(1.0), format=kind.upper())
    assert len(read(path).samples) == pytest.approx(RATE, abs=2500)


@pytest.mark.parametrize(
    "name",
    [
        "-leading-dash.wav",
        "emoji 🎵 track #1 50%.wav",
        unicodedata.normalize("NFC", "canción.wav"),
        unicodedata.normalize("NFD", "canción.wav"),
        "গান_\u09df.wav",
        "أغنية.wav",
        "x" * 180 + ".wav",
        os.fsdecode(b"latin-\xf1.wav"),
        "concat:a|b.wav",
    ],
)
def test_any_name_is_read_by_libsndfile_and_by_ffmpeg(tmp_path, monkeypatch, name):
    needs_ffmpeg()
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "plain.wav", music(0.5))
    (tmp_path / "plain.wav").rename(name)
    assert len(read(Path(name)).samples) == RATE // 2
    with decode.reading(Path(name)) as file:
        found = decode._by_ffmpeg(file, 30.0, CROPS["start"])
    assert len(found.frames) == RATE // 2


# ffmpeg.


def by_ffmpeg(source: Path, target: Path) -> Path:
    command = [
        needs_ffmpeg(),
        "-nostdin",
        "-v",
        "error",
        "-i",
        str(source),
        str(target),
    ]
    subprocess.run(command, check=True)
    return target


@pytest.mark.parametrize("kind", ["m4a", "aac", "webm", "wma"])
@pytest.mark.parametrize("crop", sorted(CROPS))
def test_what_libsndfile_does_not_know_goes_to_ffmpeg(tmp_path, kind, crop):
    wav = write(tmp_path / "a.wav", music(3.0, 44100, 2), 44100)
    path = by_ffmpeg(wav, tmp_path / f"a.{kind}").rename(tmp_path / "a.wav")
    samples, note = read(path, duration_s=1.0, crop=crop)
    assert len(samples) == RATE and note == ""
    assert audio.level_db(samples) == pytest.approx(-19, abs=3)


def test_what_ffmpeg_cannot_finish_is_noted(tmp_path):
    wav = write(tmp_path / "a.wav", music(6.0))
    path = cut(by_ffmpeg(wav, tmp_path / "a.mkv"), 0.5)
    samples, note = read(path)
    assert 2.5 < len(samples) / RATE < 3.5
    assert "s of 6.0" in note and "decoded" in note


@pytest.fixture
def forgetful():
    decode.ffmpeg.cache_clear()
    yield
    decode.ffmpeg.cache_clear()


def test_the_ffmpeg_of_a_package_serves_where_there_is_none(monkeypatch, forgetful):
    package = pytest.importorskip("imageio_ffmpeg")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert decode.ffmpeg() == package.get_ffmpeg_exe()


def test_without_ffmpeg_the_reason_says_how_to_get_it(tmp_path, monkeypatch, forgetful):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    path = tmp_path / "a.m4a"
    path.write_bytes(np.random.default_rng(0).bytes(2000))
    with pytest.raises(UnavailableError, match="pip install imageio-ffmpeg"):
        read(path)


def test_ffmpeg_is_stopped_when_it_takes_too_long(tmp_path, monkeypatch):
    needs_ffmpeg()
    monkeypatch.setattr(decode, "PATIENCE_S", 1e-3)
    path = tmp_path / "a.m4a"
    path.write_bytes(np.random.default_rng(0).bytes(2000))
    with pytest.raises(UnavailableError, match="ffmpeg took over 0.001 s"):
        read(path)
