from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.rollout.decide import Evidence, decide
from deploy.rollout.plan import Plan, Stage
from deploy.rollout.sequential import Rated, rise_of

PLAN = Plan(stages=(Stage(1, 10, 24), Stage(25, 100, 24)), max_failed=30, max_failed_percent=5.0)
GOOD = Evidence(hours=30, stood=40, on_trial=2, failed=0)
RISE = rise_of([Rated(True, 0.5), Rated(False, 0.1)] * 40)


def test_a_stage_with_its_reports_and_hours_widens_and_the_last_one_finishes() -> None:
    assert decide(PLAN, 0, GOOD).action == "widen"
    assert "next: 25 %" in decide(PLAN, 0, GOOD).reasons
    assert decide(PLAN, 1, replace(GOOD, stood=100)).action == "finish"


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"hours": 23.9}, "23.9 of 24 hours"), ({"stood": 9}, "9 of 10 devices"), ({"stood": 0, "on_trial": 500}, "0 of")],
)
def test_too_few_hours_or_reports_wait(change: dict[str, int], reason: str) -> None:
    decision = decide(PLAN, 0, replace(GOOD, **change))
    assert decision.action == "wait" and any(reason in each for each in decision.reasons)


def test_silence_never_widens_and_asks_a_person_in_the_end() -> None:
    silent = Evidence(hours=10_000, stood=0, on_trial=0, failed=0)
    assert decide(PLAN, 0, silent).action == "ask"
    assert decide(PLAN, 0, replace(silent, hours=100)).action == "wait"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"failed": 30, "stood": 5_000}, "the limit is 30"),
        ({"failed": 4, "stood": 0, "on_trial": 0, "hours": 0}, "surely more than 5 %"),
        ({"rise": RISE, "hours": 0}, "reject 50.0 % of utterances, the others 10.0 %"),
    ],
)
def test_failures_by_count_by_share_and_more_rejections_stop_at_once(change: dict[str, object], reason: str) -> None:
    decision = decide(PLAN, 0, replace(GOOD, codes={"health.golden": 1}, **change))
    assert decision.action == "stop" and any(reason in each for each in decision.reasons)


def test_more_failures_than_allowed_that_may_be_chance_neither_stop_nor_widen() -> None:
    decision = decide(PLAN, 0, replace(GOOD, stood=25, on_trial=0, failed=4))
    assert decision.action == "wait" and "failed on 4 of 29 devices" in decision.reasons[0]
    assert decide(PLAN, 0, replace(GOOD, stood=85, on_trial=0, failed=5)).action == "widen"  # 5.6 %, by chance


@given(
    st.integers(0, 1), st.integers(0, 1_000), st.integers(0, 1_000), st.integers(0, 100), st.floats(0, 1e4),
    st.integers(0, 60),
)  # fmt: skip
def test_whatever_is_reported_no_rule_is_stepped_over(
    stage: int, stood: int, trying: int, failed: int, hours: float, more: int
) -> None:
    evidence = Evidence(hours, stood, trying, failed, rise=rise_of([Rated(True, 0.5), Rated(False, 0.1)] * more))
    decision = decide(PLAN, stage, evidence)
    assert decision.reasons
    if decision.action in ("widen", "finish"):
        assert stood + failed >= PLAN.stages[stage].min_reports and hours >= PLAN.stages[stage].min_hours
        assert failed < PLAN.max_failed and evidence.rise.p_value > PLAN.false_alarm
    if failed >= PLAN.max_failed:
        assert decision.action == "stop"
