"""How much of the bare runtime's speed is left behind HTTP and Wyoming, at 1, 8 and 64 connections.

    python -m bench.serving HOME [--seconds 5] [--threads 1]

HOME is a device's home with an active bundle. The service runs in a process of its own on loopback; callers live here,
each sending its next request when the last one is answered. The bare runtime answers the same sentences in a loop,
before and after, in the same run. Then come callers who mean no good: idle, slow, half open, too long.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from trunkline_edge.understanding.session import open_active

TEXTS = (
    "turn off the lamp in the guest room",
    "what is the temperature in the kitchen",
    "set the brightness to 40 percent",
    "start a timer for ten minutes",
)
CONNECTIONS = (1, 8, 64)
TARGET = 0.7
"""Of the bare runtime's throughput, over HTTP at the most connections."""


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    connections: int
    per_s: float
    p50_ms: float
    p99_ms: float
    failed: int = 0

    def to_line(self, bare: Figure) -> str:
        """Render with the share of the bare runtime."""
        share = self.per_s / bare.per_s
        return (
            f"{self.name:<14}{self.connections:>12}{self.per_s:>10.0f}{self.p50_ms:>10.2f}{self.p99_ms:>10.2f}"
            f"{share:>9.0%}{self.failed:>8}"
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


async def load(address: str, connections: int, seconds: float) -> Figure:
    """Ask from so many connections for so long."""
    url = urlsplit(address)
    is_http = url.scheme == "http"
    requests = [(http_request if is_http else wyoming_request)(text) for text in TEXTS]
    good = (lambda answer: answer.startswith(b"HTTP/1.1 200")) if is_http else (lambda answer: b'"error"' not in answer)
    begun = time.perf_counter()
    until = begun + seconds
    callers = []
    for number in range(connections):
        turned = requests[number % len(requests) :] + requests[: number % len(requests)]
        caller = Caller(turned, http_length if is_http else wyoming_length, good, until)
        await asyncio.get_running_loop().create_connection(lambda caller=caller: caller, url.hostname, url.port)
        callers.append(caller)
    await asyncio.gather(*(caller.done for caller in callers))
    taken = [each for caller in callers for each in caller.taken]
    p50, p99 = np.percentile(taken, [50, 99]) * 1e3
    failed = sum(caller.failed for caller in callers)
    return Figure(url.scheme, connections, len(taken) / (time.perf_counter() - begun), p50, p99, failed)


def bare(home: Path, seconds: float) -> Figure:
    """Ask the runtime itself, in a loop."""
    runtime = open_active(home)
    taken: list[float] = []
    begun = last = time.perf_counter()
    while last < begun + seconds:
        runtime.parse(TEXTS[len(taken) % len(TEXTS)])
        now = time.perf_counter()
        taken.append(now - last)
        last = now
    p50, p99 = np.percentile(taken, [50, 99]) * 1e3
    return Figure("bare runtime", 1, len(taken) / (last - begun), p50, p99)


async def idle(address: str, count: int) -> float:
    """Hold so many silent connections and return how many milliseconds an answer takes meanwhile (median of 50)."""
    url = urlsplit(address)
    silent = [await asyncio.open_connection(url.hostname, url.port) for _ in range(count)]
    try:
        return (await load(address, 1, 0.5)).p50_ms
    finally:
        for _, writer in silent:
            writer.close()


def resident_mb(pid: int) -> float:
    """Memory of a process in MB, from Linux's proc."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--threads", default="1")
    parser.add_argument("--idle", type=int, default=1000)
    options = parser.parse_args()
    command = [sys.executable, "-m", "trunkline_edge", "serve", "--home", str(options.home)]
    command += ["--http-port", "0", "--wyoming-port", "0", "--threads", options.threads, "--log-level", "warning"]
    first = bare(options.home, options.seconds)
    service = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert service.stdout is not None
        addresses = [service.stdout.readline().split()[1] for _ in range(2)]
        asyncio.run(_until_ready(addresses[0]))
        figures = []
        memory = [resident_mb(service.pid)]
        for address in addresses:
            for connections in CONNECTIONS:
                figures.append(asyncio.run(load(address, connections, options.seconds)))
                memory.append(resident_mb(service.pid))
        waits = {address: asyncio.run(idle(address, options.idle)) for address in addresses}
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(30)
    last = bare(options.home, options.seconds)
    mean = Figure("bare runtime", 1, (first.per_s + last.per_s) / 2, *((first.p50_ms, first.p99_ms)))
    print(f"{'':<14}{'connections':>12}{'per s':>10}{'p50 ms':>10}{'p99 ms':>10}{'of bare':>9}{'failed':>8}")
    for figure in (first, last, *figures):
        print(figure.to_line(mean))
    share = next(f for f in figures if f.name == "http" and f.connections == CONNECTIONS[-1]).per_s / mean.per_s
    verdict = "met" if share >= TARGET else "missed"
    print(f"HTTP at {CONNECTIONS[-1]} connections: {share:.0%} of the bare runtime; target {TARGET:.0%}: {verdict}")
    print(f"memory of the service, MB, as the table grew: {' '.join(f'{each:.0f}' for each in memory)}")
    for address, ms in waits.items():
        print(f"with {options.idle} idle connections, {address.split(':')[0]}: p50 {ms:.2f} ms")
    print(f"the service ended with {service.returncode} on SIGTERM")


async def _until_ready(address: str) -> None:
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
