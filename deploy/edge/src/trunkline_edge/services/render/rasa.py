"""The answer of a Rasa server's `POST /model/parse`."""

from __future__ import annotations

from typing import Any

from trunkline_edge.services.render.refusal import refusal_p
from trunkline_edge.services.render.slots import all_slots
from trunkline_edge.understanding.result import RESERVED, Ranked, Result, Slot
from trunkline_edge.understanding.session import INTENT_HEAD
from trunkline_edge.understanding.text import normalise
from trunkline_edge.understanding.values.table import Plain

FALLBACK = "nlu_fallback"
"""The intent that Rasa's own fallback classifier gives, and that stories and rules of its users refer to."""
RANKED = 10
"""Labels of a ranking, as many as Rasa gives."""


def render_rasa(result: Result) -> dict[str, Any]:
    """Return the object that Rasa answers; a rejected utterance has the intent `nlu_fallback`.

    Several commands are one intent of joined names ("open+close"), as Rasa writes them; entities are those of all,
    a known thing with its `id`; a `skill` that answered stands beside. A result that was asked for without a ranking,
    or that templates gave, has the intent alone in it.
    """
    best = Ranked("+".join(i.name for i in result.intents), min((i.p for i in result.intents), default=0.0))
    labels = result.ranking.get(INTENT_HEAD) if len(result.intents) == 1 else None
    ranking = list(labels or [best][: len(result.intents)])
    intent = best
    if result.rejected:
        intent = Ranked(FALLBACK, refusal_p(result))
        # First, however sure it is: Rasa asks whether the second was meant.
        ranking = [intent, *(each for each in ranking if each.label not in RESERVED)]
    return {
        "text": result.text,
        "intent": _label(intent) if intent.label else {"name": None, "confidence": 0.0},
        "entities": [
            {
                "start": slot.start,
                "end": slot.end,
                "value": _value(slot),
                "entity": slot.name,
                "confidence_entity": round(slot.p, 4),
                **({"id": slot.id} if slot.id is not None else {}),
            }
            for each in result.intents
            for slot in all_slots(result, each)
        ],
        "intent_ranking": [_label(each) for each in ranking[:RANKED]],
        **({"skill": result.skill} if result.skill else {}),
    }


def _label(ranked: Ranked) -> dict[str, Any]:
    return {"name": ranked.label, "confidence": round(ranked.p, 4)}


def _value(slot: Slot) -> Plain:
    """Return what the words mean; the words as given where that is all that is known of them, as Rasa has it."""
    return slot.raw if slot.value is None or slot.value == normalise(slot.raw) else slot.value
