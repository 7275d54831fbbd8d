"""Home Assistant's exact sentence templates, asked before the net. Needs the extra `[hybrid]`.

A sentence that a template has word for word, with names that this device knows, needs no net; a typo, a mis-hearing or
another wording has no template. `hassil` matches, `home-assistant-intents` has the templates; this module gives their
answer the form of all answers.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

from hassil import Intents, recognize_best
from hassil.intents import SlotList, TextSlotList
from hassil.models import MatchEntity
from home_assistant_intents import get_intents, get_languages

from trunkline_edge.errors import ServiceRefused
from trunkline_edge.understanding.names import Lexicon, Names
from trunkline_edge.understanding.result import Intent, Ranked, Result, Slot
from trunkline_edge.understanding.slots import identify
from trunkline_edge.understanding.values.table import Plain

log = logging.getLogger(__name__)

MAX_CHARACTERS = 150
"""Of a sentence that is looked up; matching a longer one takes long, and no template has as many."""
NAMED_SLOTS = ("area", "floor", "name")
"""Slots of the templates that hold names of a home."""


class _Home(NamedTuple):
    """What is known by name."""

    slot_lists: dict[str, SlotList]
    lists: Mapping[str, str]
    """Slot -> list of names."""
    lexicon: Lexicon | None


class Templates:
    """The templates of one language, and the names that one device knows."""

    def __init__(self, lang: str) -> None:
        """Compile; raises `ServiceRefused` for a language without templates."""
        known = get_languages()
        language = lang if lang in known else lang.split("-")[0]
        data = get_intents(language) if language in known else None
        if data is None:
            raise ServiceRefused(f"--hybrid: there are no templates in {lang!r}")
        self.lang = lang
        self._intents = Intents.from_dict(data)
        self._turn = threading.Lock()  # hassil compiles a template when it is first needed
        self.know(Names({}), {}, None)
        self.answer("turn on the light", "")  # which takes half a second, once

    def know(self, names: Names, lists: Mapping[str, str], lexicon: Lexicon | None) -> None:
        """Know these names from the next sentence on, and no others.

        `lists` says which list a slot's names are in, as a manifest does; `lexicon` holds these names. The id of a
        device is an entity's, `light.kitchen`: its domain decides which templates it fits.
        """
        if names.count and not set(NAMED_SLOTS) & set(lists):
            log.warning("templates know no names: the bundle has none of the slots %s in a list", NAMED_SLOTS)
        slot_lists: dict[str, SlotList] = {
            slot: TextSlotList.from_tuples(
                [
                    (said, said, {"domain": entry.id.partition(".")[0]} if slot == "name" else {}, {"is_name": True})
                    for entry in names.lists.get(lists.get(slot, ""), ())
                    for said in entry.names
                ],
                allow_template=False,
            )
            for slot in NAMED_SLOTS
        }
        self._home = _Home(slot_lists, lists, lexicon)

    def answer(self, text: str, bundle_id: str) -> Result | None:
        """Return what a template says of a text, None if none has it word for word."""
        if len(text) > MAX_CHARACTERS or not text.isprintable():
            return None  # the net answers, or says what is wrong with it
        home = self._home  # once: other names may be known before the answer is there
        with self._turn:
            found = recognize_best(text, self._intents, slot_lists=dict(home.slot_lists), best_slot_name="name")
        if found is None:
            return None
        values = [(entity, value) for entity in found.entities_list if (value := _plain(entity.value)) is not None]
        unspoken = {entity.name: str(value) for entity, value in values if not entity.text}
        domain = unspoken.get("domain")
        spoken = [_slot(text, entity, value) for entity, value in values if entity.text and entity.name != "domain"]
        named = [slot for slot in spoken if slot.is_name]
        identified = iter(identify(named, home.lists, home.lexicon) if home.lexicon else named)
        slots = tuple(next(identified) if slot.is_name else slot for slot in spoken)
        return Result(
            text=text,
            lang=self.lang,
            bundle_id=bundle_id,
            intents=(Intent(found.intent.name, 1.0, slots, unspoken),),
            domain=Ranked(domain, 1.0) if domain else None,
            heads={},
            rejected=False,
            reason=None,
            ms=0.0,
            ranking={},
            by="templates",
        )


def _plain(value: Any) -> Plain | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float) else None


def _slot(text: str, entity: MatchEntity, value: Plain) -> Slot:
    """Make a slot; one whose words are not found has an empty span at the beginning.

    hassil's own span counts in a text that it has changed, and drifts; the words it gives are right.
    """
    words = entity.text.strip(" .,?!")
    # Whole runs of letters or digits: "5500" is a word of "5500k".
    before, after = (r"\d" if edge.isdigit() else r"[^\W\d_]" for edge in (words[:1], words[-1:]))
    whole = rf"(?<!{before}){re.escape(words)}(?!{after})"
    places = [found.start() for found in re.finditer(whole, text, re.IGNORECASE)] if words else []
    if not places:
        return Slot(entity.name, "", value, 0, 0, 1.0)
    near = entity.text_span[0] if entity.text_span else 0
    start = min(places, key=lambda place: abs(place - near))
    is_name = bool(entity.metadata and entity.metadata.get("is_name"))
    raw = text[start : start + len(words)]
    return Slot(entity.name, raw, value, start, start + len(words), 1.0, is_name=is_name)
