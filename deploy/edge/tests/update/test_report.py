"""What a device tells: one small JSON, kept while nobody can be reached, and no word of what was said."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.edge.tests.update.fleet import GOOD, Fleet
from deploy.rollout.reports import AnswerCounts, report_from
from trunkline_edge.errors import Unreachable
from trunkline_edge.update.agent import utc_now
from trunkline_edge.update.report import MAX_QUEUED, device_id, post_reports, queue_report, report_of
from trunkline_edge.update.served import Tally


@contextmanager
def sink(status: int = 200) -> Iterator[tuple[str, list[bytes]]]:
    """A real server that takes reports, or refuses them."""
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
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
