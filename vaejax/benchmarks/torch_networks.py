"""The same models in PyTorch, eager, as one writes them there. A development extra."""

import math
from collections.abc import Callable

from vaejax.benchmarks import cases
from vaejax.benchmarks.cases import Case
from vaejax.fusion import joined_shape

LOG_2PI = math.log(2 * math.pi)


def trainer(case: Case, n_threads: int) -> Callable[[int], None]:
    """Returns the function that trains for a number of steps.

    Raises:
      ValueError: PyTorch is not installed, or the case has parts that are not here.
    """
    try:
        import torch
    except ImportError as error:
        raise ValueError(
            "--against=torch needs PyTorch: pip install 'vaejax[torch]'."
        ) from error
    torch.set_num_threads(n_threads)
    torch.manual_seed(0)
    encoder, decoder, prior = networks(case)
    params = [p for net in (encoder, decoder, prior) for p in net.parameters()]
    optimizer = torch.optim.AdamW(params, lr=1e-3, weight_decay=1e-4)
    x = joined(case)
    likelihood = {"gaussian": gaussian, "bernoulli": bernoulli}
    cost = likelihood[case.networks["likelihood"]]

    def run(n: int) -> None:
        for _ in range(n):
            mean, log_var = encoder(x).chunk(2, dim=1)
            log_var = log_var.clamp(-12, 6)
            z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
            loss = cost(x, decoder(z)) + prior(mean, log_var)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(params, 5.0)
            optimizer.step()

    return run


def joined(case: Case):
    """The batch [b, t, f], modalities side by side."""
    import torch

    batch = cases.random_batch(case)
    shape = joined_shape(case.shapes)
    rows = [torch.from_numpy(batch[m]) for m in case.shapes]
    return torch.cat([x.reshape(len(x), shape[0], -1) for x in rows], dim=2)


def networks(case: Case):
    """Encoder with both heads, decoder, and the KL term as a module."""
    from torch import nn

    shape = joined_shape(case.shapes)
    k = case.model["latent_dim"]
    options = case.networks
    if options["encoder"] != options["decoder"] or options["encoder"] not in PARTS:
        raise ValueError(f"{case.name}: its networks are not written in PyTorch.")
    body, width, decoder = PARTS[options["encoder"]](shape, k, options)
    encoder = nn.Sequential(*body, nn.Linear(width, 2 * k))
    prior = _mixture(case) if case.model["name"] == "vade" else _standard()
    return encoder, nn.Sequential(*decoder), prior


def _norm(options: dict, n: int, layer: str) -> list:
    """What follows a linear layer."""
    from torch import nn

    norms = {"batch": [getattr(nn, f"BatchNorm{layer}")(n)], "none": []}
    drop = [nn.Dropout(options["dropout"])] if options["dropout"] else []
    return [*norms[options["norm"]], nn.ReLU(), *drop]


def _mlp(shape: tuple[int, int], k: int, options: dict):
    from torch import nn

    def layers(n: int, widths: tuple[int, ...]) -> list:
        found = []
        for width in widths:
            found += [nn.Linear(n, width), *_norm(options, width, "1d")]
            n = width
        return found

    hidden = options["hidden"]
    decoder = layers(k, hidden[::-1]) + [nn.Linear(hidden[0], math.prod(shape))]
    body = [nn.Flatten(), *layers(math.prod(shape), hidden)]
    return body, hidden[-1], [*decoder, nn.Unflatten(1, shape)]


def _conv(shape: tuple[int, int], k: int, options: dict):
    from torch import nn

    blocks = 2 if options["encoder"] == "residual" else 0
    outputs, biased = options["channels"], options["norm"] == "none"
    inputs = (1, *outputs[:-1])
    body, decoder, size = [nn.Unflatten(1, (1, shape[0]))], [], shape
    for c, d in zip(inputs, outputs, strict=True):
        down = nn.Conv2d(c, d, 3, 2, padding=1, bias=biased)
        body += [down, *_norm(options, d, "2d")]
        body += [_residual(d, options) for _ in range(blocks)]
        rest = tuple((side - 1) % 2 for side in size)
        last = c == 1
        up = nn.ConvTranspose2d(d, c, 3, 2, 1, rest, bias=biased or last)
        after = [] if last else _norm(options, c, "2d")
        decoder = [
            *(_residual(d, options) for _ in range(blocks)),
            up,
            *after,
            *decoder,
        ]
        size = tuple(-(-side // 2) for side in size)
    t, f = size
    frames = 1 if options["pool"] == "time" else t
    pool = [_mean_over_time()] if options["pool"] == "time" else []
    start = [nn.Linear(k, outputs[-1] * frames * f)]
    start += [nn.Unflatten(1, (outputs[-1], frames, f))]
    start += [_places(outputs[-1], t)] if options["pool"] == "time" else []
    start += _norm(options, outputs[-1], "2d")
    body += [*pool, nn.Flatten()]
    return body, outputs[-1] * frames * f, [*start, *decoder, nn.Flatten(1, 2)]


PARTS = {"mlp": _mlp, "conv": _conv, "residual": _conv}


def _residual(channels: int, options: dict):
    from torch import nn

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            biased = options["norm"] == "none"
            conv = [nn.Conv2d(channels, channels, 3, 1, 1, bias=biased) for _ in "12"]
            first, second = (_norm(options, channels, "2d") for _ in "12")
            after = second[:1] if options["norm"] == "batch" else []
            self.layers = nn.Sequential(conv[0], *first, conv[1], *after)

        def forward(self, x):
            return nn.functional.relu(x + self.layers(x))

    return Residual()


def _mean_over_time():
    from torch import nn

    class Mean(nn.Module):
        def forward(self, x):
            return x.mean(2)

    return Mean()


def _places(channels: int, t: int):
    import torch
    from torch import nn

    class Places(nn.Module):
        def __init__(self):
            super().__init__()
            self.places = nn.Parameter(0.02 * torch.randn(1, channels, t, 1))

        def forward(self, x):
            return x + self.places

    return Places()


def _standard():
    from torch import nn

    class Standard(nn.Module):
        def forward(self, mean, log_var):
            return 0.5 * (log_var.exp() + mean**2 - 1 - log_var).sum(1).mean()

    return Standard()


def _mixture(case: Case):
    import torch
    from torch import nn

    class Mixture(nn.Module):
        """KL(q(z|x) q(c|x) || p(z|c) p(c)), as `gaussian.kl_to_mixture`."""

        def __init__(self):
            super().__init__()
            shape = case.model["n_clusters"], case.model["latent_dim"]
            self.logits = nn.Parameter(torch.zeros(shape[0]))
            self.mean = nn.Parameter(0.1 * torch.randn(shape))
            self.log_var = nn.Parameter(torch.zeros(shape))

        def forward(self, mean, log_var):
            mean, log_var = mean[:, None], log_var[:, None]
            ratio = log_var - self.log_var
            far = (mean - self.mean) ** 2 / self.log_var.exp()
            each = 0.5 * (ratio.exp() + far - 1 - ratio).sum(2)
            log_prob = self.logits.log_softmax(0) - each
            return -log_prob.logsumexp(1).mean()

    return Mixture()


def gaussian(x, x_hat):
    """The calibrated Gaussian of `losses`."""
    variance = ((x - x_hat) ** 2).mean().clamp(min=1e-4)
    error = ((x - x_hat) ** 2).mean()
    return 0.5 * x[0].numel() * (LOG_2PI + variance.log() + error / variance)


def bernoulli(x, x_hat):
    """The Bernoulli of `losses`."""
    from torch.nn import functional

    total = functional.binary_cross_entropy_with_logits(x_hat, x, reduction="sum")
    return total / len(x)
