from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from deploy.edge.tests.services.conftest import Device, Running, Serve
from deploy.edge.tests.tiny_bundle import Recipe
from trunkline_edge.services.http.answers import MAX_BODY_BYTES
from trunkline_edge.understanding.result import Ranked, Result
from trunkline_edge.understanding.session import Runtime
from trunkline_edge.understanding.text import MAX_CHARACTERS


def test_parse_answers_what_the_runtime_answers(service: Running, runtime: Runtime) -> None:
    answer = service.ask("/parse", {"text": "Turn on the lämp 👍"})
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    expected = runtime.parse("Turn on the lämp 👍")
    assert answer.json | {"ms": 0, "bundle_id": ""} == expected.to_json(timing=True) | {"ms": 0, "bundle_id": ""}
    assert Result.from_json(answer.json).intents[0].slots[0].raw == "lämp"


def test_parse_ranks_all_labels_when_asked(service: Running) -> None:
    assert len(service.ask("/parse", {"text": "rain", "all": True}).json["ranking"]["intent"]) == 3


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "the body is an array; expected an object"),
        (b"null", "the body is null; expected an object"),
        (b"1.5", "the body is a number; expected an object"),
        (b"false", "the body is a boolean; expected an object"),
        (b'"lamp"', "the body is a string; expected an object"),
        (b'{"text": -%s}' % (b"7" * 5000), "a number with too many digits: 5,000"),
        (b'{"text": -1e999}', "-1e999 is too great a number"),
        (b'{"text": NaN}', "no JSON number"),
        (b"{}", 'expected {"text": "..."}'),
        (b'{"text": 7}', 'expected {"text": "..."}'),
        (b'{"text": "lamp", "txet": 1}', "unknown fields ['txet']"),
        (b'{"text": "lamp", "all": 1}', "neither true nor false"),
        (b'{"text": "\\ud800"}', "not Unicode"),
        (json.dumps({"text": "a " * MAX_CHARACTERS}).encode(), f"at most {MAX_CHARACTERS}"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(service: Running, body: bytes, message: str) -> None:
    answer = service.ask("/parse", body=body)
    assert answer.status == 400
    assert message in answer.json["error"]


def test_an_empty_sentence_is_answered_and_rejected(service: Running) -> None:
    answer = service.ask("/parse", {"text": ""}).json
    assert (answer["rejected"], answer["intents"]) == (True, [])


def test_a_body_past_the_limit_is_refused_before_it_is_read(service: Running) -> None:
    with socket.create_connection(service.http, timeout=10) as caller:
        caller.sendall(b"POST /parse HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1))
        assert caller.recv(1000).startswith(b"HTTP/1.1 413")


def test_a_chunked_body_past_the_limit_is_refused(service: Running) -> None:
    with socket.create_connection(service.http, timeout=10) as caller:
        caller.sendall(b"POST /parse HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        found = b""
        try:
            for _ in range(MAX_BODY_BYTES // 50_000 + 2):
                caller.sendall(b"c350\r\n" + b" " * 50_000 + b"\r\n")
        except OSError:
            pass
        found = caller.recv(1000)
        assert found.startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/nope", "GET", 404), ("/parse", "GET", 405), ("/", "PUT", 405)]
)
def test_an_unknown_path_or_method_is_answered_as_json(service: Running, path: str, method: str, status: int) -> None:
    answer = service.ask(path, method=method)
    assert answer.status == status
    assert answer.json["error"]


def test_every_answer_has_a_request_id_and_a_good_one_comes_back(service: Running) -> None:
    assert service.ask("/parse", {"text": "rain"}, x_request_id="abc-1").headers["x-request-id"] == "abc-1"
    made = service.ask("/nope", x_request_id="a b\tc").headers["x-request-id"]
    assert len(made) == 32


def test_rasa_clients_get_the_shape_they_know(service: Running) -> None:
    answer = service.ask("/model/parse", {"text": "lamp in the guest room on", "message_id": "7"}).json
    assert answer["intent"]["name"] == "turn_on"
    assert [(e["entity"], e["value"], e["start"], e["end"]) for e in answer["entities"]] == [
        ("device", "lamp", 0, 4),
        ("room", "guest room", 12, 22),
    ]
    assert next(each["name"] for each in answer["intent_ranking"]) == "turn_on"
    assert len(answer["intent_ranking"]) == 3
    failure = service.ask("/model/parse", {"txt": ""})
    assert (failure.status, failure.json["status"], failure.json["code"]) == (400, "failure", 400)
    assert set(service.ask("/version").json) == {"version", "minimum_compatible_version"}


def test_snips_clients_get_the_shape_they_know(service: Running) -> None:
    answer = service.ask("/snips/parse", {"text": "turn on the lamp"}).json
    assert answer["intent"]["intentName"] == "turn_on"
    assert answer["slots"][0] == {
        "range": {"start": 12, "end": 16},
        "rawValue": "lamp",
        "value": {"kind": "Custom", "value": "lamp"},
        "entity": "device",
        "slotName": "device",
    }


def test_metrics_count_requests_and_never_what_was_asked(service: Running, device: Device) -> None:
    before = _sample(service, 'trunkline_requests_total{outcome="200",protocol="http",route="/parse"}')
    service.ask("/parse", {"text": "turn on the lamp"})
    service.ask("/some/path/a-caller-made-up")
    text = service.ask("/metrics").body.decode()
    after = _sample(service, 'trunkline_requests_total{outcome="200",protocol="http",route="/parse"}')
    assert after == before + 1
    assert "made-up" not in text
    assert f'bundle_id="{service.ask("/status").json["model_id"]}"' in text
    assert "process_resident_memory_bytes" in text


def _sample(service: Running, name: str) -> float:
    lines = service.ask("/metrics").body.decode().splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), 0.0)


def test_before_a_bundle_is_there_the_service_lives_but_is_not_ready(serve: Serve, own_device: Device) -> None:
    running = serve(own_device)
    assert running.ask("/v2/health/live").status == 200
    assert running.ask("/v2/health/ready").status == 503
    refused = running.ask("/parse", {"text": "lamp"})
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert running.ask("/model/parse", {"text": "lamp"}).json["reason"] == "Unavailable"
    assert running.ask("/v2/models/nlu").status == 503
    own_device.install(Recipe())
    assert running.until_ready().ask("/parse", {"text": "lamp on"}).status == 200


def test_a_token_is_needed_where_one_is_set(serve: Serve, device: Device) -> None:
    token = "correct-horse-battery"
    running = serve(device, token=token).until_ready()
    assert running.ask("/parse", {"text": "lamp"}).status == 401
    for wrong in ("Bearer nope", f"Basic {token}", token, "Bearer ", "Bearer \xe9"):
        assert running.ask("/parse", {"text": "lamp"}, authorization=wrong).status == 401
    assert running.ask("/parse", {"text": "lamp"}, authorization=f"Bearer {token}").status == 200
    assert running.ask(f"/model/parse?token={token}", {"text": "lamp"}).status == 200
    assert running.ask(f"/parse?token={token}", {"text": "lamp"}).status == 401
    assert running.ask("/metrics").status == 401
    assert running.ask("/").status == 200


def test_the_description_names_every_field_of_a_result(service: Running) -> None:
    properties = service.ask("/openapi.json").json["components"]["schemas"]["Result"]["properties"]
    ranked = Ranked("coffee", 0.5)
    full = Result(
        text="lamp on",
        lang="en",
        bundle_id="b" * 64,
        intents=(),
        domain=ranked,
        heads={},
        rejected=False,
        reason=None,
        ms=1.0,
        ranking={"intent": (ranked,)},
        by="net",
        skill="coffee",
        claims=(ranked,),
    )
    assert set(full.to_json(timing=True)) == set(properties)


def test_the_description_names_every_route_and_only_those(service: Running) -> None:
    api: dict[str, Any] = service.ask("/openapi.json").json
    for path, methods in api["paths"].items():
        url = path.replace("{model}", "nlu").replace("{version}", "1")
        for method in set(methods) - {"parameters"}:
            example = None
            if method == "post":
                example = methods[method]["requestBody"]["content"]["application/json"]["example"]
            answer = service.ask(url, example, method=method.upper())
            assert answer.status == 200, (path, answer.body)
    assert b"openapi.json" in service.ask("/docs").body
