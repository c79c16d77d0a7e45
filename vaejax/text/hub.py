"""Models by name: a folder, or a repository of the Hugging Face hub."""

from collections.abc import Sequence
from pathlib import Path


def model_folder(model: str, *, key: str, wanted: Sequence[str], advice: str) -> Path:
    """The folder of a model; one of the hub is downloaded, or taken from its cache.

    Args:
      model: a folder, or a name on the hub.
      key: of the config that names it, for messages.
      wanted: patterns of the files that are needed.
      advice: what to do where it cannot be had, beginning with a verb.

    Raises:
      ValueError: it is neither a folder nor a model that can be had.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HTTPError  # also of a connection that breaks

    try:
        return Path(snapshot_download(model, allow_patterns=list(wanted)))
    except (OSError, ValueError, HTTPError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"{key}={model!r} is not a folder, and could not be had from the Hugging "
            f"Face hub or its cache on this machine: {reason} {advice}"
        ) from error
