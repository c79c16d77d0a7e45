r"""Trains a model on a collection, clusters it, scores it and draws it.

  python launch/train.py --config=configs/vade.py
  python launch/train.py --config=configs/vade.py --config.data.root=PATH/TO/SONGS
  python launch/train.py --config=configs/vae.py --config.cluster.k=5,10 \
      --config.eval.labels=genre,language --workdir=results/mine
  python launch/train.py --repeat=results/vade/ID

The same command goes on where a stopped run was, to the same numbers. --repeat runs a
finished run again, with its settings, and says whether its scores are equal.
"""

import sys
from pathlib import Path

import command
from absl import flags

CONFIG, WORKDIR = command.define_config(required=False)
REPEAT = flags.DEFINE_string("repeat", None, "Folder of a finished run.")


def main():
    """Runs the experiment of the flags."""
    workdir = Path(WORKDIR.value) if WORKDIR.value else None
    if (CONFIG.value is None) == (REPEAT.value is None):
        raise ValueError(
            "give --config=configs/NAME.py, or --repeat=FOLDER of a finished run. See "
            "--help."
        )
    if REPEAT.value:
        from vaejax import repeat

        run = Path(REPEAT.value)
        sys.exit(not repeat.repeat(run, workdir=workdir, started=command.STARTED))
    from vaejax import experiment

    experiment.run(
        CONFIG.value,
        workdir=workdir,
        results=command.ROOT / "results" / command.config_name(),
        started=command.STARTED,
    )


if __name__ == "__main__":
    command.run(main)
