"""Sound from spectrograms: what survives, what never happens."""

import numpy as np
import pytest
import soundfile

from vaejax import audio, inputs
from vaejax.generation import sound

RATE_HZ, N_FFT, HOP = 22050, 1024, 256
BANK = {"sample_rate_hz": RATE_HZ, "n_fft": N_FFT, "hop": HOP}


def log_mel(samples: np.ndarray, n_mels: int = 64) -> np.ndarray:
    return audio.log_mel(
        samples.astype(np.float32), audio.mel_bank(**BANK, n_mels=n_mels)
    )


def tones(*hz: float, n: int = RATE_HZ) -> np.ndarray:
    t = np.arange(n) / RATE_HZ
    return sum(0.2 * np.sin(2 * np.pi * f * t) for f in hz)


def band_edges(hz: float, n_mels: int = 64) -> tuple[float, float]:
    """The lower and upper end of the band whose centre is nearest, by librosa."""
    from librosa import mel_frequencies

    edges = mel_frequencies(n_mels + 2, fmin=0, fmax=RATE_HZ / 2)
    band = 1 + np.abs(edges[1:-1] - hz).argmin()
    return edges[band - 1], edges[band + 1]


@pytest.mark.parametrize("hz", [[440.0], [1000.0], [3520.0], [262.0, 660.0, 1568.0]])
def test_a_tone_and_a_chord_come_back_within_their_bands(hz):
    heard = sound.from_log_mel(log_mel(tones(*hz)), **BANK)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    places = np.fft.rfftfreq(len(heard), 1 / RATE_HZ)
    inside = np.zeros(len(places), bool)
    for f in hz:
        low, high = band_edges(f)
        own = (places >= low) & (places <= high)
        assert spectrum[own].max() > 0.3 * spectrum.max()
        inside |= own
    assert inside[spectrum.argmax()]
    assert (spectrum[inside] ** 2).sum() > 0.8 * (spectrum**2).sum()


def test_the_spectrogram_of_the_sound_is_near_the_one_it_was_made_from():
    pulse = tones(440.0, 2000.0) * (np.arange(RATE_HZ) // 4000 % 2)
    mel = log_mel(pulse)
    again = log_mel(sound.from_log_mel(mel, **BANK))[: len(mel)]
    loud = mel[: len(again)] > -30
    assert np.abs(again - mel[: len(again)])[loud].mean() < 4


@pytest.mark.parametrize("n", [1, 100, 300, 5000])
def test_a_frame_lasts_a_hop_however_few_there_are(n):
    mel = log_mel(tones(440.0, n=n))
    assert len(mel) == 1 + n // HOP
    heard = sound.from_log_mel(mel, **BANK)
    assert heard.shape == (len(mel) * HOP,)
    assert np.isfinite(heard).all()


@pytest.mark.parametrize("bands", [4, 40])
def test_nothing_clips_whatever_is_decoded(bands):
    rng = np.random.default_rng(bands)
    for mel in (
        rng.normal(-20, 30, (20, bands)),  # beyond both ends of the scale
        np.where(rng.random((20, bands)) < 0.02, 0.0, -80.0),  # clicks
    ):
        heard = sound.from_log_mel(mel, **BANK)
        assert np.abs(heard).max() <= sound.PEAK
        assert np.sqrt(np.mean(heard**2)) <= sound.LOUDNESS * 1.001


@pytest.mark.parametrize("mel", [log_mel(np.zeros(4000)), np.full((9, 64), -80.0)])
def test_silence_stays_silence(mel):
    heard = sound.from_log_mel(mel, **BANK)
    assert heard.shape == (len(mel) * HOP,) and not heard.any()


def test_a_spectrogram_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        sound.from_log_mel(np.full((3, 8), np.nan), **BANK)


def test_quiet_samples_are_raised_and_no_samples_stay_none():
    heard = sound.levelled(1e-4 * tones(440.0))
    np.testing.assert_allclose(np.sqrt(np.mean(heard**2)), 0.1, rtol=1e-3)
    assert sound.levelled(np.zeros(0)).shape == (0,)


def test_averaged_frames_go_back_to_where_they_came_from():
    ramp = np.arange(12.0)[:, None] * [1.0, -2.0]
    averaged = ramp.reshape(4, 3, 2).mean(axis=1)  # as `inputs.image` does
    again = sound.at_every_hop(averaged, step=3)
    np.testing.assert_allclose(again[1:-1], ramp[1:-1])  # ends have one neighbour
    np.testing.assert_array_equal(sound.at_every_hop(ramp, step=1), ramp)


def test_frames_averaged_by_a_dataset_last_as_long_again():
    class Clip:
        mel = np.random.default_rng(0).uniform(-80, 0, (10, 4))

    averaged, _ = inputs.image([Clip], "mel", 4)
    again = sound.at_every_hop(averaged[0], step=4)
    assert again.shape == (12, 4)
    np.testing.assert_allclose(again[1:3].mean(axis=0), averaged[0, 0], atol=8)


def test_a_wav_file_is_16_bit_mono_at_the_rate_asked_for(tmp_path):
    samples = sound.levelled(tones(440.0))
    sound.write_wav(tmp_path / "a.wav", samples, sample_rate_hz=RATE_HZ)
    about = soundfile.info(tmp_path / "a.wav")
    assert (about.samplerate, about.channels, about.subtype) == (RATE_HZ, 1, "PCM_16")
    read, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    np.testing.assert_allclose(read, samples, atol=2**-15)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
