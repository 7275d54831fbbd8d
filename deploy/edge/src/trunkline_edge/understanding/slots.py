"""From decoded spans to the slots of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from trunkline_edge.understanding.decode import Span
from trunkline_edge.understanding.names import Lexicon, Resolution
from trunkline_edge.understanding.result import Slot
from trunkline_edge.understanding.text import normalise
from trunkline_edge.understanding.values.reader import Reading, ValueReader

UNREAD = 0.5
"""Factor on the probability of a slot whose value could not be read: so much less is known of it."""


def fill_slots(spans: Sequence[Span], text: str, domain: str | None, values: ValueReader | None) -> list[Slot]:
    """Return the slots of one command; without a reader each has its words in normal form as value.

    A remainder ("one and a half hours") fills its slot only where no other span does.
    """
    if values is None:
        return [_plain(span, text) for span in spans]
    readings = [
        (span, values.read(span.label, text[span.start : span.end], text[span.end :], domain)) for span in spans
    ]
    taken = {reading.slot for _, (reading, *_) in readings}
    return [
        _slot(span, text, reading)
        for span, found in readings
        for i, reading in enumerate(found)
        if i == 0 or reading.slot not in taken
    ]


def identify(slots: Sequence[Slot], lists: Mapping[str, str], lexicon: Lexicon) -> list[Slot]:
    """Return the slots with the ids of the things that they name; `lists` says which list a label's names are in.

    What stands in a room is looked for in the room that the same command names. A slot that is one thing has that
    thing's first name as its value.
    """

    def resolved(said: Sequence[str | None]) -> list[Resolution | None]:
        found: list[Resolution | None] = []
        for i, slot in enumerate(slots):
            list_name = lists.get(slot.label or slot.name)
            others = [other for j, other in enumerate(said) if j != i and other is not None]
            found.append(lexicon.resolve(list_name, slot.raw, others) if list_name else None)
        return found

    alone = [found.entry.id if found and found.entry else None for found in resolved([])]
    return [
        slot if found is None else _identified(slot, found) for slot, found in zip(slots, resolved(alone), strict=True)
    ]


def _identified(slot: Slot, found: Resolution) -> Slot:
    if found.entry is None:
        return replace(slot, is_name=True, candidates=found.candidates)
    return replace(slot, is_name=True, id=found.entry.id, value=found.entry.names[0])


def _plain(span: Span, text: str) -> Slot:
    raw = text[span.start : span.end]
    return Slot(span.label, raw, normalise(raw), span.start, span.end, span.p)


def _slot(span: Span, text: str, reading: Reading) -> Slot:
    found = reading.value
    return Slot(
        name=reading.slot,
        raw=text[span.start : span.end],
        value=found.value if found else None,
        start=span.start,
        end=span.end,
        p=span.p if found else UNREAD * span.p,
        label=span.label if span.label != reading.slot else None,
        unit=found.unit if found else None,
    )
