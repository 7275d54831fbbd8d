"""The HTTP application: our own `/parse`, the shapes of Rasa and Snips, figures, pages."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from trunkline_edge import __version__
from trunkline_edge.errors import InputRefused
from trunkline_edge.services.engine import Engine
from trunkline_edge.services.http.answers import HANDLERS, json_response, read_json
from trunkline_edge.services.http.guard import Guard
from trunkline_edge.services.http.inference import Inference
from trunkline_edge.services.http.pages import page_routes
from trunkline_edge.services.metrics import Metrics
from trunkline_edge.services.render.rasa import render_rasa
from trunkline_edge.services.render.snips import render_snips


def http_app(engine: Engine, metrics: Metrics, token: str | None) -> ASGIApp:
    """Return the application; `token`, if any, must be shown as a bearer token."""
    own = _Routes(engine, metrics)
    routes = [
        Route("/parse", own.parse, methods=["POST"]),
        Route("/model/parse", own.rasa, methods=["POST"]),
        Route("/snips/parse", own.snips, methods=["POST"]),
        Route("/version", own.version),
        Route("/status", own.status),
        Route("/metrics", own.metrics),
        *Inference(engine).routes(),
        *page_routes(),
    ]
    return Guard(Starlette(routes=routes, exception_handlers=HANDLERS), metrics, token)


class _Routes:
    def __init__(self, engine: Engine, metrics: Metrics) -> None:
        self._engine = engine
        self._metrics = metrics

    async def parse(self, request: Request) -> Response:
        """Answer `{"text", "all"?}` with the canonical result."""
        asked = await read_json(request)
        if unknown := set(asked) - {"text", "all"}:
            raise InputRefused(f"unknown fields {sorted(unknown)!s:.200}; expected `text` and perhaps `all`")
        ranking = asked.get("all", False)
        if not isinstance(ranking, bool):
            raise InputRefused("`all` is neither true nor false")
        result = await self._engine.parse(_text(asked), ranking=ranking)
        return json_response(result.to_json(timing=True))

    async def rasa(self, request: Request) -> Response:
        """Answer as Rasa does; fields of Rasa's that say nothing about the text are let pass."""
        asked = await read_json(request)
        return json_response(render_rasa(await self._engine.parse(_text(asked), ranking=True)))

    async def snips(self, request: Request) -> Response:
        """Answer as Snips NLU does."""
        asked = await read_json(request)
        return json_response(render_snips(await self._engine.parse(_text(asked))))

    async def version(self, request: Request) -> Response:
        """Answer as Rasa does, with our version."""
        return json_response({"version": __version__, "minimum_compatible_version": __version__})

    async def status(self, request: Request) -> Response:
        """Say which bundle is in force, in Rasa's words and ours."""
        runtime = self._engine.runtime
        bundle_id = runtime.bundle_id if runtime else None
        return json_response(
            {
                "model_id": bundle_id,
                "model_file": f"{bundle_id}.json" if bundle_id else None,
                "num_active_training_jobs": 0,
                "product": runtime.manifest.product if runtime else None,
                "version": runtime.manifest.provenance.version if runtime else None,
                "waiting": self._engine.waiting,
                "swaps": self._engine.swaps,
                "refusal": self._engine.refusal,
            }
        )

    async def metrics(self, request: Request) -> Response:
        """Answer a Prometheus scrape."""
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _text(asked: dict[str, object]) -> str:
    text = asked.get("text")
    if not isinstance(text, str):
        raise InputRefused('expected {"text": "..."}')
    return text
