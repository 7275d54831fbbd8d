"""The Open Inference Protocol, version 2."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.edge.tests.services.conftest import Device, Running, Serve
from deploy.edge.tests.tiny_bundle import FEATURIZER, HEADS, Recipe
from trunkline_edge.services.http.answers import written_in_turns
from trunkline_edge.services.render import oip
from trunkline_edge.services.render.oip import MAX_ROWS, read_tensors
from trunkline_edge.understanding.session import Runtime
from trunkline_edge.update.served import read_served


def nlu(*texts: str, **more: Any) -> dict[str, Any]:
    return {"inputs": [{"name": "text", "shape": [len(texts)], "datatype": "BYTES", "data": list(texts)}], **more}


def tensor(name: str, value: Any, datatype: str) -> dict[str, Any]:
    array = np.asarray(value)
    return {"name": name, "shape": list(array.shape), "datatype": datatype, "data": array.tolist()}


def test_server_and_model_describe_themselves(service: Running) -> None:
    assert set(service.ask("/v2").json) == {"name", "version", "extensions"}
    assert service.ask("/v2/health/live").json == {"live": True}
    assert service.ask("/v2/health/ready").json == {"ready": True}
    assert service.ask("/v2/models/nlu/ready").json == {"name": "nlu", "ready": True}
    trunk = service.ask("/v2/models/trunk/versions/1").json
    assert trunk["versions"] == ["1"]
    assert trunk["inputs"] == [{"name": "ids", "datatype": "INT64", "shape": [-1, -1, FEATURIZER.max_features]}]
    assert trunk["outputs"][0]["name"] == "hidden"


def test_nlu_answers_results_as_json_strings_and_repeats_the_id(service: Running, runtime: Runtime) -> None:
    answer = service.ask("/v2/models/nlu/infer", nlu("turn on the lamp", "rain", id="q-1")).json
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("nlu", "1", "q-1")
    (output,) = answer["outputs"]
    assert (output["name"], output["shape"], output["datatype"]) == ("result", [2], "BYTES")
    names = [json.loads(each)["intents"][0]["name"] for each in output["data"]]
    assert names == ["turn_on", "weather"]


def test_each_text_counts_for_the_updater_as_on_every_other_way(serve: Serve, own_device: Device) -> None:
    bundle_id = own_device.install(Recipe()).bundle_id
    running = serve(own_device).until_ready()
    running.ask("/v2/models/nlu/infer", nlu("turn on the lamp", " ", "rain"))
    running.ask("/parse", {"text": "rain"})
    running.stop()
    counts = read_served(own_device.home)[bundle_id]
    assert (counts.answered, counts.rejected, counts.failed) == (4, 1, 0)


def test_trunk_and_heads_chained_by_a_caller_give_the_runtimes_logits(service: Running, runtime: Runtime) -> None:
    encoding = runtime.featurizer.read("fan off please")
    expected = runtime.tensors(encoding)
    asked = {"inputs": [tensor("ids", expected["ids"], "INT64")]}
    hidden = service.ask("/v2/models/trunk/infer", asked).json["outputs"][0]
    for head in HEADS:
        inputs = [{"name": "hidden", **{key: hidden[key] for key in ("shape", "datatype", "data")}}]
        if head.kind != "tag":
            inputs.append(tensor("mask", expected["mask"], "BOOL"))
        (output,) = service.ask(f"/v2/models/{head.name}/infer", {"inputs": inputs}).json["outputs"]
        found = np.asarray(output["data"]).reshape(output["shape"])
        np.testing.assert_allclose(found, expected[f"{head.name}.logits"], rtol=1e-5)


def test_an_unknown_model_or_version_is_404(service: Running) -> None:
    for path in ("/v2/models/nope", "/v2/models/nope/ready", "/v2/models/nlu/versions/2", "/v2/models/_graphs"):
        answer = service.ask(path)
        assert answer.status == 404
        assert set(answer.json) == {"error"}
    assert service.ask("/v2/models/nope/infer", nlu("lamp")).status == 404


IDS = np.ones((1, 2, FEATURIZER.max_features), dtype=int)


def hidden(runtime: Runtime, value: float) -> dict[str, Any]:
    """Inputs of the intent head, of two words, whose numbers are all `value`."""
    wanted = {each.name: each.shape[-1] for each in runtime.sessions["intent"].get_inputs()}
    tensors = [tensor("hidden", np.full((1, 2, wanted["hidden"]), value), "FP32")]
    return {"inputs": [*tensors, *([tensor("mask", np.ones((1, 2), dtype=bool), "BOOL")] if "mask" in wanted else [])]}


@pytest.mark.parametrize(
    ("model", "asked", "message"),
    [
        ("nlu", {}, "no `inputs`"),
        ("nlu", {"inputs": {}}, "no `inputs`"),
        ("nlu", {"inputs": [3]}, "no `inputs`"),
        ("nlu", {"inputs": []}, "expected one named 'text'"),
        ("nlu", {"inputs": nlu("a")["inputs"] * 2}, "two inputs of one name"),
        ("nlu", nlu(), "0 utterances"),
        ("nlu", nlu(*["a"] * (MAX_ROWS + 1)), f"1 to {MAX_ROWS}"),
        ("nlu", {"inputs": [nlu("a")["inputs"][0] | {"datatype": "FP32"}]}, "datatype 'FP32'"),
        ("nlu", {"inputs": [nlu("a")["inputs"][0] | {"shape": [2]}]}, "1 values; its shape [2] holds 2"),
        ("nlu", {"inputs": [nlu("a")["inputs"][0] | {"shape": [10**30]}]}, "1 values"),
        ("nlu", {"inputs": [nlu("a")["inputs"][0] | {"data": [7]}]}, "something else than strings"),
        ("nlu", {"inputs": [nlu("a")["inputs"][0] | {"data": "a"}]}, "data is not a list"),
        ("nlu", nlu("a", outputs=[{"name": "logits"}]), "outputs ['logits']"),
        ("nlu", nlu("a", outputs=[3]), "outputs [None]"),
        ("nlu", nlu("a", outputs=3), "`outputs` is not a list"),
        ("trunk", {"inputs": [tensor("id", IDS, "INT64")]}, "expected ['ids']"),
        ("trunk", {"inputs": [tensor("ids", IDS, "INT32")]}, "expected 'INT64'"),
        ("trunk", {"inputs": [tensor("ids", IDS[:, :, :-1], "INT64")]}, f"expected [1 to {MAX_ROWS}, 1 to 12, 6]"),
        ("trunk", {"inputs": [tensor("ids", np.tile(IDS, (1, 7, 1)), "INT64")]}, "1 to 12"),
        ("trunk", {"inputs": [tensor("ids", IDS * 10**9, "INT64")]}, "model trunk"),
        ("trunk", {"inputs": [tensor("ids", IDS, "INT64") | {"data": [10**30] * IDS.size}]}, "ids"),
        ("trunk", {"inputs": [tensor("ids", IDS, "INT64") | {"data": [True] * IDS.size}]}, "something else than INT64"),
        ("trunk", {"inputs": [tensor("ids", IDS, "INT64") | {"data": [1.5] * IDS.size}]}, "something else than INT64"),
        ("trunk", {"inputs": [tensor("ids", IDS, "INT64") | {"shape": [-1, 2, 6]}]}, "whole numbers above 0"),
        ("trunk", {"inputs": [tensor("ids", IDS, "INT64") | {"shape": None}]}, "whole numbers above 0"),
    ],
)
def test_a_wrong_tensor_is_400_and_says_what_is_wrong(service: Running, model: str, asked: Any, message: str) -> None:
    answer = service.ask(f"/v2/models/{model}/infer", asked)
    assert answer.status == 400, answer.body
    assert message in answer.json["error"]


def test_an_answer_of_too_many_numbers_is_400_before_it_is_made(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oip, "MAX_NUMBERS", 2 * 12 * 7)
    asked = [{"inputs": [tensor("ids", np.tile(IDS, (rows, 6, 1)), "INT64")]} for rows in (2, 3)]
    good, refused = (service.ask("/v2/models/trunk/infer", each) for each in asked)
    assert good.status == 200 and good.json["outputs"][0]["shape"] == [2, 12, 7]
    assert refused.status == 400
    assert refused.json["error"].startswith("an answer of 252 numbers, in shapes {'hidden': [3, 12, 7]}; at most 168: ")


def test_while_a_long_answer_is_written_others_have_their_turn() -> None:
    """`json.dumps` in a thread holds the interpreter's lock from its first to its last number."""
    numbers = np.random.default_rng(0).normal(size=400_000).tolist()
    turns: list[float] = []
    writer = threading.Thread(target=written_in_turns, args=({"data": numbers},))
    writer.start()
    while writer.is_alive():
        turns.append(time.perf_counter())
        time.sleep(0.001)
    assert len(turns) > 10
    assert json.loads(written_in_turns({"data": numbers[:9], "é": True})) == {"data": numbers[:9], "é": True}


NO_FP32 = [1e39, -1e300, 10**400, "1e999"]


@pytest.mark.parametrize("number", NO_FP32, ids=["1e39", "-1e300", "400 digits", "1e999"])
def test_a_number_that_fp32_does_not_have_is_refused_as_such(service: Running, runtime: Runtime, number: Any) -> None:
    asked = hidden(runtime, 0.5)
    body = json.dumps(asked).replace("0.5", str(number), 1).encode()
    answer = service.ask("/v2/models/intent/infer", body=body)
    assert answer.status == 400
    expected = "too great a number" if number == "1e999" else "'hidden': data holds a number beyond what FP32 can hold"
    assert expected in answer.json["error"]


def test_the_greatest_number_of_fp32_is_read_as_its_shortest_digits_write_it(runtime: Runtime) -> None:
    greatest = float(str(np.finfo(np.float32).max))
    asked = hidden(runtime, greatest)
    found = read_tensors(asked, runtime.sessions["intent"].get_inputs(), 12)["hidden"]
    assert greatest > float(np.finfo(np.float32).max), "in double precision it is more"
    assert (found == np.finfo(np.float32).max).all()


def test_inputs_of_which_a_graph_makes_no_numbers_are_refused(service: Running, runtime: Runtime) -> None:
    answer = service.ask("/v2/models/intent/infer", hidden(runtime, 3e38))
    assert answer.status == 400
    assert "model intent: of these inputs output 'intent.logits' becomes infinite or no number" in answer.json["error"]


def test_a_number_beyond_the_whole_ones_of_a_tensor_is_told_in_words_of_the_protocol(service: Running) -> None:
    asked = {"inputs": [tensor("ids", IDS, "INT64") | {"data": [10**30] * IDS.size}]}
    error = service.ask("/v2/models/trunk/infer", asked).json["error"]
    assert error == "input 'ids': data holds a number beyond what INT64 can hold"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "shape", "data"]), inner),
    max_leaves=8,
)


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["nlu", "trunk", "intent", "slots"]),
    st.fixed_dictionaries(
        {},
        optional={
            "id": json_values,
            "outputs": json_values,
            "inputs": json_values
            | st.lists(
                st.fixed_dictionaries(
                    {"name": st.sampled_from(["text", "ids", "hidden", "mask"])},
                    optional={
                        "shape": st.lists(st.integers(-1, 9), max_size=3) | json_values,
                        "datatype": st.sampled_from(["BYTES", "INT64", "FP32", "BOOL"]) | json_values,
                        "data": json_values,
                    },
                ),
                max_size=3,
            ),
        },
    ),
)
def test_whatever_is_asked_there_is_an_answer_and_none_is_a_fault_of_ours(
    service: Running, model: str, asked: dict[str, Any]
) -> None:
    assert service.ask(f"/v2/models/{model}/infer", asked).status in (200, 400)


@pytest.mark.parametrize(
    "wrong", [{"id": "\ud800"}, {"id": 7}, {"parameters": []}, {"outputs": {}}, {"outputs": "result"}]
)
def test_what_is_beside_the_tensors_is_checked_too(service: Running, wrong: dict[str, Any]) -> None:
    assert service.ask("/v2/models/nlu/infer", nlu("rain") | wrong).status == 400
