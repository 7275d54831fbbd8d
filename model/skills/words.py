"""What a skill's head knows of words by itself, where the trunk has never met them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from schemas.data.heads import HeadPlan
from trunkline_edge.understanding.decode import tag_count
from trunkline_edge.understanding.featurizer import PAD_ID

HASHES = 1024
"""Rows of the table. Twice as many bring a logistic regression on CLINC150's `banking` 0.4 points with all rows and
0.3 with fifty, and a skill of 15 intents 16 kB more."""
GREATEST = 127
"""Of a symmetric 8-bit number."""


class OwnWords(nn.Module):
    """A weight for each logit of a head and each feature of a word: a linear model over words and their n-grams.

    Ids share `HASHES` rows by what is left of a division; one row is padding's, and the few ids that fall on it say
    nothing. The table is in fp32 while it learns and in int8, with a unit a logit, when it ships.
    """

    codes: Tensor
    unit: Tensor

    def __init__(self, logits: int, *, per_word: bool) -> None:
        super().__init__()
        self.per_word = per_word
        self.table = nn.Parameter(torch.zeros(HASHES, logits))  # row `PAD_ID` gets no gradient and stays so
        self.register_buffer("codes", torch.zeros(HASHES, logits, dtype=torch.int8))
        self.register_buffer("unit", torch.zeros(logits))
        self.is_rounded = False

    @torch.no_grad()
    def round(self) -> None:
        """Answer in int8 from now on."""
        self.unit.copy_(unit_of(self.table, 0))
        self.codes.copy_((self.table / self.unit).round())
        self.is_rounded = True

    def forward(self, ids: Tensor) -> Tensor:
        """Shape: (B, N, K) int64 -> (B, C), or (B, N, C) of a head that answers word by word."""
        rows = ids % HASHES
        if self.is_rounded:
            found = self.codes[rows].to(self.unit.dtype) * self.unit  # (B, N, K, C)
        else:
            found = functional.embedding(rows, self.table, padding_idx=PAD_ID)
        over = (2,) if self.per_word else (1, 2)
        count = (ids != PAD_ID).sum(over).clamp(min=1).to(found.dtype)  # (B,) or (B, N)
        return found.sum(over) / count.sqrt().unsqueeze(-1)


def unit_of(weights: Tensor, over: int) -> Tensor:
    """Return what one of 8 bits is worth, so that the greatest weight along an axis is `GREATEST` of it."""
    return weights.abs().amax(over).clamp(min=1e-12) / GREATEST


def own_words(plan: HeadPlan) -> OwnWords:
    """Return the words of a head that a plan describes."""
    columns = {"tag": tag_count(plan.labels), "score": 1}.get(plan.kind, len(plan.labels))
    return OwnWords(columns, per_word=plan.kind == "tag")
