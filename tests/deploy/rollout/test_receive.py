"""The way in, over a real socket."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from deploy.rollout.receive import AddressTaken, reports_app, serve_reports
from deploy.rollout.reports import MAX_REPORT_BYTES, report_to_json
from deploy.rollout.store import ReportStore
from tests.deploy.rollout.conftest import report
from trunkline_edge.bundle.store import State
from trunkline_edge.errors import Unreachable
from trunkline_edge.update.progress import Outcome
from trunkline_edge.update.report import post_reports, queue_report, report_of

TOKEN = "t" * 20


class Reception:
    """The application on a free port, in a thread."""

    def __init__(self, store: ReportStore, token: str | None) -> None:
        self.store, self.listening = store, socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/reports"
        self.server = uvicorn.Server(uvicorn.Config(reports_app(store, token), log_config=None, lifespan="off"))
        self.thread = threading.Thread(target=self.server.run, args=([self.listening],))
        self.thread.start()

    def post(self, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", "/reports", body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def end(self) -> None:
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture(params=[None, TOKEN], ids=["open", "token"])
def reception(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reception]:
    made = Reception(ReportStore(tmp_path / "reports.db", max_devices=2), request.param)
    yield made
    made.end()


def shown(request_token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {request_token}"} if request_token else {}


def test_the_queue_of_a_device_arrives_in_order_and_only_with_the_token(
    reception: Reception, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    token = request.node.callspec.params["reception"]
    for bundle in ("a" * 64, "b" * 64):
        outcome = Outcome("installed", State(bundle), "new")
        queue_report(tmp_path, report_of(tmp_path, "tiny", "stable", outcome, None, datetime.now(UTC)))
    if token:
        with pytest.raises(Unreachable, match="401"):
            post_reports(tmp_path, reception.url)
        assert reception.store.devices("tiny", "stable") == []
    assert post_reports(tmp_path, reception.url, token) == 2
    (heard,) = reception.store.devices("tiny", "stable")
    assert heard.report.did == "installed" and not list((tmp_path / "reports").iterdir())


def test_what_is_no_report_leaves_no_trace(reception: Reception, request: pytest.FixtureRequest) -> None:
    headers = shown(request.node.callspec.params["reception"])
    assert reception.post(b"{}", headers)[0] == 400
    assert reception.post(b"x" * (MAX_REPORT_BYTES + 1), headers)[0] == 413
    assert reception.store.devices("tiny", "stable") == []


def test_a_full_house_says_so_and_goes_on(reception: Reception, request: pytest.FixtureRequest) -> None:
    headers = shown(request.node.callspec.params["reception"])
    assert [reception.post(report_to_json(report(n)), headers)[0] for n in (1, 2, 3, 2)] == [204, 204, 507, 204]


def test_reports_of_many_at_once_all_arrive(tmp_path: Path) -> None:
    reception = Reception(ReportStore(tmp_path / "reports.db"), None)
    try:
        posting = [
            threading.Thread(target=lambda each=each: reception.post(report_to_json(report(each))))
            for each in range(40)
        ]
        for thread in posting:
            thread.start()
        for thread in posting:
            thread.join()
        assert len(reception.store.devices("tiny", "stable")) == 40
    finally:
        reception.end()


def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(AddressTaken, match="choose another"):
        serve_reports(ReportStore(tmp_path / "db"), None, "127.0.0.1", taken.getsockname()[1], lambda url: None)
