"""From affinities to points."""

from __future__ import annotations

import pytest

from deploy.evaluation.prediction import predict
from schemas.evaluation.head_grouping import choose_groups
from schemas.evaluation.matrix import Table

HEADS = ("a", "b", "c")


def affinity(*lines: tuple[float, ...]) -> Table:
    return Table("affinity", "", HEADS, HEADS, lines)


AFFINITY = affinity((9, 0.02, -0.03), (0.02, 9, -0.03), (-0.01, -0.01, 9))
"""a and b help each other, c harms both and is harmed. Mean received: 0.005, 0.005, -0.03."""


def test_a_group_is_foretold_in_points_what_its_affinities_were_worth_in_the_net_of_all_heads() -> None:
    measured = {"a": 1.0, "b": 1.0, "c": -6.0}  # 200 points an affinity of 1, exactly
    found = {each.head: each.points for each in predict(choose_groups(AFFINITY, HEADS, 2), AFFINITY, measured)}
    assert found == {"a": pytest.approx(200 * 0.02), "b": pytest.approx(200 * 0.02), "c": 0.0}


def test_the_net_of_all_heads_is_foretold_what_it_did_where_one_factor_explains_it() -> None:
    measured = {"a": 1.0, "b": 1.0, "c": -6.0}
    found = predict(choose_groups(AFFINITY, HEADS, 1), AFFINITY, measured)
    assert [each.points for each in found] == pytest.approx([1.0, 1.0, -6.0])


@pytest.mark.parametrize("measured", [{"a": -1.0, "b": -1.0, "c": 6.0}, dict.fromkeys(HEADS, 0.0)])
def test_affinities_that_say_the_opposite_of_what_was_measured_foretell_nothing(measured: dict[str, float]) -> None:
    found = predict(choose_groups(AFFINITY, HEADS, 2), AFFINITY, measured)
    assert [each.points for each in found] == [None, None, None]


def test_heads_that_never_met_foretell_nothing() -> None:
    apart = affinity(*[(float("nan"),) * 3] * 3)
    found = predict(choose_groups(apart, HEADS, 2), apart, dict.fromkeys(HEADS, 1.0))
    assert {each.points for each in found} == {None}
