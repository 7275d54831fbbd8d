from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.edge.tests.tiny_bundle import DOMAIN, FEATURIZER, INTENT, SLOTS, Recipe, slots
from trunkline_edge.understanding.parting import Parting
from trunkline_edge.understanding.result import SEVERAL, Intent, Result, Slot
from trunkline_edge.understanding.session import Runtime, open_folder


def commanding(tmp_path: Path, threshold: float = 0.9, **others: Any) -> Runtime:
    """A bundle that knows when it does not know, as a calibrated one does."""
    heads = (replace(INTENT, threshold=threshold, **others), DOMAIN, SLOTS)
    Recipe(heads=heads, manifest={"splits_commands": True}).write(tmp_path)
    return open_folder(tmp_path)


def several(tmp_path: Path, device: float = 20.0, **changes: Any) -> Runtime:
    """A bundle that takes many devices in few words for several commands; `device` is what one of them weighs."""
    weights = {"on": (4.0, 0.0, 0.0), "off": (0.0, 4.0, 0.0), "device": (0.0, 0.0, device)}
    bias = (0.2, 0.1, -1.5 * device)
    head = replace(INTENT, labels=("turn_on", "turn_off", "several"), weights=weights, bias=bias, threshold=0.7)
    changes = {"splits_commands": True, **changes}
    Recipe(heads=(head, DOMAIN, SLOTS), manifest=changes, reads_names=True).write(tmp_path)
    return open_folder(tmp_path)


@pytest.mark.parametrize("text", ["lamp fan on", "fan then lamp off"])
def test_two_things_of_one_command_are_never_halved(tmp_path: Path, text: str) -> None:
    result = several(tmp_path).parse(text)
    assert result.rejected or len(result.intents) == 2


def test_two_commands_are_answered_in_order_with_their_places(tmp_path: Path) -> None:
    result = commanding(tmp_path).parse("lamp on and fan off")
    assert [intent.name for intent in result.intents] == ["turn_on", "turn_off"]
    assert slots(result) == [("device", 0, 4, "lamp"), ("device", 12, 15, "fan")]
    assert (result.rejected, result.reason) == (False, None)
    assert result.domain is not None
    assert result.domain.label == "home"


@pytest.mark.parametrize("between", [" and ", " then ", ", and then ", " AND ALSO "])
def test_commands_are_parted_at_any_conjunction(tmp_path: Path, between: str) -> None:
    result = commanding(tmp_path).parse(f"lamp on{between}fan off{between}rain tomorrow")
    assert [intent.name for intent in result.intents] == ["turn_on", "turn_off", "weather"]
    assert [raw for *_, raw in slots(result)] == ["lamp", "fan"]
    assert result.domain is None  # home and sky


@pytest.mark.parametrize(
    "text",
    [
        "lamp and fan on",  # no command before the conjunction
        "turn on the lamp and the fan",  # none after it
        "lamp on and on",  # of one word
        "on on on and on on on",  # surer as a whole
        "and lamp on",
        "lamp on and",
    ],
)
def test_what_is_surer_as_a_whole_stays_whole(tmp_path: Path, text: str) -> None:
    assert len(commanding(tmp_path).parse(text).intents) == 1


@pytest.mark.parametrize(("sure", "asked"), [(0.95, ["lamp on"]), (0.5, ["lamp on", "fan off"])])
def test_what_a_way_that_cannot_win_ends_with_is_not_asked(sure: float, asked: list[str]) -> None:
    def answer(text: str, p: float) -> Result:
        return Result(text, "en", "", (Intent("turn_on", p, ()),), None, {}, False, None, 0.0, {})

    heard = []

    def ask(text: str) -> Result:
        heard.append(text)
        return answer(text, 0.9)

    found = Parting(ask, ["en"], None, knows_several=False).commands(answer("lamp on and fan off", sure))
    assert [command.part.text for command in found] == (asked if len(asked) > 1 else [])
    assert heard == asked


@pytest.mark.parametrize("manifest", [{}, {"splits_commands": True, "lang": "de"}], ids=["not told to", "no words"])
def test_nothing_is_parted_unless_the_manifest_says_so_in_a_language_with_conjunctions(
    tmp_path: Path, manifest: dict[str, Any]
) -> None:
    Recipe(heads=(replace(INTENT, threshold=0.9),), manifest=manifest).write(tmp_path)
    assert len(open_folder(tmp_path).parse("lamp on and fan off").intents) == 1


@pytest.mark.parametrize("between", ["and", "und dann", "en ook"])
def test_a_bundle_of_several_languages_parts_commands_in_each_and_says_which_it_knows(
    tmp_path: Path, between: str
) -> None:
    languages = {"lang": "mul", "languages": ("en", "de", "nl")}
    heads = (replace(INTENT, threshold=0.9),)
    Recipe(heads=heads, manifest={"splits_commands": True, **languages}).write(tmp_path)
    runtime = open_folder(tmp_path)
    result = runtime.parse(f"lamp on {between} fan off")
    assert [intent.name for intent in result.intents] == ["turn_on", "turn_off"]
    assert (result.lang, runtime.manifest.spoken) == ("mul", ("en", "de", "nl"))


def test_a_tale_of_conjunctions_is_one_utterance(tmp_path: Path) -> None:
    runtime = commanding(tmp_path)
    assert len(runtime.parse(" and ".join(["lamp on", "fan off"] * 3)).intents) == 1


def test_things_that_share_a_command_are_answered_in_their_places(tmp_path: Path) -> None:
    text = "on lamp and fan"
    result = several(tmp_path).parse(text)
    assert (result.rejected, result.reason) == (False, None)
    assert [intent.name for intent in result.intents] == ["turn_on", "turn_on"]
    assert [(text[start:end], raw) for _, start, end, raw in slots(result)] == [("lamp", "lamp"), ("fan", "fan")]


@pytest.mark.parametrize("text", ["lamp fan lamp fan on", "rain and lamp fan lamp on on", "lamp fan and fan fan"])
def test_several_commands_that_cannot_be_parted_are_rejected(tmp_path: Path, text: str) -> None:
    result = several(tmp_path).parse(text)
    assert (result.rejected, result.reason) == (True, "several commands, not all of them understood")


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("mute the radio and the tv", ["mute the radio", "mute the tv"]),
        ("mute it and that", ["mute it", "mute that"]),
        ("mute the radio, uh no, the tv", []),  # a correction; "uh no" names nothing
        ("mute the big old radio, uh no, the tv", []),  # nor does it with the "big" of what was said before
    ],
)
def test_what_takes_the_place_of_a_named_thing_names_one_too(text: str, commands: list[str]) -> None:
    def answer(part: str) -> Result:
        known = [thing for thing in ("radio", "tv") if thing in part] or ["big"]
        named = [(part.index(thing), thing) for thing in known if thing in part]
        found = [Slot("name", thing, thing, start, start + len(thing), 0.9) for start, thing in named]
        is_several = len(found) > 1 or part == text
        intent = Intent(SEVERAL if is_several else "mute", 0.95, tuple(found))
        return Result(part, "en", "", (intent,), None, {}, is_several or not part.startswith("mute"), None, 0.0, {})

    parting = Parting(answer, ["en"], None, knows_several=True)
    assert [command.part.text for command in parting.commands(answer(text))] == commands


@pytest.mark.parametrize(("p", "count"), [(0.92, 2), (0.88, 0)])
def test_a_command_that_is_but_likely_is_none_of_several(p: float, count: int) -> None:
    def answer(part: str) -> Result:
        is_several = "," in part
        intent = Intent(SEVERAL if is_several else "dock", p if part == "return my" else 0.95, ())
        return Result(part, "en", "", (intent,), None, {}, is_several, None, 0.0, {})

    parting = Parting(answer, ["en"], None, knows_several=True)
    assert len(parting.commands(answer("return my, put milk on the list"))) == count


def test_hesitations_alone_are_no_command(tmp_path: Path) -> None:
    runtime = several(tmp_path, featurizer=replace(FEATURIZER, skips=("um", "uh")))
    result = runtime.parse("um uh um and lamp fan")
    assert (result.rejected, result.reason) == (True, "several commands, not all of them understood")


def test_a_second_half_with_a_verb_of_its_own_takes_none_from_the_first(tmp_path: Path) -> None:
    """The net is surer of "off off off on fan" than of "on fan", and would turn off what shall be turned on."""
    result = several(tmp_path, device=40.0).parse("off off off off lamp and on fan")
    assert [intent.name for intent in result.intents] == ["turn_off", "turn_on"]
    assert [raw for *_, raw in slots(result)] == ["lamp", "fan"]


@pytest.mark.parametrize(
    ("lang", "text", "commands"),
    [
        ("en", "turn on the lamp in the hall and the lamp in the bath", [("on", "hall"), ("on", "bath")]),
        ("de", "schalte ein die lamp in dem hall und die lamp im bath", [("on", "hall"), ("on", "bath")]),
        ("fr", "allume bien la lamp dans l'hall et la lamp du bath", [("on", "hall"), ("on", "bath")]),
        ("es", "enciende ya la lamp en el hall y la lamp del bath", [("on", "hall"), ("on", "bath")]),
        ("nl", "schakel in de lamp in de hall en de lamp in de bath", [("on", "hall"), ("on", "bath")]),
        ("en", "turn on the lamp in the hall and the lamp in the bath off", [("on", "hall"), ("off", "bath")]),
        ("en", "the lamp in the hall and the lamp in the bath", [("off", "hall"), ("off", "bath")]),
        ("en", "turn on the lamp hall and the lamp in the bath please", []),  # no room for as many words
    ],
)
def test_what_only_names_a_thing_takes_its_verb_from_the_command_before(
    lang: str, text: str, commands: list[tuple[str, str]]
) -> None:
    """The net takes a thing alone for a command, to turn it off."""

    def answer(part: str) -> Result:
        named = [(part.index(thing), thing) for thing in ("lamp", "hall", "bath") if thing in part]
        found = [Slot("name", thing, thing, start, start + len(thing), 0.9) for start, thing in named]
        turns_on = part.split()[0] in ("turn", "schalte", "allume", "enciende", "schakel") and "off" not in part
        name = SEVERAL if part.count("lamp") > 1 else "on" if turns_on else "off"
        return Result(part, lang, "", (Intent(name, 0.95, tuple(found)),), None, {}, name == SEVERAL, None, 0.0, {})

    parting = Parting(answer, [lang], {"name": "entity"}, knows_several=False)
    found = [command.answer.intents[0] for command in parting.commands(answer(text))]
    assert [(intent.name, intent.slots[-1].raw) for intent in found] == commands
