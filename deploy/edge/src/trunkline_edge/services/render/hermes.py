"""Hermes, the MQTT messages of Snips and Rhasspy: what is published for one query."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from trunkline_edge.services.render.slots import all_slots
from trunkline_edge.services.render.snips import snips_slot
from trunkline_edge.understanding.result import Intent, Result

NOT_RECOGNIZED = "hermes/nlu/intentNotRecognized"
ERROR = "hermes/error/nlu"
SESSION = ("id", "siteId", "sessionId")
"""Fields of a query that every answer repeats, so that its asker knows it."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to one MQTT topic."""

    topic: str
    body: Mapping[str, Any]


def render_hermes(result: Result, query: Mapping[str, Any], allowed: Collection[str] | None = None) -> list[Message]:
    """Return one message a command, or that nothing was recognised.

    `query` is the body of `hermes/nlu/query`; `allowed` its intent filter. One command that it does not allow holds all
    commands back: half of a wish is not the wish. So does a name that is no plain topic level: it would be published
    somewhere else.
    """
    session = _session(query)
    intents = () if result.rejected else result.intents
    if not intents or not all(_may_go(intent.name, allowed) for intent in intents):
        return [Message(NOT_RECOGNIZED, {"input": result.text, **session})]
    return [Message(f"hermes/intent/{intent.name}", {**_command(result, intent), **session}) for intent in intents]


def render_hermes_error(reason: str, query: Mapping[str, Any]) -> Message:
    """Return the message that tells the asker what went wrong."""
    return Message(ERROR, {"error": reason, "context": None, **_session(query)})


def _may_go(name: str, allowed: Collection[str] | None) -> bool:
    return (allowed is None or name in allowed) and not set(name) & set("/+#\0")


def _session(query: Mapping[str, Any]) -> dict[str, Any]:
    return {"siteId": "default", **{name: query.get(name) for name in SESSION if query.get(name) is not None}}


def _command(result: Result, intent: Intent) -> dict[str, Any]:
    return {
        "input": result.text,
        "intent": {"intentName": intent.name, "confidenceScore": round(intent.p, 4)},
        "slots": [
            # Snips reads rawValue and confidenceScore, Rhasspy raw_value and confidence.
            {
                **snips_slot(slot),
                "raw_value": slot.raw,
                "confidence": round(slot.p, 4),
                "confidenceScore": round(slot.p, 4),
            }
            for slot in all_slots(result, intent)
        ],
        "customData": None,
        "asrTokens": [],
        "asrConfidence": None,
        **({"skill": result.skill} if result.skill else {}),
    }
