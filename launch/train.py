r"""Trains a model on a collection, clusters it, scores it and draws it.

  python launch/train.py --config=configs/vade.py
  python launch/train.py --config=configs/vade.py --config.data.root=PATH/TO/SONGS
  python launch/train.py --config=configs/vae.py --config.cluster.k=5,10 \
      --config.eval.labels=genre,language --workdir=results/mine

The same command goes on where a stopped run was, to the same numbers.
"""

from pathlib import Path

import command

CONFIG, WORKDIR = command.define_config()


def main():
    """Runs the experiment of the flags."""
    from vaejax import experiment

    workdir = Path(WORKDIR.value) if WORKDIR.value else None
    experiment.run(
        CONFIG.value,
        workdir=workdir,
        results=command.ROOT / "results" / command.config_name(),
        started=command.STARTED,
    )


if __name__ == "__main__":
    command.run(main)
