"""Commands as a user types them, in processes forked from one that has imported all.

An interpreter and its imports take longer than many of the runs that the tests start.
The process that is forked has imported the libraries; JAX has not started in it.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import select
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
LONGEST_S = 400
IMPORTED = (
    *("vaejax.experiment", "vaejax.present", "vaejax.features", "vaejax.probes"),
    *("ml_collections.config_flags", "librosa.filters", "sklearn.neighbors"),
    *("sklearn.cluster", "sklearn.decomposition", "sklearn.mixture"),
)


def launch(name: str, *args, drawn: bool = True) -> subprocess.CompletedProcess:
    """What `python launch/NAME.py ARGS` ends with; `drawn`: with figures and pages."""
    command = [f"launch/{name}.py", *map(str, args)]
    with tempfile.TemporaryDirectory() as folder:
        texts = [str(Path(folder) / stream) for stream in ("stdout", "stderr")]
        job = {"command": command, "texts": texts, "drawn": drawn}
        server = _server()
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        if not select.select([server.stdout], [], [], LONGEST_S)[0]:
            _server.cache_clear()  # the next command gets another one
            raise subprocess.TimeoutExpired(command, LONGEST_S)
        code = int(server.stdout.readline())
        read = [Path(text).read_text() for text in texts]
        return subprocess.CompletedProcess(command, code, *read)


@functools.cache
def _server() -> subprocess.Popen:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    # The threads of OpenBLAS are not forked, and would be waited for.
    alone = {"JAX_PLATFORMS": "cpu", "OPENBLAS_NUM_THREADS": "1"}
    given = {"cwd": ROOT, "env": os.environ | alone}
    server = subprocess.Popen([sys.executable, __file__], **pipes, **given)
    atexit.register(_end, server)
    return server


def _end(server: subprocess.Popen) -> None:
    server.kill()
    server.communicate()  # closes its pipes


def serve() -> dict | None:
    """Forks for every job, which returns it; None when there are no more."""
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            return json.loads(line)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(code, flush=True)
    return None


def run(command: list[str], texts: list[str], drawn: bool) -> None:
    """Becomes the process of a command."""
    for number, path in enumerate([os.devnull, *texts]):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    sys.path[0] = str(ROOT / "launch")
    sys.argv = command
    if not drawn:
        from vaejax import experiment

        experiment.present_run = lambda folder, settings: None
    runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    sys.path.insert(1, str(ROOT))
    for module in IMPORTED:
        importlib.import_module(module)
    gc.freeze()  # what was imported is not looked through, and so not copied
    gc.set_threshold(200_000, 20, 50)  # as in conftest.py
    job = serve()
    if job:
        run(**job)
