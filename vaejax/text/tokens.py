"""Lines -> tokens, by the tokenizer that a pretrained model brings along."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int32

FILE = "tokenizer.json"
_AT_ONCE = 10_000  # lines; what the library returns is large

Tokenize = Callable  # (lines) -> tokens of each, int32 [l], without <s> and </s>


def open_tokenizer(folder: Path, *, vocab_size: int, start: int, end: int) -> Tokenize:
    """The tokenizer of the model in this folder; it neither cuts nor pads.

    Args:
      folder: with `FILE`.
      vocab_size: of the model.
      start: the model's <s>.
      end: the model's </s>.

    Raises:
      ValueError: the file is missing or damaged, or belongs to another model.
    """
    tokenizer = _read(folder / FILE)
    tokenizer.no_truncation()  # sentence-transformers' files ask for both
    tokenizer.no_padding()
    n = tokenizer.get_vocab_size()
    if n > vocab_size:
        raise ValueError(
            f"{folder / FILE} has {n} tokens, the model only vocab_size={vocab_size}. "
            "Take all files from the same model."
        )
    for token, i in (("<s>", start), ("</s>", end)):
        if (given := tokenizer.token_to_id(token)) != i:
            raise ValueError(
                f"{folder / FILE}: {token} is token {given}, the model's is {i}. Take "
                "all files from the same model."
            )

    def tokenize(lines: Sequence[str]) -> list[Int32[np.ndarray, "_"]]:
        found = []
        for i in range(0, len(lines), _AT_ONCE):
            part = list(lines[i : i + _AT_ONCE])
            try:
                encoded = tokenizer.encode_batch_fast(part, add_special_tokens=False)
            except Exception as error:  # the library raises nothing more special
                raise ValueError(
                    f"{folder / FILE} cannot be used: {error}. Download it again."
                ) from error
            found += [np.array(line.ids, np.int32) for line in encoded]
        return found

    return tokenize


def _read(path: Path) -> Any:
    from tokenizers import Tokenizer

    if not path.exists():
        raise ValueError(
            f"{path} does not exist. Download it from where the model comes from; "
            "where there is only a sentencepiece.bpe.model, pip install sentencepiece "
            "and convert it: "
            "transformers.AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)."
        )
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more special
        raise ValueError(f"{path} is damaged: {error}. Download it again.") from error
