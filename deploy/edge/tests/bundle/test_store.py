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
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import trunkline_edge.bundle.store
from deploy.edge.tests.tiny_bundle import DOMAIN, HEADS, INTENT, Recipe, TinyHead, endless_model, head_model
from trunkline_edge.bundle.manifest import Manifest, Requires
from trunkline_edge.bundle.store import (
    State,
    add_bundle,
    load_manifest,
    located_in,
    open_active,
    read_pointer,
    read_state,
    self_test,
    update,
    write_atomic,
    write_pointer,
)
from trunkline_edge.errors import BundleInvalid, DigestMismatch, NothingInstalled, RequirementUnmet
from trunkline_edge.understanding.session import read_verified

if TYPE_CHECKING:
    from deploy.edge.tests.conftest import Repository

OTHER_INTENT = replace(INTENT, bias=(0.3, 0.1, 0.0))
GOOD, BETTER = Recipe(), Recipe(version=2, heads=(OTHER_INTENT, *HEADS[1:]))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def install(home: Path, repository: Repository) -> tuple[State, list[str]]:
    state, copied = update(home, repository.folder, "tiny", "local")
    return state, [entry.name for entry in copied]


def parts(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))


# write_atomic


def test_a_written_file_has_the_content_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    write_atomic(path, b"one")
    write_atomic(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["file"]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("broken", ["fsync", "open", "replace"])
def test_a_failed_write_leaves_the_old_content_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(Path if broken == "replace" else os, broken, full)
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_content_is_on_disk_before_its_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def watched_fsync(descriptor: int) -> None:
        is_folder = Path(f"/proc/self/fd/{descriptor}").resolve().is_dir()
        calls.append("fsync folder" if is_folder else "fsync file")
        fsync(descriptor)

    def watched_replace(path: Path, target: Path) -> Path:
        calls.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    write_atomic(tmp_path / "file", b"content")
    assert calls == ["fsync file", "rename", "fsync folder"]


# update


def test_a_first_update_copies_everything_and_activates_it(home: Path, repository: Repository) -> None:
    manifest = repository.release(GOOD)
    state, copied = install(home, repository)
    assert state == read_state(home) == State(active=manifest.bundle_id, previous=None)
    assert copied == [entry.name for entry in manifest.files]
    assert open_active(home).parse("lamp on").intents[0].name == "turn_on"


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


def test_files_are_written_before_the_manifest_and_the_pointer_last(
    home: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = repository.release(GOOD)
    renamed: list[str] = []
    rename = Path.replace

    def watched(path: Path, target: Path) -> Path:
        renamed.append(str(target.relative_to(home)))
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", watched)
    install(home, repository)
    files = [f"store/{entry.sha256}" for entry in manifest.files]
    assert renamed == [*files, f"bundles/{manifest.bundle_id}.json", "state.json"]


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
    with pytest.raises(DigestMismatch, match=r"intent\.onnx"):
        install(home, repository)
    assert read_state(home).active == first.bundle_id
    assert not (home / "bundles" / f"{second.bundle_id}.json").exists()
    assert not (home / "store" / second.file("intent.onnx").sha256).exists()


WRONG_ANSWER = Recipe(version=2, replaced={"intent.onnx": head_model(OTHER_INTENT).SerializeToString()})
FOREIGN_HEAD = Recipe(version=2, replaced={"domain.onnx": head_model(DOMAIN, trunk_id="0" * 64).SerializeToString()})
TOO_MANY_LABELS = TinyHead("intent", "class", (), {}, (0.0, 0.0, 0.0, 1.0))
WRONG_SHAPE = Recipe(version=2, replaced={"intent.onnx": head_model(TOO_MANY_LABELS).SerializeToString()})


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (WRONG_ANSWER, "failed its self-test: golden utterance"),
        (FOREIGN_HEAD, "failed its self-test: graph domain.*belongs to trunk"),
        (WRONG_SHAPE, "failed its self-test: IndexError[^\n]*$"),
    ],
    ids=["wrong answer", "foreign head", "wrong shape"],
)
def test_a_bundle_that_fails_its_self_test_leaves_the_old_one_active(
    home: Path, repository: Repository, bad: Recipe, message: str
) -> None:
    first = repository.release(GOOD)
    install(home, repository)
    state = (home / "state.json").read_bytes()
    repository.release(bad)
    with pytest.raises(BundleInvalid, match=message):
        install(home, repository)
    assert (home / "state.json").read_bytes() == state
    assert open_active(home).bundle_id == first.bundle_id


def test_the_type_of_what_is_wrong_survives_the_self_tests_process(home: Path, repository: Repository) -> None:
    damaged = repository.release(GOOD)
    add_bundle(home, damaged, located_in(repository.folder))
    (home / "store" / damaged.files[0].sha256).write_bytes(b"flipped")
    with pytest.raises(DigestMismatch, match="failed its self-test"):
        self_test(home, damaged.bundle_id)
    greedy = repository.release(Recipe(version=2, manifest={"requires": Requires("99.0", 17, 8, (), 1)}))
    add_bundle(home, greedy, located_in(repository.folder))
    with pytest.raises(RequirementUnmet, match="onnxruntime"):
        self_test(home, greedy.bundle_id)


def test_the_self_test_imports_nothing_from_the_working_directory(
    home: Path, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = repository.release(GOOD)
    add_bundle(home, bundle, located_in(repository.folder))
    (tmp_path / "numpy.py").write_text("raise SystemExit('imported from the working directory')")
    monkeypatch.chdir(tmp_path)
    self_test(home, bundle.bundle_id)


def test_a_bundle_that_never_answers_is_given_up_and_leaves_the_old_one_active(
    home: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = repository.release(GOOD)
    install(home, repository)
    repository.release(Recipe(version=2, replaced={"intent.onnx": endless_model(INTENT).SerializeToString()}))
    monkeypatch.setattr(trunkline_edge.bundle.store, "SELF_TEST_TIMEOUT_S", 1)
    with pytest.raises(BundleInvalid, match="self-test took over 1 s"):
        install(home, repository)
    assert open_active(home).bundle_id == first.bundle_id


@pytest.mark.parametrize("ending", ["os.kill(os.getpid(), signal.SIGKILL)", "os.abort()"])
def test_a_bundle_that_crashes_the_child_leaves_the_old_one_active(
    home: Path, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    first = repository.release(GOOD)
    install(home, repository)
    second = repository.release(BETTER)
    # Python runs sitecustomize in every process; this one ends a process that verifies the second bundle.
    crash = f"import os, signal, sys\nif {second.bundle_id!r} in sys.orig_argv:\n    {ending}\n"
    (tmp_path / "crash").mkdir()
    (tmp_path / "crash" / "sitecustomize.py").write_text(crash, encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{tmp_path / 'crash'}{os.pathsep}{os.environ['PYTHONPATH']}")
        with pytest.raises(BundleInvalid, match=r"failed its self-test: the process ended with -\d+"):
            install(home, repository)
    assert read_state(home) == State(active=first.bundle_id)
    assert install(home, repository)[0].active == second.bundle_id, "once the machine is well, it installs"


# pointers, manifests, state


def test_a_channel_that_points_at_nothing_says_so(home: Path, repository: Repository) -> None:
    assert read_pointer(repository.folder, "tiny", "local") is None
    with pytest.raises(NothingInstalled, match=r"channel tiny/local in .* points at nothing yet; release a bundle"):
        install(home, repository)
    assert not home.exists()


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
    with pytest.raises(BundleInvalid, match=r"local\.json"):
        install(home, repository)
    assert read_state(home).active == first.bundle_id


def test_a_pointer_to_an_unpublished_bundle_is_neither_written_nor_followed(home: Path, repository: Repository) -> None:
    repository.release(GOOD)
    before = read_pointer(repository.folder, "tiny", "local")
    with pytest.raises(BundleInvalid, match="no manifest"):
        write_pointer(repository.folder, "tiny", "local", {"bundle_id": "a" * 64, "version": 9})
    assert read_pointer(repository.folder, "tiny", "local") == before
    raw = json.dumps({"bundle_id": "a" * 64}).encode()
    (repository.folder / "channels" / "tiny" / "local.json").write_bytes(raw)
    with pytest.raises(BundleInvalid, match="bundle aaaaaaaaaaaa: no manifest"):
        install(home, repository)


def test_a_manifest_under_another_id_is_refused(repository: Repository) -> None:
    first, second = repository.release(GOOD), repository.release(BETTER)
    path = repository.folder / "bundles" / f"{second.bundle_id}.json"
    path.write_bytes(first.to_bytes())
    with pytest.raises(BundleInvalid, match=f"holds bundle {first.bundle_id[:12]}, not {second.bundle_id[:12]}"):
        load_manifest(repository.folder, second.bundle_id)


def test_a_home_without_state_has_nothing_installed(home: Path) -> None:
    assert read_state(home) == State()
    with pytest.raises(NothingInstalled, match="run `trunkline-edge update` first"):
        open_active(home)


@pytest.mark.parametrize("state", [b"", b"{", b"[]", b"7", b'{"active": 7}', b'{"active": "../x"}', b"\xff\xfe"])
def test_a_spoiled_state_is_refused_with_the_cure(tmp_path: Path, state: bytes) -> None:
    (tmp_path / "state.json").write_bytes(state)
    with pytest.raises(BundleInvalid, match=r"state\.json.*install again"):
        open_active(tmp_path)


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
                update(home, repository.folder, "tiny", "local")
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
        if actives[-1] == second.bundle_id:
            write_atomic(home / "state.json", json.dumps({"active": first.bundle_id}).encode())
    assert len(actives) > 5 * 4, "a write has five steps; trunk, golden answers, manifest and pointer were written"
    assert actives[-1] == second.bundle_id
    assert actives[0] == first.bundle_id
    assert len(parts(home)) <= len(actives)


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
    Path.replace = counted(Path.replace)  # type: ignore[method-assign]


@pytest.mark.slow
def test_an_update_killed_at_any_moment_leaves_a_whole_bundle(home: Path, repository: Repository) -> None:
    releases = [repository.release(GOOD), repository.release(Recipe(version=2, scale=1.5))]
    pointers: list[dict[str, Any]] = [{"bundle_id": each.bundle_id, "version": each.version} for each in releases]
    command = [sys.executable, "-m", "trunkline_edge", "update", "--home", str(home)]
    command += ["--repository", str(repository.folder), "--product", "tiny"]
    begun = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    whole_s = time.monotonic() - begun
    rng = random.Random(0)
    seen: set[str | None] = set()
    killed = turn = 0
    while killed < 30:
        turn += 1
        write_pointer(repository.folder, "tiny", "local", pointers[turn % 2])
        for path in home.glob("store/[!.]*"):
            if turn % 3 and path.name not in {each.sha256 for each in _active(home).files}:
                path.unlink()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        try:
            process.communicate(timeout=rng.uniform(0.2, 1.0) * whole_s)
            assert process.returncode == 0
        except subprocess.TimeoutExpired:
            killed += 1
            os.killpg(process.pid, signal.SIGKILL)  # with its child, which would only warm the room
            process.communicate()
        seen.add(assert_whole(home, {each.bundle_id for each in releases}))
    assert seen <= {each.bundle_id for each in releases}
    subprocess.run(command, check=True, capture_output=True)
    assert read_state(home).active == pointers[turn % 2]["bundle_id"]
    assert assert_whole(home, {pointers[turn % 2]["bundle_id"]})


def _active(home: Path) -> Manifest:
    active = read_state(home).active
    assert active is not None
    return load_manifest(home, active)
