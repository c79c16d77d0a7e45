"""The figures of a run, drawn from its arrays into `figures/`."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from vaejax import bars, curves, plots, project, spectrograms
from vaejax.core import Dataset, Model, Variables
from vaejax.evaluate import Clustering
from vaejax.report import Score, summary
from vaejax.typeset import save

BANDS = "reconstructed level and range of each band"
MAPS = {"umap": "UMAP", "tsne": "t-SNE"}  # as axes name them


def draw_training(folder: Path, history: Sequence[dict], *, model: str) -> None:
    """Loss, reconstruction and KL over the epochs."""
    figure = curves.training_curves(history, title=f"{model}: training")
    save(figure, folder / f"training_{model}.png")


def draw_clusters(
    folder: Path,
    clustering: Clustering,
    dataset: Dataset,
    *,
    labels: Sequence[str],
    projections: Sequence[str],
) -> None:
    """Maps of the collection, and clusters against every label."""
    c = clustering
    title = f"{c.model}, {c.clusterer}, {len(np.unique(c.cluster))} clusters"
    columns = {name: dataset.labels[name] for name in labels if name in dataset.labels}
    maps = {
        MAPS[name]: project.PROJECTIONS[name](c.z, seed=c.seed)
        for name in tqdm(projections, desc="maps", unit="map")
    }
    if maps:
        figure = plots.latent_maps(maps, {"cluster": c.cluster} | columns, title=title)
        save(figure, folder / "maps.png")
    for name, values in columns.items():
        sizes = plots.cluster_sizes(c.cluster, values, title=title, column=name)
        save(sizes, folder / f"sizes_{name}.png")
        matrix = plots.cluster_matrix(c.cluster, values, title=title, column=name)
        save(matrix, folder / f"matrix_{name}.png")


def draw_scores(folder: Path, scores: Iterable[Score], *, metric: str) -> None:
    """One bar a method, against every label, at each k."""
    for k in dict.fromkeys(score.k for score in scores if score.k):
        rows = summary(scores, metric=metric, k=k)
        if rows:
            figure = bars.score_bars(rows, metric=metric)
            save(figure, folder / f"scores_{metric}_k{k}.png")


def draw_reconstructions(
    folder: Path,
    model: Model,
    variables: Variables,
    dataset: Dataset,
    clips: Sequence,
    *,
    n: int,
    features: dict,
) -> None:
    """Spectrograms beside what the decoder makes of them, for n songs.

    Args:
      variables: of one seed.
      features: the section of the config that the clips were made with.
    """
    rows = np.linspace(0, len(clips) - 1, min(n, len(clips))).round().astype(int)
    batch = {name: x[rows] for name, x in dataset.batch.items()}
    decoded = model.decode(variables, model.encode(variables, batch), batch)
    mean, deviation = dataset.scale["mel"]
    deviation = np.where(np.isinf(deviation), 0.0, deviation)
    decoded = np.asarray(decoded["mel"], np.float64) * deviation + mean
    show, name = (
        (recoloured, BANDS) if decoded.ndim == 2 else (cropped, "reconstructed")
    )
    pairs = [
        (_title(clips[row].track), clips[row].mel, show(clips[row].mel, found))
        for row, found in zip(rows, decoded, strict=True)
    ]
    figure = spectrograms.reconstructions(
        pairs,
        hop_s=features["hop"] / features["sample_rate_hz"],
        sample_rate_hz=features["sample_rate_hz"],
        name=name,
    )
    save(figure, folder / "reconstructions.png")


def cropped(
    mel: Float[np.ndarray, "t f"], decoded: Float[np.ndarray, "t2 f"]
) -> Float[np.ndarray, "t f"]:
    """The decoded frames that the clip has, without those of the padding."""
    return np.clip(decoded[: len(mel)], -80.0, 0.0)


def recoloured(
    mel: Float[np.ndarray, "t f"], statistics: Float[np.ndarray, " d"]
) -> Float[np.ndarray, "t f"]:
    """The spectrogram with the mean and deviation per band of `data.mel_statistics`.

    Statistics have no time of their own, so the frames are those of the original.
    """
    n_bands = mel.shape[1]
    new_mean, new_std = statistics[:n_bands], statistics[n_bands : 2 * n_bands]
    mean, std = mel.mean(axis=0), mel.std(axis=0)
    shape = (mel - mean) / np.where(std > 1e-3, std, 1.0)
    return np.clip(shape * np.maximum(new_std, 0.0) + new_mean, -80.0, 0.0)


def _title(track) -> str:
    return " · ".join(part for part in (track.title, track.artist) if part)
