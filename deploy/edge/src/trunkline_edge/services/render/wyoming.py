"""Wyoming's events for one utterance: an intent, several between start and stop, or that nothing was recognised."""

from __future__ import annotations

from typing import Any

from wyoming.event import Event
from wyoming.intent import Entity, IntentsStart, IntentsStop, NotRecognized
from wyoming.intent import Intent as WyomingIntent

from trunkline_edge.services.home_assistant import HassIntent, HomeAssistantNames
from trunkline_edge.understanding.result import Result


def render_wyoming(result: Result, names: HomeAssistantNames, context: dict[str, Any] | None = None) -> list[Event]:
    """Return the events that answer an utterance, in order; `context` is the asker's and goes back with each.

    One command that Home Assistant must not get holds all commands back: half of a wish is not the wish.
    """
    told = {"by": result.by, "skill": result.skill}
    asked = {**(context or {}), **{name: value for name, value in told.items() if value}}
    commands = [] if result.rejected else [names.command(intent, result.domain) for intent in result.intents]
    refusals = [command for command in commands if isinstance(command, str)]
    if refusals or not commands:
        reason = result.reason if result.rejected else "; ".join(refusals)
        likeliest = [{"name": intent.name, "p": round(intent.p, 4)} for intent in result.intents]
        said = {**asked, "reason": reason or "no intent head", "likeliest": likeliest, "bundle_id": result.bundle_id}
        return [NotRecognized(text=names.not_recognized, context=said).event()]
    events = [
        _intent(command, {**asked, "confidence": round(intent.p, 4), "bundle_id": result.bundle_id})
        for command, intent in zip(commands, result.intents, strict=True)
        if isinstance(command, HassIntent)
    ]
    if len(events) == 1:
        return events
    return [IntentsStart(context=context).event(), *events, IntentsStop(context=context).event()]


def _intent(command: HassIntent, context: dict[str, Any]) -> Event:
    return WyomingIntent(
        name=command.intent, entities=[Entity(name, value) for name, value in command.slots], context=context
    ).event()
