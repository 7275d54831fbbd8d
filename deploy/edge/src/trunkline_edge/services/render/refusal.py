"""How certain it is that nothing is to be done, for protocols that give a rejected utterance a probability."""

from __future__ import annotations

from trunkline_edge.understanding.result import OUT_OF_SCOPE, SEVERAL, Result

REFUSALS = frozenset({OUT_OF_SCOPE, SEVERAL})
"""Labels that are no intent of their own: the likelier one is, the more certain the refusal."""


def refusal_p(result: Result) -> float:
    """Return the probability that a rejected utterance is rightly so; 1 where it has no intent at all."""
    if not result.intents:
        return 1.0
    best = min(result.intents, key=lambda intent: intent.p)
    return best.p if best.name in REFUSALS else 1 - best.p
