"""How heads relate on the shared parameters: cosine of their gradients, and how one's step changes another's loss.

g_t         = dL_t / d theta                        theta: the shared parameters
cos(s, t)   = g_s . g_t / (|g_s| |g_t|)
Z_{s->t}    = 1 - L_t(theta - eta g_s, theta_t) / L_t(theta, theta_t)     TAG, Fifty et al. 2021 (arXiv 2109.04617)

To first order in eta, Z_{s->t} = eta g_s . g_t / L_t: head t gains from a step of head s where their gradients agree.
eta is the spec's learning rate at all steps, so that each probe counts alike, and the step is plain gradient descent:
Z compares heads, it does not foretell what AdamW does. A probe costs one backward and one forward pass a head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.data.batches import Batch
from model.net import Net
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table

SOLVED = 1e-4
"""A head whose normalised loss is below this has nothing to gain any more; the ratio of two such losses is noise."""


@dataclass(frozen=True)
class Probe:
    """What one batch tells of the T heads that it labels. All in float64 on the CPU."""

    heads: tuple[str, ...]
    losses: Tensor
    """Shape: (T,)."""
    gram: Tensor
    """g_s . g_t. Shape: (T, T)."""
    affinity: Tensor
    """Z_{s->t}, the diagonal included: a head's effect on itself. Shape: (T, T)."""


def probe(net: Net, batch: Batch, rate: float) -> Probe:
    """Measure a batch without dropout; net and random state are as before, gradients are not touched.

    `rate` is eta. Batch and net are on one device.
    """
    shared = [parameter for parameter in net.sharing.shared_parameters() if parameter.requires_grad]
    before = [parameter.detach().clone() for parameter in shared]
    was_training = net.training
    net.eval()
    try:
        # cuDNN has no backward pass of an LSTM in eval mode (pytorch issue 5878).
        with torch.backends.cudnn.flags(enabled=False):
            losses = _losses(net, batch)
            gradients = [
                torch.autograd.grad(loss, shared, retain_graph=True, materialize_grads=True) if shared else ()
                for loss in losses.values()
            ]
            with torch.no_grad():
                gram = torch.zeros(len(losses), len(losses), dtype=torch.float64)
                for of_heads in zip(*gradients, strict=True):
                    flat = torch.stack([gradient.flatten() for gradient in of_heads])
                    gram += (flat @ flat.T).double().cpu()
                moved = [_losses_after(net, batch, shared, before, own, rate) for own in gradients]
    finally:
        with torch.no_grad():
            for parameter, value in zip(shared, before, strict=True):
                parameter.copy_(value)
        net.train(was_training)
    values = _vector(losses)
    return Probe(tuple(losses), values, gram, 1 - torch.stack(moved) / values)


class Relations(nn.Module):
    """Means of all probes of a training, in buffers, so that a resumed training goes on with them."""

    sums: Tensor
    """Shape: (4, T, T), in the order of `MEASURES`."""
    counts: Tensor
    """Probes behind each sum."""
    epoch_sums: Tensor
    """Of the affinity, in the running epoch. Shape: (T, T)."""
    epoch_counts: Tensor

    MEASURES = (
        ("gradient_cosine", "Mean cosine of two heads' gradients on shared parameters"),
        ("gradient_conflict", "Share of probed steps in which two heads' gradients point apart"),
        ("gradient_norms", "Mean log10 of the row head's gradient norm over the column head's"),
        ("affinity", "TAG affinity: relative fall of the column head's loss after a step of the row head alone"),
    )

    def __init__(self, heads: Sequence[HeadPlan]) -> None:
        super().__init__()
        self.names = tuple(head.name for head in heads)
        self.auxiliary = [index for index, head in enumerate(heads) if head.auxiliary]
        self.main = [index for index, head in enumerate(heads) if not head.auxiliary]
        size = len(self.names)
        for name, shape in (("", (len(self.MEASURES), size, size)), ("epoch_", (size, size))):
            self.register_buffer(f"{name}sums", torch.zeros(shape, dtype=torch.float64))
            self.register_buffer(f"{name}counts", torch.zeros(shape, dtype=torch.float64))

    def add(self, found: Probe) -> None:
        """Count a probe. Skipped: the cosine where a head has no gradient, the affinity on heads that are solved."""
        place = torch.tensor([self.names.index(name) for name in found.heads], dtype=torch.int64)
        rows, columns = place[:, None], place[None, :]
        norms = found.gram.diagonal().clamp(min=0).sqrt()
        moves = (norms[:, None] > 0) & (norms[None, :] > 0)
        cosine = found.gram / (norms[:, None] * norms[None, :])
        ratio = norms.log10()[:, None] - norms.log10()[None, :]
        gains = (found.losses > SOLVED).expand_as(moves)
        values = torch.stack([cosine, (cosine < 0).double(), ratio, found.affinity])
        counted = torch.stack([moves, moves, moves, gains])
        values = torch.where(counted, values, 0.0)
        self.sums[:, rows, columns] += values
        self.counts[:, rows, columns] += counted
        self.epoch_sums[rows, columns] += values[-1]
        self.epoch_counts[rows, columns] += counted[-1]

    def end_epoch(self) -> dict[str, float]:
        """Return auxiliary head -> mean affinity on the main heads in this epoch, where probes met both; begin anew."""
        pairs = (self.epoch_sums / self.epoch_counts)[:, self.main]
        found = {self.names[index]: float(pairs[index].nanmean()) for index in self.auxiliary}
        self.epoch_sums.zero_()
        self.epoch_counts.zero_()
        return {name: value for name, value in found.items() if value == value}  # NaN: not one probe

    def tables(self) -> list[Table]:
        """Return the means over the training; NaN where no batch labelled both heads."""
        if not self.counts.any():
            return []
        means = (self.sums / self.counts).tolist()
        return [
            Table.of(name, title, self.names, self.names, mean)
            for (name, title), mean in zip(self.MEASURES, means, strict=True)
        ]


def _losses(net: Net, batch: Batch) -> dict[str, Tensor]:
    # `forward`, as a compiled net cannot keep its graph for a second backward pass.
    return net.losses(net.forward(*batch.inputs), batch.targets)


def _losses_after(
    net: Net,
    batch: Batch,
    shared: Sequence[nn.Parameter],
    before: Sequence[Tensor],
    gradients: Sequence[Tensor],
    rate: float,
) -> Tensor:
    """Return the losses of all heads after one head's step on the shared parameters. Shape: (T,)."""
    for parameter, value, gradient in zip(shared, before, gradients, strict=True):
        parameter.copy_(value).sub_(gradient, alpha=rate)
    return _vector(_losses(net, batch))


def _vector(losses: Mapping[str, Tensor]) -> Tensor:
    return torch.stack([loss.detach() for loss in losses.values()]).double().cpu()
