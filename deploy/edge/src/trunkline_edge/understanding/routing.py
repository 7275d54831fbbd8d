"""Who answers: the base bundle, or one of the skills beside it. A pure function of what each of them says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

BASE_SAY = 0.5
"""Weight of the base's log-odds beside a skill's. Chosen on CLINC150, where 0.25 to 1 do better than none at all and
differ little (docs/skills.md)."""
_LEAST = 1e-9
"""Probabilities are kept this far from 0 and 1, where log-odds have no end."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What speaks for a skill, and for the base, on one utterance."""

    skill: str
    mine: float
    """Probability by the skill's head `mine` that the utterance is the skill's."""
    base: float | None
    """Probability of the base's likeliest intent; None where it has none to tell."""
    threshold: float
    """Of `p`; set where the skill was trained, on rows of others."""

    @property
    def p(self) -> float:
        """Probability that the utterance is the skill's after the base has had its say.

        log-odds(p) = log-odds(mine) - BASE_SAY * max(0, log-odds(base))
        """
        return after_base(self.mine, self.base)

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
    """Of all skills that take the utterance for their own, the most certain first."""
    reason: str


def after_base(mine: float, base: float | None) -> float:
    """Return `Claim.p`: a base that is unsure speaks for no skill, as it may well be nobody's utterance."""
    against = 0.0 if base is None else BASE_SAY * max(0.0, _log_odds(base))
    return 1 / (1 + math.exp(against - _log_odds(mine)))


def route(claims: Sequence[Claim]) -> Routing:
    """Let the most certain skill answer that takes the utterance for its own; without one, the base.

    Skills that are equally certain go by name, so that the order of installation decides nothing.
    """
    made = sorted((each for each in claims if each.p >= each.threshold), key=lambda each: (-each.evidence, each.skill))
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
