"""Installs from a folder on this machine; what the updater does whatever the source is in `test_agent`."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deploy.edge.tests.tiny_bundle import HEADS, INTENT, Recipe
from trunkline_edge.bundle.files import read_verified, write_atomic
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.store import State, load_manifest, located_in, read_pointer, read_state, write_pointer
from trunkline_edge.errors import ContentRefused, DigestMismatch, NotPublished
from trunkline_edge.understanding.session import open_active
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.local import LocalSource

if TYPE_CHECKING:
    from deploy.edge.tests.conftest import Repository

KILLS = int(os.environ.get("TRUNKLINE_LOCAL_KILLS", "12"))
GOOD, BETTER = Recipe(), Recipe(version=2, heads=(replace(INTENT, bias=(0.3, 0.1, 0.0)), *HEADS[1:]))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def install(home: Path, repository: Repository) -> tuple[State, list[str]]:
    done = Agent(home, LocalSource(repository.folder, "tiny", "local")).check()
    return done.state, list(done.fetched)


def test_a_first_update_copies_everything_and_activates_it(home: Path, repository: Repository) -> None:
    manifest = repository.release(GOOD)
    state, copied = install(home, repository)
    assert state == read_state(home) == State(active=manifest.bundle_id, previous=None)
    assert copied == [entry.name for entry in manifest.files]
    assert open_active(home).parse("lamp on").intents[0].name == "turn_on"


def test_a_folder_needs_no_clock(home: Path, repository: Repository) -> None:
    repository.release(GOOD)
    source = LocalSource(repository.folder, "tiny", "local")
    assert Agent(home, source, now=lambda: datetime(1970, 1, 1, tzinfo=UTC)).check().did == "installed"


def test_a_second_bundle_on_the_same_trunk_copies_only_what_changed(home: Path, repository: Repository) -> None:
    first = repository.release(GOOD)
    install(home, repository)
    second = repository.release(BETTER)
    before = {path: path.stat().st_mtime_ns for path in (home / "store").iterdir()}
    state, copied = install(home, repository)
    assert copied == ["intent.onnx", "golden.jsonl"]
    assert state == State(active=second.bundle_id, previous=first.bundle_id)
    assert {path: path.stat().st_mtime_ns for path in before} == before, "a stored file is never written again"


def test_updating_twice_changes_nothing(home: Path, repository: Repository) -> None:
    repository.release(GOOD)
    first, _ = install(home, repository)
    assert install(home, repository) == (first, [])


def test_going_back_copies_nothing(home: Path, repository: Repository) -> None:
    first = repository.release(GOOD)
    install(home, repository)
    second = repository.release(BETTER)
    install(home, repository)
    write_pointer(repository.folder, "tiny", "local", {"bundle_id": first.bundle_id, "version": 1})
    assert install(home, repository) == (State(active=first.bundle_id, previous=second.bundle_id), [])


@pytest.mark.parametrize("spoil", ["altered", "emptied", "removed"])
def test_a_spoiled_stored_file_is_found_at_opening_and_copied_again_by_an_update(
    home: Path, repository: Repository, spoil: str
) -> None:
    manifest = repository.release(GOOD)
    state, _ = install(home, repository)
    path = located_in(home)(manifest.file("slots.onnx"))
    raw = path.read_bytes()
    path.unlink()
    if spoil != "removed":
        path.write_bytes(b"" if spoil == "emptied" else raw[:-1] + b"?")
    with pytest.raises(DigestMismatch, match=r"slots\.onnx"):
        open_active(home)
    assert install(home, repository) == (state, ["slots.onnx"])
    assert open_active(home).parse("lamp").intents


def test_a_file_that_is_spoiled_in_the_repository_is_not_installed(home: Path, repository: Repository) -> None:
    first = repository.release(GOOD)
    install(home, repository)
    second = repository.release(BETTER)
    path = located_in(repository.folder)(second.file("intent.onnx"))
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(ContentRefused, match=r"intent\.onnx"):
        install(home, repository)
    assert read_state(home).active == first.bundle_id
    assert not (home / "bundles" / f"{second.bundle_id}.json").exists()
    assert not (home / "store" / second.file("intent.onnx").sha256).exists()


def test_a_channel_that_points_at_nothing_says_so(home: Path, repository: Repository) -> None:
    assert read_pointer(repository.folder, "tiny", "local") is None
    with pytest.raises(NotPublished, match=r"channel tiny/local in .* points at nothing: it has no channels"):
        install(home, repository)
    assert read_state(home) == State()


@pytest.mark.parametrize(
    "pointer",
    [b"", b"{", b"[]", b"7", b"null", b"\xff", b"{}", *(json.dumps({"bundle_id": each}).encode() for each in (
        None, 7, "abc", "../" * 21 + "x", "A" * 64, ["a"] * 64, "a" * 64 + "\n",
    ))],
)  # fmt: skip
def test_a_bad_pointer_is_refused_and_leaves_the_old_bundle_active(
    home: Path, repository: Repository, pointer: bytes
) -> None:
    first = repository.release(GOOD)
    write_atomic(home / "state.json", json.dumps({"active": first.bundle_id, "previous": None}).encode())
    (repository.folder / "channels" / "tiny" / "local.json").write_bytes(pointer)
    with pytest.raises(ContentRefused, match=r"local\.json"):
        install(home, repository)
    assert read_state(home).active == first.bundle_id


def test_an_update_is_the_cure_of_a_spoiled_state(home: Path, repository: Repository) -> None:
    manifest = repository.release(GOOD)
    install(home, repository)
    (home / "state.json").write_bytes(b"\0" * 200)
    assert install(home, repository) == (State(active=manifest.bundle_id), [])


# crashes


def assert_whole(home: Path, allowed: set[str | None]) -> str | None:
    """The active bundle is one of those allowed, and every file of it is right."""
    active = read_state(home).active
    assert active in allowed
    if active is not None:
        open_active(home)  # hashes every file that it loads
        for entry in load_manifest(home, active).files:
            assert read_verified(entry, located_in(home)(entry))
    return active


@pytest.mark.slow
def test_a_crash_before_any_step_of_an_update_leaves_a_whole_bundle(home: Path, repository: Repository) -> None:
    """Every open for writing, fsync and rename is once the last thing that did not happen."""
    first = repository.release(GOOD)
    install(home, repository)
    second = repository.release(Recipe(version=2, scale=1.5))
    actives = []
    for step in range(1_000):
        with warnings.catch_warnings(action="ignore"):  # from 3.12 on, Python warns if other tests left threads
            child = os.fork()
        if child == 0:
            _crash_before(step)
            try:
                install(home, repository)
            except BaseException:
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        actives.append(assert_whole(home, {first.bundle_id, second.bundle_id}))
        assert os.waitstatus_to_exitcode(status) in (0, 9)
        if os.waitstatus_to_exitcode(status) == 0:
            break
        for path in (home / "store").glob("[!.]*"):  # start over, so that every step comes
            if path.name not in {entry.sha256 for entry in first.files}:
                path.unlink()
        (home / "update.json").unlink(missing_ok=True)  # a bundle whose test is cut short too often is given up
        if actives[-1] == second.bundle_id:
            write_atomic(home / "state.json", json.dumps({"active": first.bundle_id}).encode())
    assert len(actives) > 5 * 4, "a write has five steps; trunk, golden answers, manifest and pointer were written"
    assert actives[-1] == second.bundle_id
    assert actives[0] == first.bundle_id
    assert not list(home.rglob("*.part")), "the last update cleared away what the others left"


def _crash_before(step: int) -> None:
    left = step

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(9)
            return function(*arguments, **options)

        return call

    os.fsync = counted(os.fsync)
    os.open = counted(os.open)
    Path.replace = counted(Path.replace)


@pytest.mark.slow
def test_an_update_killed_at_any_moment_leaves_a_whole_bundle(home: Path, repository: Repository) -> None:
    releases = [repository.release(GOOD), repository.release(Recipe(version=2, scale=1.5))]
    pointers: list[dict[str, Any]] = [
        {"bundle_id": each.bundle_id, "version": each.provenance.version} for each in releases
    ]
    command = [sys.executable, "-m", "trunkline_edge", "update", "--home", str(home)]
    command += ["--repository", str(repository.folder), "--product", "tiny"]
    begun = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    whole_s = time.monotonic() - begun
    rng = random.Random(0)
    seen: set[str | None] = set()
    killed = turn = 0
    while killed < KILLS:
        turn += 1
        write_pointer(repository.folder, "tiny", "local", pointers[turn % 2])
        # A bundle whose test is cut short three times is taken for what does it; here that is us, so it is forgotten.
        (home / "update.json").unlink(missing_ok=True)
        for path in home.glob("store/[!.]*"):
            if turn % 3 and path.name not in {each.sha256 for each in _active(home).files}:
                path.unlink()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        try:
            _, said = process.communicate(timeout=rng.uniform(0.2, 1.0) * whole_s)
            assert process.returncode == 0, said
        except subprocess.TimeoutExpired:
            killed += 1
            os.killpg(process.pid, signal.SIGKILL)  # with its child, which would only warm the room
            process.communicate()
        seen.add(assert_whole(home, {each.bundle_id for each in releases}))
    assert seen <= {each.bundle_id for each in releases}
    (home / "update.json").unlink(missing_ok=True)
    subprocess.run(command, check=True, capture_output=True)
    assert read_state(home).active == pointers[turn % 2]["bundle_id"]
    assert assert_whole(home, {pointers[turn % 2]["bundle_id"]})


def _active(home: Path) -> Manifest:
    active = read_state(home).active
    assert active is not None
    return load_manifest(home, active)
