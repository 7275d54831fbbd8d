"""What a comparison comes to, and what to doubt of it."""

from __future__ import annotations

import pytest

from deploy.evaluation.comparison import Comparison, HeadResult, Tuned, VariantCost, VariantResult, cost_together
from deploy.evaluation.transfer import Estimate, Transfer


def head(name: str, points: float, *, sure: bool, alone: bool = False) -> HeadResult:
    none = Estimate(points, points - 0.1, points + 0.1)
    transfer = Transfer(name, "f1", none, none, none, None, 0.0, sure and points < 0, sure and points > 0)
    return HeadResult(transfer, None, alone)


def cost(megabytes: float, ms: float, precision: str = "int8") -> VariantCost:
    return VariantCost(100, int(1e6 * megabytes), precision, 10.0, ms)


def comparison(*results: VariantResult, tuned: tuple[Tuned, ...] = ()) -> Comparison:
    return Comparison(
        product="home", split="test", utterances=10, seeds=(0, 1, 2), results=results, relations=(), agreement=None,
        trunks=2, grouping=None, predictions=(), tuned=tuned, alone=cost(6, 3), measured_utterances=10, budget="",
    )  # fmt: skip


HARD = VariantResult("hard", "", (head("intent", 0.1, sure=True), head("slots", -0.1, sure=True)), 0.0, cost(2, 1))
SLOW = VariantResult("slow", "", (head("intent", 0.0, sure=False), head("slots", 0.1, sure=True)), 0.0, cost(5, 2))
QUICK = VariantResult(
    "quick", "", (head("intent", 0.0, sure=False), head("slots", -0.1, sure=False)), 0.0, cost(3, 1.5)
)


def test_of_the_variants_that_harm_no_head_the_quickest_is_named_beside_what_nets_alone_take() -> None:
    assert comparison(HARD, SLOW, QUICK).conclusion == (
        "slow, quick: no head worse than alone beyond chance; better than alone beyond chance: hard (intent), slow "
        "(slots). Quickest on the device of these is quick, 3.0 MB and 1.50 ms an answer; a net a head takes 6.0 MB "
        "and 3.00 ms an answer."
    )


def test_where_every_variant_harms_some_head_that_is_what_it_comes_to() -> None:
    told = comparison(HARD).conclusion
    assert told == "Every variant makes some head worse than alone; better than alone beyond chance: hard (intent)."


def test_a_head_that_is_its_own_baseline_is_no_interval() -> None:
    grouped = VariantResult("grouped", "", (head("intent", 0, sure=False, alone=True), *SLOW.heads), 0.0, cost(1, 1))
    assert comparison(HARD, grouped).intervals == 4


@pytest.mark.parametrize(
    ("rate", "rise", "told"),
    [
        (0.002, 0.0, None),
        (0.004, 0.0, "slots alone took the highest rate tried, 0.004: a still higher one may suit it better"),
        (0.002, 0.05, "slots alone has not converged: +5.0 points on valid rows in the last third of its epochs"),
    ],
)
def test_a_net_that_may_do_better_is_pointed_at(rate: float, rise: float, told: str | None) -> None:
    tuned = Tuned("slots alone", rate, ((0.002, 0.5), (0.004, None)), rise)
    assert comparison(HARD, tuned=(tuned,)).warnings == ((told,) if told else ())


def test_one_rate_alone_is_no_edge_of_a_grid() -> None:
    assert Tuned("hard", 0.002, ((0.002, 0.5),), 0.0).warning is None


def test_several_nets_cost_their_sum_and_may_ship_in_several_precisions() -> None:
    both = cost_together([cost(1, 0.5), cost(2, 0.25, "fp32"), cost(1, 0.25)])
    assert both == VariantCost(300, 4_000_000, "int8, fp32", 30.0, 1.0)
