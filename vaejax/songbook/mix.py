"""One song of the plan -> its samples: voice, band, room, and a recording's faults."""

import numpy as np
import scipy.fft
from jaxtyping import Complex, Float, Int16

from vaejax.songbook import band, lyrics, voices
from vaejax.songbook.accents import ACCENTS
from vaejax.songbook.instruments import SAMPLE_RATE_HZ, Signal
from vaejax.songbook.plan import ARTIST, SOUND, Song, generator
from vaejax.songbook.styles import EQ_HZ, KEYS, MODES, STYLES, Style

_C3_HZ = 130.8128


def score_of(song: Song, rng: np.random.Generator, duration_s: float) -> band.Score:
    """The grid, key and chords of a song; the excerpt begins anywhere in a bar."""
    style = STYLES[song.genre]
    bar_s = 240 / song.tempo_bpm
    return band.Score(
        tempo_bpm=song.tempo_bpm,
        first_beat_s=-float(rng.uniform(0, bar_s)),
        swing=style.swing,
        duration_s=duration_s,
        tonic_hz=_C3_HZ * 2.0 ** (KEYS.index(song.key) / 12),
        scale_cents=tuple(float(c) for c in MODES[song.mode]),
        chord_cents=band.chord_scale(song.mode),
        progression=style.progressions[rng.integers(len(style.progressions))],
    )


def _sung_lines(song: Song) -> list[list[lyrics.Syllable]]:
    """The lyric's lines in order, or the language's vocables where there is none."""
    if song.has_lyrics:
        lines = [line.romanized for _, part in song.sheet.sections for line in part]
    else:
        lines = list(lyrics.vocables(song.language))
    return [lyrics.syllables(song.language, line) for line in lines]


def sung(
    song: Song,
    rng: np.random.Generator,
    singer: voices.Singer,
    score: band.Score,
    n: int,
) -> Signal:
    """The dry voice, on the song's grid and in its key, in the singer's octave."""
    delivery = STYLES[song.genre].delivery
    octave = round(np.log2(singer.register_hz / score.tonic_hz))
    beat_s = 60 / song.tempo_bpm
    notes = voices.compose(
        rng,
        accent=ACCENTS[song.language],
        delivery=delivery,
        lines=_sung_lines(song),
        scale_cents=score.scale_cents,
        beat_s=beat_s,
        start_s=score.first_beat_s - beat_s * int(rng.integers(3)),
        duration_s=score.duration_s,
    )
    return voices.sing(
        rng,
        notes,
        accent=ACCENTS[song.language],
        singer=singer,
        delivery=delivery,
        tonic_hz=score.tonic_hz * 2.0**octave,
        n=n,
    )


def _ducked(pitched: Signal, score: band.Score, depth: float) -> Signal:
    """The signal pressed down on every beat and let go before the next."""
    since_s = np.arange(len(pitched)) / SAMPLE_RATE_HZ - score.first_beat_s
    beat_s = 60 / score.tempo_bpm
    return pitched * (1 - depth * np.exp(-(since_s % beat_s) / 0.12)).astype(np.float32)


def _room(rng: np.random.Generator, style: Style, n: int) -> Complex[np.ndarray, "f"]:
    """Spectrum of a room: the direct sound and a noise tail that dies away."""
    length = int(style.reverb_s * SAMPLE_RATE_HZ)
    time_s = np.arange(length, dtype=np.float32) / SAMPLE_RATE_HZ
    tail = rng.standard_normal(length, dtype=np.float32)
    tail *= np.exp(-time_s * (6.9 / style.reverb_s))
    tail *= 10 ** (style.reverb_db / 20) / np.sqrt(np.sum(tail * tail))
    tail[0] += 1
    return scipy.fft.rfft(tail, n)


def _chain(song: Song, n: int) -> tuple[Float[np.ndarray, "f"], Float[np.ndarray, "f"]]:
    """Gains over frequency: mastering and tilt, and the cut at the bandwidth."""
    hz = scipy.fft.rfftfreq(n, 1 / SAMPLE_RATE_HZ) + 1.0
    mastering_db = np.interp(np.log(hz), np.log(EQ_HZ), STYLES[song.genre].eq_db)
    tilt_db = song.tilt_db_per_octave * np.clip(np.log2(hz / 1000), -4, 4)
    rumble = 1 / np.sqrt(1 + (35 / hz) ** 4)
    cut = 1 / np.sqrt(1 + (hz / song.bandwidth_hz) ** 12)
    return 10 ** ((mastering_db + tilt_db) / 20) * rumble, cut


def _noise(rng: np.random.Generator, n: int) -> Complex[np.ndarray, "f"]:
    """Spectrum of noise between white and brown, at random."""
    white = scipy.fft.rfft(rng.standard_normal(n, dtype=np.float32))
    hz = np.maximum(scipy.fft.rfftfreq(n, 1 / SAMPLE_RATE_HZ), 40.0)
    coloured = white * (hz / 1000) ** -float(rng.uniform(0, 1))
    return coloured


def render_song(song: Song, *, seed: int, duration_s: float) -> Int16[np.ndarray, "n"]:
    """The samples of a song; the same arguments always give the same ones."""
    style = STYLES[song.genre]
    rng = generator(seed, SOUND, song.index)
    habits = generator(seed, ARTIST, song.artist_index)
    n = round(duration_s * SAMPLE_RATE_HZ)
    singer = voices.draw_singer(habits)
    studio_db = float(habits.uniform(-0.5, 0.5))  # the artist's own tilt, per octave
    score = score_of(song, rng, duration_s)
    drums, pitched = band.accompany(rng, habits, style, score, song.language, n)
    voice = sung(song, rng, singer, score, n)
    voice *= np.float32(10 ** ((style.voice_db + rng.normal(0, 2.0)) / 20))
    mixed = drums + _ducked(pitched, score, style.pump) + voice
    song = song._replace(tilt_db_per_octave=song.tilt_db_per_octave + studio_db)
    return _recorded(song, rng, style, mixed)


def _recorded(
    song: Song, rng: np.random.Generator, style: Style, mixed: Signal
) -> Int16[np.ndarray, "n"]:
    """The mix in its room, equalised, noisy, cut off, at its level, in 16 bits."""
    n = len(mixed)
    size = scipy.fft.next_fast_len(n + int(style.reverb_s * SAMPLE_RATE_HZ), real=True)
    tilt, cut = _chain(song, size)
    spectrum = scipy.fft.rfft(mixed, size) * _room(rng, style, size) * tilt
    music = scipy.fft.irfft(spectrum * cut, size)[:n]
    rms = float(np.sqrt(np.mean(music * music)))
    noise = scipy.fft.irfft(_noise(rng, size) * cut, size)[:n]
    noise_rms = float(np.sqrt(np.mean(noise * noise)))
    noisy = music / rms + noise * (10 ** (-song.snr_db / 20) / noise_rms)
    bent = style.ceiling * np.tanh(noisy / style.ceiling)
    bent *= 10 ** (song.level_db / 20) / np.sqrt(np.mean(bent * bent))
    return np.rint(bent * 32767).astype(np.int16)
