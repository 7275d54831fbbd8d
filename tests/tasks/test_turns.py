from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tasks.progress import Noticed, listening
from tasks.turns import turn

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from tasks.turns import turn
with turn(sys.argv[1]):
    print("holds", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(home: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, "tiny"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "holds\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_waits_says_for_whom_and_comes_next_when_that_one_is_killed(
    holder: subprocess.Popen[str], home: Path
) -> None:
    told: list[str] = []

    def hear(event: object) -> None:
        assert isinstance(event, Noticed)
        told.append(event.message)
        holder.kill()  # only now: it cannot have been waited for by chance

    with listening(hear), turn("tiny"):
        assert (home / "locks" / "retrain-tiny.json").exists(), "whoever comes next is told of this one"
    (message,) = told
    assert message.startswith("tiny: waits for process ") and f"/{holder.pid}/" in message
    assert not (home / "locks" / "retrain-tiny.json").exists()


def test_another_product_waits_for_nobody(holder: subprocess.Popen[str]) -> None:
    told: list[object] = []
    with listening(told.append), turn("other"):
        assert holder.poll() is None
    assert told == []


def test_an_error_ends_the_turn(home: Path) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError), turn("tiny"):
            raise RuntimeError
