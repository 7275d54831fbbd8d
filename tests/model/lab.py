"""A lab for limit cases: nets without dropout, in float64, trained by plain SGD on the same few batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from model.data.batches import Batch, collate
from model.net import Net
from schemas.data.heads import plan_heads
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HEADS = {"intent": {"kind": "class"}, "slots": {"kind": "tag"}, "topics": {"kind": "multilabel"}}
RATE = 0.1


@dataclass(frozen=True)
class Run:
    """What a few steps of SGD did."""

    net: Net
    losses: list[dict[str, Tensor]]
    """Head -> loss, before each step."""
    logits: dict[str, Tensor]
    """Head -> logits of the first batch after the last step."""


class Lab:
    """Builds and trains nets that differ in nothing but what a case is about."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        whole = workshop.spec(HEADS)
        self.dataset = workshop.dataset(whole)
        encoded, self.featurizer = workshop.encoded(whole, self.dataset)
        self.batches = [collate(encoded, rows) for rows in np.array_split(np.arange(len(encoded)), 3)]

    def spec(self, sharing: dict[str, Any] | None = None, heads: dict[str, dict[str, Any]] | None = None) -> Spec:
        """Return the lab's spec with a sharing system; `heads` replaces the three heads."""
        trunk = {"dropout": 0, "word_dropout": 0, "layers": 2}
        raw = self.workshop.spec(HEADS, trunk, label_smoothing=0).model_dump(mode="json", by_alias=True)
        return parse_spec({**raw, "heads": heads or HEADS, "sharing": sharing or {"kind": "hard"}})

    def net(self, spec: Spec) -> Net:
        """Build a net; equal seeds give equal trunks, whatever the heads are."""
        torch.manual_seed(0)
        net = Net(spec, plan_heads(spec, self.dataset), self.featurizer.size).double()
        for name, head in net.heads.items():  # a head's start must not depend on how many come before it
            torch.manual_seed(sum(map(ord, name)))
            for parameter in head.parameters():
                torch.nn.init.normal_(parameter, std=0.1)
        return net

    def alone(self, head: str, **options: Any) -> Run:
        """Train a net of one head."""
        return self.run(self.net(self.spec(heads={head: HEADS[head]})), **options)

    def run(self, net: Net, *, steps: int = 6, factor: float = 1.0, heads: Sequence[str] | None = None) -> Run:
        """Take steps of SGD on `factor` times the sum of the losses of `heads` (default: all), plus the penalties."""
        optimiser = torch.optim.SGD(net.parameters(), lr=RATE)
        losses = []
        for step in range(steps):
            batch = self.batches[step % len(self.batches)]
            logits = net(batch.ids, batch.mask)
            wanted = {name: batch.targets[name] for name in net.heads if heads is None or name in heads}
            found = net.losses(logits, wanted)
            losses.append({name: loss.detach() for name, loss in found.items()})
            net.sharing.observe(logits, wanted)
            optimiser.zero_grad()
            torch.autograd.backward(factor * sum(found.values()) + sum(net.penalties().values()))
            optimiser.step()
            net.on_step_end(step, RATE)
        net.on_epoch_end(1)
        return Run(net, losses, self.answers(net, self.batches[0]))

    def answers(self, net: Net, batch: Batch) -> dict[str, Tensor]:
        """Return the logits of a batch."""
        with torch.no_grad():
            return net(batch.ids, batch.mask)


Case = Callable[[Lab], None]
