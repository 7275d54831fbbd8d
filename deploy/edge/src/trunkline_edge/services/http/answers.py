"""What goes in and out of every route: a JSON body within its limits, and errors in the caller's own protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from trunkline_edge import __version__
from trunkline_edge.errors import InputRefused, NothingInstalled, ServiceBusy
from trunkline_edge.services.json_text import json_kind, read_json_text

MAX_BODY_BYTES = 1_000_000
BODY_TIMEOUT_S = 10.0
RASA_PATHS = ("/model/parse", "/status", "/version")
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON; a number that JSON does not have is an error of ours and raises `ValueError`."""
    return Response(_JSON.encode(value).encode(), status, headers, "application/json")


def written_in_turns(value: Any) -> bytes:
    """Return a value as JSON, as `json_response` writes it, from a thread that lets others have their turn.

    `encode` keeps the interpreter's lock until all is written, and with it every other answer.
    """
    return "".join(_JSON.iterencode(value)).encode()


def error_response(path: str, status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an error as the protocol of this path words it."""
    if path not in RASA_PATHS:
        return json_response({"error": message}, status, headers)
    reason = {400: "BadRequest", 401: "NotAuthenticated", 503: "Unavailable"}.get(status, "Error")
    body = {"version": __version__, "status": "failure", "message": message, "reason": reason, "details": {}}
    return json_response({**body, "help": None, "code": status}, status, headers)


async def read_json(request: Request) -> dict[str, Any]:
    """Return the request's JSON object; raises `InputRefused`, or `HTTPException` past a limit."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            raw = await _body(request)
    except TimeoutError:
        raise HTTPException(
            408, f"the body did not come within {BODY_TIMEOUT_S:g} s", {"connection": "close"}
        ) from None
    try:
        value = read_json_text(raw)
    except (ValueError, RecursionError) as error:
        raise InputRefused(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputRefused(f"the body is {json_kind(value)}; expected an object")
    return value


async def _body(request: Request) -> bytes:
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > MAX_BODY_BYTES:
        _refuse_length(announced)
    chunks, length = [], 0
    try:
        async for chunk in request.stream():
            chunks.append(chunk)
            length += len(chunk)
            if length > MAX_BODY_BYTES:
                _refuse_length(f"over {MAX_BODY_BYTES}")
    except ClientDisconnect:
        raise HTTPException(400, "the caller went away") from None
    if length < int(announced):  # and then the caller said that this was all
        raise HTTPException(400, f"{announced} bytes were announced, {length} came")
    return b"".join(chunks)


def _refuse_length(found: str) -> NoReturn:
    # Closed, since the rest of the body would be read as the next request.
    raise HTTPException(413, f"body of {found[:20]} bytes; at most {MAX_BODY_BYTES}", {"connection": "close"})


async def refused(request: Request, error: Exception) -> Response:
    """Answer an `InputRefused`."""
    return error_response(request.url.path, 400, str(error))


async def not_ready(request: Request, error: Exception) -> Response:
    """Answer a `NothingInstalled`."""
    return error_response(request.url.path, 503, str(error), {"retry-after": "1"})


async def busy(request: Request, error: Exception) -> Response:
    """Answer a `ServiceBusy`."""
    assert isinstance(error, ServiceBusy)
    return error_response(request.url.path, 503, str(error), {"retry-after": str(error.retry_after_s)})


async def http_error(request: Request, error: Exception) -> Response:
    """Answer an unknown path, a wrong method, or what passed a limit."""
    assert isinstance(error, HTTPException)
    return error_response(request.url.path, error.status_code, str(error.detail), error.headers)


async def failed(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw; the log has the traceback, the caller none."""
    return error_response(request.url.path, 500, "internal error; the log has it under this request id")


HANDLERS = {
    InputRefused: refused,
    NothingInstalled: not_ready,
    ServiceBusy: busy,
    HTTPException: http_error,
    Exception: failed,
}
