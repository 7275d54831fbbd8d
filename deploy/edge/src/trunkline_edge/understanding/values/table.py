"""What the rows of a data set have said, and what it meant: text to value, forgiving plurals, articles and slips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trunkline_edge.understanding.edits import FEWEST_LETTERS, MIN_LETTERS, Speller
from trunkline_edge.understanding.text import split_words
from trunkline_edge.understanding.values.languages import LANGUAGES
from trunkline_edge.understanding.values.number import Number

Plain = str | Number | bool

_ARTICLES = frozenset({"the", "a", "an", "my", "our", "your", "some"})


class Meanings:
    """What the wordings of one label mean."""

    def __init__(self, wordings: Mapping[str, Plain], languages: Sequence[str] = ("en",)) -> None:
        """`wordings` maps a normalised text to its value; articles and plurals are those of the languages."""
        self._languages = [LANGUAGES.get(lang.split("-")[0]) for lang in languages]
        self._exact = {text_key(text): value for text, value in wordings.items()}
        self._folded: dict[str, Plain | None] = {}
        self._speller = Speller(least=FEWEST_LETTERS)
        for text, value in wordings.items():
            forms = [word.form for word in split_words(text)]
            for words in self._bare(forms):
                for key in (" ".join(words), "".join(words)):  # "day light" is "daylight"
                    # Of wordings that differ only in what is forgiven, and mean different things, none is meant.
                    self._folded[key] = value if self._folded.get(key, value) == value else None
                for word in words:
                    self._speller.add(word)
            for word in forms:
                self._speller.add(word)

    def exact(self, words: Sequence[str]) -> Plain | None:
        """Return the value of words (`split_words`' forms) that rows have said just so."""
        return self._exact.get(" ".join(words))

    def respelt(self, words: Sequence[str]) -> Plain | None:
        """Return the value of words that rows have said just so, but for slips."""
        return self._exact.get(" ".join(map(self._mended, words)))

    def forgiving(self, words: Sequence[str]) -> Plain | None:
        """Return the value of words that rows have said with another article, number or spelling."""
        for bare in self._bare(words):
            for key in (" ".join(bare), "".join(bare), " ".join(map(self._mended, bare))):
                if self._folded.get(key) is not None:
                    return self._folded[key]
        return None

    def _bare(self, words: Sequence[str]) -> list[list[str]]:
        """Return the words without articles and plurals, as each language would have them."""
        return [folded(words) if language is None else language.bare(words) for language in self._languages]

    def _mended(self, word: str) -> str:
        near = [] if word in self._speller else self._speller.near(word)
        return near[0] if len(near) == 1 else word


def text_key(text: str) -> str:
    """Return the form under which a wording is looked up."""
    return " ".join(word.form for word in split_words(text))


def folded(words: Sequence[str]) -> list[str]:
    """Return the words without leading articles, each in the singular."""
    start = 0
    while start < len(words) - 1 and words[start] in _ARTICLES:
        start += 1
    return [singular(word) for word in words[start:]]


def singular(word: str) -> str:
    """Return an English plural without its ending, roughly: both sides of a comparison are cut alike."""
    if len(word) < MIN_LETTERS or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > MIN_LETTERS:
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]
