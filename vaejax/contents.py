"""The content of files: SHA-256, read anew only where size, time or place changed."""

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from vaejax import audio, decode, store


def of_all(cache: store.Store, paths: Sequence[Path], n_threads: int) -> list[str]:
    """Hexadecimal, in the order of the paths; "" for a file that cannot be read."""
    found: list[bytes | None] = [known(cache, path) for path in paths]
    missing = {row: paths[row] for row, content in enumerate(found) if content is None}
    how = {"total": len(missing), "unit": "file", "disable": not missing}
    # A second's delay: a small collection needs no bar.
    with tqdm(desc="reading", delay=1, mininterval=0.5, **how) as bar:
        for row, content in read(cache, missing, n_threads):
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

    The cache remembers it.
    """
    with ThreadPoolExecutor(n_threads) as pool:
        ahead: deque[tuple[int, Future]] = deque()
        rows = iter(paths)
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


def _stamped(path: Path) -> tuple[str, bytes]:
    # The stamp first: a change while we read must not pass for what we read.
    with decode.reading(path) as file:
        return store.stamp(path), hashlib.file_digest(file, "sha256").digest()
