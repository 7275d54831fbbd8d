from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from trunkline_edge.services import missing_packages

if missing_packages():
    pytest.skip(f"the extra [serve] is not installed: {missing_packages()}", allow_module_level=True)

from deploy.edge.tests.conftest import Repository
from deploy.edge.tests.tiny_bundle import Recipe
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.services.engine import BundleSource
from trunkline_edge.services.serve import Addresses, serve_until
from trunkline_edge.services.settings import ServeOptions
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.local import LocalSource

WAIT_S = 20


@dataclass(frozen=True)
class Answer:
    """What the service said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Running:
    """All services in a thread of this process, on free ports."""

    def __init__(self, source: BundleSource, options: ServeOptions) -> None:
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(source, options))
        self._thread.start()
        assert self._started.wait(WAIT_S)
        if self._error is not None:
            raise self._error

    def _run(self, source: BundleSource, options: ServeOptions) -> None:
        def stop() -> asyncio.Event:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            return self._stop

        def announce(addresses: Addresses) -> None:
            self.addresses = addresses
            self._started.set()

        try:
            asyncio.run(serve_until(source, options, announce, stop))
        except BaseException as error:
            self._error = error
            self._started.set()

    def stop(self) -> None:
        """Tell the services to finish and wait until they have."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()

    @property
    def http(self) -> tuple[str, int]:
        url = urlsplit(self.addresses.http)
        assert url.hostname and url.port
        return url.hostname, url.port

    @property
    def wyoming(self) -> tuple[str, int]:
        url = urlsplit(self.addresses.wyoming)
        assert url.hostname and url.port
        return url.hostname, url.port

    def ask(
        self, path: str, value: Any = None, *, method: str = "", body: bytes | None = None, **headers: str
    ) -> Answer:
        """Send one request; `value` goes as JSON, underscores in names of headers as hyphens."""
        connection = http.client.HTTPConnection(*self.http, timeout=WAIT_S)
        raw = json.dumps(value).encode() if value is not None else body
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        connection.request(method or ("GET" if raw is None else "POST"), path, raw, named)
        found = connection.getresponse()
        answer = Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        connection.close()
        return answer

    def until_ready(self) -> Running:
        """Wait for the bundle."""
        for _ in range(WAIT_S * 20):
            if self.ask("/v2/health/ready").status == 200:
                return self
            threading.Event().wait(0.05)
        raise AssertionError("not ready in time")


class Device:
    """A device's home and the repository that it is updated from."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.repository = Repository(folder / "repository")

    def install(self, recipe: Recipe) -> Manifest:
        manifest = self.repository.release(recipe)
        Agent(self.home, LocalSource(self.repository.folder, "tiny", "local")).check()
        return manifest


Serve = Callable[..., Running]


@pytest.fixture(scope="session")
def device(tmp_path_factory: pytest.TempPathFactory) -> Device:
    """A device with the tiny bundle. Do not install another one."""
    device = Device(tmp_path_factory.mktemp("device"))
    device.install(Recipe())
    return device


@pytest.fixture
def own_device(tmp_path: Path) -> Device:
    """A device with nothing installed."""
    return Device(tmp_path)


def run(device: Device, **options: Any) -> Running:
    return Running(BundleSource.of_device(device.home), ServeOptions(http_port=0, wyoming_port=0, **options))


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts services that end with the test."""
    running: list[Running] = []

    def start(device: Device, **options: Any) -> Running:
        running.append(run(device, **options))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture(scope="session")
def service(device: Device) -> Iterator[Running]:
    """A service of the tiny bundle that all tests share."""
    running = run(device).until_ready()
    yield running
    running.stop()


def deaf_caller(address: tuple[str, int], said: bytes) -> socket.socket:
    """Return a connection that has said all that the service would hear of this, over and over, and reads nothing."""
    caller = socket.socket()
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    caller.settimeout(0.2)
    caller.connect(address)
    with suppress(OSError):
        for _ in range(300):
            caller.sendall(said)
    return caller


def open_connections(address: tuple[str, int]) -> int:
    """Count the connections that a service on this machine holds open, as the kernel has them."""
    local, established_or_left = f":{address[1]:04X}", ("01", "08")
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(line[1].endswith(local) and line[3] in established_or_left for line in lines)


def until_closed(address: tuple[str, int], seconds: float) -> int:
    """Wait until a service has no connection open; returns how many it has at the end."""
    until = time.monotonic() + seconds
    while (count := open_connections(address)) and time.monotonic() < until:
        time.sleep(0.05)
    return count


def read_all(caller: socket.socket) -> bytes:
    """Read until the service ends."""
    found = b""
    while part := caller.recv(65_536):
        found += part
    return found
