"""The table of limit cases (mtl.md section 5): each system, at a certain setting, must equal another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import torch

from tests.model.lab import HEADS, Case, Lab, Run

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

TOLERANCE = 1e-8
CASES: list[object] = []


def limit(row: str, setting: str, equals: str) -> Callable[[Case], Case]:
    """Add a row of the table."""

    def add(case: Case) -> Case:
        CASES.append(pytest.param(case, id=f"{row}: {setting} = {equals}"))
        return case

    return add


@pytest.fixture(scope="module")
def lab(workshop: Workshop) -> Lab:
    return Lab(workshop)


def assert_same(run: Run, other: Run, heads: tuple[str, ...] = tuple(HEADS)) -> None:
    """All losses on the way, and the answers at the end, are equal."""
    for mine, theirs in zip(run.losses, other.losses, strict=True):
        for head in heads:
            torch.testing.assert_close(mine[head], theirs[head], atol=TOLERANCE, rtol=0)
    for head in heads:
        torch.testing.assert_close(run.logits[head], other.logits[head], atol=TOLERANCE, rtol=0)


@limit("hard", "one head", "that head alone")
def _(lab: Lab) -> None:
    assert_same(lab.run(lab.net(lab.spec()), heads=["slots"]), lab.alone("slots"), ("slots",))


# The cases of each system follow; this test stays last, as the table is filled while the module loads.


@pytest.mark.parametrize("case", CASES)
def test_a_system_at_its_limit_is_another_one(case: Case, lab: Lab) -> None:
    case(lab)
