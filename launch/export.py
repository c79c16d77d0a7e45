r"""Writes a finished run as a folder that others can use.

  python launch/export.py --run=results/vade/ID --out=my_model
  python launch/export.py --run=results/vae/ID --out=my_model --formats=stablehlo,onnx

  --model-seed=S     which trained seed (default: the best by held-out loss)
  --formats=...      of the encoder: stablehlo (default), onnx

The folder has the layout of Hugging Face's hub: config.json, model.safetensors, the
encoder by itself (encoder.stablehlo runs with jax alone), and README.md, a model
card with counts, scores and limits. No path, title or lyrics are in it.
`vaejax.export.load(FOLDER)` reads it back.
"""

from pathlib import Path

import command
from absl import flags

RUN = flags.DEFINE_string("run", None, "Folder of a finished run.")
OUT = flags.DEFINE_string("out", None, "Folder that is written.")
MODEL_SEED = flags.DEFINE_integer("model-seed", None, "Which trained seed.")
FORMATS = flags.DEFINE_list("formats", ["stablehlo"], "Of the encoder.")


def main() -> None:
    """Does what the flags ask for."""
    if not RUN.value or not OUT.value:
        raise ValueError("give --run=FOLDER and --out=FOLDER. See --help.")
    from vaejax import experiment, export, record

    folder = Path(RUN.value)
    run = experiment.reopen(folder, seed=MODEL_SEED.value)
    read = record.read(folder, run.settings)
    for path in export.write(run, read, Path(OUT.value), FORMATS.value):
        print(f"Written: {path}, {path.stat().st_size / 1e3:,.0f} kB")


if __name__ == "__main__":
    command.run(main, command.parse_flags, "The folder is not whole: delete it.")
