"""The way in for reports: `POST /reports`, one device's JSON a request. Knows nothing of signatures or bundles."""

from __future__ import annotations

import asyncio
import hmac
import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.rollout.reports import MAX_REPORT_BYTES, ReportRefused, report_from
from deploy.rollout.store import ReportStore, StoreFull
from schemas.errors import UserError

BODY_S = 10.0
"""For the body of a request."""
CONNECTIONS = 512
"""At once; more are told to come again."""


class AddressTaken(UserError):
    """The address to listen on is not to be had."""


def serve_reports(store: ReportStore, token: str | None, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Take reports until SIGINT or SIGTERM; raises `AddressTaken`."""
    try:
        listening = socket.create_server((host, port), backlog=CONNECTIONS)
    except OSError as error:
        raise AddressTaken(f"cannot listen on {host} port {port}: {error.strerror}; choose another") from None
    with listening:
        config = uvicorn.Config(
            reports_app(store, token), log_level="warning", access_log=False, lifespan="off", ws="none",
            server_header=False, limit_concurrency=CONNECTIONS, timeout_keep_alive=15,
        )  # fmt: skip
        announce(f"http://{host}:{listening.getsockname()[1]}")
        uvicorn.Server(config).run([listening])


def reports_app(store: ReportStore, token: str | None) -> Starlette:
    """Return the application; `token`, if any, must be shown as a bearer token."""

    async def take(request: Request) -> Response:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token is not None and not hmac.compare_digest(shown.encode(), token.encode()):
            return _error(401, "a bearer token is needed")
        report = report_from(await _body(request))
        await run_in_threadpool(store.add, report)
        return Response(status_code=204)

    async def alive(request: Request) -> Response:
        return JSONResponse({"live": True})

    async def refused(request: Request, error: Exception) -> Response:
        return _error(400, str(error))

    async def full(request: Request, error: Exception) -> Response:
        return _error(507, "no room for another device")

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _error(error.status_code, error.detail)

    return Starlette(
        routes=[Route("/reports", take, methods=["POST"]), Route("/health", alive)],
        exception_handlers={ReportRefused: refused, StoreFull: full, HTTPException: http_error},
    )


async def _body(request: Request) -> bytes:
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > MAX_REPORT_BYTES:
                    raise HTTPException(413, f"at most {MAX_REPORT_BYTES} bytes", {"connection": "close"})
    except TimeoutError:
        raise HTTPException(408, f"the body did not come within {BODY_S:g} s", {"connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(400, "the caller went away") from None
    return bytes(raw)


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)
