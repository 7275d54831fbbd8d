from __future__ import annotations

import json
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.data.by_column import shape_rows
from schemas.data.judge import Portion, _judge
from schemas.data.quarantine import as_found
from schemas.data.rules import Rules
from schemas.data.sources.json import JsonLines
from schemas.data.sources.unpacked import ColumnRows
from schemas.data.typed import FEWEST_LINES
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec
from tests.schemas.data.test_contract import FAULTY, GOOD

LINES = {"number": pl.Int64, "content": pl.Binary, "size_bytes": pl.Int64}
HEADS = {
    "intent": {"kind": "class"},
    "slots": {"kind": "tag", "auxiliary": True},
    "topics": {"kind": "multilabel", "auxiliary": True},
    "urgency": {"kind": "score", "auxiliary": True},
    "then": {"kind": "class", "auxiliary": True, "follows": "intent"},
    "after": {"kind": "next_word"},
}
SPECS = {
    "plain": ({}, "en"),
    "renamed": ({"intent": "topics", "label": "intent", "source": "slots"}, "de"),
    "star": ({"*": "intent", "^i.*$": "topics"}, "en"),
    "odd": ({"urgency": "intent"}, 'e"n'),
}


def spec_of(name: str) -> Spec:
    rename, lang = SPECS[name]
    return parse_spec({"name": "test", "heads": HEADS, "data": [{"path": "x.jsonl", "rename": rename, "lang": lang}]})


def lines_of(*contents: bytes) -> JsonLines:
    numbers = [2 * number + 1 for number in range(len(contents))]  # every other line is blank
    sizes = [len(content) for content in contents]
    return JsonLines(pl.DataFrame({"number": numbers, "content": contents, "size_bytes": sizes}, schema=LINES))


def assert_equal(rows: JsonLines | ColumnRows, spec: Spec) -> None:
    rules, portion = Rules(spec), Portion(0, None, is_first=True)
    fast = _judge(spec, rules, portion, (0, rows))
    slow = _judge(spec, rules, portion, (0, rows.records()))
    assert fast.rows == slow.rows
    assert_frame_equal(fast.waiting.drop("raw"), slow.waiting.drop("raw"))
    assert as_found(fast.waiting["raw"]) == slow.waiting["raw"].to_list()
    assert_frame_equal(fast.bad, slow.bad)
    assert fast.hints == slow.hints
    assert fast.odd_ends == slow.odd_ends


texts = st.sampled_from(
    [
        "on",
        "ON",
        " two  spaces ",
        "café",
        "cafe\u0301",
        "\u212a \u0130 \u03a3\u03a3",
        "a\u00a0b",
        "a\u2028b",
        "\x7f",
        "a\x85b",
        'say "on"',
        "a\\b",
        "a\tb",
        "a\x00b",
        "a\x1cb",
        "",
        "💡",
        "👍🏽",
        "x" * 600,
        "y" * 2100,
        "e" + "\u0301" * 31,
        "null",
    ]
) | st.text(max_size=8)
numbers = (
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([-0.0, 0, 1e16, 1e-7, 2**63])
)
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["start", "end", "label"]), inner),
    max_leaves=4,
)
span = st.fixed_dictionaries(
    {"start": st.integers(-1, 5), "end": st.integers(-1, 5), "label": texts},
    optional={"value": anything, "note": anything},
)
spans = st.lists(span | st.none(), max_size=3)
labels = st.fixed_dictionaries(
    {},
    optional={
        "intent": texts | anything,
        "slots": spans | anything,
        "topics": st.lists(texts, max_size=3) | anything,
        "urgency": numbers | anything,
        "after": texts | anything,
        "label": texts,
        "other": anything,
    },
)
rows = st.fixed_dictionaries(
    {},
    optional={
        "text": texts,
        "id": texts | anything,
        "split": st.sampled_from(["train", "valid", "test", "dev", None]) | anything,
        "lang": st.sampled_from(["en", "de-AT", "?", ""]) | anything,
        "source": texts | anything,
        "labels": labels | anything,
        "intent": texts | anything,
        "topics": st.lists(texts, max_size=2) | anything,
        "slots": spans,
        "utterance": texts,
        "next": st.dictionaries(st.sampled_from(["intent", "label", "then"]), texts | anything, max_size=2) | anything,
    },
)


def written(value: Any, ascii_only: bool, end: bytes) -> bytes:
    if isinstance(value, bytes):
        return value + end
    # Not by orjson, which refuses whole numbers beyond 64 bits.
    return json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass") + end


likely = st.fixed_dictionaries(
    {"text": st.sampled_from(["turn it on", "Turn  it OFF", "café"])},
    optional={
        "id": st.sampled_from(["1", "2", ""]),
        "split": st.sampled_from(["train", "test", None]),
        "next": st.sampled_from([{"intent": "on"}, {"intent": None}, {}, None]),
        "labels": st.fixed_dictionaries(
            {},
            optional={
                "intent": st.sampled_from(["on", "öff", None]),
                "topics": st.lists(st.sampled_from(["b", "a", "é"]), max_size=3),
                "urgency": st.floats(0, 1) | st.integers(0, 9) | st.none(),
                "after": st.sampled_from(["tea", "Tea", "caf\u00e9", "two words", "7", None]),
                "slots": st.lists(
                    st.fixed_dictionaries(
                        {"start": st.integers(0, 4), "end": st.integers(2, 6), "label": st.sampled_from("ab")}
                    ),
                    max_size=3,
                ),
            },
        ),
    },
)
lines = st.lists(
    st.builds(
        written,
        likely | rows | anything | st.binary(max_size=20).map(lambda raw: b"{" + raw.replace(b"\n", b"") + b"}"),
        st.booleans(),
        st.sampled_from([b"\n", b"\r\n", b" \n"]),
    ),
    max_size=12,
)


@settings(max_examples=12)
@pytest.mark.parametrize("name", SPECS)
@given(contents=lines)
def test_by_columns_rows_are_what_they_are_one_by_one(name: str, contents: list[bytes]) -> None:
    assert_equal(lines_of(*contents), spec_of(name))


@settings(max_examples=12)
@given(contents=st.lists(likely, min_size=1, max_size=40).map(lambda rows: [orjson.dumps(row) + b"\n" for row in rows]))
def test_likely_rows_are_what_they_are_one_by_one(contents: list[bytes]) -> None:
    assert_equal(lines_of(*contents), spec_of("plain"))


@pytest.mark.parametrize(
    "content",
    [
        b'{"text": "a"} {"text": "b"}\n',
        b'{"text": "a"}\x0b\n',
        b'{"text": "a", "text": "b"}\n',
        b'{"te\\u0078t": "a"}\n',
        *(b'{"text": "a%cb", "labels": {"intent": "on"}}\n' % control for control in (1, 9, 13, 31, 127)),
        b'{"text": "a", "labels": {"slots": [{"start": 0, "end": 1, "label": null}, null]}}\n',
        b'{"text": "a", "l\\u0061bels": null, "intent": "on"}\n',
        b'{"text": "a", "labels": null, "intent": "on"}\n',
        b'{"text": "a", "labels": {}, "intent": "on"}\n',
        b'{"text": "a", "labels": {"slots": [{"start": 0, "end": 1, "label": "x", "v\\u0061lue": 3}]}}\n',
        b'{"text": "a", "labels": {"slots": [{"end": 9, "start": 1, "label": "y"}, '
        b'{"start": 0, "end": 1, "label": "x"}]}}\n',
        b'{"text": "a", "labels": {"urgency": -0}}\n',
        b'{"text": "a", "labels": {"urgency": -0.0}}\n',
        b'{"text": "a", "labels": {"urgency": 123456789012345678901234567890}}\n',
        b'{"text": "a", "labels": {"urgency": 18446744073709551615}}\n',
        b'{"text": "a", "x": ' + b"[" * 1100 + b"]" * 1100 + b"}\n",
        b'{"text": "a", "x": ' + b"[" * 1000 + b"]" * 1000 + b"}\n",
        b'{"text": "a", "id": "' + b"x" * 20_000 + b'"}\n',
        b'{"text": "a", "id": "' + b"x" * 40_000 + b'"}\n',
        b"null\n",
        b"{}null{}\n",
        b"{} null\t{}\n",
        b"{}\n",
        *(raw if isinstance(raw, bytes) else json.dumps(GOOD | raw).encode() + b"\n" for _, raw in FAULTY),
    ],
    ids=lambda content: content[:60].decode(errors="replace"),
)
def test_an_odd_line_between_good_ones_is_what_it_is_alone(content: bytes) -> None:
    good = orjson.dumps(GOOD) + b"\n"
    assert_equal(lines_of(good, content, good), spec_of("plain"))


def count_one_by_one(monkeypatch: pytest.MonkeyPatch, kind: type[JsonLines] | type[ColumnRows]) -> list[int]:
    """Return a list that is told, each time, how many rows are read in Python."""
    looked_at: list[int] = []

    def counting(self: Any, positions: Any = None) -> Any:
        found = original(self, positions)
        looked_at.append(len(found))
        return found

    original: Any = kind.records
    monkeypatch.setattr(kind, "records", counting)
    return looked_at


def test_rows_without_a_doubt_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = count_one_by_one(monkeypatch, JsonLines)
    row = orjson.dumps({"text": "turn it on", "labels": {"intent": "on", "slots": [], "topics": ["b"], "urgency": 1}})
    spec = spec_of("plain")
    shape_rows(lines_of(*[row] * 2_000), spec, spec.data[0], "x")
    assert looked_at == []
    shape_rows(lines_of(*[row] * 1_000, b'{"text": 5}', *[row] * 1_000), spec, spec.data[0], "x")
    assert 0 < looked_at[0] <= FEWEST_LINES
