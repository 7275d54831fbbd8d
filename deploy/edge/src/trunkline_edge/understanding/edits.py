"""Words with one slip in them: looked up by hash, however many words are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MIN_LETTERS = 4
"""Of a word that may be misspelt: among shorter ones too many real words lie one edit apart."""


class Speller:
    """Finds the known words that are one edit away: a letter lost, added, replaced, or two neighbours swapped.

    Each known word is filed under itself and under all that is left of it without one letter; so is what is looked up.
    Two words one edit apart meet there (Garbe's symmetric deletes), and the few that meet are compared.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._filed: dict[str, list[str]] = {}
        self._words: set[str] = set()
        for word in words:
            self.add(word)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def add(self, word: str) -> None:
        """Make a word known; one that is too short or not of letters alone is only ever found as it is."""
        if word in self._words:
            return
        self._words.add(word)
        if len(word) >= MIN_LETTERS and word.isalpha():
            for part in _parts(word):
                self._filed.setdefault(part, []).append(word)

    def near(self, word: str, least: int = MIN_LETTERS) -> list[str]:
        """Return the known words that are exactly one edit away, sorted; none for a word of fewer than `least` letters.

        A known word of fewer than `MIN_LETTERS` is near to nothing.
        """
        if len(word) < least or not word.isalpha():
            return []
        met = {known for part in _parts(word) for known in self._filed.get(part, ())}
        return sorted(known for known in met if is_one_edit(word, known))


def is_one_edit(first: str, second: str) -> bool:
    """Say whether one letter lost, added or replaced, or one swap of neighbours, makes one word the other."""
    if first == second or abs(len(first) - len(second)) > 1:
        return False
    same = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        same += 1
    rest_first, rest_second = first[same:], second[same:]
    if len(first) != len(second):
        longer, shorter = sorted((rest_first, rest_second), key=len, reverse=True)
        return longer[1:] == shorter
    return rest_first[1:] == rest_second[1:] or (
        rest_first[:2] == rest_second[1::-1] and rest_first[2:] == rest_second[2:]
    )


def _parts(word: str) -> Iterator[str]:
    yield word
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]
