from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from deploy.edge.tests.tiny_bundle import DOMAIN, HEADS, INTENT, SLOTS, TOPICS, Recipe
from deploy.evaluation.score import Measured, is_right_action, score_rows
from trunkline_edge.understanding.session import open_folder
from trunkline_edge.understanding.text import MAX_CHARACTERS
from trunkline_edge.understanding.values.reader import Rule, Unspoken, rules_to_bytes

if TYPE_CHECKING:
    from tests.deploy.conftest import Bench

TEXT = "fan off please"
RIGHT: dict[str, Any] = {
    "intent": "turn_off",
    "domain": "home",
    "slots": [{"start": 0, "end": 3, "label": "device"}],
    "topics": ["polite"],
    "urgency": 1.75,
}
WRONG: dict[str, Any] = {
    "intent": "turn_on",
    "domain": "sky",
    "slots": [{"start": 0, "end": 3, "label": "room"}],
    "topics": ["outside"],
    "urgency": 5.0,
}
TOO_LONG = "fan off please " * MAX_CHARACTERS


def primary(measured: Measured) -> dict[str, float]:
    return {name: head.primary for name, head in measured.scores.heads.items()}


def rows_of(measured: Measured) -> dict[str, list[int]]:
    return {name: head.rows.tolist() for name, head in measured.scores.heads.items()}


MANY = {"on": (4.0, 0.0, 0.0), "off": (0.0, 4.0, 0.0), "device": (0.0, 0.0, 20.0)}
"""Two devices are several commands."""


def test_right_answers_of_every_kind_score_one(bench: Bench) -> None:
    measured = score_rows(bench.runtime(), [bench.frame()])
    assert primary(measured) == pytest.approx({head.name: 1.0 for head in HEADS}, abs=0.02)
    assert measured.scores.sentence_accuracy == 1.0
    assert measured.scores.rows == 5


@pytest.mark.parametrize("head", [head.name for head in HEADS if head.kind != "score"])
def test_a_wrong_label_costs_its_head_and_no_other(bench: Bench, head: str) -> None:
    measured = score_rows(bench.runtime(), [bench.frame([(TEXT, RIGHT | {head: WRONG[head]})])])
    for name, score in measured.scores.heads.items():
        if name != "urgency":  # one row has no spread
            assert score.primary == (0.0 if name == head else 1.0)
    assert measured.scores.sentence_accuracy == 0.0


def test_the_number_of_a_score_head_is_compared_as_it_stands(bench: Bench) -> None:
    runtime = bench.runtime()
    found = runtime.parse(TEXT).heads["urgency"]
    measured = score_rows(runtime, [bench.frame([(TEXT, {"urgency": found + 0.5}), (TEXT, {"urgency": found - 0.5})])])
    assert measured.scores.heads["urgency"].metrics == pytest.approx({"r2": 0.0, "rmse": 0.5})


def test_rows_without_a_label_do_not_count(bench: Bench) -> None:
    measured = score_rows(bench.runtime(), [bench.frame()])
    assert rows_of(measured) == {
        "intent": [0, 1, 2, 3, 4],
        "domain": [0, 2, 3],
        "slots": [0, 1, 2, 3],
        "topics": [0, 1, 3],
        "urgency": [1, 3, 4],
    }


def test_a_head_that_the_rows_do_not_know_has_no_rows(bench: Bench) -> None:
    frame = bench.frame([(TEXT, RIGHT)], kinds={"intent": "class"})
    measured = score_rows(bench.runtime(), [frame])
    assert rows_of(measured) == {"intent": [0], "domain": [], "slots": [], "topics": [], "urgency": []}


def test_an_empty_list_is_a_label_and_null_is_none(bench: Bench) -> None:
    rows = [("rain", {"slots": [], "topics": ["outside"]}), ("lamp", {"slots": [], "topics": None})]
    heads = score_rows(bench.runtime(), [bench.frame(rows)]).scores.heads
    assert heads["slots"].correct.tolist() == [True, False]
    assert heads["topics"].rows.tolist() == [0]


@pytest.mark.parametrize("labels", [RIGHT, RIGHT | {"slots": [], "topics": []}], ids=["something", "nothing"])
def test_an_utterance_that_the_device_refuses_counts_as_wrong(bench: Bench, labels: dict[str, Any]) -> None:
    rows = [(TOO_LONG, labels), (TEXT, RIGHT)]
    measured = score_rows(bench.runtime(), [bench.frame(rows)])
    for name in ("intent", "domain", "slots", "topics"):
        assert measured.scores.heads[name].correct.tolist() == [False, True]
    assert measured.scores.sentence_accuracy == 0.5
    assert measured.scores.heads["intent"].confusion == {("turn_off", ""): 1, ("turn_off", "turn_off"): 1}


def test_an_utterance_without_words_counts_as_wrong(bench: Bench) -> None:
    measured = score_rows(bench.runtime(), [bench.frame([("\u200b", RIGHT)])])
    assert measured.scores.sentence_accuracy == 0.0
    assert all(not head.correct.any() for head in measured.scores.heads.values())


def test_slots_are_scored_with_and_without_an_intent_head(bench: Bench) -> None:
    for heads in ((INTENT, SLOTS), (SLOTS,), (replace(INTENT, name="act"), SLOTS)):
        measured = score_rows(bench.runtime(*heads), [bench.frame()])
        assert measured.scores.heads["slots"].primary == 1.0


@pytest.mark.parametrize("name", ["intent", "domain", "slots", "mood"])
@pytest.mark.parametrize("head", [DOMAIN, SLOTS, TOPICS], ids=lambda head: head.kind)
def test_a_head_of_any_kind_may_have_any_name(bench: Bench, head: Any, name: str) -> None:
    beside = INTENT if name != "intent" else replace(INTENT, name="other")
    runtime = bench.runtime(beside, replace(head, name=name))
    rows = [(TEXT, {name: RIGHT[head.name]}), (TEXT, {name: WRONG[head.name]})]
    measured = score_rows(runtime, [bench.frame(rows, kinds={name: head.kind})])
    assert measured.scores.heads[name].correct.tolist() == [True, False]


def test_how_rows_are_cut_into_frames_does_not_matter(bench: Bench) -> None:
    runtime = bench.runtime()
    whole = score_rows(runtime, [bench.frame()]).scores
    cut = score_rows(runtime, bench.frame().iter_slices(2)).scores
    assert cut.metrics() == whole.metrics()
    assert cut.sentence_accuracy == whole.sentence_accuracy
    for name, head in whole.heads.items():
        np.testing.assert_array_equal(cut.heads[name].rows, head.rows)


@pytest.mark.parametrize("rows", [0, 1, 100, 250])
def test_progress_adds_up_to_the_rows(bench: Bench, rows: int) -> None:
    heard: list[int] = []
    measured = score_rows(bench.runtime(INTENT), [bench.frame([(TEXT, RIGHT)] * rows)], heard.append)
    assert sum(heard) == measured.scores.rows == rows
    assert max(heard) <= 100


def test_latency_has_a_median_and_a_tail(bench: Bench) -> None:
    latency = score_rows(bench.runtime(), [bench.frame()]).latency_ms
    assert 0 < latency["p50"] <= latency["p95"]
    assert score_rows(bench.runtime(), []).latency_ms == {"p50": 0.0, "p95": 0.0}


def test_several_commands_of_one_intent_are_that_intent_and_of_two_are_no_label(bench: Bench) -> None:
    recipe = Recipe(heads=(replace(INTENT, threshold=0.9), SLOTS), manifest={"splits_commands": True})
    runtime = open_folder(bench.bundle(recipe))
    spans = [{"start": 0, "end": 4, "label": "device"}, {"start": 12, "end": 15, "label": "device"}]
    rows = [
        ("lamp on and fan on", {"intent": "turn_on", "slots": spans}),
        ("lamp on and fan off", {"intent": "turn_on", "slots": spans}),
    ]
    kinds = {"intent": "class", "slots": "tag"}
    scores = score_rows(runtime, [bench.frame(rows, kinds)]).scores
    assert scores.heads["intent"].correct.tolist() == [True, False]
    assert scores.heads["intent"].confusion["turn_on", "turn_on+turn_off"] == 1
    assert scores.heads["slots"].correct.all()


def test_several_commands_are_their_label_where_there_is_one_and_right_with_all_slots(bench: Bench) -> None:
    head = replace(
        INTENT, labels=("turn_on", "turn_off", "several"), weights=MANY, bias=(0.2, 0.1, -30.0), threshold=0.7
    )
    recipe = Recipe(heads=(head, SLOTS), manifest={"splits_commands": True}, reads_names=True)
    spans = [{"start": 3, "end": 7, "label": "device"}, {"start": 12, "end": 15, "label": "device"}]
    rows = [
        ("on lamp and fan", {"intent": "several", "slots": spans}),
        ("on lamp and fan", {"intent": "several", "slots": spans[:1]}),
        ("lamp fan lamp on", {"intent": "several", "slots": []}),  # rejected: known for several, but not parted
    ]
    measured = score_rows(open_folder(bench.bundle(recipe)), [bench.frame(rows, {"intent": "class", "slots": "tag"})])
    assert measured.scores.heads["intent"].primary == 1.0
    assert measured.actions.tolist() == [True, False, False]


def test_a_rejected_answer_is_the_out_of_scope_label_where_there_is_one(bench: Bench) -> None:
    head = replace(INTENT, labels=("turn_on", "turn_off", "oos"), threshold=0.9)
    rows = [("lamp", {"intent": "oos"}), ("rain", {"intent": "oos"}), ("lamp on", {"intent": "turn_on"})]
    scores = score_rows(bench.runtime(head), [bench.frame(rows, {"intent": "class"})]).scores
    assert scores.heads["intent"].primary == 1.0


def test_rows_that_label_a_head_as_another_kind_have_no_label_of_it(bench: Bench) -> None:
    rows = [("lamp on", {"intent": ["turn_on"]}), ("lamp off", {"intent": []})]
    assert (
        not score_rows(bench.runtime(INTENT), [bench.frame(rows, {"intent": "multilabel"})])
        .scores.heads["intent"]
        .is_measured
    )


def test_an_action_is_right_when_intent_and_all_values_are(tmp_path: Path) -> None:
    rules = {"device": Rule("list", "device", words={"lamp": "light"}), "room": Rule("text", "area")}
    unspoken = [Unspoken("turn_on", "home", ("device",), {"domain": "light"})]
    Recipe(values=rules_to_bytes(rules, unspoken)).write(tmp_path)
    runtime = open_folder(tmp_path)
    device = {"start": 12, "end": 16, "label": "device", "value": '"light"'}
    room = {"start": 19, "end": 29, "label": "room", "value": None}
    right = {"intent": "turn_on", "slots": [device], "unspoken": "domain=light"}

    def is_right(text: str, **labels: Any) -> bool | None:
        return is_right_action(runtime.parse(text), text, right | labels, runtime.values)

    assert is_right("turn on the lamp")
    assert is_right("on in guest room", slots=[room | {"start": 6, "end": 16}], unspoken="nothing")
    assert not is_right("turn on the lamp", intent="turn_off")
    assert not is_right("turn on the lamp", slots=[])
    assert not is_right("turn on the lamp", slots=[device | {"value": '"fan"'}])
    assert not is_right("turn on the lamp", slots=[device, device])
    assert not is_right("turn on the lamp", unspoken="nothing")


def test_where_a_row_gives_no_value_its_span_means_what_the_bundle_reads_in_it(bench: Bench) -> None:
    rules = {"device": Rule("list", "thing", words={"lamp": "light"}), "room": Rule("text", "area")}
    runtime = open_folder(bench.bundle(Recipe(values=rules_to_bytes(rules, []))))
    lamp, fan = {"start": 12, "end": 16, "label": "device"}, {"start": 0, "end": 3, "label": "device"}
    rows: list[tuple[str, dict[str, Any]]] = [
        ("turn on the lamp", {"intent": "turn_on", "slots": [lamp]}),
        ("turn on the lamp", {"intent": "turn_off", "slots": [lamp]}),
        ("turn on the lamp", {"intent": "turn_on", "slots": []}),
        ("fan off please", {"intent": "turn_off", "slots": [fan]}),  # the bundle reads nothing in "fan"
        ("fan off please" * MAX_CHARACTERS, {"intent": "turn_off", "slots": [fan]}),
        ("fan off please", {"intent": "turn_off", "slots": [fan | {"value": '"air"'}]}),
    ]
    measured = score_rows(runtime, [bench.frame(rows, {"intent": "class", "slots": "tag"})])
    assert measured.actions.tolist() == [True, False, False, False]
    assert score_rows(runtime, [bench.frame(rows[3:4], {"intent": "class", "slots": "tag"})]).action_accuracy is None
