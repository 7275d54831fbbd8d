"""Several commands in one breath: rows joined, or one command of several things ("the lamp, the fan and the tv")."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

from schemas.recipes.languages import VOCABULARIES
from trunkline_edge.understanding.values.table import Plain

FREE = frozenset({"message", "conversation_command", "item", "search_query", "timer_name"})
"""Slots that take whatever follows: "announce that dinner is ready and ..." may end nowhere."""
SHARED = frozenset({"name", "area", "device_class"})
"""Slots of which one command may have several things."""
_UNNAMED = re.compile(r"\b(?:lights?|lamps?|fans?)\b", re.IGNORECASE)
"""What a command speaks of without a name, so that no span is there: "turn off the lamp"."""
_OTHERS: Mapping[str, tuple[str, ...]] = {
    "l": ("fan", "fans", "fan", "heating", "tv", "radio", "blinds", "curtains", "heater", "music"),
    "f": ("light", "lights", "lamp", "lamps", "heating", "tv", "radio", "blinds", "curtains", "heater", "music"),
}
"""First letter of that -> what else is spoken of so."""
_BETWEEN = (" and ", " and ", " and ", " and then ", " then ", " and also ", ", and ", ", then ")
LISTED = (", ", ", ", " ")
"""What stands between those of a list, but for the last two; recognisers may write no comma."""
_DETERMINERS = ("the ", "my ", "our ")
_REPEATED = 0.6
"""Share of "the lamp and the fan" against "the lamp and fan"."""

Placed = tuple[int, int, str, Plain | None]
"""A span: start and end, label, and its value where the words are not that."""
Said = tuple[str, Sequence[Placed]]
"""A text and its spans."""


def may_begin(spans: Sequence[Placed]) -> bool:
    """Say whether another command may follow the one of these spans."""
    return not any(label in FREE for _, _, label, _ in spans)


def join(first: Said, second: Said, language: str, rng: Random, between: str = "") -> Said:
    """Say two commands as one utterance, with what the language has `between` them unless that is told."""
    own = VOCABULARIES.get(language)
    text = first[0].rstrip(" .?!") + (between or rng.choice(own.between if own else _BETWEEN))
    follows = second[0] if second[0].startswith("I ") else second[0][:1].lower() + second[0][1:]
    return text + follows, [*first[1], *moved(second[1], len(text))]


def share(said: Said, another: Callable[[str], str], language: str, rng: Random, things: int = 2) -> Said | None:
    """Let one command be of several things; None where it is of none, or of several already.

    `another` draws a further thing for a slot, nothing where there is none.
    """
    text, spans = said
    found = [i for i, (_, _, label, _) in enumerate(spans) if label in SHARED]
    if len(found) != 1 or not may_begin(spans):
        return None
    start, end, label, _ = spans[found[0]]
    new = [another(label) for _ in range(things - 1)]
    if not all(new) or len({text[start:end].casefold(), *(each.casefold() for each in new)}) != things:
        return None
    own = VOCABULARIES.get(language)
    determiners, conjunction = (own.determiners, own.between[0]) if own else (_DETERMINERS, _BETWEEN[0])
    added, places = _listed(new, _determiner(text[:start], determiners), conjunction, rng)
    placed: list[Placed] = [(end + begins, end + ends, label, None) for begins, ends in places]
    after = moved(spans[found[0] + 1 :], len(added))
    return text[:end] + added + text[end:], [*spans[: found[0] + 1], *placed, *after]


def share_unnamed(said: Said, rng: Random, things: int = 2) -> Said | None:
    """Let a command about the lights or the fans be about something else too: "turn off the lamp and the fan"."""
    text, spans = said
    found = [
        match
        for match in _UNNAMED.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end, *_ in spans)
    ]
    if len(found) != 1 or any(label in ("name", "device_class") or label in FREE for _, _, label, _ in spans):
        return None
    start, end = found[0].span()
    others = sorted(set(_OTHERS[text[start].casefold()]))
    added, _ = _listed(rng.sample(others, things - 1), _determiner(text[:start], _DETERMINERS), _BETWEEN[0], rng)
    after = [each for each in spans if each[0] >= end]
    return text[:end] + added + text[end:], [*spans[: len(spans) - len(after)], *moved(after, len(added))]


def _determiner(before: str, determiners: Sequence[str]) -> str:
    """Return the one that a text ends with; none where it has none."""
    return next((word for word in determiners if before.casefold().endswith(f" {word}")), "")


def _listed(new: Sequence[str], determiner: str, conjunction: str, rng: Random) -> tuple[str, list[tuple[int, int]]]:
    """Return what is said after the first thing of a list, and where each further one stands in it."""
    added, places = "", []
    between = rng.choice(LISTED) if len(new) > 1 else ""
    for thing in new:
        added += conjunction if thing == new[-1] else between
        is_owned = "'s" in thing  # nobody says "the lena's lamp"
        added += determiner if rng.random() < _REPEATED and not is_owned else ""
        places.append((len(added), len(added) + len(thing)))
        added += thing
    return added, places


def moved(spans: Sequence[Placed], by: int) -> list[Placed]:
    """Return spans so many characters further on."""
    return [(start + by, end + by, label, value) for start, end, label, value in spans]
