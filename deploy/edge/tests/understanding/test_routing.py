from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from trunkline_edge.understanding.routing import Claim, after_base, route

PROBABILITY = st.floats(0, 1)
CLAIMS = st.lists(
    st.builds(Claim, st.sampled_from("abcdef"), PROBABILITY, st.none() | PROBABILITY, PROBABILITY),
    max_size=6,
    unique_by=lambda claim: claim.skill,
)


def test_without_a_claim_the_base_answers() -> None:
    routing = route([Claim("coffee", 0.4, None, 0.5)])
    assert (routing.skill, routing.claims) == (None, ())


def test_the_most_certain_skill_answers_and_the_others_are_told() -> None:
    routing = route([Claim("tea", 0.7, None, 0.5), Claim("coffee", 0.9, None, 0.5), Claim("milk", 0.1, None, 0.5)])
    assert routing.skill == "coffee"
    assert [claim.skill for claim in routing.claims] == ["coffee", "tea"]
    assert "tea (0.700)" in routing.reason


def test_certain_is_who_is_further_above_a_threshold_of_its_own() -> None:
    assert route([Claim("strict", 0.96, None, 0.95), Claim("easy", 0.9, None, 0.5)]).skill == "easy"


def test_a_base_that_is_sure_keeps_what_a_skill_half_believes() -> None:
    assert route([Claim("coffee", 0.8, 0.999, 0.5)]).skill is None
    assert route([Claim("coffee", 0.8, 0.3, 0.5)]).skill == "coffee"


def test_a_base_that_knows_nothing_of_it_makes_no_skill_surer() -> None:
    assert route([Claim("coffee", 0.4, 0.001, 0.5)]).skill is None
    assert after_base(0.4, 0.001) == after_base(0.4, 0.5) == after_base(0.4, None)


@given(CLAIMS, st.randoms(use_true_random=False))
def test_the_order_of_skills_decides_nothing(claims: list[Claim], order: random.Random) -> None:
    shuffled = list(claims)
    order.shuffle(shuffled)
    assert route(shuffled) == route(claims)


@given(CLAIMS)
def test_who_answers_answers_also_without_the_others(claims: list[Claim]) -> None:
    winner = route(claims).skill
    for claim in claims:
        if claim.skill != winner:
            assert route([each for each in claims if each is not claim]).skill == winner


@given(PROBABILITY, PROBABILITY, PROBABILITY)
def test_a_surer_base_makes_no_claim_stronger(mine: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= after_base(mine, high) <= after_base(mine, low) <= 1
