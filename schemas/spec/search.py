"""What a sweep searches: fields of a spec, and which values each may take. Pure functions of a spec.

    train.learning_rate=1e-4..1e-2,log      a range, by its logarithm
    trunk.dropout=0..0.5                    a range
    trunk.width=64..256                     whole numbers, as the field takes them: here every second one
    balance.kind=[equal, uncertainty]       a list of values in YAML

What a field takes is asked of the spec itself: both ends of a range and every value of a list must make a valid spec.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from schemas.spec.bounded_yaml import SpecError, parse_yaml
from schemas.spec.load import changed_spec
from schemas.spec.product import Spec

SECTIONS = ("heads", "trunk", "sharing", "balance", "train", "distill")
"""They decide the net. What else stands in a spec changes no score on valid rows, or the rows themselves."""
NEVER = {
    "train.seed": "a seed that does well on valid rows is luck, and no other rows will have it",
    "train.start_from": "every trial starts anew",
    "train.device": "it decides where a net is trained, and not which one",
}
MOST_VALUES, MOST_STEP = 64, 64
_PLAIN = TypeAdapter[Any](Any)


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included."""

    low: float
    high: float
    log: bool = False
    step: int | None = None
    """Of whole numbers; None: any number."""

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}{',log' if self.log else ''}"

    def __contains__(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return False
        return self.step is None or (value - self.low) % self.step == 0


@dataclass(frozen=True)
class Choice:
    """Some values in YAML's types; whole sections are among them."""

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return json.dumps(self.values, ensure_ascii=False)


Span = Range | Choice


@dataclass(frozen=True)
class Search:
    """A spec, and what is tried in its place."""

    base: Spec
    over: dict[str, Span]
    """Dotted field -> its values."""

    def at(self, values: Mapping[str, Any]) -> Spec:
        """Return the spec of a trial; raises `SpecError` where the values do not go together."""
        return changed_spec(self.base, values, option="a trial's values")

    def own(self) -> dict[str, Any] | None:
        """Return the spec's own values of the fields; None where one of them is not among those that are searched."""
        own = {}
        for field, span in self.over.items():
            value = _look(self.base, field)
            tried = span.values if isinstance(span, Choice) else (value,) if value in span else ()
            # A section of a list need not say its defaults, so what tells is the spec that it makes.
            same = [each for each in tried if self.at({field: each}) == self.base]
            if not same:
                return None
            own[field] = same[0]
        return own

    def digest(self) -> str:
        """sha256 of fields and values."""
        text = json.dumps({field: str(span) for field, span in self.over.items()}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def plan_search(spec: Spec, over: Sequence[str] = ()) -> Search:
    """Return the search that some `FIELD=VALUES` describe; without any, the rate, dropout and decay of the spec.

    Raises:
        SpecError: no such field, or values that it does not take; the message names it.
    """
    said = list(over) or _usual(spec)
    spans: dict[str, Span] = {}
    for each in said:
        field, span = _parse(spec, each)
        if field in spans:
            raise SpecError(f"--over {each}: {field} is searched twice; leave one out")
        spans[field] = span
    return Search(spec, spans)


def _usual(spec: Spec) -> list[str]:
    rate = spec.train.learning_rate
    return [
        f"train.learning_rate={max(rate / 8, 1e-9):g}..{min(rate * 8, 1):g},log",
        "trunk.dropout=0..0.5",
        "train.weight_decay=0.0001..0.1,log",
    ]


def _parse(spec: Spec, said: str) -> tuple[str, Span]:
    field, equals, text = said.partition("=")
    option = f"--over {said:.80}"
    if not equals or not field or not text.strip():
        raise SpecError(
            f"{option}: expected FIELD=LOW..HIGH, FIELD=LOW..HIGH,log or FIELD=[A, B], "
            "for example train.learning_rate=1e-4..1e-2,log"
        )
    section = field.partition(".")[0]
    if field in NEVER:
        raise SpecError(f"{option}: {field} is not to be searched: {NEVER[field]}")
    if section in Spec.model_fields and section not in SECTIONS:
        raise SpecError(f"{option}: {section} does not decide the net; what does is {', '.join(SECTIONS)}")
    if text.lstrip().startswith("["):
        return field, _choice(spec, field, text, option)
    span = _range(text, option)
    for end in (span.low, span.high):
        changed_spec(spec, {field: end}, option=option)
    return field, _stepped(spec, field, span, option)


def _choice(spec: Spec, field: str, text: str, option: str) -> Choice:
    """Return the values as the field reads them: 1e-3 is a text in YAML, and a number where a number is wanted."""
    values = parse_yaml(text, option).value
    if not isinstance(values, list) or not 2 <= len(values) <= MOST_VALUES:
        raise SpecError(f"{option}: expected a list of 2 to {MOST_VALUES} values in YAML, for example [64, 128, 256]")
    specs = [changed_spec(spec, {field: value}, option=option) for value in values]
    if any(each in specs[:place] for place, each in enumerate(specs)):
        raise SpecError(f"{option}: a value stands in it twice; leave one out")
    return Choice(tuple(_PLAIN.dump_python(_look(each, field), mode="json", exclude_unset=True) for each in specs))


def _range(text: str, option: str) -> Range:
    bounds, comma, scale = text.partition(",")
    if comma and scale.strip() != "log":
        raise SpecError(f"{option}: found `,{scale}`, expected nothing or `,log`; a list of values begins with [")
    low, dots, high = bounds.partition("..")
    if not dots:
        raise SpecError(f"{option}: found one value, expected LOW..HIGH or [A, B]; `--set {option[7:]}` sets one")
    ends = [_number(end, option) for end in (low, high)]
    if not ends[0] < ends[1]:
        raise SpecError(f"{option}: {low.strip()} is not below {high.strip()}; write the lower end first")
    if comma and ends[0] <= 0:
        raise SpecError(f"{option}: a range by its logarithm begins above 0; leave out `,log`, or raise {low.strip()}")
    return Range(ends[0], ends[1], bool(comma))


def _number(text: str, option: str) -> float:
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if math.isfinite(number):
            return number
    raise SpecError(f"{option}: found {text.strip()!r:.40}, expected a number")


def _stepped(spec: Spec, field: str, span: Range, option: str) -> Range:
    """Return the range with the step of whole numbers, where the field takes no others."""
    if span.low % 1 or span.high % 1 or _is_taken(spec, field, span.low + 0.5):
        return span
    low, high = int(span.low), int(span.high)
    steps = range(1, min(high - low, MOST_STEP) + 1)
    step = next((step for step in steps if _is_taken(spec, field, low + step)), None)
    if step is None:
        raise SpecError(f"{option}: between its ends the field takes no value; write a list: {field}=[A, B]")
    if step > 1 and span.log:
        raise SpecError(f"{option}: only multiples of {step} go, which have no logarithmic range; leave out `,log`")
    return Range(low, low + (high - low) // step * step, span.log, step)


def _is_taken(spec: Spec, field: str, value: float) -> bool:
    try:
        changed_spec(spec, {field: value}, option="--over")
    except SpecError:
        return False
    return True


def _look(node: Any, field: str) -> Any:
    """Return what a field holds; a dump would not do, as it leaves out some fields at their defaults."""
    for part in field.split("."):
        if isinstance(node, Mapping):
            node = node.get(part)
        else:
            node = node[int(part)] if isinstance(node, tuple) else getattr(node, part, None)
    return node
