"""Keys change while a device is away, are lost, or are stolen: it finds its way by itself, and thieves do not."""

from __future__ import annotations

import datetime as real
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta

import pytest
from tuf.ngclient._internal import trusted_metadata_set

from deploy.edge.tests.update.attacks import TIMESTAMP, refused, served, signed_by
from deploy.edge.tests.update.fleet import GOOD, NEXT, Fleet, in_days, shifted
from deploy.repository import release
from trunkline_edge.cli import main
from trunkline_edge.errors import ClockWrong, UpdateFailed
from trunkline_edge.update.progress import read_progress


@contextmanager
def clock_of_the_client(days: float) -> Iterator[None]:
    """Let the TUF client see another day; it takes no clock and reads the machine's."""

    class Shifted(real.datetime):
        @classmethod
        def now(cls, tz: real.tzinfo | None = None) -> real.datetime:
            return real.datetime.now(tz) + timedelta(days=days)

    class Module:
        datetime = Shifted
        timezone = real.timezone

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trusted_metadata_set, "datetime", Module)
        yield


def test_a_device_that_slept_for_a_year_walks_through_all_new_roots(fleet: Fleet) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    for days in (60, 120, 180, 240, 300, 360):  # what was renewed, and when; each root key is another one in the end
        then = shifted(fleet, days)
        for role in ("root", "timestamp", "snapshot", "targets", "channel-stable", "models"):
            release.rotate(then, role)
        release.refresh(then, everything=True)
    now = shifted(fleet, 366)
    release.refresh(now, everything=True)
    fleet.repository.now = now.now
    second = fleet.release(NEXT).bundle_id
    roots = fleet.repository.open("root").signed.version
    assert fleet.active() == first
    fleet.fetched()
    with clock_of_the_client(366):
        done = fleet.agent(now=lambda: in_days(366)).check()
    assert (done.did, fleet.active()) == ("installed", second)
    assert roots > 12
    walked = [path for path in fleet.fetched() if path.endswith(".root.json")]
    assert walked == [f"metadata/{version}.root.json" for version in range(2, roots + 2)], "each once, and one too many"


def test_a_desk_whose_clock_was_two_years_fast_for_an_hour_leaves_no_device_behind(fleet: Fleet) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    release.refresh(shifted(fleet, 700), everything=False)
    with pytest.raises(ClockWrong):
        fleet.agent().check()
    assert fleet.active() == first
    second = fleet.release(NEXT).bundle_id
    assert fleet.agent().check().did == "installed"
    assert (fleet.active(), read_progress(fleet.home).code) == (second, None)


def test_a_repository_that_slept_for_a_year_is_refused_and_the_device_goes_on(fleet: Fleet) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    with clock_of_the_client(366):
        assert refused(fleet, fleet.agent(now=lambda: in_days(366)), "update.expired") is None
    assert fleet.active() == first


def test_one_lost_root_key_is_replaced_by_the_other_two(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    lost = fleet.repository.role_keys("root")[0][0]
    fleet.repository.keys.path("root", lost.keyid).unlink()
    release.rotate(fleet.repository, "root", lost.keyid)
    assert lost.keyid not in [key.keyid for key in fleet.repository.role_keys("root")[0]]
    second = fleet.release(NEXT).bundle_id
    fleet.agent().check()
    assert fleet.active() == second


def test_of_two_stolen_root_keys_of_which_one_was_replaced_nothing_can_be_signed(fleet: Fleet) -> None:
    fleet.release(GOOD)
    old = fleet.repository.role_keys("root")[0][0]
    thief = fleet.repository.keys.signer("root", old)
    release.rotate(fleet.repository, "root", old.keyid)
    fleet.agent().check()
    other = fleet.repository.keys.signer("root", fleet.repository.role_keys("root")[0][0])
    root = fleet.repository.open("root")
    root.signed.version += 1
    root.signed.roles["root"].threshold = 1
    root.signatures.clear()
    for signer in (thief, other):
        assert signer is not None
        root.sign(signer, append=True)
    fleet.mirror.instead[f"metadata/{root.signed.version}.root.json"] = root.to_bytes()
    assert refused(fleet, fleet.agent(), "update.signature") is None


def test_a_lost_timestamp_key_is_replaced_and_a_stolen_one_then_counts_for_nothing(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    stolen = fleet.repository.open("timestamp")
    stolen.signed.version += 1_000
    by_the_thief = signed_by(fleet, "timestamp", stolen)
    old = served(fleet, TIMESTAMP)
    for key in fleet.repository.role_keys("timestamp")[0]:
        fleet.repository.keys.path("timestamp", key.keyid).unlink()
    release.rotate(fleet.repository, "timestamp")
    second = fleet.release(NEXT).bundle_id
    fleet.agent().check()
    assert fleet.active() == second
    for raw in (by_the_thief, old):
        fleet.mirror.instead[TIMESTAMP] = raw
        with pytest.raises(UpdateFailed) as raised:
            fleet.agent().check()
        assert raised.value.code == "update.signature"
        assert fleet.active() == second
    fleet.mirror.instead.clear()
    assert fleet.agent().check().did == "kept"
    assert read_progress(fleet.home).known.tzinfo == UTC


def other_role(root: bytes) -> bytes:
    value = json.loads(root)
    value["signed"] |= {"_type": "timestamp", "meta": {"snapshot.json": {"version": 1}}}
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda root: b"<!doctype html><title>404</title>", "Failed to deserialize JSON"),
        (lambda root: b"{}", "Failed to deserialize JSON"),
        (lambda root: b"[" * 100_000, "is no root.json: "),
        (other_role, "of the role timestamp"),
        (
            lambda root: root.replace(b'"consistent_snapshot":true', b'"consistent_snapshot":false'),
            "root was signed by 0/2 keys",
        ),
    ],
    ids=["a page", "an empty value", "no end", "another role", "changed by hand"],
)
def test_a_root_that_is_none_is_a_fault_of_the_call_and_is_named(
    spoil: Callable[[bytes], bytes], found: str, fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    path, url = fleet.folder / "brought.json", "http://127.0.0.1:9"
    path.write_bytes(spoil(fleet.root))
    where = ("--url", url, "--root", str(path), "--product", "tiny", "--channel", "stable")
    assert main(["update", "--home", str(fleet.home), *where]) == 2
    said = capsys.readouterr().err
    assert str(path) in said and found in said and "1.root.json" in said
    assert url not in said
