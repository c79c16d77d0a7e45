"""What the songs of the embedded collection sound like."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GroupKFold, cross_val_score

from vaejax.songbook import band, mix, voices
from vaejax.songbook.instruments import SAMPLE_RATE_HZ
from vaejax.songbook.plan import ARTIST, SOUND, generator, plan


@pytest.mark.parametrize("genre", ["dance", "rock", "hip-hop", "classical"])
def test_the_drums_beat_at_the_tempo_of_the_metadata(genre):
    song = next(song for song in plan(40, 0) if song.genre == genre)
    score = mix.score_of(song, np.random.default_rng(0), 20.0)
    on_beats = {"kick": "x...x...x...x..."}
    drums = band.drummed(
        np.random.default_rng(1), on_beats, score, pitch=1.0, n=20 * SAMPLE_RATE_HZ
    )
    envelope = np.abs(drums).reshape(-1, 63).mean(axis=1)  # 350 frames a second
    envelope -= envelope.mean()
    power = np.fft.ifft(np.abs(np.fft.fft(envelope, 2 * len(envelope))) ** 2).real
    lags = np.arange(1, len(envelope)) / (SAMPLE_RATE_HZ / 63)
    wanted = (lags > 0.3) & (lags < 1.7 * 60 / song.tempo_bpm)
    best_s = lags[wanted][np.argmax(power[1 : len(envelope)][wanted])]
    assert 60 / best_s == pytest.approx(song.tempo_bpm, rel=0.01)


def test_steps_are_sixteenths_and_the_second_of_each_pair_is_swung():
    song = plan(1, 0)[0]._replace(tempo_bpm=120.0)
    score = mix.score_of(song, np.random.default_rng(0), 2.0)
    straight = score._replace(first_beat_s=-0.25, swing=0.0)
    times = band.step_times(straight)
    assert times[0] == -0.25 and np.allclose(np.diff(times), 0.125)
    late = band.step_times(straight._replace(swing=0.2))
    assert np.allclose(late - times, np.where(np.arange(len(times)) % 2, 0.025, 0))


def test_phrases_do_not_jump_where_a_processor_rounds_otherwise(monkeypatch):
    compose, pairs = voices.compose, []

    def twice(rng, *, beat_s, **given):
        states = rng.bit_generator.state
        other = compose(rng, beat_s=beat_s * (1 + 1e-13), **given)
        rng.bit_generator.state = states
        found = compose(rng, beat_s=beat_s, **given)
        pairs.append((found.start_s, other.start_s))
        return found

    monkeypatch.setattr(voices, "compose", twice)
    for song in plan(80, 0):
        rng = generator(0, SOUND, song.index)
        singer = voices.draw_singer(generator(0, ARTIST, song.artist_index))
        score = mix.score_of(song, rng, 10.0)
        mix.sung(song, rng, singer, score, 10)
    assert len(pairs) == 80
    for found, other in pairs:
        np.testing.assert_allclose(other, found, atol=1e-9)


def test_every_song_keeps_to_its_bandwidth():
    for song in plan(8, 0):
        samples = mix.render_song(
            song._replace(bandwidth_hz=4500.0), seed=0, duration_s=2.0
        )
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
        hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ)
        assert spectrum[hz > 9000].sum() < 1e-3 * spectrum.sum()


def band_statistics(samples: np.ndarray) -> np.ndarray:
    """Mean and spread over time of the level in 40 bands: MFCC without the cosines."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, 1024)[::512]
    power = np.abs(np.fft.rfft(frames * np.hanning(1024))) ** 2
    edges = np.unique(np.geomspace(3, 512, 41).astype(int))
    level_db = 10 * np.log10(np.add.reduceat(power, edges[:-1], axis=1) + 1e-9)
    return np.concatenate([level_db.mean(axis=0), level_db.std(axis=0)])


def scores(signals, songs, label: str) -> tuple[float, float]:
    """(accuracy on artists never heard, adjusted Rand index of k-means)."""
    features = np.array([band_statistics(signal) for signal in signals])
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    truth = [getattr(song, label) for song in songs]
    accuracy = cross_val_score(
        LogisticRegression(C=0.1, max_iter=2000),
        features,
        truth,
        groups=[song.artist_index for song in songs],
        cv=GroupKFold(5),
    )
    k_means = KMeans(len(set(truth)), n_init=5, random_state=0)
    return accuracy.mean(), adjusted_rand_score(truth, k_means.fit_predict(features))


def test_genre_can_be_heard_and_clustering_it_is_not_trivial():
    songs = plan(120, 0)
    signals = [mix.render_song(song, seed=0, duration_s=3.0) / 32768 for song in songs]
    accuracy, ari = scores(signals, songs, "genre")
    print(f"genre: accuracy {accuracy:.2f} (chance .12), k-means ARI {ari:.2f}")
    assert accuracy > 0.4 and 0.08 < ari < 0.6


def test_language_can_be_heard_in_the_voice_and_clustering_it_is_not_trivial():
    songs = plan(120, 0)
    signals = []
    for song in songs:
        rng = generator(0, SOUND, song.index)
        singer = voices.draw_singer(generator(0, ARTIST, song.artist_index))
        score = mix.score_of(song, rng, 10.0)
        voice = mix.sung(song, rng, singer, score, 10 * SAMPLE_RATE_HZ)
        signals.append(voice + 1e-2 * rng.standard_normal(len(voice)))
    accuracy, ari = scores(signals, songs, "language")
    print(f"language: accuracy {accuracy:.2f} (chance .20), k-means ARI {ari:.2f}")
    assert accuracy > 0.5 and ari < 0.6


def test_the_voice_is_silent_between_its_phrases():
    song = next(song for song in plan(40, 0) if song.language == "english")
    rng = np.random.default_rng(0)
    singer = voices.draw_singer(rng)
    score = mix.score_of(song, rng, 12.0)
    voice = mix.sung(song, rng, singer, score, 12 * SAMPLE_RATE_HZ)
    loudness = np.sqrt(np.mean(voice[: 12 * 22_000].reshape(-1, 1000) ** 2, axis=1))
    assert 0.05 < np.mean(loudness < 1e-3) < 0.7
