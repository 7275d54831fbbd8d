"""A skill's heads, learned from states that are there already: no trunk runs, so a training takes seconds.

The trunk may never have met what the skill is about, so that its heads have words of their own beside its states.

One head more than the spec asks for, `mine`, tells the skill's utterances from those of others: the base's rows, and
whatever else the device may hear. Half of every batch is the skill's and half others', however few the skill has.
Where the skill tells intents, `mine` has no weights: what is likely to be one of them is the skill's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from model.data.batches import Encoded
from model.layers.heads import Head, ScoreHead, TagHead, build_head
from model.skills.words import OwnWords, own_words, unit_of
from schemas.artifacts.states import States
from schemas.data.heads import HeadPlan
from trunkline_edge.bundle.manifest import MINE
from trunkline_edge.understanding.result import OUT_OF_SCOPE
from trunkline_edge.understanding.session import INTENT_HEAD

MINE_PLAN = HeadPlan(MINE, "multilabel", (MINE,), 1.0, False)
BATCH = 32
"""Rows of the skill in a step, and as many of others."""
LEAST_STEPS, EPOCHS = 600, 12
"""A skill with few rows takes so many steps, one with many passes over its rows so often."""
PEAK_RATE, FINAL_SHARE = 5e-3, 0.02
WORDS_RATE = 6
"""Times the rate: the words of a head's own start from nothing, and each is seen in few steps."""
WEIGHT_DECAY = 1e-2
DROPOUT = 0.5
"""Of states before a head: with few rows it trusts words that it sees rather than a trunk that never met them."""


@dataclass(frozen=True)
class SkillStep:
    """A step of the training that is done."""

    step: int
    steps: int
    loss: float


class SkillNet(nn.Module):
    """Heads on states of a width, with a small layer between that all of them read beside the states; 0: none.

    Each adds to its logits what its own words say.
    """

    def __init__(self, plans: Sequence[HeadPlan], width: int, layer: int, *, dropout: float, smoothing: float) -> None:
        super().__init__()
        self.plans = tuple(plans)
        intent = next((plan for plan in plans if plan.name == INTENT_HEAD and plan.kind == "class"), None)
        self.own_intents = [i for i, label in enumerate(intent.labels) if label != OUT_OF_SCOPE] if intent else []
        """Places of the intents that are the skill's; none where it tells no intents."""
        weighed = [plan for plan in plans if plan.name != MINE or not self.own_intents]
        self.layer = nn.Linear(width, layer) if layer else None
        self.heads = nn.ModuleDict(
            {
                plan.name: build_head(plan, width + layer, None, dropout=dropout, label_smoothing=smoothing)  # type: ignore[arg-type]  # only next_word heads read an embedding
                for plan in weighed
            }
        )
        self.words = nn.ModuleDict({plan.name: own_words(plan) for plan in weighed})

    def head(self, name: str) -> Head:
        """Return a head by name."""
        head: Head = self.heads[name]  # type: ignore[assignment]  # a ModuleDict holds any module
        return head

    def own_words(self, name: str) -> OwnWords:
        """Return the words of a head's own."""
        words: OwnWords = self.words[name]  # type: ignore[assignment]  # a ModuleDict holds any module
        return words

    def widen(self, hidden: Tensor) -> Tensor:
        """Put what the layer makes of each word beside its state. Shape: (B, N, d) -> (B, N, d + layer)."""
        if self.layer is None:
            return hidden
        return torch.cat([hidden, torch.relu(self.layer(hidden))], dim=2)

    def answer(self, name: str, widened: Tensor, mask: Tensor, ids: Tensor) -> Tensor:
        """Return the logits of one head. Shapes: (B, N, d + layer), (B, N) bool, (B, N, features) int64."""
        if name == MINE and self.own_intents:
            return self.whose(self.answer(INTENT_HEAD, widened, mask, ids))
        head = self.head(name)
        said: Tensor = self.own_words(name)(ids)
        logits: Tensor = head(widened, mask)
        return logits + (said * head.spread if isinstance(head, ScoreHead) else said)

    def whose(self, intents: Tensor) -> Tensor:
        """Return the logits of `mine` by those of intents: the log-odds of any of them against another's, at logit 0.

        With it, cross entropy among the skill's intents and binary cross entropy of `mine` add up to cross entropy
        among those intents and "another's". Shape: (B, C) -> (B, 1).
        """
        return intents[:, self.own_intents].logsumexp(1, keepdim=True)

    def is_rounded(self, name: str) -> bool:
        """Do a head's own weights ship in 8 bits? Those of tags do: they are many, two sets of two a label."""
        return name in self.heads and isinstance(self.head(name), TagHead)

    @torch.no_grad()
    def round(self) -> None:
        """Give 8 bits to what ships in them: every head's words, and the weights of heads that `is_rounded` names."""
        for name in self.words:
            self.own_words(name).round()
        for name in filter(self.is_rounded, self.heads):
            for part in self.head(name).modules():
                if isinstance(part, nn.Linear):
                    unit = unit_of(part.weight, 1).unsqueeze(1)
                    part.weight.copy_((part.weight / unit).round() * unit)


def fit(
    net: SkillNet, rows: Encoded, states: States, others: States, *, mine: NDArray[np.bool_], seed: int
) -> Iterator[SkillStep]:
    """Train a net on the skill's rows, whose labels `rows` has, and on others', which are not the skill's.

    `mine`, of shape (rows,), is False where one of the skill's own rows shows what it does not answer. Yields now and
    then; afterwards what ships in 8 bits has them, and the net is in eval mode. The randomness is a function of the
    seed.
    """
    assert len(rows) == len(states), "states are of these very rows"
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    for name in net.heads:
        head = net.head(name)
        if isinstance(head, ScoreHead):
            known = rows.targets[name][rows.has_label[name]]
            head.set_scale(float(known.mean(dtype=np.float64)), float(known.std(dtype=np.float64)))
    words = list(net.words.parameters())
    rest = [parameter for part in (net.layer, net.heads) if part for parameter in part.parameters()]
    optimiser = torch.optim.AdamW(
        [
            {"params": words, "weight_decay": WEIGHT_DECAY, "times": WORDS_RATE},
            {"params": [each for each in rest if each.ndim > 1], "weight_decay": WEIGHT_DECAY, "times": 1},
            {"params": [each for each in rest if each.ndim <= 1], "weight_decay": 0.0, "times": 1},
        ]
    )
    steps = max(LEAST_STEPS, EPOCHS * math.ceil(len(rows) / BATCH))
    own, foreign = _endless(len(states), rng), _endless(len(others), rng)
    net.train()
    for step in range(steps):
        rate = PEAK_RATE * (FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + math.cos(math.pi * step / steps)))
        for group in optimiser.param_groups:
            group["lr"] = group["times"] * rate
        loss = _loss(net, rows, states, others, mine, next(own), next(foreign))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no type for it
        optimiser.step()
        if step % 100 == 99 or step + 1 == steps:
            yield SkillStep(step + 1, steps, float(loss.detach()))
    net.round()
    net.eval()


def _loss(
    net: SkillNet,
    rows: Encoded,
    states: States,
    others: States,
    mine: NDArray[np.bool_],
    own: NDArray[np.int64],
    foreign: NDArray[np.int64],
) -> Tensor:
    hidden, mask, ids = _tensors(states, own)
    widened = net.widen(hidden)
    targets = _targets(rows, own, mask.numpy())
    answers = {plan.name: net.answer(plan.name, widened, mask, ids) for plan in net.plans if plan.name in targets}
    losses = [
        plan.weight * net.head(plan.name).loss(answers[plan.name], targets[plan.name])
        for plan in net.plans
        if plan.name in answers
    ]
    said = answers.get(INTENT_HEAD) if net.own_intents else None
    ours = net.answer(MINE, widened, mask, ids) if said is None else net.whose(said)
    theirs, *rest = _tensors(others, foreign)
    whose = torch.cat([ours, net.answer(MINE, net.widen(theirs), *rest)])
    wanted = torch.zeros_like(whose)
    wanted[: len(own), 0] = torch.from_numpy(mine[own].astype(np.float32))
    return sum(losses, start=functional.binary_cross_entropy_with_logits(whose, wanted) / math.log(2))


def _tensors(states: States, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor]:
    hidden, mask, ids = states.padded(rows)
    return torch.from_numpy(hidden), torch.from_numpy(mask), torch.from_numpy(ids)


def _targets(rows: Encoded, own: NDArray[np.int64], mask: NDArray[np.bool_]) -> dict[str, Tensor]:
    """Return the targets of some rows, of the heads that one of them labels at least."""
    _, source = rows.places(own)
    found = {}
    for name, target in rows.targets.items():
        if rows.has_label[name][own].any():
            picked = np.where(mask, target[source], -1) if name in rows.per_word else target[own]
            found[name] = torch.from_numpy(np.ascontiguousarray(picked))
    return found


def _endless(count: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield positions of `BATCH` rows for ever, all of them once before any comes again."""
    waiting = np.zeros(0, dtype=np.int64)
    while True:
        while len(waiting) < BATCH:
            waiting = np.concatenate([waiting, rng.permutation(count)])
        yield waiting[:BATCH]
        waiting = waiting[BATCH:]
