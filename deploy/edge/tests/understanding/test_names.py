from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.edge.tests.tiny_bundle import Recipe
from trunkline_edge.errors import NamesRefused
from trunkline_edge.understanding.decode import DecodedSpan
from trunkline_edge.understanding.names import EXACT, MAX_CANDIDATES, MISSPELT, Entry, Lexicon, Names
from trunkline_edge.understanding.result import Result, Slot
from trunkline_edge.understanding.session import Runtime, open_folder
from trunkline_edge.understanding.slots import fill_slots, identify, prefer_names
from trunkline_edge.understanding.text import split_words
from trunkline_edge.understanding.values.reader import Rule, ValueReader, rules_to_bytes

HOME = Names(
    {
        "area": (
            Entry("kitchen", ("Kitchen", "the galley"), "ground"),
            Entry("living", ("Living Room",), "ground"),
            Entry("bed", ("Bedroom",), "upper"),
        ),
        "floor": (Entry("ground", ("Ground Floor",)), Entry("upper", ("Upstairs",))),
        "entity": (
            Entry("light.kitchen", ("Kitchen Light",), "kitchen"),
            Entry("light.lamp_1", ("Lamp", "Reading Lamp"), "living"),
            Entry("light.lamp_2", ("Lamp",), "bed"),
            Entry("tv.2", ("TV 2",)),
            Entry("vacuum.clipy", ("Clipy",)),
            Entry("light.lena", ("Lena's lamp",)),
            Entry("light.ceiling", ("Big Ceiling Chandelier",)),
        ),
    }
)
LISTS = ("area", "entity", "floor")
LEXICON = Lexicon(HOME, LISTS)
WORDS = ("kitchen", "light", "lamp", "room", "living", "the", "tv", "two", "bed")


def forms(text: str) -> list[str]:
    return [word.form for word in split_words(text)]


def known(text: str) -> dict[str, list[float]]:
    return {form: row.tolist() for form, row in zip(forms(text), LEXICON.tensor(forms(text)), strict=True) if row.any()}


def test_the_words_of_known_names_are_marked_in_their_lists() -> None:
    assert known("turn on the kitchen light please") == {
        "kitchen": [EXACT, 0, EXACT, 0, 0, 0],
        "light": [0, 0, 0, EXACT, 0, 0],
    }
    assert known("kitchen lights") == {"kitchen": [EXACT, 0, 0, 0, 0, 0]}  # several are not the one of that name
    assert known("livng room") == {"livng": [MISSPELT, 0, 0, 0, 0, 0], "room": [0, MISSPELT, 0, 0, 0, 0]}
    assert known("living") == {}  # half of a name is none


@pytest.mark.parametrize(
    ("list_name", "text", "said", "found"),
    [
        ("entity", "kitchen light", [], "light.kitchen"),
        ("entity", "the kitchen lights", [], "light.kitchen"),
        ("entity", "kichen ligth", [], "light.kitchen"),
        ("entity", "clippy", [], "vacuum.clipy"),
        ("entity", "tv two", [], "tv.2"),
        ("entity", "lenas lamp", [], "light.lena"),
        ("entity", "lena's lamp", [], "light.lena"),
        ("area", "bed room", [], "bed"),
        ("area", "livingroom", [], "living"),
        ("area", "galley", [], "kitchen"),
        ("entity", "reading lamp", [], "light.lamp_1"),
        ("entity", "lamp", ["bed"], "light.lamp_2"),
        ("entity", "readng lmp", [], "light.lamp_1"),
        ("entity", "bog ceiling chandelier", [], "light.ceiling"),
        ("area", "living room", ["light.lamp_1"], "living"),  # a lamp is no place
        ("area", "kitchen", ["upper"], None),
        ("entity", "lamp", ["upper"], "light.lamp_2"),
        ("entity", "ceiling chandelier", [], "light.ceiling"),
        ("entity", "kitchen light", ["bed"], None),  # not in that room
        ("entity", "lamp", [], None),
        ("entity", "toaster", [], None),
        ("entity", "kitchen", [], "light.kitchen"),
        ("floor", "kitchen", [], None),
        ("entity", "", [], None),
    ],
)
def test_a_span_is_one_thing_or_none(list_name: str, text: str, said: list[str], found: str | None) -> None:
    entry = LEXICON.resolve(list_name, text, said).entry
    assert (entry and entry.id) == found


def test_a_number_is_no_word_like_others() -> None:
    rooms = (Entry("bed", ("Bedroom",)), Entry("bed2", ("Bedroom 2",)), Entry("guest", ("Guest Room 4",)))
    lexicon = Lexicon(Names({"area": rooms}), ("area",))

    def found(text: str) -> str | None:
        entry = lexicon.resolve("area", text).entry
        return entry and entry.id

    assert [found(text) for text in ("bedroom", "bedroom two", "bedroom three", "guest room")] == [
        "bed",
        "bed2",
        None,
        "guest",
    ]


@pytest.mark.parametrize("name", ["रसोई", "சமையலறை", "غُرْفَة", "İstanbul"])
def test_vowels_that_are_marks_belong_to_their_word(name: str) -> None:
    names = Names.from_bytes(json.dumps({"area": [{"id": "a", "names": [name, f"{name} 2"]}]}).encode())
    lexicon = Lexicon(names, ("area",))
    found = lexicon.resolve("area", name).entry
    assert found is not None
    assert [match.entry.id for match in lexicon.matches([word.form for word in split_words(name)])] == ["a"]


def test_where_it_could_be_several_all_are_told() -> None:
    assert LEXICON.resolve("entity", "the lamp").candidates == ("light.lamp_1", "light.lamp_2")


def test_a_span_is_the_same_thing_in_every_process() -> None:
    script = """if True:
        from trunkline_edge.understanding.names import Entry, Lexicon, Names
        names = Names({"entity": (Entry("a", ("Camila's Air Conditioner",)), Entry("b", ("Driveway Night Light",)))})
        print(Lexicon(names, ["entity"]).resolve("entity", "driveway air conditioner").entry)
    """
    said = {
        subprocess.check_output([sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in ("1", "2", "3")  # in each of them sets have another order
    }
    assert len(said) == 1


@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(tuple), max_size=5, unique=True),
    st.lists(st.sampled_from(WORDS), max_size=8),
)
def test_exactly_the_known_names_are_found(names: list[tuple[str, ...]], said: list[str]) -> None:
    lexicon = Lexicon(Names({"entity": tuple(Entry(" ".join(name), (" ".join(name),)) for name in names)}), ["entity"])
    # The matcher's own view of words: no leading article, one form for "two" and "2"; no joined words among `WORDS`.
    bare = {name[next((i for i, word in enumerate(name) if word != "the"), len(name) - 1) :] for name in names}
    expected = {
        (start, start + len(name) - 1)
        for name in bare
        for start in range(len(said))
        if tuple(said[start:][: len(name)]) == name
    }
    assert {(match.first, match.last) for match in lexicon.matches(said) if not match.slips} == expected


@given(
    st.sampled_from(["area", "entity", "floor"]), st.lists(st.sampled_from([*WORDS, "ligth", "upstairs"]), max_size=4)
)
def test_a_resolved_id_is_in_the_list(list_name: str, words: list[str]) -> None:
    found = LEXICON.resolve(list_name, " ".join(words))
    ids = {entry.id for entry in HOME.lists[list_name]}
    assert found.entry is None or found.entry.id in ids
    assert set(found.candidates) <= ids


@given(st.text(max_size=200))
def test_any_text_is_looked_up_and_nothing_breaks(text: str) -> None:
    assert LEXICON.tensor(forms(text)).shape == (len(forms(text)), 6)
    LEXICON.resolve("entity", text)


def test_a_names_file_is_read_as_it_was_written() -> None:
    assert Names.from_bytes(HOME.to_bytes()) == HOME


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "expected an object of lists"),
        ({"area": {}}, "area: expected a list"),
        ({"area": ["kitchen"]}, r"area\[0\]: expected"),
        ({"area": [{"id": "", "names": ["a"]}]}, r"area\[0\].id: expected a text"),
        ({"area": [{"id": "a", "names": []}]}, r"area\[0\].names: expected a list"),
        ({"area": [{"id": "a", "names": ["x" * 101]}]}, "expected texts of 1 to 100 characters"),
        ({"area": [{"id": "a", "names": ["!"]}]}, "has no word in it"),
        ({"area": [{"id": "a", "names": ["a"], "in": 3}]}, r"area\[0\].in: expected the id"),
        ({"area": [{"id": "a", "names": ["a"], "room": "b"}]}, r"expected \{id, names, in\}"),
        ({"area": [{"id": "a", "names": ["a"]}, {"id": "a", "names": ["b"]}]}, "'a' is there twice"),
        ({"area": [{"id": str(i), "names": ["a"]} for i in range(10_001)]}, "10,001 names; at most 10,000"),
    ],
)
def test_a_file_that_is_none_is_refused_saying_where(value: Any, message: str) -> None:
    with pytest.raises(NamesRefused, match=message):
        Names.from_bytes(json.dumps(value).encode())


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("named")
    Recipe(reads_names=True, values=rules_to_bytes({"room": Rule("text", "room")}, [])).write(folder)
    return folder


@pytest.fixture(scope="module")
def runtime(named: Path) -> Runtime:
    return open_folder(named)


def answer(runtime: Runtime, text: str) -> Result:
    return runtime.parse(text)


def test_what_a_device_knows_by_name_is_understood_and_has_its_id(runtime: Runtime) -> None:
    runtime.know(Names({}))
    assert answer(runtime, "turn clippy on").intents[0].slots == ()
    runtime.know(HOME)
    (slot,) = answer(runtime, "turn clippy on").intents[0].slots
    assert (slot.name, slot.raw, slot.value, slot.id) == ("device", "clippy", "Clipy", "vacuum.clipy")
    assert slot.to_json()["id"] == "vacuum.clipy"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("turn on the kitchen light", [("device", "Kitchen Light", "light.kitchen")]),
        ("turn on the kitchen lights", [("room", "Kitchen", "kitchen")]),  # all of them
        ("turn on the kitchen lamp", [("room", "Kitchen", "kitchen"), ("device", "lamp", None)]),
    ],
)
def test_a_room_in_the_name_of_a_thing_is_that_thing(text: str, found: list[tuple[str, str, str | None]]) -> None:
    spans = [DecodedSpan(text.index("kitchen"), text.index("kitchen") + 7, "room", 0.9)]
    if "lamp" in text:
        spans.append(DecodedSpan(text.index("lamp"), text.index("lamp") + 4, "device", 0.9))
    lists = {"device": "entity", "room": "area"}
    wide = prefer_names(spans, text, split_words(text), lists, LEXICON.matches(forms(text)))
    slots = identify(fill_slots(wide, text, None, None), lists, LEXICON)
    assert [(slot.name, slot.value, slot.id) for slot in slots] == found


@pytest.mark.parametrize(
    ("said", "value", "found"),
    [
        (["reading light"], "Reading Light", "light.lamp_study"),  # "Lamp" would be any of four
        (["lamp", "hall"], "Lamp", "light.lamp_hall"),  # it has no name of its own
        (["porch light"], "Porch", "light.porch"),  # twice its own
        (["garage"], "Garage Lamp", "light.garage"),
    ],
)
def test_a_thing_is_told_by_its_first_name_that_no_other_has(said: list[str], value: str, found: str) -> None:
    things = (
        Entry("light.lamp_living", ("Lamp", "Sofa Lamp"), "den"),
        Entry("light.lamp_study", ("Lamp", "Reading Light"), "den"),
        Entry("light.lamp_hall", ("Lamp",), "hall"),
        Entry("light.porch", ("Porch", "Porch Light", "porch"), "den"),
        Entry("light.garage", ("LAMP", "Garage Lamp", "Lamp", "Garage"), "den"),
    )
    home = Names({"entity": things, "area": (Entry("hall", ("Hall", "Reading Light")), Entry("den", ("Den",)))})
    labels = ("device", "room")
    slots = [Slot(label, raw, raw, 0, len(raw), 0.9) for label, raw in zip(labels, said, strict=False)]
    slot, *_ = identify(slots, {"device": "entity", "room": "area"}, Lexicon(home, LISTS))
    assert (slot.value, slot.id) == (value, found)


@pytest.mark.parametrize(
    ("text", "spans", "found"),
    [
        ("lift the left blind", [("left blind", "kind")], [("left blind", "device")]),  # a blind, but this one
        ("lift the kitchen light", [("kitchen", "room"), ("light", "kind")], [("kitchen light", "device")]),
        ("lift the left blind", [("left blind", "room")], [("left blind", "device")]),
        ("lift the left blind", [("blind", "device")], [("left blind", "device")]),
        ("lift the bedroom", [("bedroom", "room")], [("bedroom", "room")]),  # the net decides which of two
        ("say left blind up", [("left blind up", "message")], [("left blind up", "message")]),
        ("say left blind", [("left blind", "message")], [("left blind", "message")]),
        ("start the kitchen timer", [("kitchen", "title")], [("kitchen", "room")]),
        (
            "lift left blind bedroom",
            [("left blind bedroom", "device")],
            [("left blind", "device"), ("bedroom", "device")],
        ),
        ("lift left blind hall", [("left blind hall", "device")], [("left blind hall", "device")]),  # no two names
    ],
)
def test_a_known_name_takes_the_place_of_its_parts(
    text: str, spans: list[tuple[str, str]], found: list[tuple[str, str]]
) -> None:
    more = (Entry("cover.left", ("Left Blind",)), Entry("media.bed", ("Bedroom",)))
    lexicon = Lexicon(Names({**HOME.lists, "entity": (*HOME.lists["entity"], *more)}), LISTS)
    kinds = {"kind": Rule("list", "kind", words={"blind": "blind", "light": "light"})}
    values = ValueReader(("en",), kinds, shapes={"start": [["room"], ["title"]], "say": [["message"]]})
    given_spans = [DecodedSpan(text.index(said), text.index(said) + len(said), label, 0.9) for said, label in spans]
    lists = {"device": "entity", "room": "area"}
    wide = prefer_names(
        given_spans, text, split_words(text), lists, lexicon.matches(forms(text)), values, text.split()[0]
    )
    assert [(text[span.start : span.end], span.label) for span in wide] == found


def test_where_labels_share_a_list_the_net_says_which_is_meant() -> None:
    """A known name was whatever the last label of its list is."""
    lists = {"album": "entity", "track": "entity"}
    for text, spans, found in (
        ("play clipy", [("clipy", "album")], [("clipy", "album")]),
        ("play the kitchen light", [("light", "album")], [("kitchen light", "album")]),
        ("play clipy", [], []),  # it may be either
    ):
        given_spans = [DecodedSpan(text.index(said), text.index(said) + len(said), label, 0.9) for said, label in spans]
        chosen = prefer_names(given_spans, text, split_words(text), lists, LEXICON.matches(forms(text)))
        assert [(text[span.start : span.end], span.label) for span in chosen] == found


def test_a_known_name_that_was_overlooked_gets_a_span_where_no_other_thing_is_spoken_of() -> None:
    lists = {"device": "entity", "room": "area"}
    for text, spans, found in (
        ("where is clipy", [], ["clipy"]),
        ("start clipy and the lamp", [DecodedSpan(20, 24, "device", 0.9)], ["lamp"]),
        ("where is clippy", [], []),  # misspelt: it may be another word
    ):
        chosen = prefer_names(spans, text, split_words(text), lists, LEXICON.matches(forms(text)))
        assert [text[span.start : span.end] for span in chosen] == found


def test_names_restrict_each_other_in_one_command(runtime: Runtime) -> None:
    runtime.know(HOME)
    lamp, room = answer(runtime, "turn on the lamp in the bedroom").intents[0].slots
    assert (lamp.id, room.id) == ("light.lamp_2", "bed")
    (lamp,) = answer(runtime, "turn on the lamp").intents[0].slots
    assert (lamp.id, lamp.candidates) == (None, ("light.lamp_1", "light.lamp_2"))
    assert lamp.to_json()["id"] is None


@given(words=st.lists(st.sampled_from(["turn", "on", "off", "rain", "fan", "guest", "room", "7"]), max_size=10))
def test_names_change_only_what_they_touch(runtime: Runtime, words: list[str]) -> None:
    text = " ".join(words)
    runtime.know(Names({}))
    before = answer(runtime, text).to_line()
    runtime.know(Names({"entity": (Entry("vacuum.clipy", ("Clipy",)),), "area": (Entry("kitchen", ("Kitchen",)),)}))
    assert answer(runtime, text).to_line() == before


def test_a_result_with_ids_is_read_as_it_was_written(runtime: Runtime) -> None:
    runtime.know(HOME)
    for text in ("turn on the lamp in the bedroom", "turn on the lamp", "turn clipy on"):
        result = answer(runtime, text)
        assert Result.from_json(result.to_json(timing=True)).to_json() == result.to_json()


def test_zeros_are_given_where_nothing_is_known() -> None:
    assert not np.any(Lexicon(Names({}), LISTS).tensor(forms("kitchen light")))


# many things of one name


def house_of_lamps(count: int) -> Lexicon:
    rooms = tuple(Entry(f"room.{i}", (f"Room {i}",)) for i in range(count))
    lamps = tuple(Entry(f"light.{i}", ("Lamp",), f"room.{i}") for i in range(count))
    lights = (Entry("group.lamps", ("Lamps",), "room.0"),)
    return Lexicon(Names({"area": rooms, "entity": (*lamps, *lights)}), LISTS)


def test_an_answer_takes_no_longer_where_thousands_of_things_have_one_name() -> None:
    words = forms("turn on " + "lamp " * 100)
    found = list(house_of_lamps(3_000).matches(words))
    assert {(match.first, match.last) for match in found} == {(at, at) for at in range(2, 102)}
    assert len(found) <= 20 * 100
    assert np.array_equal(house_of_lamps(3_000).tensor(words), house_of_lamps(1).tensor(words))


def test_of_thousands_of_things_of_one_name_the_one_in_the_room_is_meant_and_the_plural_is_found() -> None:
    house = house_of_lamps(3_000)
    assert house.resolve("entity", "the lamp", ["room.2999"]).entry == Entry("light.2999", ("Lamp",), "room.2999")
    assert len(house.resolve("entity", "the lamp").candidates) == MAX_CANDIDATES
    assert [match.entry.id for match in house.matches(["lamps"])] == ["group.lamps"]
