"""The training loop that a user of torch would write for the same net: what `bench.training` compares ours with.

Honest, not slow on purpose: words are turned to ids before training, padding is of like batches of a shuffled
`DataLoader`, `nn.LSTM` reads packed sequences, the optimiser is `AdamW` as it comes. Heads and losses are ours. It
differs by what users leave out: rows in any order, one dropout mask a word, each n-gram's vector fetched for every
word, one loss read back a step. Packing is what makes it the same net: over padding, the way back would begin on words
that are none. It is also the faster one here, though torch has its fused kernel for padded input alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

from model.data.batches import IGNORE, Encoded
from model.layers.heads import build_head
from model.layers.trunk import WordEmbedding
from schemas.data.heads import HeadPlan
from schemas.spec.product import Spec
from trunkline_edge.understanding.featurizer import PAD_ID

Row = tuple[Tensor, Mapping[str, Tensor]]
"""Ids (N, K), and targets by head: (N,) or ()."""


class PlainEmbedding(WordEmbedding):
    """Trains with the sum that it scores with."""

    def _distinct_sums(self, word: Tensor, grams: Tensor) -> Tensor:
        return self._sums(word, grams)


class PlainNet(nn.Module):
    """Word features, bidirectional LSTM layers with residuals, heads: the default net, of torch's own layers."""

    def __init__(self, spec: Spec, plans: Sequence[HeadPlan], size: int) -> None:
        super().__init__()
        width, trunk = spec.trunk.width, spec.trunk
        self.kinds = {plan.name: plan.kind for plan in plans}
        self.weights = {plan.name: plan.weight for plan in plans}
        self.embedding = PlainEmbedding(size, trunk)
        self.dropout = nn.Dropout(trunk.dropout)
        self.layers = nn.ModuleList(
            nn.LSTM(width, width // 2, batch_first=True, bidirectional=True) for _ in range(trunk.layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(trunk.layers))
        smoothing = spec.train.label_smoothing
        self.heads = nn.ModuleDict(
            {
                plan.name: build_head(plan, width, self.embedding, dropout=trunk.dropout, label_smoothing=smoothing)
                for plan in plans
            }
        )

    def forward(self, ids: Tensor, targets: Mapping[str, Tensor]) -> Tensor:
        """Return the weighted loss. Shapes: (B, N, K); targets as in `model.data.batches.Batch`."""
        mask = ids[..., 0] != PAD_ID
        lengths = mask.sum(1)
        hidden = causal = self.embedding(ids)
        for depth, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            packed = pack_padded_sequence(self.dropout(hidden), lengths, batch_first=True, enforce_sorted=False)
            read = pad_packed_sequence(layer(packed)[0], batch_first=True)[0]
            hidden = norm(hidden + read)
            if depth == 0:
                causal = read[..., : read.shape[2] // 2]
        losses = [
            self.weights[name] * head.loss(head(causal if self.kinds[name] == "next_word" else hidden, mask), target)
            for name, head in self.heads.items()
            for target in [targets[name]]
        ]
        return torch.stack(losses).sum()


class PlainLoop:
    """Steps over shuffled batches."""

    def __init__(self, spec: Spec, plans: Sequence[HeadPlan], size: int, encoded: Encoded) -> None:
        torch.manual_seed(spec.train.seed)
        self.net = PlainNet(spec, plans, size)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=spec.train.learning_rate)
        self.clip_norm = spec.train.clip_norm
        rows = [_row(encoded, i) for i in range(len(encoded))]
        self.loader: DataLoader[Row] = DataLoader(
            cast("Dataset[Row]", rows),  # a list does for torch
            spec.train.batch_size,
            shuffle=True,
            drop_last=True,
            collate_fn=_pad,
        )
        self.batches = iter(self.loader)
        self.loss = 0.0

    def step(self) -> int:
        """Train on the next batch; returns how many utterances it had."""
        try:
            ids, targets = next(self.batches)
        except StopIteration:
            self.batches = iter(self.loader)
            return self.step()
        self.optimiser.zero_grad()
        loss = self.net(ids, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), self.clip_norm)
        self.optimiser.step()
        self.loss = loss.item()
        return len(ids)


def _row(encoded: Encoded, row: int) -> Row:
    words = slice(encoded.offsets[row], encoded.offsets[row + 1])
    targets = {
        name: torch.as_tensor(target[words] if name in encoded.per_word else target[row])
        for name, target in encoded.targets.items()
    }
    return torch.from_numpy(encoded.forms[encoded.words[words]]), targets


def _pad(rows: Sequence[Row]) -> tuple[Tensor, dict[str, Tensor]]:
    ids = pad_sequence([ids for ids, _ in rows], batch_first=True, padding_value=PAD_ID)
    names = rows[0][1]
    return ids, {
        name: pad_sequence([targets[name] for _, targets in rows], batch_first=True, padding_value=IGNORE)
        if names[name].ndim == 1
        else torch.stack([targets[name] for _, targets in rows])
        for name in names
    }
