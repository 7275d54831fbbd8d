"""What callers of the services may send: changed bodies, frames and bytes, over real sockets and to each reader.

`trunkline-edge serve` runs in a process of its own. Every request must be answered in its own protocol: no 500, no
Wyoming error `internal`, no traceback in an answer or in the service's log, no socket that closes in silence where the
protocol has an answer. The readers that need a broker or a file are asked directly.
"""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httptools

from bench.attack import MEMORY, Attack, turns
from deploy.edge.tests.tiny_bundle import Recipe
from trunkline_edge.bundle.store import add_bundle, write_pointer
from trunkline_edge.errors import InputRefused, ServiceRefused
from trunkline_edge.services.home_assistant import DEFAULT_FILE, HomeAssistantNames
from trunkline_edge.services.mqtt import asked_of, read_query
from trunkline_edge.services.render.hermes import render_hermes
from trunkline_edge.services.render.oip import read_tensors, read_texts, wanted_outputs
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.session import Runtime, open_folder
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.local import LocalSource

HANG_S = 10.0
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 7, 1.5, 1e308, 2**63, -(2**63), 2**70, "", " ", "a", "nlu", "BYTES", "INT64", "BOOL"),
    *(
        [],
        {},
        [[]],
        [None],
        {"a": []},
        [1, "a"],
        "\0",
        "\ud800",
        "\udfff x",
        "\u202e",
        "é" * 300,
        "a " * 600,
        "x" * 3000,
        [0] * 500,
    ),
)
BODIES: dict[str, tuple[Any, ...]] = {
    "/parse": ({"text": "turn on the lamp"}, {"text": "rain", "all": True}),
    "/model/parse": ({"text": "lamp in the kitchen room off", "message_id": "m"},),
    "/snips/parse": ({"text": "fan off please"},),
    "/v2/models/nlu/infer": (
        {"id": "1", "inputs": [{"name": "text", "shape": [2], "datatype": "BYTES", "data": ["lamp on", "rain"]}]},
    ),
    "/v2/models/trunk/infer": (
        {
            "inputs": [{"name": "ids", "shape": [1, 2, 6], "datatype": "INT64", "data": [[[2, 0, 0, 0, 0, 0]] * 2]}],
            "outputs": [{"name": "hidden"}],
        },
    ),
}
EVENTS: tuple[dict[str, Any], ...] = (
    {"type": "transcript", "data": {"text": "turn on the lamp", "language": "en", "context": {"device_id": "d"}}},
    {"type": "recognize", "data": {"text": "rain"}},
    {"type": "describe"},
    {"type": "ping", "data": {"text": "x"}, "data_length": 2, "payload_length": 0},
)
ASKED = ("transcript", "recognize", "describe", "ping")
"""Events that have an answer."""
QUERY = {"input": "lamp on", "id": "q", "siteId": "den", "sessionId": "s", "intentFilter": ["turn_on"]}


@dataclass
class Target:
    """What is attacked."""

    http: tuple[str, int]
    wyoming: tuple[str, int]
    runtime: Runtime
    folder: Path
    """For files."""
    connection: HTTPConnection


def attack(seed: int, seconds: float, inputs: int = 0) -> list[Attack]:
    """Send odd input of each kind in turn until the time is up; returns a row a kind, and one for the service's log."""
    rng = random.Random(seed)
    ends: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    slowest = dict.fromkeys(KINDS, 0.0)
    with running() as (target, log):
        for kind in turns(KINDS, seconds, inputs):
            begun = time.monotonic()
            end = KINDS[kind](rng, target)
            took = time.monotonic() - begun
            slowest[kind] = max(slowest[kind], took)
            ends[kind]["silent" if took > HANG_S else end] += 1
        written = log.read_text()
    ends["log lines"] = Counter(traceback=written.count("Traceback"), accepted=written.count("\n"))
    return [
        Attack(
            "services",
            kind,
            found.total(),
            found["refused"],
            found["accepted"],
            found["traceback"],
            found["silent"],
            1000 * slowest.get(kind, 0.0),
        )
        for kind, found in ends.items()
    ]


@contextmanager
def running() -> Iterator[tuple[Target, Path]]:
    """Serve the bundle of linear heads that the device's tests build; yields the target and the service's log."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        folder = Path(name)
        manifest = Recipe().write(folder / "bundle")
        add_bundle(folder / "repository", manifest, lambda entry: folder / "bundle" / entry.name)
        write_pointer(folder / "repository", "tiny", "local", {"bundle_id": manifest.bundle_id, "version": 1})
        Agent(folder / "home", LocalSource(folder / "repository", "tiny", "local")).check()
        command = [sys.executable, "-m", "trunkline_edge", "serve", "--home", str(folder / "home")]
        command += ["--http-port", "0", "--wyoming-port", "0", "--log-level", "warning"]
        log = folder / "log"
        with log.open("wb") as errors:
            service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert service.stdout is not None
            urls = [urlsplit(service.stdout.readline().split()[1]) for _ in range(2)]
            http_at, wyoming_at = [(str(url.hostname), int(url.port or 0)) for url in urls]
            connection = HTTPConnection(*http_at, timeout=HANG_S)
            target = Target(http_at, wyoming_at, open_folder(folder / "bundle"), folder, connection)
            while _post(target, "/parse", b'{"text": "lamp"}')[0] != 200:
                time.sleep(0.05)
            yield target, log
            connection.close()
        finally:
            service.terminate()
            service.communicate(timeout=30)


def changed(rng: random.Random, value: Any) -> Any:
    """Return a copy of a JSON value with one thing in it changed: replaced, dropped, renamed, nested or repeated."""
    copy = json.loads(json.dumps(value))
    places: list[tuple[Any, Any]] = []
    waiting = [copy]
    while waiting:
        inside = waiting.pop()
        keys = list(inside) if isinstance(inside, dict) else range(len(inside))
        places += [(inside, key) for key in keys]
        waiting += [inside[key] for key in keys if isinstance(inside[key], dict | list)]
    if not places or rng.random() < 0.05:
        return rng.choice(ODD)
    inside, key = rng.choice(places)
    how = rng.randrange(6)
    if how == 0:
        del inside[key]
    elif how == 1 and isinstance(inside, dict):
        inside[rng.choice(["", "x", "data", "é"])] = inside.pop(key)
    elif how == 2:
        inside[key] = [inside[key]] * rng.choice([1, 2, 40])
    else:
        inside[key] = rng.choice(ODD)
    return copy


def broken(rng: random.Random, raw: bytes) -> bytes:
    """Return bytes with some flipped, cut, repeated or put in."""
    content = bytearray(raw)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(content) + 1)
        how = rng.randrange(5)
        if how == 0:
            content[at : at + 1] = bytes([rng.randrange(256)])
        elif how == 1:
            del content[at : at + rng.randint(1, 20)]
        elif how == 2:
            content[at:at] = content[: rng.randint(1, 30)]
        elif how == 3:
            content[at:at] = rng.choice([b"\0", b"\r\n", b"\n", b'"', b"[" * 3000, b"\xff", b"9" * 40, b"\xed\xa0\x80"])
        else:
            content = content[:at]
    return bytes(content)


def odd_json(rng: random.Random, value: Any) -> bytes:
    """Return a changed value as JSON, one time in four with broken bytes."""
    raw = json.dumps(changed(rng, value), ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    return broken(rng, raw) if rng.random() < 0.25 else raw


def _post(target: Target, path: str, body: bytes) -> tuple[int, bytes]:
    try:
        target.connection.request("POST", path, body, {"content-type": "application/json"})
        answer = target.connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        target.connection.close()
        return 0, b""


def try_body(rng: random.Random, target: Target, path: str) -> str:
    """Send a changed body to a route."""
    return _end_of(*_post(target, path, odd_json(rng, rng.choice(BODIES[path]))))


def _end_of(status: int, body: bytes) -> str:
    if status == 200:
        return "accepted"
    if b"Traceback" in body or status == 500:
        return "traceback"
    try:
        answer = json.loads(body)
    except ValueError:
        return "silent"
    return "refused" if 400 <= status < 500 and (answer.get("error") or answer.get("message")) else "silent"


def _said(address: tuple[str, int], wire: bytes) -> bytes | None:
    """Send bytes and the end on a connection of its own; returns all that comes back, None if it takes too long."""
    found = b""
    try:
        with socket.create_connection(address, timeout=HANG_S) as caller:
            try:
                caller.sendall(wire)
                caller.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused and hung up on before all was sent
            while part := caller.recv(65536):
                found += part
    except TimeoutError:
        return None
    except OSError:
        pass  # reset, as the rest of what was sent is not read
    return found


class _Asked:
    """Is there a whole request at the beginning, or a fault?"""

    is_whole = False

    def on_message_complete(self) -> None:
        self.is_whole = True


def try_http(rng: random.Random, target: Target) -> str:
    """Send broken bytes of a request."""
    path = rng.choice(list(BODIES))
    body = json.dumps(rng.choice(BODIES[path])).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
    wire = broken(rng, head + body)
    asked = _Asked()
    try:
        httptools.HttpRequestParser(asked).feed_data(wire)
    except httptools.HttpParserError:
        asked.is_whole = True
    said = _said(target.http, wire)
    if said is None or (not said and asked.is_whole):
        return "silent"
    if b" 500 " in said[:20] or b"Traceback" in said:
        return "traceback"
    return "accepted" if said.startswith(b"HTTP/1.1 200") else "refused"


def try_wyoming(rng: random.Random, target: Target) -> str:
    """Send a changed or broken event."""
    raw = odd_json(rng, rng.choice(EVENTS)) + b"\n" + rng.choice([b"", b"{}", b"[1]", b"\xff" * 9])
    said = _said(target.wyoming, raw)
    if said is None:
        return "silent"
    if b'"internal"' in said or b"Traceback" in said:
        return "traceback"
    if b'"error"' in said:
        return "refused"
    if said:
        return "accepted"
    line = raw.partition(b"\n")[0]
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return "silent"
    # Events for others have no answer.
    is_other = isinstance(event, dict) and isinstance(event.get("type"), str) and event["type"] not in ASKED
    return "accepted" if is_other else "silent"


def try_hermes(rng: random.Random, target: Target) -> str:
    """Read a changed query, and make all its messages."""

    def read() -> None:
        query = read_query(odd_json(rng, QUERY))
        text, allowed = asked_of(query)
        for message in render_hermes(target.runtime.parse(text), query, allowed):
            json.dumps(message.body, ensure_ascii=False).encode()

    return _tried(read)


def try_tensors(rng: random.Random, target: Target) -> str:
    """Read changed tensors for a graph, and texts."""
    path = rng.choice(["/v2/models/nlu/infer", "/v2/models/trunk/infer"])
    asked = changed(rng, BODIES[path][0])
    if not isinstance(asked, dict):
        asked = {"inputs": asked}

    def read() -> None:
        wanted_outputs(asked, ["hidden", "result"])
        if "nlu" in path:
            read_texts(asked)
        else:
            read_tensors(asked, target.runtime.sessions["trunk"].get_inputs(), 12)

    return _tried(read)


def try_result(rng: random.Random, target: Target) -> str:
    """Read a changed canonical result, as from another machine."""
    value = _result(target.runtime, "fan off please in the guest room").to_json()
    return _tried(lambda: Result.from_json(changed(rng, value)))


def try_names(rng: random.Random, target: Target) -> str:
    """Read a changed file of Home Assistant's names, and use it."""
    path = target.folder / "names.json"
    path.write_bytes(odd_json(rng, _default_names()))
    said = _result(target.runtime, "turn on the lamp")
    return _tried(lambda: HomeAssistantNames.read(path).command(said.intents[0], said.domain))


@cache
def _result(runtime: Runtime, text: str) -> Result:
    return runtime.parse(text, ranking=True)


@cache
def _default_names() -> Any:
    return json.loads(DEFAULT_FILE.read_bytes())


def _tried(read: Callable[[], object]) -> str:
    try:
        read()
    except (InputRefused, ServiceRefused) as error:
        return "refused" if str(error) else "silent"
    except Exception:  # whatever it is, it should have been one of ours
        return "traceback"
    return "accepted"


KINDS: dict[str, Callable[[random.Random, Target], str]] = {
    **{f"HTTP body of {path}": partial(try_body, path=path) for path in BODIES},
    "HTTP bytes": try_http,
    "Wyoming bytes": try_wyoming,
    "Hermes query": try_hermes,
    "tensors and texts": try_tensors,
    "canonical result": try_result,
    "file of names": try_names,
}
