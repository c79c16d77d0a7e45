r"""Runs every cell of a study's grid, and writes a report that compares them.

  python launch/study.py --config=configs/study.py
  python launch/study.py --config=configs/study.py --config.data.root=PATH/TO/SONGS
  python launch/study.py --config=configs/study.py --config.study=full --workers=4 \
      --devices=0,1,2,3

  --workdir=FOLDER  default results/<config>/<grid>-<id>
  --workers=N       cells that run at once, in processes that share out the cores
  --devices=A,B     CUDA devices that these processes share out in their place

The same command goes on where a stopped study was.
"""

from pathlib import Path

import command
from absl import flags

CONFIG, WORKDIR = command.define_config()
WORKERS = flags.DEFINE_integer(
    "workers", 1, "Cells that run at once, in processes of their own.", lower_bound=1
)
DEVICES = flags.DEFINE_list("devices", [], "CUDA devices that these share out.")


def main():
    """Runs the study of the flags."""
    from vaejax import study

    if "study" not in CONFIG.value:
        raise ValueError(
            "the config has no study: run it with launch/train.py, or take "
            "--config=configs/study.py."
        )
    study.run(
        CONFIG.value,
        workdir=Path(WORKDIR.value) if WORKDIR.value else None,
        results=command.ROOT / "results" / command.config_name(),
        started=command.STARTED,
        n_workers=WORKERS.value,
        devices=DEVICES.value,
    )


if __name__ == "__main__":
    command.run(main)
