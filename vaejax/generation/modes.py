"""Generation: draws, ways, traversals, reconstructions, and lyrics turned to sound.

Every mode takes a `Finished` run and returns `Generated`: pictures in rows, and what
was done, in words; `gallery.write` makes files of it. What cannot be had is refused by
a ValueError that names the flag of launch/generate.py, before anything is decoded.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from vaejax.core import title_of
from vaejax.devices import as_seeds
from vaejax.generation import codes, crossing, lookup, pictures
from vaejax.generation.gallery import Generated, Item, slug, wrapped
from vaejax.generation.pictures import Picture
from vaejax.mixture import Mixture
from vaejax.retrieval import read
from vaejax.train import judged
from vaejax.trained import Finished

REACH = 3.0  # deviations that a traversal goes to either side


class Request(NamedTuple):
    """What every mode is asked."""

    n: int  # of draws or steps
    seed: int  # of draws and textures
    labels: dict[str, str]  # {label column: class} that the model is told


def from_prior(run: Finished, asked: Request) -> Generated:
    """Draws from the model's prior; labels left out are unknown to it."""
    prior = _prior(run)
    if prior is None:
        raise ValueError(
            f"{run.name} has no prior to draw from. Name a cluster (--cluster=0), "
            "tracks (--between=ID1,ID2 or --reconstruct=ID1), or --traverse=5."
        )
    how = "N(0, I)" if _is_single(run) else f"{len(prior['logits'])} components"
    return _drawn(run, asked, prior, ["prior"], "the prior", how)


def from_cluster(
    run: Finished, asked: Request, cluster: int, *, clusterer: str | None, k: int | None
) -> Generated:
    """Draws from one cluster; labels left out are unknown to the model.

    From the component of the model's own mixture; of other clusterers from a diagonal
    Gaussian fitted to the codes of the tracks that they put there.

    Args:
      run: with assignments.csv.
      asked: how many, and what the model is told.
      cluster: its number in assignments.csv.
      clusterer, k: as in `lookup.clustering`.
    """
    name, k, numbers = lookup.clustering(run, clusterer, k)
    inside = numbers == cluster
    if name == "own" and 0 <= cluster < k:
        mixture = _prior(run)
        density = codes.component(mixture, cluster)
        share = codes.weights(mixture)[cluster]
        how = f"the component of weight {share:.3f}"
    elif cluster >= 0 and inside.sum() >= 2:
        density = codes.fitted(run.codes[inside])
        how = "a diagonal Gaussian fitted to their codes"
    else:
        found = np.unique(numbers[numbers >= 0], return_counts=True)
        sizes = ", ".join(f"{c} ({size})" for c, size in zip(*found, strict=True))
        raise ValueError(
            f"--cluster={cluster} must be a cluster of {name} with two tracks or more. "
            f"Clusters (and tracks): {sizes}."
        )
    at = "" if k is None else f", k = {k}"
    whose = "its own mixture" if name == "own" else name
    source = f"cluster {cluster} of {whose}{at}"
    how = f"{inside.sum()} tracks; {how}"
    return _drawn(run, asked, density, ["cluster", cluster, name, k or ""], source, how)


def _drawn(
    run: Finished,
    asked: Request,
    density: Mixture,
    what: list,
    source: str,
    how: str,
) -> Generated:
    z = codes.draws(density, n=asked.n, seed=asked.seed)
    found = _new(run, asked, z)
    items = [Item(f"draw-{i}", p, f"draw {i}") for i, p in enumerate(found, 1)]
    title = f"{asked.n} draw{'s' * (asked.n > 1)} from {source}"
    said = _told(asked, run.dataset.told)
    done = f"{title} ({how}){said}; seed {asked.seed}."
    return Generated(
        slug(*what, f"seed{asked.seed}"), title + said, done, wrapped(items)
    )


def between(run: Finished, asked: Request, ids: Sequence[str]) -> Generated:
    """The way from one track's code to another's, both ends included.

    It turns about the origin where the prior is one Gaussian, and is straight
    elsewhere. Labels left out are those of the nearer end.
    """
    if len(ids) != 2 or asked.n < 2:
        raise ValueError(
            f"--between={','.join(ids)} --n={asked.n} must name two tracks, and two "
            "steps or more."
        )
    rows, shares = lookup.rows(run, ids), np.linspace(0.0, 1.0, asked.n)
    way = codes.spherical if _is_single(run) else codes.linear
    z = way(*run.codes[rows].astype(np.float64), shares).astype(np.float32)
    nearer = rows[np.where(shares > 0.5, 1, 0)]
    condition = lookup.told(run, asked.labels, own_labels(run)[nearer])
    lengths = np.full(asked.n, pictures.lengths_of(run)[rows].max())
    found = pictures.new(run, z, condition, lengths, seed=asked.seed)
    names = [ids[0], *[""] * (asked.n - 2), ids[1]]
    items = [
        Item(slug(f"step-{i}", name), picture, f"{share:.2f} {name}")
        for i, (share, name, picture) in enumerate(
            zip(shares, names, found, strict=True), 1
        )
    ]
    title = f"from {ids[0]} to {ids[1]}{_told(asked)}"
    done = f"{asked.n} steps {title}, ends included, on a {way.__name__} way."
    if run.dataset.told.keys() - asked.labels.keys():
        done += " Other labels are those of the nearer end."
    return Generated(slug("between", *ids), title, done, wrapped(items))


def traverse(
    run: Finished, asked: Request, dims: Sequence[int], *, n_dims: int
) -> Generated:
    """Steps along dimensions, one at a time, from the centre, 3 deviations each way.

    Centre and deviations are the prior's where it is one Gaussian, else the codes'.
    Labels left out are unknown to the model.

    Args:
      run: of any model.
      asked: `n` steps along each dimension.
      dims: dimensions; none takes the `n_dims` that say most.
      n_dims: how many.
    """
    k = run.codes.shape[1]
    if len(set(dims)) < len(dims) or not set(dims) <= set(range(k)):
        named = ",".join(map(str, dims))
        raise ValueError(f"--dims={named} must be in [0, {k - 1}], each once.")
    if n_dims > k or asked.n < 2:
        raise ValueError(
            f"--traverse={n_dims} --n={asked.n} must be at most {k} dimensions, and "
            "two steps or more."
        )
    lookup.told(run, asked.labels, own_labels(run)[:1])  # refused before work is spent
    amounts, unit = _amounts(run)
    dims = list(dims) or np.argsort(-amounts, kind="stable")[:n_dims].tolist()
    single = _is_single(run)
    density = jax.device_get(_prior(run) if single else codes.fitted(run.codes))
    spread = np.exp(0.5 * density["log_var"][0])
    values = np.linspace(-REACH, REACH, asked.n)
    z = codes.traversal(density["mean"][0], spread, dims, values)
    found = iter(_new(run, asked, z.reshape(-1, k)))
    rows = [
        [
            Item(f"z{dim}_{value:+.2f}", next(found)._replace(tag=f"{value:+.1f}"))
            for value in values
        ]
        for dim in dims
    ]
    for row, dim in zip(rows, dims, strict=True):
        row[0] = row[0]._replace(title=f"z{dim}: {unit.format(amounts[dim])}")
    said = ", ".join(f"{dim} ({unit.format(amounts[dim])})" for dim in dims)
    labels = _told(asked, run.dataset.told)
    title = f"traversals, deviations of the {'prior' if single else 'codes'}"
    done = (
        f"{title} from {-REACH:+g} to {REACH:+g} about the mean"
        f"{labels}, {asked.n} steps each; dimensions {said}."
    )
    return Generated(slug("traverse", *dims), title + labels, done, rows)


def reconstruct(run: Finished, asked: Request, ids: Sequence[str]) -> Generated:
    """Tracks beside what the model makes of their codes.

    Labels left out are the tracks' own; told others, the decoder makes of a track's
    code what it would be under these.
    """
    rows = lookup.rows(run, ids)
    condition = lookup.told(run, asked.labels, own_labels(run)[rows])
    items = []
    for i, row in enumerate(pictures.beside(run, rows, condition)):
        title = title_of(run.clips[rows[i]].track) if run.clips else ""
        found = [Item(slug(i + 1, ids[i], p.tag.split()[0]), p) for p in row]
        found[0] = found[0]._replace(title=f"{ids[i]} {title}")
        items.append(found)
    title = f"originals and reconstructions{_told(asked)}"
    done = f"{title}: {', '.join(ids)}."
    if run.clips:
        done += (
            " An original is the recording's own spectrogram, inverted like the rest: "
            "what it lacks, inversion costs."
        )
    if run.dataset.told.keys() - asked.labels.keys():
        done += " Other labels are the tracks' own."
    return Generated(slug("reconstruct", *ids), title, done, items)


def from_lyrics(run: Finished, asked: Request, ids: Sequence[str]) -> Generated:
    """Tracks beside what the model makes of their lyrics, whose audio it does not get.

    Labels left out are unknown to it: those of the tracks would tell of their sound.

    Raises:
      ValueError: a track has no lyrics.
    """
    rows = lookup.rows(run, ids)
    crossing.refuse_wordless(run, ids)
    found = _new(run, asked, crossing.codes_of(run, rows, read, asked.labels))
    items = []
    for i, (row, picture) in enumerate(zip(rows, found, strict=True)):
        clip = run.clips[row]
        pair = (
            Picture(clip.mel, 1, "original"),
            picture._replace(tag="of the lyrics alone"),
        )
        pair = [Item(slug(i + 1, ids[i], p.tag.split()[-1]), p) for p in pair]
        title = f"{ids[i]} {title_of(clip.track)}"
        items.append([pair[0]._replace(title=title), pair[1]])
    said = _told(asked, run.dataset.told)
    title = f"originals, and what their lyrics alone sound like{said}"
    done = f"{title}: {', '.join(crossing.named(run, ids))}."
    return Generated(slug("lyrics", *ids), title, done, items)


def own_labels(run: Finished) -> np.ndarray:
    """What the model was told of every row: int [n, m], 0 where it is unknown."""
    none = np.zeros((len(run.codes), 0), np.int32)
    return run.dataset.batch.get("condition", none)


def _new(run: Finished, asked: Request, z: np.ndarray) -> list[Picture]:
    """Pictures of codes that are no track's: as long as most, labels unknown."""
    unknown = np.zeros_like(own_labels(run)[:1]).repeat(len(z), axis=0)
    condition = lookup.told(run, asked.labels, unknown)
    lengths = np.full(len(z), int(np.median(pictures.lengths_of(run))))
    return pictures.new(run, z, condition, lengths, seed=asked.seed)


def _prior(run: Finished) -> Mixture | None:
    return run.model.prior and run.model.prior(run.variables)


def _is_single(run: Finished) -> bool:
    prior = _prior(run)
    return prior is not None and len(prior["logits"]) == 1


def _amounts(run: Finished) -> tuple[Float[np.ndarray, " k"], str]:
    """How much each dimension says, by KL or the codes' variance, and how to put it."""
    batch_size = run.settings["train"]["batch_size"]
    variables = as_seeds(run.variables)
    terms = judged(run.model, run.dataset, (run.seed,), variables, batch_size)
    if "kl_per_dim" in terms:
        return terms["kl_per_dim"][0], "{:.2g} nats"
    return run.codes.var(axis=0), "variance {:.2g}"


def _told(asked: Request, unknown: Iterable[str] = ()) -> str:
    """What the model is told, in words, and which of its labels are unknown to it."""
    told = [f"{column} {value}" for column, value in asked.labels.items()]
    parts = [f"told {' and '.join(told)}"] if told else []
    parts += [f"{column} unknown" for column in unknown if column not in asked.labels]
    return "".join(f", {part}" for part in parts)
