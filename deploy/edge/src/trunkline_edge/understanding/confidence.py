"""How confident an answer is, in one number that a threshold can judge."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trunkline_edge.understanding.decode import Floats
from trunkline_edge.understanding.result import OUT_OF_SCOPE

_LEAST = 1e-6
"""Of a probability and of what is left of it, so that no claim alone decides."""


def confidence_of(intent: Floats, labels: Sequence[str], domain: Floats | None) -> float:
    """Weigh what an answer claims: that it is this intent, of this domain, and for this device at all.

    The claims are the probabilities of the best intent, of the best domain and of any intent but `oos`, as far as a
    bundle has these heads and labels; sure is the probability of their mean log-odds. Of an intent head alone it is the
    intent's own probability. Chosen by measurement: docs/adr/0007-rejection.md.

    `intent` has shape (labels,), `domain` (domains,); both add up to 1.
    """
    claims = [float(intent.max())]
    if OUT_OF_SCOPE in labels:
        claims.append(1 - float(intent[labels.index(OUT_OF_SCOPE)]))
    if domain is not None:
        claims.append(float(domain.max()))
    odds = sum(math.log((claim + _LEAST) / (1 - claim + _LEAST)) for claim in claims) / len(claims)
    return 1 / (1 + math.exp(-odds))
