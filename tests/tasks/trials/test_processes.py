"""Trials in real workers, which find their steps in this file."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from prefect import task

from schemas.errors import UserError
from schemas.spec.product import Spec
from schemas.spec.variants import Trial
from tasks.cache.store import StepKey
from tasks.chain import Link
from tasks.progress import Advanced, tell
from tasks.records import Validated
from tasks.trials.processes import in_processes

DATA = Validated("cache_path", "d" * 64, {"train": 1}, 1, 0, {}, None, ())


def no_key() -> StepKey:
    return StepKey("talk", {})


@task
def talk(spec: Spec) -> int:
    """Talk for ever, or fail."""
    if spec.name == "fails":
        raise UserError("this trial fails")
    for number in itertools.count():
        tell(Advanced("talk", number, number, "far more than a pipe holds"))


@pytest.mark.timeout(120)
def test_a_trial_that_fails_ends_those_before_it_that_still_run(home: Path, tiny: Spec) -> None:
    work = [(Trial(name, False, 0, tiny.model_copy(update={"name": name})), DATA) for name in ("talks", "fails")]
    with pytest.raises(UserError, match="this trial fails"):
        in_processes(work, 2, (Link(f"{__name__}:talk", "talked", int, "talking", no_key),))
