"""The training of `models` in PyTorch, eager, as one writes it there."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from vaejax.benchmarks import cases
from vaejax.benchmarks.cases import Case
from vaejax.benchmarks.torch_networks import DECODERS, ENCODERS
from vaejax.fusion import joined_shape
from vaejax.networks import EMBEDDING

LOG_2PI = math.log(2 * math.pi)


def trainer(case: Case, n_threads: int) -> Callable[[int], None] | None:
    """The function that trains for a number of steps; None where we lack a part.

    On a GPU, if PyTorch sees one, and then in bfloat16 if the case is.
    """
    if case.model.get("covariance") == "full" or case.networks["norm"] == "layer":
        return None
    torch.set_num_threads(n_threads)
    torch.manual_seed(0)
    on_gpu = torch.cuda.is_available()
    device = torch.device("cuda" if on_gpu else "cpu")
    half = on_gpu and case.networks["dtype"] == "bfloat16"
    model = VAE(case).to(device)
    x, labels = batch(case, device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-4)

    def run(n: int) -> None:
        for _ in range(n):
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                loss = model(x, labels)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
        if on_gpu:
            torch.cuda.synchronize()

    return run


def batch(case: Case, device: torch.device) -> tuple[Tensor, Tensor]:
    """The rows [b, t, f], modalities side by side, and their labels [b, m]."""
    arrays = cases.random_batch(case)
    n_frames = joined_shape(case.shapes)[0]
    rows = [torch.from_numpy(arrays[name]) for name in case.shapes]
    x = torch.cat([x.reshape(len(x), n_frames, -1) for x in rows], 2)
    labels = torch.zeros(len(x), 0, dtype=torch.int32)
    if case.conditions:
        labels = torch.from_numpy(arrays["condition"])
    return x.to(device), labels.to(device)


class VAE(nn.Module):
    """Every model of the benchmark; its call is its loss."""

    def __init__(self, case: Case):
        """Builds the layers."""
        super().__init__()
        self.case, options = case, case.networks
        shape, k = joined_shape(case.shapes), case.model["latent_dim"]
        told = EMBEDDING if case.conditions else 0
        self.tables = nn.ModuleList(
            nn.Embedding(n + 1, EMBEDDING) for n in case.conditions.values()
        )
        self.encoder = ENCODERS[options["encoder"]](shape, told, options)
        self.heads = nn.Linear(self.encoder.width, 2 * k)
        self.decoder = DECODERS[options["decoder"]](shape, k + told, options)
        self.cost = {"gaussian": gaussian, "bernoulli": bernoulli}[
            options["likelihood"]
        ]
        is_mixture = case.model["name"] == "vade"
        self.mixture = Mixture(case.model["n_clusters"], k) if is_mixture else None

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Returns the loss of a batch."""
        name, corruption = self.case.model["name"], self.case.networks["corruption"]
        told = [table(labels[:, i]) for i, table in enumerate(self.tables)]
        told = sum(told) if told else x.new_zeros(len(x), 0)
        seen = x * (torch.rand_like(x) >= corruption) if corruption else x
        mean, log_var = self.heads(self.encoder(seen, told)).float().chunk(2, 1)
        log_var = log_var.clamp(-12, 6)
        noise = torch.randn_like(mean) * (0.5 * log_var).exp()
        z = mean if name == "autoencoder" else mean + noise
        recon = self.cost(x, self.decoder(torch.cat([z, told], 1)).float())
        if name == "autoencoder":
            return recon
        if self.mixture:
            return recon + self.mixture(mean, log_var)
        if name == "tc_vae":
            return recon + decomposed(z, mean, log_var, self.case.model["beta"])
        kl = 0.5 * (log_var.exp() + mean**2 - 1 - log_var).sum(1).mean()
        return recon + self.case.model["beta"] * kl


class Mixture(nn.Module):
    """VaDE's prior; its call is the KL term, as `gaussian` has it."""

    def __init__(self, n_clusters: int, k: int):
        """Builds the layers."""
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(n_clusters))
        self.mean = nn.Parameter(0.1 * torch.randn(n_clusters, k))
        self.log_var = nn.Parameter(torch.zeros(n_clusters, k))

    def forward(self, mean: Tensor, log_var: Tensor) -> Tensor:
        """Returns KL(q(z|x) q(c|x) || p(z|c) p(c))."""
        mean, log_var = mean[:, None], log_var[:, None]
        ratio = log_var - self.log_var
        far = (mean - self.mean) ** 2 / self.log_var.exp()
        each = 0.5 * (ratio.exp() + far - 1 - ratio).sum(2)
        return -(self.logits.log_softmax(0) - each).logsumexp(1).mean()


def decomposed(z: Tensor, mean: Tensor, log_var: Tensor, beta: float) -> Tensor:
    """The KL term of the beta-TCVAE, every row of the batch of equal weight."""

    def log_prob(z, mean, log_var):
        return -0.5 * (LOG_2PI + log_var + (z - mean) ** 2 / log_var.exp())

    log_q = log_prob(z[:, None], mean[None], log_var[None])
    joint = log_q.sum(2).logsumexp(1) - math.log(len(z))
    product = (log_q.logsumexp(1) - math.log(len(z))).sum(1)
    own = log_prob(z, mean, log_var).sum(1)
    prior = log_prob(z, torch.zeros_like(z), torch.zeros_like(z)).sum(1)
    return (own - joint + beta * (joint - product) + product - prior).mean()


def gaussian(x: Tensor, x_hat: Tensor) -> Tensor:
    """The calibrated Gaussian of `losses`, without a mask."""
    error = ((x - x_hat) ** 2).mean()
    variance = error.clamp(min=1e-4)
    return 0.5 * x[0].numel() * (LOG_2PI + variance.log() + error / variance)


def bernoulli(x: Tensor, x_hat: Tensor) -> Tensor:
    """The Bernoulli of `losses`, without a mask."""
    loss = nn.functional.binary_cross_entropy_with_logits(x_hat, x, reduction="sum")
    return loss / len(x)
