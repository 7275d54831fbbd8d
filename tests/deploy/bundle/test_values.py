from __future__ import annotations

import json
from typing import Any

import polars as pl

from deploy.bundle.values import ENOUGH_ROWS, FITTING_ROWS, values_file
from schemas.data.contract import LABEL_DTYPES
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec
from trunkline_edge.understanding.values.reader import ValueReader

KINDS = {"level": "percent", "minutes": "number", "state": "list", "step": {"kind": "percent", "times": -1}}


def spec_of(values: dict[str, Any]) -> Spec:
    heads = {
        "intent": {"kind": "class"},
        "domain": {"kind": "class"},
        "slots": {"kind": "tag", "values": values},
        "unspoken": {"kind": "class", "auxiliary": True},
    }
    return parse_spec({"name": "tiny", "data": [{"path": "rows.jsonl"}], "heads": heads})


def frame(*rows: tuple[str, str, str, Any]) -> pl.DataFrame:
    """Rows that are one span each: text, label, domain, value."""
    labels = [
        {
            "intent": "do",
            "domain": domain,
            "slots": [{"start": 0, "end": len(text), "label": label, "value": json.dumps(value)}],
            "unspoken": "domain=light" if domain == "light" else "nothing",
        }
        for text, label, domain, value in rows
    ]
    kinds = {"intent": "class", "domain": "class", "slots": "tag", "unspoken": "class"}
    dtype = pl.Struct({name: LABEL_DTYPES[kind] for name, kind in kinds.items()})
    return pl.DataFrame(
        {"text": [row[0] for row in rows], "labels": labels}, schema={"text": pl.String(), "labels": dtype}
    )


ROWS = frame(
    ("max", "level", "light", 100),
    ("Thirty", "level", "light", 30),
    ("half", "minutes", "timer", 30),
    ("open", "state", "cover", "open"),
    ("open", "state", "cover", "open"),
    ("open", "state", "sensor", "on"),
    ("ten", "step", "media", -10),
)


def test_only_what_a_kind_does_not_read_by_itself_is_kept() -> None:
    raw = values_file(spec_of(KINDS), [ROWS], ("en",))
    assert raw is not None
    labels = json.loads(raw)["labels"]
    assert {label: rule["words"] for label, rule in labels.items()} == {
        "level": {},  # a percentage knows `max`
        "minutes": {"half": 30},
        "state": {"open": "open"},
        "step": {},
    }
    assert labels["state"]["by_domain"] == {"sensor": {"open": "on"}}


def test_in_a_language_without_readers_the_rows_words_are_the_reader() -> None:
    raw = values_file(spec_of(KINDS), [frame(("trettio", "level", "light", 30), ("40", "level", "light", 40))], ("sv",))
    assert raw is not None
    assert json.loads(raw)["labels"]["level"]["words"] == {"trettio": 30}
    reader = ValueReader.from_bytes(("sv",), raw)
    assert [reading.value.value for reading in reader.read("level", "Trettio") if reading.value] == [30]


def test_unspoken_slots_follow_from_intent_domain_and_labels() -> None:
    raw = values_file(spec_of(KINDS), [ROWS], ("en",))
    assert raw is not None
    rules = json.loads(raw)["unspoken"]
    assert rules == [{"intent": "do", "domain": "light", "labels": ["level"], "slots": {"domain": "light"}}]


def test_equal_rows_give_equal_files_in_any_order() -> None:
    shuffled = ROWS.reverse()
    assert values_file(spec_of(KINDS), [ROWS], ("en",)) == values_file(spec_of(KINDS), [shuffled], ("en",))


def test_a_spec_without_values_has_no_file() -> None:
    assert values_file(spec_of({}), [ROWS], ("en",)) is None


def test_an_intent_of_enough_rows_has_the_labels_that_they_have() -> None:
    rows = [frame(("half", "level", "light", 50))] * FITTING_ROWS
    raw = values_file(spec_of(KINDS), rows, ("en",))
    assert raw is not None
    assert ValueReader.from_bytes(("en",), raw).fits("do") == {"level"}
    few = values_file(spec_of(KINDS), rows[1:], ("en",))
    assert few is not None and ValueReader.from_bytes(("en",), few).fits("do") is None


def test_an_intent_of_enough_rows_has_their_shapes_and_the_domains_of_what_they_name() -> None:
    rows = frame(*[("lamp", "device", "light", None)] * FITTING_ROWS, ("fan", "device", "fan", None))
    raw = values_file(spec_of(KINDS).model_copy(update={"names": {"device": "entity"}}), [rows], ("en",))
    assert raw is not None
    reader = ValueReader.from_bytes(("en",), raw)
    assert reader.has_shape("do", ["device"]) and not reader.has_shape("do", []) and reader.has_shape("other", [])
    assert reader.suits("do", [("device", "fan"), ("device", "light")]) and reader.suits("other", [("device", "lock")])
    assert not reader.suits("do", [("device", "fan"), ("device", "lock")])


def test_an_intent_of_many_rows_has_the_least_that_each_of_them_said() -> None:
    rows = [("lamp", "device", "light", None)] * (ENOUGH_ROWS - 1)
    many, few = (
        values_file(spec_of(KINDS), [frame(*each, ("20", "level", "fan", 20))], ("en",)) for each in (rows, rows[1:])
    )
    assert many is not None and few is not None
    assert ValueReader.from_bytes(("en",), few).is_enough("do", [])
    reader = ValueReader.from_bytes(("en",), many)
    assert reader.is_enough("do", ["device", "domain"]) and reader.is_enough("do", ["level", "step"])
    assert not reader.is_enough("do", []) and not reader.is_enough("do", ["device"])  # no light
    assert reader.is_enough("other", [])


def test_a_name_is_not_needed_where_all_rows_are_of_one_domain() -> None:
    rows = [("lamp", "device", "vacuum", None)] * ENOUGH_ROWS
    spec = spec_of(KINDS).model_copy(update={"names": {"device": "entity"}})
    one, two = (values_file(spec, [frame(*rows, *more)], ("en",)) for more in ([], [("fan", "device", "fan", None)]))
    assert one is not None and two is not None
    assert [ValueReader.from_bytes(("en",), raw).is_enough("do", []) for raw in (one, two)] == [True, False]
