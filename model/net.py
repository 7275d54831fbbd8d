"""The net: a trunk under a sharing system, and heads on top."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from model.layers.encoder import EncoderTrunk
from model.layers.heads import Head, MaskedWordHead, build_head
from model.layers.reversal import reversal_strength, reverse_gradient
from model.layers.trunk import CompactTrunk
from model.priors import Prior, build_prior
from model.sharing import build_sharing
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.product import Spec
from schemas.spec.sharing import BlockSparse, Cluster, HardSharing, Relationship


class Net(nn.Module):
    """Everything that trains. `size` is the number of ids that the featurizer can give."""

    reversal: Tensor
    """Shape (): lambda of adversarial heads. A function of the training's progress, so no checkpoint holds it."""

    def __init__(self, spec: Spec, heads: tuple[HeadPlan, ...], size: int) -> None:
        super().__init__()
        self.plans = heads
        self.adversarial = frozenset(plan.name for plan in heads if plan.adversarial)
        self.register_buffer("reversal", torch.zeros(()), persistent=False)
        self.name_lists = len(spec.name_lists)
        trunk: EncoderTrunk | CompactTrunk = (
            EncoderTrunk(size, spec.trunk)
            if spec.trunk.kind == "encoder"
            else CompactTrunk(size, spec.trunk, self.name_lists)
        )
        self.sharing = build_sharing(spec.sharing, trunk, heads)
        prior = spec.sharing.prior if isinstance(spec.sharing, HardSharing) else None
        width = prior.adaptor_width if isinstance(prior, Cluster | Relationship) else spec.trunk.width
        self.heads = nn.ModuleDict(
            {
                plan.name: build_head(
                    plan,
                    spec.trunk.width if plan.kind == "next_word" else width,
                    self.sharing.embedding_of(plan.name),
                    dropout=spec.trunk.dropout,
                    label_smoothing=spec.train.label_smoothing,
                    mixes_features=not isinstance(prior, BlockSparse),
                )
                for plan in heads
            }
        )
        self.covering = tuple(plan.name for plan in heads if plan.kind == "masked_word")
        self.prior: Prior | None = build_prior(prior, heads, self.heads, spec.trunk.width) if prior else None

    def head(self, name: str) -> Head:
        """Return a head by name."""
        head: Head = self.heads[name]  # type: ignore[assignment]  # a ModuleDict holds any module
        return head

    def states(self, ids: Tensor, mask: Tensor, lexicon: Tensor | None = None) -> dict[str, Tensor]:
        """Return head -> the hidden states that its graph reads.

        Shapes: (B, N, K) int64, (B, N) bool, (B, N, 2 x lists) float32 where the spec has names -> (B, N, d).
        """
        names = () if lexicon is None else (lexicon,)
        hidden: dict[str, Tensor] = self.sharing(ids, mask, self.answer, *names)
        if self.prior is None:
            return hidden
        # Heads that hold one tensor still do afterwards: it is exported once.
        causal = {plan.name for plan in self.plans if plan.kind == "next_word"}
        projected = {id(state): self.prior.project(state) for name, state in hidden.items() if name not in causal}
        return {name: projected.get(id(state), state) for name, state in hidden.items()}

    def answer(self, name: str, hidden: Tensor, mask: Tensor) -> Tensor:
        """Return one head's logits from what `states` gave it."""
        if name in self.adversarial:
            hidden = reverse_gradient(hidden, self.reversal)
        adapted = hidden if self.prior is None else self.prior.adapt(name, hidden)
        logits: Tensor = self.heads[name](adapted, mask)
        return logits

    def forward(self, ids: Tensor, mask: Tensor, lexicon: Tensor | None = None) -> dict[str, Tensor]:
        """Return head -> logits. Shapes as for `states`; `mask` is True on words."""
        hidden = self.states(ids, mask, lexicon)
        for name in self.covering:
            hidden[name] = self.states(*cast(MaskedWordHead, self.heads[name]).cover(ids, mask, lexicon))[name]
        return {name: self.answer(name, hidden[name], mask) for name in self.heads}

    def losses(self, logits: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return head -> loss of shape (), for the heads that have targets."""
        return {name: self.head(name).loss(logits[name], target) for name, target in targets.items()}

    def penalties(self) -> dict[str, Tensor]:
        """Return name -> regulariser of shape ()."""
        return self.sharing.penalties() | (self.prior.penalties() if self.prior else {})

    def on_step_begin(self, progress: float, step: int = 0) -> None:
        """Learn how much of the training is done, from 0 to 1, and the number of the step."""
        self.reversal.fill_(reversal_strength(progress))
        for name in self.covering:
            cast(MaskedWordHead, self.heads[name]).step = step

    def on_step_end(self, step: int, learning_rate: float) -> None:
        """Tell sharing and prior that the optimiser has stepped."""
        self.sharing.on_step_end(step, learning_rate)
        if self.prior:
            self.prior.on_step_end(step, learning_rate)

    def on_epoch_end(self, epoch: int) -> None:
        """Tell sharing and prior that an epoch (from 1) is over."""
        self.sharing.on_epoch_end(epoch)
        if self.prior:
            self.prior.on_epoch_end(epoch)

    def tables(self) -> list[Table]:
        """Return what sharing and prior have learned, for people."""
        return [*self.sharing.tables(), *(self.prior.tables() if self.prior else [])]

    def for_export(self) -> Net:
        """Return a net of plain layers with the same logits: weights written out, unused features cut."""
        net = copy.deepcopy(self).eval()
        net.sharing = net.sharing.for_export()
        if net.prior:
            net.prior.write_out()
        return net
