"""The figures of a run, drawn from its arrays into `figures/`."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float, Int
from tqdm import tqdm

from vaejax import bars, curves, plots, project, spectrograms
from vaejax.core import Dataset, Model, Track, Variables
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
    z = jax.jit(model.encode)(variables, batch)
    found = jax.jit(model.decode)(variables, z, batch)
    decoded = in_db(dataset, "mel", np.asarray(found["mel"], np.float64))
    titles = [title_of(clips[row].track) for row in rows]
    step, name = 1, BANDS
    if batch["mel"].ndim == 2:
        originals = [clips[row].mel for row in rows]
        found = list(map(recoloured, originals, decoded))
    else:
        step, name = dataset.frame_step, "reconstructed"
        lengths = batch["mel_mask"].sum(axis=1).astype(int)
        originals = framed(in_db(dataset, "mel", batch["mel"]), lengths)
        found = framed(decoded, lengths)
    figure = spectrograms.reconstructions(
        list(zip(titles, originals, found, strict=True)),
        hop_s=step * features["hop"] / features["sample_rate_hz"],
        sample_rate_hz=features["sample_rate_hz"],
        name=name,
    )
    save(figure, folder / "reconstructions.png")


def in_db(
    dataset: Dataset, modality: str, x: Float[np.ndarray, "b *d"]
) -> Float[np.ndarray, "b *d"]:
    """Features in their own units again, from the standardised ones that models see."""
    mean, deviation = dataset.scale[modality]
    return x * np.where(np.isinf(deviation), 0, deviation) + mean


def framed(
    images: Float[np.ndarray, "b t f"], lengths: Int[np.ndarray, " b"]
) -> list[Float[np.ndarray, "_ f"]]:
    """Spectrograms in [-80, 0] dB of the frames that each has, without the padding."""
    pairs = zip(images, lengths, strict=True)
    return [np.clip(image[:n], -80.0, 0.0) for image, n in pairs]


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


def title_of(track: Track) -> str:
    """Title and artist, as far as they are known."""
    return " · ".join(part for part in (track.title, track.artist) if part)
