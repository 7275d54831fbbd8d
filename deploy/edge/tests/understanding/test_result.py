"""The canonical result goes through JSON and back without a loss."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline_edge.errors import InputRefused
from trunkline_edge.understanding.result import Answer, Intent, Ranked, Result, Slot
from trunkline_edge.understanding.session import Runtime

names = st.text(max_size=8)
p = st.integers(0, 10_000).map(lambda n: n / 10_000)  # four digits: as many as are written
offsets = st.integers(0, 512)
slots = st.builds(Slot, names, names, names, offsets, offsets, p)
ranked = st.builds(Ranked, names, p)
answers: st.SearchStrategy[Answer] = st.one_of(
    ranked, st.lists(ranked, max_size=3).map(tuple), st.lists(slots, max_size=3).map(tuple), p
)
results = st.builds(
    Result,
    text=names,
    lang=names,
    bundle_id=names,
    intents=st.lists(st.builds(Intent, names, p, st.lists(slots, max_size=3).map(tuple)), max_size=3).map(tuple),
    domain=st.none() | ranked,
    heads=st.dictionaries(names, answers, max_size=3),
    rejected=st.booleans(),
    reason=st.none() | names,
    ms=st.integers(0, 10**6).map(lambda n: n / 1000),
    ranking=st.dictionaries(names, st.lists(ranked, max_size=3).map(tuple), max_size=2),
)


@settings(deadline=None)
@given(results)
def test_every_result_survives_json(result: Result) -> None:
    assert Result.from_json(json.loads(result.to_line(timing=True))) == result


def test_an_answer_of_a_bundle_with_every_kind_of_head_comes_back_typed(runtime: Runtime) -> None:
    said = runtime.parse("rain off please", ranking=True)
    back = Result.from_json(json.loads(said.to_line(timing=True)))
    assert back.to_json(timing=True) == said.to_json(timing=True)
    assert {name: type(answer) for name, answer in back.heads.items()} == {"topics": tuple, "urgency": float}


@pytest.mark.parametrize("value", [None, 3, [], {}, {"text": "lamp"}])
def test_what_is_no_result_is_refused_with_a_reason(value: Any) -> None:
    with pytest.raises(InputRefused, match="not a canonical result"):
        Result.from_json(value)


@pytest.mark.parametrize("field", ["intents", "heads", "domain", "ranking"])
def test_a_field_of_a_wrong_type_is_refused(runtime: Runtime, field: str) -> None:
    with pytest.raises(InputRefused, match="not a canonical result"):
        Result.from_json(runtime.parse("lamp on", ranking=True).to_json() | {field: 7})
