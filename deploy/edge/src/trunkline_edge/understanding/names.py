"""Names that only one device knows: its file, and what makes one of them out of words.

A home's lamps and rooms, a player's artists: lists by name, whose entries have an id and any number of names. One
matcher serves training and device. Words lead through a trie, and misspelt ones are looked up by hash, so that ten
thousand names cost an utterance hardly more than ten.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trunkline_edge.errors import NamesRefused
from trunkline_edge.understanding.edits import FEWEST_LETTERS, MIN_LETTERS, Speller
from trunkline_edge.understanding.sounds import sound_key
from trunkline_edge.understanding.text import length_error, normalise, split_words
from trunkline_edge.understanding.values.number import read_number
from trunkline_edge.understanding.values.table import folded, singular

MAX_NAMES = 10_000
"""Of all lists together."""
MAX_NAME_CHARACTERS = 100
MAX_NAMES_BYTES = 4_000_000
"""Of a names file."""
MAX_WORDS = 12
"""Of a name; the rest of a longer one is not looked at."""
MAX_CANDIDATES = 8
"""Ids that an answer lists where a name could be several things."""
EXACT, MISSPELT = 1.0, 0.5
"""What the lexicon says of a word that begins or continues a known name, as it is written or with a slip in it."""

_MAX_HOPS = 4
"""From a lamp to its room, its floor, its house."""
_SHARE = 0.5
"""Of the words of span and name together that must be common to both, where they are not the same."""
_MARGIN = 0.15
"""By which that share must exceed that of the second best."""
_MAX_POSTINGS = 256
"""Names that are compared where a span is none of them word for word."""
_MAX_WAYS = 8
"""Known words that a misspelt one may stand for; more cost time and tell nothing."""
_MOST_ALIKE = 16
"""Things of one name that are found where it is said: any tells that it is a name; which is meant, `resolve` tells."""
_MISSPELT_WORDS = 2
"""Of a name; with more it is another one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that has names."""

    id: str
    names: tuple[str, ...]
    """In a lexicon the first one is what answers say: one that no other thing of the list has, if there is one."""
    within: str | None = None
    """Id of what it stands in; `in` in the file."""


@dataclass(frozen=True, slots=True)
class Names:
    """All that a device knows by name."""

    lists: Mapping[str, tuple[Entry, ...]]

    @classmethod
    def from_bytes(cls, raw: bytes) -> Names:
        """Read a names file: `{list: [{id, names, in}]}`; raises `NamesRefused` saying where and what is wrong."""
        if len(raw) > MAX_NAMES_BYTES:
            raise NamesRefused(f"names of {len(raw):,} bytes; at most {MAX_NAMES_BYTES:,} are read")
        try:
            value = json.loads(raw, object_pairs_hook=_each_once)
        except (ValueError, RecursionError) as error:
            raise NamesRefused(f"names are not JSON: {error}") from None
        if not isinstance(value, dict):
            raise NamesRefused(f"names: expected an object of lists, found {value!r:.60}")
        lists: dict[str, tuple[Entry, ...]] = {}
        for name, entries in value.items():
            if not isinstance(entries, list):
                raise NamesRefused(f"names: {name}: expected a list of {{id, names}}, found {entries!r:.60}")
            lists[name] = tuple(_entry(f"{name}[{i}]", entry) for i, entry in enumerate(entries))
            most = Counter(entry.id for entry in lists[name]).most_common(1)
            if most and most[0][1] > 1:
                raise NamesRefused(f"names: {name}: the id {most[0][0]!r} is there twice; give its names in one entry")
        names = cls(lists)
        if names.count > MAX_NAMES:
            raise NamesRefused(f"{names.count:,} names; at most {MAX_NAMES:,} are known")
        try:
            names.to_bytes()
        except UnicodeEncodeError as error:
            found = error.object[: error.end][-40:]
            raise NamesRefused(f"names: half a character at the end of {found!r}") from None
        return names

    def to_bytes(self) -> bytes:
        """Render the file that `from_bytes` reads."""
        value = {
            name: [
                {"id": entry.id, "names": list(entry.names)} | ({"in": entry.within} if entry.within else {})
                for entry in entries
            ]
            for name, entries in self.lists.items()
        }
        return json.dumps(value, ensure_ascii=False, indent=1).encode()

    @property
    def count(self) -> int:
        """Names in all lists."""
        return sum(len(entry.names) for entries in self.lists.values() for entry in entries)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a JSON object of its pairs; `json` itself would keep the last of equal keys and drop the others."""
    if twice := [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]:
        raise NamesRefused(f"names: {twice[0]!r:.60} is there twice; give all of it in one place")
    return dict(pairs)


def _entry(place: str, value: Any) -> Entry:
    if not isinstance(value, dict) or not set(value) <= {"id", "names", "in"}:
        raise NamesRefused(f"names: {place}: expected {{id, names, in}}, found {value!r:.80}")
    entry_id, names, within = value.get("id"), value.get("names"), value.get("in")
    if not isinstance(entry_id, str) or not 0 < len(entry_id) <= 255:
        raise NamesRefused(f"names: {place}.id: expected a text of 1 to 255 characters, found {entry_id!r:.60}")
    if not isinstance(names, list) or not names:
        raise NamesRefused(f"names: {place}.names: expected a list of one text or more, found {names!r:.60}")
    if fault := next(filter(None, map(name_fault, names)), None):
        raise NamesRefused(f"names: {place}.names: {fault}")
    if within is not None and not isinstance(within, str):
        raise NamesRefused(f"names: {place}.in: expected the id of what it stands in, found {within!r:.60}")
    return Entry(entry_id, tuple(names), within)


def name_fault(name: Any) -> str | None:
    """Say what is wrong with a name; None if it can be one."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_CHARACTERS or length_error(name):
        return f"expected texts of 1 to {MAX_NAME_CHARACTERS} characters, found {name!r:.60}"
    if not tokens([word.form for word in split_words(name)]):
        return f"{name!r:.60} has no word in it"
    return None


class Token(NamedTuple):
    """A word as names are compared by it, and which of the given words it stands for."""

    form: str
    first: int
    last: int


def tokens(forms: Sequence[str]) -> list[Token]:
    """Return words as names are compared: singular, without marks and owner's endings, numbers in digits."""
    found: list[Token] = []
    at = 0
    while at < len(forms):
        last = at
        if forms[at + 1 : at + 3] in (["'", "s"], ["\u2019", "s"]):
            last = at + 2
        form = _form(forms[at])
        if form:
            found.append(Token(form, at, last))
        at = last + 1
    return found


@lru_cache(maxsize=8192)
def _form(word: str) -> str:
    if not any(map(str.isalnum, word)):  # not all of it: vowels of Hindi are marks
        return ""
    number = read_number([word]) if word.isalpha() else None
    return singular(word) if number is None or not isinstance(number, int) else str(number)


class Match(NamedTuple):
    """A known name in a sentence."""

    first: int
    """Its first word."""
    last: int
    """Its last word."""
    list_name: str
    entry: Entry
    slips: int
    """Words in it that are misspelt, or written as another word of that sound."""


_End = tuple[str, Entry, bool]
"""List, thing, and whether this name of it is a plural."""


@dataclass(slots=True)
class _Node:
    after: dict[str, _Node] = field(default_factory=dict)
    ends: dict[_End, None] = field(default_factory=dict)
    """In the order of the lists."""
    found: list[_End] = field(default_factory=list)
    """At most `_MOST_ALIKE` of each list, plural or not."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a span means among the names of a list."""

    entry: Entry | None
    candidates: tuple[str, ...] = ()
    """Ids, where it could be several; at most `MAX_CANDIDATES`."""


NOBODY = Resolution(None)


_Ways = Callable[[str], tuple[tuple[str, int], ...]]
"""A word -> the known words that it may stand for, and the slips in it."""


class Lexicon:
    """The names of some lists, ready to be found in words."""

    def __init__(self, names: Names, lists: Sequence[str]) -> None:
        """`lists` are the lists that a net knows, in the order of its `lexicon` columns; others are left out."""
        self._lists = tuple(lists)
        self._columns = {name: 2 * i for i, name in enumerate(self._lists)}
        self._root = _Node()
        self._speller = Speller(least=FEWEST_LETTERS)
        self._sounding: dict[str, list[str]] = {}
        self._postings: dict[tuple[str, str], list[tuple[frozenset[str], Entry]]] = {}
        self._within = {entry.id: entry.within for entries in names.lists.values() for entry in entries}
        self._places = frozenset(filter(None, self._within.values()))
        for list_name in self._lists:
            for entry in _own_names_first(names.lists.get(list_name, ())):
                for name in entry.names:
                    self._add(list_name, entry, name)
        # Devices hear the same words again and again.
        self._ways = lru_cache(maxsize=4096)(self._ways_of)
        self._looser_ways = lru_cache(maxsize=1024)(partial(self._ways_of, least=FEWEST_LETTERS))

    def __bool__(self) -> bool:
        return bool(self._root.after)

    def tensor(self, forms: Sequence[str], matches: Iterable[Match] | None = None) -> NDArray[np.float32]:
        """Say of each word whether it begins, and whether it continues, a known name of each list.

        Only whole names count; `matches` are those in the words, where they have been looked for already. Shape:
        (words, 2 x lists); `EXACT`, `MISSPELT` where the name has slips, or 0.
        """
        known = np.zeros((len(forms), 2 * len(self._lists)), dtype=np.float32)
        for match in self.matches(forms) if matches is None else matches:
            column, sure = self._columns[match.list_name], MISSPELT if match.slips else EXACT
            known[match.first, column] = max(known[match.first, column], sure)
            rest = known[match.first + 1 : match.last + 1, column + 1]
            np.maximum(rest, sure, out=rest)
        return known

    def matches(self, forms: Sequence[str]) -> Iterator[Match]:
        """Yield every known name that stands in the words, nested ones too; without a leading article.

        Several are not the one: where a lamp is called "Kitchen Light", "kitchen lights" are those of the kitchen.
        """
        said = tokens(forms) if self else []
        plural = [token.form != forms[token.first] == f"{token.form}s" for token in said]
        for start in range(len(said)):
            yield from self._walk(self._root, said, start, start, 0, self._ways, plural)

    def resolve(self, list_name: str, text: str, said: Iterable[str] = ()) -> Resolution:
        """Return which entry of a list a span means: word for word, then with slips, then by most of its words.

        `said` are ids of other things in the same command: where a place is among them, an entry that is known to stand
        somewhere else is out. A span is a name already: a slip may also be in words of three letters ("lmp", "wte").
        """
        spoken = tokens(folded([word.form for word in split_words(text)])) if self else []
        if not spoken:
            return NOBODY
        places = self._places.intersection(said)
        whole = [
            match
            for match in self._walk(self._root, spoken, 0, 0, 0, self._looser_ways)
            if match.last == spoken[-1].last and match.list_name == list_name
        ]
        if whole:  # none of them in the place that was said: then nothing is meant that we know
            fitting = [match for match in whole if self._may_be(match.entry, places)]
            fewest = min((match.slips for match in fitting), default=0)
            return _chosen(match.entry for match in fitting if match.slips == fewest)
        return self._nearest(list_name, spoken, places)

    def _add(self, list_name: str, entry: Entry, name: str) -> None:
        words = [word.form for word in split_words(name)]
        forms = [token.form for token in tokens(folded(words))][:MAX_WORDS]
        is_plural = words[-1] not in forms
        joined = ["".join(forms)] if len(forms) == 2 else []  # "living room" is written "livingroom" too
        for path in filter(None, (forms, joined)):
            node = self._root
            for form in path:
                node = node.after.setdefault(form, _Node())
            end = (list_name, entry, is_plural)
            alike = sum(1 for other in node.found if (other[0], other[2]) == (list_name, is_plural))
            if end not in node.ends and alike < _MOST_ALIKE:
                node.found.append(end)
            node.ends[end] = None
            for form in path:
                if form not in self._speller and (key := sound_key(form)) is not None:
                    self._sounding.setdefault(key, []).append(form)
                self._speller.add(form)
        for form in set(forms):
            self._postings.setdefault((list_name, form), []).append((frozenset(forms), entry))

    def _ways_of(self, form: str, least: int = MIN_LETTERS) -> tuple[tuple[str, int], ...]:
        """Return the known words that a word may stand for, and the slips in it.

        Itself; else what is one edit away; else what sounds alike.
        """
        if form in self._speller:
            return ((form, 0),)
        near = self._speller.near(form, least) or self._sounding.get(sound_key(form) or "", [])
        return tuple((word, 1) for word in near[:_MAX_WAYS])

    def _walk(
        self,
        node: _Node,
        said: Sequence[Token],
        start: int,
        at: int,
        slips: int,
        ways: _Ways,
        plural: Sequence[bool] | None = None,
    ) -> Iterator[Match]:
        """Yield the names that go on from `node` with the words from `at`; no singular where these are `plural`.

        Without a word on `plural`, all things of a name are yielded.
        """
        if at > start:
            for list_name, entry, is_plural in node.ends if plural is None else node.found:
                if plural is None or is_plural or not plural[at - 1]:
                    yield Match(said[start].first, said[at - 1].last, list_name, entry, slips)
        if at == len(said) or not node.after or slips > _MISSPELT_WORDS:
            return
        for form, slip in ways(said[at].form):
            if (after := node.after.get(form)) is not None:
                yield from self._walk(after, said, start, at + 1, slips + slip, ways, plural)
        if at + 1 < len(said) and (after := node.after.get(said[at].form + said[at + 1].form)) is not None:
            yield from self._walk(after, said, start, at + 2, slips, ways, plural)  # "bed room"

    def _nearest(self, list_name: str, said: Sequence[Token], places: frozenset[str]) -> Resolution:
        """Return the entry that shares most words, if it shares enough and clearly more than the next.

        A number is no word like others: "bedroom three" is not the bedroom, nor the second one.
        """
        heard = [near for token in said for near, _ in self._looser_ways(token.form)[:1]]
        words, unknown = frozenset(heard), len(said) - len(heard)
        numbers = {token.form for token in said if token.form.isdigit()}
        # In the order of speech: of two words that are as rare the first counts, in every process.
        found = [postings for word in heard if (postings := self._postings.get((list_name, word)))]
        shares: dict[str, tuple[float, Entry]] = {}
        for forms, entry in min(found, key=len, default=[])[:_MAX_POSTINGS]:
            share = len(forms & words) / (len(forms | words) + unknown)
            if numbers <= forms and self._may_be(entry, places) and share > shares.get(entry.id, (0.0, entry))[0]:
                shares[entry.id] = share, entry
        ranked = sorted(shares.values(), key=lambda pair: (-pair[0], pair[1].id))
        if not ranked or ranked[0][0] < _SHARE:
            return NOBODY
        return _chosen([entry for share, entry in ranked if share > ranked[0][0] - _MARGIN])

    def _may_be(self, entry: Entry, places: frozenset[str]) -> bool:
        """Say whether an entry stands in one of the places that were said, as far as the names tell."""
        around: list[str] = []
        step = entry.within
        while step is not None and len(around) < _MAX_HOPS:
            around.append(step)
            step = self._within.get(step)
        return not places or not around or not places.isdisjoint(around)


def _own_names_first(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries of a list, each with the first name before all others that no other entry has.

    Protocols that carry no id tell by it which of two lamps of one name is meant.
    """
    forms = [list(map(normalise, entry.names)) for entry in entries]
    owners = Counter(form for each in forms for form in set(each))

    def own_first(entry: Entry, forms: list[str]) -> Entry:
        at = next((at for at, form in enumerate(forms) if owners[form] == 1), 0)
        names = entry.names
        return replace(entry, names=(names[at], *names[:at], *names[at + 1 :])) if at else entry

    return list(map(own_first, entries, forms))


def _chosen(entries: Iterable[Entry]) -> Resolution:
    by_id = {entry.id: entry for entry in entries}
    if len(by_id) == 1:
        return Resolution(next(iter(by_id.values())))
    return Resolution(None, tuple(sorted(by_id))[:MAX_CANDIDATES])
