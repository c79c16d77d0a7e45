r"""Clusters the saved latents of a finished run in other ways, in seconds.

  python launch/cluster.py --run=results/vade/ID --names=hdbscan,spectral
  python launch/cluster.py --run=results/vade/ID --names=kmeans,gmm --k=4,6,8,classes
  python launch/cluster.py --run=results/vae/ID --k=8 --labels=genre,mood

  --names=NAME,...   kmeans, ward, gmm, spectral, n2d, dbscan, hdbscan
  --k=N,...          numbers of clusters; `classes`: as many as each label has
  --labels=NAME,...  columns of tracks.csv to be scored on
  --out=FOLDER       default RUN/clusters/NAMES-K

What is left out is as it was in the run. The models, and the raw features and principal
components that the run has kept, are clustered alike.
"""

from pathlib import Path

import command
from absl import flags

RUN = flags.DEFINE_string("run", None, "Folder of a finished run.")
NAMES = flags.DEFINE_list("names", None, "Clusterers.")
K = flags.DEFINE_list("k", None, "Numbers of clusters.")
LABELS = flags.DEFINE_list("labels", None, "Columns to be scored on.")
OUT = flags.DEFINE_string("out", None, "Folder of what is written.")


def main():
    """Does what the flags ask for."""
    if not RUN.value:
        raise ValueError("--run=FOLDER is missing: results/CONFIG/ID. See --help.")
    from vaejax import recluster, trained

    folder = Path(RUN.value)
    settings = trained.settings_of(folder)
    names = NAMES.value or settings["cluster"]["names"]
    ks = [int(k) if k.isdecimal() else k for k in K.value or []]
    ks = ks or settings["cluster"]["k"]
    out = folder / "clusters" / "-".join([*names, *map(str, ks)])
    table = recluster.recluster(
        folder,
        settings,
        names=names,
        ks=ks,
        labels=LABELS.value or settings["eval"]["labels"],
        out=Path(OUT.value) if OUT.value else out,
    )
    print(f"{table}\nWritten: {OUT.value or out}")


if __name__ == "__main__":
    command.run(main, command.parse_flags, "Nothing of the run has changed.")
