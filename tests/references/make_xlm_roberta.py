"""Writes xlm_roberta.json: what transformers' own XLM-RoBERTa gives, of a tiny model.

python tests/references/make_xlm_roberta.py    (needs: pip install torch transformers)

The weights are not stored: `tensor` draws each from its name.
"""

import json
import zlib
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("xlm_roberta.json")
SIZES = {
    "vocab_size": 60,
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 40,
    "max_position_embeddings": 26,
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-5,
    "bos_token_id": 0,
    "pad_token_id": 1,
    "eos_token_id": 2,
    "attention_probs_dropout_prob": 0.0,
    "hidden_dropout_prob": 0.0,
}


def tensor(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The weights of this name; large enough that attention is far from uniform."""
    rng = np.random.default_rng(zlib.crc32(name.removeprefix("roberta.").encode()))
    centre = 1.0 if name.endswith("LayerNorm.weight") else 0.0
    return (centre + 0.3 * rng.normal(size=shape)).astype(np.float32)


def lines() -> list[list[int]]:
    """Lines as tokens with <s> and </s>, from none between them to as many as fit."""
    rng = np.random.default_rng(0)
    sizes = (0, 1, 3, 8, 15, 22)
    return [[0, *map(int, rng.integers(3, 60, size)), 2] for size in sizes]


def main() -> None:
    """Runs the model, padded batch and all, in float32 on weights of three types."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM, XLMRobertaModel

    config = XLMRobertaConfig(**SIZES)
    bare, masked_lm = XLMRobertaModel(config), XLMRobertaForMaskedLM(config)
    shapes = {
        name: {key: list(value.shape) for key, value in model.state_dict().items()}
        for name, model in (("bare", bare), ("masked_lm", masked_lm))
    }
    batch = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(line) for line in lines()], True, SIZES["pad_token_id"]
    )
    real = (batch != SIZES["pad_token_id"]).long()
    means = {}
    for dtype in ("float32", "float16", "bfloat16"):
        weights = {
            key: torch.from_numpy(tensor(key, tuple(shape)))
            .to(getattr(torch, dtype))
            .float()
            for key, shape in shapes["bare"].items()
        }
        bare.load_state_dict(weights)
        with torch.inference_mode():
            hidden = bare.eval()(batch, attention_mask=real).last_hidden_state
        mean = (hidden * real[..., None]).sum(1) / real.sum(1, keepdim=True)
        means[dtype] = [[float(f"{x:.8g}") for x in row] for row in mean.tolist()]
    found = {"config": config.to_dict(), "shapes": shapes, "means": means}
    FILE.write_text(json.dumps(found, indent=None) + "\n")


if __name__ == "__main__":
    main()
