from __future__ import annotations

from pathlib import Path

import pytest

from deploy.edge.tests.mirror import URL, Mirror
from deploy.edge.tests.tiny_bundle import Recipe
from deploy.repository import release
from deploy.repository.channels import OTHERWISE, try_on_device
from deploy.repository.keys import KeyFolder
from deploy.repository.signed import SignedRepository
from deploy.rollout.rehearsal import gone_bad, retrained
from trunkline_edge.bundle.store import read_state
from trunkline_edge.errors import GoldenFailed
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.remote import RemoteSource


def test_a_head_retrained_over_a_frozen_trunk_is_all_that_is_published_and_fetched(tmp_path: Path) -> None:
    first = Recipe().write(tmp_path / "first")
    second = retrained(tmp_path / "first", tmp_path / "second", ["intent.onnx"])
    try_on_device(tmp_path / "second")
    repository = SignedRepository(tmp_path / "published", KeyFolder(tmp_path / "keys"))
    release.init(repository, ["stable"])
    release.publish(repository, tmp_path / "first")
    release.promote(repository, "stable", "tiny", first.bundle_id, 1)
    mirror, root = Mirror(repository.folder), (repository.folder / "metadata" / "1.root.json").read_bytes()
    agent = Agent(tmp_path / "home", RemoteSource(URL, root, tmp_path / "home", "tiny", "stable", fetcher=mirror))
    agent.check()
    changed = {"intent.onnx", "golden.jsonl"}
    found = release.publish(repository, tmp_path / "second")
    assert set(found.files) == {*changed, "manifest.json"}
    assert found.bytes == sum(second.file(name).length for name in changed) + len(second.to_bytes())
    release.promote(repository, "stable", "tiny", second.bundle_id, 2)
    outcome = agent.check()
    assert (set(outcome.fetched), outcome.bytes) == (changed, sum(second.file(name).length for name in changed))
    assert outcome.bytes + len(second.to_bytes()) == found.bytes < first.size_bytes


def test_a_bundle_gone_bad_is_published_and_caught_on_the_device(tmp_path: Path) -> None:
    good = Recipe().write(tmp_path / "good")
    bad = gone_bad(tmp_path / "good", tmp_path / "bad", "intent.onnx")
    with pytest.raises(GoldenFailed, match="golden"):
        try_on_device(tmp_path / "bad")
    Recipe(scale=2.0).write(tmp_path / "beside")
    assert try_on_device(tmp_path / "beside")
    gone_bad(tmp_path / "good", tmp_path / "beside" / OTHERWISE, "intent.onnx")
    with pytest.raises(GoldenFailed, match="golden"):
        try_on_device(tmp_path / "beside")
    repository = SignedRepository(tmp_path / "published", KeyFolder(tmp_path / "keys"))
    release.init(repository, ["stable"])
    for number, manifest in enumerate((good, bad), start=1):
        release.publish(repository, tmp_path / ("good", "bad")[number - 1])
        release.promote(repository, "stable", "tiny", manifest.bundle_id, number)
        mirror, root = Mirror(repository.folder), (repository.folder / "metadata" / "1.root.json").read_bytes()
        agent = Agent(tmp_path / "home", RemoteSource(URL, root, tmp_path / "home", "tiny", "stable", fetcher=mirror))
        if manifest is good:
            agent.check()
        else:
            with pytest.raises(GoldenFailed):
                agent.check()
    assert read_state(tmp_path / "home").active == good.bundle_id
