"""Callers who mean no good: slow, silent, endless, many."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import ExitStack

import pytest

from deploy.edge.tests.services.conftest import Device, Running, Serve, deaf_caller, read_all, until_closed
from trunkline_edge.services.http import answers, server
from trunkline_edge.services.serve import _allow_open_files

IDLE = 1000


def test_callers_who_do_not_take_their_answers_keep_no_connection_open(
    serve: Serve, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "TAKE_S", 0.2)
    running = serve(device).until_ready()
    callers = [deaf_caller(running.http, b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 100) for _ in range(2)]
    assert until_closed(running.http, 10) == 0
    for caller in callers:
        caller.close()


def test_headers_that_trickle_in_are_hung_up_on(serve: Serve, device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_S", 0.4)
    running = serve(device).until_ready()
    with socket.create_connection(running.http, timeout=10) as slow, socket.create_connection(running.http) as silent:
        begun = time.perf_counter()
        with pytest.raises(OSError):
            for letter in b"GET / HTTP/1.1\r\nx-slow: " + b"a" * 100:
                slow.sendall(bytes([letter]))
                time.sleep(0.05)
        assert time.perf_counter() - begun < 3
        silent.settimeout(5)
        assert silent.recv(1) == b""


def test_headers_that_trickle_in_after_a_good_request_are_hung_up_on_too(
    serve: Serve, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEADER_S", 0.4)
    running = serve(device).until_ready()
    with socket.create_connection(running.http, timeout=10) as caller:
        caller.sendall(b"GET /v2 HTTP/1.1\r\nhost: x\r\n\r\n")
        assert caller.recv(1000).startswith(b"HTTP/1.1 200")
        with pytest.raises(OSError):
            for _ in range(100):
                caller.sendall(b"G" if _ == 0 else b"E")
                time.sleep(0.05)


def test_a_body_that_does_not_come_is_408(serve: Serve, device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "BODY_TIMEOUT_S", 0.3)
    running = serve(device).until_ready()
    with socket.create_connection(running.http, timeout=10) as caller:
        caller.sendall(b"POST /parse HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n{")
        assert caller.recv(1000).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    "header", [b"x: " + b"a" * 200_000, b"\r\n".join(b"x%d: y" % n for n in range(20_000)), b"a" * 200_000]
)
def test_headers_without_end_are_refused(service: Running, header: bytes) -> None:
    with socket.create_connection(service.http, timeout=10) as caller:
        found = b""
        try:
            caller.sendall(b"GET / HTTP/1.1\r\n")
            for at in range(0, len(header), 10_000):
                caller.sendall(header[at : at + 10_000])
                time.sleep(0.01)
            found = caller.recv(1000)
        except OSError:  # the service hung up while we wrote
            return
        assert found == b"" or found.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("wire", [b"\x16\x03\x01\x02\x00\x01\x00", b"hello\r\n\r\n", b"\0" * 100])
def test_what_is_no_http_gets_400_and_the_end(service: Running, wire: bytes) -> None:
    with socket.create_connection(service.http, timeout=10) as caller:
        caller.sendall(wire)
        assert caller.recv(1000).startswith(b"HTTP/1.1 400")


LAMP_ON = b'{"text": "lamp on"}'
H2C = (
    b"POST /parse HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AA\r\n"
)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"content-length: %d\r\n\r\n" % len(LAMP_ON), LAMP_ON),
        (b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(LAMP_ON), LAMP_ON),
        (b"transfer-encoding: chunked\r\n\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(LAMP_ON), LAMP_ON)),
    ],
)
@pytest.mark.parametrize("is_apart", [False, True])
def test_a_request_that_asks_for_another_protocol_is_answered_over_this_one(
    service: Running, caplog: pytest.LogCaptureFixture, head: bytes, body: bytes, is_apart: bool
) -> None:
    """As `curl --http2` asks; RFC 9110, 7.8 lets a server ignore it."""
    with socket.create_connection(service.http, timeout=10) as caller:
        if is_apart:
            caller.sendall(H2C)
            time.sleep(0.05)
            caller.sendall(head)
            time.sleep(0.05)
            caller.sendall(body)
        else:
            caller.sendall(H2C + head + body)
        found = caller.recv(65_536)
    assert found.startswith(b"HTTP/1.1 200") and b"turn_on" in found, found
    assert "Unsupported upgrade" not in caplog.text


def test_requests_behind_one_that_asks_for_another_protocol_are_answered_too(service: Running) -> None:
    ask = H2C + b"content-length: %d\r\n\r\n%s" % (len(LAMP_ON), LAMP_ON)
    with socket.create_connection(service.http, timeout=10) as caller:
        caller.sendall(ask * 50 + b"GET /version HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        found = read_all(caller)
    assert found.count(b"HTTP/1.1 200") == 51 and found.count(b'"name": "turn_on"') == 50


def test_a_websocket_is_refused_as_any_wrong_method(service: Running, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection(service.http, timeout=10) as caller:
        caller.sendall(b"GET /parse HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
        assert caller.recv(1000).startswith(b"HTTP/1.1 405")
    assert "Unsupported upgrade" not in caplog.text


def test_nonsense_behind_a_request_that_asks_for_another_protocol_gets_400(service: Running) -> None:
    with socket.create_connection(service.http, timeout=10) as caller:
        caller.sendall(H2C + b"transfer-encoding: chunked\r\n\r\nhello\r\n")
        assert caller.recv(1000).startswith(b"HTTP/1.1 400")


def test_a_caller_that_has_said_all_still_gets_its_answer_and_then_the_end(service: Running) -> None:
    with socket.create_connection(service.http, timeout=10) as caller:
        body = b'{"text": "lamp on"}'
        caller.sendall(b"POST /parse HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        caller.shutdown(socket.SHUT_WR)
        found = read_all(caller)
        assert found.startswith(b"HTTP/1.1 200")
        assert b"turn_on" in found


def test_a_caller_that_ends_within_its_request_is_hung_up_on_at_once(service: Running) -> None:
    for wire in (b"POST /pa", b"POST /parse HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n{"):
        with socket.create_connection(service.http, timeout=5) as caller:
            caller.sendall(wire)
            caller.shutdown(socket.SHUT_WR)
            assert not caller.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_body_that_ends_before_its_announced_length_is_told_both(service: Running) -> None:
    with socket.create_connection(service.http, timeout=5) as caller:
        caller.sendall(b'POST /parse HTTP/1.1\r\nhost: x\r\ncontent-length: 40\r\n\r\n{"text": "turn on the lamp"}')
        caller.shutdown(socket.SHUT_WR)
        found = read_all(caller)
    assert found.startswith(b"HTTP/1.1 400")
    assert b"40 bytes were announced, 28 came" in found


def test_chunks_that_end_before_the_last_one_are_no_body(service: Running) -> None:
    with socket.create_connection(service.http, timeout=5) as caller:
        caller.sendall(b"POST /parse HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        caller.sendall(b'13\r\n{"text": "lamp on"}\r\n')
        caller.shutdown(socket.SHUT_WR)
        assert caller.recv(1000) == b""


def test_callers_who_vanish_without_a_word_leave_nothing_behind(service: Running) -> None:
    """Half-open: the other end is gone, and with it its answer."""
    for _ in range(50):
        caller = socket.create_connection(service.http, timeout=5)
        body = b'{"text": "lamp on"}'
        caller.sendall(b"POST /parse HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.close()  # with a reset
    assert service.ask("/parse", {"text": "lamp on"}).status == 200
    assert service.ask("/status").json["waiting"] == 0


def test_answers_do_not_wait_for_the_callers_acknowledgement(service: Running) -> None:
    """Nagle's delay made every answer 40 ms late until the listening sockets said that they are TCP."""
    taken = []
    with socket.create_connection(service.http, timeout=10) as caller:
        for _ in range(9):
            begun = time.perf_counter()
            caller.sendall(b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n")
            while not caller.recv(1000).endswith(b"}"):
                pass
            taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.03


def test_an_answer_comes_in_one_piece(service: Running) -> None:
    """Head and body apart cost a second call to the system on either side."""
    body = b'{"text": "lamp on"}'
    with socket.create_connection(service.http, timeout=10) as caller:
        for _ in range(20):
            caller.sendall(b"POST /parse HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))
            found = caller.recv(65_536)
            assert found.startswith(b"HTTP/1.1 200") and found.endswith(b"}"), found


def test_a_head_that_no_body_follows_goes_out_all_the_same(service: Running) -> None:
    with socket.create_connection(service.http, timeout=10) as caller:
        for _ in range(3):
            caller.sendall(b"HEAD /status HTTP/1.1\r\nhost: x\r\n\r\n")
            found = b""
            while not found.endswith(b"\r\n\r\n"):
                found += caller.recv(1000)
            assert found.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("protocol", ["http", "wyoming"])
def test_with_a_thousand_idle_connections_answers_go_on(service: Running, protocol: str) -> None:
    _allow_open_files()  # both ends of a connection are in this process
    with ExitStack() as open_connections:
        address = service.http if protocol == "http" else service.wyoming
        for _ in range(IDLE):
            open_connections.enter_context(socket.create_connection(address, timeout=10))
        assert service.ask("/parse", {"text": "lamp on"}).status == 200
        with socket.create_connection(service.wyoming, timeout=10) as caller:
            caller.sendall(b'{"type": "ping"}\n')
            assert b"pong" in caller.recv(1000)
