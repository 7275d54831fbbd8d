"""Values from JSON as frozen dataclasses: strict types and bounds, read off the annotations.

    @dataclass(frozen=True)
    class Head:
        name: Annotated[str, matches(r"[a-z]+", "a plain name")]
        labels: Annotated[tuple[str, ...], sized(0, 100), distinct()]

Nothing is coerced, and nothing unknown is passed over. A field whose default is empty (0, False, None) is left out
while it is, so that values from before the field was there keep their bytes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Rule = Callable[[Any], str | None]
"""Says what was expected of a value, or None where it is right."""

T = TypeVar("T")
_PLAIN = {str: "text", int: "a whole number", float: "a number with a point", bool: "true or false"}


def between(least: float, greatest: float) -> Rule:
    """Bound a number, both ends included."""
    return lambda value: None if least <= value <= greatest else f"{least:,} to {greatest:,}"


def sized(least: int, greatest: int) -> Rule:
    """Bound the length of a text or the number of items."""
    return lambda value: None if least <= len(value) <= greatest else f"{least:,} to {greatest:,} of them"


def matches(pattern: str, what: str) -> Rule:
    """Ask for a text that is `what`: all of it fits the pattern."""
    compiled = re.compile(pattern)
    return lambda value: None if compiled.fullmatch(value) else what


def distinct(name: str | None = None) -> Rule:
    """Ask for items that differ, by one of their fields if it is named."""

    def rule(items: tuple[Any, ...]) -> str | None:
        keys = [getattr(item, name) if name else item for item in items]
        return None if len(set(keys)) == len(keys) else f"each {name or 'of them'} once"

    return rule


def read(kind: type[T], value: object, where: str = "value") -> T:
    """Return the value as `kind`: a dataclass, or what its fields are annotated with.

    Raises ValueError with the place of the first fault, what was found there and what was expected.
    """
    return cast(T, _read(kind, value, where))


def plain(value: Any) -> Any:
    """Return the value as JSON has it; the reverse of `read`."""
    if is_dataclass(value):
        found = {field.name: (field, getattr(value, field.name)) for field in fields(value)}
        return {name: plain(item) for name, (field, item) in found.items() if field.default or item != field.default}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return value


def _read(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        found = _read(arguments[0], value, where)
        for expected in (rule(found) for rule in arguments[1:]):
            if expected is not None:
                raise _fault(where, value, expected)
        return found
    if origin is Literal:
        if not any(type(value) is type(each) and value == each for each in arguments):
            raise _fault(where, value, "one of " + ", ".join(map(repr, arguments)))
        return value
    if origin in (Union, UnionType):  # X | None; None itself is left out
        return _read(arguments[0], value, where)
    if origin is tuple:
        _ask(list, value, where, "a list")
        return tuple(_read(arguments[0], item, f"{where}[{number}]") for number, item in enumerate(value))
    if origin is Mapping:
        _ask(dict, value, where, "an object")
        return {_read(arguments[0], name, f"a name in {where}"): _read(arguments[1], item, f"{where}.{name:.40}")
                for name, item in value.items()}  # fmt: skip
    if is_dataclass(kind):
        return _read_fields(cast(type, kind), value, where)
    _ask(kind, value, where, _PLAIN[kind])
    if kind is float and not math.isfinite(value):
        raise _fault(where, value, "a finite number")
    return value


def _read_fields(kind: type, value: Any, where: str) -> Any:
    _ask(dict, value, where, "an object")
    known, hints = {field.name: field for field in fields(kind)}, _hints(kind)
    if unknown := set(value) - set(known):
        raise ValueError(f"{where}: unknown field {min(unknown):.40}; expected {', '.join(known)}")
    missing = [name for name, field in known.items() if name not in value and field.default is MISSING]
    if missing:
        raise ValueError(f"{where}: no {missing[0]}")
    return kind(**{name: _read(hints[name], value[name], f"{where}.{name}") for name in known if name in value})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _ask(kind: type, value: Any, where: str, expected: str) -> None:
    if type(value) is not kind:  # a bool is no whole number
        raise _fault(where, value, expected)


def _fault(where: str, value: Any, expected: str) -> ValueError:
    return ValueError(f"{where}: found {repr(value)[:80]}, expected {expected}")
