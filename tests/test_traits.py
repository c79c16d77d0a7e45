"""What can be heard, against sounds whose traits are known."""

import librosa
import numpy as np
import pytest

from vaejax import audio, corpus, features, songbook, traits
from vaejax.core import Track
from vaejax.features import Clip

RATE_HZ, HOP = 22050, 512
BANK = audio.mel_bank(sample_rate_hz=RATE_HZ, n_fft=2048, hop=HOP, n_mels=128)


def of(samples: np.ndarray, bank: audio.MelBank = BANK) -> traits.Traits:
    samples = samples.astype(np.float32)
    mel = audio.log_mel(samples, bank)
    level = audio.level_db(samples)
    return traits.of_clip(mel, level_db=level, sample_rate_hz=RATE_HZ, hop=bank.hop)


def of_clips(clips, folder):
    how = {"sample_rate_hz": RATE_HZ, "hop": HOP, "cache_dir": folder / "cache"}
    found = traits.of_clips(clips, **how)
    again = traits.of_clips(clips, **how)  # from the cache
    for name, values in found.items():
        np.testing.assert_array_equal(values, again[name])
    return found


def tone(hz: float, duration_s: float = 4.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(int(duration_s * RATE_HZ)) / RATE_HZ)


def noise(duration_s: float = 10.0, seed: int = 0) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).normal(size=int(duration_s * RATE_HZ))


def clicks(bpm: float, duration_s: float = 10.0, every: int = 4) -> np.ndarray:
    """Bursts of noise on each beat, the first of every bar louder."""
    samples = np.zeros(int(duration_s * RATE_HZ))
    burst = np.random.default_rng(0).normal(size=400) * np.exp(-np.arange(400) / 80)
    for beat, at in enumerate(np.arange(0, duration_s - 0.1, 60 / bpm)):
        start = int(at * RATE_HZ)
        samples[start : start + 400] += burst * (0.5 if beat % every == 0 else 0.3)
    return samples


@pytest.mark.parametrize("bpm", [85, 97.3, 120, 143])
def test_clicks_have_the_tempo_they_are_played_at(bpm):
    assert of(clicks(bpm)).tempo_bpm == pytest.approx(bpm, rel=0.015)


@pytest.mark.parametrize("bpm", [50, 60, 180, 220])
def test_very_slow_and_very_fast_clicks_have_it_or_an_octave_of_it(bpm):
    octaves = np.log2(of(clicks(bpm)).tempo_bpm / bpm)
    assert abs(octaves - round(octaves)) < 0.03 and abs(octaves) < 1.1


@pytest.mark.parametrize("hop", [256, 1024])
def test_the_tempo_does_not_depend_on_the_frames(hop):
    bank = audio.mel_bank(sample_rate_hz=RATE_HZ, n_fft=2048, hop=hop, n_mels=64)
    assert of(clicks(110), bank).tempo_bpm == pytest.approx(110, rel=0.02)


def test_songs_of_the_songbook_have_their_tempo_or_an_octave_of_it(tmp_path):
    songbook.render(tmp_path / "songs", n_songs=40, duration_s=10.0, n_workers=1)
    tracks = corpus.read(tmp_path / "songs", allow_outside=False).tracks
    clips, _ = features.extract(
        tracks,
        cache_dir=tmp_path / "cache",
        n_workers=1,
        sample_rate_hz=RATE_HZ,
        duration_s=10.0,
        crop="start",
        n_fft=2048,
        hop=HOP,
        n_mels=128,
        n_mfcc=13,
    )
    found = of_clips(clips, tmp_path)
    true = np.array([float(clip.track.columns["tempo_bpm"]) for clip in clips])
    ratio = found["tempo_bpm"] / true
    right = abs(ratio - 1) < 0.04
    octave = right | (abs(ratio / 2 - 1) < 0.04) | (abs(ratio * 2 - 1) < 0.04)
    assert right.mean() > 0.75 and octave.mean() > 0.95
    levels = [float(clip.track.columns["level_db"]) for clip in clips]
    np.testing.assert_allclose(found["loudness_db"], levels, atol=1)


@pytest.mark.parametrize("hz", [220.0, 440.0, 1000.0, 5000.0])
def test_a_pure_tone_is_as_bright_as_its_frequency(hz):
    assert of(tone(hz)).brightness_hz == pytest.approx(hz, rel=0.03)


def test_brightness_is_the_centroid_of_the_spectrum():
    samples = np.convolve(noise(), np.ones(3) / 3, mode="same").astype(np.float32)
    power = np.abs(librosa.stft(samples, n_fft=2048, hop_length=HOP)) ** 2
    reference = librosa.feature.spectral_centroid(S=power, sr=RATE_HZ).mean()
    assert of(samples).brightness_hz == pytest.approx(reference, rel=0.02)


def test_frames_that_are_not_loud_say_nothing_of_brightness():
    samples = np.concatenate([tone(500), 1e-3 * tone(5000)])
    assert of(samples).brightness_hz == pytest.approx(500, rel=0.05)


def test_a_tone_is_harmonic_clicks_are_not_and_noise_is_between():
    assert of(tone(440)).harmonic_share > 0.98
    assert of(clicks(120)).harmonic_share < 0.02
    assert of(noise()).harmonic_share == pytest.approx(0.5, abs=0.02)
    mixed = of(tone(440, 10) / 10 + clicks(120)).harmonic_share
    assert 0.1 < mixed < 0.9


def test_medians_are_those_of_scipy():
    from scipy.ndimage import median_filter

    rows = np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32)
    reference = median_filter(rows, size=(1, 7), mode="mirror")
    np.testing.assert_array_equal(traits._medians(rows, 7), reference)


def test_the_autocorrelation_is_that_of_its_definition():
    x = np.random.default_rng(0).normal(size=50)
    centred = x - x.mean()
    found = traits._autocorrelation(x)
    for lag in (0, 1, 10, 30):
        pairs = (centred[: 50 - lag] * centred[lag:]).mean()
        assert found[lag] == pytest.approx(pairs / centred.var())


@pytest.mark.parametrize("samples", [tone(440, 10), noise(), noise(seed=1)])
def test_what_has_no_beat_has_no_tempo(samples):
    assert np.isnan(of(samples).tempo_bpm)


def test_silence_has_no_traits():
    assert np.isnan(of(np.zeros(4 * RATE_HZ))).all()


@pytest.mark.parametrize("n", [1, 2, 600, 5000, 3 * RATE_HZ - 5000])
def test_a_clip_too_short_for_a_trait_lacks_it(n):
    found = of(clicks(120)[:n])
    assert np.isnan(found.tempo_bpm)
    assert np.isnan(found.harmonic_share) == (n < 0.35 * RATE_HZ)
    assert np.isfinite(found.brightness_hz) and np.isfinite(found.loudness_db)


def test_many_clips_are_columns_of_numbers(tmp_path):
    track = Track("a", None, "a.wav", "a", "", "", {}, {})
    mel = audio.log_mel(clicks(100).astype(np.float32), BANK)
    flat = np.zeros((9, 128), np.float32)
    clips = [
        Clip(track, mel, mel, 10.0, -12.5, ""),
        Clip(track, flat, flat, 0.2, -120.0, "silent"),
    ]
    found = of_clips(clips, tmp_path)
    assert tuple(found) == traits.Traits._fields
    assert found["loudness_db"][0] == -12.5 and np.isnan(found["loudness_db"][1])
    assert found["tempo_bpm"][0] == pytest.approx(100, rel=0.02)
    none = of_clips([], tmp_path)
    assert all(values.shape == (0,) for values in none.values())
