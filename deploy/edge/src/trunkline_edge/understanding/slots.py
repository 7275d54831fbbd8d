"""From decoded spans to the slots of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from trunkline_edge.understanding.decode import DecodedSpan
from trunkline_edge.understanding.names import Lexicon, Match, Resolution
from trunkline_edge.understanding.result import Slot
from trunkline_edge.understanding.text import Word, normalise, split_words
from trunkline_edge.understanding.values.reader import Reading, ValueReader

MOST_CUT = 2
"""Words that a span may have too many, before and after its value together."""
MOST_LACKED = 8
"""Words of its number that a span may lack: "vier und zwanzig komma fünf" has five."""
MOST_NUMBERS = 8
"""Spans of numbers; of an utterance with more none is completed, since each may be read two dozen times."""
MOST_BETWEEN = 2
"""Words in a row that are of a number only between others of it: the "and a" of "two and a half"."""
_LOOSE = re.compile(r"[.,](?![0-9])|(?<![0-9])[.,]|^[-\u2212\u2013]\s")
"""A full stop, a comma or a sign that is of no number: "5, 6" are two, and "- 5" is five after a dash."""
_HYPHEN = re.compile(r"(?<=\w)[-\u2212\u2013]")
"""No sign: that of "twenty-five"."""
MISSED = 0.5
"""Probability that is told of a name without a span."""
UNREAD = 0.5
"""Factor on the probability of a slot whose value could not be read: so much less is known of it."""


def fill_slots(spans: Sequence[DecodedSpan], text: str, domain: str | None, values: ValueReader | None) -> list[Slot]:
    """Return the slots of one command; without a reader each has its words in normal form as value.

    A number is read with the words of it that its span lacks. A remainder ("one and a half hours") fills its slot only
    where no other span does, and so does a span that cannot be read.
    """
    if values is None:
        return [_plain(span, text) for span in spans]
    whole = _completed(spans, text, domain, values)
    readings = [_read(span, text, domain, values) for span in values.agreeing(whole, text)]
    taken = {reading.slot for _, (reading, *_) in readings if reading.value}
    readings = [(span, found) for span, found in readings if found[0].value or found[0].slot not in taken]
    return [
        _slot(span, text, reading)
        for span, found in readings
        for i, reading in enumerate(found)
        if i == 0 or reading.slot not in taken
    ]


class _Said(NamedTuple):
    """A known name that is said as it is written."""

    start: int
    end: int
    list_name: str


def prefer_names(
    spans: Sequence[DecodedSpan],
    text: str,
    words: Sequence[Word],
    lists: Mapping[str, str],
    matches: Iterable[Match],
    values: ValueReader | None = None,
    intent: str | None = None,
) -> list[DecodedSpan]:
    """Return the spans, those that are parts of a known name made one: "kitchen" in "kitchen light" is that lamp.

    Only where the name is said as it is written, and holds nothing but spans that give way to it: a home without a
    "Kitchen Light" means the lights of its kitchen, and "kitchen lights" are these everywhere. A name that is said as
    it is written and has no span at all gets one, where no other thing of its list is spoken of. Where labels share a
    list, as albums and tracks that of titles, the net says which is meant.
    """
    labels: dict[str, list[str]] = {}
    for label, list_name in lists.items():
        labels.setdefault(list_name, []).append(label)
    said = [
        _Said(words[match.first].start, words[match.last].end, match.list_name)
        for match in matches
        if match.list_name in labels and not match.slips
        if normalise(text[words[match.first].start : words[match.last].end]) in map(normalise, match.entry.names)
    ]
    also_known = set(said)
    shapes = values.shapes_of(intent) if values and intent else frozenset()
    chosen = [
        part
        for span in spans
        for part in _named_apart(span, text, [name for name in said if name.list_name == lists.get(span.label)])
    ]

    def label_of(name: _Said, touched: Sequence[DecodedSpan]) -> str | None:
        own = [span for span in touched if lists.get(span.label) == name.list_name]
        known = labels[name.list_name]
        return max(own, key=lambda span: span.p).label if own else known[0] if len(known) == 1 else None

    def gives_way(span: DecodedSpan, name: _Said, label: str) -> bool:
        """Say whether a span is less than a name that holds it: a part of it, or the same words as another thing.

        Where the words are a known name of the span's own list too, the net decides. "Blinds" are any of a list, and
        free words are any, where the intent has been seen to be of the other thing: "kitchen timer".
        """
        if not (name.start <= span.start and span.end <= name.end):
            return False
        is_same = (span.start, span.end) == (name.start, name.end)
        if span.label in lists:
            return not is_same or _Said(span.start, span.end, lists[span.label]) not in also_known
        if values is not None and values.is_listed(span.label):
            return True
        return is_same and frozenset([label, *(each.label for each in chosen if each is not span)]) in shapes

    missed: list[DecodedSpan] = []
    for name in said:
        touched = [span for span in chosen if span.start < name.end and name.start < span.end]
        meant = label_of(name, touched)
        if meant is None:
            continue
        if not touched:
            missed.append(DecodedSpan(name.start, name.end, meant, MISSED))
        elif all(gives_way(span, name, meant) for span in touched):
            p = min(span.p for span in touched)
            chosen = [*(span for span in chosen if span not in touched), DecodedSpan(name.start, name.end, meant, p)]
    for span in sorted(missed, key=lambda span: span.start - span.end):
        if not any(
            span.label == other.label or (span.start < other.end and other.start < span.end) for other in chosen
        ):
            chosen.append(span)
    return sorted(chosen, key=lambda span: span.start)


def _named_apart(span: DecodedSpan, text: str, names: Sequence[_Said]) -> list[DecodedSpan]:
    """Return the names of its list of which a span is made: "kitchen bedroom" is two rooms, unless one is called so."""
    inside = [name for name in names if span.start <= name.start and name.end <= span.end]
    parts: list[DecodedSpan] = []
    at = span.start
    while at < span.end:
        longest = max((name for name in inside if name.start == at), key=lambda name: name.end, default=None)
        if longest is None:
            return [span]
        parts.append(replace(span, start=longest.start, end=longest.end))
        at = longest.end + len(text[longest.end : span.end]) - len(text[longest.end : span.end].lstrip(" ,"))
    return parts if len(parts) > 1 else [span]


def identify(slots: Sequence[Slot], lists: Mapping[str, str], lexicon: Lexicon) -> list[Slot]:
    """Return the slots with the ids of the things that they name; `lists` says which list a label's names are in.

    What stands in a room is looked for in the room that the same command names. A slot that is one thing has as
    its value the first name of that thing that nothing else of its list has.
    """

    names = [lists.get(slot.label or slot.name) for slot in slots]
    alone = [lexicon.resolve(name, slot.raw) if name else None for name, slot in zip(names, slots, strict=True)]
    ids = [found.entry.id if found and found.entry else None for found in alone]
    identified: list[Slot] = []
    for i, (slot, name, found) in enumerate(zip(slots, names, alone, strict=True)):
        others = [other for j, other in enumerate(ids) if j != i and other is not None]
        if name and others:
            found = lexicon.resolve(name, slot.raw, others)
        identified.append(slot if found is None else _identified(slot, found))
    return identified


def said_twice(slots: Sequence[Slot], lists: Mapping[str, str] | None, values: ValueReader | None) -> str | None:
    """Return the first slot that is filled by two different things, numbers or times; None where there is none."""
    found: dict[str, object] = {}
    for slot in slots:
        label = slot.label or slot.name
        if (lists and label in lists) or (values and values.counts(label)):
            meant = slot.id or slot.value
            if found.setdefault(slot.name, meant) != meant:
                return slot.name
    return None


def _read(span: DecodedSpan, text: str, domain: str | None, values: ValueReader) -> tuple[DecodedSpan, list[Reading]]:
    """Read a span; where it cannot be, the longest part of it that can: "sixty thanks" is sixty.

    A word that tells of the value is no such rest: of "two fifths", "two" would be another number.
    """
    whole = values.read(span.label, text[span.start : span.end], text[span.end :], domain)
    if whole[0].value is not None:
        return span, whole
    words = split_words(text[span.start : span.end])
    cuts = [(first, last) for cut in range(1, MOST_CUT + 1) for first in range(cut + 1) for last in [cut - first]]
    for first, last in sorted(cuts, key=sum):
        kept = words[first : len(words) - last]
        cut = (*words[:first], *words[len(words) - last :])
        if kept and not any(values.tells(span.label, word.form) for word in cut):
            part = replace(span, start=span.start + kept[0].start, end=span.start + kept[-1].end)
            found = values.read(span.label, text[part.start : part.end], text[part.end :], domain)
            if found[0].value is not None:
                return part, found
    return span, whole


def _completed(spans: Sequence[DecodedSpan], text: str, domain: str | None, values: ValueReader) -> list[DecodedSpan]:
    """Return the spans, each number whole of which they have a part, and once: "1" and "5" may be of "1.5"."""
    if sum(values.is_number(span.label) for span in spans) > MOST_NUMBERS:
        return list(spans)
    made: list[DecodedSpan] = []
    for span in spans:
        if not values.is_number(span.label):
            made.append(span)
        elif not made or made[-1].label != span.label or made[-1].end < span.end:
            made.append(_whole(span, spans, text, domain, values))
    return made


def _whole(
    span: DecodedSpan, spans: Sequence[DecodedSpan], text: str, domain: str | None, values: ValueReader
) -> DecodedSpan:
    """Return a span with the words beside it that make its number another one: "21" of "21 and a half" with these.

    All has to be one number of the same slot, without a word of another label's span. A sign makes less of a number,
    and follows none: "20-25" has two.
    """
    others = [other for other in spans if other.label != span.label]
    first = max((other.end for other in others if other.end <= span.start), default=0)
    last = min((other.start for other in others if other.start >= span.end), default=len(text))
    ahead, behind = split_words(text[first : span.start])[::-1], split_words(text[span.end : last])
    starts = [first + word.start for word in _going_on(span.label, ahead, values)]
    ends = [span.end + word.end for word in _going_on(span.label, behind, values)]
    if not 0 < len(starts) + len(ends) <= MOST_LACKED:
        return span
    if _HYPHEN.match(text, span.start):
        span = replace(span, start=span.start + 1)
    part, own = _read(span, text, domain, values)
    places = [(start, end) for start in (*starts, part.start) for end in (*ends, part.end)]
    for start, end in sorted(places[:-1], key=lambda place: place[0] - place[1]):
        found = values.read(span.label, text[start:end], text[end:], domain)
        if found[0].value is None or found[0].slot != own[0].slot or _LOOSE.search(text[start:end]):
            continue
        if start < part.start and (_amount(found) < 0) != (_amount(own) < 0):
            before = next((word.form for word in ahead if first + word.end <= start), "")
            if _amount(found) > _amount(own) or _HYPHEN.match(text, start) or values.tells(span.label, before):
                continue
        if found == own:
            return span
        p = min([span.p, *(other.p for other in spans if start <= other.start and other.end <= end)])
        return replace(span, start=start, end=end, p=p)
    return span


def _going_on(label: str, words: Iterable[Word], values: ValueReader) -> Iterator[Word]:
    """Yield the words outward from a span at which its number may begin or end."""
    between = 0
    for word in islice(words, MOST_LACKED):
        between = 0 if values.tells(label, word.form) else between + 1
        if between > MOST_BETWEEN:
            return
        if not between:
            yield word


def _amount(readings: Sequence[Reading]) -> float:
    """Return the number that was read; 0 where none was."""
    found = readings[0].value.value if readings[0].value else 0
    return found if isinstance(found, int | float) else 0


def _identified(slot: Slot, found: Resolution) -> Slot:
    if found.entry is None:
        return replace(slot, is_name=True, candidates=found.candidates)
    return replace(slot, is_name=True, id=found.entry.id, value=found.entry.names[0])


def _plain(span: DecodedSpan, text: str) -> Slot:
    raw = text[span.start : span.end]
    return Slot(span.label, raw, normalise(raw), span.start, span.end, span.p)


def _slot(span: DecodedSpan, text: str, reading: Reading) -> Slot:
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
