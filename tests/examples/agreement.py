"""Whether two canonical results say the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TOLERANCE = 2e-3
"""Of probabilities and scores: kernels of other builds."""


def differences(found: Any, expected: Any, where: str = "") -> Iterator[str]:
    """Yield each place where two JSON values differ, with what is found and expected there; keys have an order."""
    if isinstance(expected, dict) and isinstance(found, dict) and list(found) == list(expected):
        for key, value in expected.items():
            yield from differences(found[key], value, f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        for at, value in enumerate(expected):
            yield from differences(found[at], value, f"{where}[{at}]")
    elif _is_number(found) and _is_number(expected):
        is_estimate = where.endswith(".p") or where.startswith(".heads")
        if abs(found - expected) > (TOLERANCE if is_estimate else 0):
            yield f"{where}: found {found}, expected {expected}"
    elif found != expected or isinstance(found, bool) != isinstance(expected, bool):
        yield f"{where}: found {found!r}, expected {expected!r}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_golden(found: list[dict[str, Any]], golden: list[dict[str, Any]]) -> None:
    """Compare answers with a bundle's golden ones, as a device's self-test does."""
    for answer, expected in zip(found, golden, strict=True):
        labels = expected["labels"]
        assert answer["text"] == expected["text"]
        assert answer["rejected"] == expected["rejected"], answer
        assert (answer["domain"] or {"label": None})["label"] == labels["domain"], answer
        assert [_told(intent, wanted) for intent, wanted in zip(answer["intents"], labels["intents"], strict=True)] == (
            labels["intents"]
        ), answer


def _told(intent: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what golden answers have of one command; of bundles without values that is less."""
    if "unspoken" not in wanted:
        return {"name": intent["name"], "slots": [[s["name"], s["start"], s["end"]] for s in intent["slots"]]}
    slots = [[s["name"], s["start"], s["end"], s["value"], s.get("unit")] for s in intent["slots"]]
    return {"name": intent["name"], "slots": slots, "unspoken": intent.get("unspoken", {})}
