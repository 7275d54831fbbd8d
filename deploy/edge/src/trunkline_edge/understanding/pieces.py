"""Words cut into the pieces that a pre-trained model learned: WordPiece's or a Unigram model's.

A vocabulary line is a piece, and of a Unigram model also its score, after a tab. Pieces are cut within a word as
`text.split_words` has it, never across two.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

WORD_START = "▁"
"""Before the first letter of a word, in Unigram models (Kudo 2018, arXiv 1804.10959)."""
WITHIN_WORD = "##"
"""Before a piece that begins no word, in WordPiece (Wu et al. 2016, arXiv 1609.08144)."""
UNKNOWN_PENALTY = 10.0
"""What one character that no piece has costs more than the least likely piece, as in SentencePiece."""


class Pieces:
    """The pieces of one model, numbered as the vocabulary lists them.

    Raises `ValueError` where some lines have scores and others none, or a score is no finite number.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        parts = [line.split("\t") for line in self.lines]
        if len({len(part) for part in parts}) > 1 or (parts and len(parts[0]) > 2):
            raise ValueError("pieces with and without scores: expected a piece a line, or piece, tab and score")
        self._number = {part[0]: number for number, part in enumerate(parts)}
        self._longest = max(map(len, self._number), default=1)
        self._scores = [float(part[1]) for part in parts if len(part) > 1]
        if not all(map(math.isfinite, self._scores)):
            raise ValueError("a piece's score that is no finite number")
        self._unknown = min(self._scores, default=0.0) - UNKNOWN_PENALTY

    def cut(self, form: str) -> list[int | None]:
        """Return the numbers of a word's pieces, in order; None where a character has none."""
        return self._likeliest(WORD_START + form) if self._scores else self._longest_first(form)

    def _likeliest(self, marked: str) -> list[int | None]:
        """Viterbi: the cut whose scores add up to the most. Linear in the word, for pieces have a longest one."""
        best = [0.0] + [-math.inf] * len(marked)
        last: list[tuple[int, int | None]] = [(0, None)] * (len(marked) + 1)
        for start in range(len(marked)):
            if best[start] + self._unknown > best[start + 1]:
                best[start + 1], last[start + 1] = best[start] + self._unknown, (start, None)
            for end in range(start + 1, min(len(marked), start + self._longest) + 1):
                number = self._number.get(marked[start:end])
                if number is not None and best[start] + self._scores[number] > best[end]:
                    best[end], last[end] = best[start] + self._scores[number], (start, number)
        cut: list[int | None] = []
        end = len(marked)
        while end:
            end, number = last[end]
            cut.append(number)
        return cut[::-1]

    def _longest_first(self, form: str) -> list[int | None]:
        cut: list[int | None] = []
        start = 0
        while start < len(form):
            mark = WITHIN_WORD if start else ""
            ends = range(min(len(form), start + self._longest), start, -1)
            end = next((end for end in ends if mark + form[start:end] in self._number), start + 1)
            cut.append(self._number.get(mark + form[start:end]))
            start = end
        return cut
