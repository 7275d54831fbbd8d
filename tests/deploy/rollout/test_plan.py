from __future__ import annotations

import pytest

from deploy.rollout.plan import Plan, PlanRefused, Stage, stages_from
from trunkline_edge.update.decisions import BUCKETS


def test_stages_are_read_as_percent_reports_and_hours() -> None:
    assert stages_from(["0.5:3:0", "100:50:24"]) == (Stage(0.5, 3, 0), Stage(100, 50, 24))
    assert [stage.buckets for stage in stages_from(["0.5:3:0", "100:50:24"])] == [50, BUCKETS]


@pytest.mark.parametrize("text", ["", "5", "5:x:1", "5:1:1:1", "a:1:1", "5:1.5:1"])
def test_what_is_no_stage_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(PlanRefused, match="5:50:24"):
        stages_from([text])


@pytest.mark.parametrize(
    "change",
    [
        {"stages": ()}, {"stages": (Stage(5, 1, 0), Stage(5, 1, 0))}, {"stages": (Stage(5, 1, 200),)},
        {"max_failed": 0},
        {"max_failed_percent": 0.0}, {"max_failed_percent": 100.0}, {"false_alarm": 0.0}, {"false_alarm": 0.5},
        {"min_answers": 0},
    ],
)  # fmt: skip
def test_a_plan_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(PlanRefused):
        Plan(**change)


@pytest.mark.parametrize("text", ["0:1:0", "101:1:0", "nan:1:0", "5:0:0", "5:1:-1", "5:1:nan"])
def test_numbers_that_make_no_stage_are_refused(text: str) -> None:
    with pytest.raises(PlanRefused, match=r"expected 0\.01 to 100 percent"):
        stages_from([text])


def test_a_channel_too_small_for_a_stage_is_known_beforehand() -> None:
    assert Plan().starved(100_000) == ()
    assert [stage.percent for stage in Plan().starved(900)] == [1, 5]


def test_the_stage_of_a_pointer_is_the_widest_that_it_fills() -> None:
    plan = Plan()
    assert [plan.stage_of(stage.buckets) for stage in plan.stages] == [0, 1, 2, 3]
    assert plan.stage_of(700) == 1
