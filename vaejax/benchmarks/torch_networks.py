"""The networks of `nets`, `convolution` and `recurrence` as one writes them in PyTorch.

An encoder maps x [b, t, f] and what it is told, [b, e], to features; a decoder maps
the latent code with that to [b, t, f]. Only `torch_training` may import this file.
"""

import math

import torch
from torch import Tensor, nn


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
    """A bidirectional LSTM."""

    def __init__(self, shape, told: int, options: dict):
        """Builds the layers."""
        super().__init__()
        units = options["units"]
        self.width = 2 * units
        self.dropout = nn.Dropout(options["dropout"])
        self.lstm = nn.LSTM(
            shape[1] + told, units, batch_first=True, bidirectional=True
        )

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """Returns the last outputs of both directions."""
        alike = told[:, None].expand(-1, x.shape[1], -1)
        _, (h, _) = self.lstm(torch.cat([x, alike], 2))
        return self.dropout(torch.cat([h[0], h[1]], 1))


class RecurrentDecoder(nn.Module):
    """An LSTM with z as its start and as every input."""

    def __init__(self, shape, k: int, options: dict):
        """Builds the layers."""
        super().__init__()
        self.writer = Writer(k, k, options["units"])
        self.n_frames = shape[0]
        self.bands = bands(options["units"], shape[1], options)

    def forward(self, z: Tensor) -> Tensor:
        """Returns the reconstruction."""
        return self.bands(self.writer(z, self.n_frames))


class HierarchicalDecoder(nn.Module):
    """A conductor over segments, and a bottom LSTM within each."""

    def __init__(self, shape, k: int, options: dict):
        """Builds the layers."""
        super().__init__()
        units = options["units"]
        self.shape, self.segments = shape, options["segments"]
        self.conductor = Writer(k, 1, units)
        self.embedding = nn.Linear(units, units)
        self.bottom = Writer(units, units, units)
        self.bands = bands(units, shape[1], options)

    def forward(self, z: Tensor) -> Tensor:
        """Returns the reconstruction."""
        n_frames, bands = self.shape
        h = self.conductor(z, self.segments, z.new_zeros(len(z), 1))
        rows = self.embedding(h).tanh().flatten(0, 1)
        x = self.bands(self.bottom(rows, -(-n_frames // self.segments)))
        return x.reshape(len(z), -1, bands)[:, :n_frames]


class Writer(nn.Module):
    """An LSTM that runs on from a state, under the same input at every step."""

    def __init__(self, k: int, inputs: int, units: int):
        """Builds the layers."""
        super().__init__()
        self.start = nn.Linear(k, 2 * units)
        self.lstm = nn.LSTM(inputs, units, batch_first=True)

    def forward(self, z: Tensor, n_steps: int, x: Tensor | None = None) -> Tensor:
        """Returns all outputs; the input is z itself unless it is given."""
        cell, h = (part[None].contiguous() for part in self.start(z).tanh().chunk(2, 1))
        x = z if x is None else x
        return self.lstm(x[:, None].expand(-1, n_steps, -1), (h, cell))[0]


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


def bands(units: int, n: int, options: dict) -> nn.Module:
    """What follows the LSTM of a decoder."""
    return nn.Sequential(nn.Dropout(options["dropout"]), nn.Linear(units, n))


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
