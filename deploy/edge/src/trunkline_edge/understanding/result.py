"""The canonical result: what one utterance means, from which every protocol's answer is rendered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from trunkline_edge.errors import InputRefused
from trunkline_edge.printable import printable
from trunkline_edge.understanding.values.table import Plain

OUT_OF_SCOPE = "oos"
"""An intent of this label is none: the utterance is rejected."""
SEVERAL = "several"
"""An intent of this label stands for more than one: the utterance is parted, or rejected where that fails."""
RESERVED = frozenset({OUT_OF_SCOPE, SEVERAL})
"""Labels of an intent head that are no intent of their own."""
UNSPOKEN_HEAD = "unspoken"
"""The class head of this name tells the slots that no words say; its labels are made by `unspoken_label`."""
NOTHING_UNSPOKEN = "nothing"


def unspoken_label(slots: Mapping[str, str]) -> str:
    """Return slots with their values as one label of the head `unspoken`: "domain=light"."""
    return ";".join(f"{slot}={value}" for slot, value in slots.items()) or NOTHING_UNSPOKEN


def unspoken_slots(label: str) -> dict[str, str]:
    """Return what `unspoken_label` made a label of."""
    pairs = [part.partition("=") for part in label.split(";")]
    return {slot: value for slot, equals, value in pairs if equals}


@dataclass(frozen=True, slots=True)
class Slot:
    """A span that fills a slot of the intent."""

    name: str
    raw: str
    """The text as given."""
    value: Plain | None
    """What the text means; the text in normal form where its label has no kind. None: it could not be read."""
    start: int
    """First character."""
    end: int
    """One past the last character."""
    p: float
    """Lower by `UNREAD` where the value could not be read."""
    label: str | None = None
    """Of the span, where another than the slot's name: several labels may fill one slot."""
    unit: str | None = None
    """Of the value, where words or kind tell it: "%", "s", "°C", "°F", "K"."""
    is_name: bool = False
    """True where this device may know the thing by name: then the answer has an `id`, null where it does not."""
    id: str | None = None
    candidates: tuple[str, ...] = ()
    """Ids, where the name could be one of several things."""

    def to_json(self) -> dict[str, Any]:
        """Render with the field names of the canonical result; `unit`, `id`, `candidates` only where there may be."""
        return {
            "name": self.name,
            "type": self.label or self.name,
            "raw": self.raw,
            "value": self.value,
            **({"unit": self.unit} if self.unit is not None else {}),
            "start": self.start,
            "end": self.end,
            "p": round(self.p, 4),
            **({"id": self.id} if self.is_name else {}),
            **({"candidates": list(self.candidates)} if self.candidates else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Slot:
        """Read what `to_json` wrote."""
        found, unit = value["value"], value.get("unit")
        if found is not None and not isinstance(found, str | int | float):
            raise ValueError(f"slot value {found!r:.40}")
        return cls(
            name=str(value["name"]),
            raw=str(value["raw"]),
            value=found,
            start=int(value["start"]),
            end=int(value["end"]),
            p=float(value["p"]),
            label=str(value["type"]) if value["type"] != value["name"] else None,
            unit=None if unit is None else str(unit),
            is_name="id" in value,
            id=None if value.get("id") is None else str(value["id"]),
            candidates=tuple(map(str, value.get("candidates", ()))),
        )


@dataclass(frozen=True, slots=True)
class Ranked:
    """A label with its probability."""

    label: str
    p: float

    def to_json(self) -> dict[str, Any]:
        """Render as `{label, p}`."""
        return {"label": self.label, "p": round(self.p, 4)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Ranked:
        """Read what `to_json` wrote."""
        return cls(str(value["label"]), float(value["p"]))


Answer: TypeAlias = Ranked | tuple[Ranked, ...] | tuple[Slot, ...] | float
"""Of a head, by its kind: the label of a class head, those of a multilabel head, the spans of a tag head, a score."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What the speaker wants, and with what."""

    name: str
    p: float
    slots: tuple[Slot, ...]
    unspoken: Mapping[str, str] = field(default_factory=dict)
    """Slots that no words say, where the bundle has a head `unspoken`: "turn on the kitchen lights" is of lights."""

    def to_json(self) -> dict[str, Any]:
        """Render with the field names of the canonical result; `unspoken` only where there is something."""
        return {
            "name": self.name,
            "p": round(self.p, 4),
            "slots": [slot.to_json() for slot in self.slots],
            **({"unspoken": dict(self.unspoken)} if self.unspoken else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Intent:
        """Read what `to_json` wrote."""
        unspoken = {str(slot): str(meant) for slot, meant in value.get("unspoken", {}).items()}
        return cls(str(value["name"]), float(value["p"]), tuple(map(Slot.from_json, value["slots"])), unspoken)


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one utterance. Offsets are characters (code points) of `text`, end exclusive."""

    text: str
    lang: str
    bundle_id: str
    intents: tuple[Intent, ...]
    """One a command, in order; none without an intent head or a word."""
    domain: Ranked | None
    """None also for several commands of different domains."""
    heads: dict[str, Answer]
    """Answers of the heads that are neither intent, domain nor slots."""
    rejected: bool
    """True: do nothing. `reason` says why, `intents` what was likeliest all the same."""
    reason: str | None
    ms: float
    """Wall time of encoding, running and decoding; the only field that differs between two equal calls."""
    ranking: dict[str, tuple[Ranked, ...]]
    """All labels of each class head, best first; empty unless asked for."""
    by: str | None = None
    """Who answered, where more than one may: "templates" or "net"."""
    skill: str | None = None
    """The skill that answered; None: the bundle itself did."""
    claims: tuple[Ranked, ...] = ()
    """Skills that take the utterance for their own, the most certain first; only where there are several."""

    def to_json(self, *, timing: bool = False) -> dict[str, Any]:
        """Plain values in a fixed order; `ms` only when asked, so that equal input prints equal lines."""
        value: dict[str, Any] = {
            "text": self.text,
            "lang": self.lang,
            "bundle_id": self.bundle_id,
            "intents": [intent.to_json() for intent in self.intents],
            "domain": self.domain.to_json() if self.domain else None,
            "heads": {name: _plain(answer) for name, answer in self.heads.items()},
            "rejected": self.rejected,
            "reason": self.reason,
        }
        if self.ranking:
            value["ranking"] = {head: [r.to_json() for r in ranked] for head, ranked in self.ranking.items()}
        if self.by is not None:
            value["by"] = self.by
        if self.skill is not None:
            value["skill"] = self.skill
        if self.claims:
            value["claims"] = [claim.to_json() for claim in self.claims]
        if timing:
            value["ms"] = round(self.ms, 3)
        return value

    def to_line(self, *, timing: bool = False) -> str:
        """One line of JSON for every program that reads lines, and safe to print: see `printable`."""
        return printable(json.dumps(self.to_json(timing=timing), ensure_ascii=False))

    @classmethod
    def from_json(cls, value: Any) -> Result:
        """Read what `to_json` wrote, from this or another machine; raises `InputRefused` when it is something else."""
        try:
            reason = value["reason"]
            return cls(
                text=str(value["text"]),
                lang=str(value["lang"]),
                bundle_id=str(value["bundle_id"]),
                intents=tuple(map(Intent.from_json, value["intents"])),
                domain=Ranked.from_json(value["domain"]) if value["domain"] is not None else None,
                heads={str(name): _typed(answer) for name, answer in value["heads"].items()},
                rejected=bool(value["rejected"]),
                reason=str(reason) if reason is not None else None,
                ms=float(value.get("ms", 0.0)),
                ranking={
                    str(head): tuple(map(Ranked.from_json, ranked)) for head, ranked in value.get("ranking", {}).items()
                },
                by=None if value.get("by") is None else str(value["by"]),
                skill=None if value.get("skill") is None else str(value["skill"]),
                claims=tuple(map(Ranked.from_json, value.get("claims", ()))),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputRefused(f"not a canonical result: {type(error).__name__}: {error}") from None


def _plain(answer: Answer) -> Any:
    if isinstance(answer, tuple):
        return [each.to_json() for each in answer]
    return answer.to_json() if isinstance(answer, Ranked) else round(answer, 4)


def _typed(value: Any) -> Answer:
    if isinstance(value, list):
        if all("label" in each for each in value):
            return tuple(map(Ranked.from_json, value))
        return tuple(map(Slot.from_json, value))
    return Ranked.from_json(value) if isinstance(value, Mapping) else float(value)
