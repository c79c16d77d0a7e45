"""Maps of the collection: latent vectors to two dimensions, for looking at only.

Every projection is `(z [n, k], *, seed) -> xy [n, 2]`, float32, the same for the same
seed. Neighbourhoods mean something; distances between far groups and the axes' units do
not. Fewer than four distinct rows have no neighbourhoods to keep: they are shown by
their principal components, so a collapsed latent space shows as the one point it is.
"""

import contextlib
import functools
import warnings
from collections.abc import Callable
from types import ModuleType

import numpy as np
from jaxtyping import Float, Int

MOST_MAPPED = 10_000  # rows that a map is learnt from, where more would take too long


def tsne(z: Float[np.ndarray, "n k"], *, seed: int) -> Float[np.ndarray, "n 2"]:
    """t-SNE that starts from the principal components, at a perplexity of up to 30.

    Above 10,000 rows, 10,000 drawn by the seed are mapped and each of the others is
    put between the three mapped rows that are nearest to it.

    Source: van der Maaten & Hinton 2008; initialisation by Kobak & Berens 2019.

    Raises:
      ValueError: z holds a value that is not finite.
    """
    _require_finite(z)
    if _distinct_rows(z) < 4:
        return principal(z)
    return _of_some(functools.partial(_tsne, seed=seed), z, seed)


def umap(z: Float[np.ndarray, "n k"], *, seed: int) -> Float[np.ndarray, "n 2"]:
    """UMAP with up to 15 neighbours, min_dist 0.1, on one thread.

    Source: McInnes, Healy & Melville 2018, arXiv:1802.03426.

    Raises:
      ValueError: z holds a value that is not finite.
    """
    _require_finite(z)
    if _distinct_rows(z) < 4:
        return principal(z)
    return _umap(_two_columns(z), dimensions=2, n_neighbors=15, min_dist=0.1, seed=seed)


def neighbour_map(
    z: Float[np.ndarray, "n k"], *, n_dimensions: int, seed: int
) -> Float[np.ndarray, "n d"]:
    """UMAP for clustering: up to 20 neighbours drawn as close as they come.

    d is `n_dimensions`, or less where z has fewer dimensions or rows. z itself where it
    has too few distinct rows to have neighbourhoods. Above 10,000 rows as `tsne`.

    Raises:
      ValueError: z holds a value that is not finite.
    """
    _require_finite(z)
    dimensions = min(n_dimensions, z.shape[1], len(z) - 2)
    if dimensions < 2 or _distinct_rows(z) <= dimensions + 2:
        return z.astype(np.float32)
    close = {"n_neighbors": 20, "min_dist": 0.0, "seed": seed}
    return _of_some(functools.partial(_umap, dimensions=dimensions, **close), z, seed)


def _umap(
    z: np.ndarray, *, dimensions: int, n_neighbors: int, min_dist: float, seed: int
) -> np.ndarray:
    package = _umap_package()
    n_neighbors = min(n_neighbors, len(z) - 1)
    rows = z.astype(np.float32)
    model = package.UMAP(
        n_components=dimensions,
        n_neighbors=n_neighbors,
        min_dist=min_dist,
        init="pca",  # spectral initialisation is not reproducible on islands
        random_state=seed,
        n_jobs=1,
        precomputed_knn=_umap_neighbours(rows, n_neighbors),
    )
    with warnings.catch_warnings():
        # More copies of one row than neighbours cut it off from the rest: so it is.
        warnings.filterwarnings("ignore", "A few of your vertices were disconnected")
        warnings.filterwarnings("ignore", "precomputed_knn")  # for what is not used
        return np.asarray(model.fit_transform(rows), np.float32)


@functools.cache
def _umap_package() -> ModuleType:
    """UMAP, whose functions numba compiles for seconds: once, and keeps on the disk."""
    with warnings.catch_warnings():
        # Raised on import, about a part of the package that is not used here.
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        import umap
    from numba.core.dispatcher import Dispatcher

    for module in (umap.umap_, umap.layouts, umap.utils, umap.distances):
        for function in vars(module).values():
            if isinstance(function, Dispatcher):
                with contextlib.suppress(RuntimeError):  # no folder can be written
                    function.enable_caching()
    return umap


def _umap_neighbours(z: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Each row and the n - 1 nearest to it, and their distances as UMAP has them.

    By itself it would compile a search first, and a longer one, for neighbours that are
    only nearly the nearest, from 4,096 rows on.
    """
    from umap.distances import euclidean

    order = np.hstack([np.arange(len(z))[:, None], neighbours(z, n - 1)])
    pairs = zip(z, order, strict=True)
    distances = [[euclidean(row, z[other]) for other in near] for row, near in pairs]
    return order.astype(np.int32), np.array(distances, np.float32)


def principal(z: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n 2"]:
    """The first two principal components, with zeros where there is no second.

    Each component's sign is such that its largest entry by size is positive.
    """
    rows = _two_columns(np.asarray(z, np.float64))
    centred = rows - rows.mean(axis=0, keepdims=True) if len(rows) else rows
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    xy = centred @ axes[:2].T
    xy = np.pad(xy, ((0, 0), (0, 2 - xy.shape[1])))
    if len(xy):
        largest = np.abs(xy).argmax(axis=0)
        xy = xy * np.where(xy[largest, [0, 1]] < 0, -1.0, 1.0)[None, :]
    return xy.astype(np.float32)


def _of_some(mapping: Callable, z: np.ndarray, seed: int) -> np.ndarray:
    """The map of at most MOST_MAPPED rows, with the others put between these."""
    if len(z) <= MOST_MAPPED:
        return mapping(z)
    chosen = some_rows(len(z), MOST_MAPPED, seed=seed)
    found = mapping(z[chosen])
    placed = _between_neighbours(z, z[chosen], found)
    placed[chosen] = found
    return placed


def some_rows(n_rows: int, n: int, *, seed: int) -> Int[np.ndarray, " n"]:
    """Draws n of the rows, each at most once, in their order."""
    return np.sort(np.random.default_rng(seed).choice(n_rows, n, replace=False))


def _tsne(z: np.ndarray, *, seed: int) -> np.ndarray:
    """t-SNE of four distinct rows or more; one thread, whose sums keep their order."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    start = principal(z)
    start *= 1e-4 / start[:, 0].std()  # small, as the method's early steps expect
    model = TSNE(
        perplexity=min(30.0, (len(z) - 1) / 3),
        init=start,
        random_state=seed,
        n_jobs=1,
    )
    with threadpool_limits(1):
        return model.fit_transform(z).astype(np.float32)


def _between_neighbours(z: np.ndarray, mapped: np.ndarray, xy: np.ndarray):
    """The mean of the places of the three nearest mapped rows, nearer ones heavier."""
    from sklearn.neighbors import NearestNeighbors

    distance, nearest = NearestNeighbors(n_neighbors=3).fit(mapped).kneighbors(z)
    weight = 1.0 / (distance + 1e-12)
    weight /= weight.sum(axis=1, keepdims=True)
    return (weight[:, :, None] * xy[nearest]).sum(axis=1).astype(np.float32)


def _two_columns(z: np.ndarray) -> np.ndarray:
    """The same rows with columns of zeros up to two; distances stay what they were."""
    return np.pad(z, ((0, 0), (0, max(0, 2 - z.shape[1]))))


def _distinct_rows(z: np.ndarray) -> int:
    return len(np.unique(z, axis=0))


def _require_finite(z: np.ndarray) -> None:
    broken = np.flatnonzero(~np.isfinite(z).all(axis=1))
    if broken.size:
        raise ValueError(
            f"z has {broken.size} of {len(z)} rows that are not finite (first: row "
            f"{broken[0]}). A map needs finite latents: leave those rows out, or train "
            "again with a lower learning rate."
        )


def components(z: Float[np.ndarray, "n k"], *, seed: int) -> Float[np.ndarray, "n 2"]:
    """`principal` as a projection like the others."""
    del seed
    _require_finite(z)
    return principal(z)


def nearest(
    z: Float[np.ndarray, "n k"], others: Float[np.ndarray, "b k"], m: int
) -> Int[np.ndarray, "b m"]:
    """The rows of z nearest to each of the others, nearest first; at most n of them."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(m, len(z))).fit(z)
    return search.kneighbors(others, return_distance=False)


def neighbours(z: Float[np.ndarray, "n k"], m: int) -> Int[np.ndarray, "n m"]:
    """The rows nearest to each row, nearest first; -1 where there are fewer than m.

    Exact, by all distances; nearest-neighbour descent is no sooner below 100,000 rows.
    """
    n = min(m, len(z) - 1)
    found = np.full((len(z), m), -1)
    if n >= 1:
        from sklearn.neighbors import NearestNeighbors

        search = NearestNeighbors(n_neighbors=n, algorithm="brute").fit(z)
        found[:, :n] = search.kneighbors(return_distance=False)
    return found


PROJECTIONS = {"umap": umap, "tsne": tsne, "components": components}
