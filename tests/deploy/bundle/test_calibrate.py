from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.bundle.calibrate import Threshold, calibrate, choose_lean, choose_threshold, fit_temperature, splits_safely
from deploy.edge.tests.tiny_bundle import HEADS, INTENT, Recipe
from schemas.spec.product import RejectSpec
from trunkline_edge.understanding.decode import softmax
from trunkline_edge.understanding.session import open_folder

if TYPE_CHECKING:
    from tests.deploy.conftest import Bench

PROBABILITIES = st.lists(st.floats(0, 1), max_size=60).map(np.asarray)
SHARES = st.floats(0, 1)


def drawn(temperature: float, rows: int = 20_000, labels: int = 4) -> tuple[Any, Any]:
    """Logits, and labels drawn from their softmax at a temperature."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (rows, labels))
    p = softmax(logits / temperature)
    return logits, (p.cumsum(axis=1) > rng.random((rows, 1))).argmax(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    logits, labels = drawn(temperature)
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.05)


def test_a_flawless_head_is_the_surer_the_more_rows_prove_it() -> None:
    logits, labels = np.eye(3) * 5, np.arange(3)
    few, many = (fit_temperature(np.tile(logits, (n, 1)), np.tile(labels, n)) for n in (10, 1_000))
    assert 0.05 < many < few < 2
    assert softmax(logits / few).max() == pytest.approx(1 - (2 / 3) / 32, abs=1e-4)


@given(PROBABILITIES, PROBABILITIES, SHARES, SHARES)
def test_a_threshold_costs_no_more_than_allowed(inside: Any, outside: Any, accept: float, reject: float) -> None:
    chosen = choose_threshold(inside, outside, RejectSpec(false_accept=accept, false_reject=reject))
    assert 0 <= chosen.value <= 1
    assert chosen.false_reject <= reject + 1e-9


@given(PROBABILITIES.filter(len), PROBABILITIES, SHARES)
def test_a_threshold_that_may_cost_anything_lets_in_no_more_than_wished(
    inside: Any, outside: Any, accept: float
) -> None:
    chosen = choose_threshold(inside, outside[outside < 1], RejectSpec(false_accept=accept, false_reject=1))
    assert chosen.false_accept <= accept + 1e-9


def test_a_threshold_is_the_lowest_that_grants_the_wish() -> None:
    inside, outside = np.linspace(0.5, 1, 100), np.asarray([0.1, 0.2, 0.3, 0.9])
    chosen = choose_threshold(inside, outside, RejectSpec(false_accept=0.25, false_reject=0.1))
    assert chosen == Threshold(pytest.approx(0.3, abs=2e-6), 0.25, 0.0)
    bound = choose_threshold(inside, outside, RejectSpec(false_accept=0, false_reject=0.1))
    assert (bound.value, bound.false_accept, bound.false_reject) == (pytest.approx(0.5505, abs=1e-3), 0.25, 0.1)


def test_rows_labelled_oos_are_the_outside_where_there_are_some(bench: Bench) -> None:
    rows = [("lamp on", {"intent": "turn_on"}), ("fan off", {"intent": "turn_off"})] * 20
    rows += [("lamp", {"intent": "oos"}), ("rain lamp", {"intent": "oos"})] * 10
    head = replace(INTENT, labels=("turn_on", "turn_off", "oos"))
    runtime = bench.runtime(head)
    found = calibrate(runtime, [bench.frame(rows, {"intent": "class"})], RejectSpec(false_accept=0, false_reject=0.01))
    assert "0.0% of 20 rows labelled oos" in found.reasons[1]
    assert set(found.temperatures) == set(found.thresholds) == {"intent"}
    assert found.rejection is not None
    assert (found.rejection.outside_rows, found.rejection.outside_accepted, found.rejection.outside_wished) == (
        20,
        0,
        0,
    )
    recipe = Recipe(
        heads=(replace(head, temperature=found.temperatures["intent"], threshold=found.thresholds["intent"]),)
    )
    shipped = open_folder(bench.bundle(recipe))
    assert [shipped.parse(text).rejected for text, _ in (rows[0], rows[1], rows[-2])] == [False, False, True]
    outside = shipped.parse("rain lamp")
    assert (outside.rejected, outside.reason) == (True, "out of scope")


def test_the_threshold_is_for_a_device_that_knows_the_names_that_are_said(bench: Bench) -> None:
    heads = (replace(INTENT, labels=("turn_on", "turn_off", "oos")), *(each for each in HEADS if each is not INTENT))
    runtime = open_folder(bench.bundle(Recipe(heads=heads, reads_names=True)))
    named = {"intent": "turn_on", "domain": "home", "slots": [{"start": 0, "end": 4, "label": "device"}]}
    alone = {"intent": "turn_on", "domain": "home", "slots": []}
    outside = [("lamp on on", {"intent": "oos"})] * 20  # surer than any, so that what it may cost decides
    wish = RejectSpec(false_accept=0, false_reject=0)
    known, unknown = (
        calibrate(runtime, [bench.frame([("zork on", labels)] * 30 + outside)], wish).thresholds["intent"]
        for labels in (named, alone)
    )
    assert known > unknown + 0.01, "a known name makes the answer surer"


def test_without_such_rows_sentences_from_outside_serve(bench: Bench) -> None:
    rows = [("lamp on", {"intent": "turn_on"}), ("fan off", {"intent": "turn_off"}), ("rain", {"intent": "weather"})]
    found = calibrate(bench.runtime(INTENT), [bench.frame(rows * 20, {"intent": "class"})], RejectSpec())
    assert "built-in out-of-scope utterances" in found.reasons[1]
    sharp = replace(INTENT, temperature=found.temperatures["intent"], threshold=found.thresholds["intent"])
    runtime = bench.runtime(sharp)
    assert not any(runtime.parse(text).rejected for text, _ in rows)
    assert runtime.parse("the goalkeeper had no chance").rejected


def test_every_kind_of_head_but_scores_gets_a_temperature(bench: Bench) -> None:
    spans = [{"start": 0, "end": 4, "label": "device"}]
    labels = {"intent": "turn_on", "domain": "home", "slots": spans, "topics": [], "urgency": 1.0}
    found = calibrate(bench.runtime(), [bench.frame([("lamp on", labels)] * 20)], RejectSpec())
    assert [found.temperatures[head.name] != 1.0 for head in HEADS] == [head.kind != "score" for head in HEADS]
    assert found.thresholds["topics"] == 0.5  # what is true of one label says nothing of where to cut another's


def test_a_handful_of_rows_calibrates_nothing(bench: Bench) -> None:
    found = calibrate(bench.runtime(), [bench.frame()], RejectSpec())
    assert set(found.temperatures.values()) == {1.0}
    assert (found.thresholds["intent"], found.reasons, found.rejection) == (0.0, (), None)


def test_what_gets_through_is_counted_among_wrong_answers_too(bench: Bench) -> None:
    rows = [("lamp on", {"intent": "turn_on"})] * 30 + [("fan off", {"intent": "turn_on"})] * 10
    wish = RejectSpec(false_accept=0, false_reject=0)
    found = calibrate(bench.runtime(INTENT), [bench.frame(rows, {"intent": "class"})], wish).rejection
    assert found is not None and (found.wrong_rows, found.right_rejected) == (10, 0)
    assert 0 <= found.wrong_accepted <= 1 and found.outside_rows > 20


@pytest.mark.parametrize(
    ("texts", "is_safe"),
    [
        (["on on on and on on on"] * 20, True),
        (["on on on and on on on"] * 19, False),  # too few to know
        (["on on on and on on on"] * 20 + ["lamp on and fan off"], False),
        (["on on on and on on on"] * 99 + ["lamp on and fan off"], True),  # one in a hundred
        (["lamp on"] * 40, False),
    ],
)
def test_commands_are_parted_where_hardly_a_single_one_of_many_is(
    bench: Bench, texts: list[str], is_safe: bool
) -> None:
    recipe = Recipe(heads=(replace(INTENT, threshold=0.9),), manifest={"splits_commands": True})
    found, why = splits_safely(open_folder(bench.bundle(recipe)), [bench.frame([(text, {}) for text in texts])])
    assert found == is_safe
    assert why.startswith("several commands: ")


@pytest.mark.parametrize("label", ["several", "oos"])
def test_rows_of_several_commands_or_of_none_prove_nothing_of_single_ones(bench: Bench, label: str) -> None:
    recipe = Recipe(heads=(replace(INTENT, threshold=0.9),), manifest={"splits_commands": True})
    rows = [("on on on and on on on", {"intent": "turn_on"})] * 20 + [("lamp on and fan off", {"intent": label})]
    found, why = splits_safely(open_folder(bench.bundle(recipe)), [bench.frame(rows, {"intent": "class"})])
    assert (found, why.split(":")[1].split(" single")[0]) == (True, " 0 of 20")


def test_a_head_leans_to_names_as_far_as_it_overlooks_them() -> None:
    overlooked = (np.asarray([[0.7, 0.0, 0.0]]), np.asarray([1]))  # one word; outside, begin, inside
    empty = (np.asarray([[1.2, 0.0, 0.0]]), np.asarray([0]))
    assert choose_lean(["device"], {"device"}, [overlooked, empty]) == (1.0, 1.0)
    assert choose_lean(["device"], {"room"}, [overlooked, empty]) == (0.0, 0.5)
    assert choose_lean(["device"], {"device"}, [empty]) == (0.0, 1.0)
