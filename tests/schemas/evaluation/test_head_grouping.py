from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.evaluation.head_grouping import EXACT_HEADS, choose_groups
from schemas.evaluation.matrix import Table

Matrix = NDArray[np.float64]


def _table(affinity: Matrix) -> Table:
    names = tuple(f"h{index}" for index in range(len(affinity)))
    return Table("affinity", "", names, names, tuple(map(tuple, affinity.tolist())))


def _main(count: int) -> list[str]:
    return [f"h{index}" for index in range(count)]


def _gain(affinity: Matrix, main: Sequence[int], helpers: Sequence[int]) -> float:
    """Score a group as the definition says."""
    group = [*main, *helpers]
    means = [np.mean([affinity[s, t] for s in group if s != t]) for t in main if len(group) > 1]
    return float(sum(means))


def _brute_force(affinity: Matrix, count: int, limit: int) -> float:
    """Return the greatest score of all assignments of `count` main heads to groups, with any helpers in each."""
    extra = range(count, len(affinity))
    helpers = list(chain.from_iterable(combinations(extra, size) for size in range(len(extra) + 1)))
    return max(
        sum(
            max(_gain(affinity, main, chosen) for chosen in helpers)
            for group in range(limit)
            if (main := [head for head in range(count) if places[head] == group])
        )
        for places in product(range(limit), repeat=count)
    )


@st.composite
def _problems(draw: st.DrawFn, most: int = 4) -> tuple[Matrix, int, int]:
    """Return an affinity matrix, how many of its heads are main, and how many groups there may be."""
    count, extra = draw(st.integers(1, most)), draw(st.integers(0, 2))
    size = count + extra
    values = draw(st.lists(st.floats(-1, 1, width=16), min_size=size * size, max_size=size * size))
    return np.asarray(values).reshape(size, size), count, draw(st.integers(1, most))


@given(_problems())
@settings(max_examples=150)
def test_no_grouping_has_a_greater_gain(problem: tuple[Matrix, int, int]) -> None:
    affinity, count, limit = problem
    found = choose_groups(_table(affinity), _main(count), limit)
    assert found.is_exact
    assert found.gain == pytest.approx(_brute_force(affinity, count, limit), abs=1e-9)


@given(_problems(12))
@settings(max_examples=60)
def test_each_main_head_is_in_one_group_and_the_gains_are_those_of_the_definition(
    problem: tuple[Matrix, int, int],
) -> None:
    affinity, count, limit = problem
    found = choose_groups(_table(affinity), _main(count), limit)
    assert sorted(head for group in found.groups for head in group.main) == sorted(_main(count))
    assert len(found.groups) <= limit
    assert len(found.reasons) == count
    numbers = [([int(h[1:]) for h in group.main], [int(h[1:]) for h in group.auxiliary]) for group in found.groups]
    assert all(helper >= count for _, helpers in numbers for helper in helpers)
    assert found.gain == pytest.approx(sum(_gain(affinity, *group) for group in numbers), abs=1e-9)
    assert found.gain >= _gain(affinity, range(count), ()) - 1e-9


@given(_problems(), st.floats(0.01, 100), st.randoms(use_true_random=False))
@settings(max_examples=80)
def test_neither_unit_nor_order_nor_diagonal_matters(
    problem: tuple[Matrix, int, int], unit: float, random: object
) -> None:
    affinity, count, limit = problem
    gain = choose_groups(_table(affinity), _main(count), limit).gain
    order = list(range(count))
    random.shuffle(order)
    order += range(count, len(affinity))
    other = unit * affinity[np.ix_(order, order)]
    np.fill_diagonal(other, math.nan)
    assert choose_groups(_table(other), _main(count), limit).gain == pytest.approx(unit * gain, abs=1e-7 * max(unit, 1))


@given(_problems())
@settings(max_examples=80)
def test_more_room_never_costs(problem: tuple[Matrix, int, int]) -> None:
    affinity, count, limit = problem
    gains = [choose_groups(_table(affinity), _main(count), room).gain for room in (limit, limit + 1)]
    assert gains[0] <= gains[1] + 1e-9


@pytest.mark.parametrize(("count", "clusters"), [(4, 2), (6, 2), (6, 3), (EXACT_HEADS, 2), (10, 2), (12, 3), (12, 4)])
@pytest.mark.parametrize("seed", range(3))
def test_planted_clusters_are_found(count: int, clusters: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    place = rng.permutation(np.arange(count) % clusters)
    affinity = np.where(place[:, None] == place, 0.3, -0.3) + rng.uniform(-0.1, 0.1, (count, count))
    found = choose_groups(_table(affinity), _main(count), clusters)
    planted = {frozenset(f"h{head}" for head in np.flatnonzero(place == cluster)) for cluster in range(clusters)}
    assert {frozenset(group.main) for group in found.groups} == planted
    assert found.is_exact == (count <= EXACT_HEADS)


def _matrix(*lines: Sequence[float]) -> Matrix:
    return np.asarray(lines, dtype=np.float64)


def test_a_head_that_everybody_harms_is_alone_and_is_told_why() -> None:
    affinity = _matrix([0, 0.2, -0.1], [0.1, 0, -0.3], [0.05, 0.0, 0])
    found = choose_groups(_table(affinity), _main(3), 3)
    assert [group.main for group in found.groups] == [("h0", "h1"), ("h2",)]
    assert found.groups[1].gains == (0.0,)
    assert found.gain == pytest.approx(0.3)
    assert found.reasons == (
        "h0 gains (+0.1): h1 +0.1",
        "h1 gains (+0.2): h0 +0.2",
        "h2 is alone: h0 helps it most, -0.1, and no group gains by it",
    )


def test_where_there_is_room_for_one_trunk_the_loser_is_named() -> None:
    affinity = _matrix([0, 0.2], [-0.1, 0])
    (group,) = choose_groups(_table(affinity), _main(2), 1).groups
    assert group.gains == (-0.1, 0.2)
    assert "no room for one more group" in choose_groups(_table(affinity), _main(2), 1).reasons[0]


def test_an_auxiliary_head_joins_every_group_that_it_helps_and_no_other() -> None:
    affinity = np.full((5, 5), -0.5)
    affinity[0, 1] = affinity[1, 0] = 0.1
    affinity[3, [0, 1, 2]] = 0.4  # h3 helps all; h4 none
    found = choose_groups(_table(affinity), _main(3), 3)
    assert [(group.main, group.auxiliary) for group in found.groups] == [(("h0",), ("h3",)), (("h1",), ("h3",)),
                                                                        (("h2",), ("h3",))]  # fmt: skip
    assert found.gain == pytest.approx(1.2)


def test_pairs_never_measured_neither_help_nor_harm_and_fewer_trunks_win_a_tie() -> None:
    affinity = np.full((3, 3), math.nan)
    found = choose_groups(_table(affinity), _main(3), 3)
    assert [group.main for group in found.groups] == [("h0", "h1", "h2")]
    assert found.gain == 0
    assert found.reasons[0] == "h0 neither gains nor loses (+0): h1 +0, h2 +0"


@pytest.mark.parametrize(("main", "limit"), [((), 1), (("h0", "nobody"), 1), (("h0",), 0)])
def test_what_cannot_be_grouped_is_refused(main: tuple[str, ...], limit: int) -> None:
    with pytest.raises(ValueError, match="cannot group heads"):
        choose_groups(_table(np.zeros((2, 2))), main, limit)
