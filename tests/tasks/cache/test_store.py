from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.data.issues import DataIssue
from tasks.cache.store import FINISHED, Changed, FinishedStep, StepKey, Unfinished, changed_parts, commit, lookup
from tasks.records import Validated

RECORD = Validated("validate/x/y", "d" * 64, {"train": 3}, 4, 1, {"unparsable": 1}, "q.parquet", (DataIssue("a", "b"),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cache" / "validate" / "x"
    (folder / "y").mkdir(parents=True)
    (folder / "y" / "rows").write_bytes(b"rows")
    commit(folder, StepKey("validate", {"a": "1"}), RECORD, seconds=2.5)
    return folder


def listing(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """All there is in a folder, to the byte and the time."""
    return {path: (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns) for path in folder.rglob("*")}


def test_a_finished_step_is_found_with_an_equal_record(folder: Path) -> None:
    found = lookup(folder, Validated)
    assert isinstance(found, FinishedStep)
    assert (found.record, found.seconds) == (RECORD, 2.5)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / "y" / "rows").write_bytes(b"rowz"), "done before, but y/rows is damaged"),
        (lambda folder: (folder / "y" / "rows").unlink(), "done before, but y/rows is missing"),
        (
            lambda folder: (folder / FINISHED).write_bytes(b'{"record'),
            "done before, but its finished.json is not readable",
        ),
        (lambda folder: (folder / FINISHED).write_bytes(b"{}"), "done before, but its finished.json is not readable"),
    ],
)
def test_a_damaged_step_is_not_found_and_a_look_leaves_it_as_it_is(
    folder: Path, damage: Callable[[Path], object], reason: str
) -> None:
    damage(folder)
    before = listing(folder)
    found = lookup(folder, Validated)
    assert isinstance(found, Unfinished) and found.is_damaged and found.why.startswith(reason)
    assert listing(folder) == before, "only who holds the lock may change the cache"


def test_an_unfinished_step_keeps_its_files_so_that_it_can_go_on(folder: Path) -> None:
    (folder / FINISHED).unlink()
    assert lookup(folder, Validated) == Unfinished("begun before, not finished", is_begun=True)
    assert (folder / "y" / "rows").exists()


def test_a_key_depends_on_step_and_parts_in_any_order() -> None:
    assert StepKey("train", {"a": "1", "b": "2"}).cache_path == StepKey("train", {"b": "2", "a": "1"}).cache_path
    assert StepKey("train", {"a": "1"}).digest != StepKey("score", {"a": "1"}).digest
    assert StepKey("train", {"a": "1"}).digest != StepKey("train", {"a": "2"}).digest


def finish(cache: Path, **parts: str) -> None:
    key = StepKey("train", parts)
    (cache / key.cache_path).mkdir(parents=True)
    commit(cache / key.cache_path, key, RECORD, seconds=1)


def test_a_miss_is_explained_by_the_likest_step_that_is_finished(tmp_path: Path) -> None:
    finish(tmp_path, data="d1", epochs="4", code="c1")
    finish(tmp_path, data="d2", epochs="5", code="c1", width="8")  # later, but further away
    assert changed_parts(tmp_path, StepKey("train", {"data": "d1", "epochs": "9", "code": "c1", "seed": "1"})) == (
        Changed("epochs", "4", "9"),
        Changed("seed", None, "1"),
    )
    assert changed_parts(tmp_path, StepKey("train", {"data": "d2", "epochs": "5", "code": "c1"})) == (
        Changed("width", "8", None),
    )


def test_the_first_of_its_kind_has_nothing_to_be_set_beside(tmp_path: Path) -> None:
    assert changed_parts(tmp_path, StepKey("train", {"data": "d1"})) == ()
