"""The example runs as it stands, on few songs, and what is shown is what was run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from vaejax import songbook

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "data" / "notebooks"
SOURCE = (FOLDER / "songs.py").read_text()
NOTEBOOK = json.loads((FOLDER / "songs.ipynb").read_text())
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
MOST_BYTES = 1_500_000
SMALL = {
    "data.n_workers": 1,
    "data.modalities": ("mfcc",),
    "features.n_mels": 16,
    "features.n_mfcc": 4,
    "features.n_fft": 1024,
    "features.duration_s": 1.0,
    "songbook.duration_s": 1.0,
    "baselines.names": ("raw",),
    "networks.hidden": (16,),
    "model.latent_dim": 3,
    "train.epochs": 8,
    "train.seeds": 2,
    "cluster.names": ("kmeans",),
    "eval.permutations": 99,
    "eval.labels": ("genre",),
    "eval.nuisance": False,
    "figures.projections": (),
    "figures.pdf": False,
    "figures.n_reconstructions": 0,
}
# The neighbour map, whose compilation takes longer than all the rest.
FASTER = """
from vaejax.mixture import STARTS
STARTS["neighbours"] = STARTS["means"]
"""
# Runs cells as a notebook does: what a cell ends with is shown.
RUNNER = """
import ast, json, sys
def display(shown):
    if shown is not None:
        print("SHOWN", type(shown).__name__)
scope = {"__name__": "__main__", "display": display}
for cell in json.load(sys.stdin):
    *body, last = ast.parse(cell).body
    if isinstance(last, ast.Expr):
        last = ast.parse(f"display({ast.unparse(last)})").body[0]
    exec(compile(ast.Module([*body, last], []), "cell", "exec"), scope)
"""


def source_of(cell: dict) -> str:
    return "".join(cell["source"])


def is_parameters(cell: dict) -> bool:
    return "parameters" in cell["metadata"].get("tags", ())


def test_every_cell_runs_on_few_songs_in_a_fresh_process(tmp_path):
    songs = tmp_path / "songs"
    songbook.render(songs, n_songs=40, duration_s=1.0, seed=0, n_workers=1)
    changes = SMALL | {"data.cache_dir": str(tmp_path / "cache")}
    given = {"songs": str(songs), "n_clusters": 3, "changes": changes}
    small = "\n".join(f"{name} = {value!r}" for name, value in given.items()) + FASTER
    cells = [small if is_parameters(cell) else source_of(cell) for cell in CODE]
    # It runs in a folder of its own, where there is nothing to find but the configs.
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps(cells),
        cwd=tmp_path,
        env=os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen = re.findall(r"^SHOWN (\w+)$", done.stdout, re.M)
    assert seen == [*["Figure"] * 3, "Clusters", "Scores", "Figure"]
    assert "40 songs, 0 set aside" in done.stdout
    assert re.search(r": cluster [012]$", done.stdout, re.M)


def test_the_notebook_is_its_source_run_from_the_top():
    cells = [cell.partition("\n") for cell in SOURCE.split("\n# %%")[1:]]
    assert [source_of(cell) for cell in NOTEBOOK["cells"]] == [
        (re.sub("^# ?", "", body, flags=re.M) if "markdown" in head else body).strip()
        for head, _, body in cells
    ]
    assert [cell["execution_count"] for cell in CODE] == [*range(1, len(CODE) + 1)]
    kinds = {out["output_type"] for cell in CODE for out in cell["outputs"]}
    assert kinds == {"stream", "execute_result", "display_data"}  # no errors
    assert [cell["source"] for cell in CODE if is_parameters(cell)]


def test_what_the_notebook_shows_is_there_and_small():
    assert len(shown("image/png")) == 4  # as images, which every reader shows
    clusters, scores = shown("text/html")
    assert clusters.count("<audio ") == 16 and "data:audio/mpeg;base64," in clusters
    assert "<table>" in scores and "±" in scores
    assert "<script" not in clusters + scores
    assert (FOLDER / "songs.ipynb").stat().st_size < MOST_BYTES


def test_the_notebook_shows_neither_warnings_nor_progress():
    streams = [o for cell in CODE for o in cell["outputs"] if "name" in o]
    assert {stream["name"] for stream in streams} == {"stdout"}
    assert not any("warning" in text.lower() for o in streams for text in o["text"])


def test_numbers_of_the_text_stand_in_the_outputs():
    said = " ".join(source_of(c) for c in NOTEBOOK["cells"] if c not in CODE)
    numbers = re.findall(r"-?(?<!\d)\.\d{3}(?: ±\.\d{3})?", said)
    scores = shown("text/html")[-1].replace("\N{NO-BREAK SPACE}", " ")
    assert len(numbers) > 5
    unknown = [number for number in numbers if number not in scores]
    # Another machine rounds otherwise: after `make notebook` the text is to be mended.
    assert unknown == [], "numbers in songs.py that the run of songs.ipynb did not give"


def shown(kind: str) -> list[str]:
    """Everything of that MIME type, in the order of the cells."""
    found = (o["data"] for cell in CODE for o in cell["outputs"] if "data" in o)
    return ["".join(data[kind]) for data in found if kind in data]
