"""How certain it is that nothing is to be done, for protocols that give a rejected utterance a probability."""

from __future__ import annotations

from trunkline_edge.understanding.result import RESERVED, Result


def refusal_p(result: Result) -> float:
    """Return the probability that a rejected utterance is rightly so; 1 where it has no intent at all.

    The likelier a label is that is no intent, the more certain the refusal.
    """
    if not result.intents:
        return 1.0
    best = min(result.intents, key=lambda intent: intent.p)
    return best.p if best.name in RESERVED else 1 - best.p
