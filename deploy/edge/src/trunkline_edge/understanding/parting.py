"""Several commands in one utterance: of all ways to part it, the one whose least sure command is the surest.

Where a text may be cut says `commands`; what is said in each piece is for the net to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from trunkline_edge.understanding.commands import LEAST_SURE, MIN_WORDS, Part, alike, only_names, pieces, shared
from trunkline_edge.understanding.result import SEVERAL, Result, Slot
from trunkline_edge.understanding.slots import said_twice


@dataclass(frozen=True, slots=True)
class Command:
    """One of several commands in an utterance."""

    part: Part
    answer: Result

    @property
    def is_understood(self) -> bool:
        """Accepted, and none of its slots is of words that others divide."""
        slots = (slot for intent in self.answer.intents for slot in intent.slots)
        return not self.answer.rejected and all(self.part.find(slot.start, slot.end) for slot in slots)

    @property
    def kind(self) -> tuple[str, frozenset[str]]:
        """What is to be done, and which slots say of what."""
        (intent, *_) = self.answer.intents
        return intent.name, frozenset(slot.label or slot.name for slot in intent.slots)

    @property
    def names_anew(self) -> bool:
        """Has a slot in the last of its places, if it has any: the words that it does not share with other commands."""
        places = [self.placed(slot).start for intent in self.answer.intents for slot in intent.slots]
        return not places or max(places) >= self.part.places[-1][0]

    def placed(self, slot: Slot) -> Slot:
        """Return a slot with its place in the utterance."""
        start, end = self.part.find(slot.start, slot.end) or (slot.start, slot.end)
        return replace(slot, start=start, end=end)


@dataclass(frozen=True, slots=True)
class Parting:
    """What a bundle parts utterances by."""

    ask: Callable[[str], Result]
    """Answer a text as one command."""
    languages: Sequence[str]
    names: Mapping[str, str] | None
    """Slot label -> list of names, as in the manifest."""
    knows_several: bool
    """The net has learnt to tell several commands, and is believed: what it takes for one stays one, and what it takes
    for several is never one (docs/adr/0013-real-speech.md)."""

    def commands(self, said: Result) -> list[Command]:
        """Return the commands in an utterance of several: parted where all parts are surer than the whole.

        Of "three hours and ten minutes" or "milk and eggs" the whole is surer; measured in docs/adr/0007-rejection.md.
        """
        is_one = bool(said.intents) and not self._is_several(said)
        if is_one and self.knows_several:
            return []
        # Languages often part a text alike, and each way asks the net.
        places = dict.fromkeys(tuple(pieces(said.text, lang)) for lang in self.languages)
        return max((self._parted(said, each, is_one) for each in places), key=lambda way: way[0])[1]

    def _is_several(self, answer: Result) -> bool:
        """Say whether an answer is taken for one of several commands: of a lamp and a fan it names two."""
        names_two = self.knows_several and any(said_twice(intent.slots, self.names, None) for intent in answer.intents)
        return names_two or any(intent.name == SEVERAL for intent in answer.intents)

    def _parted(self, said: Result, places: Sequence[tuple[int, int]], is_one: bool) -> tuple[float, list[Command]]:
        """Return the surest way to part an utterance at these places: how sure its least sure command is, and all.

        No surer than the whole, where this `is_one`, or than `LEAST_SURE`, there is none: what such a way ends with,
        the net is not asked.
        """
        sure = said.intents[0].p if is_one else LEAST_SURE
        # The surest way to part the text up to each piece: how sure its least sure command is, and the commands.
        ways: list[tuple[float, list[Command]]] = []
        for last, (_, end) in enumerate(places if len(places) > 1 else []):
            best: tuple[float, list[Command]] = (sure, [])
            for first, (start, _) in enumerate(places[: last + 1]):
                part = Part.of(said.text, (start, end))
                p, before = ways[first - 1] if first else (1.0, [])
                if p <= best[0] or len(part.text.split()) < MIN_WORDS:
                    continue
                is_whole = len(part.text) == len(said.text)
                commands = self._read(part, said if is_whole else self.ask(part.text), is_one and is_whole)
                if first and any(self._borrows(command, before[0]) for command in commands):
                    continue
                least = min((command.answer.intents[0].p for command in commands), default=0.0)
                if min(p, least) > best[0]:
                    best = min(p, least), [*before, *commands]
            ways.append(best)
        return ways[-1] if ways else (sure, [])

    def _read(self, part: Part, answer: Result, is_one: bool) -> list[Command]:
        """Return the command in a part, one for each of the things that share it, or none that is understood.

        Of what `is_one` nothing else is made.
        """
        if not answer.rejected and not is_one:
            return [Command(part, answer)]
        if not self._is_several(answer):
            return []
        things = [(slot.start, slot.end, slot.label or slot.name) for slot in answer.intents[0].slots]
        for lang in self.languages:
            parts = shared(part, things, lang)
            replaced = [] if parts or self._has_own_verb(part, lang) else alike(part, lang)
            found = [Command(each, self.ask(each.text)) for each in parts or replaced]
            is_understood = all(command.is_understood for command in found)  # else one may have no intent at all
            # Of "mute the big radio, uh no, the tv" the second says of nothing, or of "the big", that it is to be mute.
            names = not replaced or all(command.names_anew for command in found)
            if is_understood and names and len({command.kind for command in found}) == 1:
                return found
        return []

    def _has_own_verb(self, part: Part, lang: str) -> bool:
        """Say whether a piece after the first is a command as it stands, and needs no words of the first."""
        made = [part.part(place) for place in pieces(part.text, lang)]
        first, *others = (Command(each, self.ask(each.text)) for each in made if each is not None)
        return any(each.is_understood and not self._borrows(each, first) for each in others)

    def _borrows(self, later: Command, first: Command) -> bool:
        """Say whether one command only names things, and what to do with them says another before it."""
        return self._only_names(later) and not self._only_names(first)

    def _only_names(self, command: Command) -> bool:
        slots = [slot for intent in command.answer.intents for slot in intent.slots]
        things = [(slot.start, slot.end) for slot in slots if (slot.label or slot.name) in (self.names or {})]
        return any(only_names(command.part.text, things, lang) for lang in self.languages)


def merged(whole: Result, commands: Sequence[Command]) -> Result:
    """Return one result of several commands; what is neither intent nor domain is still said of the whole."""
    intents = tuple(
        replace(intent, slots=tuple(command.placed(slot) for slot in intent.slots))
        for command in commands
        for intent in command.answer.intents
    )
    domains = [command.answer.domain for command in commands if command.answer.domain]
    is_one = len({domain.label for domain in domains}) == 1
    note = next((command.answer.reason for command in commands if command.answer.reason), None)
    return replace(whole, intents=intents, domain=domains[0] if is_one else None, rejected=False, reason=note)
