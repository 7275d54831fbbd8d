"""The page at `/`, the description of the routes, and the page that shows it: files of this folder, nothing foreign."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FOLDER = Path(__file__).parent


def page_routes() -> list[Route]:
    """Return the routes of the pages; files are read once."""
    return [
        Route("/", _fixed(_page("page.html"))),
        Route("/docs", _fixed(_page("docs.html"))),
        Route(
            "/openapi.json", _fixed(Response((_FOLDER / "openapi.json").read_bytes(), 200, None, "application/json"))
        ),
    ]


def _fixed(response: Response) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return response

    return answer


def _page(name: str) -> Response:
    raw = (_FOLDER / name).read_bytes()
    headers = {
        "content-security-policy": content_policy(raw),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    return Response(raw, 200, headers, "text/html")


def content_policy(page: bytes) -> str:
    """Return a policy under which only the page's own script and style run, and it asks only its own server."""
    digests = {
        tag: " ".join(
            f"'sha256-{base64.b64encode(hashlib.sha256(block).digest()).decode()}'"
            for block in re.findall(rb"<%s>(.*?)</%s>" % (tag.encode(), tag.encode()), page, re.DOTALL)
        )
        for tag in ("script", "style")
    }
    return (
        f"default-src 'none'; connect-src 'self'; script-src {digests['script']}; style-src {digests['style']}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
