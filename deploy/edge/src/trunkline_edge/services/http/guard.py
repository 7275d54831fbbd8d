"""In front of every route: a request id, the bearer token, the log line, the figures."""

from __future__ import annotations

import hmac
import logging
import re
import time
import uuid
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trunkline_edge.services.http.answers import RASA_PATHS, error_response
from trunkline_edge.services.metrics import Metrics

log = logging.getLogger(__name__)

OPEN = frozenset({"/", "/docs", "/openapi.json", "/v2/health/live", "/v2/health/ready"})
"""Paths that need no token: a page without data, and what a supervisor asks."""
NAMED = OPEN | {"/parse", "/model/parse", "/snips/parse", "/metrics", "/version", "/status", "/v2"}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Guard:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, metrics: Metrics, token: str | None) -> None:
        self._app = app
        self._metrics = metrics
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        path = scope["path"]
        app = self._app
        if not self._is_allowed(path, headers, scope["query_string"]):
            app = error_response(path, 401, "a bearer token is needed", {"www-authenticate": "Bearer"})
        try:
            await app(scope, receive, send_named)
        except Exception:
            # The answer is out already, by the handler of `Exception`; this is for the log.
            log.exception("request failed", extra={"id": request_id, "path": path[:200]})
        finally:
            seconds = time.perf_counter() - begun
            self._metrics.count("http", route_of(path), str(status), seconds)
            log.info(
                "request",
                extra={
                    "id": request_id,
                    "method": scope["method"],
                    "path": path[:200],
                    "status": status,
                    "ms": round(seconds * 1e3, 3),
                },
            )

    def _is_allowed(self, path: str, headers: Headers, query: bytes) -> bool:
        if self._token is None or path in OPEN:
            return True
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            # Rasa's clients have no other way.
            shown = parse_qs(query.decode("ascii", "replace")).get("token", [""])[0] if path in RASA_PATHS else ""
        return hmac.compare_digest(shown.encode(), self._token.encode())


def route_of(path: str) -> str:
    """Return a path's name among the figures: one of a few, whatever callers ask for."""
    if path in NAMED:
        return path
    return "/v2/models" if path.startswith("/v2/models/") else "other"
