"""The slots of a command for protocols that know slots only as ranges of the text."""

from __future__ import annotations

from trunkline_edge.understanding.result import Intent, Result, Slot


def all_slots(result: Result, intent: Intent) -> list[Slot]:
    """Return the slots that were said, then those that no words say, each as no words at the end of the text.

    Rhasspy's own templates have them so ("(:){domain:light}"). Without them "turn off the kitchen lights" would mean
    everything in the kitchen.
    """
    end, said = len(result.text), {slot.name for slot in intent.slots}
    unsaid = [Slot(name, "", value, end, end, intent.p) for name, value in intent.unspoken.items() if name not in said]
    return [*intent.slots, *unsaid]
