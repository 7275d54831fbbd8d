"""Every attack ends in the right code, with the active bundle as it was; `python -m bench.attack` prints the table."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from deploy.edge.tests.mirror import Mirror
from deploy.edge.tests.update.attacks import (
    ATTACKS,
    TIMESTAMP,
    WEB,
    Attack,
    cut_inside_a_file,
    endless_timestamp,
    hand_out,
    nested,
    refused,
    served,
    server_down,
    signed_by,
    target_too_long,
)
from deploy.edge.tests.update.fleet import GOOD, NEXT, Fleet
from deploy.repository import release
from trunkline_edge.errors import UpdateFailed
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.download import BoundedFetcher
from trunkline_edge.update.progress import read_progress
from trunkline_edge.update.remote import RemoteSource

# Sockets of a client that hangs up on a hostile server, and of the server that is hung up on.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_attack_has_its_code_and_changes_nothing(attack: Attack, fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    attack.do(fleet)
    assert refused(fleet, fleet.agent(), attack.code) is None


def test_after_an_attack_has_ended_the_device_goes_on(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    for attack in (endless_timestamp, nested, target_too_long, cut_inside_a_file, server_down):
        attack(fleet)
        with pytest.raises(UpdateFailed):
            fleet.agent().check()
        fleet.mirror.instead.clear()
    assert fleet.agent().check().did == "installed"
    assert read_progress(fleet.home).code is None


def test_a_fast_forward_of_the_thief_is_undone_by_new_keys(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    timestamp = fleet.repository.open("timestamp")
    timestamp.signed.version = 10**6
    fleet.mirror.instead[TIMESTAMP] = signed_by(fleet, "timestamp", timestamp)
    fleet.agent().check()
    fleet.mirror.instead.clear()
    with pytest.raises(UpdateFailed):
        fleet.agent().check()
    release.rotate(fleet.repository, "timestamp")
    fleet.release(NEXT)
    assert fleet.agent().check().did == "installed"


def test_a_device_that_slept_for_a_year_finds_its_way_through_new_roots(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    for role in ("root", "timestamp", "targets", "root", "channel-stable", "models"):
        release.rotate(fleet.repository, role)
    manifest = fleet.release(NEXT)
    fleet.agent().check()
    assert fleet.active() == manifest.bundle_id


# Over real HTTP


def over_http(fleet: Fleet, url: str, timeout_s: float = 5) -> Agent:
    source = RemoteSource(url, fleet.root, fleet.home, "tiny", "stable", fetcher=BoundedFetcher(timeout_s))
    return Agent(fleet.home, source)


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_over_http_the_attack_has_the_same_code(attack: Attack, fleet: Fleet, server: tuple[str, Any]) -> None:
    url, instead = server
    fleet.release(GOOD)
    over_http(fleet, url).check()
    attack.do(fleet)
    for path, what in fleet.mirror.instead.items():
        instead[path] = partial(hand_out, what=what)
    assert refused(fleet, over_http(fleet, url), attack.code) is None


@pytest.mark.parametrize("what", WEB)
def test_a_server_at_fault_is_named_in_time(what: str, fleet: Fleet, server: tuple[str, Any]) -> None:
    url, instead = server
    fleet.release(GOOD)
    over_http(fleet, url).check()
    instead[TIMESTAMP], code = WEB[what]
    begun = time.monotonic()
    assert refused(fleet, over_http(fleet, url, timeout_s=1), code) is None
    assert time.monotonic() - begun < 30


def test_a_server_that_is_down_is_unreachable(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    assert refused(fleet, over_http(fleet, "http://127.0.0.1:9"), "update.unreachable") is None


def test_another_mirror_of_the_same_repository_cannot_go_back_in_time(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    old = served(fleet, TIMESTAMP)
    fleet.release(NEXT)
    fleet.agent().check()
    behind = Mirror(fleet.repository.folder)
    behind.instead[TIMESTAMP] = old
    source = RemoteSource("http://mirror", fleet.root, fleet.home, "tiny", "stable", fetcher=behind)
    assert refused(fleet, Agent(fleet.home, source), "update.rollback") is None


def test_no_link_is_followed_out_of_the_metadata_folder(fleet: Fleet) -> None:
    victim = fleet.folder / "victim"
    victim.write_bytes(b"mine")
    fleet.release(GOOD)
    fleet.agent().check()
    (folder,) = (fleet.home / "tuf").iterdir()
    for name in ("pointer", "manifest", "timestamp.json"):
        (folder / name).unlink()
        Path(folder / name).symlink_to(victim)
    fleet.release(NEXT)
    fleet.agent().check()
    assert victim.read_bytes() == b"mine"
