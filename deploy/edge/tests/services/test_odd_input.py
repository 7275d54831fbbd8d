"""Whatever a caller sends is answered in its own protocol. `bench/attack/services.py` tries thousands a kind."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.attack.services import KINDS, Target, running

TRIES = 40


@pytest.fixture(scope="module")
def attacked() -> Iterator[tuple[Target, Path]]:
    with running() as target_and_log:
        yield target_and_log


@pytest.mark.parametrize("kind", KINDS)
def test_odd_input_is_refused_or_answered(attacked: tuple[Target, Path], kind: str) -> None:
    target, log = attacked
    rng = random.Random(kind)
    ends = Counter(KINDS[kind](rng, target) for _ in range(TRIES))
    assert ends["refused"] + ends["accepted"] == TRIES, ends
    assert ends["refused"] > 0
    assert "Traceback" not in log.read_text()
