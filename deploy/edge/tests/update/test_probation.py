"""A bundle on probation is judged by what it does in service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.edge.tests.tiny_bundle import Recipe
from deploy.edge.tests.update.fleet import GOOD, NEXT, Fleet, in_days
from deploy.repository import release
from trunkline_edge.errors import BootCorrupt, TooSlow
from trunkline_edge.update.decisions import MAX_ATTEMPTS, MIN_SERVED, fault_in_service
from trunkline_edge.update.health import Limits
from trunkline_edge.update.progress import Progress, read_progress, write_progress
from trunkline_edge.update.recovery import boot, reject
from trunkline_edge.update.served import Served, Tally, read_served

PROBATION = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("served", "before", "fault"),
    [
        (Served(), None, None),
        (Served(answered=MIN_SERVED - 1, failed=MIN_SERVED - 1), None, None),
        (Served(answered=100, failed=10), None, None),
        (Served(answered=100, failed=11), None, "11 of 100 requests failed"),
        (Served(answered=100, rejected=100), None, None),
        (Served(answered=100, rejected=100), Served(answered=MIN_SERVED - 1), None),
        (Served(answered=100, rejected=40), Served(answered=100, rejected=10), None),
        (Served(answered=100, rejected=50), Served(answered=100, rejected=10), "50% of 100 utterances were rejected"),
        (Served(deaths=MAX_ATTEMPTS), None, None),
        (Served(deaths=MAX_ATTEMPTS + 1), None, "died 3 times"),
        (Served(is_refused=True), None, "could not load it"),
    ],
)
def test_what_speaks_against_a_bundle(served: Served, before: Served | None, fault: str | None) -> None:
    found = fault_in_service(served, before)
    assert found is None if fault is None else found is not None and fault in found


def on_probation(fleet: Fleet) -> tuple[str, str]:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    second = fleet.release(NEXT).bundle_id
    fleet.agent(probation=PROBATION).check()
    return first, second


def test_a_bundle_that_fails_in_service_gives_way_without_a_server_and_never_returns(fleet: Fleet) -> None:
    first, second = on_probation(fleet)
    tally = Tally(fleet.home)
    tally.begin(second)
    for _ in range(MIN_SERVED):
        tally.count(second, failed=True)
    assert fleet.agent(probation=PROBATION).watch() is None, "not told yet"
    tally.end()
    fleet.fetched()
    done = fleet.agent(probation=PROBATION).watch()
    assert done is not None and (done.did, done.code) == ("returned", "switch.probation")
    assert f"{MIN_SERVED} of {MIN_SERVED} requests failed" in done.reason
    assert (fleet.active(), fleet.fetched()) == (first, [])
    assert fleet.agent(probation=PROBATION).check().did == "kept"
    assert read_progress(fleet.home).failed == {second: "switch.probation"}


def serves(fleet: Fleet, bundle_id: str, *, answered: int, rejected: int) -> None:
    tally = Tally(fleet.home)
    tally.begin(bundle_id)
    for number in range(answered):
        tally.count(bundle_id, rejected=number < rejected)
    tally.end()


def test_a_bundle_that_returns_is_judged_by_what_it_serves_from_then_on(fleet: Fleet) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    serves(fleet, first, answered=100, rejected=40)
    second = fleet.release(NEXT).bundle_id
    fleet.agent().check()
    serves(fleet, second, answered=100, rejected=0)
    release.promote(fleet.repository, "stable", "tiny", first, 1)
    agent = fleet.agent(probation=PROBATION)
    assert (agent.check().did, agent.watch(), fleet.active()) == ("installed", None, first)
    serves(fleet, first, answered=MIN_SERVED, rejected=2)
    assert agent.watch() is None
    serves(fleet, first, answered=MIN_SERVED, rejected=MIN_SERVED)
    done = agent.watch()
    assert done is not None and f"of {2 * MIN_SERVED} utterances were rejected" in done.reason
    assert fleet.active() == second


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4), st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_what_came_after_some_counts_is_the_difference_or_all_where_the_file_was_lost(
    before: list[int], more: list[int]
) -> None:
    names = list(Served().counts)
    then, since = dict(zip(names, before, strict=True)), dict(zip(names, more, strict=True))
    now = Served(**{name: then[name] + since[name] for name in names}, is_refused=True)
    assert now.after(then) == replace(now, **since)
    assert Served(**since).after({name: 10 for name in names}) == Served(**since)


def test_a_check_judges_before_it_looks_for_news(fleet: Fleet) -> None:
    first, second = on_probation(fleet)
    tally = Tally(fleet.home)
    tally.begin(second)
    tally.refuse(second)
    tally.end()
    done = fleet.agent(probation=PROBATION, now=lambda: in_days(0.5)).check()
    assert (done.did, fleet.active()) == ("returned", first), "also when its time is over"
    assert read_progress(fleet.home).code == "switch.probation"


def test_after_its_probation_a_bundle_is_committed_and_not_judged(fleet: Fleet) -> None:
    _, second = on_probation(fleet)
    later = fleet.agent(probation=PROBATION, now=lambda: in_days(0.5))
    done = later.watch()
    assert done is not None and done.did == "committed"
    tally = Tally(fleet.home)
    tally.begin(second)
    tally.refuse(second)
    tally.end()
    assert later.watch() is None
    assert fleet.active() == second


def test_a_device_that_is_switched_off_days_after_the_probation_keeps_its_bundle(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    second = fleet.release(NEXT).bundle_id
    fleet.agent(probation=PROBATION, now=lambda: in_days(-0.02)).check()  # for half an hour nobody looks
    for how in ("stay", "stay", "stay", "end"):
        serve(fleet.home, second, how)
    done = fleet.agent(probation=PROBATION).check()
    assert (done.did, fleet.active()) == ("kept", second)
    assert (read_progress(fleet.home).trying, read_progress(fleet.home).failed) == (None, {})


def test_deaths_on_probation_count_also_where_nobody_looks_before_it_is_over(fleet: Fleet) -> None:
    first, second = on_probation(fleet)
    for how in ("stay", "stay", "stay", "end"):
        serve(fleet.home, second, how)
    done = fleet.agent(probation=PROBATION, now=lambda: in_days(6)).watch()
    assert done is not None and "died 3 times" in done.reason
    assert fleet.active() == first


def test_a_clock_that_is_set_back_begins_the_probation_anew(fleet: Fleet) -> None:
    on_probation(fleet)
    back = in_days(-1)
    assert fleet.agent(probation=PROBATION, now=lambda: back).watch() is None
    progress = read_progress(fleet.home)
    assert (progress.since, progress.until) == (back, back + PROBATION)


def test_a_memory_of_a_package_that_knew_no_end_of_probations_is_kept(tmp_path: Path) -> None:
    write_progress(tmp_path, Progress(trying="b", failed={"c": "health.load"}))
    value = json.loads((tmp_path / "update.json").read_bytes())
    del value["until"]
    (tmp_path / "update.json").write_text(json.dumps(value))
    assert read_progress(tmp_path) == Progress(trying="b", failed={"c": "health.load"})


def test_a_newer_bundle_that_fails_its_test_ends_no_probation(fleet: Fleet) -> None:
    first, second = on_probation(fleet)
    newer = fleet.release(Recipe(scale=1.5)).bundle_id
    with pytest.raises(TooSlow):
        fleet.agent(probation=PROBATION, limits=Limits(p95_ms=0)).check()
    tally = Tally(fleet.home)
    tally.begin(second)
    for _ in range(MIN_SERVED):
        tally.count(second, failed=True)
    tally.end()
    done = fleet.agent(probation=PROBATION).watch()
    assert done is not None and (done.did, fleet.active()) == ("returned", first)
    assert read_progress(fleet.home).failed == {newer: "health.latency", second: "switch.probation"}


def test_a_device_that_dies_while_it_tests_a_newer_bundle_does_not_blame_the_one_on_probation(fleet: Fleet) -> None:
    _, second = on_probation(fleet)
    stood = read_progress(fleet.home)
    write_progress(fleet.home, replace(stood, testing="c" * 64, tests=1))
    boot(fleet.home)
    assert read_progress(fleet.home) == replace(stood, testing="c" * 64, tests=1)
    assert (stood.trying, fleet.active()) == (second, second)


def test_the_only_bundle_stays_when_it_fails_in_service(fleet: Fleet) -> None:
    only = fleet.release(GOOD).bundle_id
    fleet.agent(probation=PROBATION).check()
    tally = Tally(fleet.home)
    tally.begin(only)
    tally.refuse(only)
    tally.end()
    with pytest.raises(BootCorrupt, match="no other bundle"):
        fleet.agent(probation=PROBATION).watch()
    assert fleet.active() == only
    assert fleet.agent(probation=PROBATION).watch() is None, "said once"
    assert (read_progress(fleet.home).trying, read_progress(fleet.home).failed) == (None, {})
    assert fleet.agent(probation=PROBATION).check().did == "kept"


def test_the_only_bundle_stays_when_the_device_keeps_dying_with_it(fleet: Fleet) -> None:
    only = fleet.release(GOOD).bundle_id
    fleet.agent(probation=PROBATION).check()
    for _ in range(MAX_ATTEMPTS):
        boot(fleet.home)
    with pytest.raises(BootCorrupt, match=r"started 3 times on probation; it stays: .*no other bundle"):
        boot(fleet.home)
    assert (fleet.active(), read_progress(fleet.home).trying, read_progress(fleet.home).failed) == (only, None, {})
    assert boot(fleet.home).did == "kept"


def test_the_factory_bundle_stays_when_it_is_the_only_one(fleet: Fleet) -> None:
    factory = fleet.folder / "factory"
    only = GOOD.write(factory).bundle_id
    boot(fleet.home, factory)
    with pytest.raises(BootCorrupt, match=r"it stays: .*the factory bundle is the one to leave"):
        reject(fleet.home, "it is bad", factory)
    assert (fleet.active(), read_progress(fleet.home).failed) == (only, {})


# the counts


def serve(home: Path, bundle_id: str, how: str) -> None:
    """Run a process that counts for a bundle: it is killed where it would "stay", or ends."""
    code = "import sys, time; from pathlib import Path; from trunkline_edge.update.served import Tally\n"
    code += "tally = Tally(Path(sys.argv[1])); tally.begin(sys.argv[2]); print('up', flush=True)\n"
    code += "time.sleep(60) if sys.argv[3] == 'stay' else tally.end()"
    child = subprocess.Popen([sys.executable, "-c", code, str(home), bundle_id, how], stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline() == b"up\n"
    if how == "stay":
        os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()


def test_a_service_that_is_killed_is_counted_and_one_that_ends_is_not(tmp_path: Path) -> None:
    write_progress(tmp_path, Progress(trying="b", until=in_days(1)))
    for how in ("stay", "stay", "end"):
        serve(tmp_path, "b", how)
    assert read_served(tmp_path) == {"b": Served(deaths=2)}


@pytest.mark.parametrize(
    "progress",
    [Progress(), Progress(trying="a", until=in_days(1)), Progress(trying="b", until=in_days(-1))],
    ids=["no update was made", "another one is on probation", "its probation is over"],
)
def test_a_service_that_is_killed_says_nothing_of_a_bundle_that_is_not_on_probation(
    progress: Progress, tmp_path: Path
) -> None:
    write_progress(tmp_path, progress)
    for how in ("stay", "stay", "end"):
        serve(tmp_path, "b", how)
    assert read_served(tmp_path) == {"b": Served()}


def test_counts_go_on_in_the_next_process_and_two_bundles_are_kept(tmp_path: Path) -> None:
    for bundle_id in ("a", "b", "c"):
        tally = Tally(tmp_path)
        tally.begin(bundle_id)
        tally.count(bundle_id, rejected=True)
        tally.count("b")
        tally.end()
    assert read_served(tmp_path) == {"b": Served(answered=3, rejected=1), "c": Served(answered=1, rejected=1)}


def test_of_two_services_on_one_home_the_first_counts(tmp_path: Path) -> None:
    first, second = Tally(tmp_path), Tally(tmp_path)
    for tally in (first, second):
        tally.begin("a")
        tally.count("a")
    second.end()
    first.end()
    assert read_served(tmp_path) == {"a": Served(answered=1)}


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"a": 1}', b'{"a": {"unknown": 1}}', b"\0\0"])
def test_torn_counts_are_none(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "served.json").write_bytes(raw)
    assert read_served(tmp_path) == {}
    tally = Tally(tmp_path)
    tally.begin("a")
    tally.end()
    assert read_served(tmp_path) == {"a": Served()}


def test_a_full_disk_or_a_home_that_is_not_there_stops_no_service(tmp_path: Path) -> None:
    tally = Tally(tmp_path / "none")
    tally.begin("a")
    tally.count("a")
    tally.refuse("a")
    tally.tell()
    tally.end()


def test_a_memory_of_the_updater_that_cannot_be_read_stops_no_service(tmp_path: Path) -> None:
    serve(tmp_path, "a", "stay")
    (tmp_path / "update.json").mkdir()
    serve(tmp_path, "a", "end")
    assert read_served(tmp_path) == {"a": Served()}
