"""Who answers: the base bundle, or one of the skills beside it. A pure function of what each of them says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_LEAST = 1e-9
"""Probabilities are kept this far from 0 and 1, where log-odds have no end."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a skill's head `mine` says of an utterance."""

    skill: str
    p: float
    """That the utterance is the skill's."""
    threshold: float
    """Below it the skill claims nothing; set where the skill was trained, on rows of others."""

    @property
    def evidence(self) -> float:
        """Log-odds above those of the threshold: claims of skills with different thresholds compare by it."""
        return _log_odds(self.p) - _log_odds(self.threshold)


@dataclass(frozen=True, slots=True)
class Routing:
    """Who answers, and why."""

    skill: str | None
    """None: the base."""
    claims: tuple[Claim, ...]
    """Of all skills that take the utterance for theirs, the most certain first."""
    reason: str


def route(claims: Sequence[Claim]) -> Routing:
    """Let the most certain skill answer that takes the utterance for its own; without one, the base.

    Skills that are equally certain go by name, so that the order of installation decides nothing.
    """
    made = sorted((each for each in claims if each.evidence >= 0), key=lambda each: (-each.evidence, each.skill))
    if not made:
        return Routing(None, (), "no skill takes it for its own")
    best = made[0]
    reason = f"{best.skill} takes it for its own: {best.p:.3f}, at least {best.threshold:.3f}"
    if len(made) > 1:
        reason += "; so do, with less evidence, " + ", ".join(f"{each.skill} ({each.p:.3f})" for each in made[1:])
    return Routing(best.skill, tuple(made), reason)


def _log_odds(p: float) -> float:
    p = min(max(p, _LEAST), 1 - _LEAST)
    return math.log(p / (1 - p))
