"""The latents of a finished run, clustered in other ways; no model is run."""

from collections.abc import Sequence
from pathlib import Path

from vaejax import check, present, record, report
from vaejax.collection import OPTIONAL_LABELS
from vaejax.scoring import clusters_and_scores


def recluster(
    run: Path,
    settings: dict[str, dict],
    *,
    names: Sequence[str],
    ks: Sequence[int | str],
    labels: Sequence[str],
    out: Path,
) -> str:
    """Clusters, scores and draws everything anew; returns the table of scores.

    Args:
      run: folder of a finished run; nothing in it changes but what is in `out`.
      settings: of the run.
      names: clusterers.
      ks: numbers of clusters, or `classes`.
      labels: columns of tracks.csv to be scored on.
      out: folder of assignments.csv, scores.csv, tables, figures and pages.

    Raises:
      ValueError: a clusterer, a number or a label cannot be.
    """
    tracks, latents, ids = record.collection_of(run, settings)
    changed = settings | {
        "cluster": {"names": tuple(names), "k": tuple(ks)},
        "eval": settings["eval"] | {"labels": tuple(labels)},
    }
    check.settings(changed)
    check.collection(
        changed,
        n_rows=len(ids),
        n_songs=len(set(tracks["song_id"].tolist())),
        columns=set(tracks),
        optional=OPTIONAL_LABELS,
    )
    found, rows, nulls = clusters_and_scores(
        latents, tracks, tracks["song_id"], changed["cluster"], changed["eval"]
    )
    out.mkdir(parents=True, exist_ok=True)
    report.write(out, found, report.scores_of(rows, changed), nulls, ids)
    present.present_record(record.read(out, changed, run), embed_audio=False)
    return (out / "scores.txt").read_text()
