"""What the launchers share: the repository on the path, flags, and readable errors."""

import re
import runpy
import sys
import time
from pathlib import Path

STARTED = time.perf_counter()
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that a fresh clone runs without an install

from absl import app, flags, logging  # noqa: E402
from ml_collections import ConfigDict, config_flags  # noqa: E402


def define_config(*, required: bool = True):
    """Defines --config and --workdir; returns both flags."""
    config = config_flags.DEFINE_config_file(
        "config", lock_config=True, help_string="Path of a config, e.g. configs/vade.py"
    )
    workdir = flags.DEFINE_string(
        "workdir", None, "Folder of the run; default results/<config>/<id>."
    )
    if required:
        flags.mark_flag_as_required("config")
    return config, workdir


def config_name() -> str:
    """The stem of the config's file name."""
    path = config_flags.get_config_filename(flags.FLAGS["config"])
    return Path(path.split(":")[0]).stem


def parse_config(args):
    """Parses the flags of a launcher that takes a config; says which are wrong."""
    if asks_for_help(args):
        print(sys.modules["__main__"].__doc__)
        print("Every option with its default (configs/base.py):\n")
        print((ROOT / "configs" / "base.py").read_text().split('"""')[-1].rstrip())
        sys.exit()
    path = _first(args, "--config=").removeprefix("--config=")
    if path:
        _refuse_unusable(*path.partition(":")[::2])
    try:
        return flags.FLAGS(args)
    except (AttributeError, KeyError, TypeError) as error:
        sys.exit(_unknown_key(args, str(error)))
    except flags.Error as error:
        sys.exit(f"{error} See --help.")


def _refuse_unusable(path: str, argument: str) -> None:
    """Ends the program with a line if no config can be had from the file."""
    if not Path(path).is_file():
        sys.exit(f"--config={path} does not exist. Choices: {_configs()}.")
    try:
        made = runpy.run_path(path)["get_config"](*[argument] * bool(argument))
    # Whatever is wrong with a config that a user has written.
    except Exception as error:  # noqa: BLE001
        what = f"{type(error).__name__}: {error}"
        sys.exit(f"--config={path} gives no config: {what}. See configs/vade.py.")
    if not isinstance(made, ConfigDict):
        what = type(made).__name__
        sys.exit(
            f"--config={path}: get_config() returns a {what}, and no ConfigDict. See "
            "configs/vade.py."
        )


def parse_flags(args):
    """Parses the flags of a launcher without a config; says which are wrong."""
    if asks_for_help(args):
        print(sys.modules["__main__"].__doc__)
        sys.exit()
    try:
        return flags.FLAGS(args)
    except flags.Error as error:
        sys.exit(f"{error} See --help.")


def asks_for_help(args) -> bool:
    """Whether one of the arguments is a usual call for help."""
    calls = {"--help", "-h", "-help", "--helpshort", "--helpfull"}
    return not calls.isdisjoint(args)


def run(
    main,
    parse=parse_config,
    interrupted="The same command goes on from the last checkpoint.",
    rest=False,
) -> None:
    """Runs `main()`; a mistake of the user's is a message, not a traceback.

    Args:
      main: takes no arguments; with `rest`, what is left of them besides the flags.
      parse: `parse_config` or `parse_flags`.
      interrupted: what a person reads who stops it.
      rest: whether arguments that are no flags mean something.
    """

    def guarded(argv):
        logging.set_verbosity(logging.ERROR)  # Orbax tells of every file it touches
        if argv[1:] and not rest:
            sys.exit(
                f"Unknown arguments: {' '.join(argv[1:])}. Options are written "
                "--NAME=VALUE; see --help."
            )
        from vaejax import interrupt

        interrupt.install()
        try:
            main(*[argv[1:]] * rest)
        except (ValueError, FloatingPointError, OSError) as error:
            sys.exit(f"{type(error).__name__}: {error}")
        except interrupt.Interrupted as stop:
            print(f"Stopped by {stop.signal.name}. {interrupted}", file=sys.stderr)
            sys.exit(128 + stop.signal)  # as a shell says it

    app.run(guarded, flags_parser=parse)


def _unknown_key(args: list[str], error: str) -> str:
    found = re.search(r'Did you mean "(\w+)" instead of "(\w+)"', error)
    close, key = found.groups() if found else ("", re.sub(r"\W", "", error))
    blamed = _first(args, "--config.", f".{key}").split("=")[0].removeprefix("--")
    hint = f" Did you mean {close}?" if close else ""
    return f"{blamed} is not an option.{hint} --help lists all options."


def _first(args: list[str], *parts: str) -> str:
    return next((arg for arg in args if all(part in arg for part in parts)), "")


def _configs() -> str:
    names = sorted(path.name for path in (ROOT / "configs").glob("[a-z]*.py"))
    return ", ".join(f"configs/{name}" for name in names if name != "base.py")
