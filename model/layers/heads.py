"""Heads: hidden states to logits, logits to a loss.

Every loss is divided by its chance level (log C for a choice among C), so that heads start at about 1 whatever their
size, a class head lower by what label smoothing leaves open, and end at 0 for perfect answers. A head that no row of a
batch labels has no loss there: absent, never zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.data.batches import IGNORE, NEXT_WORD_TARGETS
from model.layers.trunk import LockedDropout, WordEmbedding
from schemas.data.heads import HeadPlan
from trunkline_edge.understanding.decode import tag_count
from trunkline_edge.understanding.featurizer import FIRST_WORD_ID, PAD_ID, UNKNOWN_ID

COVERED_EVERY = 7
"""One word in so many is hidden from a masked-word head's pass."""


class MeanPool(nn.Module):
    """The words' sum, layer-normed: a mean that needs no division. As good as attention or maximum on ATIS
    (docs/adr/0003) with the fewest operators, each of which costs microseconds on a device.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Shape: (B, N, d), (B, N) bool -> (B, d)."""
        total = torch.matmul(mask.to(hidden.dtype).unsqueeze(1), hidden).squeeze(1)  # (B, 1, N) x (B, N, d) -> (B, d)
        normed: Tensor = self.norm(total)
        return normed


class FeatureMean(nn.Module):
    """The words' mean, each feature by itself, for priors that cut features: a layer norm would mix them."""

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Shape: (B, N, d), (B, N) bool -> (B, d)."""
        share = mask.to(hidden.dtype).unsqueeze(1)  # (B, 1, N)
        return torch.matmul(share / share.sum(2, keepdim=True), hidden).squeeze(1)


class ClassHead(nn.Module):
    """One label an utterance."""

    def __init__(self, width: int, labels: int, pool: nn.Module, dropout: float, label_smoothing: float) -> None:
        super().__init__()
        self.pool = pool
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(width, labels)
        self.label_smoothing = label_smoothing
        self.chance = math.log(max(labels, 2))
        self.floor = smoothing_floor(labels, label_smoothing)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Shape: (B, N, d), (B, N) -> logits (B, C)."""
        logits: Tensor = self.project(self.dropout(self.pool(hidden, mask)))
        return logits

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Mean divergence from the smoothed labels over labelled rows: 0 for the best answer there is.

        `target` (B,) int64, `IGNORE` where unlabelled.
        """
        smoothing = self.label_smoothing
        loss = functional.cross_entropy(_full(logits), target, ignore_index=IGNORE, label_smoothing=smoothing)
        return (loss - self.floor) / self.chance


def smoothing_floor(labels: int, smoothing: float) -> float:
    """Return the entropy of a smoothed label: the least cross entropy, and no reason to give the head more weight."""
    shares = (1 - smoothing + smoothing / labels, *[smoothing / labels] * (labels - 1))
    return -sum(share * math.log(share) for share in shares if share)


class MultilabelHead(nn.Module):
    """Any number of labels an utterance."""

    def __init__(self, width: int, labels: int, pool: nn.Module, dropout: float) -> None:
        super().__init__()
        self.pool = pool
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(width, labels)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Shape: (B, N, d), (B, N) -> logits (B, C), one yes or no each."""
        logits: Tensor = self.project(self.dropout(self.pool(hidden, mask)))
        return logits

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Mean binary cross entropy over labelled rows. `target` (B, C) 0 or 1, NaN rows where unlabelled."""
        known = ~target.isnan()
        flat = _full(logits)[known]
        # torch answers in the precision of the target.
        loss = functional.binary_cross_entropy_with_logits(flat, target[known].to(flat.dtype))
        return loss / math.log(2)


class TagHead(nn.Module):
    """Spans, as one BIO tag a word. With a pool, what the whole utterance is about adds to every word's tags."""

    def __init__(self, width: int, labels: Sequence[str], pool: MeanPool | None, dropout: float) -> None:
        super().__init__()
        tags = tag_count(labels)
        self.dropout = LockedDropout(dropout)
        self.project = nn.Linear(width, tags)
        self.pool = pool
        self.context = nn.Linear(width, tags, bias=False) if pool else None
        # Each further word multiplies the number of legal sequences by this (nearly, for few labels).
        self.chance = math.log(len(labels) + 2)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Shape: (B, N, d), (B, N) -> logits (B, N, tags)."""
        logits: Tensor = self.project(self.dropout(hidden))
        if self.pool is not None and self.context is not None:
            logits = logits + self.context(self.dropout(self.pool(hidden, mask).unsqueeze(1)))  # + (B, 1, tags)
        return logits

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Negative log likelihood of the whole tag sequence among all legal ones, divided by the labelled words.

        A conditional random field (Lafferty et al. 2001) whose transitions are the rule that an I follows a B or I of
        its label, and nothing learned: what `trunkline_edge.understanding.decode.best_tags` maximises. `target` (B, N)
        int64, `IGNORE` on padding and unlabelled rows.
        """
        known = target != IGNORE
        labelled = known.any(1)
        scores, wanted, known = _full(logits)[labelled], target[labelled], known[labelled]
        gold = scores.gather(2, wanted.clamp(min=0).unsqueeze(2)).squeeze(2)  # (labelled, N)
        return (_log_legal(scores, known) - (gold * known).sum(1)).sum() / known.sum() / self.chance


def _log_legal(scores: Tensor, known: Tensor) -> Tensor:
    """Return the logarithm of the summed weights of all legal tag sequences. (B, N, tags), (B, N) -> (B,).

    O and every B may follow anything, so all that one word tells the next is how much of the weight has each label:
    `running`, where all sequences so far weigh 1.
    """
    greatest = scores.detach().amax(2, keepdim=True)  # any shift does; this one keeps the powers within fp32
    weights = (scores - greatest).exp()
    outside, begins, inners = weights[:, :, 0], weights[:, :, 1::2], weights[:, :, 2::2]
    frees = outside + begins.sum(2)
    running = torch.zeros_like(begins[:, 0])
    totals = []
    # `unbind`, for the gradient of a word taken by its index is a tensor of all words.
    for free, begin, inner in zip(frees.unbind(1), begins.unbind(1), inners.unbind(1), strict=True):
        inside = running * inner
        total = (free + inside.sum(1)).clamp(min=torch.finfo(scores.dtype).tiny)
        running = (begin + inside) / total.unsqueeze(1)
        totals.append(total)
    return ((torch.stack(totals, 1).log() + greatest.squeeze(2)) * known).sum(1)


class ScoreHead(nn.Module):
    """A number an utterance. Works on standardised labels, answers in the labels' own unit."""

    mean: Tensor
    spread: Tensor

    def __init__(self, width: int, pool: nn.Module, dropout: float) -> None:
        super().__init__()
        self.pool = pool
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(width, 1)
        # Shape (1,): a tensor of shape () would not lift bf16 to fp32, and 8 bits are too few for the labels' own unit.
        self.register_buffer("mean", torch.zeros(1))
        self.register_buffer("spread", torch.ones(1))

    def set_scale(self, mean: float, spread: float) -> None:
        """Tell the head the labels' mean and standard deviation on the train rows."""
        self.mean.fill_(mean)
        self.spread.fill_(spread if spread > 0 else 1.0)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Shape: (B, N, d), (B, N) -> (B, 1)."""
        standard: Tensor = self.project(self.dropout(self.pool(hidden, mask)))
        return standard * self.spread + self.mean

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Mean squared error in units of the labels' variance (chance level 1). `target` (B,), NaN where unlabelled."""
        known = ~target.isnan()
        return ((_full(logits)[known, 0] - target[known]) / self.spread).square().mean()


class NextWordHead(nn.Module):
    """Predict the next word from causal states; its output vectors are the trunk's word embeddings (tied).

    `width` is that of the causal states.
    """

    def __init__(self, width: int, embedding: WordEmbedding) -> None:
        super().__init__()
        table = embedding.table
        self.project = nn.Linear(width, table.embedding_dim)
        # A list hides the table from this module's parameters: it belongs to the trunk.
        self._table = [table]
        # A small vocabulary has fewer words than that, and what follows it in the table are n-grams.
        self.targets = min(NEXT_WORD_TARGETS, embedding.words)
        self.chance = math.log(max(self.targets, 2))

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Shape: causal states (B, N, causal_width), (B, N) -> logits (B, N, targets)."""
        outputs = self._table[0].weight[FIRST_WORD_ID : FIRST_WORD_ID + self.targets]  # (targets, e)
        return functional.linear(self.project(hidden), outputs)

    def after(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Return the logits after the last word. Shapes as for `forward` -> (B, targets)."""
        last = mask.to(torch.int64).sum(1)[:, None, None] - 1  # (B, 1, 1)
        logits: Tensor = self(hidden.gather(1, last.expand(-1, 1, hidden.shape[2])), mask).squeeze(1)
        return logits

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Mean cross entropy over words with a known successor. `target` (B, N) int64, else `IGNORE`."""
        flat, wanted = _full(logits).flatten(0, 1), target.flatten()
        return functional.cross_entropy(flat, wanted, ignore_index=IGNORE) / self.chance


class MaskedWordHead(NextWordHead):
    """Predict hidden words from those around them, as BERT learns to (Devlin et al. 2019, arXiv 1810.04805).

    A pass of its own reads the utterances with every `COVERED_EVERY`th word hidden: its own id, its n-grams and what
    is known of it by name; nearly the paper's 15 %. Which ones depends on step and row alone, so that all come round,
    and only words with a target count, so that each row with any has one hidden. The paper shows some of them as they
    are or as others, lest training differ from use; here other heads see whole utterances all the time.
    """

    def __init__(self, width: int, embedding: WordEmbedding) -> None:
        super().__init__(width, embedding)
        self.step = 0
        """Of the training; no checkpoint holds it."""

    def covered(self, known: Tensor) -> Tensor:
        """Return which words are hidden in this step. Shape: (B, N) bool, True on words with a target -> the same."""
        place = known.cumsum(1) - 1  # among the row's words with a target, from 0
        rows = torch.arange(len(known), device=known.device).unsqueeze(1)
        first = (rows + self.step) % known.sum(1, keepdim=True).clamp(min=1, max=COVERED_EVERY)
        return known & ((place - first) % COVERED_EVERY == 0)

    def cover(self, ids: Tensor, mask: Tensor, lexicon: Tensor | None = None) -> tuple[Tensor, ...]:
        """Return what the trunk reads in the pass of this head; shapes as for `model.net.Net.states`."""
        word = ids[..., 0] - FIRST_WORD_ID
        covered = self.covered((word >= 0) & (word < self.targets)).unsqueeze(2)  # (B, N, 1)
        unknown = torch.full_like(ids, PAD_ID)
        unknown[..., 0] = UNKNOWN_ID
        ids = torch.where(covered, unknown, ids)
        return (ids, mask) if lexicon is None else (ids, mask, lexicon * ~covered)

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Mean cross entropy over the hidden words. `target` (B, N) int64 of all words, else `IGNORE`."""
        return super().loss(logits, torch.where(self.covered(target != IGNORE), target, IGNORE))


def _full(logits: Tensor) -> Tensor:
    """Lift half precision to fp32: losses need its digits. Double stays."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


Head = ClassHead | MultilabelHead | TagHead | ScoreHead | NextWordHead | MaskedWordHead


def build_head(
    plan: HeadPlan,
    width: int,
    embedding: WordEmbedding,
    *,
    dropout: float,
    label_smoothing: float,
    mixes_features: bool = True,
) -> Head:
    """Build the head that a plan describes, for states of a width; next-word heads take half of it.

    Without `mixes_features`, logits are linear in the states: a feature with zero weights changes none of them.
    """
    mixing = MeanPool(width) if mixes_features else None
    pool = mixing or FeatureMean()
    match plan.kind:
        case "class":
            return ClassHead(width, len(plan.labels), pool, dropout, label_smoothing)
        case "multilabel":
            return MultilabelHead(width, len(plan.labels), pool, dropout)
        case "tag":
            return TagHead(width, plan.labels, mixing, dropout)
        case "score":
            return ScoreHead(width, pool, dropout)
        case "next_word":
            return NextWordHead(width // 2, embedding)
        case "masked_word":
            return MaskedWordHead(width, embedding)
