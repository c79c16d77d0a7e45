"""A file -> the samples of one window of it, as recorded.

libsndfile reads from an open descriptor, so that the content decides and not the name;
what it does not know goes to ffmpeg. A file cut short gives what decodes and a note.
"""

import functools
import mmap
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import soundfile
from jaxtyping import Float32

from vaejax import mpeg

LONGEST_S = 1200.0  # how far "loudest", and "centre" through ffmpeg, look into a file
PATIENCE_S = 300.0  # after which ffmpeg is stopped; a busy machine makes it slow
FFMPEG_CPU_S = 60  # of processor time: LONGEST_S of Opus takes 5
TEMPORARY_BYTES = 2**31  # what ffmpeg may write: LONGEST_S of 7 channels at 64 kHz
LARGEST_BYTES = 2**35  # of a file: a day in stereo at 96 kHz, and a minute to read
_RATES_HZ = (1_000, 1_000_000)
_CHANNELS = 64  # of the largest format in use: ambisonics of the seventh order
_UNTRUE_SIZE = 0x7FFFF000  # from here on a WAV's size means "written to a pipe"
_SHORT_S = 0.05  # what may be missing without a note


class AudioError(ValueError):
    """The content cannot be used; the message says why, without the file's name."""


class UnavailableError(AudioError):
    """It cannot be used now, and perhaps later: a missing file, decoder, permission."""


class Window(NamedTuple):
    """A stretch of a file as recorded."""

    frames: Float32[np.ndarray, "n channels"]
    rate_hz: int
    note: str  # what a person should know about it; "" is nothing


def window(path: Path, *, duration_s: float, crop: str) -> Window:
    """At most `duration_s` of the file, from the place that `crop` chooses.

    Raises:
      AudioError: nothing decodes, or there are no samples.
    """
    with reading(path) as file:
        try:
            with soundfile.SoundFile(file.fileno(), closefd=False) as sound:
                with _with_true_length(sound, file) as sound:
                    found = _cut(sound, _stated_frames(sound), duration_s, CROPS[crop])
        except soundfile.LibsndfileError:
            found = None
        if found is None or not len(found.frames):
            file.seek(0)
            _refuse_what_is_not_audio(file.read(4096))
            file.seek(0)
            found = _by_ffmpeg(file, duration_s, CROPS[crop])
    if not len(found.frames):
        raise AudioError("holds no samples.")
    return found


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """The open file, or an AudioError with the reason."""
    try:
        seen = path.stat()
        if not stat.S_ISREG(seen.st_mode):  # a pipe would block for ever
            kind = "directory" if path.is_dir() else "device or pipe"
            raise UnavailableError(f"is a {kind}, not a file.")
        if seen.st_size > LARGEST_BYTES:
            raise AudioError(
                f"has {seen.st_size / 2**30:.0f} GB; at most {LARGEST_BYTES >> 30} are "
                "read. Cut it into songs."
            )
        # Unbuffered: libsndfile starts where the descriptor stands.
        with open(path, "rb", buffering=0) as file:
            yield file
    except FileNotFoundError:
        raise UnavailableError("does not exist.") from None
    except OSError as error:
        raise UnavailableError(f"cannot be read: {error.strerror}.") from None


@contextmanager
def _with_true_length(
    sound: soundfile.SoundFile, file: IO[bytes]
) -> Iterator[soundfile.SoundFile]:
    """The same sound, or an MP3 whose length libsndfile only guesses, mended."""
    if sound.format != "MP3":
        yield sound
        return
    # Not file.read: it would move the descriptor under libsndfile.
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        mended = mpeg.stated_length(data)
    if mended is None:
        yield sound
        return
    with soundfile.SoundFile(BytesIO(mended)) as sound:
        yield sound


def _stated_frames(sound: soundfile.SoundFile) -> int:
    """How many frames the header promises; libsndfile trims those of a WAV."""
    sizes = re.search(r"^data : (\d+) \(should be (\d+)\)", sound.extra_info, re.M)
    if sizes is None:
        return sound.frames
    promised, present = map(int, sizes.groups())
    if not 0 < present < promised < _UNTRUE_SIZE:
        return sound.frames
    return sound.frames * promised // present


def _cut(
    sound: soundfile.SoundFile, stated: int, duration_s: float, place: Callable
) -> Window:
    """The window that starts at the frame that `place` names."""
    _refuse_what_cannot_be(sound)
    rate = sound.samplerate
    wanted = max(1, round(duration_s * rate))
    first = place(sound, wanted)
    frames = _frames(sound, first, wanted)
    missing = min(wanted, stated - first) - len(frames)
    if first and missing > _SHORT_S * rate:  # cut short of the place or within it
        frames = _frames(sound, 0, wanted)
        missing = min(wanted, stated) - len(frames)
    note = ""
    if missing > _SHORT_S * rate:
        got_s, of_s = len(frames) / rate, (len(frames) + missing) / rate
        note = f"{got_s:.2f} s of {of_s:.2f} s decoded; the file is cut or damaged"
    return Window(frames, rate, note)


def _refuse_what_cannot_be(sound: soundfile.SoundFile) -> None:
    """A header may state any size, and space is taken for what it states."""
    low, high = _RATES_HZ
    if not low <= sound.samplerate <= high:
        raise AudioError(
            f"states {sound.samplerate} samples a second; expected {low} to {high}. "
            "The header is damaged."
        )
    if sound.channels > _CHANNELS:
        raise AudioError(
            f"states {sound.channels} channels; expected at most {_CHANNELS}. The "
            "header is damaged."
        )


def _frames(
    sound: soundfile.SoundFile, first: int, wanted: int
) -> Float32[np.ndarray, "n channels"]:
    """What decodes from `first` on, up to the first error."""
    wanted = max(0, min(wanted, sound.frames - first))
    out = np.empty((wanted, sound.channels), np.float32)
    try:
        sound.seek(first)
        return sound.read(out=out)
    except soundfile.LibsndfileError:
        return out[: max(0, min(sound.tell() - first, wanted))]


def _start(sound: soundfile.SoundFile, wanted: int) -> int:
    return 0


def _centre(sound: soundfile.SoundFile, wanted: int) -> int:
    return max(0, (sound.frames - wanted) // 2)


def _loudest(sound: soundfile.SoundFile, wanted: int) -> int:
    """The start, to half a second, of the window with the most energy."""
    if sound.frames <= wanted:
        return 0
    step = max(1, sound.samplerate // 2)
    energy = [0.0]
    for first in range(0, min(sound.frames, int(LONGEST_S * 2) * step), step):
        block = _frames(sound, first, step).ravel()
        energy.append(float(np.vdot(block, block)))
        if len(block) < step * sound.channels:
            break
    total = np.cumsum(energy)
    width = min(max(1, wanted // step), len(total) - 1)
    last = max(0, sound.frames - wanted)
    return min(last, step * int(np.argmax(total[width:] - total[:-width])))


CROPS = {"start": _start, "centre": _centre, "loudest": _loudest}


_NOT_AUDIO = (
    (rb"version https://git-lfs", "is a Git LFS pointer; fetch it: git lfs pull."),
    (rb"(?i)\s*<(!doctype )?html", "is an HTML page, as a failed download leaves it."),
    (rb"\s*<\?xml", "is an XML text."),
    (rb"%PDF", "is a PDF."),
    (rb"PK\x03\x04", "is a ZIP archive; unpack it."),
    (rb"\x1f\x8b", "is a gzip archive; unpack it."),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "is a picture."),
    (rb"\x00+\Z", "begins with nothing but zero bytes: an unfinished download?"),
    (rb"\Z", "is empty (0 bytes)."),
    (rb"#EXTM3U", "is a playlist: name the files that it lists."),
    (rb"[\t\n\f\r -~]+\Z", "is a text."),
)


def _refuse_what_is_not_audio(head: bytes) -> None:
    """Names the usual suspects; a text could send ffmpeg to other files."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    for pattern, reason in _NOT_AUDIO:
        if re.match(pattern, head):
            raise AudioError(reason)


@functools.cache
def ffmpeg() -> str | None:
    """The ffmpeg on the PATH, or the one that the package imageio-ffmpeg brings."""
    on_path = shutil.which("ffmpeg")
    if on_path:
        return on_path
    try:
        import imageio_ffmpeg

        return imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError):  # no package; no program for this platform
        return None


# Not those that play what another file, or an address, holds: playlists and the like.
_ONLY = (
    "3gp aa aac ac3 act aiff alac amr amrnb amrwb ape asf asf_o au avi caf dsf dts "
    "dtshd eac3 flac flv gsm iff loas m4a matroska mlp mov mp3 mp4 mpc mpc8 mpeg "
    "mpegts mpegvideo nut ogg oma qcp rm shn sln tak truehd tta voc w64 wav wv xwma"
).replace(" ", ",")


def _by_ffmpeg(file: IO[bytes], duration_s: float, place: Callable) -> Window:
    """The window, through a temporary WAV that ffmpeg writes into a pipe."""
    program = ffmpeg()
    if program is None:
        raise UnavailableError(
            "libsndfile finds no audio in it, and there is no ffmpeg to try. Install "
            "ffmpeg, or: pip install imageio-ffmpeg"
        )
    limit_s = duration_s if place is _start else max(duration_s, LONGEST_S)
    with tempfile.TemporaryFile(buffering=0) as wav:
        log = _run_ffmpeg(program, file, wav, limit_s)
        wav.seek(0)
        try:
            with soundfile.SoundFile(wav.fileno(), closefd=False) as sound:
                stated = int(_stated_s(log) * sound.samplerate) or sound.frames
                return _cut(sound, stated, duration_s, place)
        except soundfile.LibsndfileError:
            raise AudioError(f"is no audio that decodes ({_reason(log)}).") from None


def _run_ffmpeg(program: str, file: IO[bytes], wav: IO[bytes], limit_s: float) -> str:
    """Writes the first `limit_s` of the audio as a WAV; returns what ffmpeg says."""
    quiet = ["-nostdin", "-hide_banner", "-nostats", "-timelimit", f"{FFMPEG_CPU_S}"]
    # By descriptor: a name could choose the format, and a playlist find other files.
    only = ["-protocol_whitelist", "file,pipe", "-format_whitelist", _ONLY]
    source = [*only, "-i", "file:/dev/fd/0"]
    # A second more: time stamps need not start at 0.
    span = ["-map", "0:a:0", "-t", f"{limit_s + 1}", "-fs", f"{TEMPORARY_BYTES}"]
    target = [*span, "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]
    try:
        log = subprocess.run(
            [program, *quiet, *source, *target],
            stdin=file,
            stdout=wav,
            stderr=subprocess.PIPE,
            timeout=PATIENCE_S,
        ).stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"ffmpeg took over {PATIENCE_S:g} s.") from None
    if f"received signal {signal.SIGXCPU:d}" in log:
        raise UnavailableError(f"ffmpeg took over {FFMPEG_CPU_S} s of processor time.")
    if "Format not on whitelist" in log:
        raise AudioError("is a playlist, or of another format that is not read.")
    if "No space left on device" in log:
        raise UnavailableError("ffmpeg has no space for a temporary file.")
    return log


def _stated_s(log: str) -> float:
    """The duration that the container states, in seconds; 0 where it does not."""
    found = re.search(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", log, re.M)
    if found is None or "Estimating duration from bitrate" in log:
        return 0.0
    hours, minutes, seconds = map(float, found.groups())
    return 3600 * hours + 60 * minutes + seconds


def _reason(log: str) -> str:
    """What ffmpeg says in the end, without addresses and names."""
    lines = [line for line in log.splitlines() if line.strip(" .") and line[0] != " "]
    plain = [re.sub(r"^\[.*? @ \w+\] |^file:.*: ", "", line) for line in lines]
    return "ffmpeg: " + "; ".join(line.rstrip(".!") for line in plain[-2:])
