"""The chain as a list: a new step is one new line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.spec.load import load_spec
from tasks.cache.step import step
from tasks.cache.store import FinishedStep, StepKey, Unfinished
from tasks.chain import CHAIN, SAYS, Link, look_up, walk
from tasks.records import Validated

HERE = Path(__file__).parent


def weight_key(data: Validated) -> StepKey:
    return StepKey("weigh", {"data": data.digest})


@step(weight_key)
def weigh(folder: Path, data: Validated) -> int:
    """A step that the chain did not have: how many rows were read."""
    (folder / "weight").write_text(str(data.read))
    return data.read


LONGER = (CHAIN[0], Link(f"{__name__}:weigh", "weight", int, "weighing", weight_key))


def test_a_step_that_is_added_to_the_list_is_run_and_found_and_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    monkeypatch.chdir(HERE.parents[1])
    values = {"spec": load_spec(HERE / "tiny.yaml")}
    cache = tmp_path / "cache"
    (first,) = look_up(values, cache, LONGER)
    assert (first.step, first.found) == ("validate", Unfinished("not done before"))
    made = walk(values, lambda task: task.fn, LONGER)
    assert made["weight"] == made["data"].read
    found = list(look_up(values, cache, LONGER))
    assert [each.step for each in found if isinstance(each.found, FinishedStep)] == ["validate", "weigh"]
    written = {path: path.read_bytes() for path in cache.rglob("finished.json")}
    walk(values, lambda task: task.fn, LONGER)
    assert {path: path.read_bytes() for path in cache.rglob("finished.json")} == written  # with the time of it


def test_every_link_names_a_task_that_makes_what_the_link_says() -> None:
    for link in CHAIN:
        assert link.load().fn.__annotations__["return"] == link.record.__name__, link
        assert SAYS[link.step] == link.says


def test_the_chain_is_looked_up_without_torch_prefect_or_mlflow() -> None:
    code = "import sys, tasks.chain; print(sorted({'torch', 'prefect', 'mlflow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
