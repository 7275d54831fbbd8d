"""From a bundle's labels to the intents and slots that Home Assistant knows.

The names of the home product are Home Assistant's own, so its file, `home_assistant.json`, maps each to itself; a file
of the same shape serves any other product. What a file does not name keeps its name, and null keeps a label back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trunkline_edge.errors import ServiceRefused
from trunkline_edge.understanding.result import Intent, Ranked
from trunkline_edge.understanding.values.table import Plain

DEFAULT_FILE = Path(__file__).with_name("home_assistant.json")
MAX_FILE_BYTES = 1_000_000  # bytes
LEAST_SURE = 0.5
"""Of the kind of device where no name is said, as then all of that kind are meant: below it, other kinds together are
likelier. Of home's 422 such valid and test rows none is below 0.7."""

Names = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class HassIntent:
    """One intent as Home Assistant handles it."""

    intent: str
    slots: tuple[tuple[str, Plain], ...]
    """Name and value."""


@dataclass(frozen=True, slots=True)
class HomeAssistantNames:
    """What the labels of a bundle are called in Home Assistant."""

    intents: Names
    slots: Names
    domains: Names
    """Labels of the domain head that are domains of entities."""
    by_domain: frozenset[str]
    """Intents that act on all entities of a domain unless a name is said. Home Assistant must not get one without
    either: "turn off the kitchen" would be everything in it."""
    not_recognized: str
    """What is said when there is nothing to do."""

    @classmethod
    def read(cls, path: Path = DEFAULT_FILE) -> HomeAssistantNames:
        """Read a mapping file; raises `ServiceRefused` naming the file and the field that is wrong."""
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
        fields = set(cls.__dataclass_fields__)
        if not isinstance(value, dict) or set(value) != fields:
            raise ServiceRefused(f"{path}: expected an object with exactly {sorted(fields)}")
        for field in ("intents", "slots", "domains"):
            if not _is_names(value[field]):
                raise ServiceRefused(f"{path}: {field}: expected an object of labels with names or null")
        if not isinstance(value["by_domain"], list) or not all(isinstance(each, str) for each in value["by_domain"]):
            raise ServiceRefused(f"{path}: by_domain: expected a list of intents")
        if not isinstance(value["not_recognized"], str):
            raise ServiceRefused(f"{path}: not_recognized: expected a sentence")
        return cls(**{**value, "by_domain": frozenset(value["by_domain"])})

    def command(self, intent: Intent, domain: Ranked | None) -> HassIntent | str:
        """Return what Home Assistant is to do, or why it is to do nothing.

        `domain` is the kind of device that the net takes the utterance to be about; unspoken slots go by it too.
        """
        name = self.intents.get(intent.name, intent.name)
        if name is None:
            return f"{intent.name} is not for Home Assistant"
        named = [(self.slots.get(slot.name, slot.name), slot) for slot in intent.slots]
        slots: list[tuple[str, Plain]] = []
        for into, slot in named:
            if into is not None:
                if slot.value is None:
                    return f"{into}: {slot.raw!r} cannot be read as a value"
                slots.append((into, slot.value))
        said = dict(reversed(slots))
        if len(said) < len(slots):
            twice = next(slot for slot, _ in slots if [each for each, _ in slots].count(slot) > 1)
            return f"{twice} said twice, and Home Assistant takes one"
        is_guess = name in self.by_domain and not {"name", "domain"} & set(said)
        if is_guess and domain is not None and domain.p < LEAST_SURE:
            return f"{name} of what: no name was said, and {domain.label} is a guess, {domain.p:.2f} sure"
        slots += [(slot, value) for slot, value in intent.unspoken.items() if slot not in said]
        if is_guess and not {"name", "domain"} & set(intent.unspoken):
            of_entities = self.domains.get(domain.label, domain.label) if domain else None
            if of_entities is None:
                return f"{name} of what: neither a name nor a kind of device"
            slots.append(("domain", of_entities))
        return HassIntent(name, tuple(slots))


def _is_names(value: Any) -> bool:
    return isinstance(value, dict) and all(each is None or isinstance(each, str) for each in value.values())
