"""A real web server on loopback over a folder, in which a test can put anything in the place of a path."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Instead = dict[str, Callable[[BaseHTTPRequestHandler], None]]
"""Path -> what answers in place of the file."""


class _Handler(SimpleHTTPRequestHandler):
    instead: Instead

    def do_GET(self) -> None:
        other = self.instead.get(self.path.removeprefix("/"))
        if other is None:
            super().do_GET()
        else:
            other(self)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web(folder: Path) -> Iterator[tuple[str, Instead]]:
    """Serve a folder; yields the address and what stands in the place of files."""
    instead: Instead = {}
    handler = type("Own", (_Handler,), {"instead": instead})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", instead
    finally:
        server.shutdown()
        server.server_close()
