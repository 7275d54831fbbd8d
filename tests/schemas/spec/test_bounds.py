from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.spec.bounded_yaml import SpecError
from schemas.spec.head_names import CONTAINER
from schemas.spec.load import parse_spec
from schemas.spec.product import NAME_PATTERN, Spec

RAW: dict[str, Any] = {"name": "tiny", "data": [{"path": "rows.jsonl"}], "heads": {"intent": {"kind": "class"}}}


def numbers(schema: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every number in a JSON schema with its place."""
    if isinstance(schema, list):
        for inner in schema:
            yield from numbers(inner, place)
    elif isinstance(schema, dict):
        if schema.get("type") in ("integer", "number") and "enum" not in schema:  # a list has an end
            yield place, schema
        for key, inner in schema.items():
            yield from numbers(inner, f"{place}/{key}")


def test_every_number_of_a_spec_has_finite_bounds() -> None:
    found = dict(numbers(Spec.model_json_schema()))
    assert len(found) > 60
    for place, schema in found.items():
        assert {"minimum", "exclusiveMinimum"} & schema.keys(), f"{place} has no least value"
        assert {"maximum", "exclusiveMaximum"} & schema.keys(), f"{place} has no greatest value"


@pytest.mark.parametrize("name", ["trunk", "keys", "type", "forward", "training"])
def test_a_head_cannot_have_a_name_that_is_taken(name: str) -> None:
    with pytest.raises(SpecError, match=rf"heads\.{name}: the name is taken by .*: call it {name}_head"):
        parse_spec(RAW | {"heads": {name: {"kind": "class"}}})


def test_all_names_that_torch_takes_are_known() -> None:
    nn = pytest.importorskip("torch").nn
    taken = {name for name in dir(nn.ModuleDict()) if re.match(NAME_PATTERN, name)}
    assert taken <= CONTAINER, f"torch takes more names: {sorted(taken - CONTAINER)}"


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"trunk": {"width": 9}}, r"trunk\.width: .*multiple of 2 \(found 9\)"),
        ({"trunk": {"width": 11}}, r"trunk\.width: .*multiple of 2 \(found 11\)"),
        ({"trunk": {"featurizer": {"ngram_min": 5, "ngram_max": 3}}}, "more than `ngram_max` 3"),
        ({"train": {"weight_decay": 1e308}}, r"train\.weight_decay"),
        ({"train": {"weight_decay": float("inf")}}, r"train\.weight_decay: .*finite number"),
        ({"train": {"clip_norm": "nan"}}, r"train\.clip_norm: .*finite number"),
        ({"train": {"seed": 2**64}}, r"train\.seed"),
        ({"compare": {"seeds": [0, 1, 2**64]}}, r"compare\.seeds\.2"),
        ({"heads": {"a": {"kind": "class", "weight": 1e308}}}, r"heads\.a\.weight"),
        ({"heads": {"a": {"kind": "class", "labels": ["x", "x"]}}}, "`labels` has 'x' twice"),
        ({"heads": {"a": {"kind": "class", "labels": []}}}, r"heads\.a\.labels"),
        ({"heads": {"a": {"kind": "class", "labels": [""]}}}, r"heads\.a\.labels\.0"),
        ({"heads": {"a": {"kind": "score", "labels": ["x"]}}}, "a score head has no label set"),
        ({"heads": {f"h{i}": {"kind": "class"} for i in range(65)}}, "heads: .* 64 of them"),
        ({"balance": {"kind": "uncertainty", "rate_factor": 1e308}}, r"balance\.rate_factor"),
        ({"balance": {"kind": "stch", "mu": 5e-324}}, r"balance\.mu"),
        ({"balance": {"kind": "dwa", "temperature": float("inf")}}, r"balance\.temperature"),
        ({"balance": {"kind": "cosmos", "penalty": 1e308}}, r"balance\.penalty"),
        ({"sharing": {"kind": "sluice", "rate_factor": 1e308}}, r"sharing\.rate_factor"),
        ({"name": "x" * 5_000}, "name: "),
        ({"data": [{"path": "a", "lang": "x" * 5_000}]}, r"data\.0\.lang: .*at most 1,000 characters"),
    ],
)
def test_what_no_training_can_bear_is_refused_with_its_field(sections: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_spec(RAW | sections)
