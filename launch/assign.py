r"""Puts songs into the clusters of a finished run.

  python launch/assign.py --run=results/vade/ID SONG.mp3 ANOTHER.flac
  python launch/assign.py --run=results/fusion/ID FOLDER/OF/SONGS --out=assigned.csv
  python launch/assign.py --run=results/vae/ID --clusterer=gmm --k=10 SONG.mp3

  --clusterer=NAME   default: the clusters that the run's map and cards show
  --k=N              of a clusterer that was run with several
  --model-seed=S     which trained seed (default: the best by held-out loss)
  --out=FILE.csv     writes what it prints as a table

A folder is read like a collection; a file has the lyrics of FILE.txt beside it. A song
of the collection gets exactly the cluster that it has there.
"""

import json
from pathlib import Path

import command
from absl import flags

RUN = flags.DEFINE_string("run", None, "Folder of a finished run.")
CLUSTERER = flags.DEFINE_string("clusterer", None, "Who made the clusters.")
K = flags.DEFINE_integer("k", None, "How many clusters there are.", lower_bound=1)
MODEL_SEED = flags.DEFINE_integer("model-seed", None, "Which trained seed.")
OUT = flags.DEFINE_string("out", None, "Table that is written.")


def main(paths: list[str]) -> None:
    """Does what the flags ask for."""
    if not RUN.value or not paths:
        raise ValueError(
            "give --run=FOLDER, and songs or a folder of songs. See --help."
        )
    from vaejax import assign, choice, disk, experiment, record, trained

    folder = Path(RUN.value)
    settings = trained.settings_of(folder)
    words_alone = settings["data"]["modalities"] == ("lyrics",)
    tracks = assign.tracks_of([Path(p) for p in paths], words_alone=words_alone)
    run = experiment.reopen(folder, seed=MODEL_SEED.value)
    read = record.read(folder, settings)
    chosen = choice.asked(read, CLUSTERER.value, K.value, run.seed)
    found, rejected = assign.assign(run, chosen, tracks)
    names = {}
    if chosen is choice.shown_of(read):
        cards = json.loads((folder / "clusters.json").read_text())
        names = {card["cluster"]: card["name"] for card in cards}
    for one in found:
        what = f"cluster {one.cluster} {names.get(one.cluster, '')}".rstrip()
        how = f"is {one.known} of the collection" if one.known else "new"
        print(f"{one.track.file_name}: {what}, p = {one.probability:.2f}, {how}")
    for row in rejected:
        print(f"set aside: {row.file_name}: {row.reason}")
    if OUT.value:
        disk.write_text(Path(OUT.value), assign.as_csv(found, names))
        print(f"Written: {OUT.value}")


if __name__ == "__main__":
    command.run(main, command.parse_flags, "Nothing of the run has changed.", rest=True)
