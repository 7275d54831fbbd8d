"""Where one utterance may fall into several commands: "turn off the light and close the blind"."""

from __future__ import annotations

import re

_CONJUNCTIONS = {"en": re.compile(r"[\s,]+(?:and|then)(?:[\s,]+(?:and|then|also))*[\s,]+", re.IGNORECASE)}
"""By language; without an entry nothing is cut."""
MAX_PIECES = 5
"""An utterance of more is a tale or an attack: n pieces cost n (n + 1) / 2 answers."""
MIN_WORDS = 2
"""Of a command: the "salt" of "pepper and salt" is none."""


def pieces(text: str, lang: str) -> list[tuple[int, int]]:
    """Return start and end of what lies between conjunctions: one piece, the whole text, where nothing is to be cut."""
    pattern = _CONJUNCTIONS.get(lang.split("-")[0])
    found = [match.span() for match in pattern.finditer(text)] if pattern else []
    if not 0 < len(found) < MAX_PIECES:
        return [(0, len(text))]
    return list(zip([0, *(end for _, end in found)], [*(start for start, _ in found), len(text)], strict=True))
