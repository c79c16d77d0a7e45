"""Whatever a folder of songs holds: the right numbers, a note, or a reason."""

import os
import shutil
import subprocess
import sys
import unicodedata
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import shared

from vaejax import audio, decode, mpeg
from vaejax.audio import CROPS, AudioError, UnavailableError, log_mel, mel_bank, mfcc

RATE = 22050
DEFAULTS = {"sample_rate_hz": RATE, "duration_s": 30.0, "crop": "start"}
BANK = {"sample_rate_hz": RATE, "n_fft": 2048, "hop": 512, "n_mels": 128}


def music(duration_s: float, rate_hz: int = RATE, channels: int = 1) -> np.ndarray:
    """Decaying notes over noise, others in each channel, [n, channels]."""
    rng = np.random.default_rng(0)
    time = np.arange(round(duration_s * rate_hz))[:, None] / rate_hz
    pitch = 220.0 * 2 ** (rng.integers(0, 24, (1, channels)) / 12)
    notes = np.sin(2 * np.pi * pitch * time) * np.exp(-3 * (time % 0.5))
    noise = rng.normal(size=(len(time), channels)) * 0.02
    return (0.3 * notes + noise).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate_hz: int = RATE, **options) -> Path:
    # In blocks: libsndfile overruns its stack when Vorbis gets a minute at once.
    channels = samples.shape[1] if samples.ndim > 1 else 1
    with soundfile.SoundFile(path, "w", rate_hz, channels, **options) as file:
        for at in range(0, len(samples), RATE):
            file.write(samples[at : at + RATE])
    return path


def read(path: Path, **changes) -> audio.Recording:
    return audio.read(path, **(DEFAULTS | changes))


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    return path


def assert_finite_features(samples: np.ndarray) -> None:
    mel = log_mel(samples, mel_bank(**BANK))
    assert mel.shape == (1 + len(samples) // 512, 128) and mel.dtype == np.float32
    assert np.isfinite(mel).all() and mel.max() == 0 and mel.min() >= -80
    cepstrum = mfcc(mel, n_mfcc=40)
    assert cepstrum.shape == (len(mel), 120) and np.isfinite(cepstrum).all()


# The numbers are librosa's.


@pytest.mark.parametrize(
    "n_fft, hop, n_mels, rate_hz, n",
    [
        (2048, 512, 128, 22050, 220_500),
        (1024, 256, 64, 16000, 48_001),
        (512, 512, 40, 8000, 8000),
        (400, 160, 80, 16000, 12_345),
        (2048, 512, 128, 22050, 700),
        (2048, 512, 128, 22050, 1),
    ],
)
def test_log_mel_is_that_of_librosa(n_fft, hop, n_mels, rate_hz, n):
    import librosa

    samples = music(max(1.0, n / rate_hz), rate_hz)[:n, 0]
    bank = mel_bank(sample_rate_hz=rate_hz, n_fft=n_fft, hop=hop, n_mels=n_mels)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "n_fft=.* is too large")
        power = librosa.feature.melspectrogram(
            y=samples, sr=rate_hz, n_fft=n_fft, hop_length=hop, n_mels=n_mels
        )
    expected = librosa.power_to_db(power, ref=np.max, top_db=80.0).T
    np.testing.assert_allclose(log_mel(samples, bank), expected, atol=0.01)


def librosa_mfcc(mel: np.ndarray, n_mfcc: int) -> np.ndarray:
    import librosa

    cepstrum = librosa.feature.mfcc(S=mel.T, n_mfcc=n_mfcc)
    deltas = [librosa.feature.delta(cepstrum, order=order) for order in (1, 2)]
    return np.concatenate([cepstrum, *deltas]).T


@pytest.mark.parametrize("n_mfcc", [1, 13, 40])
@pytest.mark.parametrize("duration_s", [0.2, 1.0, 5.0])
def test_mfcc_and_deltas_are_those_of_librosa(n_mfcc, duration_s):
    mel = log_mel(music(duration_s)[:, 0], mel_bank(**BANK))
    expected = librosa_mfcc(mel, n_mfcc)
    np.testing.assert_allclose(mfcc(mel, n_mfcc=n_mfcc), expected, atol=1e-3)


def librosa_load(path: Path, **options) -> np.ndarray:
    import librosa

    with warnings.catch_warnings():  # until Python 3.13, of its optional backends
        warnings.filterwarnings("ignore", ".* slated for removal", DeprecationWarning)
        return librosa.load(path, sr=RATE, mono=True, **options)[0]


def test_a_real_clip_has_the_features_that_librosa_gives_it():
    import librosa

    path = sorted((shared("music") / "audio").rglob("*.ogg"))[0]
    samples = librosa_load(path, duration=30.0)
    power = librosa.feature.melspectrogram(y=samples, sr=RATE)
    expected = librosa.power_to_db(power, ref=np.max, top_db=80.0).T
    mel = log_mel(read(path).samples, mel_bank(**BANK))
    np.testing.assert_allclose(mel, expected, atol=0.01)
    expected = librosa_mfcc(expected, 40)
    np.testing.assert_allclose(mfcc(mel, n_mfcc=40), expected, atol=0.01)


@pytest.mark.parametrize("t", range(1, 9))
def test_a_clip_shorter_than_nine_frames_has_the_deltas_of_a_line(t):
    # The first cosine sums over 4 bands of equal height: 4 / sqrt(4) = 2 per step.
    mel = np.repeat(3.0 * np.arange(t)[:, None], 4, axis=1).astype(np.float32)
    slope = mfcc(mel, n_mfcc=1)[:, 1]
    np.testing.assert_allclose(slope, 6.0 if t >= 3 else 0.0, atol=1e-4)
    np.testing.assert_allclose(mfcc(mel, n_mfcc=1)[:, 2], 0.0, atol=1e-4)


@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_samples_are_those_of_librosa(tmp_path, rate_hz, channels):
    path = write(tmp_path / "a.wav", music(1.37, rate_hz, channels), rate_hz)
    expected = librosa_load(path, duration=1.0)
    samples, note = read(path, duration_s=1.0)
    assert note == "" and samples.dtype == np.float32
    np.testing.assert_allclose(samples, expected, atol=1e-6)


def test_level_is_that_of_the_mean_square():
    assert audio.level_db(np.full(100, 0.1, np.float32)) == pytest.approx(-20)
    assert audio.level_db(np.zeros(100, np.float32)) == -120


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


# Odd signals.


def test_channels_that_cancel_give_the_stronger_one_and_a_note(tmp_path):
    left = music(1.0)
    path = write(tmp_path / "a.wav", np.hstack([left, -left]))
    samples, note = read(path)
    np.testing.assert_allclose(samples, left[:, 0], atol=1e-4)
    assert note == "the channels cancel each other; channel 1 of 2 is used"
    third = np.hstack([0.5 * left, 0.5 * left, -left])
    samples, note = read(write(tmp_path / "b.wav", third))
    assert "channel 3 of 3" in note


def test_silence_is_used_and_noted(tmp_path):
    samples, note = read(write(tmp_path / "a.wav", np.zeros((RATE, 2))))
    assert note == "silent" and len(samples) == RATE
    assert_finite_features(samples)


@pytest.mark.parametrize("n", [1, 2, 220, 2047])
@pytest.mark.parametrize("rate_hz", [RATE, 96000])
def test_less_than_a_frame_is_used(tmp_path, n, rate_hz):
    samples, _ = read(write(tmp_path / "a.wav", music(1.0)[:n], rate_hz))
    assert len(samples) == -(-n * RATE // rate_hz)
    assert_finite_features(samples)


def test_float_samples_beyond_full_scale_are_kept(tmp_path):
    loud = music(1.0) * 50
    samples, note = read(write(tmp_path / "a.wav", loud, subtype="FLOAT"))
    assert note == "" and samples.max() == loud.max() > 1
    assert_finite_features(samples)


@pytest.mark.parametrize(
    "value, reason",
    [
        (np.nan, "3 of 22050 samples are NaN or infinite"),
        (np.inf, "3 of 22050 samples are NaN or infinite"),
        (-1e30, "has samples up to 1e\\+30; full scale is 1"),
    ],
)
def test_samples_that_are_no_sound_are_refused(tmp_path, value, reason):
    samples = music(1.0)
    samples[5:8] = value
    path = write(tmp_path / "a.wav", samples, subtype="FLOAT")
    with pytest.raises(AudioError, match=reason):
        read(path)


def test_a_header_without_samples_is_refused(tmp_path):
    needs_ffmpeg()
    with pytest.raises(AudioError, match="holds no samples"):
        read(write(tmp_path / "a.wav", np.zeros((0, 1))))


def test_an_absurd_sample_rate_is_refused(tmp_path):
    path = write(tmp_path / "a.wav", music(1.0), 10)
    with pytest.raises(AudioError, match="states 10 samples a second"):
        read(path)


# What is no audio.


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "is empty \\(0 bytes\\)"),
        (b"\n<!DOCTYPE html><html>404", "is an HTML page"),
        (b"\xef\xbb\xbf<HTML lang=en>", "is an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b"#EXTM3U\n#EXTINF:1\n/etc/passwd\n", "is a text"),
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


def needs_ffmpeg() -> str:
    program = decode.ffmpeg()
    if program is None:
        pytest.skip("There is no ffmpeg here.")
    return program


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


# Workers.


def test_what_workers_import_stays_light():
    code = (
        "import sys, pathlib, numpy as np, soundfile\n"
        "from vaejax import audio, store, workers\n"
        "samples = np.ones(4096, np.float32)\n"
        "slab = (0, 1, 0, 2, samples[:2, None])\n"
        "bank = audio.MelBank(512, samples[:2048], 1, [slab])\n"
        "audio.mfcc(audio.log_mel(samples, bank), n_mfcc=1)\n"
        "heavy = {'jax', 'librosa', 'numba', 'sklearn', 'scipy.signal', 'absl'}\n"
        "print(heavy & set(sys.modules))\n"
    )
    root = Path(audio.__file__).parents[1]
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
