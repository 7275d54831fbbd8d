"""`trunkline-edge serve` as a process: starts, says where, answers, ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from deploy.edge.tests.services.conftest import Device

SERVE = (sys.executable, "-m", "trunkline_edge", "serve", "--http-port", "0", "--wyoming-port", "0")


@contextmanager
def serving(home: Path, *options: str, by: tuple[str, ...] = ()) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    command = [*by, *SERVE, "--home", str(home), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        addresses = [process.stdout.readline().split()[1] for _ in range(2)]
        yield process, *addresses
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def ask(address: str) -> int:
    for _ in range(200):
        try:
            with urlopen(f"{address}/v2/health/ready", timeout=10):
                break
        except OSError:
            threading.Event().wait(0.05)
    with urlopen(Request(f"{address}/parse", b'{"text": "lamp on"}'), timeout=10) as answer:
        return int(answer.status)


AT_A_TERMINAL = (
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])",
)
"""Whatever the tests themselves run under: what `nohup` ignores is handed on."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_answers_and_ends_cleanly_on_a_signal(device: Device, number: signal.Signals) -> None:
    with serving(device.home, by=AT_A_TERMINAL) as (process, http, wyoming):
        assert http.startswith("http://127.0.0.1:")
        assert wyoming.startswith("tcp://127.0.0.1:")
        assert ask(http) == 200
        host, port = wyoming.removeprefix("tcp://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as idle:
            process.send_signal(number)
            assert idle.recv(1) == b""
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0
        lines = [json.loads(line) for line in errors.splitlines()]
        request = next(line for line in lines if line.get("path") == "/parse")
        assert (request["status"], request["method"]) == (200, "POST")
        assert "lamp" not in errors


def test_with_nohup_it_goes_on_when_its_terminal_closes(device: Device) -> None:
    with serving(device.home, by=("nohup",)) as (process, http, _):
        assert ask(http) == 200
        process.send_signal(signal.SIGHUP)
        assert ask(http) == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_request_under_way_is_answered_before_the_end(device: Device) -> None:
    with serving(device.home) as (process, http, _):
        assert ask(http) == 200
        host, port = http.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as caller:
            caller.sendall(b"POST /parse HTTP/1.1\r\nhost: x\r\ncontent-length: 19\r\n\r\n{")
            threading.Event().wait(0.3)
            process.send_signal(signal.SIGTERM)
            threading.Event().wait(0.3)
            caller.sendall(b'"text": "lamp on"}')
            assert caller.recv(100).startswith(b"HTTP/1.1 200")
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--http-port", "70000"), "--http-port 70000"),
        (("--threads", "-1"), "--threads -1"),
        (("--home-assistant", "/nowhere.json"), "/nowhere.json"),
        (("--token-file", "/nowhere"), "/nowhere"),
        (("--host", "203.0.113.7"), "cannot listen on 203.0.113.7"),
        (("--host", "a..b"), "cannot listen on a..b"),
        (("--host", "a" * 64), "cannot listen on aaa"),
    ],
)
def test_what_it_cannot_do_is_one_line_and_exit_2(device: Device, options: tuple[str, ...], message: str) -> None:
    done = subprocess.run([*SERVE, "--home", str(device.home), *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_named(device: Device) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*SERVE, "--home", str(device.home), "--http-port", str(port)], capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 2
    assert f"port {port}" in done.stderr


def test_beyond_loopback_without_a_token_there_is_a_warning(device: Device) -> None:
    with serving(device.home, "--host", "0.0.0.0") as (process, _, _):
        process.send_signal(signal.SIGTERM)
        assert "no token is set" in process.communicate(timeout=30)[1]


def test_without_the_extra_it_says_what_to_install_and_the_rest_works(device: Device) -> None:
    code = (
        "import sys, importlib.abc\n"
        "class Absent(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'starlette', 'uvicorn', 'wyoming', 'prometheus_client', 'httptools'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from trunkline_edge.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run([*command, "serve", "--home", str(device.home)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "trunkline-edge[serve]" in done.stderr
    done = subprocess.run([*command, "parse", "--home", str(device.home), "lamp on"], capture_output=True, text=True)
    assert json.loads(done.stdout)["intents"][0]["name"] == "turn_on"
