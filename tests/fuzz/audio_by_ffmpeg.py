"""Audio by the whole path: what libsndfile does not know goes to ffmpeg."""

import subprocess
import tempfile
from pathlib import Path

from fuzz import audio
from fuzz.mutation import mutated

from vaejax import decode

KINDS = ("m4a", "aac", "webm", "wma", "ac3", "avi", "mp2", "tta", "wv", "ts")
ERRORS = audio.ERRORS
check = audio.check_whole


def encoded(kind: str) -> bytes:
    """A tenth of a second of a tone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{kind}"
        tone = ["-f", "lavfi", "-i", "sine=d=0.1:r=44100"]
        command = [decode.ffmpeg() or "ffmpeg", "-nostdin", "-v", "error", *tone, path]
        subprocess.run(command, check=True)
        return path.read_bytes()


PLAYLISTS = [
    b"#EXTM3U\n#\xe9\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:/etc/passwd\n",
    b"ffconcat version 1.0\n#\xe9\nfile /etc/passwd\n",
]
SEEDS = [encoded(kind) for kind in KINDS] if decode.ffmpeg() else []
INPUTS = mutated(SEEDS + PLAYLISTS + audio.SEEDS, [b"moov", b"\x1aE\xdf\xa3", b"esds"])
