"""Files made to do harm cost themselves a reason, and the others nothing."""

import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hostile import (
    CHANNELS,
    RATE_HZ,
    au_header,
    flac_bomb,
    flac_header,
    long_mp3,
    wav_header,
)
from test_audio import needs_ffmpeg
from test_features import SETTINGS, songs, track

from vaejax import decode, features, workers
from vaejax.audio import AudioError, UnavailableError

TEN_HOURS_S = 36_000
LIMITS = workers.Limits(cpu_s=60, wall_s=60, memory_bytes=2**30)


# What a process may take.


def evaluated(jobs: list[str], n_workers: int = 1, **limits) -> dict[str, object]:
    limits = LIMITS._replace(**limits)
    return dict(workers.results(eval, jobs, n_workers=n_workers, limits=limits))


@pytest.mark.parametrize(
    "code, limits, reason",
    [
        ("__import__('time').sleep(30)", {"wall_s": 1}, "took over 1 s."),
        ("any(iter(int, 1))", {"cpu_s": 1}, "took over 1 s of processor time."),
        ("len(bytes(2**31))", {}, "needs over 1 GB of memory."),
        ("__import__('os').abort()", {}, "crashed the process that read it (SIGABRT)"),
        ("__import__('os')._exit(3)", {}, "ended the process that read it (exit code"),
        ("__import__('signal').raise_signal(9)", {}, "ended from outside (SIGKILL)"),
    ],
)
def test_a_job_that_takes_too_much_is_ended_and_the_reason_says_what(
    code, limits, reason
):
    found = evaluated(["1", code, "2"], **limits)
    assert (found["1"], found["2"]) == (1, 2)
    assert isinstance(found[code], workers.WorkerError) and reason in str(found[code])


def test_every_job_of_a_process_has_all_of_the_time():
    clock = "__import__('time').process_time"
    spin = (
        f"(lambda end: next(x for x in iter({clock}, 0) if x > end))({clock}() + 0.6)"
    )
    jobs = [f"{spin} * 0 + {i}" for i in range(3)]
    assert sorted(evaluated(jobs, cpu_s=1).values()) == [0, 1, 2]


def test_half_of_the_jobs_may_crash():
    jobs = [f"{i} if {i} % 2 else __import__('os').abort()" for i in range(40)]
    found = evaluated(jobs, n_workers=2)
    for i, job in enumerate(jobs):
        assert found[job] == i if i % 2 else isinstance(found[job], workers.WorkerError)


# What a file may claim.


def refused(folder: Path, data: bytes, **changes) -> str:
    """The reason for which a file is set aside, while two others are used."""
    tracks = songs(folder / "songs", 2)
    bad = folder / "songs" / "bad"
    bad.write_bytes(data)
    clips, (rejected,) = features.extract(
        [tracks[0], track(bad), tracks[1]],
        cache_dir=folder / "cache",
        n_workers=1,
        **SETTINGS | changes,
    )
    assert [clip.track for clip in clips] == tracks
    return rejected.reason


@pytest.mark.parametrize("crop", sorted(decode.CROPS))
@pytest.mark.parametrize(
    "data, reason",
    [
        (wav_header(44_100, 2, 2**31 - 1), "holds no samples"),
        (wav_header(2**31 - 1, 1, 100) + bytes(100), "states 2147483647 samples a sec"),
        (wav_header(44_100, 1024, 2**20) + bytes(2**20), "states 1024 channels"),
        (wav_header(44_100, 65_535, 2**31) + bytes(99), "is no audio that decodes"),
        (au_header(44_100, 2, 2**31 - 1), "holds no samples"),
        (au_header(1, 1, 100) + bytes(100), "states 1 samples a second"),
        (au_header(2**32 - 1, 1, 100) + bytes(100), "is no audio that decodes"),
        (flac_header(44_100, 2, TEN_HOURS_S * 44_100), "holds no samples"),
        (flac_header(0, 2, 2**36 - 1) + bytes(64), "is no audio that decodes"),
    ],
    ids=lambda value: value[:4].decode() if isinstance(value, bytes) else "",
)
def test_a_header_that_claims_too_much_is_refused(tmp_path, data, reason, crop):
    needs_ffmpeg()
    started = time.monotonic()
    assert reason in refused(tmp_path, data, crop=crop)
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("crop", sorted(decode.CROPS))
def test_a_bomb_gives_a_window_within_the_limits(tmp_path, crop):
    (tmp_path / "songs").mkdir()
    path = tmp_path / "songs" / "bomb.flac"
    path.write_bytes(flac_bomb(40))
    assert path.stat().st_size < 2.4e5 < 40 * RATE_HZ * CHANNELS * 2 / 1000
    (clip,), _ = features.extract(
        [track(path)], cache_dir=tmp_path, n_workers=1, **SETTINGS | {"crop": crop}
    )
    assert clip.duration_s == 1.0 and clip.note == "silent"


def test_a_bomb_that_does_not_fit_is_set_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "MEMORY_BYTES", 2**28)
    reason = refused(tmp_path, flac_bomb(60), duration_s=60.0)
    assert reason == "'bad' needs over 0.484 GB of memory."


def test_a_file_that_takes_too_long_is_set_aside(tmp_path, monkeypatch):
    limits = LIMITS._replace(cpu_s=1)
    monkeypatch.setattr(features, "limits", lambda duration_s: limits)
    reason = refused(tmp_path, long_mp3(30), duration_s=1800.0)
    assert reason == "'bad' took over 1 s of processor time."


def test_what_ffmpeg_writes_and_takes_is_bounded(tmp_path, monkeypatch):
    needs_ffmpeg()
    path = tmp_path / "a"
    path.write_bytes(flac_bomb(1200))
    monkeypatch.setattr(decode, "TEMPORARY_BYTES", 2**24)
    with decode.reading(path) as file:
        found = decode._by_ffmpeg(file, 1.0, decode.CROPS["loudest"])
    assert len(found.frames) == pytest.approx(2**24 / 4 / CHANNELS, rel=0.01)
    monkeypatch.setattr(decode, "TEMPORARY_BYTES", 2**35)
    monkeypatch.setattr(decode, "FFMPEG_CPU_S", 1)
    with decode.reading(path) as file:
        with pytest.raises(UnavailableError, match="ffmpeg took over 1 s of processor"):
            decode._by_ffmpeg(file, 1.0, decode.CROPS["loudest"])


@pytest.mark.parametrize(
    "listing",
    [
        b"#EXTM3U\n#\xe9\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:%s\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\n#\xe9\nfile '%s'\n",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=\xe9\r\nc=IN IP4 127.0.0.1\r\n"
        b"m=audio 9 RTP/AVP 0\r\na=%s\r\n",
    ],
)
def test_a_playlist_leads_to_no_other_file(tmp_path, listing):
    needs_ffmpeg()
    soundfile.write(tmp_path / "other.mp3", np.full(9000, 0.1), 22050)
    path = tmp_path / "list"
    path.write_bytes(listing % bytes(tmp_path / "other.mp3"))
    with pytest.raises(AudioError, match="is a playlist"):
        decode.window(path, duration_s=1.0, crop="start")


def test_a_file_of_absurd_size_is_not_read(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")
    with path.open("r+b") as file:
        file.truncate(decode.LARGEST_BYTES + 1)  # takes no space on the disk
    _, (rejected,) = features.extract(
        [track(path)], cache_dir=tmp_path / "cache", n_workers=1, **SETTINGS
    )
    assert (
        rejected.reason == "'a.wav' has 32 GB; at most 32 are read. Cut it into songs."
    )


def test_extraction_keeps_nothing_of_a_file_in_memory(tmp_path):
    tracks = songs(tmp_path / "songs", 70, duration_s=1.0)
    settings = SETTINGS | {"hop": 8}  # 125 KB of features a file
    peaks = []
    for n in (20, 70):
        tracemalloc.start()
        clips, _ = features.extract(
            tracks[:n], cache_dir=tmp_path / f"{n}", n_workers=1, **settings
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    each = clips[0].mel.nbytes + clips[0].mfcc.nbytes
    assert (peaks[1] - peaks[0]) / 50 < each / 20
