"""Where one utterance may fall into several commands: "turn off the light and close the blind"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trunkline_edge.understanding.text import split_words


@dataclass(frozen=True, slots=True)
class _Conjunctions:
    """Words of one language that stand between two commands."""

    first: frozenset[str]
    """One of these begins the cut."""
    more: frozenset[str]
    """Any number of these may follow: "and then also"."""


_CONJUNCTIONS = {"en": _Conjunctions(frozenset({"and", "then"}), frozenset({"and", "then", "also"}))}
"""By language; without an entry nothing is cut."""
_WORD = re.compile(r"[^\s,]+")
MAX_PIECES = 5
"""An utterance of more is a tale or an attack: n pieces cost n (n + 1) / 2 answers."""
MAX_WORDS = 64
"""An utterance of more, as `split_words` counts them, is not parted either: five commands have a dozen words each.
Without this bound the longest text in five pieces takes ten times as long as the longest in one piece."""
MIN_WORDS = 2
"""Of a command: the "salt" of "pepper and salt" is none."""


def pieces(text: str, lang: str) -> list[tuple[int, int]]:
    """Return start and end of what lies between conjunctions: one piece, the whole text, where nothing is to be cut."""
    conjunctions = _CONJUNCTIONS.get(lang.split("-")[0])
    found = _cuts(text, conjunctions) if conjunctions else []
    if not 0 < len(found) < MAX_PIECES or len(split_words(text)) > MAX_WORDS:
        return [(0, len(text))]
    return list(zip([0, *(end for _, end in found)], [*(start for start, _ in found), len(text)], strict=True))


def _cuts(text: str, conjunctions: _Conjunctions) -> list[tuple[int, int]]:
    """Return start and end of each run of conjunctions, with the spaces and commas that must stand on both sides.

    Every character is looked at once. One pattern of a whole run would try each space of a long gap as its beginning.
    """
    words = list(_WORD.finditer(text))
    ends_before = [0, *(word.end() for word in words)]
    starts_after = [*(word.start() for word in words[1:]), len(text)]
    cuts: list[tuple[int, int]] = []
    for before, word, after in zip(ends_before, words, starts_after, strict=False):
        if before == word.start() or word.end() == after:
            continue  # nothing on one side of it: the text begins or ends here
        said = word.group().casefold()
        if cuts and cuts[-1][1] == word.start() and said in conjunctions.more:
            cuts[-1] = cuts[-1][0], after
        elif said in conjunctions.first:
            cuts.append((before, after))
    return cuts
