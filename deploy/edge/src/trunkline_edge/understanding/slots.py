"""From decoded spans to the slots of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline_edge.understanding.decode import Span
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
