"""The numbers are librosa's, and odd signals give finite ones or a reason."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import shared

from vaejax import audio, decode
from vaejax.audio import AudioError, log_mel, mel_bank, mfcc

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


def needs_ffmpeg() -> str:
    program = decode.ffmpeg()
    if program is None:
        pytest.skip("There is no ffmpeg here.")
    return program


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
        (np.nan, "3 of 22050 samples NaN or infinite"),
        (np.inf, "3 of 22050 samples NaN or infinite"),
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
