"""What a device tells: one small JSON, kept while nobody can be reached, and no word of what was said."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.edge.tests.conftest import Repository
from deploy.edge.tests.tiny_bundle import Recipe
from deploy.edge.tests.update.fleet import GOOD, Fleet
from deploy.rollout.reports import AnswerCounts, report_from
from trunkline_edge.cli import main
from trunkline_edge.errors import Unreachable
from trunkline_edge.update.agent import utc_now
from trunkline_edge.update.report import MAX_QUEUED, device_id, post_reports, queue_report, report_of
from trunkline_edge.update.served import Tally


@contextmanager
def sink(status: int = 200, meanwhile: Callable[[], object] = lambda: None) -> Iterator[tuple[str, list[bytes]]]:
    """A real server that takes reports, or refuses them; `meanwhile` is called before each answer."""
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            meanwhile()
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/reports", taken
    finally:
        server.shutdown()
        server.server_close()


def test_the_server_side_reads_what_a_device_writes(fleet: Fleet) -> None:
    bundle_id = fleet.release(GOOD).bundle_id
    outcome = fleet.agent().check()
    tally = Tally(fleet.home)
    tally.begin(bundle_id)
    for rejected in (True, False, False):
        tally.count(bundle_id, rejected=rejected)
    tally.end()
    raw = json.dumps(report_of(fleet.home, "tiny", "stable", outcome, None, utc_now())).encode()
    report = report_from(raw)
    assert (report.device, report.did, report.active) == (device_id(fleet.home), "installed", bundle_id)
    assert report.answers == AnswerCounts(bundle_id, answered=3, rejected=1)
    assert len(raw) < 2_000
    assert b"lamp" not in raw


def test_reports_wait_for_a_server_and_go_out_oldest_first(fleet: Fleet) -> None:
    fleet.home.mkdir()
    for number in range(3):
        queue_report(fleet.home, {"number": number})
        with pytest.raises(Unreachable):
            post_reports(fleet.home, "http://127.0.0.1:9/reports")
    with sink(status=503) as (url, _), pytest.raises(Unreachable, match="503"):
        post_reports(fleet.home, url)
    with sink() as (url, taken):
        assert post_reports(fleet.home, url) == 3
        assert post_reports(fleet.home, url) == 0
    assert [json.loads(raw)["number"] for raw in taken] == [0, 1, 2]


def test_a_device_that_is_never_reached_keeps_the_newest(fleet: Fleet) -> None:
    fleet.home.mkdir()
    for number in range(MAX_QUEUED + 5):
        queue_report(fleet.home, {"number": number})
    with sink() as (url, taken):
        assert post_reports(fleet.home, url) == MAX_QUEUED
    assert json.loads(taken[0])["number"] == 5


def test_two_that_post_at_once_post_each_report_once(fleet: Fleet) -> None:
    fleet.home.mkdir()
    for number in range(2):
        queue_report(fleet.home, {"number": number})
    both_ask = threading.Barrier(2)

    def wait_for_the_other() -> None:
        with suppress(threading.BrokenBarrierError):  # as it is where only one asks
            both_ask.wait(1)

    with sink(meanwhile=wait_for_the_other) as (url, taken), ThreadPoolExecutor(2) as pool:
        posted = [pool.submit(post_reports, fleet.home, url) for _ in range(2)]
        assert sum(each.result() for each in posted) == 2
    assert [json.loads(raw)["number"] for raw in taken] == [0, 1]


def test_reports_that_make_way_for_newer_ones_while_others_go_out_are_passed_over(fleet: Fleet) -> None:
    fleet.home.mkdir()
    for _ in range(2):
        queue_report(fleet.home, {"is": "old"})

    def queue_many() -> None:
        for _ in range(MAX_QUEUED):
            queue_report(fleet.home, {"is": "new"})

    with sink(meanwhile=queue_many) as (url, _):
        assert post_reports(fleet.home, url) == 1
    with sink() as (url, taken):
        assert post_reports(fleet.home, url) == MAX_QUEUED
    assert {json.loads(raw)["is"] for raw in taken} == {"new"}


def test_a_single_check_is_reported_as_those_of_the_daemon_are_also_where_it_failed(
    capsys: pytest.CaptureFixture[str], repository: Repository, tmp_path: Path
) -> None:
    home = str(tmp_path / "home")
    check = ["update", "--home", home, "--repository", str(repository.folder), "--report-url"]
    nowhere = "http://127.0.0.1:9/reports"
    active = repository.release(Recipe()).bundle_id
    assert main([*check, nowhere, "--product", "tiny"]) == 0
    assert "it goes out with the next one" in capsys.readouterr().err
    with sink() as (url, taken):
        assert main([*check, url, "--product", "tin"]) == 2
        assert main(["report", "--home", home, "--report-url", url]) == 0
    told = capsys.readouterr().out
    assert [(each["did"], each["code"], each["active"]) for each in map(json.loads, taken)] == [
        ("installed", None, active), ("failed", "update.missing", active),
    ]  # fmt: skip
    assert told == f"0 posted: none waits in {home}; `update --report-url URL` makes one of each check\n"


def test_a_home_without_reports_has_none_to_post(tmp_path: Path) -> None:
    assert post_reports(tmp_path, "http://127.0.0.1:9/reports") == 0
    assert list(tmp_path.iterdir()) == []
