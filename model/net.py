"""The net: a trunk under a sharing system, and heads on top."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from model.heads import Head, build_head
from model.sharing import build_sharing
from model.trunk import CompactTrunk
from schemas.heads import HeadPlan
from schemas.spec import Spec


class Net(nn.Module):
    """Everything that trains. `size` is the number of ids that the reader can give."""

    def __init__(self, spec: Spec, heads: tuple[HeadPlan, ...], size: int) -> None:
        super().__init__()
        trunk = CompactTrunk(size, spec.trunk)
        self.plans = heads
        self.sharing = build_sharing(spec.sharing, trunk, heads)
        smoothing = spec.train.label_smoothing
        self.heads = nn.ModuleDict(
            {
                plan.name: build_head(plan, trunk, dropout=spec.trunk.dropout, label_smoothing=smoothing)
                for plan in heads
            }
        )

    def head(self, name: str) -> Head:
        """Return a head by name."""
        head: Head = self.heads[name]  # type: ignore[assignment]
        return head

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return head -> logits. Shapes: `ids` (B, N, K) int64, `mask` (B, N) bool, True on words."""
        hidden = self.sharing(ids, mask)
        return {name: head(hidden[name], mask) for name, head in self.heads.items()}

    def losses(self, logits: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return head -> loss of shape (), for the heads that have targets."""
        return {name: self.head(name).loss(logits[name], target) for name, target in targets.items()}
