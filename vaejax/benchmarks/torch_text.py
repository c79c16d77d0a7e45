"""transformers' XLM-RoBERTa in PyTorch, eager, as one uses it there."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import XLMRobertaConfig, XLMRobertaModel

from vaejax.text.roberta import Config
from vaejax.text.windows import Window
from vaejax.text.xlm_roberta import CPU_TOKENS, GPU_TOKENS


def encoder(
    config: Config, tensors: dict[str, np.ndarray], dtype: str, n_threads: int
) -> tuple[Callable, Callable]:
    """Windows -> the mean over each line, (n, e); and the share of padding.

    Windows are sorted by length, and batches padded to their longest. On a GPU, if
    PyTorch sees one.
    """
    torch.set_num_threads(n_threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    most = CPU_TOKENS if device.type == "cpu" else GPU_TOKENS
    sizes = {field: getattr(config, field) for field in config.__dataclass_fields__}
    with torch.device("meta"):  # nothing is drawn that is replaced at once
        model = XLMRobertaModel(XLMRobertaConfig(**sizes), add_pooling_layer=False)
    given = {name: torch.from_numpy(x) for name, x in tensors.items()}
    model.load_state_dict(given, assign=True, strict=True)
    positions = torch.arange(config.max_position_embeddings)[None]
    model.embeddings.register_buffer("position_ids", positions)
    model.embeddings.register_buffer("token_type_ids", torch.zeros_like(positions))
    model = model.to(device, getattr(torch, dtype)).eval()

    @torch.inference_mode()
    def run(windows: Sequence[Window]) -> np.ndarray:
        n = 1 + windows[-1].line
        total, count = torch.zeros(n, config.hidden_size), torch.zeros(n, 1)
        for batch in batches(windows, most):
            tokens = [torch.from_numpy(window.tokens) for window in batch]
            tokens = pad_sequence(tokens, True, config.pad_token_id).to(device)
            real = (tokens != config.pad_token_id).long()
            hidden = model(tokens, attention_mask=real).last_hidden_state
            sums = (hidden * real[..., None]).sum(1).float().cpu()
            lines = torch.tensor([window.line for window in batch])
            total.index_add_(0, lines, sums)
            count.index_add_(0, lines, real.sum(1, keepdim=True).float().cpu())
        return (total / count).numpy()

    def padding(windows: Sequence[Window]) -> float:
        sizes = [[len(w.tokens) for w in batch] for batch in batches(windows, most)]
        places = sum(max(size) * len(size) for size in sizes)
        return 1 - sum(map(sum, sizes)) / places

    return run, padding


def batches(windows: Sequence[Window], most: int) -> list[list[Window]]:
    """The windows, the longest first, in batches of at most so many tokens."""
    found: list[list[Window]] = [[]]
    for window in sorted(windows, key=lambda window: -len(window.tokens)):
        longest = len((found[-1] or [window])[0].tokens)
        if longest * (len(found[-1]) + 1) > most and found[-1]:
            found.append([])
        found[-1].append(window)
    return found
