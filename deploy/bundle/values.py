"""What a bundle says of its values: kinds from the spec, wordings and unspoken slots from the train rows."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from schemas.spec.heads import ValueSpec
from schemas.spec.product import Spec
from trunkline_edge.understanding.result import UNSPOKEN_HEAD, unspoken_slots
from trunkline_edge.understanding.session import DOMAIN_HEAD, INTENT_HEAD, SLOTS_HEAD
from trunkline_edge.understanding.values.kinds import read_kind
from trunkline_edge.understanding.values.number import whole
from trunkline_edge.understanding.values.reader import Rule, Unspoken, rules_to_bytes
from trunkline_edge.understanding.values.table import Plain, text_key

FITTING_ROWS = 20
"""Train rows of an intent from which on it is known which labels its spans may have."""
ENOUGH_ROWS = 200
"""From which on it is known what a command must have: what none of so many lacked, at most 1.5 % of all commands lack
(95 %, the rule of three)."""
Said = Mapping[str, Mapping[str, Counter[tuple[str, str]]]]
"""Label -> text -> how often with which value (as JSON, which keeps 1 and true apart) in which domain."""


def values_file(spec: Spec, frames: Iterable[pl.DataFrame], languages: Sequence[str]) -> bytes | None:
    """Return the bundle's values file; None where the spec gives no label of `slots` a kind.

    Wordings are kept where the kind alone reads them otherwise or not at all: "half" as 30 minutes, "max" as 100 %.
    A text with several values means the commonest one, and in a domain the commonest there.
    """
    head = spec.heads.get(SLOTS_HEAD)
    if head is None or not head.values:
        return None
    said, unspoken, forms = _collect(frames, head.values, spec.names)
    rules = {label: _rule(label, asked, said[label], languages) for label, asked in head.values.items()}
    known = {intent: form for intent, form in forms.items() if form.rows >= FITTING_ROWS}
    return rules_to_bytes(
        rules,
        unspoken,
        fits={intent: frozenset().union(*form.shapes) for intent, form in known.items()},
        shapes={intent: form.shapes for intent, form in known.items()},
        things={intent: form.things for intent, form in known.items() if form.things},
        least={
            intent: least
            for intent, form in known.items()
            if form.rows >= ENOUGH_ROWS and all(least := form.least(spec.names))
        },
    )


@dataclass
class _Form:
    """What commands of one intent look like."""

    rows: int = 0
    shapes: set[frozenset[str]] = field(default_factory=set)
    """Labels that spans of one row had together."""
    filled: set[frozenset[str]] = field(default_factory=set)
    """The same with the slots that no word said."""
    domains: set[str] = field(default_factory=set)
    things: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Label of names -> domains of what was named."""

    def least(self, names: Container[str]) -> list[frozenset[str]]:
        """Return the smallest of what was filled, of which every row had at least one.

        Where all rows are of one domain, names are no part of it: "start the vacuum" is clear without one.
        """
        is_clear = len(self.domains) == 1
        filled = {frozenset(each for each in said if not (is_clear and each in names)) for said in self.filled}
        return [each for each in filled if not any(other < each for other in filled)]


def _collect(
    frames: Iterable[pl.DataFrame], kinds: Mapping[str, ValueSpec], names: Mapping[str, str]
) -> tuple[dict[str, dict[str, Counter[tuple[str, str]]]], list[Unspoken], dict[str, _Form]]:
    said: dict[str, dict[str, Counter[tuple[str, str]]]] = {label: defaultdict(Counter) for label in kinds}
    forms: dict[str, _Form] = defaultdict(_Form)
    meant: dict[tuple[str, str, tuple[str, ...]], Counter[str]] = defaultdict(Counter)
    for frame in frames:
        for text, labels in zip(frame["text"], frame["labels"].to_list(), strict=True):
            spans, domain = labels.get(SLOTS_HEAD), labels.get(DOMAIN_HEAD) or ""
            for span in spans or ():
                if span["value"] is not None and span["label"] in said:
                    words = text_key(text[span["start"] : span["end"]])
                    said[span["label"]][words][span["value"], domain] += 1
            if spans is not None and (intent := labels.get(INTENT_HEAD)) is not None:
                form, shape = forms[intent], frozenset(span["label"] for span in spans)
                form.rows += 1
                form.shapes.add(shape)
                form.domains.add(domain)
                form.filled.add(shape.union(unspoken_slots(labels.get(UNSPOKEN_HEAD) or "")))
                for label in shape & names.keys() if domain else ():
                    form.things[label].add(domain)
            if spans is not None and labels.get(UNSPOKEN_HEAD) is not None and labels.get(INTENT_HEAD) is not None:
                key = labels[INTENT_HEAD], domain, tuple(sorted({span["label"] for span in spans}))
                meant[key][labels[UNSPOKEN_HEAD]] += 1
    rules = [Unspoken(*key, slots=unspoken_slots(_commonest(labels))) for key, labels in sorted(meant.items())]
    return said, [rule for rule in rules if rule.slots], dict(forms)


def _rule(label: str, asked: ValueSpec, said: Mapping[str, Counter[tuple[str, str]]], languages: Sequence[str]) -> Rule:
    words: dict[str, Plain] = {}
    by_domain: dict[str, dict[str, Plain]] = defaultdict(dict)
    for text, found in sorted(said.items()):
        overall, in_domains = _tallies(found)
        usual: Plain = json.loads(_commonest(overall))
        if not _is_read(asked, text, usual, languages):
            words[text] = usual
        for domain, tally in sorted(in_domains.items()):
            if (there := json.loads(_commonest(tally))) != usual:
                by_domain[domain][text] = there
    return Rule(asked.kind, asked.slot or label, asked.times, asked.rest, words, by_domain)


def _tallies(found: Counter[tuple[str, str]]) -> tuple[Counter[str], dict[str, Counter[str]]]:
    overall: Counter[str] = Counter()
    in_domains: dict[str, Counter[str]] = defaultdict(Counter)
    for (value, domain), times in found.items():
        overall[value] += times
        in_domains[domain][value] += times
    return overall, in_domains


def _is_read(asked: ValueSpec, text: str, value: Any, languages: Sequence[str]) -> bool:
    found = read_kind(asked.kind, text, languages)
    if found is None:
        return False
    number = found.value
    return bool(value == (number if isinstance(number, str | bool) else whole(number * asked.times)))


def _commonest(tally: Counter[str]) -> str:
    """Return the commonest key; of equally common ones the first by spelling."""
    return min(tally, key=lambda key: (-tally[key], key))
