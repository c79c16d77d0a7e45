"""Runs the experiments that a config's section `study` names, and compares them.

  python launch/study.py --config=configs/fusion_study.py
  python launch/study.py --config=configs/fusion_study.py \
      --config.data.root=PATH/TO/SONGS --config.data.tracks=with_lyrics

The same command goes on where a stopped study was.
"""

from pathlib import Path

import command

CONFIG, WORKDIR = command.define_config()


def main():
    """Runs the study of the flags."""
    from vaejax import study

    folder = WORKDIR.value or command.ROOT / "results" / command.config_name()
    study.run(CONFIG.value, workdir=Path(folder), started=command.STARTED)


if __name__ == "__main__":
    command.run(main)
