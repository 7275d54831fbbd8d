"""A pipeline plugin of OpenVoiceOS: a device's bundle, names and skills match utterances with loaded intents.

OVOS finds it by the entry point `trunkline-pipeline`; only OVOS imports this module, and brings the packages for it.
Settings in `mycroft.conf`:

    {"intents": {"trunkline-pipeline": {
        "home": "/var/lib/trunkline",
        "intents": {"turn_on": "skill-lights.me:on.intent", "oos": null},
        "conf_high": 0.9, "conf_medium": 0.7, "conf_low": 0.4}}}

A label without an entry under `intents` means the one loaded intent of that name, if there is exactly one. The label
`cancel` of a skill `coffee` of the device stands there as `coffee:cancel`: the bundle may have a `cancel` of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ovos_bus_client.message import Message
from ovos_plugin_manager.templates.pipeline import ConfidenceMatcherPipeline, IntentHandlerMatch

from trunkline_edge.bundle.skills import SKILLS_FILE
from trunkline_edge.errors import InputRefused, TrunklineEdgeError
from trunkline_edge.understanding.names_file import NAMES_FILE, names_of, stamp_of
from trunkline_edge.understanding.result import Intent, Result
from trunkline_edge.understanding.session import Runtime, open_active
from trunkline_edge.understanding.skills import open_skills

log = logging.getLogger(__name__)

HOME = "~/.local/share/trunkline-edge"
BANDS = {"conf_high": 0.9, "conf_medium": 0.7, "conf_low": 0.4}
"""Least probability of a match; temperatures are calibrated, so 0.9 is right nine times of ten."""
ENGINES = ("adapt", "padatious")
"""Whose intents skills register; either answers which there are."""
FOLLOWED = ("state.json", "bundles", NAMES_FILE, SKILLS_FILE)
"""What of the home changes with what it answers; `bundles` also where a damaged one is installed again."""


class TrunklinePipeline(ConfidenceMatcherPipeline):  # type: ignore[misc]  # OVOS has no types
    """Answers `trunkline-pipeline-high`, `-medium` and `-low` of OVOS' pipeline."""

    def __init__(self, bus: Any = None, config: Mapping[str, Any] | None = None) -> None:
        super().__init__(bus, dict(config or {}))
        self._home = Path(self.config.get("home", HOME)).expanduser()
        self._runtime: Runtime | None = None
        self._seen: list[tuple[int, int, int] | None] = []
        self._loaded: set[str] = set()
        self._last: tuple[str, Result] | None = None
        for event in ("register_intent", "padatious:register_intent"):
            self.bus.on(event, lambda message: self._loaded.add(str(message.data.get("name"))))
        self.bus.on("detach_intent", lambda message: self._loaded.discard(str(message.data.get("intent_name"))))
        self.bus.on("detach_skill", self._forget_skill)
        for engine in ENGINES:
            # Skills that were loaded before this plugin.
            self.bus.on(f"intent.service.{engine}.manifest", self._remember)
            self.bus.emit(Message(f"intent.service.{engine}.manifest.get"))

    def match_high(self, utterances: list[str], lang: str, message: Message) -> IntentHandlerMatch | None:
        """Match what is nearly certain."""
        return self._match(utterances, lang, "conf_high")

    def match_medium(self, utterances: list[str], lang: str, message: Message) -> IntentHandlerMatch | None:
        """Match what is likely."""
        return self._match(utterances, lang, "conf_medium")

    def match_low(self, utterances: list[str], lang: str, message: Message) -> IntentHandlerMatch | None:
        """Match what is likelier than anything else, before OVOS falls back."""
        return self._match(utterances, lang, "conf_low")

    def _match(self, utterances: list[str], lang: str, band: str) -> IntentHandlerMatch | None:
        least = float(self.config.get(band, BANDS[band]))
        for utterance in utterances:  # of the speech recogniser, best first
            result = self._answer(utterance, lang)
            # OVOS takes one intent; half of several commands is not what was said.
            if result is None or result.rejected or len(result.intents) != 1 or result.intents[0].p < least:
                continue
            intent = result.intents[0]
            name = self._loaded_name(intent.name, result.skill)
            if name is not None:
                data = {**intent.unspoken, **{slot.name: slot.value for slot in intent.slots}}
                told = {"utterance": utterance, "confidence": intent.p, "slots": _slots(intent)}
                by = {"skill": result.skill} if result.skill else {}
                return IntentHandlerMatch(
                    match_type=name,
                    match_data={**data, **told, **by},
                    skill_id=name.partition(":")[0],
                    utterance=utterance,
                )
        return None

    def _answer(self, utterance: str, lang: str) -> Result | None:
        """Answer with the bundle in force; OVOS asks up to three times for one utterance, the graphs run once."""
        self._follow()
        if self._runtime is None:
            return None
        if lang.split("-")[0].lower() not in {tag.split("-")[0].lower() for tag in self._runtime.manifest.spoken}:
            return None
        try:
            if self._last is None or self._last[0] != utterance:
                self._last = utterance, self._runtime.parse(utterance)
            return self._last[1]
        except InputRefused:
            return None
        except TrunklineEdgeError as error:
            # Other matchers of the pipeline go on.
            log.error("trunkline cannot answer: %s", error)
            return None

    def _follow(self) -> None:
        """Open the home anew when its bundle, names or skills have changed; one that is broken changes nothing."""
        try:
            seen = [stamp_of(self._home / name) for name in FOLLOWED]
            if self._runtime and seen == self._seen:
                return
            self._seen = seen
            runtime = open_active(self._home)
            runtime.know(names_of(self._home))
            opened = open_skills(self._home, self._home / SKILLS_FILE, runtime)
        except TrunklineEdgeError as error:
            log.error("trunkline cannot open %s: %s", self._home, error)
            return
        runtime.learn(opened.skills)
        for why in opened.aside.values():
            log.warning("trunkline sets a skill aside: %s", why)
        self._runtime, self._last = runtime, None

    def _loaded_name(self, label: str, skill: str | None) -> str | None:
        """Return what OVOS calls an intent, None unless a skill that is loaded has it."""
        wanted = self.config.get("intents", {}).get(f"{skill}:{label}" if skill else label, label)
        if wanted in self._loaded:
            return str(wanted)
        found = [name for name in self._loaded if name.partition(":")[2].removesuffix(".intent") == wanted]
        return found[0] if len(found) == 1 else None

    def _remember(self, message: Message) -> None:
        # Adapt lists objects, Padatious names.
        for each in message.data.get("intents") or ():
            self._loaded.add(str(each["name"] if isinstance(each, Mapping) else each))

    def _forget_skill(self, message: Message) -> None:
        skill = f"{message.data.get('skill_id')}:"
        self._loaded = {name for name in self._loaded if not name.startswith(skill)}


def _slots(intent: Intent) -> list[dict[str, Any]]:
    return [slot.to_json() for slot in intent.slots]
