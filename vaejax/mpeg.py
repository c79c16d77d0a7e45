"""MP3 files that do not say how long they are.

An encoder may put a Xing, Info or VBRI header with the number of frames into the first
frame. Where it is missing, decoders guess the length from the first bit rate, and
libsndfile then stops early in a file of variable bit rate, or late behind a large tag,
without an error. Counting the frames costs about a millisecond per minute of audio.

Reference: ISO/IEC 11172-3, 2.4.1.3 (the frame header); layer III only.
"""

import mmap
import re
import struct
from itertools import product

_KBIT_S = {  # by version bits, then by index; index 0 (free format) and 15 do not walk
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    0: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = {  # MPEG-1, MPEG-2, MPEG-2.5
    3: (44100, 48000, 32000),
    2: (22050, 24000, 16000),
    0: (11025, 12000, 8000),
}
_CHAIN = 3  # frames in a row that tell a first frame from bytes that look like one


def _lengths() -> dict[bytes, int]:
    """Bytes per frame, by the second and third byte of its header."""
    table = {}
    for version, crc, bits, rate, padding, private in product(
        (0, 2, 3), (0, 1), range(1, 15), range(3), (0, 1), (0, 1)
    ):
        header = (
            0xE0 | version << 3 | 0b01 << 1 | crc,
            bits << 4 | rate << 2 | padding << 1 | private,
        )
        slots = 144_000 if version == 3 else 72_000
        per_frame = slots * _KBIT_S[version][bits] // _RATES_HZ[version][rate]
        table[bytes(header)] = per_frame + padding
    return table


_LENGTHS = _lengths()


def stated_length(data: bytes | mmap.mmap) -> bytes | None:
    """The MP3 with an Info header that states its true number of frames.

    Args:
      data: the bytes of the file, ID3 tags included.

    Returns:
      None where a header states the length already, and where no run of layer III
      frames is found.
    """
    start = _first_frame(data)
    if start is None or _has_header(data, start):
        return None
    return _info_frame(data[start : start + 4], _count(data, start)) + data[start:]


def _first_frame(data: bytes | mmap.mmap) -> int | None:
    """The position of the first of a chain of frames, behind any ID3v2 tags."""
    at = 0
    while data[at : at + 3] == b"ID3":
        size = data[at + 6 : at + 10]
        at += 10 + sum((byte & 0x7F) << 7 * (3 - i) for i, byte in enumerate(size))
    for match in re.finditer(rb"\xff[\xe0-\xff]", data[at : at + 65_536]):
        start = end = at + match.start()
        for _ in range(_CHAIN):
            length = _length(data, end)
            if not length:
                break
            end += length
        else:
            return start
    return None


def _length(data: bytes | mmap.mmap, at: int) -> int:
    """Bytes of the frame that starts here; 0 where none does."""
    return _LENGTHS.get(data[at + 1 : at + 3], 0) if data[at : at + 1] == b"\xff" else 0


def _has_header(data: bytes | mmap.mmap, start: int) -> bool:
    first = data[start : start + _length(data, start)]
    return any(tag in first[:64] for tag in (b"Xing", b"Info", b"VBRI"))


def _count(data: bytes | mmap.mmap, start: int) -> int:
    """Whole frames from here on that share the first frame's version and rate."""
    alike = (data[start + 1] & 0xFE, data[start + 2] & 0x0C)
    at, count = start, 0
    while 0 <= at < len(data) - 3:
        length = _length(data, at)
        if length and (data[at + 1] & 0xFE, data[at + 2] & 0x0C) == alike:
            at += length
            count += at <= len(data)
        else:  # damage, or a tag: on to the next byte that may start a frame
            at = data.find(b"\xff", at + 1)
    return count


def _info_frame(header: bytes, count: int) -> bytes:
    """A silent frame like the first, with the number of frames that follow it."""
    version, mono = header[1] >> 3 & 3, header[3] >> 6 == 3
    side_info = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    header = bytes([header[0], header[1] | 1]) + header[2:]  # no checksum follows
    body = header + bytes(side_info) + b"Info" + struct.pack(">II", 1, count)
    return body.ljust(_LENGTHS[header[1:3]], b"\0")
