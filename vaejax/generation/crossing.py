"""Cross-generation: what a model of audio and lyrics makes of one without the other."""

from collections.abc import Callable, Sequence

import jax
import numpy as np
from jaxtyping import Float, Int

from vaejax import retrieval
from vaejax.data import has_lyrics, mean_of_lines
from vaejax.devices import as_seeds
from vaejax.fusion import LYRICS, is_joint
from vaejax.generation import lookup
from vaejax.trained import Finished


def refuse_one_sided(settings: dict, flag: str) -> None:
    """Raises ValueError if the model does not know both audio and lyrics."""
    names = settings["data"]["modalities"]
    if not is_joint(names):
        raise ValueError(
            f"--{flag} is for a model of audio and lyrics; this one knows "
            f"{','.join(names)} (config.data.modalities). Train with "
            "--config=configs/fusion.py, and generate from that run."
        )


def refuse_wordless(run: Finished, ids: Sequence[str]) -> None:
    """Raises ValueError if one of the tracks has no lyrics."""
    there = has_lyrics(run.dataset.batch)
    for track_id, row in zip(ids, lookup.rows(run, ids), strict=True):
        if not there[row]:
            others = run.dataset.ids[there][:3].tolist()
            raise ValueError(
                f"{track_id!r} has no lyrics. {there.sum()} tracks have: "
                f"{', '.join(others)}, ..."
            )


def codes_of(
    run: Finished,
    rows: Int[np.ndarray, " n"],
    seen: Callable,
    labels: dict[str, str],
) -> Float[np.ndarray, "n k"]:
    """The codes of tracks of which the model gets one view.

    Args:
      seen: `retrieval.heard` or `retrieval.read`.
      labels: {label column: class} that it is told; the others are unknown to it.
    """
    batch = _told(run, rows, labels)
    return np.asarray(jax.jit(run.model.encode)(run.variables, seen(batch)))


def nearest_lyrics(
    run: Finished, labels: dict[str, str], ids: Sequence[str], *, n: int
) -> str:
    """The songs whose lyrics are nearest to what the model makes of tracks' audio.

    Args:
      labels: as in `codes_of`.
      ids: of tracks, which need no lyrics.
      n: how many songs of each.

    Returns:
      A block a track, with the rank of its own among all songs that have lyrics.
    """
    rows, there = lookup.rows(run, ids), np.flatnonzero(has_lyrics(run.dataset.batch))
    names, first, song = np.unique(
        run.dataset.songs[there], return_index=True, return_inverse=True
    )
    true = {name: x[there] for name, x in run.dataset.batch.items()}
    candidates, _ = retrieval.by_song(*retrieval.whole(mean_of_lines(true)), song)
    batch = retrieval.heard(_told(run, rows, labels))
    variables = as_seeds(run.variables)
    (found,) = retrieval.foreseen(run.model, variables, batch, (LYRICS,))
    blocks = []
    for name, row, ranks in zip(
        named(run, ids), rows, retrieval.ranks(found, candidates), strict=True
    ):
        (own,) = ranks[names == run.dataset.songs[row]].tolist() or [None]
        said = "it has none" if own is None else f"its own are number {own + 1:g}"
        lines = [f"{name}: {said} of {len(names)} songs' lyrics, the nearest first"]
        for i in np.argsort(ranks, kind="stable")[:n]:
            about = _described(run, int(there[first[i]]))
            lines.append(f"  {ranks[i] + 1:>5g}  {about}")
        blocks.append("\n".join(lines))
    return "\n".join(blocks)


def named(run: Finished, ids: Sequence[str]) -> list[str]:
    """The tracks, each with whether the model was trained on it."""
    held_out = run.dataset.held_out[lookup.rows(run, ids)]
    known = np.where(held_out, "held out", "trained on")
    return [f"{track_id} ({how})" for track_id, how in zip(ids, known, strict=True)]


def _described(run: Finished, row: int) -> str:
    track = run.clips[row].track
    parts = (track.track_id, track.title, track.columns.get("language"))
    return "  ".join(part for part in parts if part)


def _told(run: Finished, rows: np.ndarray, labels: dict[str, str]) -> dict:
    """The rows of the batch, with the labels that are named and no others."""
    batch = {name: x[rows] for name, x in run.dataset.batch.items()}
    if "condition" in batch or labels:
        none = np.zeros((len(rows), len(run.dataset.told)), np.int32)
        batch["condition"] = lookup.told(run, labels, none)
    return batch
