"""Real runs on a real server, and a real kill."""

from __future__ import annotations

import json
import time
import urllib.request

import pytest


def runs_of(server, process: int) -> dict[str, str]:
    """Flow runs that a process has begun: id -> state."""
    request = urllib.request.Request(
        f"{server.url}/flow_runs/filter", data=b"{}", headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        runs = json.load(answer)
    return {run["id"]: run["state_type"] for run in runs if any(f"/{process}/" in tag for tag in run["tags"])}


@pytest.mark.slow
def test_the_next_command_closes_the_run_of_a_killed_one_and_no_other(desk, server) -> None:
    long = ("--set", "train.epochs=4000", "--set", "train.patience=4000")
    alive, killed = (desk.start("retrain", str(desk.spec), *long) for _ in range(2))
    try:
        deadline = time.monotonic() + 120
        while not all("RUNNING" in runs_of(server, each.pid).values() for each in (alive, killed)):
            assert time.monotonic() < deadline, "the runs did not begin"
            time.sleep(0.2)
        killed.kill()
        killed.wait()
        assert list(runs_of(server, killed.pid).values()) == ["RUNNING"], "Prefect closes it by itself: needs no help"
        done = desk.run("retrain", str(desk.spec), "--set", "name=other")  # of the same product it would wait its turn
        assert done.returncode == 0, done.stderr
        assert list(runs_of(server, killed.pid).values()) == ["CRASHED"]
        assert list(runs_of(server, alive.pid).values()) == ["RUNNING"]
    finally:
        alive.kill()
        alive.wait()
