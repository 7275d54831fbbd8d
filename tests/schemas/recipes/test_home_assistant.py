"""The recipe `home-assistant`: the promises its rows keep, checked on rows of its own and by hassil itself."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hassil import Intents, recognize_best
from hassil.intents import SlotList, TextSlotList
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.recipes import RECIPES
from schemas.recipes.home_assistant import HomeAssistantOptions, home_assistant_rows
from schemas.recipes.languages import VOCABULARIES
from schemas.recipes.names import SPLITS, pool, split_of
from schemas.recipes.templates import load_intents
from schemas.spec.load import load_spec
from trunkline_edge.services.home_assistant import HomeAssistantNames
from trunkline_edge.understanding.result import unspoken_slots
from trunkline_edge.understanding.text import split_words

Row = dict[str, Any]

# slots that name something of a home or are free text; the values of all others belong to the language
OPEN_SLOTS = {"area", "floor", "name", "timer_name", "item", "message", "search_query", "conversation_command"}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(home_assistant_rows(HomeAssistantOptions(rows=12_000)))


def _values(row: Row) -> list[tuple[str, str]]:
    return [(span["label"], row["text"][span["start"] : span["end"]]) for span in row["labels"]["slots"]]


def _plain_words(text: str) -> list[str]:
    return text.casefold().replace("'s", "").rstrip(".?").split()


def _assert_spans_hold(row: Row) -> None:
    spans = row["labels"]["slots"]
    for span in spans:
        value = row["text"][span["start"] : span["end"]]
        assert 0 <= span["start"] < span["end"] <= len(row["text"]), row
        assert value == value.strip(), row
    assert all(before["end"] <= after["start"] for before, after in pairwise(spans)), row


def _meanings(row: Row) -> list[tuple[str, Any]]:
    """Slot and value of each span, as hassil has them."""
    roles = {"volume_step_up": "volume_step", "volume_step_down": "volume_step", "timer_name": "name", "zone": "state"}
    said = [(span, row["text"][span["start"] : span["end"]]) for span in row["labels"]["slots"]]
    meant = [(roles.get(span["label"], span["label"]), _plain(span.get("value", text))) for span, text in said]
    return sorted(meant, key=str)


def _plain(value: Any) -> Any:
    # hassil keeps numbers by their range, and forgets there which of two equal ranges counts down.
    return value.strip().casefold() if isinstance(value, str) else abs(float(value))


def _hassil_reading(row: Row, intents: Intents) -> tuple[str, list[tuple[str, Any]], list[tuple[str, str]]] | None:
    """What hassil reads in the text, in the home of which the row speaks, standing in some room."""
    labels = row["labels"]
    names: dict[str, list[Any]] = {"area": [], "floor": [], "name": []}
    for label, value in _values(row):
        if label == "name" and labels["domain"] != "timer":  # a timer's name is free text
            names["name"].append((value, value, {"domain": labels["domain"]}))
        elif label in names:
            names[label].append((value, value))
    lists: dict[str, SlotList] = {
        label: TextSlotList.from_tuples(values, allow_template=False) for label, values in names.items()
    }
    result = recognize_best(
        row["text"], intents, slot_lists=lists, intent_context={"area": "some room"}, best_slot_name="name"
    )
    if result is None:
        return None
    heard = [(entity.name, _plain(entity.value)) for entity in result.entities_list if entity.text]
    unsaid = [(entity.name, str(entity.value)) for entity in result.entities_list if not entity.text]
    return result.intent.name, sorted(heard, key=str), [each for each in unsaid if each[0] != "area"]


def test_equal_options_give_equal_rows_and_another_seed_gives_others() -> None:
    first, again, other = (list(home_assistant_rows(HomeAssistantOptions(rows=400, seed=seed))) for seed in (3, 3, 4))
    assert first == again
    assert {row["text"] for row in first} != {row["text"] for row in other}


def test_rows_are_the_same_in_another_process() -> None:
    script = (
        "import hashlib, json; from schemas.recipes.home_assistant import *;"
        "rows = list(home_assistant_rows(HomeAssistantOptions(rows=200)));"
        "print(hashlib.sha256(json.dumps(rows).encode()).hexdigest())"
    )
    digests = {
        subprocess.run([sys.executable, "-c", script], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
                       check=True, capture_output=True, text=True).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(digests) == 1


def test_importing_the_recipes_does_not_load_hassil() -> None:
    script = (
        "import sys, schemas.recipes; "
        "sys.exit(any(name.startswith(('hassil', 'home_assistant_intents')) for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": ":".join(sys.path)}, check=True)


def test_the_registry_makes_rows_from_plain_options() -> None:
    recipe = RECIPES["home-assistant"]
    assert len(list(recipe.rows(recipe.options.model_validate({"rows": 50})))) == 50


def test_rows_follow_the_contract(rows: list[Row]) -> None:
    assert len(rows) == 12_000
    assert len({row["id"] for row in rows}) == len(rows)
    assert rows[0]["id"] == "ha-en-train-000001"
    assert Counter(row["split"] for row in rows) == {"train": 9_600, "valid": 960, "test": 1_440}
    for row in rows:
        assert (row["source"], row["lang"]) == ("home-assistant", "en")
        assert row["labels"]["intent"].startswith("Hass")
        assert row["labels"]["domain"]
        assert 1 <= len(row["text"]) <= 512
        assert row["text"] == " ".join(row["text"].split())


def test_spans_lie_in_the_text_in_order_and_without_touching_its_spaces(rows: list[Row]) -> None:
    for row in rows:
        _assert_spans_hold(row)
    assert {"area", "floor", "name", "brightness", "color", "temperature", "item"} <= {
        label for row in rows for label, _ in _values(row)
    }


def test_no_text_occurs_twice_letter_case_and_full_stops_aside(rows: list[Row]) -> None:
    assert len({row["text"].rstrip(".?").casefold() for row in rows}) == len(rows)


def test_no_name_or_free_text_occurs_in_two_splits(rows: list[Row]) -> None:
    homes: dict[str, set[str]] = {"train": set(), "valid": set(), "test": set()}
    for row in rows:
        homes[row["split"]] |= {value.casefold() for label, value in _values(row) if label in OPEN_SLOTS}
    assert all(len(names) > 300 for names in homes.values())
    assert not homes["train"] & homes["valid"]
    assert not homes["train"] & homes["test"]
    assert not homes["valid"] & homes["test"]
    assert all(split_of(name) == split for split, names in homes.items() for name in names)


def test_every_intent_of_the_language_has_rows_and_those_with_names_have_at_least_eighty(rows: list[Row]) -> None:
    counts = Counter(row["labels"]["intent"] for row in rows if row["split"] == "train")
    assert set(counts) == set(load_intents("en")["intents"])
    with_names = {row["labels"]["intent"] for row in rows for label, _ in _values(row) if label in OPEN_SLOTS}
    assert min(counts[intent] for intent in with_names) >= 80
    assert min(counts.values()) >= 8  # "never mind" has few wordings


@pytest.mark.parametrize(("language", "n_rows"), [("en", 300), ("de", 60), ("zh-CN", 60)])
def test_hassil_reads_the_same_intent_slots_and_values(language: str, n_rows: int) -> None:
    intents = Intents.from_dict(load_intents(language))
    sample = Random(11).sample(list(home_assistant_rows(HomeAssistantOptions(language=language, rows=2_000))), n_rows)
    readings = [_hassil_reading(row, intents) for row in sample]
    misread = [
        (row["text"], row["labels"]["intent"], reading)
        for row, reading in zip(sample, readings, strict=True)
        if reading is None or reading[0] != row["labels"]["intent"]
    ]
    assert len(misread) <= 0.02 * len(sample), misread
    same_slots = sum(
        reading is not None and reading[1] == _meanings(row) for row, reading in zip(sample, readings, strict=True)
    )
    assert same_slots >= 0.97 * len(sample)
    same_unsaid = sum(
        reading is not None and dict(reading[2]) == unspoken_slots(row["labels"]["unspoken"])
        for row, reading in zip(sample, readings, strict=True)
    )
    assert same_unsaid >= 0.97 * len(sample)


def test_a_name_tells_its_domain_unless_it_is_a_nickname(rows: list[Row]) -> None:
    nicknames = {name for split in SPLITS for names in pool("nickname", split).patterns for name in names}
    domains: dict[str, set[str]] = {}
    for row in rows:
        for label, value in _values(row):
            if (
                label == "name"
                and row["labels"]["domain"] not in ("timer", "todo")
                and value.casefold() not in nicknames
            ):
                domains.setdefault(value.casefold(), set()).add(row["labels"]["domain"])
    assert {name: found for name, found in domains.items() if len(found) > 1} == {}


def test_a_quarter_of_the_test_names_has_a_word_that_train_never_says(rows: list[Row]) -> None:
    train_words = {word for row in rows if row["split"] == "train" for word in _plain_words(row["text"])}
    names = {value for row in rows if row["split"] == "test" for label, value in _values(row) if label in OPEN_SLOTS}
    strange = [name for name in names if not train_words.issuperset(_plain_words(name))]
    assert len(strange) >= 0.25 * len(names)


def test_what_everybody_says_is_in_train() -> None:
    assert {split_of(name) for name in ("kitchen", "Guest room", "tv", "upstairs", "milk", "home")} == {"train"}


@pytest.mark.parametrize("language", ["de", "fr", "ja", "hi"])
def test_other_languages_yield_rows_with_valid_spans(language: str) -> None:
    rows = list(home_assistant_rows(HomeAssistantOptions(language=language, rows=300)))
    assert len(rows) == 300
    for row in rows:
        assert row["lang"] == language
        _assert_spans_hold(row)


@pytest.mark.parametrize("language", ["de", "nl", "hu", "ja", "ne"])
def test_a_span_has_whole_words_though_templates_put_endings_behind_names(language: str) -> None:
    for row in home_assistant_rows(HomeAssistantOptions(language=language, rows=300)):
        words = split_words(row["text"])
        begins, ends = {word.start for word in words}, {word.end for word in words}
        assert all(span["start"] in begins and span["end"] in ends for span in row["labels"]["slots"]), row


def test_several_languages_have_as_many_rows_each_no_text_in_common_and_english_as_it_is_alone() -> None:
    asked = {"rows": 200, "outside_share": 0.1, "several_share": 0.1, "corrected_share": 0.1}
    english, both = (
        list(home_assistant_rows(HomeAssistantOptions(**asked, languages=languages)))  # type: ignore[arg-type]
        for languages in ((), ("en", "de"))
    )
    assert both[:200] == english
    assert Counter(row["lang"] for row in both) == {"en": 200, "de": 200}
    assert len({row["text"].casefold().rstrip(".?") for row in both}) == 400
    german = Counter(row["labels"]["intent"] for row in both[200:])
    assert german["several"] == german["oos"] == 20
    for row in both:
        _assert_spans_hold(row)


@pytest.mark.parametrize("language", VOCABULARIES)
def test_homes_of_a_language_have_names_of_its_own_divided_as_all_names_are(language: str) -> None:
    own = {name for names in VOCABULARIES[language].things.values() for name in names}
    found: dict[str, set[str]] = {split: set() for split in SPLITS}
    for row in home_assistant_rows(HomeAssistantOptions(language=language, rows=300, test_share=0.3)):
        for span in row["labels"]["slots"]:
            if span["label"] in ("name", "area", "floor", "item"):
                found[row["split"]].add(row["text"][span["start"] : span["end"]].casefold())
    for split in SPLITS:
        assert sum(any(name.startswith(thing) for thing in own) for name in found[split]) > 0.3 * len(found[split])
    assert not found["test"] & found["train"]


def test_the_kind_of_things_is_never_a_span() -> None:
    for row in home_assistant_rows(HomeAssistantOptions(language="de", rows=300)):
        assert "domain" not in {span["label"] for span in row["labels"]["slots"]}


def test_an_unknown_language_is_refused_with_the_nearest_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'pt_br'.*did you mean pt-BR"):
        next(home_assistant_rows(HomeAssistantOptions(language="pt_br")))


def test_options_refuse_unknown_keys_changes_and_shares_that_leave_no_train_rows() -> None:
    with pytest.raises(ValidationError, match="langauge"):
        HomeAssistantOptions.model_validate({"langauge": "en"})
    with pytest.raises(ValidationError, match="frozen"):
        HomeAssistantOptions().__setattr__("rows", 5)
    with pytest.raises(ValidationError, match="must be below 1"):
        HomeAssistantOptions(valid_share=0.5, test_share=0.5)


def test_an_intent_that_runs_out_of_wordings_leaves_its_rows_to_the_others() -> None:
    # "never mind" and "hello" have a few dozen texts; all of them are soon said
    rows = list(home_assistant_rows(HomeAssistantOptions(rows=6_000, valid_share=0, test_share=0)))
    counts = Counter(row["labels"]["intent"] for row in rows)
    assert len(rows) == 6_000
    assert counts["HassNevermind"] < 40 < counts["HassShoppingListAddItem"]


def test_a_split_without_a_share_has_no_rows() -> None:
    rows = list(home_assistant_rows(HomeAssistantOptions(rows=1, valid_share=0, test_share=0)))
    assert [row["id"] for row in rows] == ["ha-en-train-000001"]


def test_lights_can_be_dimmed_though_home_assistant_has_no_such_wording(rows: list[Row]) -> None:
    assert any(row["text"].startswith("dim ") and row["labels"]["intent"] == "HassLightSet" for row in rows)


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32), language=st.sampled_from(["en", "de", "zh-CN"]))
def test_any_seed_keeps_the_promises(seed: int, language: str) -> None:
    rows = list(home_assistant_rows(HomeAssistantOptions(rows=60, seed=seed, language=language)))
    assert len(rows) == 60
    for row in rows:
        _assert_spans_hold(row)


def test_every_slot_has_a_name_that_the_service_gives_to_home_assistant(rows: list[Row]) -> None:
    names = HomeAssistantNames.read()
    labels = [row["labels"] for row in rows]
    assert {each["intent"] for each in labels} == set(names.intents)
    assert {each["domain"] for each in labels} == set(names.domains)
    values = load_spec(Path("specs/home.yaml")).heads["slots"].values
    slots = {label: rule.slot for label, rule in values.items() if rule.slot}
    assert {slots.get(span["label"], span["label"]) for each in labels for span in each["slots"]} == set(names.slots)
