"""Where one utterance may fall into several commands: "light off and blind down", "lamp and fan off"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from trunkline_edge.understanding.text import split_words


@dataclass(frozen=True, slots=True)
class _Conjunctions:
    """Words of one language that stand between two commands."""

    first: frozenset[str]
    """One of these begins the cut."""
    more: frozenset[str]
    """Any number of these may follow: "and then also"."""
    small: frozenset[str]
    """No verbs: they may be said again before the second of two things, "in the kitchen and in the hall"."""


_CONJUNCTIONS = {
    "en": _Conjunctions(
        frozenset({"and", "then"}),
        frozenset({"and", "then", "also"}),
        frozenset({"the", "my", "our", "in", "at", "of", "please"}),
    ),
    "de": _Conjunctions(
        frozenset({"und", "dann"}),
        frozenset({"und", "dann", "auch"}),
        frozenset(
            ["der", "die", "das", "den", "dem", "mein", "meine", "meinen", "im", "in", "bei", "am", "von", "bitte"]
        ),
    ),
    "fr": _Conjunctions(
        frozenset({"et", "puis"}),
        frozenset({"et", "puis", "aussi", "ensuite"}),
        frozenset(["le", "la", "les", "l'", "l\u2019", "mon", "ma", "mes", "dans", "du", "de", "des", "au", "à"]),
    ),
    "es": _Conjunctions(
        frozenset({"y", "e", "luego", "después"}),
        frozenset({"y", "luego", "después", "también"}),
        frozenset(["el", "la", "los", "las", "mi", "mis", "en", "del", "de", "por", "favor"]),
    ),
    "nl": _Conjunctions(
        frozenset({"en", "dan", "daarna"}),
        frozenset({"en", "dan", "daarna", "ook"}),
        frozenset(["de", "het", "mijn", "onze", "in", "op", "bij", "van", "alsjeblieft"]),
    ),
}
"""By language; without an entry nothing is cut."""
_WORD = re.compile(r"[^\s,]+")
_COMMA = re.compile(r"(?<=[^\s,]),\s+(?=[^\s,])")
"""Between two words of a list; not that of "1,000"."""
MAX_PIECES = 5
"""An utterance of more is a tale or an attack: n pieces cost n (n + 1) / 2 answers."""
MAX_WORDS = 64
"""An utterance of more, as `split_words` counts them, is not parted either: five commands have a dozen words each.
Without this bound the longest text in five pieces takes ten times as long as the longest in one piece."""
MIN_WORDS = 2
"""Of a command: the "salt" of "pepper and salt" is none."""
LEAST_SURE = 0.9
"""Probability of the intent of each of several: "return my, or better, put milk on the list" begins with something of
the vacuum cleaner's, and nobody knows what (docs/adr/0013-real-speech.md)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One command's words, and where they stand in the utterance: together, or in places that others divide."""

    text: str
    places: tuple[tuple[int, int], ...]
    """Start and end of each place, in the order of `text`, which is all that stands there."""

    @classmethod
    def of(cls, utterance: str, *places: tuple[int, int]) -> Part:
        """Take the words at some places."""
        return cls("".join(utterance[start:end] for start, end in places), places)

    def find(self, start: int, end: int) -> tuple[int, int] | None:
        """Return where a piece of `text` stands in the utterance; None where others divide it."""
        before = accumulate((last - first for first, last in self.places), initial=0)
        for (first, last), begins in zip(self.places, before, strict=False):
            if begins <= start and end <= begins + last - first:
                return start - begins + first, end - begins + first
        return None

    def part(self, *places: tuple[int, int]) -> Part | None:
        """Take the words at some places of `text`; None where others divide one of them."""
        found = [self.find(*place) for place in places if place[0] < place[1]]
        known = tuple(place for place in found if place is not None)
        return Part("".join(self.text[start:end] for start, end in places), known) if len(known) == len(found) else None


def shared(part: Part, things: Sequence[tuple[int, int, str]], lang: str) -> list[Part]:
    """Return one command for each of several things that share all other words; none where nothing is shared.

    `things` are the slots that name something: start and end in the part's text, and label. Those of one label are
    shared where a conjunction or a comma stands between the last two, and nothing else between any: of "turn off the
    lamp and the fan" come "turn off the lamp" and "turn off the fan". One such group is understood, of at most
    `MAX_PIECES`.
    """
    conjunctions = _CONJUNCTIONS.get(lang.split("-")[0])
    if conjunctions is None:
        return []
    groups: list[list[tuple[int, int, str]]] = []
    linked: list[bool] = []
    """Whether the last two of each group are."""
    for before, after in pairwise(things):
        between = part.text[before[1] : after[0]].casefold()
        said = set(_WORD.findall(between))
        if before[2] != after[2] or said - conjunctions.first - conjunctions.more - conjunctions.small:
            continue
        if groups and groups[-1][-1] == before:
            groups[-1].append(after)
        else:
            groups.append([before, after])
            linked.append(False)
        linked[-1] = bool(said & conjunctions.first) or "," in between
    groups = [group for group, is_linked in zip(groups, linked, strict=True) if is_linked]
    if len(groups) != 1 or len(groups[0]) > MAX_PIECES:
        return []
    (begin, *_), (_, end, _) = groups[0][0], groups[0][-1]
    made = [part.part((0, begin), (start, stop), (end, len(part.text))) for start, stop, _ in groups[0]]
    return [each for each in made if each is not None] if None not in made else []


def only_names(text: str, things: Sequence[tuple[int, int]], lang: str) -> bool:
    """Say whether a text has small words and things, given by start and end, and no verb: "the lamp in the hall"."""
    conjunctions = _CONJUNCTIONS.get(lang.split("-")[0])
    rest = text
    for start, end in things:
        rest = f"{rest[:start]}{' ' * (end - start)}{rest[end:]}"
    said = {word for word in _WORD.findall(rest.casefold()) if any(map(str.isalnum, word))}
    return conjunctions is not None and said <= conjunctions.small | conjunctions.more


def alike(part: Part, lang: str) -> list[Part]:
    """Return the commands of a part of which all but the first have no verb; none where it is not of several pieces.

    What follows takes the place of as many words at the end of the first piece: of "turn off the lamp and the fan" come
    "turn off the lamp" and "turn off the fan". Whether all are commands, and of one kind, is for the net to say.
    """
    (_, end), *others = pieces(part.text, lang)
    first = list(_WORD.finditer(part.text, 0, end))
    made = [part.part((0, end))]
    for begins, last in others:
        words = len(_WORD.findall(part.text, begins, last))
        if not 0 < words < len(first):
            return []
        made.append(part.part((0, first[-words].start()), (begins, last)))
    return [each for each in made if each is not None] if others and None not in made else []


def pieces(text: str, lang: str) -> list[tuple[int, int]]:
    """Return start and end of what lies between conjunctions, and between commas that may stand for one.

    One piece, the whole text, where nothing is to be cut.
    """
    conjunctions = _CONJUNCTIONS.get(lang.split("-")[0])
    if conjunctions is None:
        return [(0, len(text))]
    found = _cuts(text, conjunctions)
    if not (found or "," in text) or len(split_words(text)) > MAX_WORDS:
        return [(0, len(text))]
    commas = _listed(text, found)
    if len(found) + len(commas) < MAX_PIECES:
        found = sorted([*found, *commas])
    if not 0 < len(found) < MAX_PIECES:
        return [(0, len(text))]
    return list(zip([0, *(end for _, end in found)], [*(start for start, _ in found), len(text)], strict=True))


def _listed(text: str, cuts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return start and end of the commas, apart from those of other cuts, with a command's words on both sides."""
    found = [comma.span() for comma in _COMMA.finditer(text)]
    found = [comma for comma in found if not any(start <= comma[0] < end for start, end in cuts)]
    ends = [0, *(end for _, end in (*cuts, *found))]
    starts = [*(start for start, _ in (*cuts, *found)), len(text)]

    def is_cut(start: int, end: int) -> bool:
        before = max(each for each in ends if each <= start)
        after = min(each for each in starts if each >= end)
        return all(len(_WORD.findall(text, *place)) >= MIN_WORDS for place in ((before, start), (end, after)))

    return [comma for comma in found if is_cut(*comma)]


def _cuts(text: str, conjunctions: _Conjunctions) -> list[tuple[int, int]]:
    """Return start and end of each run of conjunctions, with the spaces and commas that must stand on both sides.

    Every character is looked at once. One pattern of a whole run would try each space of a long gap as its beginning.
    """
    words = list(_WORD.finditer(text))
    ends_before = [0, *(word.end() for word in words)]
    starts_after = [*(word.start() for word in words[1:]), len(text)]
    cuts: list[tuple[int, int]] = []
    for before, word, after in zip(ends_before, words, starts_after, strict=False):
        if before == word.start() or word.end() == after:
            continue  # nothing on one side of it: the text begins or ends here
        said = word.group().casefold()
        if cuts and cuts[-1][1] == word.start() and said in conjunctions.more:
            cuts[-1] = cuts[-1][0], after
        elif said in conjunctions.first:
            cuts.append((before, after))
    return cuts
