"""What one of several processes prepares: features in shares, arrays of its own rows.

Features are extracted in shares into the cache that all processes see. Of the arrays
each holds the rows that lie on its devices; standardisation adds up over all of them.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np
from jax.sharding import Mesh

from vaejax import (
    collection,
    data,
    devices,
    hosts,
    mapped,
    memory,
    oddities,
    train,
)
from vaejax.collection import Collection
from vaejax.core import Dataset, Track
from vaejax.shares import Held, Share, shared


def prepare(settings: dict, found: Collection, mesh: Mesh) -> Dataset:
    """The dataset of `collection.prepare`, of which the rows of this process are here.

    Raises:
      ValueError: no file can be used, or what can be used differs between processes.
    """
    options = settings["data"]
    if found.arrays is not None:
        dataset = data.conditioned(found.arrays, options["condition"])
        share = devices.share_of(train.rows_of(dataset), mesh)
        batch = {name: x[share.rows] for name, x in dataset.batch.items()}
        batch = shared(batch, share, len(dataset.ids))
        return dataset._replace(batch=batch, raw=dataset.raw[:, :0])
    tracks, words = found.tracks, None
    if collection.uses_lyrics(settings):
        tracks, read, _ = hosts.first_then_others(
            lambda: collection.with_lyrics(settings, tracks)
        )
    hosts.in_shares(tracks, lambda some: collection.clips_of(settings, some))
    clips, _ = collection.clips_of(
        settings, tracks, needed=lambda usable: _ids(settings, usable, mesh)
    )
    tracks = [clip.track for clip in clips] or tracks
    _refuse_disagreement(tracks)
    collection.refuse_misfits(settings, found._replace(tracks=tuple(tracks)))
    if "lyrics" in options["modalities"]:
        lyrics = [read[track.track_id] for track in tracks]
        words = hosts.first_then_others(lambda: collection.vectors_of(settings, lyrics))
    return _placed(settings, tracks, clips, words, mesh)


def _ids(settings: dict, usable: Sequence[Track], mesh: Mesh) -> set[str]:
    """Of the tracks that this process holds."""
    order = data.by_id(usable)
    share = _share(settings, usable, mesh)
    return {usable[order[row]].track_id for row in share.rows}


def _share(settings: dict, tracks: Sequence[Track], mesh: Mesh) -> Share:
    songs = np.array([tracks[i].song_id for i in data.by_id(tracks)])
    held_out = data.hold_out(songs, settings["data"]["held_out_share"])
    return devices.share_of(train.split(held_out), mesh)


def _refuse_disagreement(tracks: Sequence[Track]) -> None:
    text = "\n".join(track.track_id for track in tracks)
    seen = (len(tracks), hashlib.sha256(text.encode()).hexdigest())
    everyones = hosts.everyones(seen)
    if any(one != everyones[0] for one in everyones):
        counts = [n for n, _ in everyones]
        raise ValueError(
            f"config.data.root: of the same folder the processes can use {counts} "
            "tracks. All of them have to see the same files: look at its mount on "
            "every host."
        )


def _placed(
    settings: dict,
    tracks: Sequence[Track],
    clips: list,
    words: data.Words | None,
    mesh: Mesh,
) -> Dataset:
    options, share = settings["data"], _share(settings, tracks, mesh)
    n_bytes = collection.n_bytes(options, clips, words) * len(share.rows) // len(tracks)
    folder = Path(options["cache_dir"])
    on_host = max(1, mesh.shape["data"] // jax.process_count())
    there = memory.room(folder)
    way = memory.way(options["memory"], n_bytes, there, folder, shared_by=on_host)
    is_streamed = any(hosts.everyones(way.streamed))
    if is_streamed:  # any row may be in a batch: all lie in a file of each process
        share = Share(np.arange(len(tracks)), np.full(len(tracks), hosts.is_first()))
        clips, _ = collection.clips_of(settings, tracks)
    zeros = mapped.in_file(folder) if way.mapped or is_streamed else np.zeros
    dataset = data.from_songs(tracks, clips, words, options, zeros, share)
    here = {k: x.here for k, x in dataset.batch.items() if isinstance(x, Held)}
    ids = dataset.ids[share.rows]
    oddities.refuse_nonfinite(dataset._replace(batch=here, ids=ids))
    if is_streamed:
        return dataset._replace(streamed=True, batch=dataset.batch | here)
    return dataset
