"""The real commands side by side on one home: a service under load, an updater, a second updater."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.edge.tests.conftest import Repository
from deploy.edge.tests.tiny_bundle import HEADS, INTENT, Recipe
from deploy.edge.tests.update.attacks import TIMESTAMP
from deploy.edge.tests.update.evil import EVIL
from deploy.edge.tests.update.fleet import GOOD, NEXT, Fleet
from deploy.edge.tests.update.web import Instead
from trunkline_edge.services import missing_packages
from trunkline_edge.update.progress import read_progress
from trunkline_edge.update.served import read_served

WAIT_S = 60
SHY = Recipe(heads=(replace(INTENT, threshold=0.9999), *HEADS[1:]))
"""Repeats its golden answers, which are all rejections."""

needs_serve = pytest.mark.skipif(bool(missing_packages()), reason="the extra [serve] is not installed")


def command(fleet: Fleet, name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "trunkline_edge", name, "--home", str(fleet.home), *arguments]


def update(fleet: Fleet, url: str, *arguments: str) -> list[str]:
    root = fleet.folder / "root.json"
    root.write_bytes(fleet.root)
    where = ("--url", url, "--root", str(root), "--product", "tiny", "--channel", "stable")
    return command(fleet, "update", *where, *arguments)


@contextmanager
def running(arguments: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Let a command run; at the end it is asked to stop, and must."""
    with log.open("wb") as stderr:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=stderr)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, log.read_text()


def until(fact: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not fact():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)


def cmdline(process: str) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


class Callers:
    """Threads that ask a service without a pause; each keeps its connection."""

    def __init__(self, address: str, count: int) -> None:
        self.seen: Counter[tuple[int, str]] = Counter()
        """(status, bundle id) of each answer."""
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(address,)) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _ask(self, address: str) -> None:
        url = urlsplit(address)
        connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=WAIT_S)
        while not self._stop.is_set():
            connection.request("POST", "/parse", json.dumps({"text": "turn on the lamp"}))
            answer = connection.getresponse()
            self.seen[answer.status, json.loads(answer.read()).get("bundle_id", "")] += 1
        connection.close()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def served(fleet: Fleet) -> Iterator[str]:
    """Run `trunkline-edge serve`; yields the address of its HTTP."""
    ports = ("--http-port", "0", "--wyoming-port", "0")
    with running(command(fleet, "serve", *ports), fleet.folder / "serve.log") as process:
        assert process.stdout is not None
        yield process.stdout.readline().decode().split()[1]


@needs_serve
def test_an_update_under_load_fails_no_request_and_both_bundles_answer(
    fleet: Fleet, server: tuple[str, Instead]
) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    with served(fleet) as address:
        callers = Callers(address, 8)
        until(lambda: callers.seen[200, first] > 50)
        second = fleet.release(NEXT).bundle_id
        subprocess.run(update(fleet, server[0], "--probation", "0"), check=True, stdout=subprocess.DEVNULL)
        until(lambda: callers.seen[200, second] > 50)
        callers.stop()
    # Before its bundle is loaded a service says 503: it is not ready.
    assert set(callers.seen) - {(503, "")} == {(200, first), (200, second)}
    counts = read_served(fleet.home)
    assert {bundle_id: each.answered for bundle_id, each in counts.items()} == {
        bundle_id: callers.seen[200, bundle_id] for bundle_id in (first, second)
    }
    assert not any(each.failed or each.deaths or each.is_running for each in counts.values())


@needs_serve
@pytest.mark.slow
def test_a_bundle_that_rejects_what_people_say_leads_back_while_the_service_runs(
    fleet: Fleet, server: tuple[str, Instead]
) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    with served(fleet) as address:
        callers = Callers(address, 2)
        until(lambda: callers.seen[200, first] > 50)
        shy = fleet.release(SHY).bundle_id
        log = fleet.folder / "update.log"
        with running(update(fleet, server[0], "--daemon"), log):
            until(lambda: callers.seen[200, shy] > 0)
            until(lambda: read_progress(fleet.home).failed == {shy: "switch.probation"})
            back = callers.seen[200, first]
            until(lambda: callers.seen[200, first] > back + 50)
        callers.stop()
    assert fleet.active() == first
    assert "utterances were rejected, 0% with the bundle before" in log.read_text()


@needs_serve
@pytest.mark.slow
def test_a_service_that_keeps_dying_with_a_new_bundle_leads_back(fleet: Fleet, server: tuple[str, Instead]) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    second = fleet.release(NEXT).bundle_id
    subprocess.run(update(fleet, server[0]), check=True, stdout=subprocess.DEVNULL)
    for deaths in range(3):
        process = subprocess.Popen(
            command(fleet, "serve", "--http-port", "0", "--wyoming-port", "0"),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: second in read_served(fleet.home) and read_served(fleet.home)[second].is_running)
        until(lambda deaths=deaths: read_served(fleet.home)[second].deaths == deaths)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    with served(fleet):
        until(lambda: read_served(fleet.home)[second].deaths == 3)
        done = fleet.agent().watch()
    assert done is not None and "died 3 times" in done.reason
    assert fleet.active() == first


@pytest.mark.parametrize(("options", "code"), [(("--daemon",), 0), ((), 143)], ids=["daemon", "once"])
def test_an_updater_that_is_stopped_with_all_its_processes_while_it_tests_a_bundle_does_not_blame_it(
    options: tuple[str, ...], code: int, repository: Repository, tmp_path: Path
) -> None:
    endless, _ = EVIL["endless loop"]
    repository.release(Recipe(replaced={INTENT.file: endless}))
    home, where = tmp_path / "home", ("--repository", str(repository.folder), "--product", "tiny")
    process = subprocess.Popen(
        [sys.executable, "-m", "trunkline_edge", "update", "--home", str(home), *where, *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    until(lambda: any(b"update.health" in cmdline(each) for each in children.read_text().split()))
    os.killpg(process.pid, signal.SIGTERM)
    _, told = process.communicate(timeout=WAIT_S)
    assert process.returncode == code, told.decode()
    progress = read_progress(home)
    assert (progress.failed, progress.testing, progress.tests) == ({}, None, 0)


def test_of_two_updaters_at_once_one_waits_its_turn(fleet: Fleet, server: tuple[str, Instead]) -> None:
    url, instead = server
    bundle_id = fleet.release(GOOD).bundle_id
    asked, go = threading.Event(), threading.Event()

    def late(request: BaseHTTPRequestHandler) -> None:
        asked.set()
        go.wait(WAIT_S)
        raw = (fleet.repository.folder / TIMESTAMP).read_bytes()
        request.send_response(200)
        request.send_header("Content-Length", str(len(raw)))
        request.end_headers()
        request.wfile.write(raw)

    instead[TIMESTAMP] = late
    first = subprocess.Popen(update(fleet, url), stdout=subprocess.PIPE)
    assert asked.wait(WAIT_S)
    second = subprocess.run(update(fleet, url), capture_output=True, text=True, check=False)
    assert (second.returncode, second.stdout) == (1, "")
    assert "another process is updating" in second.stderr
    go.set()
    said, _ = first.communicate(timeout=WAIT_S)
    assert json.loads(said)["active"] == fleet.active() == bundle_id
