"""Windows of households: alike, planted with a change, or too few."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from bench.drift import households
from deploy.drift.decide import MIN_HOUSEHOLDS, Bounds, drift_between
from deploy.drift.said import Said, answer_signals, input_signals, label_signals, weeks_back
from deploy.drift.shifts import shift_of

SIGNALS = {**input_signals({"turn", "on", "light", "kitchen"}), **answer_signals()}


def window(seed: int, count: int = 60, share: float = 0.0) -> list[Said]:
    return households(np.random.default_rng(seed), count, f"w{seed}", planted=share)


def test_weeks_that_are_alike_raise_no_alarm_more_often_than_stated() -> None:
    alarms = sum(drift_between(window(2 * i), window(2 * i + 1), SIGNALS, Bounds(0.05, 0)).drifted for i in range(60))
    assert alarms <= 8, "of 60 at 0.05; more than 8 have a chance of 0.3 %"


def test_a_planted_change_is_found_and_named() -> None:
    found = drift_between(window(1, 200), window(2, 200, share=0.3), SIGNALS)
    assert found.drifted
    assert "set_mood" in " ".join(found.reasons)
    assert found.shifts[0].p_value < 0.01


def test_few_households_are_not_judged_and_it_is_said() -> None:
    found = drift_between(window(1, MIN_HOUSEHOLDS - 1), window(2, 200, share=0.9), SIGNALS)
    assert not found.drifted and found.shifts == ()
    assert f"{MIN_HOUSEHOLDS} are needed" in found.reasons[0]


def test_a_household_counts_once_however_many_weeks_it_talks() -> None:
    said = window(1, MIN_HOUSEHOLDS - 1)
    weeks = [replace(each, week=week) for week in range(4) for each in said]
    found = drift_between(weeks, weeks, SIGNALS)
    assert found.shifts == ()
    few = MIN_HOUSEHOLDS - 1
    assert f"words: {few} and {few} households, {MIN_HOUSEHOLDS} are needed" in found.reasons


def test_weeks_are_counted_back_from_the_end_of_a_window() -> None:
    thursday = datetime(2026, 11, 26, 2, tzinfo=UTC)
    days = (1 / 24, 3, 7, 7 + 1 / 24, 28)
    assert [weeks_back(thursday - timedelta(days=each), thursday) for each in days] == [0, 0, 0, 1, 3]


def test_a_change_that_is_certain_but_small_starts_no_retrain() -> None:
    found = drift_between(window(1, 200), window(2, 200, share=0.3), SIGNALS, Bounds(min_excess=0.9))
    assert not found.drifted
    assert "too little to act on" in found.reasons[0]


def test_one_loud_household_is_no_drift() -> None:
    """A thousand utterances of one home would convince a table of chi-squares; here they are one block."""
    loud = [Said("loud", ("brew", "coffee"), "en", "brew", False)] * 1000
    assert not drift_between(window(1), [*window(2), *loud], {"words": SIGNALS["words"]}).drifted


def test_labels_are_compared_for_each_head() -> None:
    rows = [replace(said, labels={"intent": said.intent or ""}) for said in window(1, 200)]
    newer = [replace(said, labels={"intent": said.intent or ""}) for said in window(2, 200, share=0.4)]
    assert drift_between(rows, newer, label_signals(["intent"])).reasons[0].startswith("labels of intent")


def test_equal_windows_are_as_far_apart_as_any_deal() -> None:
    blocks = {(f"home {number}", 0): Counter({"a": 1, "b": 2}) for number in range(30)}
    found = shift_of("equal", blocks, {(f"now {name}", 0): counts for (name, _), counts in blocks.items()})
    assert found is not None and found.p_value == 1.0 and found.excess == 0.0
