"""The content of files: SHA-256, read anew only where size, time or place changed."""

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from vaejax import audio, dask_workers, decode, store
from vaejax.workers import WorkerError

Job = tuple[int, Path, str]  # row, file, and its stamp before it is read


def of_all(
    cache: store.Store, paths: Sequence[Path], n_threads: int, scheduler: str = ""
) -> list[str]:
    """Hexadecimal, in the order of the paths; "" for a file that cannot be read.

    Args:
      cache: remembers it.
      paths: of the files.
      n_threads: that read, here.
      scheduler: of a Dask cluster on other machines that reads them instead.
    """
    found: list[bytes | None] = [known(cache, path) for path in paths]
    missing = {row: paths[row] for row, content in enumerate(found) if content is None}
    how = {"total": len(missing), "unit": "file", "disable": not missing}
    # A second's delay: a small collection needs no bar.
    rows = read(cache, missing, n_threads)
    if scheduler not in ("", dask_workers.LOCAL):
        rows = _read_by(scheduler, cache, missing)
    with tqdm(desc="reading", delay=1, mininterval=0.5, **how) as bar:
        for row, content in rows:
            found[row] = b"" if isinstance(content, audio.AudioError) else content
            bar.update()
    return [content.hex() for content in found]


def known(cache: store.Store, path: Path) -> bytes | None:
    """That of a file that has not changed since it was read, without reading it."""
    try:
        return store.known_content(cache, path, store.stamp(path))
    except OSError:
        return None


def read(
    cache: store.Store, paths: Mapping[int, Path], n_threads: int
) -> Iterator[tuple[int, bytes | audio.AudioError]]:
    """Each row's content, or why there is none, a few files ahead of whoever asks.

    The cache remembers it; what it knows comes first, and is not read.
    """
    unknown = {}
    for row, path in paths.items():
        content = known(cache, path)
        if content:
            yield row, content
        else:
            unknown[row] = path
    with ThreadPoolExecutor(n_threads) as pool:
        ahead: deque[tuple[int, Future]] = deque()
        rows = iter(unknown)
        while True:
            for row in islice(rows, 4 * n_threads - len(ahead)):
                ahead.append((row, pool.submit(_stamped, paths[row])))
            if not ahead:
                return
            row, future = ahead.popleft()
            try:
                stamp, content = future.result()
            except audio.AudioError as error:
                yield row, error
            else:
                store.remember_content(cache, paths[row], stamp, content)
                yield row, content


def _read_by(
    scheduler: str, cache: store.Store, paths: Mapping[int, Path]
) -> Iterator[tuple[int, bytes | audio.AudioError]]:
    """As `read`, by a Dask cluster. Stamps are ours: machines may see other ones."""
    stamps = {row: _stamp(path) for row, path in paths.items()}
    gone = {row: path for row, path in paths.items() if not stamps[row]}
    yield from read(cache, gone, 1)  # which says why
    jobs = ((row, paths[row].absolute(), s) for row, s in stamps.items() if s)
    how = {"n_workers": 1, "scheduler": scheduler, "n_jobs": len(stamps)}
    with closing(dask_workers.results(_hashed, jobs, **how)) as results:
        for (row, path, stamp), content in results:
            if isinstance(content, WorkerError):
                content = audio.UnavailableError(str(content))
            if isinstance(content, bytes):
                store.remember_content(cache, path, stamp, content)
            yield row, content


def _hashed(job: Job) -> bytes | audio.AudioError:
    try:
        return _stamped(job[1])[1]
    except audio.AudioError as error:
        return error


def _stamp(path: Path) -> str:
    try:
        return store.stamp(path)
    except OSError:
        return ""


def _stamped(path: Path) -> tuple[str, bytes]:
    # The stamp first: a change while we read must not pass for what we read.
    with decode.reading(path) as file:
        return store.stamp(path), hashlib.file_digest(file, "sha256").digest()
