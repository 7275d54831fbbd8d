"""What a home still needs, on a real MLflow store, a real repository and a finished chain."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.bundle.built import Built
from deploy.evaluation.verdict import Verdict
from tasks.cache.garbage import cached_steps, unneeded_steps
from tasks.settings import Settings
from tasks.steps.register import promote, register
from tasks.steps.train import record
from tasks.tracking import runs as tracking
from tasks.tracking.champion import champion_of
from tasks.tracking.needed import dead_runs, needed_bundles, remove_run
from tests.tasks.conftest import set_home
from tests.tasks.skilled import NO_LONGER_HERE, OLD, skilled_home
from trunkline_edge.bundle.garbage import unneeded
from trunkline_edge.bundle.manifest import Manifest

# MLflow warns of the types of its own request classes when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")


def test_champion_challenger_and_the_one_before_are_needed(chain: Any) -> None:
    settings = Settings.from_environment()
    run_id = record.fn(chain.spec, chain.data, chain.trained)
    bundles, against = [chain.bundle, *(_with_threshold(settings, chain.bundle, 1e-6 * n) for n in (1, 2, 3))], None
    for bundle in bundles[:3]:
        registered = register.fn(chain.spec, chain.data, bundle, run_id)
        assert promote.fn(chain.spec, bundle, registered, Verdict(True, ("it is better",), against=against))
        against = bundle.bundle_id
    register.fn(chain.spec, chain.data, bundles[3], run_id)  # a challenger that was kept

    oldest, *needed = (bundle.bundle_id for bundle in bundles)
    assert needed_bundles(settings, 0) == set(needed)
    assert needed_bundles(settings, 3) == {oldest, *needed}
    assert [path.name for path in unneeded(settings.repository, needed)] == [f"{oldest}.json"], "it shares its files"


def test_of_a_skill_the_newest_stays_for_each_precision_of_a_trunk_that_stays(home: Path) -> None:
    made = skilled_home(home)
    champion = champion_of(home / "repository", "tiny", "local")
    assert champion is not None
    gone = {made[NO_LONGER_HERE], made[OLD]}
    assert needed_bundles(Settings.from_environment(), 0) == {champion.bundle_id, *made} - gone


def test_no_step_goes_that_a_needed_bundle_came_from(chain: Any) -> None:
    cache = Settings.from_environment().cache
    assert unneeded_steps(cached_steps(cache), {chain.bundle.bundle_id}, 0) == []
    gone = unneeded_steps(cached_steps(cache), (), 0)
    assert {step.step for step in gone} == {"validate", "train", "export", "build"}


def _with_threshold(settings: Settings, bundle: Built, threshold: float) -> Built:
    """Return another bundle of the same files: one that rejects a little sooner."""
    folder = settings.cache / f"{bundle.folder}-{threshold}"
    shutil.copytree(settings.cache / bundle.folder, folder)
    manifest = Manifest.from_bytes((folder / "manifest.json").read_bytes())
    heads = tuple(replace(head, threshold=threshold) if head.name == "intent" else head for head in manifest.heads)
    manifest = replace(manifest, heads=heads)
    (folder / "manifest.json").write_bytes(manifest.to_bytes())
    return replace(bundle, folder=folder.relative_to(settings.cache), bundle_id=manifest.bundle_id)


def test_a_run_that_failed_goes_with_its_files_once_its_training_is_gone(chain: Any) -> None:
    with pytest.raises(RuntimeError), tracking.run_for("tiny", "a" * 64) as run_id:
        tracking.connect().log_text(run_id, "half", "note.txt")
        raise RuntimeError
    record.fn(chain.spec, chain.data, chain.trained)
    assert dead_runs({"a" * 16}) == [], "its training can go on"
    assert dead_runs(()) == [run_id]
    files = Settings.from_environment().artifacts / "tiny" / run_id
    assert any(files.rglob("note.txt"))
    remove_run(run_id)
    assert not any(files.rglob("note.txt"))
    assert dead_runs(()) == []


def test_files_of_a_moved_home_are_found(chain: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with tracking.run_for("tiny", "b" * 64) as run_id:
        tracking.connect().log_text(run_id, "found", "note.txt")
    moved = chain.home.with_name(chain.home.name + " moved [*]%20?#")
    shutil.move(chain.home, moved)
    set_home(monkeypatch, moved)  # MLflow had put the old address into the environment
    assert [file.path for file in tracking.connect().list_artifacts(run_id)] == ["note.txt"]
    with tracking.run_for("tiny", "c" * 64) as another:
        tracking.connect().log_text(another, "also here", "more.txt")
    assert len(list((moved / "artifacts").rglob("*.txt"))) == 2
