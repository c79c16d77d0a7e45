"""The networks of `nets`, `convolution` and `recurrence` as one writes them in PyTorch.

An encoder maps x [b, t, f] and what it is told, [b, e], to features; a decoder maps
the latent code with that to [b, t, f]. Only `torch_training` may import this file.
"""

import math

import torch
from torch import Tensor, nn

from vaejax.recurrence import STRETCHES


class MLPEncoder(nn.Module):
    """Dense layers."""

    def __init__(self, shape, told: int, options: dict):
        """Builds the layers."""
        super().__init__()
        hidden = options["hidden"]
        self.width = hidden[-1]
        self.layers = dense(math.prod(shape) + told, hidden, options)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """Returns the last hidden layer."""
        return self.layers(torch.cat([x.flatten(1), told], 1))


class MLPDecoder(nn.Module):
    """Dense layers, mirrored."""

    def __init__(self, shape, k: int, options: dict):
        """Builds the layers."""
        super().__init__()
        hidden = options["hidden"]
        self.shape = shape
        self.layers = dense(k, hidden[::-1], options)
        self.out = nn.Linear(hidden[0], math.prod(shape))

    def forward(self, z: Tensor) -> Tensor:
        """Returns the reconstruction."""
        return self.out(self.layers(z)).unflatten(1, self.shape)


class ConvEncoder(nn.Module):
    """Levels of a convolution of stride 2 and residual blocks."""

    def __init__(self, shape, told: int, options: dict):
        """Builds the layers."""
        super().__init__()
        channels, layers = 1 + told, []
        self.pool = options["pool"]
        for width in options["channels"]:
            biased = options["norm"] == "none"
            layers += [nn.Conv2d(channels, width, 3, 2, 1, bias=biased)]
            layers += [block(width, options, nn.BatchNorm2d), residual(width, options)]
            channels = width
        self.layers = nn.Sequential(*layers)
        t, f = sizes(shape, options)[-1]
        self.width = channels * f * (1 if self.pool == "time" else t)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """Returns the last map, flat."""
        alike = told[:, :, None, None].expand(-1, -1, *x.shape[1:])
        h = self.layers(torch.cat([x[:, None], alike], 1))
        return (h.mean(2) if self.pool == "time" else h).flatten(1)


class ConvDecoder(nn.Module):
    """The mirror image."""

    def __init__(self, shape, k: int, options: dict):
        """Builds the layers."""
        super().__init__()
        *larger, (t, f) = sizes(shape, options)
        widths = options["channels"]
        is_pooled = options["pool"] == "time"
        self.smallest = widths[-1], 1 if is_pooled else t, f
        self.start = nn.Linear(k, math.prod(self.smallest))
        places = (
            0.02 * torch.randn(1, widths[-1], t, 1) if is_pooled else torch.zeros(1)
        )
        self.places = nn.Parameter(places, requires_grad=is_pooled)
        layers = [block(widths[-1], options, nn.BatchNorm2d)]
        outputs = (1, *widths[:-1])
        for i in reversed(range(len(widths))):
            rest = tuple((side - 1) % 2 for side in larger[i])
            biased = i == 0 or options["norm"] == "none"
            up = nn.ConvTranspose2d(widths[i], outputs[i], 3, 2, 1, rest, bias=biased)
            layers += [residual(widths[i], options), up]
            layers += [block(outputs[i], options, nn.BatchNorm2d)] if i else []
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        """Returns the reconstruction."""
        h = self.start(z).unflatten(1, self.smallest) + self.places
        return self.layers(h)[:, 0]


class ResidualBlock(nn.Module):
    """relu(x + norm(conv(block(conv(x)))))."""

    def __init__(self, width: int, options: dict):
        """Builds the layers."""
        super().__init__()
        biased = options["norm"] == "none"
        norm = [] if biased else [nn.BatchNorm2d(width)]
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=biased),
            block(width, options, nn.BatchNorm2d),
            nn.Conv2d(width, width, 3, 1, 1, bias=biased),
            *norm,
        )

    def forward(self, x: Tensor) -> Tensor:
        """Returns maps of the same size."""
        return nn.functional.relu(x + self.layers(x))


class RecurrentEncoder(nn.Module):
    """A bidirectional LSTM, its last outputs, and means of outputs and frames."""

    def __init__(self, shape, told: int, options: dict):
        """Builds the layers."""
        super().__init__()
        self.units, inputs = options["units"], shape[1] + told
        every, summary = 2 * self.units + inputs, (self.units + 1) // 2
        self.lstm = nn.LSTM(inputs, self.units, batch_first=True, bidirectional=True)
        self.summary = nn.Linear(every, summary)
        self.dropout = nn.Dropout(options["dropout"])
        self.width = every + STRETCHES * summary + 2 * self.units

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """Returns the features."""
        frames = torch.cat([x, told[:, None].expand(-1, x.shape[1], -1)], 2)
        outputs = self.lstm(frames)[0]
        h = torch.cat([outputs, frames], 2)
        parts = nn.functional.adaptive_avg_pool1d(h.transpose(1, 2), STRETCHES)
        parts = self.summary(parts.transpose(1, 2)).flatten(1)
        last = outputs[:, -1, : self.units], outputs[:, 0, self.units :]
        return self.dropout(torch.cat([h.mean(1), parts, *last], 1))


class Unrolled(nn.Module):
    """An LSTM that a code starts and drives, and the code itself at every step."""

    def __init__(self, k: int, n_steps: int, size: int, options: dict):
        """Builds the layers."""
        super().__init__()
        units = options["units"]
        self.start = nn.Linear(k, 2 * units)
        # Whose inputs are the code, and which step it is.
        self.lstm = nn.LSTM(k + n_steps, units, batch_first=True)
        self.out = nn.Sequential(nn.Dropout(options["dropout"]), nn.Linear(units, size))
        self.direct = nn.Linear(k, size, bias=False)
        self.register_buffer("steps", torch.eye(n_steps))

    def forward(self, code: Tensor) -> Tensor:
        """Returns the sequence."""
        n, n_steps = len(code), len(self.steps)
        own = self.steps[None].expand(n, -1, -1)
        inputs = torch.cat([code[:, None].expand(-1, n_steps, -1), own], 2)
        cell, h = (
            part[None].contiguous() for part in self.start(code).tanh().chunk(2, 1)
        )
        return self.out(self.lstm(inputs, (h, cell))[0]) + self.direct(code)[:, None]


class RecurrentDecoder(nn.Module):
    """z unrolled into frames."""

    def __init__(self, shape, k: int, options: dict):
        """Builds the layers."""
        super().__init__()
        self.frames = Unrolled(k, *shape, options)

    def forward(self, z: Tensor) -> Tensor:
        """Returns the reconstruction."""
        return self.frames(z)


class HierarchicalDecoder(nn.Module):
    """A conductor over segments, and a bottom LSTM within each."""

    def __init__(self, shape, k: int, options: dict):
        """Builds the layers."""
        super().__init__()
        segments, units = options["segments"], options["units"]
        self.shape = shape
        self.conductor = Unrolled(k, segments, units, options)
        self.views = nn.Linear(k, segments * units, bias=False)
        self.bottom = Unrolled(units, -(-shape[0] // segments), shape[1], options)

    def forward(self, z: Tensor) -> Tensor:
        """Returns the reconstruction."""
        n_frames, bands = self.shape
        embeddings = self.conductor(z)
        embeddings = embeddings + self.views(z).reshape(embeddings.shape)
        x = self.bottom(embeddings.flatten(0, 1))
        return x.reshape(len(z), -1, bands)[:, :n_frames]


ENCODERS = {
    "mlp": MLPEncoder,
    "conv": ConvEncoder,
    "residual": ConvEncoder,
    "recurrent": RecurrentEncoder,
}
DECODERS = {
    "mlp": MLPDecoder,
    "conv": ConvDecoder,
    "residual": ConvDecoder,
    "recurrent": RecurrentDecoder,
    "hierarchical": HierarchicalDecoder,
}


def block(width: int, options: dict, norm: type[nn.Module]) -> nn.Module:
    """What follows a linear layer."""
    layers = [] if options["norm"] == "none" else [norm(width)]
    layers += [nn.ReLU()]
    layers += [nn.Dropout(options["dropout"])] if options["dropout"] else []
    return nn.Sequential(*layers)


def dense(inputs: int, widths: tuple[int, ...], options: dict) -> nn.Module:
    """Dense layers, each with what follows it."""
    layers = []
    for width in widths:
        layers += [nn.Linear(inputs, width), block(width, options, nn.BatchNorm1d)]
        inputs = width
    return nn.Sequential(*layers)


def residual(width: int, options: dict) -> nn.Module:
    """The residual blocks of a level; "residual" has two in encoder and decoder."""
    n = 2 if "residual" in (options["encoder"], options["decoder"]) else 0
    return nn.Sequential(*(ResidualBlock(width, options) for _ in range(n)))


def sizes(shape, options: dict) -> list[tuple[int, int]]:
    """The size of the maps on every level, largest first."""
    found = [tuple(shape)]
    for _ in options["channels"]:
        found.append(tuple(-(-side // 2) for side in found[-1]))
    return found
