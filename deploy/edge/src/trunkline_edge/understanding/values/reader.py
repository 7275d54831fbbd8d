"""From spans to values, as one bundle has them: its kinds, its wordings, its rules for what is not said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trunkline_edge.errors import BundleInvalid
from trunkline_edge.understanding.decode import DecodedSpan
from trunkline_edge.understanding.text import normalise, split_words
from trunkline_edge.understanding.values.kinds import KINDS, Kind, Value, read_kind, tells
from trunkline_edge.understanding.values.number import whole
from trunkline_edge.understanding.values.table import Meanings, Plain
from trunkline_edge.understanding.values.units import agree_with_units

SIXTIETHS = 60
"""What is left of a whole number of hours, in minutes; of minutes, in seconds."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How the spans of one label are read."""

    kind: Kind
    slot: str
    """That they fill."""
    times: float = 1.0
    """Factor on the number that is said."""
    rest: str | None = None
    """Slot of what is left of a whole number, in sixtieths."""
    words: Mapping[str, Plain] = field(default_factory=dict)
    """Text as the rows have said it -> value; only where the kind alone reads it otherwise or not at all."""
    by_domain: Mapping[str, Mapping[str, Plain]] = field(default_factory=dict)
    """Domain -> text -> value, where that is another one: an open window is `on`, an open blind `open`."""


@dataclass(frozen=True, slots=True)
class Unspoken:
    """Slots that an intent has although no word says them, and when."""

    intent: str
    domain: str
    labels: tuple[str, ...]
    """Of all spans of the command, sorted, each once."""
    slots: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one span fills; a remainder ("and a half hours") fills a second slot."""

    slot: str
    value: Value | None
    """None: it could not be read."""


class ValueReader:
    """Reads the spans of one bundle. An unknown label is text: its value is the normal form of its words."""

    def __init__(
        self,
        languages: Sequence[str],
        rules: Mapping[str, Rule],
        unspoken: Iterable[Unspoken] = (),
        fits: Mapping[str, Iterable[str]] | None = None,
        shapes: Mapping[str, Iterable[Sequence[str]]] | None = None,
        things: Mapping[str, Mapping[str, Iterable[str]]] | None = None,
        least: Mapping[str, Iterable[Sequence[str]]] | None = None,
    ) -> None:
        """Of several `languages` an utterance may be in any.

        `fits` has the labels that an intent's spans may have; an intent that is not in it may have any.

        `shapes` has which of them were had together, `things` of which domains what a label names can be. `least` has
        the smallest sets of labels and unspoken slots of which each of an intent's rows had one or more.
        """
        self._languages = languages
        self._rules = rules
        self._fits = {intent: frozenset(labels) for intent, labels in (fits or {}).items()}
        self._shapes = {intent: frozenset(map(frozenset, sets)) for intent, sets in (shapes or {}).items()}
        self._least = {intent: tuple(map(frozenset, sets)) for intent, sets in (least or {}).items()}
        self._things = {
            intent: {label: frozenset(domains) for label, domains in labels.items()}
            for intent, labels in (things or {}).items()
        }
        self._unspoken = {(rule.intent, rule.domain, rule.labels): dict(rule.slots) for rule in unspoken}
        self._meanings = {label: Meanings(rule.words, languages) for label, rule in rules.items()}
        self._meanings_by_domain = {
            (label, domain): Meanings(words, languages)
            for label, rule in rules.items()
            for domain, words in rule.by_domain.items()
        }

    @classmethod
    def from_bytes(cls, languages: Sequence[str], raw: bytes) -> ValueReader:
        """Read a bundle's values file; raises `BundleInvalid` when it is none."""
        try:
            value = json.loads(raw)
            rules = {label: Rule(**rule) for label, rule in value["labels"].items()}
            unspoken = [Unspoken(**{**rule, "labels": tuple(rule["labels"])}) for rule in value["unspoken"]]
            unknown = sorted({rule.kind for rule in rules.values()} - set(KINDS))
            if unknown:
                raise BundleInvalid(f"values: unknown kind {unknown[0]!r}; update trunkline-edge first")
            known = {name: value.get(name, {}) for name in ("fits", "shapes", "things", "least")}
            return cls(languages, rules, unspoken, **known)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BundleInvalid(f"values: {type(error).__name__}: {error}") from None

    def read(self, label: str, raw: str, after: str = "", domain: str | None = None) -> list[Reading]:
        """Read one span; `after` is what follows it in its sentence. The first reading is of the span's own slot."""
        rule = self._rules.get(label)
        if rule is None:
            return [Reading(label, Value(normalise(raw)))]
        if rule.kind == "text":  # a place may be any; "shcool" is one that rows have said
            listed = self._meanings[label].forgiving([word.form for word in split_words(raw)]) if rule.words else None
            return [Reading(rule.slot, Value(normalise(raw) if listed is None else listed))]
        value = self._value(label, rule, raw, after, domain)
        if rule.rest is None or value is None or isinstance(value.value, str | bool | int):
            return [Reading(rule.slot, value)]
        count = int(value.value)
        left = Reading(rule.rest, Value(whole(round((value.value - count) * SIXTIETHS, 6)), value.unit))
        return [Reading(rule.slot, Value(count, value.unit)), left] if count else [left]

    def tells(self, label: str, word: str) -> bool:
        """Say whether the value of a label's span may be another one without a word."""
        rule = self._rules.get(label)
        return rule is not None and rule.kind not in ("list", "text") and tells(rule.kind, word, self._languages)

    def agreeing(self, spans: Sequence[DecodedSpan], text: str) -> list[DecodedSpan]:
        """Return the spans of one command, hours, minutes and seconds told apart by the units that are said."""
        return agree_with_units(spans, text, self._rules.keys(), self._languages)

    def slot_of(self, label: str) -> str:
        """Return the slot that spans of a label fill."""
        rule = self._rules.get(label)
        return rule.slot if rule else label

    def fits(self, intent: str) -> frozenset[str] | None:
        """Return the labels that spans of an intent may have; None where they may have any."""
        return self._fits.get(intent)

    def suits(self, intent: str, things: Iterable[tuple[str, str]]) -> bool:
        """Say whether an intent can be about things, of each its label and domain, as far as rows have told."""
        return intent not in self._things or all(
            domain in self._things[intent].get(label, ()) for label, domain in things
        )

    def shapes_of(self, intent: str) -> frozenset[frozenset[str]]:
        """Return the sets of labels that rows of an intent had; none where nothing is known of it."""
        return self._shapes.get(intent, frozenset())

    def has_shape(self, intent: str, labels: Iterable[str]) -> bool:
        """Say whether some row of an intent had just these labels; True where nothing is known of it."""
        return intent not in self._shapes or frozenset(labels) in self._shapes[intent]

    def is_enough(self, intent: str, said: Iterable[str]) -> bool:
        """Say whether labels and unspoken slots make a command of an intent: "turn off" is not one.

        True where nothing is known of the intent.
        """
        had = frozenset(said)
        return intent not in self._least or any(least <= had for least in self._least[intent])

    def is_listed(self, label: str) -> bool:
        """Say whether spans of a label are one of a list of values, "blinds" or "red"."""
        rule = self._rules.get(label)
        return rule is not None and rule.kind == "list"

    def counts(self, label: str) -> bool:
        """Say whether spans of a label are numbers or times, of which a command has one."""
        rule = self._rules.get(label)
        return rule is not None and rule.kind not in ("list", "text")

    def is_number(self, label: str) -> bool:
        """Say whether spans of a label are a number, with a unit or without."""
        rule = self._rules.get(label)
        return rule is not None and rule.kind in ("number", "percent", "temperature")

    def unspoken(self, intent: str, domain: str | None, labels: Iterable[str]) -> dict[str, str]:
        """Return the slots that a command has without saying them."""
        return self._unspoken.get((intent, domain or "", tuple(sorted(set(labels)))), {})

    def _value(self, label: str, rule: Rule, raw: str, after: str, domain: str | None) -> Value | None:
        words = [word.form for word in split_words(raw)]
        sources = [self._meanings_by_domain.get((label, domain or "")), self._meanings[label]]
        # As they were said in rows, misspelt or not; then by kind; then with plural, article and slips forgiven.
        for meanings in filter(None, sources):
            found = meanings.exact(words)
            found = meanings.respelt(words) if found is None else found
            if found is not None:
                return Value(found)
        value = read_kind(rule.kind, raw, self._languages, after)
        if value is not None:
            number = value.value
            if rule.times != 1 and not isinstance(number, str | bool):
                return Value(whole(number * rule.times), value.unit)
            return value
        for meanings in filter(None, sources):
            found = meanings.forgiving(words)
            if found is not None:
                return Value(found)
        return None


def rules_to_bytes(
    rules: Mapping[str, Rule],
    unspoken: Iterable[Unspoken],
    fits: Mapping[str, Iterable[str]] | None = None,
    shapes: Mapping[str, Iterable[Iterable[str]]] | None = None,
    things: Mapping[str, Mapping[str, Iterable[str]]] | None = None,
    least: Mapping[str, Iterable[Iterable[str]]] | None = None,
) -> bytes:
    """Return the file that `ValueReader.from_bytes` reads; equal rules give equal bytes."""
    value: dict[str, Any] = {
        "labels": {label: _plain(rule) for label, rule in rules.items()},
        "unspoken": [_plain(rule) for rule in unspoken],
    }
    if fits:
        value["fits"] = {intent: sorted(labels) for intent, labels in fits.items()}
    for name, known in (("shapes", shapes), ("least", least)):
        if known:
            value[name] = {intent: sorted(map(sorted, sets)) for intent, sets in known.items()}
    if things:
        value["things"] = {
            intent: {label: sorted(domains) for label, domains in labels.items()} for intent, labels in things.items()
        }
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode()


def _plain(rule: Rule | Unspoken) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in rule.__dataclass_fields__}
