"""Features of audio: librosa's own functions and ours, in rounds that alternate.

Worker processes import this module, so it stays light.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import fmean, median

import numpy as np
import soundfile

from vaejax import audio, workers

ROUNDS = 3
SAMPLE_RATE_HZ = 22050
FRAMES = {"sample_rate_hz": SAMPLE_RATE_HZ, "n_fft": 2048, "hop": 512, "n_mels": 128}
STRETCH = {"duration_s": 30.0, "crop": "start"}
N_MFCC = 40
KINDS = ("wav", "flac", "ogg", "mp3")
WHOLE = "whole run"

Rates = dict[str, float]  # clips per second, by file format


def features(*, root: str, n: int, n_workers: int) -> Iterator[str]:
    """Log-mel, MFCC and deltas of 30 s clips: librosa's own functions, and ours.

    Yields the lines of a table of clips per second: by file format, while the processes
    work; then of the whole run, with their start, checksums and a new cache.

    Args:
      root: a folder of audio; "" renders clips of 44.1 kHz stereo.
      n: number of clips.
      n_workers: processes, the same for both, with one thread each.
    """
    analyse = _analyse()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = _found(root, n) if root else _rendered(folder, n, n_workers)
        yield f"{len(paths)} clips, {n_workers} processes, median of {ROUNDS} rounds"
        yield _difference(analyse, paths[:: len(paths) // 8 + 1])
        rounds = []
        for i in range(ROUNDS):
            plain = _rates(librosa_features, paths, n_workers)
            fast = _rates(analyse, paths, n_workers)
            fast[WHOLE] = _extracted(paths, folder / f"cache{i}", n_workers)
            rounds.append((plain, fast))
    yield from _table(rounds)


def rate_of_a_core(folder: Path, n: int) -> float:
    """Clips that are analysed in a second of processor time, over all formats.

    Args:
      folder: for the clips that are rendered.
      n: clips.
    """
    analyse, paths = _analyse(), _rendered(folder, n, 1)
    analyse(paths[0])  # loads what a process loads once
    start = time.process_time()
    for path in paths:
        analyse(path)
    return n / (time.process_time() - start)


def _analyse() -> Callable[[Path], tuple]:
    bank = audio.mel_bank(**FRAMES)
    return partial(
        audio.analyse, audio.Recipe(SAMPLE_RATE_HZ, **STRETCH, bank=bank, n_mfcc=N_MFCC)
    )


def librosa_features(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The plain way: mel spectrogram in dB [f, t]; MFCC and two deltas [d, t]."""
    import librosa

    samples, rate_hz = librosa.load(path, sr=SAMPLE_RATE_HZ, mono=True, duration=30.0)
    power = librosa.feature.melspectrogram(y=samples, sr=rate_hz)
    mel = librosa.power_to_db(power, ref=np.max)
    mfcc = librosa.feature.mfcc(S=mel, sr=rate_hz, n_mfcc=N_MFCC)
    deltas = [librosa.feature.delta(mfcc, order=order) for order in (1, 2)]
    return mel, np.concatenate([mfcc, *deltas])


def _timed(work: Callable[[Path], object], path: Path) -> tuple[int, float]:
    """The process that did the work, and its seconds."""
    start = time.perf_counter()
    work(path)
    return os.getpid(), time.perf_counter() - start


def _rates(work: Callable[[Path], object], paths: list[Path], n_workers: int) -> Rates:
    """Clips per second; those by format leave out what a process does first."""
    start = time.perf_counter()
    seen: set[int] = set()
    seconds: dict[str, list[float]] = {}
    for path, (process, elapsed_s) in workers.results(
        partial(_timed, work), paths, n_workers=n_workers
    ):
        if process in seen:
            seconds.setdefault(path.suffix[1:].lower(), []).append(elapsed_s)
        seen.add(process)
    rates = {kind: n_workers / fmean(seconds[kind]) for kind in sorted(seconds)}
    return rates | {WHOLE: len(paths) / (time.perf_counter() - start)}


def _extracted(paths: list[Path], cache_dir: Path, n_workers: int) -> float:
    """Clips per second of everything that a user waits for."""
    from vaejax.core import Track
    from vaejax.features import extract

    tracks = [Track(str(p), p, str(p), str(p), "", "", {}, {}) for p in paths]
    start = time.perf_counter()
    options = FRAMES | STRETCH | {"n_mfcc": N_MFCC}
    extract(tracks, cache_dir=cache_dir, n_workers=n_workers, **options)
    return len(paths) / (time.perf_counter() - start)


def _difference(analyse: Callable, paths: list[Path]) -> str:
    """Both compute the same, or their speed means nothing."""
    pairs = [(analyse(path)[0], librosa_features(path)) for path in paths]
    mel, mfcc = (
        max(float(abs(ours[i] - plain[i].T).max()) for ours, plain in pairs)
        for i in (0, 1)
    )
    return f"largest difference: {mel:.1e} dB in mel, {mfcc:.1e} in MFCC and deltas"


def _table(rounds: list[tuple[Rates, Rates]]) -> Iterator[str]:
    yield f"{'clips/s':12}{'librosa':>9}{'vaejax':>9}{'ratio':>7}  in each round"
    for kind in [kind for kind in rounds[0][0] if kind in rounds[0][1]]:
        plain, fast = ([both[i][kind] for both in rounds] for i in (0, 1))
        ratios = [ours / theirs for theirs, ours in zip(plain, fast, strict=True)]
        each = " ".join(f"{ratio:.2f}" for ratio in ratios)
        middle = f"{median(plain):9.1f}{median(fast):9.1f}{median(ratios):7.2f}"
        yield f"{kind:12}{middle}  {each}"


def _found(root: str, n: int) -> list[Path]:
    """At most n files of audio, evenly taken from the whole folder."""
    kinds = {f".{kind}" for kind in KINDS}
    paths = sorted(p for p in Path(root).rglob("*") if p.suffix.lower() in kinds)
    if not paths:
        raise ValueError(
            f"--root={root} has no files named {', '.join(sorted(kinds))}."
        )
    return paths[:: max(1, len(paths) // n)][:n]


def _rendered(folder: Path, n: int, n_workers: int) -> list[Path]:
    paths = [folder / f"{i:05d}.{KINDS[i % len(KINDS)]}" for i in range(n)]
    return [path for path, _ in workers.results(_render, paths, n_workers=n_workers)]


def _render(path: Path) -> None:
    """Half a minute of decaying notes and noise, other notes in every file."""
    rng = np.random.default_rng(int(path.stem))
    rate_hz, seconds = 44100, 30
    with soundfile.SoundFile(path, "w", rate_hz, 2) as file:
        for _ in range(2 * seconds):  # in blocks: Vorbis overruns its stack otherwise
            time_s = np.arange(rate_hz // 2)[:, None] / rate_hz
            pitch_hz = 110 * 2 ** (rng.integers(0, 48, (1, 2)) / 12)
            notes = np.sin(2 * np.pi * pitch_hz * time_s) * np.exp(-4 * time_s)
            file.write(0.3 * notes + 0.03 * rng.normal(size=(len(time_s), 2)))
