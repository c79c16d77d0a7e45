import io
import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from vaejax.text.translate import MAX_WORDS, open_translator

LETTERS = "abcdefghijklmnopqrstuvwxyzदिलमेरातू"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


def nllb_tokenizer(folder):
    """A tokenizer of NLLB's kind whose tokens are letters; the tokens of its model."""
    from transformers import NllbTokenizer

    letters = {token: i for i, token in enumerate((*SPECIAL, "▁", *LETTERS))}
    tokenizer = NllbTokenizer(vocab=letters, merges=[])
    tokenizer.save_pretrained(folder)
    known = tokenizer.get_vocab()
    return sorted(known, key=known.get)


class Reversing:
    """A translator that turns every line round, and notes what it was given."""

    given: list

    def __init__(self, path, device):
        assert device == "cpu"

    def translate_batch(self, sources, target_prefix, **options):
        type(self).given = sources
        prefixes = target_prefix or [[]] * len(sources)
        return [
            SimpleNamespace(hypotheses=[[*prefix, *source[-2:0:-1]]])
            for prefix, source in zip(prefixes, sources, strict=True)
        ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of a model for a stand-in of CTranslate2."""
    stand_in = SimpleNamespace(
        contains_model=lambda path: (tmp_path / "model.bin").exists(),
        Translator=Reversing,
    )
    monkeypatch.setitem(sys.modules, "ctranslate2", stand_in)
    tokens = nllb_tokenizer(tmp_path)
    (tmp_path / "shared_vocabulary.json").write_text(json.dumps(tokens))
    (tmp_path / "config.json").write_text('{"bos_token": "<s>"}')  # CTranslate2's own
    (tmp_path / "model.bin").write_bytes(b"")
    return tmp_path


def test_lines_are_translated_from_their_own_language_and_stay_in_order(folder):
    translate = open_translator(str(folder))
    lines = ["दिल", "leave me", "", "mira", "?!", "hmm"]
    languages = ["hindi", "english", "hindi", "spanish", "arabic", ""]
    assert translate(lines, languages) == ["लिद", "leave me", "", "arim", "?!", "hmm"]
    assert [tokens[0] for tokens in Reversing.given] == ["hin_Deva", "spa_Latn"]
    assert [tokens[-1] for tokens in Reversing.given] == ["</s>", "</s>"]


def test_where_nothing_is_foreign_the_lines_come_back(folder):
    assert open_translator(str(folder))([], []) == []
    assert open_translator(str(folder))(["one"], ["english"]) == ["one"]


def test_a_very_long_line_is_translated_in_pieces_and_whole(folder):
    line = " ".join(["abc"] * (2 * MAX_WORDS + 1))
    (made,) = open_translator(str(folder))([line], ["spanish"])
    assert made == " ".join(["cba"] * (2 * MAX_WORDS + 1))
    assert len(Reversing.given) == 3


def test_as_many_languages_as_lines_are_needed(folder):
    with pytest.raises(ValueError, match="zip"):
        open_translator(str(folder))(["uno", "dos"], ["spanish"])


def test_without_the_package_the_command_that_installs_it_is_given(monkeypatch):
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(ValueError, match="pip install ctranslate2 sentencepiece"):
        open_translator("some/model")


def test_another_format_gives_the_command_that_converts_it(folder):
    (folder / "model.bin").unlink()
    expected = (
        rf"ct2-transformers-converter --model {folder} --output_dir NEW_FOLDER "
        r"--copy_files tokenizer_config.json tokenizer.json"
    )
    with pytest.raises(ValueError, match=expected):
        open_translator(str(folder))


def test_a_folder_without_a_tokenizer_says_which_files_to_copy(folder):
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(ValueError, match=r"lacks the tokenizer.*tokenizer.json"):
        open_translator(str(folder))


def test_the_tokenizer_of_another_model_is_refused(folder):
    vocabulary = [f"token {i}" for i in range(1000)]
    (folder / "shared_vocabulary.json").write_text(json.dumps(vocabulary))
    with pytest.raises(ValueError, match="lacks the tokenizer of its model"):
        open_translator(str(folder))


def test_a_model_that_cannot_be_loaded_says_why(folder, monkeypatch):
    def refuse(path, device):
        raise RuntimeError("model.bin is incomplete")

    monkeypatch.setattr(sys.modules["ctranslate2"], "Translator", refuse)
    with pytest.raises(ValueError, match="cannot load it: model.bin is incomplete"):
        open_translator(str(folder))


def test_a_model_that_cannot_be_had_says_so(folder, monkeypatch):
    import huggingface_hub

    def offline(name, allow_patterns):
        assert name == "some/model" and "model.bin" in allow_patterns
        raise OSError("no connection")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(ValueError, match="'some/model' is not a folder.*no connection"):
        open_translator("some/model")


def sentencepiece_model(path):
    """Trains one on three lines; its pieces."""
    sentencepiece = pytest.importorskip("sentencepiece")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["dil mera dil tera", "leave me alone", "mira"] * 50),
        model_writer=model,
        vocab_size=28,
        model_type="bpe",
        minloglevel=2,
    )
    path.write_bytes(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [processor.id_to_piece(i) for i in range(processor.get_piece_size())]


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"[" * 10**5, b"\xff"])
def test_a_vocabulary_that_is_none_is_named(folder, content):
    (folder / "shared_vocabulary.json").write_bytes(content)
    with pytest.raises(ValueError, match="shared_vocabulary.json is (damaged|no list)"):
        open_translator(str(folder))


def test_m2m100_is_told_the_language_by_its_own_codes(folder):
    from transformers import M2M100Tokenizer

    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    pieces = sentencepiece_model(folder / "sentencepiece.bpe.model")
    tokens = list(dict.fromkeys((*SPECIAL, *pieces)))
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
    (folder / "shared_vocabulary.json").write_text(json.dumps(tokens))
    files = (folder / "vocab.json", folder / "sentencepiece.bpe.model")
    M2M100Tokenizer(*map(str, files)).save_pretrained(folder)
    made = open_translator(str(folder))(["dil mera", "mira"], ["hindi", "spanish"])
    firsts = [(tokens[0], tokens[-1]) for tokens in Reversing.given]
    assert firsts == [("__hi__", "</s>"), ("__es__", "</s>")]
    assert "__en__" not in "".join(made) and made[0].split()[-1] == "dil"


def test_marian_models_are_told_no_language(folder, monkeypatch):
    from transformers import MarianTokenizer

    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    monkeypatch.setitem(sys.modules, "sacremoses", None)
    pieces = sentencepiece_model(folder / "source.spm")
    sentencepiece_model(folder / "target.spm")
    tokens = list(dict.fromkeys((*SPECIAL, *pieces)))
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
    (folder / "shared_vocabulary.json").write_text(json.dumps(tokens))
    files = [str(folder / name) for name in ("source.spm", "target.spm", "vocab.json")]
    with pytest.warns(UserWarning, match="sacremoses"):
        MarianTokenizer(*files).save_pretrained(folder)
        open_translator(str(folder))(["dil dil"], ["hindi"])
    assert Reversing.given == [["▁dil", "▁dil", "</s>"]]


def tiny_model(folder, tokens):
    """A random Transformer in CTranslate2's format: one layer, 8 wide, two heads."""
    from ctranslate2.specs import TransformerSpec

    rng, width = np.random.default_rng(0), 8
    heights = {"self_attention": (3, 1), "attention": (1, 2, 1), "ffn": (4, 1)}

    def weight(path, last):
        owner, part = path[-2:]
        if last != "weight":
            return rng.normal(size=width)
        if owner not in heights:
            letters = np.array([[len(token) == 1] for token in tokens])
            scale = letters if part == "projection" else 1  # it says letters alone
            return rng.normal(size=(len(tokens), width)) * scale
        i = int(part[-1])
        depth = 4 if owner == "ffn" and i else 1
        return rng.normal(size=(heights[owner][i] * width, depth * width))

    spec = TransformerSpec.from_config((1, 1), 2, pre_norm=False)
    for name, value in spec.variables().items():
        if value is None:
            *path, last = name.split("/")
            part = spec
            for step in path:
                base, _, i = step.rpartition("_")  # layer_0 is layer[0], mostly
                listed = not hasattr(part, step)
                part = getattr(part, base)[int(i)] if listed else getattr(part, step)
            setattr(part, last, weight(path, last).astype(np.float32))
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.validate()
    spec.save(str(folder))


def test_a_real_model_gives_what_ctranslate2_gives_for_these_tokens(tmp_path):
    ctranslate2 = pytest.importorskip("ctranslate2")
    tokens = nllb_tokenizer(tmp_path)
    tiny_model(tmp_path, tokens)
    translate = open_translator(str(tmp_path))
    both = translate(["dil mera", "दिल"], ["spanish", "hindi"])
    alone = translate(["दिल"], ["hindi"])
    assert both[1:] == alone
    source = ["hin_Deva", "▁", *"दिल", "</s>"]
    result = ctranslate2.Translator(str(tmp_path)).translate_batch(
        [source], target_prefix=[["eng_Latn"]], beam_size=2
    )
    made = [token for token in result[0].hypotheses[0] if len(token) == 1]
    assert made
    assert alone == [" ".join("".join(made).replace("▁", " ").split())]
