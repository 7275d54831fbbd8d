"""Where an utterance falls into several commands: places that add up to what was said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline_edge.understanding.commands import MAX_PIECES, Part, alike, pieces, shared

WORDS = st.sampled_from(["turn", "off", "the", "lamp", "and", "fan,", "then", "in", "kitchen", "hall", "lights"])
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


def things(text: str, *said: str, label: str = "name") -> list[tuple[int, int, str]]:
    return [(text.index(each), text.index(each) + len(each), label) for each in said]


@pytest.mark.parametrize(
    ("text", "said", "commands"),
    [
        ("lamp the fan and tv off", ("lamp", "fan", "tv"), ["lamp off", "fan off", "tv off"]),
        ("lamp fan off and on", ("lamp", "fan"), []),  # nothing links the two
        ("turn off the lamp and the fan", ("lamp", "fan"), ["turn off the lamp", "turn off the fan"]),
        ("kitchen and hall lights to 20 %", ("kitchen", "hall"), ["kitchen lights to 20 %", "hall lights to 20 %"]),
        ("lamp, fan and tv off", ("lamp", "fan", "tv"), ["lamp off", "fan off", "tv off"]),
        (
            "close all in the den and also in the hall",
            ("den", "hall"),
            ["close all in the den", "close all in the hall"],
        ),
        ("turn off the lamp and open the door", ("lamp", "door"), []),  # another verb
        ("turn off the lamp the fan", ("lamp", "fan"), []),  # nothing between them
    ],
)
def test_things_that_share_a_command_get_one_each(text: str, said: tuple[str, ...], commands: list[str]) -> None:
    found = shared(Part.of(text, (0, len(text))), things(text, *said), "en")
    assert [part.text for part in found] == commands


def test_things_of_different_slots_or_in_two_groups_share_nothing() -> None:
    text = "lamp and fan on in den and hall"
    whole = Part.of(text, (0, len(text)))
    two = things(text, "lamp", "fan") + things(text, "den", "hall", label="area")
    assert shared(whole, two, "en") == []
    assert shared(whole, [*things(text, "lamp"), *things(text, "fan", label="area")], "en") == []
    assert shared(whole, things(text, "lamp", "fan"), "de") == []


@pytest.mark.parametrize(
    ("lang", "text", "said", "commands"),
    [
        ("de", "lampe und den lüfter aus", ("lampe", "lüfter"), ["lampe aus", "lüfter aus"]),
        ("fr", "éteins la lampe et l'enceinte", ("lampe", "enceinte"), ["éteins la lampe", "éteins la enceinte"]),
        ("es", "abre el toldo y el estor", ("toldo", "estor"), ["abre el toldo", "abre el estor"]),
        ("nl", "lamp en de ventilator uit", ("lamp", "ventilator"), ["lamp uit", "ventilator uit"]),
    ],
)
def test_other_languages_share_with_their_own_words(
    lang: str, text: str, said: tuple[str, ...], commands: list[str]
) -> None:
    found = shared(Part.of(text, (0, len(text))), things(text, *said), lang)
    assert [part.text for part in found] == commands


def test_more_things_than_commands_are_understood_share_nothing() -> None:
    text = " and ".join("uvwxyz"[: MAX_PIECES + 1]) + " off"
    assert shared(Part.of(text, (0, len(text))), things(text, *"uvwxyz"), "en") == []


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("turn off the lamp and the fan", ["turn off the lamp", "turn off the fan"]),
        ("turn off lamp and fan", ["turn off lamp", "turn off fan"]),
        ("fan and lamp", []),  # no verb to share
        ("lights off and then tv on too", []),  # more words than before the conjunction
        (
            "turn off the lamp, the fan and the tv",
            ["turn off the lamp", "turn off the fan", "turn off the tv"],
        ),
        ("please, turn off the lamp and the fan", ["please, turn off the lamp", "please, turn off the fan"]),
    ],
)
def test_a_half_without_a_verb_takes_that_of_the_other(text: str, commands: list[str]) -> None:
    assert [part.text for part in alike(Part.of(text, (0, len(text))), "en")] == commands


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lights on, door open and heat up", ["lights on", "door open", "heat up"]),
        ("lights on, and door open", ["lights on", "door open"]),  # one cut, with its comma
        ("lights, off and door open", ["lights, off", "door open"]),  # of one word
        ("lights on, door open", ["lights on", "door open"]),
        ("lights, off", ["lights, off"]),
        ("lights and doors, please", ["lights", "doors, please"]),
        ("spend 1,000 here and go there", ["spend 1,000 here", "go there"]),
        ("do a, do b, do c, do d, do e and do f", ["do a, do b, do c, do d, do e", "do f"]),  # more than `MAX_PIECES`
    ],
)
def test_commas_part_a_list(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in pieces(text, "en")] == found


@given(TEXTS, st.data())
def test_a_part_is_cut_from_the_utterance_where_it_says(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=4, max_size=4)))
    part = Part.of(text, (cuts[0], cuts[1]), (cuts[2], cuts[3]))
    start = data.draw(st.integers(0, len(part.text)))
    end = data.draw(st.integers(start, len(part.text)))
    found = part.find(start, end)
    assert found is None or text[slice(*found)] == part.text[start:end]
    inner = part.part((start, end))
    assert inner is None or "".join(text[a:b] for a, b in inner.places) == inner.text == part.text[start:end]
    assert (found is None) == (start < part.places[0][1] - part.places[0][0] < end and cuts[2] < cuts[3])
