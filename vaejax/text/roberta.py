"""The network of RoBERTa and XLM-RoBERTa (arXiv:1907.11692, 1911.02116), without heads.

Lines are short: several stand side by side in a row, as pieces that do not see one
another. Positions count from the start of each piece, so a piece gives the same hidden
states in any row; what is left of a row is padding, piece 0.

`weights.py` fills the parameters from a checkpoint; nothing here draws them.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Float32, Int32

FAMILY = ("xlm-roberta", "roberta", "camembert")  # one architecture
_MOST = {"num_hidden_layers": 1000}  # of others 10**7: vocabularies have 10**6 tokens
_FIXED = {  # options of the family that we have one value of
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
}


@dataclasses.dataclass(frozen=True)
class Config:
    """The sizes of a model, by their names in config.json."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float
    bos_token_id: int = 0
    pad_token_id: int = 1
    eos_token_id: int = 2

    @property
    def max_tokens(self) -> int:
        """Tokens in the longest piece; positions count from pad_token_id + 1."""
        return self.max_position_embeddings - self.pad_token_id - 1


def read_config(path: Path) -> Config:
    """The sizes that a model's config.json gives.

    Raises:
      ValueError: the file is no such config, or is that of another architecture.
    """
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ValueError(
            f"{path} does not exist. config.lyrics.model must name a folder with "
            "config.json, tokenizer.json and model.safetensors, or a model of the hub."
        ) from None
    except (ValueError, RecursionError) as error:  # also what is not UTF-8
        raise ValueError(f"{path} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path} is no JSON object. Download it again.")
    kind = found.get("model_type")
    if kind not in FAMILY:
        raise ValueError(
            f"{path}: model_type={kind!r:.40} must be one of {', '.join(FAMILY)}. "
            "Among multilingual models xlm-roberta-base, "
            "intfloat/multilingual-e5-base and "
            "sentence-transformers/paraphrase-multilingual-mpnet-base-v2 are; those "
            "named MiniLM are BERT."
        )
    for key, value in _FIXED.items():
        if found.get(key, value) != value:
            raise ValueError(f"{path}: {key}={found[key]!r:.40} must be {value!r}.")
    sizes = {}
    for field in dataclasses.fields(Config):
        value = found.get(field.name, field.default)
        least = 0 if field.name.endswith("_id") else 1e-30
        most = _MOST.get(field.name, 10**7)
        if type(value) is not field.type or not least <= value <= most:
            raise ValueError(
                f"{path}: {field.name}={found.get(field.name)!r:.40} must be a number "
                f"of type {field.type.__name__}, above 0 and at most {most}."
            )
        sizes[field.name] = value
    config = Config(**sizes)
    if config.hidden_size % config.num_attention_heads:
        raise ValueError(
            f"{path}: hidden_size={config.hidden_size} must be a multiple of "
            f"num_attention_heads={config.num_attention_heads}."
        )
    return config


def _dense(features: int, dtype: str, name: str) -> nn.Dense:
    return nn.Dense(features, dtype=dtype, name=name)


def _norm(config: Config, dtype: str, name: str) -> nn.LayerNorm:
    # E[x^2] - E[x]^2, the faster way, loses digits where the mean is large.
    return nn.LayerNorm(
        config.layer_norm_eps, dtype=dtype, use_fast_variance=False, name=name
    )


class Layer(nn.Module):
    """Attention and a hidden layer, each added to its input and then normalised."""

    config: Config
    dtype: str

    @nn.compact
    def __call__(
        self, x: Float[Array, "b l e"], seen: Bool[Array, "b 1 l l"]
    ) -> tuple[Float[Array, "b l e"], None]:
        """Returns the new states, and nothing for a scan to stack."""
        config, dtype = self.config, self.dtype
        by_head = *x.shape[:2], config.num_attention_heads, -1
        query, key, value = (
            _dense(config.hidden_size, dtype, name)(x).reshape(by_head)
            for name in ("query", "key", "value")
        )
        y = jax.nn.dot_product_attention(query, key, value, mask=seen).reshape(x.shape)
        y = _dense(config.hidden_size, dtype, "attention")(y)
        x = _norm(config, dtype, "attention_norm")(x + y)
        y = nn.gelu(_dense(config.intermediate_size, dtype, "up")(x), approximate=False)
        y = _dense(config.hidden_size, dtype, "down")(y)
        return _norm(config, dtype, "norm")(x + y), None


class Network(nn.Module):
    """Tokens -> hidden states of the last layer."""

    config: Config
    dtype: str  # of the arithmetic

    @nn.compact
    def __call__(
        self,
        tokens: Int32[Array, "b l"],
        positions: Int32[Array, "b l"],
        pieces: Int32[Array, "b l"],
    ) -> Float[Array, "b l e"]:
        """Returns the hidden states.

        Args:
          tokens: in [0, vocab_size).
          positions: from 0 in each piece, below config.max_tokens.
          pieces: the number of the piece in its row, from 1; 0 is padding.
        """
        config, dtype = self.config, self.dtype

        def table(n: int, name: str) -> nn.Embed:
            return nn.Embed(n, config.hidden_size, dtype=dtype, name=name)

        x = table(config.vocab_size, "word")(tokens)
        x += table(config.max_position_embeddings, "position")(
            positions + config.pad_token_id + 1
        )
        x += table(config.type_vocab_size, "type")(jnp.zeros_like(tokens))
        x = _norm(config, dtype, "norm")(x)
        seen = pieces[:, None, :, None] == pieces[:, None, None, :]
        # One layer compiled, not twelve, and faster on a CPU than a program of twelve.
        layers = nn.scan(
            Layer,
            variable_axes={"params": 0},
            split_rngs={"params": True},
            in_axes=nn.broadcast,
            length=config.num_hidden_layers,
        )
        return layers(config, dtype, name="layers")(x, seen)[0]


def sums(
    network: Network,
    params: dict[str, Any],
    tokens: Int32[Array, "b l"],
    positions: Int32[Array, "b l"],
    pieces: Int32[Array, "b l"],
) -> Float32[Array, "b p e"]:
    """The sum of the last hidden states over the tokens of each piece.

    p = l // 2 pieces fit in a row: each has two tokens or more.
    """
    # float32 is asked for where digits matter: not TF32.
    with jax.default_matmul_precision("float32"):
        hidden = network.apply({"params": params}, tokens, positions, pieces)
        member = jax.nn.one_hot(pieces - 1, tokens.shape[1] // 2, dtype=hidden.dtype)
        return jnp.einsum(
            "blp,ble->bpe", member, hidden, preferred_element_type=jnp.float32
        )
