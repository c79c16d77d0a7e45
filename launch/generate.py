r"""Lets a trained model draw, interpolate and reconstruct: pictures and sounds.

  python launch/generate.py --run=results/vade/ID --cluster=3 --n=4
  python launch/generate.py --run=results/cvae/ID --language=bangla --genre=baul
  python launch/generate.py --run=results/cvae/ID --label=mood:calm
  python launch/generate.py --run=results/vae/ID --between=TRACK1,TRACK2 --n=7
  python launch/generate.py --run=results/vae/ID --traverse=5
  python launch/generate.py --run=results/vae/ID --reconstruct=TRACK1,TRACK2
  python launch/generate.py --run=results/fusion/ID --lyrics-of=TRACK1,TRACK2
  python launch/generate.py --run=results/fusion/ID --nearest-lyrics=TRACK1,TRACK2
  python launch/generate.py --run=results/vae/ID

What to generate, one of:
  --cluster=C          draws from a cluster: the component of the model's own mixture,
                       or a Gaussian fitted to the codes of the tracks that
                       --clusterer=NAME put there, at --k=CLUSTERS
  --between=ID1,ID2    --n steps from one track to another
  --traverse=DIMS      --n steps along each of the dimensions that say most;
                       --dims=3,17 names them
  --reconstruct=ID,... tracks beside what the model makes of them
  --lyrics-of=ID,...   tracks beside what a model of audio and lyrics makes of their
                       lyrics alone
  --nearest-lyrics=ID,...  the --n tracks whose lyrics are nearest to what it makes of
                       their audio alone
  (none of these)      draws from the prior

A conditional model is told --language=CLASS, --genre=CLASS, or any label column by
--label=COLUMN:CLASS; labels left out are unknown, or those of the tracks.

  --n=N                draws (default 4), steps (7) or nearest tracks (5), at most 64
  --seed=S             of draws (0)
  --model-seed=S       which trained seed (default: the best by held-out loss)
  --out=FOLDER         default RUN/generated/WHAT; the same request writes it anew

Every request writes one picture, a 16-bit wav file of each spectrogram in it, and
about.txt; it prints what it did and where they are. --nearest-lyrics prints alone.
"""

from pathlib import Path

import command
from absl import flags

RUN = flags.DEFINE_string("run", None, "Folder of a finished run.")
CLUSTER = flags.DEFINE_integer("cluster", None, "Cluster to draw from.")
CLUSTERER = flags.DEFINE_string("clusterer", None, "Who made the clusters.")
K = flags.DEFINE_integer("k", None, "How many clusters there are.", lower_bound=1)
BETWEEN = flags.DEFINE_string("between", None, "Two track ids.")
TRAVERSE = flags.DEFINE_integer("traverse", None, "Dimensions.", lower_bound=1)
DIMS = flags.DEFINE_list("dims", None, "Which dimensions.")
RECONSTRUCT = flags.DEFINE_string("reconstruct", None, "Track ids.")
LYRICS_OF = flags.DEFINE_string("lyrics-of", None, "Track ids.")
NEAREST = flags.DEFINE_string("nearest-lyrics", None, "Track ids.")
LANGUAGE = flags.DEFINE_string("language", None, "What the model is told.")
GENRE = flags.DEFINE_string("genre", None, "What the model is told.")
LABEL = flags.DEFINE_multi_string("label", [], "COLUMN:CLASS that the model is told.")
N = flags.DEFINE_integer("n", None, "How many.", lower_bound=1, upper_bound=64)
SEED = flags.DEFINE_integer("seed", 0, "Of draws.", lower_bound=0)
MODEL_SEED = flags.DEFINE_integer("model-seed", None, "Which trained seed.")
OUT = flags.DEFINE_string("out", None, "Folder of what is written.")

MODES = {  # what each takes besides the labels, --seed and --model-seed
    "cluster": {"cluster", "clusterer", "k", "n", "out"},
    "between": {"between", "n", "out"},
    "traverse": {"traverse", "dims", "n", "out"},
    "reconstruct": {"reconstruct", "out"},
    "lyrics-of": {"lyrics-of", "out"},
    "nearest-lyrics": {"nearest-lyrics", "n"},
    "prior": {"n", "out"},
}
HOW_MANY = {"prior": 4, "cluster": 4, "between": 7, "traverse": 7, "nearest-lyrics": 5}


def main():
    """Does what the flags ask for."""
    if not RUN.value:
        raise ValueError("--run=FOLDER is missing: results/CONFIG/ID. See --help.")
    mode, labels, dims = mode_of_flags(), labels_of_flags(), dims_of_flags()
    from vaejax import experiment, trained
    from vaejax.generation import crossing, gallery, lookup, modes, pictures

    folder = Path(RUN.value)
    settings = trained.settings_of(folder)
    if mode in ("lyrics-of", "nearest-lyrics"):
        crossing.refuse_one_sided(settings, mode)
    if mode != "nearest-lyrics":
        pictures.refuse_unseen(settings)
    run = experiment.reopen(folder, seed=MODEL_SEED.value)
    asked = modes.Request(N.value or HOW_MANY.get(mode, 1), SEED.value, labels)
    if mode == "nearest-lyrics":
        ids = lookup.tracks(run, NEAREST.value)
        print(crossing.nearest_lyrics(run, labels, ids, n=asked.n))
        return
    made = generated(mode, run, asked, dims)
    what = gallery.slug(made.what, *labels.values(), f"model{run.seed}")
    out = Path(OUT.value) if OUT.value else folder / "generated" / what
    paths = gallery.write(run, made, out)
    print(gallery.describe(run, made))
    print("\n".join(map(str, paths)))


def generated(mode, run, asked, dims):
    """What a mode of `generation.modes` makes of the run."""
    from vaejax.generation import lookup, modes

    if mode == "cluster":
        given = {"clusterer": CLUSTERER.value, "k": K.value}
        return modes.from_cluster(run, asked, CLUSTER.value, **given)
    if mode == "between":
        return modes.between(run, asked, lookup.tracks(run, BETWEEN.value))
    if mode == "traverse":
        n_dims = len(dims) or TRAVERSE.value
        return modes.traverse(run, asked, dims, n_dims=n_dims)
    if mode == "reconstruct":
        return modes.reconstruct(run, asked, lookup.tracks(run, RECONSTRUCT.value))
    if mode == "lyrics-of":
        return modes.from_lyrics(run, asked, lookup.tracks(run, LYRICS_OF.value))
    return modes.from_prior(run, asked)


def mode_of_flags() -> str:
    """The one thing that is asked for.

    Raises:
      ValueError: two are, or a flag belongs to another.
    """
    every = set().union(*MODES.values())
    given = {name for name in every if flags.FLAGS[name].value is not None}
    named = [mode for mode in MODES if mode in given]
    if len(named) > 1:
        both = " and ".join(f"--{mode}" for mode in named)
        raise ValueError(f"{both} are two requests; make them one after the other.")
    mode = named[0] if named else "traverse" if DIMS.value else "prior"
    for name in sorted(given - MODES[mode]):
        goes = ", ".join(f"--{m}" for m in MODES if name in MODES[m] and m != "prior")
        this = "draws from the prior" if mode == "prior" else f"--{mode}"
        raise ValueError(f"--{name} does not go with {this}. It goes with {goes}.")
    return mode


def labels_of_flags() -> dict[str, str]:
    """{column: class} of --language, --genre and every --label.

    Raises:
      ValueError: a label has no colon, or a column is named twice.
    """
    pairs = [("language", LANGUAGE.value), ("genre", GENRE.value)]
    pairs = [pair for pair in pairs if pair[1] is not None]
    for text in LABEL.value:
        column, colon, value = text.partition(":")
        if not colon:
            raise ValueError(f"--label={text} must be COLUMN:CLASS.")
        pairs.append((column.strip(), value.strip()))
    columns = [column for column, _ in pairs]
    for column in columns:
        if columns.count(column) > 1:
            raise ValueError(f"{column} is named twice; a model is told one class.")
    return dict(pairs)


def dims_of_flags() -> list[int]:
    """The dimensions of --dims, none without it."""
    for text in DIMS.value or []:
        if not text.isdecimal():
            raise ValueError(f"--dims={','.join(DIMS.value)} must be whole numbers.")
    return [int(text) for text in DIMS.value or []]


if __name__ == "__main__":
    command.run(main, command.parse_flags, "Every file written so far is whole.")
