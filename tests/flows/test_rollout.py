"""Rollouts from the command line and by the flow: real processes, a real Prefect server, reports over real HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from deploy.edge.tests.tiny_bundle import Recipe
from deploy.repository import release
from deploy.repository.keys import KeyFolder
from deploy.repository.signed import SignedRepository
from deploy.rollout.moves import Desk as RolloutDesk
from deploy.rollout.moves import last_record, start
from deploy.rollout.plan import Plan, Stage
from deploy.rollout.reports import report_to_json
from deploy.rollout.store import ReportStore
from tests.deploy.rollout.conftest import devices_in, report
from tests.flows.conftest import COMMAND, ROOT, Desk

FLOW = "import sys; from flows.{0} import {0}; print('RETURNED', {0}(*sys.argv[1:]))"


@pytest.fixture
def based(retrained: Desk, tmp_path: Path) -> tuple[Desk, RolloutDesk, str]:
    """A home whose channel `stable` points at some bundle of `tiny`, with the champion published beside it."""
    desk = retrained.moved_to(tmp_path / "home")
    home = desk.home
    repository = SignedRepository(home / "published", KeyFolder(home / "keys"))
    release.init(repository, ["stable"])
    base = Recipe().write(tmp_path / "base")
    release.publish(repository, tmp_path / "base")
    release.promote(repository, "stable", "tiny", base.bundle_id, 7)
    return desk, RolloutDesk(repository, home / "rollouts", ReportStore(home / "reports.db")), base.bundle_id


def two_published(desk: Desk, folder: Path) -> tuple[SignedRepository, list[str]]:
    """Publish two bundles of `tiny`, the first on `stable`; returns their ids."""
    repository = SignedRepository(desk.home / "published", KeyFolder(desk.home / "keys"))
    release.init(repository, ["stable"])
    ids = []
    for number, scale in enumerate((1.0, 2.0)):
        ids.append(Recipe(scale=scale).write(folder / f"bundle-{number}").bundle_id)
        release.publish(repository, folder / f"bundle-{number}")
    release.promote(repository, "stable", "tiny", ids[0], 1)
    return repository, ids


@pytest.mark.slow
def test_a_rollout_from_start_to_stop_at_the_command_line(based: tuple[Desk, RolloutDesk, str]) -> None:
    desk, fleet, base = based
    there = ("stable", "--product", "tiny")
    refused = desk.run("rollout", "start", *there, "--why", "new")
    assert (refused.returncode, "release publish" in refused.stderr) == (2, True)
    assert desk.run("release", "publish", "--product", "tiny").returncode == 0
    started = desk.run("rollout", "start", *there, "--why", "new", "--stage", "5:2:0", "--stage", "100:4:0")
    assert started.returncode == 0, started.stderr
    assert "5 % of the 0 devices" in started.stdout
    found = json.loads(desk.run("rollout", "status", *there, "--json").stdout)
    candidate = found["pointer"]["rollout"]["bundle_id"]
    assert (found["pointer"]["bundle_id"], found["standing"]["decision"]["action"]) == (base, "wait")
    waiting = desk.run("rollout", "widen", *there)
    assert (waiting.returncode, "0 of 2 devices" in waiting.stdout) == (1, True)
    for number in devices_in(found["pointer"]["rollout"]["id"], 500, 2):
        fleet.reports.add(report(number, active=candidate))
    assert "widen, 100 %" in desk.run("rollout", "widen", *there).stdout
    shown = desk.run("rollout", "status", *there).stdout
    assert "2 devices heard of" in shown and "wait" in shown and "in place of 7" in shown
    assert "return to version 7" in desk.run("rollout", "stop", *there, "--why", "no").stdout
    assert desk.run("rollout", "stop", *there, "--why", "no").returncode == 2
    record = last_record(fleet, "stable", "tiny")
    assert record is not None and [move.did for move in record.moves] == ["start", "widen", "stop"]


def test_commands_say_what_a_channel_points_at_and_not_what_devices_run(bare: Desk, tmp_path: Path) -> None:
    repository, ids = two_published(bare, tmp_path)
    there = ("stable", "--product", "tiny")
    shown = bare.run("rollout", "status", *there).stdout
    assert f"no rollout is under way; stable points at version 1, bundle {ids[0][:12]}, for all devices" in shown
    fleet = RolloutDesk(repository, bare.home / "rollouts", ReportStore(bare.home / "reports.db"))
    plan = Plan(stages=(Stage(5, 3, 0), Stage(50, 5, 0)))
    start(fleet, "stable", "tiny", bundle_id=ids[1], version=2, plan=plan, who="t", why="new")
    widened = bare.run("rollout", "widen", *there, "--reason", "well").stdout
    assert "widen, 50 % of stable get version 2 at their next check" in widened
    stopped = bare.run("rollout", "stop", *there, "--reason", "no").stdout
    assert f"devices of stable return to version 1, bundle {ids[0][:12]}, at their next check" in stopped


def test_the_receiver_takes_reports_of_those_who_know_the_token_until_it_is_told_to_stop(bare: Desk) -> None:
    token = bare.home / "token"
    token.write_text("t" * 20)
    token.chmod(0o600)
    command = [*COMMAND, "rollout", "receive", "--port", "0", "--token-file", str(token)]
    child = subprocess.Popen(command, cwd=ROOT, env=bare.environment, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        url = child.stdout.readline().strip().removeprefix("reports: ")
        body = report_to_json(report(1, active="a" * 64))
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(urllib.request.Request(url, body), timeout=30)
        headers = {"Authorization": f"Bearer {'t' * 20}"}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
            assert answer.status == 204
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=60)
    assert len(ReportStore(bare.home / "reports.db").devices("tiny", "stable")) == 1


def run_flow(desk: Desk, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", FLOW.format(name), *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=desk.environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_flow_stops_a_rollout_that_fails_and_has_nothing_to_do_afterwards(desk: Desk, tmp_path: Path) -> None:
    repository, ids = two_published(desk, tmp_path)
    fleet = RolloutDesk(repository, desk.home / "rollouts", ReportStore(desk.home / "reports.db"))
    plan = Plan(stages=(Stage(5, 3, 0), Stage(100, 5, 0)))
    rollout_id = start(fleet, "stable", "tiny", bundle_id=ids[1], version=2, plan=plan, who="t", why="new").id
    for number in devices_in(rollout_id, 500, 4):
        fleet.reports.add(report(number, active=ids[0], failed={ids[1]: "health.golden"}))
    done = run_flow(desk, "rollout", "tiny")
    assert done.returncode == 0 and "did='stop'" in done.stdout, done.stderr
    assert release.pointers(repository, "stable")["tiny"].rollout is None
    again = run_flow(desk, "rollout", "tiny")
    assert "RETURNED None" in again.stdout, again.stderr


def test_the_flow_refresh_fails_days_before_a_role_expires_that_it_has_no_key_for(desk: Desk) -> None:
    repository = SignedRepository(desk.home / "published", KeyFolder(desk.home / "keys"))
    release.init(repository, ["stable"])
    done = run_flow(desk, "refresh")
    assert done.returncode == 0 and "RETURNED [RoleState" in done.stdout, done.stderr
    warned = run_flow(desk, "refresh", "8")
    assert warned.returncode == 1 and "ExpiresSoon" in warned.stderr and "timestamp expires in" in warned.stderr
