"""Lines -> English, by a translation model that the user names.

The model runs in CTranslate2, without PyTorch: M2M100 (Fan et al. 2021), NLLB (Costa-
jussà et al. 2022) or a Marian model such as opus-mt. Its folder holds what
ct2-transformers-converter writes, and the files of its tokenizer.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vaejax.text.hub import model_folder

BEAM = 2
BATCH_TOKENS = 2048
MAX_WORDS = 60  # of a piece; longer lines are translated in pieces, not cut
PACKAGES = "ctranslate2 sentencepiece"

_CODES = {  # {language: code of M2M100, of NLLB}
    "arabic": ("ar", "arb_Arab"),
    "bangla": ("bn", "ben_Beng"),
    "hindi": ("hi", "hin_Deva"),
    "spanish": ("es", "spa_Latn"),
}
_M2M100_ENGLISH, _NLLB_ENGLISH = "__en__", "eng_Latn"
_TOKENIZER_FILES = (
    *("tokenizer_config.json", "tokenizer.json", "special_tokens_map.json"),
    *("vocab.json", "sentencepiece.bpe.model", "source.spm", "target.spm"),
)
_MODEL_FILES = ("model.bin", "config.json", "*vocabulary.*")

Translate = Callable[[Sequence[str], Sequence[str]], list[str]]


def open_translator(model: str) -> Translate:
    """A function (lines, the language of each) -> the lines in English.

    Lines in English, in no language that the model is told, such as "", and without
    letters come back as they are. The rest is translated in batches on the CPU.

    Args:
      model: a folder, or a name on the Hugging Face hub, of a model for CTranslate2.

    Raises:
      ValueError: a package is not installed, there is no such model, it is in another
        format, or its tokenizer is missing or another model's.
    """
    try:
        import ctranslate2
    except ImportError as error:
        raise ValueError(
            f"config.lyrics.translator={model!r} needs packages that are not "
            f"installed: pip install {PACKAGES}. Or set it to '', for no translation."
        ) from error
    folder = model_folder(
        model,
        key="config.lyrics.translator",
        wanted=(*_MODEL_FILES, *_TOKENIZER_FILES),
        advice="Go online with the name of a model of the hub, or give the folder of "
        "one in CTranslate2's format.",
    )
    if not ctranslate2.contains_model(str(folder)):
        raise ValueError(_wrong_format(model, folder))
    tokenizer = _tokenizer(model, folder)
    try:
        translator = ctranslate2.Translator(str(folder), device="cpu")
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"config.lyrics.translator={model!r}: CTranslate2 cannot load it: {error}. "
            "Convert or download it again."
        ) from error

    special = set(tokenizer.all_special_tokens)

    def translate(lines: Sequence[str], languages: Sequence[str]) -> list[str]:
        pieces = [
            (row, piece, language)
            for row, (line, language) in enumerate(zip(lines, languages, strict=True))
            if language in _CODES and any(map(str.isalpha, line))
            for piece in _pieces(line)
        ]
        found: dict[int, list[str]] = {}
        sources = [_source(tokenizer, piece, language) for _, piece, language in pieces]
        made = _run(translator, sources, _prefix(tokenizer))
        for (row, _, _), tokens in zip(pieces, made, strict=True):
            spoken = [token for token in tokens if token not in special]
            text = tokenizer.convert_tokens_to_string(spoken)
            found.setdefault(row, []).append(" ".join(text.split()))
        return [
            " ".join(found[row]) if row in found else line
            for row, line in enumerate(lines)
        ]

    return translate


def _pieces(line: str) -> list[str]:
    words = line.split()
    return [
        " ".join(words[start : start + MAX_WORDS])
        for start in range(0, len(words), MAX_WORDS)
    ]


def _source(tokenizer: Any, line: str, language: str) -> list[str]:
    """The line as tokens; M2M100 and NLLB are told its language by the first one."""
    if kind := _kind(tokenizer):
        tokenizer.src_lang = _CODES[language][kind == _NLLB_ENGLISH]
    return tokenizer.convert_ids_to_tokens(tokenizer(line)["input_ids"])


def _prefix(tokenizer: Any) -> list[str]:
    """What a translation begins with: the token of English, or nothing in Marian's."""
    kind = _kind(tokenizer)
    return [kind] if kind else []


def _kind(tokenizer: Any) -> str:
    """The token of English, which tells M2M100 from NLLB; "" in Marian's models."""
    for token in (_M2M100_ENGLISH, _NLLB_ENGLISH):
        if tokenizer.convert_tokens_to_ids(token) != tokenizer.unk_token_id:
            return token
    return ""


def _run(
    translator: Any, sources: list[list[str]], prefix: list[str]
) -> list[list[str]]:
    results = translator.translate_batch(
        sources,
        target_prefix=[prefix] * len(sources) if prefix else None,
        beam_size=BEAM,
        max_batch_size=BATCH_TOKENS,
        batch_type="tokens",
    )
    return [result.hypotheses[0][len(prefix) :] for result in results]


def _wrong_format(model: str, folder: Path) -> str:
    present = [name for name in _TOKENIZER_FILES if (folder / name).exists()]
    files = " ".join(present or _TOKENIZER_FILES[:3])
    return (
        f"config.lyrics.translator={model!r} is not in CTranslate2's format: there is "
        "no model.bin of it. Convert it where PyTorch is installed, then give the new "
        f"folder: ct2-transformers-converter --model {model} --output_dir NEW_FOLDER "
        f"--copy_files {files}"
    )


def _tokenizer(model: str, folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except ImportError as error:
        raise ValueError(
            f"config.lyrics.translator={model!r}: its tokenizer needs a package that "
            f"is not installed: pip install {PACKAGES}."
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(_no_tokenizer(model, folder)) from error
    paths = sorted(folder.glob("*vocabulary.json"))  # shared, or source and target
    known = tokenizer.get_vocab()
    tokens = _vocabulary(paths[0]) if paths else []
    # The tokens that pad a vocabulary are in the model alone.
    if 2 * sum(token in known for token in tokens) < len(tokens):
        raise ValueError(_no_tokenizer(model, folder))
    return tokenizer


def _vocabulary(path: Path) -> list[str]:
    try:
        tokens = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: {error}. Convert it again.") from error
    if not isinstance(tokens, list) or not all(isinstance(t, str) for t in tokens):
        raise ValueError(f"{path} is no list of tokens. Convert the model again.")
    return tokens


def _no_tokenizer(model: str, folder: Path) -> str:
    return (
        f"config.lyrics.translator={model!r}: {folder} lacks the tokenizer of its "
        "model. Copy it there from the model that was converted: those of "
        f"{', '.join(_TOKENIZER_FILES)} that it has."
    )
