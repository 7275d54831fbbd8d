"""HTTP of which each step ends in time.

urllib3's timeout is for one wait, so that a server which sends a byte now and then holds its caller for ever, in
headers, in `100 Continue`, between chunks or behind them. Here it is for a whole step: to connect, with the look-up of
the name and TLS; from then to the end of the headers; each `read1` of the body.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from threading import Thread
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError


def pool_with_deadline(timeout_s: float, **options: Any) -> urllib3.PoolManager:
    """Return a pool whose requests have `timeout_s` for each step; options are those of `urllib3.PoolManager`.

    What is not read with `read1` has to come with the headers' step.
    """
    pool = urllib3.PoolManager(timeout=timeout_s, **options)
    pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    return pool


class _Received(io.RawIOBase):
    """What a socket receives; raises `TimeoutError` once the step that reads it has taken too long."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket, self._raw = connected, connected.makefile("rb", buffering=0)
        self._timeout_s = connected.gettimeout() or 0.0
        self.begin()

    def begin(self) -> None:
        """Begin another step."""
        self._end = time.monotonic() + self._timeout_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._end - time.monotonic()
        if left_s <= 0:
            raise TimeoutError(f"not at an end after {self._timeout_s:g} s")
        self._socket.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()  # only this reader; the connection keeps its socket
        self._received = _Received(sock)
        self.fp = io.BufferedReader(self._received)

    def read1(self, n: int = -1) -> bytes:
        self._received.begin()
        return super().read1(n)


def _in_time(connection: HTTPConnection, connect: Callable[[], None]) -> None:
    """Connect in another thread: no timeout reaches a resolver, and a name may have a thousand dead addresses."""
    connected: Future[None] = Future()

    def run() -> None:
        try:
            connect()
            connected.set_result(None)
        except InvalidStateError:  # cancelled below: nobody waits any more
            connection.close()
        except BaseException as error:
            if not connected.cancelled():
                connected.set_exception(error)

    Thread(target=run, name="connect", daemon=True).start()
    try:
        connected.result(connection.timeout)
    except TimeoutError:
        connected.cancel()
        told = f"no connection to {connection.host} within {connection.timeout:g} s"
        raise ConnectTimeoutError(connection, told) from None


class _Http(HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        _in_time(self, super().connect)


class _Https(HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        _in_time(self, super().connect)


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https
