"""The HTTP server: uvicorn with httptools, and limits for headers that they do not have.

httptools earned its place beside uvicorn's own h11: a request takes a quarter of the processor time less.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Generator
from typing import Any

import httptools
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADER_BYTES = 32 * 1024
HEADER_S = 10.0
"""For the headers of a request, from the first connect or from their first byte."""
IDLE_S = 15.0
"""Between two requests of one connection."""
TAKE_S = 10.0
"""For taking an answer, or as much of one as the system did not take at once."""
MAX_CONNECTIONS = 2048


class OneWrite:
    """A transport that sends the head of an answer with its body: one call to the system and one packet, not two.

    uvicorn writes them apart. A head that nothing follows, as for HEAD, goes out in the loop's next turn.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send, or keep what is the head of an answer for the write that comes next."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 "):
            self._head = data
            self._loop.call_soon(self._flush)
            return
        self._transport.write(data)

    def close(self) -> None:
        """Send what is kept, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class PlainProtocol(HttpToolsProtocol):
    """Answers a request that asks for another protocol over HTTP/1.1, as a server may (RFC 9110, 7.8).

    httptools ends such a request at its headers and reads no body. uvicorn has a way to hold it back until then and
    hand it to a WebSocket; here it goes to a parser once more, without the header that asks.
    """

    _ended: int | None = None
    """Where in the bytes at hand the headers of such a request ended."""

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        rest = memoryview(data)
        while rest and not self.transport.is_closing():
            self._ended = None
            super().data_received(rest)  # type: ignore[arg-type]  # httptools reads any buffer
            if self._ended is None:
                return
            rest = rest[self._ended :]
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
            super().data_received(self._head())

    def handle_websocket_upgrade(self) -> None:
        """Note where to go on; uvicorn calls this while it handles the exception that tells."""
        upgrade = sys.exception()
        assert isinstance(upgrade, httptools.HttpParserUpgrade)
        self._ended = upgrade.args[0]

    def _should_upgrade(self) -> bool:
        return any(name == b"upgrade" for name, _ in self.headers)

    def _head(self) -> bytes:
        """Return the head of the request that was read last, without what it asks to upgrade to."""
        request = b"%s %s HTTP/%s" % (self.scope["method"].encode(), self.url, self.scope["http_version"].encode())
        headers = [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([request, *headers, b"", b""])


class ImpatientProtocol(PlainProtocol):
    """Hangs up on who does not get a request out in time, sends headers without end, or does not take its answer."""

    _deadline: asyncio.TimerHandle | None = None
    _untaken: asyncio.TimerHandle | None = None
    _before_body = 0
    """Bytes since the last request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it so
        """Start the clock."""
        super().connection_made(OneWrite(transport, self.loop))  # type: ignore[arg-type]  # it passes on all else
        transport.set_write_buffer_limits(high=0)  # tell of every byte that waits: a close waits for each of them too
        if len(self.connections) > MAX_CONNECTIONS:
            transport.close()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Stop the clock once a request is there, start it when one begins."""
        super().data_received(data)
        if self._is_answering():
            self._before_body = 0
        else:
            self._before_body += len(data)
            if self._before_body > MAX_HEADER_BYTES and not self.transport.is_closing():
                self.send_400_response(f"Headers of more than {MAX_HEADER_BYTES} bytes.")
        self._watch()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn says None
        """Let a caller that has sent all and says so have its answer; uvicorn alone would hang up.

        A body shorter than announced is one for the application to refuse; one in chunks, which announces nothing, is
        hung up on.
        """
        if not self._is_answering():
            return False
        if self.cycle.more_body:
            if not any(name == b"content-length" for name, _ in self.cycle.scope["headers"]):
                return False
            self.on_message_complete()
        self.cycle.keep_alive = False
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the clocks."""
        self._stop()
        self._stop_taking()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the clock of a caller that has not taken all of its answer."""
        self._untaken = self._untaken or self.loop.call_later(TAKE_S, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Stop it: all is taken."""
        self._stop_taking()
        super().resume_writing()

    def _watch(self) -> None:
        if self._is_answering():
            self._stop()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_S, self.transport.close)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _stop_taking(self) -> None:
        if self._untaken is not None:
            self._untaken.cancel()
            self._untaken = None


class HttpServer(uvicorn.Server):
    """A uvicorn that leaves signals to whoever started it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


def http_server(app: ASGIApp, *, grace_s: float) -> HttpServer:
    """Return a server to be given bound sockets; `should_exit = True` makes it finish what it has and end."""
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=int(IDLE_S),
        timeout_graceful_shutdown=int(grace_s),
    )
    return HttpServer(config)
