"""Compiled programs, kept on the disk for the next run."""

from pathlib import Path

import jax

COMPILED_BYTES = 2**31  # that are kept; the songbook needs 2**27


def cache_compilations(settings: dict) -> None:
    """Keeps compiled programs on the disk, so that a second run starts at once."""
    place = Path(settings["data"]["cache_dir"]).resolve() / "compiled"
    prune(place, most_bytes=COMPILED_BYTES)
    jax.config.update("jax_compilation_cache_dir", str(place))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def prune(folder: Path, *, most_bytes: int) -> None:
    """Removes the files of a cache that were used longest ago, until the rest fits."""
    seen = [(path, path.stat()) for path in folder.glob("*")]
    seen.sort(key=lambda one: max(one[1].st_atime, one[1].st_mtime), reverse=True)
    total = 0
    for path, stat in seen:
        total += stat.st_size
        if total > most_bytes:
            path.unlink(missing_ok=True)
