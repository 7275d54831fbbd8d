"""What people wrap around a command (English), in two halves: training uses one, measurements the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from schemas.perturb.word_list import entries

Part = Literal["train", "held_out"]


@dataclass(frozen=True, slots=True)
class Wordings:
    """One half of the tables."""

    fillers: tuple[str, ...]
    """Said between any two words."""
    openers: tuple[str, ...]
    """Said before any utterance."""
    asks: tuple[str, ...]
    """Said before a command, not before a question."""
    closers: tuple[str, ...]
    """Said after any utterance."""
    conjunctions: tuple[str, ...]
    """Said between two commands."""
    marks: tuple[str, ...]
    """Written after an utterance."""


WORDINGS: Mapping[Part, Wordings] = MappingProxyType(
    {
        "train": Wordings(
            fillers=entries(
                "um, er, like, you know, well, ah, eh, erm, kind of, let me think, let me see, wait, say, mm, basically"
            ),
            openers=entries("""
                hey, okay, um, hello, right, excuse me, listen, well, er, now, hey computer, ah yes, wait, yo
                quick question, one more thing, let me think, just, and, look, hi, evening everyone, ladies, actually
            """),
            asks=entries("""
                could you, please, i want you to, can you please, go ahead and, be so good as to, will you, help me and
                try to, let us, you should, remember to, do me a favour and, be a dear and, it is time to
            """),
            closers=entries("""
                please, for me, now, okay, will you, if you can, when you can, real quick, for once, as usual, again
                before i forget, at once, my friend, will ya, buddy, immediately, this time, and hurry, dear, cheers
                as soon as you can, for a change, and that is it, okay bye, over
            """),
            conjunctions=("and", "and then"),
            marks=(".", "?", ",", ":", "-"),
        ),
        "held_out": Wordings(
            fillers=("uh", "uhm", "hmm", "i mean", "sort of"),
            openers=("hi there", "alright", "uh", "oh", "so", "sorry", "good morning"),
            asks=("could you please", "i would like you to", "can you just", "would you kindly", "i need you to"),
            closers=("thanks", "thank you", "right now", "would you", "if you do not mind", "if possible"),
            conjunctions=("and", "and also"),
            marks=("!", "...", ";"),
        ),
    }
)
"""Fillers, openers, asks, closers and marks of the two halves have no entry in common; "and" is one word to all."""

FUNCTION_WORDS, QUESTION_WORDS = (
    frozenset(table.split())
    for table in (
        "the a an my our your this that these some any in at to for of is are do does me it please will can i",
        "what what's whats how how's hows is are was were who who's whos where where's wheres when which why do does "
        "did can could would will should may i i'm im i'd my we our it it's there",
    )
)
"""Words that are swallowed or said twice, none that turns a meaning round as "on", "from" or "not" do; and first words
of what is no command, before which nobody says "could you"."""
