"""JSON from a caller, as it may be sent back: parts of what was asked are in many an answer."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


def read_json_text(raw: bytes) -> Any:
    """Parse UTF-8; raises `ValueError` or `RecursionError` for all else, for NaN, for numbers that no `float` holds,
    and for halves of surrogate pairs.
    """
    value = json.loads(
        raw.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_int=_read_int, parse_float=_read_float
    )
    if b"\\u" in raw:
        check_text(value)
    return value


def check_text(value: Any) -> None:
    """Raise `ValueError` for a value that cannot be written as JSON: for NaN, and for half of a surrogate pair."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise ValueError("not Unicode: it holds half of a surrogate pair") from None
    except ValueError:
        raise ValueError("not JSON: it holds a number that JSON does not have, NaN or one too great") from None


def json_kind(value: Any) -> str:
    """Return what JSON calls a value, with its article."""
    kinds: dict[type, str] = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        type(None): "null",
    }
    return kinds.get(type(value), "a number")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _read_int(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:  # Python's own limit
        raise ValueError(f"a number with too many digits: {len(digits.lstrip('-')):,}") from None


def _read_float(digits: str) -> float:
    if math.isinf(number := float(digits)):
        raise ValueError(f"{digits:.20} is too great a number")
    return number
