"""Audio: any bytes are refused with a reason, or have features that are finite.

Without ffmpeg, which takes a process a file; `audio_by_ffmpeg` is the whole path.
"""

import functools
import io
import os
import struct
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import soundfile
from fuzz.mutation import mutated

from vaejax import audio, decode

ERRORS = (audio.AudioError,)
HEAD = 200  # where sizes, rates and counts stand
FORMATS = (
    *(("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "IMA_ADPCM"), ("WAV", "GSM610")),
    *(("WAVEX", "PCM_24"), ("RF64", "PCM_16"), ("W64", "PCM_16"), ("AIFF", "PCM_16")),
    *(("AU", "ULAW"), ("AU", "G721_32"), ("CAF", "ALAC_16"), ("CAF", "PCM_16")),
    *(("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("VOC", "PCM_16")),
    *(("MP3", "MPEG_LAYER_III"), ("SVX", "PCM_16"), ("NIST", "PCM_16")),
    *(("IRCAM", "PCM_16"), ("PVF", "PCM_16"), ("XI", "DPCM_16"), ("HTK", "PCM_16")),
    *(("SDS", "PCM_16"), ("AVR", "PCM_16"), ("MAT5", "PCM_16"), ("MPC2K", "PCM_16")),
)


def sound(kind: str, subtype: str) -> bytes:
    """A tenth of a second of noise."""
    content = io.BytesIO()
    rate_hz = 8000 if kind in ("OGG", "MP3") else 4000
    noise = np.random.default_rng(0).normal(size=rate_hz // 10) * 0.1
    soundfile.write(content, noise, rate_hz, format=kind, subtype=subtype)
    return content.getvalue()


def headless_mp3() -> bytes:
    data = sound("MP3", "MPEG_LAYER_III")
    return b"ID3\4\0\0\0\0\0\x08" + bytes(8) + data[data.index(data[:3], 4) :]


SEEDS = [sound(*kind) for kind in FORMATS] + [headless_mp3()]
TOKENS = [
    *(b"RIFF", b"RF64", b"WAVE", b"fmt ", b"data", b"LIST", b"FORM", b"COMM", b"SSND"),
    *(b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf8", b"caff", b".snd", b"ds64"),
    *(b"smpl", b"fact", b"PEAK", b"cue ", b"bext", b"chan", b"pakt", b"kuki", b"Xing"),
    struct.pack(">d", 1e300),
    struct.pack(">d", float("nan")),
    struct.pack("<f", float("inf")),
]
INPUTS = mutated(SEEDS, TOKENS, HEAD) | mutated(SEEDS, TOKENS)


@functools.cache
def recipe(crop: str) -> audio.Recipe:
    bank = audio.mel_bank(sample_rate_hz=8000, n_fft=256, hop=128, n_mels=16)
    return audio.Recipe(8000, 2.0, crop, bank, 5)


@functools.cache
def place() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-audio-")) / f"{os.getpid()}"


def check(data: bytes) -> None:
    with mock.patch.object(decode, "ffmpeg", lambda: None):
        check_whole(data)


def check_whole(data: bytes) -> None:
    place().write_bytes(data)
    crop = sorted(audio.CROPS)[sum(data[-8:]) % len(audio.CROPS)]
    arrays, about = audio.analyse(recipe(crop), place())
    if not arrays:
        assert list(about) in (["refused"], ["unavailable"])
        reason = about.popitem()[1]
        assert 0 < len(reason.encode()) < 1000
        raise audio.AudioError(reason)
    mel, mfcc = arrays
    assert np.isfinite(mel).all() and np.isfinite(mfcc).all()
    assert len(mel) == len(mfcc) and mel.max() == 0 and mel.min() >= -80
    assert 0 < about["duration_s"] <= 2.001 and np.isfinite(about["level_db"])
