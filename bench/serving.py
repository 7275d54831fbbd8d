"""How much of the bare runtime's speed is left behind HTTP and Wyoming, at 1, 8, 64 and 256 connections.

    python -m bench.serving HOME [--seconds 5] [--threads 0] [--requests 200000]

HOME is a device's home with an active bundle. The service runs in a process of its own on loopback; callers live here,
each sending its next request when the last one is answered. The bare runtime answers the same sentences in a loop
before and after each row, as other work on the machine moves both. Processor time is the service's own, so that it
tells of the service even where callers take the cores. Last come idle callers, and `--requests` more requests over
which the service's memory is to stay flat.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from trunkline_edge.understanding.session import Runtime, open_active

TEXTS = (
    "turn off the lamp in the guest room",
    "what is the temperature in the kitchen",
    "set the brightness to 40 percent",
    "start a timer for ten minutes",
)
CONNECTIONS = (1, 8, 64, 256)
TARGET_CONNECTIONS = 64
TARGET = 0.7
"""Of the bare runtime's throughput, over HTTP at `TARGET_CONNECTIONS`."""


@dataclass(frozen=True)
class Figure:
    """What one way of asking took."""

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    """Processor time an answer, of whoever makes it."""
    failed: int = 0


@dataclass(frozen=True)
class Row:
    """One line of the table: a load, and the bare runtime just before and after it."""

    protocol: str
    connections: int
    load: Figure
    bare: tuple[Figure, Figure]

    @property
    def share(self) -> float:
        """Of the bare runtime's throughput."""
        return self.load.per_s / (sum(each.per_s for each in self.bare) / len(self.bare))

    @property
    def cpu_share(self) -> float:
        """How much of the processor time is the bare runtime's."""
        return sum(each.cpu_ms for each in self.bare) / len(self.bare) / self.load.cpu_ms

    def to_line(self) -> str:
        """Render with the shares."""
        bare = "/".join(f"{each.per_s:.0f}" for each in self.bare)
        return (
            f"{self.protocol:<9}{self.connections:>12}{self.load.per_s:>8.0f}{bare:>12}{self.share:>9.0%}"
            f"{self.load.p50_ms:>9.2f}{self.load.p99_ms:>9.2f}{self.load.cpu_ms:>9.2f}{self.cpu_share:>9.0%}"
            f"{self.load.failed:>8}"
        )


HEADER = (
    f"{'':<9}{'connections':>12}{'per s':>8}{'bare':>12}{'of bare':>9}{'p50 ms':>9}{'p99 ms':>9}{'cpu ms':>9}"
    f"{'of it':>9}{'failed':>8}"
)


@dataclass
class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    requests: Sequence[bytes]
    length_of: Callable[[bytes], int | None]
    """Bytes of the answer that a buffer begins with, None while too little of it is there."""
    is_good: Callable[[bytes], bool]
    until: float
    taken: list[float] = field(default_factory=list)
    failed: int = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer, self.turn = transport, b"", 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ask()

    def _ask(self) -> None:
        self.begun = time.perf_counter()
        self.transport.write(self.requests[self.turn % len(self.requests)])
        self.turn += 1

    def data_received(self, data: bytes) -> None:
        """Note the time of a whole answer and ask again."""
        self.buffer += data
        length = self.length_of(self.buffer)
        if length is None or len(self.buffer) < length:
            return
        now = time.perf_counter()
        self.taken.append(now - self.begun)
        self.failed += not self.is_good(self.buffer)
        self.buffer = self.buffer[length:]
        if now < self.until:
            self._ask()
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a connection that the service closed."""
        self.failed += time.perf_counter() < self.until
        self.done.set_result(None)


def http_request(text: str) -> bytes:
    """Return a request to `/parse` as it goes over the wire."""
    body = json.dumps({"text": text}).encode()
    return b"POST /parse HTTP/1.1\r\nhost: bench\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


def http_length(buffer: bytes) -> int | None:
    """Return the length of an HTTP answer with a content-length."""
    head = buffer.find(b"\r\n\r\n")
    if head < 0:
        return None
    at = buffer.index(b"content-length: ", 0, head) + 16
    return head + 4 + int(buffer[at : buffer.index(b"\r\n", at)])


def wyoming_request(text: str) -> bytes:
    """Return a transcript event as it goes over the wire."""
    return json.dumps({"type": "transcript", "data": {"text": text}}).encode() + b"\n"


def wyoming_length(buffer: bytes) -> int | None:
    """Return the length of one Wyoming event."""
    line = buffer.find(b"\n")
    return None if line < 0 else line + 1 + int(json.loads(buffer[:line]).get("data_length", 0))


async def load(address: str, pid: int, connections: int, seconds: float) -> Figure:
    """Ask from so many connections for so long."""
    url = urlsplit(address)
    assert url.hostname and url.port, address
    is_http = url.scheme == "http"
    requests = [(http_request if is_http else wyoming_request)(text) for text in TEXTS]
    good = (lambda answer: answer.startswith(b"HTTP/1.1 200")) if is_http else (lambda answer: b'"error"' not in answer)
    begun, cpu = time.perf_counter(), cpu_s(pid)
    until = begun + seconds
    callers = []
    for number in range(connections):
        turned = requests[number % len(requests) :] + requests[: number % len(requests)]
        make = partial(Caller, turned, http_length if is_http else wyoming_length, good, until)
        _, caller = await asyncio.get_running_loop().create_connection(make, url.hostname, url.port)
        callers.append(caller)
    await asyncio.gather(*(caller.done for caller in callers))
    taken = [each for caller in callers for each in caller.taken]
    p50, p99 = np.percentile(taken, [50, 99]) * 1e3
    cpu_ms = (cpu_s(pid) - cpu) / len(taken) * 1e3
    failed = sum(caller.failed for caller in callers)
    return Figure(len(taken) / (time.perf_counter() - begun), p50, p99, cpu_ms, failed)


def bare(runtime: Runtime, seconds: float) -> Figure:
    """Ask the runtime itself, in a loop."""
    taken: list[float] = []
    begun = last = time.perf_counter()
    cpu = time.process_time()
    while last < begun + seconds:
        runtime.parse(TEXTS[len(taken) % len(TEXTS)])
        now = time.perf_counter()
        taken.append(now - last)
        last = now
    p50, p99 = np.percentile(taken, [50, 99]) * 1e3
    return Figure(len(taken) / (last - begun), p50, p99, (time.process_time() - cpu) / len(taken) * 1e3)


def compared(runtime: Runtime, address: str, pid: int, connections: int, seconds: float) -> Row:
    """Load the service between two looks at the bare runtime."""
    before = bare(runtime, seconds / 2)
    loaded = asyncio.run(load(address, pid, connections, seconds))
    protocol = "http" if address.startswith("http") else "wyoming"
    return Row(protocol, connections, loaded, (before, bare(runtime, seconds / 2)))


def soak(address: str, pid: int, requests: int) -> list[float]:
    """Ask so many times, 8 at once; returns the service's MB at the start and after each tenth."""
    memory, asked = [resident_mb(pid)], 0
    while asked < requests:
        figure = asyncio.run(load(address, pid, 8, 5.0))
        assert figure.failed == 0, figure
        asked += round(figure.per_s * 5.0)
        if asked >= len(memory) * requests / 10:
            memory.append(resident_mb(pid))
    return memory


async def idle(address: str, pid: int, count: int) -> float:
    """Hold so many silent connections and return how many milliseconds an answer takes meanwhile (median)."""
    url = urlsplit(address)
    silent = [await asyncio.open_connection(url.hostname, url.port) for _ in range(count)]
    try:
        return (await load(address, pid, 1, 0.5)).p50_ms
    finally:
        for _, writer in silent:
            writer.close()


def resident_mb(pid: int) -> float:
    """Memory of a process in MB, from Linux's proc."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def cpu_s(pid: int) -> float:
    """Processor time of a process in seconds, from Linux's proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--threads", default="0", help="that answer beside the main one")
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=0, help="after the table, to see that memory stays flat")
    options = parser.parse_args()
    runtime = open_active(options.home)
    bare(runtime, 1.0)
    with served(options.home, options.threads) as (service, addresses):
        print(HEADER)
        rows = []
        for address in addresses:
            for connections in CONNECTIONS:
                rows.append(compared(runtime, address, service.pid, connections, options.seconds))
                print(rows[-1].to_line(), flush=True)
        share = next(r for r in rows if r.protocol == "http" and r.connections == TARGET_CONNECTIONS).share
        verdict = "met" if share >= TARGET else "missed"
        print(f"HTTP at {TARGET_CONNECTIONS} connections: {share:.0%} of bare; target {TARGET:.0%}: {verdict}")
        for address in addresses:
            ms = asyncio.run(idle(address, service.pid, options.idle))
            print(f"with {options.idle} idle connections, {address.split(':')[0]}: p50 {ms:.2f} ms")
        if options.requests:
            memory = soak(addresses[0], service.pid, options.requests)
            print(f"MB over {options.requests:,} requests: {' '.join(f'{each:.1f}' for each in memory)}")
    print(f"the service ended with {service.returncode} on SIGTERM")


@contextmanager
def served(home: Path, threads: str = "0") -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Yield a service on loopback whose bundle is loaded, and its addresses: HTTP, then Wyoming."""
    command = [sys.executable, "-m", "trunkline_edge", "serve", "--home", str(home)]
    command += ["--http-port", "0", "--wyoming-port", "0", "--threads", threads, "--log-level", "warning"]
    service = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert service.stdout is not None
        addresses = [service.stdout.readline().split()[1] for _ in range(2)]
        asyncio.run(_until_ready(addresses[0]))
        yield service, addresses
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(30)


async def _until_ready(address: str) -> None:
    """Wait for the service's bundle; ends the program where none comes."""
    url = urlsplit(address)
    for _ in range(100):
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(b"GET /v2/health/ready HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        if answer.startswith(b"HTTP/1.1 200"):
            return
        await asyncio.sleep(0.1)
    raise SystemExit(f"{address}: no bundle within 10 s; is one active in this home?")


if __name__ == "__main__":
    main()
