"""Other losses and decoders of tags."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.data.batches import IGNORE
from model.layers.heads import ClassHead, MeanPool, TagHead
from model.training.loop import Training
from trunkline_edge.understanding.session import INTENT_HEAD

CERTAIN = 50.0
"""Logit of a tag that has been decided."""


def independent(training: Training) -> None:
    """Train each word's tag by itself; the best legal sequence is decoded as ever."""
    _exchange(training, IndependentTags)


def learned_transitions(training: Training) -> None:
    """Train and decode with a matrix of transitions."""
    _exchange(training, LearnedTransitions)


def no_context(training: Training) -> None:
    """Tell no word what the whole utterance is about."""
    _exchange(training, TagHead, has_context=False)


def refined(training: Training) -> None:
    """Tell every word which tags its neighbours seem to have."""
    _exchange(training, RefinedTags)


def told_intent(training: Training) -> None:
    """Tell every word which intents are likely, in place of what the whole utterance is about."""
    _exchange(training, ToldIntent, has_context=False)
    for plan in training.plans:
        if plan.kind == "tag":
            training.net.heads[plan.name].listen_to(training.net.heads[INTENT_HEAD])


class IndependentTags(TagHead):
    """Cross entropy a word."""

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Shapes as for `TagHead`."""
        return (
            functional.cross_entropy(logits.float().flatten(0, 1), target.flatten(), ignore_index=IGNORE) / self.chance
        )


class RefinedTags(TagHead):
    """What neighbours' tags seem to be adds to a word's: one mean-field step of a conditional random field, whose
    transitions are learned (Zheng et al. 2015, arXiv 1502.03240). No sequence to walk along, on devices neither.
    """

    def __init__(self, width: int, labels: tuple[str, ...], pool: MeanPool | None, dropout: float) -> None:
        super().__init__(width, labels, pool, dropout)
        tags = self.project.out_features
        self.before, self.after = nn.Linear(tags, tags, bias=False), nn.Linear(tags, tags, bias=False)
        for neighbour in (self.before, self.after):
            nn.init.zeros_(neighbour.weight)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Shapes as for `TagHead`."""
        logits = super().forward(hidden, mask)
        likely = logits.softmax(2) * mask.unsqueeze(2)
        nothing = torch.zeros_like(likely[:, :1])
        before = torch.cat([nothing, likely[:, :-1]], 1)
        after = torch.cat([likely[:, 1:], nothing], 1)
        return logits + self.before(before) + self.after(after)


class ToldIntent(TagHead):
    """The intent head's probabilities add to every word's tags (as the gate of Goo et al. 2018 multiplies them)."""

    def listen_to(self, intent: ClassHead) -> None:
        """Take the head whose probabilities are added."""
        # A list hides the head from this module's parameters: it has its own place in the net.
        self.intent = [intent]
        self.added = nn.Linear(intent.project.out_features, self.project.out_features, bias=False)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Shapes as for `TagHead`."""
        likely = self.intent[0](hidden, mask).softmax(1)
        return super().forward(hidden, mask) + self.added(likely).unsqueeze(1)


class LearnedTransitions(TagHead):
    """A conditional random field (Lafferty et al. 2001) with a score for each legal pair of neighbours.

    When it does not train, its logits are certain of the best sequence, so that whatever decodes them finds that one.
    """

    def __init__(self, width: int, labels: tuple[str, ...], pool: MeanPool | None, dropout: float) -> None:
        super().__init__(width, labels, pool, dropout)
        tags = self.project.out_features
        self.transitions = nn.Parameter(torch.zeros(tags, tags))
        self.is_legal: Tensor
        self.may_begin: Tensor
        tag = torch.arange(tags)
        is_inner = (tag > 0) & (tag % 2 == 0)
        follows = (tag.unsqueeze(1) == tag) | (tag.unsqueeze(1) == tag - 1)
        self.register_buffer("is_legal", ~is_inner | follows, persistent=False)
        self.register_buffer("may_begin", ~is_inner, persistent=False)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Shapes as for `TagHead`."""
        logits = super().forward(hidden, mask)
        return logits if self.training else CERTAIN * functional.one_hot(self.best(logits, mask), logits.shape[2])

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Negative log likelihood of the sequence, divided by the labelled words. Shapes as for `TagHead`."""
        known = target != IGNORE
        labelled = known.any(1)
        scores, wanted, known = logits.float()[labelled], target[labelled].clamp(min=0), known[labelled]
        gold = scores.gather(2, wanted.unsqueeze(2)).squeeze(2) * known
        pairs = self.transitions[wanted[:, :-1], wanted[:, 1:]] * known[:, 1:]
        return (self._log_all(scores, known) - gold.sum(1) - pairs.sum(1)).sum() / known.sum() / self.chance

    def _log_all(self, scores: Tensor, known: Tensor) -> Tensor:
        """Return the logarithm of the summed weights of all legal sequences. (B, N, tags), (B, N) -> (B,)."""
        greatest = scores.detach().amax(2, keepdim=True)
        weights = (scores - greatest).exp().unbind(1)
        allowed = self.transitions.exp() * self.is_legal
        running, totals = weights[0] * self.may_begin, []
        for word in range(len(weights)):
            if word:
                running = (running @ allowed) * weights[word]
            total = running.sum(1).clamp(min=torch.finfo(scores.dtype).tiny)
            running = running / total.unsqueeze(1)
            totals.append(total)
        return ((torch.stack(totals, 1).log() + greatest.squeeze(2)) * known).sum(1)

    def best(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Return the best legal sequence (Viterbi 1967); on padding the last word's tag. Shape: (B, N) int64."""
        steps = self.transitions.masked_fill(~self.is_legal, -torch.inf)
        score = logits[:, 0].masked_fill(~self.may_begin, -torch.inf)
        stay = torch.arange(logits.shape[2]).expand_as(score)
        back = []
        for word in range(1, logits.shape[1]):
            reached, source = (score.unsqueeze(2) + steps).max(1)
            is_word = mask[:, word].unsqueeze(1)
            score = torch.where(is_word, reached + logits[:, word], score)
            back.append(torch.where(is_word, source, stay))
        path = [score.argmax(1, keepdim=True)]
        for source in reversed(back):
            path.append(source.gather(1, path[-1]))
        return torch.cat(path[::-1], 1)


def _exchange(training: Training, kind: type[TagHead], *, has_context: bool = True) -> None:
    width, dropout = training.spec.trunk.width, training.spec.trunk.dropout
    for plan in training.plans:
        if plan.kind == "tag":
            pool = MeanPool(width) if has_context else None
            training.net.heads[plan.name] = kind(width, plan.labels, pool, dropout)
