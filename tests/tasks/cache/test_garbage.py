"""Which steps may go: decided on a real cache folder with records as the steps write them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tasks.cache.garbage import cached_steps, unneeded_steps
from tasks.cache.keys import CHAMPION
from tasks.cache.store import FINISHED, StepKey, commit


@dataclass(frozen=True)
class Record:
    """What a step hands on."""

    made: str


def digest(name: str) -> str:
    return name.encode().hex().ljust(64, "0")


def finished(cache: Path, step: str, made: str, *needs: str, age: float) -> str:
    """Put a finished step into the cache that made one thing from others; returns its folder's name."""
    key = StepKey(step, {need: digest(need) for need in needs} | {"for": made})
    folder = cache / key.cache_path
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(b"content")
    commit(folder, key, Record(digest(made)), seconds=1)
    os.utime(folder / FINISHED, (1e9 - age, 1e9 - age))
    return key.cache_path


def test_all_that_a_kept_bundle_came_from_stays_however_old(tmp_path: Path) -> None:
    chain = {
        finished(tmp_path, "validate", "rows", age=900),
        finished(tmp_path, "train", "weights", "rows", age=800),
        finished(tmp_path, "export", "graphs", "rows", "weights", age=700),
        finished(tmp_path, "build", "bundle", "rows", "graphs", age=600),
        finished(tmp_path, "score", "bundle", "bundle", "rows", age=500),
    }
    others = {
        finished(tmp_path, "train", "other weights", "rows", age=20),
        finished(tmp_path, "export", "other graphs", "rows", "other weights", age=10),
        finished(tmp_path, "build", "other bundle", "rows", "other graphs", age=5),
    }
    gone = {
        str(step.folder.relative_to(tmp_path)) for step in unneeded_steps(cached_steps(tmp_path), {digest("bundle")}, 0)
    }
    assert gone == others
    assert chain.isdisjoint(gone)


def test_what_a_kept_training_went_on_from_may_go(tmp_path: Path) -> None:
    finished(tmp_path, "validate", "rows", age=900)
    before = finished(tmp_path, "train", "before", "rows", age=800)
    key = StepKey("train", {"data": digest("rows"), CHAMPION: digest("before")})
    (tmp_path / key.cache_path).mkdir()
    commit(tmp_path / key.cache_path, key, Record(digest("weights")), seconds=1)
    finished(tmp_path, "export", "graphs", "weights", age=700)
    finished(tmp_path, "build", "bundle", "graphs", age=600)
    gone = {
        str(each.folder.relative_to(tmp_path)) for each in unneeded_steps(cached_steps(tmp_path), {digest("bundle")}, 0)
    }
    assert gone == {before}


def test_the_last_used_of_each_step_stay_with_what_they_need(tmp_path: Path) -> None:
    rows = finished(tmp_path, "validate", "rows", age=900)
    finished(tmp_path, "validate", "newer rows", age=800)
    trained = [finished(tmp_path, "train", f"weights {age}", "rows", age=age) for age in (3, 2, 1)]
    begun = tmp_path / "train" / "begun"
    begun.mkdir()
    os.utime(begun, (1e9 - 100, 1e9 - 100))
    gone = {str(step.folder.relative_to(tmp_path)) for step in unneeded_steps(cached_steps(tmp_path), (), 2)}
    assert gone == {trained[0], "train/begun"}
    assert rows not in gone


def test_a_damaged_commit_is_no_fault_and_counts_by_its_age(tmp_path: Path) -> None:
    old = tmp_path / finished(tmp_path, "train", "old", age=10)
    (old / FINISHED).write_bytes(b"{")
    os.utime(old / FINISHED, (1, 1))
    os.utime(old, (1, 1))
    finished(tmp_path, "train", "new", age=1)
    (gone,) = unneeded_steps(cached_steps(tmp_path), (), 1)
    assert gone.folder == old
    assert gone.size > 0
    gone.remove()
    assert not old.exists()
