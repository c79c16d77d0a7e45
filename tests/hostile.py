"""Files that lie about their size, for tests."""

import io
import struct

import numpy as np
import soundfile

CHANNELS, RATE_HZ = 8, 655_350  # the most that FLAC can state


def flac_bomb(seconds: float) -> bytes:
    """Zeros in 8 channels at 655,350 Hz: 5 kB a second that become 21 MB."""
    content = io.BytesIO()
    how = {"format": "FLAC", "subtype": "PCM_16"}
    with soundfile.SoundFile(content, "w", RATE_HZ, CHANNELS, **how) as file:
        file.write(np.zeros((3 * 4096, CHANNELS), np.int16))
    data = content.getvalue()
    first = data.index(b"\xff\xf8")
    frame = data[first : data.index(b"\xff\xf8", first + 4)]
    n_frames = round(seconds * RATE_HZ / 4096)
    return flac_header(RATE_HZ, CHANNELS, n_frames * 4096) + frame * n_frames


def flac_header(rate_hz: int, channels: int, n_samples: int) -> bytes:
    """What a FLAC file begins with; 16 bits a sample, no checksum of the audio."""
    about = rate_hz << 44 | (channels - 1) << 41 | 15 << 36 | n_samples
    blocks = struct.pack(">HH", 4096, 4096) + bytes(6)
    return b"fLaC\x80\0\0\x22" + blocks + about.to_bytes(8, "big") + bytes(16)


def wav_header(rate_hz: int, channels: int, n_bytes: int, bits: int = 16) -> bytes:
    """What a WAV begins with, whatever of its n_bytes follows."""
    each = channels * bits // 8
    per_s = rate_hz * each % 2**32
    about = struct.pack("<HHIIHH", 1, channels, rate_hz, per_s, each % 2**16, bits)
    whole = struct.pack("<I", min(36 + n_bytes, 2**32 - 1))
    data = b"data" + struct.pack("<I", n_bytes)
    return b"RIFF" + whole + b"WAVEfmt " + struct.pack("<I", 16) + about + data


def au_header(rate_hz: int, channels: int, n_bytes: int) -> bytes:
    """What a file of Sun's begins with; 16 bits a sample."""
    return struct.pack(">4s5I", b".snd", 24, n_bytes, 3, rate_hz, channels)


def long_mp3(minutes: int) -> bytes:
    """Twelve seconds of noise, again and again; no header tells how often."""
    content = io.BytesIO()
    noise = np.random.default_rng(0).normal(size=(44_100, 2)) * 0.1
    with soundfile.SoundFile(content, "w", 44_100, 2, format="MP3") as file:
        for _ in range(12):
            file.write(noise)
    data = content.getvalue()
    return (
        data[data.index(data[:3], 4) :] * 5 * minutes
    )  # without the frame of the header
