"""Words with one slip in them: looked up by hash, however many words are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

MIN_LETTERS = 4
"""Of a word that may be misspelt: among shorter ones too many real words lie one edit apart."""
FEWEST_LETTERS = 3
"""Where few words can be meant: those of a number, of a list, of names where a name must stand."""


class Speller:
    """Finds the known words that are one edit away: a letter lost, added, replaced, or two neighbours swapped.

    Each known word is filed under itself and under all that is left of it without one letter; so is what is looked up.
    Two words one edit apart meet there (Garbe's symmetric deletes), and the few that meet are compared.
    """

    def __init__(self, words: Iterable[str] = (), least: int = MIN_LETTERS) -> None:
        """Words of fewer than `least` letters are near to nothing."""
        self._least = least
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
        if len(word) >= self._least and word.isalpha():
            for part in _parts(word):
                self._filed.setdefault(part, []).append(word)

    def near(self, word: str, least: int | None = None) -> list[str]:
        """Return the known words that are exactly one edit away, sorted.

        Neither they nor `word` have fewer than `least` letters; by default as few as a known word must have.
        """
        least = self._least if least is None else least
        if len(word) < least or not word.isalpha():
            return []
        met = {known for part in _parts(word) for known in self._filed.get(part, ())}
        return sorted(known for known in met if len(known) >= least and is_one_edit(word, known))


class Mender:
    """Takes a word that is not known for the known one that it most likely is.

    Letters in another order first, then a letter that is doubled, then any other slip; among equals the word that is
    said more often. A word that is near to none stays as it is.
    """

    def __init__(self, words: Sequence[str], least: int) -> None:
        """`words` stand in the order of how often they are said; shorter ones than `least` are never meant."""
        self._rank = {word: i for i, word in enumerate(words)}
        self._speller = Speller(words, least)

    def mended(self, word: str) -> str:
        """Return the known word, or the word itself."""
        return min(self._speller.near(word), key=lambda known: (_slip(word, known), self._rank[known]), default=word)


def _slip(word: str, known: str) -> int:
    """Tell how odd a slip is: letters in another order, one of them doubled, any other."""
    if sorted(word) == sorted(known):
        return 0
    is_doubled = len(word) > len(known) and any(
        word[i] == word[i + 1] and word[:i] + word[i + 1 :] == known for i in range(len(known))
    )
    return 1 if is_doubled else 2


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
