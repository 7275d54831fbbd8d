"""The result of Snips NLU: one intent with its slots."""

from __future__ import annotations

from typing import Any

from trunkline_edge.services.render.refusal import refusal_p
from trunkline_edge.services.render.slots import all_slots
from trunkline_edge.understanding.result import Intent, Result, Slot

_DEGREES = {"°C": "celsius", "°F": "fahrenheit", "K": "kelvin"}


def render_snips(result: Result) -> dict[str, Any]:
    """Return the object that `SnipsNLUEngine.parse` returns; a rejected utterance has the intent name null.

    Snips knows one intent an utterance. Of several commands the first one stands there, the others under `others`,
    which Snips itself never writes; nor does it write which `skill` answered.
    """
    if result.rejected or not result.intents:
        nothing = {"intentName": None, "probability": round(refusal_p(result), 4)}
        return {"input": result.text, "intent": nothing, "slots": []}
    first, *others = (_command(result, intent) for intent in result.intents)
    more = {"others": others, "skill": result.skill}
    return {"input": result.text, **first, **{name: value for name, value in more.items() if value}}


def snips_slot(slot: Slot) -> dict[str, Any]:
    """Return a slot; its range is in characters, end exclusive, and a known thing has its `id` beside.

    Snips has kinds for its builtin entities; a length of time, which it writes in parts, stays a number of seconds.
    """
    return {
        "range": {"start": slot.start, "end": slot.end},
        "rawValue": slot.raw,
        "value": _value(slot),
        "entity": slot.name,
        "slotName": slot.name,
        **({"id": slot.id} if slot.id is not None else {}),
    }


def _value(slot: Slot) -> dict[str, Any]:
    if isinstance(slot.value, str | bool | None):
        return {"kind": "Custom", "value": slot.value}
    if slot.unit == "%":
        return {"kind": "Percentage", "value": float(slot.value)}
    if slot.unit in _DEGREES:
        return {"kind": "Temperature", "value": float(slot.value), "unit": _DEGREES[slot.unit]}
    return {"kind": "Number", "value": float(slot.value)}


def _command(result: Result, intent: Intent) -> dict[str, Any]:
    return {
        "intent": {"intentName": intent.name, "probability": round(intent.p, 4)},
        "slots": [snips_slot(slot) for slot in all_slots(result, intent)],
    }
