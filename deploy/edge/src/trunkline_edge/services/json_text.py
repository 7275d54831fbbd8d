"""JSON from a caller, as it may be sent back: parts of what was asked are in many an answer."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def read_json_text(raw: bytes) -> Any:
    """Parse UTF-8; raises `ValueError` or `RecursionError` for all else, for NaN, and for halves of surrogate pairs."""
    value = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    if b"\\u" in raw:
        check_text(value)
    return value


def check_text(value: Any) -> None:
    """Raise `ValueError` for a value that cannot be written as UTF-8: it holds half of a surrogate pair."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("not Unicode: it holds half of a surrogate pair") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
