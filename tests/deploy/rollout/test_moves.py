from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.edge.tests.mirror import URL, Mirror
from deploy.repository import release
from deploy.repository.release import ReleaseRefused, pointer_of
from deploy.rollout import moves, records
from deploy.rollout.moves import RolloutRefused, last_record, look, start, stop, widen
from deploy.rollout.plan import Plan, Stage
from deploy.rollout.records import NoRecord
from tests.deploy.repository.test_release import kill_at
from tests.deploy.rollout.conftest import Yard, devices_in, report
from trunkline_edge.bundle.store import read_state, write_atomic
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.decisions import bucket
from trunkline_edge.update.remote import RemoteSource

PLAN = Plan(stages=(Stage(5, 3, 1), Stage(50, 5, 1)))


def begin(yard: Yard, number: int = 1) -> str:
    return start(
        yard.desk, "stable", "tiny", bundle_id=yard.bundles[number], version=number + 1, plan=PLAN, who="t", why="new"
    ).id


def standing(yard: Yard) -> moves.Standing:
    found = look(yard.desk, "stable", "tiny")
    assert found is not None
    return found


def test_a_rollout_goes_from_stage_to_stage_and_then_is_for_all(yard: Yard) -> None:
    rollout_id = begin(yard)
    pointer = pointer_of(yard.desk.repository, "stable", "tiny")
    assert pointer is not None and pointer.rollout is not None
    assert (pointer.bundle_id, pointer.rollout.bundle_id, pointer.rollout.buckets) == (*yard.bundles[:2], 500)
    assert standing(yard).decision.action == "wait"
    for number in devices_in(rollout_id, 500, 3):
        yard.desk.reports.add(report(number, active=yard.bundles[1]))
    yard.later(2)
    assert standing(yard).decision.action == "widen"
    widen(yard.desk, standing(yard), who="t", why=("well",))
    assert (standing(yard).stage, standing(yard).evidence.hours) == (1, 0)
    for number in devices_in(rollout_id, 5_000, 5):
        yard.desk.reports.add(report(number, active=yard.bundles[1]))
    yard.later(2)
    assert standing(yard).decision.action == "finish"
    widen(yard.desk, standing(yard), who="t", why=("well",))
    assert look(yard.desk, "stable", "tiny") is None
    pointer = pointer_of(yard.desk.repository, "stable", "tiny")
    assert pointer is not None and (pointer.bundle_id, pointer.sequence, pointer.rollout) == (yard.bundles[1], 4, None)
    record = last_record(yard.desk, "stable", "tiny")
    assert record is not None and [move.did for move in record.moves] == ["start", "widen", "finish"]


def test_stopping_takes_every_device_back_and_needs_no_record(yard: Yard) -> None:
    (yard.desk.records / f"{begin(yard)}.json").unlink()
    with pytest.raises(NoRecord, match="stop"):
        look(yard.desk, "stable", "tiny")
    pointer = stop(yard.desk, "stable", "tiny", who="t", why=("bad",))
    assert (pointer.bundle_id, pointer.sequence, pointer.rollout) == (yard.bundles[0], 3, None)


def test_what_stands_in_the_way_of_a_rollout_is_said(yard: Yard) -> None:
    repository = yard.desk.repository
    with pytest.raises(RolloutRefused, match="already"):
        begin(yard, 0)
    with pytest.raises(RolloutRefused, match="no rollout"):
        stop(yard.desk, "stable", "tiny", who="t", why=("x",))
    with pytest.raises(ReleaseRefused, match="not published"):
        start(yard.desk, "stable", "tiny", bundle_id="0" * 64, version=9, plan=PLAN, who="t", why="x")
    assert last_record(yard.desk, "stable", "tiny") is None  # a refused start leaves nothing
    with pytest.raises(RolloutRefused, match="promote stable"):
        start(yard.desk, "stable", "other", bundle_id=yard.bundles[1], version=2, plan=PLAN, who="t", why="x")
    begin(yard)
    with pytest.raises(RolloutRefused, match="under way"):
        begin(yard, 2)
    with pytest.raises(ReleaseRefused, match="rollout stop"):
        release.promote(repository, "stable", "tiny", yard.bundles[2], 3)


def test_of_two_who_act_on_the_same_look_one_is_refused(yard: Yard) -> None:
    begin(yard)
    seen = standing(yard)
    stop(yard.desk, "stable", "tiny", who="first", why=("bad",))
    with pytest.raises(ReleaseRefused, match="meanwhile"):
        widen(yard.desk, seen, who="second", why=("well",))
    assert pointer_of(yard.desk.repository, "stable", "tiny").bundle_id == yard.bundles[0]
    record = last_record(yard.desk, "stable", "tiny")
    assert record is not None and [move.who for move in record.moves] == ["t", "first"]


@pytest.mark.parametrize("act", ["start", "widen", "stop"])
def test_killed_before_any_write_a_rollout_is_where_it_was_or_where_it_should_be(
    act: str, yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    if act != "start":
        begin(yard)

    def do() -> object:
        if act == "start":
            return begin(yard)
        if act == "widen":
            return widen(yard.desk, standing(yard), who="t", why=("well",))
        return stop(yard.desk, "stable", "tiny", who="t", why=("bad",))

    before = pointer_of(yard.desk.repository, "stable", "tiny")
    kills = 0
    while kill_at(kills, monkeypatch, do):
        kills += 1
        after = pointer_of(yard.desk.repository, "stable", "tiny")
        assert after is not None and before is not None
        found = look(yard.desk, "stable", "tiny")
        if after != before:  # killed after the timestamp was in place: it is done
            break
        if found is not None:
            assert [move.did for move in found.record.moves] == ["start"]
        yard.later(0.1)
    assert kills >= 4  # record, channel, snapshot, timestamp
    if act != "stop":
        assert look(yard.desk, "stable", "tiny") is not None


def test_devices_take_the_candidate_by_their_bucket_and_go_back_when_it_is_stopped(yard: Yard, tmp_path: Path) -> None:
    repository = yard.desk.repository
    mirror, root = Mirror(repository.folder), (repository.folder / "metadata" / "1.root.json").read_bytes()
    rollout_id = begin(yard)
    numbers = {
        True: devices_in(rollout_id, 500, 1)[0],
        False: next(n for n in range(99) if bucket(rollout_id, f"{n:032x}") >= 500),
    }
    homes = {in_turn: tmp_path / f"home-{in_turn}" for in_turn in numbers}
    for in_turn, home in homes.items():
        write_atomic(home / "device", f"{numbers[in_turn]:032x}".encode())

    def check(home: Path) -> str | None:
        Agent(home, RemoteSource(URL, root, home, "tiny", "stable", fetcher=mirror)).check()
        return read_state(home).active

    assert {in_turn: check(home) for in_turn, home in homes.items()} == {True: yard.bundles[1], False: yard.bundles[0]}
    stop(yard.desk, "stable", "tiny", who="t", why=("bad",))
    assert {check(home) for home in homes.values()} == {yard.bundles[0]}


def test_rollouts_whose_names_run_together_each_keep_their_record_and_move_their_own_channel(yard: Yard) -> None:
    desk, two = yard.desk, (("beta-eu", "tiny"), ("beta", "eu-tiny"))
    release.init(desk.repository, ["beta-eu", "beta"])
    ids = set[str]()
    for channel, product in two:
        release.promote(desk.repository, channel, product, yard.bundles[0], 1)
        what = {"bundle_id": yard.bundles[1], "version": 2, "plan": PLAN, "who": "t", "why": "new"}
        ids.add(start(desk, channel, product, **what).id)
    assert len(ids) == 2
    found = look(desk, *two[0])
    assert found is not None
    widen(desk, found, who="t", why=("well",))
    sequences = [pointer.sequence for each in two if (pointer := pointer_of(desk.repository, *each))]
    assert sequences == [3, 2]
    assert [record.id in ids for each in two if (record := last_record(desk, *each))] == [True, True]


def test_of_the_longest_names_a_device_takes_the_id_of_a_rollout(yard: Yard) -> None:
    channel, product = "c" * 64, "p" * 64
    release.init(yard.desk.repository, [channel])
    release.promote(yard.desk.repository, channel, product, yard.bundles[0], 1)
    start(yard.desk, channel, product, bundle_id=yard.bundles[1], version=2, plan=PLAN, who="t", why="new")
    pointer = pointer_of(yard.desk.repository, channel, product)  # reads it as a device does
    assert pointer is not None and pointer.rollout is not None
    assert last_record(yard.desk, channel, product) is not None


@pytest.mark.parametrize("field", ["channel", "product", "bundle_id", "base"])
def test_the_record_of_another_rollout_moves_nothing_and_stays_as_it_is(field: str, yard: Yard) -> None:
    rollout_id = begin(yard)
    path = yard.desk.records / f"{rollout_id}.json"
    records.write_record(
        yard.desk.records, replace(records.read_record(yard.desk.records, rollout_id), **{field: "other"})
    )
    before = path.read_bytes()
    with pytest.raises(
        NoRecord, match=r"is of another rollout: .*other.*`trunkline rollout stop stable --product tiny`"
    ):
        look(yard.desk, "stable", "tiny")
    assert stop(yard.desk, "stable", "tiny", who="t", why=("bad",)).bundle_id == yard.bundles[0]
    assert path.read_bytes() == before


def test_a_start_does_not_write_over_the_record_of_another_channel(yard: Yard) -> None:
    first = records.read_record(yard.desk.records, begin(yard))
    stop(yard.desk, "stable", "tiny", who="t", why=("bad",))
    there = replace(first, id=f"{first.id.removesuffix('-2')}-4", channel="beta")
    records.write_record(yard.desk.records, there)
    with pytest.raises(RolloutRefused, match="is the record of a rollout of tiny on beta"):
        begin(yard)
    assert records.read_record(yard.desk.records, there.id) == there
    assert look(yard.desk, "stable", "tiny") is None


def test_a_record_that_cannot_be_read_is_named(yard: Yard) -> None:
    path = yard.desk.records / f"{begin(yard)}.json"
    path.write_bytes(b"{")
    with pytest.raises(NoRecord, match=path.name):
        look(yard.desk, "stable", "tiny")
    assert records.records_of(yard.desk.records, "stable", "tiny") == []
