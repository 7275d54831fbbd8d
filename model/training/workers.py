"""One training on several workers: each reads its share of every batch, and all take the step of the whole batch.

With labels of some heads only, a mean over a worker's rows is no part of the mean over all: workers have unlike numbers
of labels, or none. So labels and losses of all T heads are summed first, in the order of the heads, whoever has any:

    L_t = sum_r n_rt L_rt / sum_r n_rt        n_rt: labels of head t on worker r; no head where no worker has any

Each worker puts the whole batch's L_t into the balancing method, with the gradient of its own part, n_rt L_rt / n_t. So
a method that is any function of the losses has the same weights on all workers, and its gradients, summed over the
workers, are those of one process with the whole batch. What needs a gradient a head is refused by the spec
(`schemas.spec.workers`). Dropout differs, as a worker draws for its own rows.

The group of processes is torch's: `torchrun` makes one, and so does `model.training.launch`. GPU
only: `nccl` between CUDA devices; everything else was tested with `gloo`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn

from model.data.batches import IGNORE, Batch, Encoded, collate


@dataclass(frozen=True)
class Workers:
    """Which one this is, of how many."""

    rank: int = 0
    count: int = 1

    @staticmethod
    def here() -> Workers:
        """Return this process's place in torch's group, or that it works alone."""
        if not distributed.is_available() or not distributed.is_initialized():
            return Workers()
        return Workers(distributed.get_rank(), distributed.get_world_size())

    @property
    def is_first(self) -> bool:
        """Does this one write the files?"""
        return self.rank == 0

    def seed(self, seed: int, step: int) -> int:
        """Return the seed of a step's dropout: of a worker's own, for it has other rows."""
        return hash((seed, step, self.rank) if self.rank else (seed, step))

    def gather(self, encoded: Encoded, rows: NDArray[np.int64], *, pin: bool) -> Batch:
        """Collate this worker's share of some rows.

        Rows come sorted by length, so every n-th makes shares of like lengths. A worker for whom none is left reads the
        first without its labels.
        """
        if self.count == 1:
            return collate(encoded, rows, pin=pin)
        mine = rows[self.rank :: self.count]
        if len(mine):
            return collate(encoded, mine, pin=pin)
        return replace(collate(encoded, rows[:1], pin=pin), targets={})

    def whole(
        self, losses: Mapping[str, Tensor], targets: Mapping[str, Tensor] | None, heads: Sequence[str]
    ) -> dict[str, Tensor]:  # fmt: skip
        """Return head -> loss of the whole batch, for the heads that any worker has labels of.

        `losses` are means over the labels in `targets`; without these, all workers' count alike. The value is that of
        all workers, the gradient this worker's part.
        """
        if self.count == 1:
            return dict(losses)
        device = _device()
        counts = {name: torch.ones(()) if targets is None else _labels(targets[name]) for name in losses}
        sums = torch.zeros(2, len(heads), dtype=torch.float64, device=device)
        for place, name in enumerate(heads):
            if name in losses:
                sums[0, place] = counts[name]
                sums[1, place] = counts[name] * losses[name].detach().double()
        distributed.all_reduce(sums)
        found: dict[str, Tensor] = {}
        for place, (name, count) in enumerate(zip(heads, sums[0].tolist(), strict=True)):
            if count:
                mean = (sums[1, place] / count).float()
                # An absent head has a leaf of its own, so that every worker has something to differentiate.
                mine = (
                    losses[name] * (counts[name] / count)
                    if name in losses
                    else torch.zeros((), device=device, requires_grad=True)
                )
                found[name] = mine + (mean - mine.detach())
        return found

    def sum_gradients(self, net: nn.Module) -> None:
        """Sum the gradients of a net over the workers; a parameter without one on any of them stays without."""
        if self.count == 1:
            return
        parameters = [parameter for parameter in net.parameters() if parameter.requires_grad]
        gradients = [parameter.grad for parameter in parameters]
        here = torch.tensor([gradient is not None for gradient in gradients], device=parameters[0].device)
        pieces = [
            (parameter.new_zeros(parameter.shape) if gradient is None else gradient).flatten()
            for parameter, gradient in zip(parameters, gradients, strict=True)
        ]
        flat = torch.cat([*pieces, here.to(pieces[0])])
        distributed.all_reduce(flat)
        *sums, somewhere = flat.split_with_sizes([*(piece.numel() for piece in pieces), len(parameters)])
        for parameter, total, has_any in zip(parameters, sums, somewhere.tolist(), strict=True):
            parameter.grad = total.view_as(parameter) if has_any else None

    def meet(self) -> None:
        """Wait until all are here."""
        if self.count > 1:
            distributed.barrier()

    def agreed(self, score: float) -> float:
        """Return the first worker's figure, so that all stop at the same epoch."""
        if self.count == 1:
            return score
        figure = torch.tensor(score, dtype=torch.float64, device=_device())
        distributed.broadcast(figure, src=0)
        return float(figure)


def _labels(target: Tensor) -> Tensor:
    """Return over how many labels a head's loss is a mean: rows, words, or yes-or-no answers. Shape: ()."""
    return ((~target.isnan()) if target.is_floating_point() else (target != IGNORE)).sum()


def _device() -> torch.device:
    """Return where tensors lie that the workers sum."""
    if distributed.get_backend() == "nccl":  # GPU only
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")
