"""The encoder equals transformers' own, and says what is wrong with a checkpoint."""

import importlib.util
import json

import huggingface_hub
import ml_dtypes
import numpy as np
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError
from references import make_xlm_roberta as reference
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from vaejax.text import roberta, tokens, weights, xlm_roberta

REFERENCE = json.loads(reference.FILE.read_text())
CONFIG = REFERENCE["config"]
FORMS = ("bare", "masked_lm", "float16", "bfloat16", "sharded")
WORDS = {0: "<s>", 1: "<pad>", 2: "</s>", 3: "<unk>"} | {
    i: f"w{i}" for i in range(4, 60)
}
LINES = [" ".join(WORDS[i] for i in line[1:-1]) for line in reference.lines()]
ATTENTION = "encoder.layer.1.attention.self.query.weight"


def tensors(shapes: str) -> dict[str, np.ndarray]:
    return {
        name: reference.tensor(name, tuple(shape))
        for name, shape in REFERENCE["shapes"][shapes].items()
    }


def save_tokenizer(folder, words=WORDS):
    """Words between spaces; it cuts and pads, as those of sentence-transformers do."""
    made = Tokenizer(models.WordLevel({w: i for i, w in words.items()}, "<unk>"))
    made.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    made.enable_truncation(4)
    made.enable_padding(length=9, pad_id=1, pad_token="<pad>")
    made.save(str(folder / tokens.FILE))


def save(folder, form="bare", config=CONFIG):
    """A checkpoint as transformers and its converters write them."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    save_tokenizer(folder)
    found = tensors("masked_lm" if form == "masked_lm" else "bare")
    if form == "float16":
        found = {name: x.astype(np.float16) for name, x in found.items()}
    if form == "bfloat16":
        found = {name: x.astype(ml_dtypes.bfloat16) for name, x in found.items()}
    if form != "sharded":
        save_file(found, folder / weights.FILE, metadata={"format": "pt"})
        return folder
    files = [f"model-0000{i}-of-00003.safetensors" for i in (1, 2, 3)]
    where = {name: files[i % 3] for i, name in enumerate(sorted(found))}
    for file in files:
        part = {name: x for name, x in found.items() if where[name] == file}
        save_file(part, folder / file)
    (folder / weights.INDEX).write_text(json.dumps({"weight_map": where}))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def encoder(folder):
    return xlm_roberta.open_encoder(str(folder), dtype="float32")


def altered(tmp_path, change):
    """A folder whose tensors `change` has changed."""
    folder = save(tmp_path)
    found = load_file(folder / weights.FILE)
    change(found)
    save_file(found, folder / weights.FILE)
    return str(folder)


def refused(folder, match):
    with pytest.raises(ValueError, match=match):
        xlm_roberta.open_encoder(str(folder), dtype="float32")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_checkpoint_gives_the_vectors_of_transformers(tmp_path, form):
    made = xlm_roberta.open_encoder(str(save(tmp_path, form)), dtype="float32")
    means = REFERENCE["means"].get(form, REFERENCE["means"]["float32"])
    np.testing.assert_allclose(made.encode(LINES), means, rtol=0, atol=1e-5)


@pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="PyTorch, a development extra, is not installed.",
)
def test_the_reference_is_what_its_script_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(reference, "FILE", tmp_path / "again.json")
    reference.main()
    again = json.loads(reference.FILE.read_text())
    assert again["shapes"] == REFERENCE["shapes"]
    for dtype, means in REFERENCE["means"].items():
        np.testing.assert_allclose(again["means"][dtype], means, atol=2e-6)


def test_bfloat16_is_near_float32(folder, encoder):
    half = xlm_roberta.open_encoder(str(folder), dtype="bfloat16")
    ours, exact = half.encode(LINES), encoder.encode(LINES)
    assert ours.dtype == np.float32
    assert 1e-4 < abs(ours - exact).max() < 0.1 * exact.std()


def test_neither_order_nor_company_changes_a_vector(encoder):
    together = encoder.encode(LINES)
    backwards = encoder.encode(LINES[::-1])[::-1]
    alone = np.concatenate([encoder.encode([line]) for line in LINES])
    np.testing.assert_allclose(backwards, together, atol=1e-5)
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_a_line_that_comes_again_has_the_same_vector(encoder):
    found = encoder.encode([LINES[2], LINES[3], LINES[2]])
    np.testing.assert_array_equal(found[0], found[2])
    assert abs(found[0] - found[1]).max() > 0.1


def test_no_lines_have_no_vectors(encoder):
    assert encoder.encode([]).shape == (0, encoder.size)
    assert encoder.padding_share([]) == 0.0


def test_a_line_without_words_is_the_mean_of_its_two_ends(encoder):
    empty, blank = encoder.encode(["", "  "])
    np.testing.assert_allclose(empty, REFERENCE["means"]["float32"][0], atol=1e-5)
    np.testing.assert_array_equal(empty, blank)


def test_a_long_line_is_the_mean_over_all_its_windows(encoder):
    words = [f"w{4 + i % 50}" for i in range(50)]  # 24 tokens fit, so 17, 17 and 16
    parts = [" ".join(words[a:b]) for a, b in ((0, 17), (17, 34), (34, 50))]
    whole = encoder.encode([" ".join(words)])[0]
    expected = np.average(encoder.encode(parts), axis=0, weights=[19, 19, 18])
    np.testing.assert_allclose(whole, expected, atol=1e-5)


def test_the_tokenizer_neither_cuts_nor_pads(folder):
    tokenize = tokens.open_tokenizer(folder, vocab_size=60, start=0, end=2)
    found = tokenize([" ".join(f"w{i}" for i in range(4, 24)), "w4 unheard"])
    assert [line.tolist() for line in found] == [list(range(4, 24)), [4, 3]]


def test_a_pad_token_in_the_text_is_a_token_like_others(encoder):
    assert np.isfinite(encoder.encode(["w4 <pad> w5", "</s> <s>"])).all()


def test_what_names_and_shapes_a_checkpoint_has_follows_from_its_config(folder):
    config = roberta.read_config(folder / "config.json")
    found = {name: list(place.shape) for name, place in weights.places(config).items()}
    bare = REFERENCE["shapes"]["bare"]
    assert found == {name: s for name, s in bare.items() if "pooler" not in name}


def test_a_tensor_shared_with_the_head_is_found_by_the_header(tmp_path):
    folder = save(tmp_path, "masked_lm")
    found = load_file(folder / weights.FILE)
    name = "roberta.embeddings.word_embeddings.weight"
    found["lm_head.decoder.weight"] = found.pop(name)
    found["roberta.embeddings.position_ids"] = np.arange(26)[None]
    save_file(found, folder / weights.FILE, metadata={name: "lm_head.decoder.weight"})
    made = xlm_roberta.open_encoder(str(folder), dtype="float32").encode(LINES)
    np.testing.assert_allclose(made, REFERENCE["means"]["float32"], atol=1e-5)


def test_a_missing_tensor_is_named(tmp_path):
    refused(altered(tmp_path, lambda x: x.pop(ATTENTION)), f"lacks 1 .*{ATTENTION}")


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    def rename(found):
        for name in list(found):
            found[f"bert.{name}"] = found.pop(name)

    refused(altered(tmp_path, rename), "lacks 53 of the 53 tensors")


def test_a_layer_too_many_is_named(tmp_path):
    extra = ATTENTION.replace("layer.1", "layer.3")

    def add(found):
        found[extra] = found[ATTENTION].copy()

    refused(altered(tmp_path, add), f"{extra} is not in this model.*3 layers")


def test_a_tensor_that_is_there_twice_is_refused(tmp_path):
    def add(found):
        found[f"roberta.{ATTENTION}"] = found[ATTENTION].copy()

    refused(altered(tmp_path, add), f"{ATTENTION} is there twice")


def test_a_tensor_of_another_shape_is_named(tmp_path):
    def cut(found):
        found[ATTENTION] = found[ATTENTION][:-1].copy()

    refused(altered(tmp_path, cut), rf"{ATTENTION} has shape \(23, 24\)")


def test_a_tensor_that_is_not_finite_is_named(tmp_path):
    def spoil(found):
        found[ATTENTION][3, 4] = np.nan

    refused(altered(tmp_path, spoil), f"{ATTENTION} has values that are not finite")


@pytest.mark.parametrize(
    ("dtype", "name"), [(np.int8, "I8"), (ml_dtypes.float8_e4m3fn, "F8_E4M3")]
)
def test_quantised_weights_are_refused(tmp_path, dtype, name):
    def quantise(found):
        found[ATTENTION] = found[ATTENTION].astype(dtype)

    refused(altered(tmp_path, quantise), f"is {name}; it must be one of F64, F32")


def test_a_file_cut_short_is_called_damaged(tmp_path):
    path = save(tmp_path) / weights.FILE
    path.write_bytes(path.read_bytes()[:-100])
    refused(tmp_path, "model.safetensors is damaged")


def test_a_shard_that_is_not_there_is_named(tmp_path):
    save(tmp_path, "sharded")
    (tmp_path / "model-00002-of-00003.safetensors").unlink()
    refused(tmp_path, "model-00002-of-00003.safetensors does not exist")
    with pytest.raises(ValueError, match="model-00002-of-00003.* does not exist"):
        xlm_roberta.fingerprint(str(tmp_path))
    (tmp_path / weights.INDEX).write_text("{}")
    refused(tmp_path, "index.json is damaged: KeyError")


@pytest.mark.parametrize(
    "part", ["../other/model.safetensors", "/etc/passwd", "model.bin", "a\0", 7, ["a"]]
)
def test_an_index_names_only_files_beside_it(tmp_path, part):
    save(tmp_path, "sharded")
    weight_map = {"a": part}
    (tmp_path / weights.INDEX).write_text(json.dumps({"weight_map": weight_map}))
    refused(tmp_path, r"index.json (names .* files beside it|is damaged)")


@pytest.mark.parametrize(
    "content", [b"[" * 10**5, b"[]", b'{"weight_map": 3}', b"\xff"]
)
def test_an_index_that_is_none_is_called_damaged(tmp_path, content):
    save(tmp_path, "sharded")
    (tmp_path / weights.INDEX).write_bytes(content)
    refused(tmp_path, "index.json is damaged")


def test_pickles_are_not_opened(tmp_path):
    (save(tmp_path) / weights.FILE).rename(tmp_path / "pytorch_model.bin")
    refused(tmp_path, "only pytorch_model.bin.*save_pretrained")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"model_type": "bert"}, "model_type='bert' must be one of xlm-roberta"),
        ({"position_embedding_type": "relative_key"}, "must be 'absolute'"),
        ({"hidden_act": "relu"}, "hidden_act='relu' must be 'gelu'"),
        ({"hidden_size": 25}, "hidden_size=25 must be a multiple of"),
        ({"num_hidden_layers": None}, "num_hidden_layers=None must be a number"),
        ({"num_attention_heads": 0}, "num_attention_heads=0 must be a number"),
        ({"num_hidden_layers": 2}, "encoder.layer.2.* is not in this model"),
        ({"num_hidden_layers": 4}, "lacks 16 of the 69 .*encoder.layer.3"),
        ({"vocab_size": 59}, "tokenizer.json has 60 tokens"),
        ({"num_hidden_layers": 10**6}, "above 0 and at most 1000"),
        ({"vocab_size": 10**12}, "above 0 and at most 10000000"),
        ({"layer_norm_eps": float("nan")}, "layer_norm_eps=nan must be a number"),
        ({"hidden_size": "9" * 10**5}, "hidden_size='9{39} must be a number"),
        ({"eos_token_id": 3}, "</s> is token 2, the model's is 3"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(tmp_path, change, match):
    refused(save(tmp_path, config=CONFIG | change), match)


def test_files_that_are_missing_or_damaged_are_named(tmp_path):
    save(tmp_path)
    (tmp_path / tokens.FILE).write_text("{}")
    refused(tmp_path, "tokenizer.json is damaged")
    (tmp_path / tokens.FILE).unlink()
    refused(tmp_path, "tokenizer.json does not exist.*sentencepiece.bpe.model")
    (tmp_path / "config.json").write_text("<html>")
    refused(tmp_path, "config.json is not JSON")
    (tmp_path / "config.json").write_text("[" * 10**5)
    refused(tmp_path, "config.json is not JSON")
    (tmp_path / "config.json").write_text("[]")
    refused(tmp_path, "config.json is no JSON object")
    (tmp_path / "config.json").unlink()
    refused(tmp_path, "config.json does not exist")


def test_a_tokenizer_without_a_token_for_the_unknown_is_refused(tmp_path):
    save(tmp_path)
    made = Tokenizer(
        models.Unigram([("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0)], None)
    )
    made.save(str(tmp_path / tokens.FILE))
    tokenize = tokens.open_tokenizer(tmp_path, vocab_size=60, start=0, end=2)
    with pytest.raises(
        ValueError, match="tokenizer.json cannot be used: .*unknown token"
    ):
        tokenize(["a"])


def test_the_fingerprint_is_that_of_the_content(tmp_path):
    one, two = save(tmp_path / "one"), save(tmp_path / "two")
    assert xlm_roberta.fingerprint(str(one)) == xlm_roberta.fingerprint(str(two))
    save_tokenizer(two, WORDS | {59: "another"})
    assert xlm_roberta.fingerprint(str(one)) != xlm_roberta.fingerprint(str(two))


def test_a_model_of_the_hub_is_its_downloaded_folder(monkeypatch, folder):
    asked = []

    def download(name, allow_patterns):
        asked.append((name, allow_patterns))
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert xlm_roberta.model_folder("FacebookAI/xlm-roberta-base") == folder
    assert asked[0][0] == "FacebookAI/xlm-roberta-base"
    assert not [pattern for pattern in asked[0][1] if ".bin" in pattern]


def test_a_model_that_cannot_be_had_says_what_to_do(monkeypatch):
    refused("./no/such/folder", "config.lyrics.model='./no/such/folder' is not a")

    def offline(name, allow_patterns):
        raise LocalEntryNotFoundError("Outgoing traffic is disabled.\nMore.")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    refused(
        "xlm-roberta-base", "'xlm-roberta-base' .* is disabled. .*give their folder"
    )
