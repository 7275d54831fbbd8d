from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace

import pytest

from deploy.edge.tests.tiny_bundle import INTENT, Recipe
from deploy.edge.tests.update.attacks import released_raw
from deploy.edge.tests.update.evil import EVIL, limits_for
from deploy.edge.tests.update.fleet import GOOD, NEXT, Fleet, in_days, shifted
from deploy.repository import release
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.bundle.manifest import SCHEMA, Requires
from trunkline_edge.bundle.store import State, load_manifest
from trunkline_edge.errors import (
    BootCorrupt,
    ClockWrong,
    Crashed,
    Expired,
    HealthFailed,
    InputRefused,
    Interrupted,
    NoSpace,
    NotPublished,
    RequirementUnmet,
    TooSlow,
    UpdateRunning,
)
from trunkline_edge.understanding.session import open_active
from trunkline_edge.update import agent as agent_module
from trunkline_edge.update.decisions import MAX_ATTEMPTS
from trunkline_edge.update.health import Limits
from trunkline_edge.update.home import locked
from trunkline_edge.update.local import LocalSource
from trunkline_edge.update.progress import Progress, read_progress, write_progress
from trunkline_edge.update.recovery import boot, reject, this_start

PROBATION = timedelta(minutes=10)


def names(paths: list[str]) -> list[str]:
    return [path for path in paths if path.startswith("targets/m/")]


# what is fetched


def test_a_first_install_fetches_all_files_and_answers(fleet: Fleet) -> None:
    manifest = fleet.release(GOOD)
    done = fleet.agent().check()
    assert (done.did, fleet.active(), len(done.fetched)) == ("installed", manifest.bundle_id, len(manifest.files))
    assert done.bytes == manifest.size_bytes
    assert done.health is not None and done.health.golden == 5
    assert open_active(fleet.home).parse("turn on the lamp").intents[0].name == "turn_on"


def test_nothing_new_costs_two_requests(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    fleet.fetched()
    assert fleet.agent().check().did == "kept"
    assert fleet.fetched() == ["metadata/2.root.json", "metadata/timestamp.json"]


def test_of_a_bundle_with_one_new_head_that_head_alone_is_fetched(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    fleet.fetched()
    manifest = fleet.release(NEXT)
    assert fleet.agent().check().fetched == (INTENT.file, "golden.jsonl")
    assert len(names(fleet.fetched())) == 3  # these and the manifest
    assert fleet.active() == manifest.bundle_id


def test_back_to_the_bundle_before_fetches_no_file(fleet: Fleet) -> None:
    first = fleet.release(GOOD)
    fleet.agent().check()
    fleet.release(NEXT)
    fleet.agent().check()
    release.promote(fleet.repository, "stable", "tiny", first.bundle_id, 1)
    done = fleet.agent().check()
    assert (done.did, done.fetched, fleet.active()) == ("installed", (), first.bundle_id)


def test_a_broken_file_of_the_active_bundle_is_fetched_again(fleet: Fleet) -> None:
    manifest = fleet.release(GOOD)
    fleet.agent().check()
    trunk = fleet.home / "store" / manifest.file("trunk.onnx").sha256
    trunk.write_bytes(b"x" * trunk.stat().st_size)
    done = fleet.agent().check()
    assert (done.did, done.fetched, fleet.active()) == ("repaired", ("trunk.onnx",), manifest.bundle_id)


def test_a_link_in_the_store_is_replaced_and_what_it_points_at_left_alone(fleet: Fleet) -> None:
    manifest = fleet.publish(GOOD)
    release.promote(fleet.repository, "stable", "tiny", manifest.bundle_id, 1)
    store, victim = fleet.home / "store", fleet.folder / "victim"
    store.mkdir(parents=True)
    victim.write_bytes(b"mine")
    trunk = manifest.file("trunk.onnx").sha256
    for name in (trunk, f"{trunk}.part"):
        (store / name).symlink_to(victim)
    fleet.agent().check()
    assert fleet.active() == manifest.bundle_id
    assert victim.read_bytes() == b"mine" and not (store / trunk).is_symlink()


def test_a_local_folder_is_a_source_as_well(fleet: Fleet, repository) -> None:
    manifest = repository.release(GOOD)
    agent = agent_module.Agent(fleet.home, LocalSource(repository.folder, "tiny", "local"))
    assert (agent.check().did, fleet.active(), agent.check().did) == ("installed", manifest.bundle_id, "kept")


def test_a_channel_that_names_nothing_says_so(fleet: Fleet) -> None:
    with pytest.raises(NotPublished, match="channel 'stable' points at nothing of product 'tiny'"):
        fleet.agent().check()


def test_two_updaters_of_one_home_do_not_meet(fleet: Fleet) -> None:
    with locked(fleet.home), pytest.raises(UpdateRunning):
        fleet.agent().check()


# health


@pytest.mark.parametrize("what", EVIL)
def test_a_validly_signed_bundle_that_is_bad_never_becomes_active_and_is_not_tried_again(
    what: str, fleet: Fleet
) -> None:
    first = fleet.release(GOOD)
    fleet.agent().check()
    graph, failure = EVIL[what]
    bad = fleet.release(Recipe(replaced={INTENT.file: graph}))
    with pytest.raises(failure):
        fleet.agent(limits=limits_for(failure)).check()
    assert fleet.state == State(first.bundle_id)
    assert read_progress(fleet.home).failed == {bad.bundle_id: failure.code}
    again = fleet.agent().check()
    assert (again.did, "not tried again" in again.reason) == ("kept", True)
    good = fleet.release(NEXT)
    assert fleet.agent().check().did == "installed"
    assert fleet.active() == good.bundle_id


@pytest.mark.parametrize(("limits", "failure"), [(Limits(p95_ms=0.001), TooSlow), (Limits(seconds=0.05), TooSlow)])
def test_a_bundle_that_is_too_slow_for_this_device_is_not_installed(
    limits: Limits, failure: type[HealthFailed], fleet: Fleet
) -> None:
    fleet.release(GOOD)
    with pytest.raises(failure):
        fleet.agent(limits=limits).check()
    assert fleet.active() is None


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("import os; os.abort()", "signal 6"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "signal 4"),  # of a CPU without the instruction
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal 9"),  # of a kernel out of memory
        ("import os; os._exit(3)", "exit 3"),
        ("import os; os.write(1, b'[]'); os._exit(0)", "exit 0"),
    ],
)
def test_a_test_process_that_dies_is_a_crash(
    how: str, said: str, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.release(GOOD)
    dying = fleet.folder / "dying"
    dying.mkdir()
    (dying / "sitecustomize.py").write_text(how)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(dying), os.environ["PYTHONPATH"]]))
    with pytest.raises(Crashed, match=said):
        fleet.agent().check()
    assert fleet.active() is None


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_test_that_somebody_stops_says_nothing_of_the_bundle(
    name: str, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle_id = fleet.release(GOOD).bundle_id
    stopped = fleet.folder / "stopped"
    stopped.mkdir()
    how = f"signal.signal(signal.{name}, signal.SIG_DFL); os.kill(os.getpid(), signal.{name})"
    (stopped / "sitecustomize.py").write_text(f"import os, signal; {how}")
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", os.pathsep.join([str(stopped), os.environ["PYTHONPATH"]]))
        for _ in range(MAX_ATTEMPTS + 1):
            with pytest.raises(Interrupted, match=f"its test was stopped by {name}"):
                fleet.agent().check()
    progress = read_progress(fleet.home)
    assert (progress.failed, progress.testing, progress.tests) == ({}, None, 0)
    assert (fleet.agent().check().did, fleet.active()) == ("installed", bundle_id)


def test_a_bundle_that_takes_the_device_down_while_it_is_tested_is_given_up(fleet: Fleet) -> None:
    bad = fleet.release(GOOD)
    write_progress(fleet.home, Progress(testing=bad.bundle_id, tests=MAX_ATTEMPTS))
    with pytest.raises(Crashed, match="cut short"):
        fleet.agent().check()
    assert read_progress(fleet.home).failed == {bad.bundle_id: "health.crash"}


def test_what_this_device_lacks_is_no_fault_of_the_bundle(fleet: Fleet) -> None:
    fleet.release(Recipe(manifest={"requires": Requires("99.0", 17, 8, (), 1)}))
    for _ in range(2):
        with pytest.raises(RequirementUnmet, match=r"onnxruntime 99\.0"):
            fleet.agent().check()
    progress = read_progress(fleet.home)
    assert (progress.failed, progress.code) == ({}, "install.requires")
    assert len(names(fleet.fetched())) == 1, "the manifest and nothing else"


def test_what_only_a_test_can_find_lacking_is_no_fault_of_the_bundle_either(fleet: Fleet) -> None:
    fleet.release(Recipe(manifest={"requires": Requires("1.19", 999, 8, (), 1)}))
    for _ in range(2):
        with pytest.raises(RequirementUnmet, match="opset 999"):
            fleet.agent().check()
    progress = read_progress(fleet.home)
    assert (progress.failed, progress.testing, fleet.active()) == ({}, None, None)


def test_a_bundle_of_a_later_schema_waits_for_a_newer_package(fleet: Fleet) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    manifest = json.loads((fleet.folder / "built-1" / "manifest.json").read_bytes()) | {"schema": SCHEMA + 1}
    released_raw(fleet, json.dumps(manifest, sort_keys=True).encode())
    with pytest.raises(RequirementUnmet, match="update trunkline-edge first"):
        fleet.agent().check()
    assert fleet.active() == first


# probation and the way back


def test_a_bundle_is_committed_after_its_probation(fleet: Fleet) -> None:
    bundle_id = fleet.release(GOOD).bundle_id
    fleet.agent(probation=PROBATION).check()
    assert (fleet.active(), read_progress(fleet.home).trying) == (bundle_id, bundle_id)
    fleet.agent(probation=PROBATION).check()
    assert read_progress(fleet.home).trying == bundle_id
    fleet.agent(probation=PROBATION, now=lambda: in_days(0.5)).check()
    assert read_progress(fleet.home).trying is None


def test_a_bundle_that_is_rejected_gives_way_to_the_one_before_and_never_returns(fleet: Fleet) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    second = fleet.release(NEXT).bundle_id
    fleet.agent(probation=PROBATION).check()
    done = reject(fleet.home, "too many errors")
    assert (done.did, done.code, fleet.active()) == ("returned", "switch.probation", first)
    assert fleet.agent().check().did == "kept"
    assert (fleet.active(), read_progress(fleet.home).failed) == (first, {second: "switch.probation"})


def test_a_device_that_keeps_dying_with_a_new_bundle_returns_to_the_one_before(fleet: Fleet) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    second = fleet.release(NEXT).bundle_id
    fleet.agent(probation=PROBATION).check()
    starts = [boot(fleet.home, start=f"start {number}").did for number in range(MAX_ATTEMPTS + 1)]
    assert starts == ["kept"] * MAX_ATTEMPTS + ["returned"]
    assert fleet.active() == first
    assert read_progress(fleet.home).failed == {second: "switch.probation"}


def test_an_updater_that_is_started_again_and_again_says_nothing_of_the_bundle(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    second = fleet.release(NEXT).bundle_id
    fleet.agent(probation=PROBATION).check()
    starts = [this_start()] * 9 + ["after a power cut"] * 9
    assert {boot(fleet.home, start=start).did for start in starts} == {"kept"}
    assert (fleet.active(), read_progress(fleet.home).attempts) == (second, 1)


def test_the_way_back_leads_to_the_last_bundle_that_stood_its_probation(fleet: Fleet) -> None:
    proven = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    unproven = fleet.release(NEXT).bundle_id
    fleet.agent(probation=PROBATION).check()
    newest = fleet.release(Recipe(scale=2.0)).bundle_id
    fleet.agent(probation=PROBATION).check()
    assert fleet.state == State(newest, proven)
    assert reject(fleet.home, "it is bad").state.active == proven
    fleet.agent(probation=PROBATION).check()
    release.promote(fleet.repository, "stable", "tiny", unproven, 2)
    fleet.agent(probation=PROBATION).check()
    release.promote(fleet.repository, "stable", "tiny", proven, 1)
    fleet.agent(probation=PROBATION).check()
    assert fleet.state == State(proven, unproven), "where it goes back itself, there is no other"


def test_the_only_bundle_cannot_be_rejected_into_nothing(fleet: Fleet) -> None:
    bundle_id = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    with pytest.raises(InputRefused, match="nothing was changed"):
        reject(fleet.home, "bad")
    assert (fleet.active(), read_progress(fleet.home).failed) == (bundle_id, {})


# start


def broken(fleet: Fleet, bundle_id: str) -> None:
    manifest = fleet.home / "bundles" / f"{bundle_id}.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"tiny", b"tinY"))


def test_a_fresh_device_starts_with_nothing(fleet: Fleet) -> None:
    assert boot(fleet.home).reason == "nothing is installed yet"


def test_a_device_keeps_the_active_bundle_and_the_one_before_and_nothing_else(fleet: Fleet) -> None:
    released = []
    for recipe in (GOOD, NEXT, Recipe(scale=2.0)):
        released.append(fleet.release(recipe).bundle_id)
        fleet.agent().check()
    assert {path.stem for path in (fleet.home / "bundles").iterdir()} == set(released[1:])
    needed = {entry.sha256 for each in released[1:] for entry in load_manifest(fleet.home, each).files}
    assert {path.name for path in (fleet.home / "store").iterdir()} == needed
    assert reject(fleet.home, "it is bad").state.active == released[1]
    assert fleet.active() == released[1]


def test_a_start_removes_what_was_on_its_way(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    (fleet.home / "store" / ("0" * 64 + ".part")).write_bytes(b"half")
    (fleet.home / f".state.json.{os.getpid()}.part").write_bytes(b"half")
    boot(fleet.home)
    assert list(fleet.home.rglob("*.part")) == []


def test_a_start_with_a_flipped_bit_returns_to_the_bundle_before(fleet: Fleet) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    second = fleet.release(NEXT)
    fleet.agent().check()
    head = fleet.home / "store" / second.file(INTENT.file).sha256
    raw = bytearray(head.read_bytes())
    raw[50] ^= 1
    head.write_bytes(raw)
    done = boot(fleet.home)
    assert (done.did, done.code, fleet.active()) == ("returned", "boot.corrupt", first)
    assert fleet.agent().check().fetched == (INTENT.file,)
    assert fleet.active() == second.bundle_id


def test_with_both_bundles_broken_the_factory_one_runs(fleet: Fleet) -> None:
    for recipe in (GOOD, NEXT):
        broken_id = fleet.release(recipe).bundle_id
        fleet.agent().check()
        broken(fleet, broken_id)
    factory = Recipe(golden_texts=("rain",)).write(fleet.folder / "factory")
    assert boot(fleet.home, fleet.folder / "factory").did == "returned"
    assert fleet.active() == factory.bundle_id


def test_with_nothing_whole_the_start_says_so_and_a_check_mends_it(fleet: Fleet) -> None:
    bundle_id = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    broken(fleet, bundle_id)
    with pytest.raises(BootCorrupt, match="run an update"):
        boot(fleet.home)
    fleet.agent().check()
    assert fleet.active() == bundle_id


@pytest.mark.parametrize("name", ["state.json", "update.json"])
def test_a_torn_memory_is_none_and_the_next_check_installs(name: str, fleet: Fleet) -> None:
    bundle_id = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    write_atomic(fleet.home / name, b'{"active": "')
    fleet.agent().check()
    assert fleet.active() == bundle_id


def test_torn_metadata_of_the_client_is_fetched_again(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    for path in (fleet.home / "tuf").rglob("*.json"):
        path.write_bytes(b"\0" * 100)
    assert fleet.agent().check().did == "kept"


# disk and clock


def test_without_room_nothing_is_fetched(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.release(GOOD)
    monkeypatch.setattr(agent_module, "SPARE_BYTES", 10**18)
    with pytest.raises(NoSpace, match="bytes are needed"):
        fleet.agent().check()
    assert names(fleet.fetched())[1:] == []  # the manifest was


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which takes root")
def test_a_disk_that_fills_up_on_the_way_is_cleared_and_the_update_goes_on_when_there_is_room(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(fleet.home)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no disk can be mounted here")
    try:
        # The room is there when it is asked for, and gone when it is needed.
        monkeypatch.setattr(agent_module.shutil, "disk_usage", lambda _: SimpleNamespace(free=10**9))
        first = fleet.release(GOOD).bundle_id
        fleet.agent().check()
        second = fleet.release(Recipe(scale=1.5)).bundle_id
        filled = fleet.home / "filled"
        with suppress(OSError), filled.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        with pytest.raises(NoSpace, match="No space left"):
            fleet.agent().check()
        assert fleet.active() == first
        assert list(fleet.home.rglob("*.part")) == []
        filled.unlink()
        fleet.agent().check()
        assert fleet.active() == second
    finally:
        subprocess.run(["umount", str(fleet.home)], check=True)


def test_where_room_is_short_what_a_failed_bundle_left_makes_way(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    left = fleet.home / "store" / ("0" * 64)
    left.write_bytes(b"of a bundle that failed")
    second = fleet.release(NEXT).bundle_id
    monkeypatch.setattr(
        agent_module.shutil, "disk_usage", lambda _: SimpleNamespace(free=0 if left.exists() else 10**9)
    )
    fleet.agent().check()
    assert fleet.state == State(second, first)


def test_a_device_whose_clock_starts_in_1970_does_not_check(fleet: Fleet) -> None:
    fleet.release(GOOD)
    with pytest.raises(ClockWrong):
        fleet.agent(now=lambda: in_days(-20_000)).check()
    assert fleet.fetched() == []


def test_a_clock_that_went_back_behind_what_was_signed_stops_checks_until_it_is_set(fleet: Fleet) -> None:
    fleet.release(GOOD)
    release.refresh(shifted(fleet, 5), everything=True)
    with pytest.raises(ClockWrong):
        fleet.agent().check()
    assert fleet.agent(now=lambda: in_days(5)).check().did == "installed"


def test_with_a_clock_400_days_fast_all_is_expired_and_the_installed_bundle_answers(fleet: Fleet) -> None:
    bundle_id = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    release.refresh(
        shifted(fleet, -400), everything=True
    )  # the client reads the clock itself: the server is slow instead
    with pytest.raises(Expired):
        fleet.agent().check()
    assert open_active(fleet.home).bundle_id == bundle_id
    assert json.loads((fleet.home / "update.json").read_bytes())["code"] == "update.expired"
