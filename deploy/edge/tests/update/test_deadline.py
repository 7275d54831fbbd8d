"""A server that answers without end is given up in time; a report that is refused for good holds up no other."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tuf.api.exceptions import DownloadError

from trunkline_edge.errors import Unreachable
from trunkline_edge.update import report
from trunkline_edge.update.download import BoundedFetcher
from trunkline_edge.update.report import post_reports, queue_report

TIMEOUT_S = 0.5


@contextmanager
def dripping(first: bytes, drop: bytes) -> Iterator[str]:
    listening, end = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()

    def answer(caller: socket.socket) -> None:
        with caller, suppress(OSError):
            caller.recv(65536)
            caller.sendall(first)
            while not end.wait(0.05):
                caller.sendall(drop)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        end.set()
        listening.close()


DRIPS = [
    pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a", id="a header"),
    pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="100 Continue"),
]


@pytest.mark.parametrize(("first", "drop"), DRIPS)
def test_who_drips_before_the_body_is_given_up_in_time(first: bytes, drop: bytes) -> None:
    begun = time.monotonic()
    with dripping(first, drop) as url, pytest.raises(DownloadError, match="timed out"):
        list(BoundedFetcher(timeout_s=TIMEOUT_S).fetch(f"{url}/metadata/1.root.json"))
    assert time.monotonic() - begun < 10 * TIMEOUT_S


@pytest.mark.parametrize(("first", "drop"), DRIPS)
def test_a_fleets_server_that_drips_is_given_up_and_the_report_kept(
    first: bytes, drop: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "TIMEOUT_S", TIMEOUT_S)
    queue_report(tmp_path, {"a": 1})
    begun = time.monotonic()
    with dripping(first, drop) as url, pytest.raises(Unreachable):
        post_reports(tmp_path, url)
    assert time.monotonic() - begun < 10 * TIMEOUT_S
    assert len(list((tmp_path / "reports").glob("*.json"))) == 1


def test_an_endless_body_after_the_status_of_a_report_is_not_read(tmp_path: Path) -> None:
    queue_report(tmp_path, {"a": 1})
    with dripping(b"HTTP/1.1 204 No Content\r\n\r\n", b"x" * 100_000) as url:
        assert post_reports(tmp_path, url) == 1


class Refusing(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(400 if b"bad" in body else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_report_that_is_refused_for_good_is_dropped_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in ("bad", "good", "good"):
        queue_report(tmp_path, {"a": value})
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert post_reports(tmp_path, f"http://127.0.0.1:{server.server_port}/reports") == 2
        server.shutdown()
    assert "HTTP status 400" in capsys.readouterr().err
    assert list((tmp_path / "reports").glob("*.json")) == []
