"""One utterance as it counts for drift, and the signals that are read from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.text import split_words

LONGEST = 12
"""Words; longer utterances count as one kind."""
NOTHING = "(none)"

Block: TypeAlias = tuple[str, int]
"""A household in a week: its utterances are alike, so they are one observation."""


@dataclass(frozen=True)
class Said:
    """What a device heard and answered, or a row that a person labelled."""

    household: str
    """Who said it."""
    words: tuple[str, ...]
    lang: str
    intent: str | None = None
    """None also for a row."""
    rejected: bool = False
    bundle_id: str | None = None
    """That answered; None for a row."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of a row, by class head."""
    week: int = 0
    """In which it was said, counted back from the end of its window."""


Signal = Callable[[Said], Iterable[str]]
"""What of an utterance is counted."""


def weeks_back(moment: datetime, end: datetime) -> int:
    """Return in which week before `end` a moment is; 0 is the last, so a window of seven days is one week."""
    return (end - moment - timedelta.resolution) // timedelta(weeks=1)  # a window begins with its first moment


def said_of(result: Result, household: str, week: int) -> Said:
    """Return what counts of an answer."""
    words = tuple(word.form for word in split_words(result.text))
    return Said(household, words, result.lang, result.intents[0].name if result.intents else NOTHING,
                result.rejected, result.bundle_id, week=week)  # fmt: skip


def input_signals(vocabulary: Collection[str]) -> dict[str, Signal]:
    """Return the signals of what was said; `vocabulary`: the words that the bundle in force knows."""
    known = frozenset(vocabulary)
    return {
        "words": lambda said: said.words,
        "length": lambda said: () if said.labels else (f"{min(len(said.words), LONGEST)} words",),
        "unknown words": lambda said: ("known" if word in known else "unknown" for word in said.words),
        "language": lambda said: () if said.labels else (said.lang,),
    }


def answer_signals(bundle_id: str | None = None) -> dict[str, Signal]:
    """Return the signals of what one bundle answered: another one's other answers are no drift."""

    def of(read: Callable[[Said], str]) -> Signal:
        return lambda said: (read(said),) if said.intent is not None and said.bundle_id == bundle_id else ()

    return {
        "intents": of(lambda said: said.intent or NOTHING),
        "rejections": of(lambda said: "rejected" if said.rejected else "answered"),
    }


def label_signals(heads: Iterable[str]) -> dict[str, Signal]:
    """Return the signals of labels, one a class head."""

    def of(head: str) -> Signal:
        return lambda said: (said.labels[head],) if head in said.labels else ()

    return {f"labels of {head}": of(head) for head in heads}


def counted(window: Iterable[Said], signal: Signal) -> dict[Block, Counter[str]]:
    """Return how often each kind occurs, by block."""
    blocks: dict[Block, Counter[str]] = {}
    for said in window:
        blocks.setdefault((said.household, said.week), Counter()).update(signal(said))
    return blocks
