"""What people wrap around a command, in two halves: training uses one, measurements the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from trunkline_edge.understanding.text import split_words

Part = Literal["train", "held_out"]


@dataclass(frozen=True, slots=True)
class Wordings:
    """One half of the tables of a language."""

    fillers: tuple[str, ...]
    """Said between any two words."""
    openers: tuple[str, ...]
    """Said before any utterance."""
    asks: tuple[str, ...]
    """Said before a command, not before a question."""
    gerund_asks: tuple[str, ...]
    """Said before a command whose verb becomes a gerund."""
    closers: tuple[str, ...]
    """Said after any utterance."""
    conjunctions: tuple[str, ...]
    """Said between two commands."""
    marks: tuple[str, ...]
    """Written after an utterance."""

    def words(self) -> tuple[str, ...]:
        """Return every word of what is said, once, in the order of the tables."""
        said = (*self.fillers, *self.openers, *self.asks, *self.gerund_asks, *self.closers, *self.conjunctions)
        return tuple(dict.fromkeys(word.form for entry in said for word in split_words(entry)))


@dataclass(frozen=True, slots=True)
class Speech:
    """How commands are wrapped in one language.

    Fillers, openers, asks, closers and marks of the two halves have no entry in common; "and" is one word to all. What
    everybody says ("thank you") is in training, which no product may be ignorant of.
    """

    train: Wordings
    held_out: Wordings
    gerunds: Mapping[str, str]
    """Verb of a command -> its gerund."""
    function_words: frozenset[str]
    """Words that are swallowed or said twice, none that turns a meaning round as "on", "from" or "not" do."""
    before_numbers: frozenset[str]
    """Of these, what is never swallowed before a number: "volume up to ten" is no increase by ten, and what shall be
    done "in ten minutes" is not done at once."""
    question_words: frozenset[str]
    """First words of what is no command, before which nobody says "could you"."""

    def part(self, part: Part) -> Wordings:
        """Return one half."""
        return self.train if part == "train" else self.held_out
