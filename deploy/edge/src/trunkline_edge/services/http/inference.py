"""The routes of the Open Inference Protocol: `nlu` for text, every graph of the bundle for raw tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import onnxruntime as ort
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline_edge import __version__
from trunkline_edge.errors import InputRefused, NothingInstalled
from trunkline_edge.services.engine import Engine
from trunkline_edge.services.http.answers import json_response, read_json, written_in_turns
from trunkline_edge.services.render.oip import (
    NLU,
    check_size,
    graph_metadata,
    nlu_metadata,
    read_tensors,
    read_texts,
    render_oip_results,
    render_oip_tensors,
    wanted_outputs,
)
from trunkline_edge.understanding.session import Runtime


class Inference:
    """Answers under `/v2`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """Return the protocol's routes; a version is the bundle's, and only the one in force is there."""
        routes = [
            Route("/v2", self.server),
            Route("/v2/health/live", self.live),
            Route("/v2/health/ready", self.ready),
        ]
        for prefix in ("/v2/models/{model}", "/v2/models/{model}/versions/{version}"):
            routes += [
                Route(prefix, self.metadata),
                Route(f"{prefix}/ready", self.model_ready),
                Route(f"{prefix}/infer", self.infer, methods=["POST"]),
            ]
        return routes

    async def server(self, request: Request) -> Response:
        """Say who answers."""
        return json_response({"name": "trunkline-edge", "version": __version__, "extensions": []})

    async def live(self, request: Request) -> Response:
        """Say that the process answers."""
        return json_response({"live": True})

    async def ready(self, request: Request) -> Response:
        """Say whether a bundle is loaded."""
        is_ready = self._engine.runtime is not None
        return json_response({"ready": is_ready}, 200 if is_ready else 503)

    async def metadata(self, request: Request) -> Response:
        """Describe a model."""
        runtime, model = self._model(request)
        version = runtime.manifest.provenance.version
        if model == NLU:
            return json_response(nlu_metadata(version))
        session = runtime.sessions[model]
        return json_response(graph_metadata(model, version, session.get_inputs(), session.get_outputs()))

    async def model_ready(self, request: Request) -> Response:
        """Say that a model is there."""
        _, model = self._model(request)
        return json_response({"name": model, "ready": True})

    async def infer(self, request: Request) -> Response:
        """Answer texts or tensors."""
        _, model = self._model(request)
        asked = await read_json(request)
        if model == NLU:
            texts = read_texts(asked)
            wanted_outputs(asked, ["result"])
            results, manifest = await self._engine.parse_all(texts)
            return json_response(render_oip_results(results, manifest.provenance.version, asked))

        def run(runtime: Runtime) -> bytes:
            return written_in_turns(_run(runtime, model, asked))

        return Response(await self._engine.call(run), media_type="application/json")

    def _model(self, request: Request) -> tuple[Runtime, str]:
        runtime = self._engine.runtime
        if runtime is None:
            raise NothingInstalled(self._engine.refusal or "no bundle is loaded")
        model, version = request.path_params["model"], request.path_params.get("version")
        there = _models(runtime)
        if model not in there:
            raise HTTPException(404, f"no model {model!r:.80}; there are {there}")
        if version not in (None, str(runtime.manifest.provenance.version)):
            raise HTTPException(404, f"no version {version!r:.80}; in force is {runtime.manifest.provenance.version}")
        return runtime, model


def _models(runtime: Runtime) -> Sequence[str]:
    return [NLU, *(name for name in runtime.sessions if name != NLU)]


def _run(runtime: Runtime, model: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    session = runtime.sessions.get(model)
    if session is None:  # the bundle was swapped since the request came
        raise HTTPException(404, f"no model {model!r:.80}; there are {_models(runtime)}")
    inputs = read_tensors(asked, session.get_inputs(), runtime.manifest.featurizer.max_words)
    outputs = wanted_outputs(asked, [each.name for each in session.get_outputs()])
    check_size([each for each in session.get_outputs() if each.name in outputs], session.get_inputs(), inputs)
    try:
        found = session.run(outputs, inputs)
    except ort.capi.onnxruntime_pybind11_state.InvalidArgument as error:
        raise InputRefused(f"model {model}: {error}") from None
    except ort.capi.onnxruntime_pybind11_state.RuntimeException as error:
        # Ids that the table does not have, or lengths that differ from one tensor to the next.
        raise InputRefused(f"model {model}: {error}") from None
    tensors = dict(zip(outputs, found, strict=True))
    return render_oip_tensors(model, runtime.manifest.provenance.version, asked, tensors)
