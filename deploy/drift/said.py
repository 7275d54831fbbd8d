"""One utterance as it counts for drift, and the signals that are read from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.text import split_words

LONGEST = 12
"""Words; longer utterances count as one kind."""
NOTHING = "(none)"


@dataclass(frozen=True)
class Said:
    """What a device heard and answered, or a row that a person labelled."""

    block: str
    """Who said it, and in which week: utterances of one household are alike, so a household is what is counted."""
    words: tuple[str, ...]
    lang: str
    intent: str | None = None
    """None also for a row."""
    rejected: bool = False
    bundle_id: str | None = None
    """That answered; None for a row."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of a row, by class head."""


Signal = Callable[[Said], Iterable[str]]
"""What of an utterance is counted."""


def said_of(result: Result, block: str) -> Said:
    """Return what counts of an answer."""
    words = tuple(word.form for word in split_words(result.text))
    return Said(block, words, result.lang, result.intents[0].name if result.intents else NOTHING,
                result.rejected, result.bundle_id)  # fmt: skip


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


def counted(window: Iterable[Said], signal: Signal) -> dict[str, Counter[str]]:
    """Return how often each kind occurs, by block."""
    blocks: dict[str, Counter[str]] = {}
    for said in window:
        blocks.setdefault(said.block, Counter()).update(signal(said))
    return blocks
