"""Home Assistant's exact sentence templates, asked before the net. Needs the extra `[hybrid]`.

A sentence that a template has word for word, with names that this home has, needs no net; a typo, a mis-hearing or
another wording has no template. `hassil` matches, `home-assistant-intents` has the templates; this module gives their
answer the form of all answers.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hassil import Intents, recognize_best
from hassil.intents import SlotList, TextSlotList
from hassil.models import MatchEntity
from home_assistant_intents import get_intents, get_languages

from trunkline_edge.errors import ServiceRefused
from trunkline_edge.understanding.result import Intent, Ranked, Result, Slot

MAX_FILE_BYTES = 4_000_000  # bytes
MAX_CHARACTERS = 150
"""Of a sentence that is looked up; matching a longer one takes long, and no template has as many."""
LISTS = ("area", "floor", "name")


@dataclass(frozen=True, slots=True)
class HomeNames:
    """What a home's rooms, floors and devices are called."""

    lists: Mapping[str, tuple[tuple[str, str], ...]]
    """List -> names, each with the id of what it names."""

    @classmethod
    def read(cls, path: Path) -> HomeNames:
        """Read `{"area": [{"id", "names"}], "floor": [...], "name": [...]}`; other lists and fields are let pass.

        The id of a device is an entity's, `light.kitchen`: its domain decides which templates it fits. Raises
        `ServiceRefused` naming the file and what is wrong.
        """
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_FILE_BYTES + 1)
            if len(raw) > MAX_FILE_BYTES:
                raise ServiceRefused(f"{path}: longer than {MAX_FILE_BYTES} bytes")
            value = json.loads(raw)
        except OSError as error:
            raise ServiceRefused(f"{path}: {error.strerror}") from None
        except (ValueError, RecursionError) as error:
            raise ServiceRefused(f"{path}: not JSON: {error}") from None
        if not isinstance(value, dict):
            raise ServiceRefused(f"{path}: expected an object of lists")
        return cls({name: tuple(_entries(path, name, value.get(name, []))) for name in LISTS})


def _entries(path: Path, name: str, entries: Any) -> list[tuple[str, str]]:
    found = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [None]):
        names = entry.get("names") if isinstance(entry, dict) else None
        if not isinstance(names, list) or not all(isinstance(each, str) and each.strip() for each in names):
            raise ServiceRefused(f'{path}: {name}[{number}]: expected {{"id": "...", "names": ["...", ...]}}')
        found += [(each.strip(), str(entry.get("id", ""))) for each in names]
    return found


class Templates:
    """The templates of one language with the names of one home."""

    def __init__(self, lang: str, names: HomeNames) -> None:
        """Compile; raises `ServiceRefused` for a language without templates."""
        known = get_languages()
        language = lang if lang in known else lang.split("-")[0]
        data = get_intents(language) if language in known else None
        if data is None:
            raise ServiceRefused(f"--hybrid: there are no templates in {lang!r}")
        self.lang = lang
        self._intents = Intents.from_dict(data)
        self._lists: dict[str, SlotList] = {
            name: TextSlotList.from_tuples(
                [
                    (said, said, {"domain": of.partition(".")[0]}) if name == "name" else (said, said)
                    for said, of in each
                ],
                allow_template=False,
            )
            for name, each in names.lists.items()
        }
        self._turn = threading.Lock()  # hassil compiles a template when it is first needed
        self.answer("turn on the light", "")  # which takes half a second, once

    def answer(self, text: str, bundle_id: str) -> Result | None:
        """Return what a template says of a text, None if none has it word for word."""
        if len(text) > MAX_CHARACTERS or not text.isprintable():
            return None  # the net answers, or says what is wrong with it
        with self._turn:
            found = recognize_best(text, self._intents, slot_lists=self._lists, best_slot_name="name")
        if found is None:
            return None
        values = [(entity, _plain(entity.value)) for entity in found.entities_list]
        domain = next((value for entity, value in values if entity.name == "domain" and not entity.text), None)
        slots = tuple(
            _slot(text, entity, value) for entity, value in values if value is not None and entity.name != "domain"
        )
        return Result(
            text=text,
            lang=self.lang,
            bundle_id=bundle_id,
            intents=(Intent(found.intent.name, 1.0, slots),),
            domain=Ranked(domain, 1.0) if domain else None,
            heads={},
            rejected=False,
            reason=None,
            ms=0.0,
            ranking={},
            by="templates",
        )


def _plain(value: Any) -> str | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if isinstance(value, str | int) else None


def _slot(text: str, entity: MatchEntity, value: str) -> Slot:
    """Make a slot; one that no word says has an empty span at the beginning.

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
    return Slot(entity.name, text[start : start + len(words)], value, start, start + len(words), 1.0)
