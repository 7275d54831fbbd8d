from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import schemas.data.sources.registry
from schemas.data.digest import source_digest

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk

ROWS: list[dict[str, Any]] = [
    {
        "text": f"turn on {number}",
        "split": split,
        "labels": {
            "intent": "on",
            "slots": [{"start": 0, "end": 4, "label": "verb"}],
            "topics": ["a", "b"],
            "urgency": number / 3,
        },
    }
    for number, split in enumerate(["train", "train", "valid", "test", None])
]


def digest(desk: Desk, *rows: Any, **sections: Any) -> str:
    dataset = desk.judge(*rows, **sections).dataset
    assert dataset is not None
    return dataset.digest


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.permutations([*ROWS, ROWS[0]]))
def test_the_order_of_the_rows_does_not_matter(desk: Desk, rows: list[dict[str, Any]]) -> None:
    assert digest(desk, *rows) == digest(desk, *ROWS, ROWS[0])


@pytest.mark.parametrize("chunk_rows", [1, 2, 100])
def test_the_size_of_chunks_does_not_matter(desk: Desk, monkeypatch: pytest.MonkeyPatch, chunk_rows: int) -> None:
    whole = digest(desk, *ROWS)
    monkeypatch.setattr(schemas.data.sources.registry, "CHUNK_LINES", chunk_rows)
    assert digest(desk, *ROWS) == whole


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Turn on 0"},
        {"split": "test"},
        {"id": "1"},
        {"lang": "de"},
        {"source": "x"},
        *(
            {"labels": {**ROWS[0]["labels"], **change}}
            for change in (
                {"intent": "off"},
                {"intent": None},
                {"slots": []},
                {"slots": None},
                {"slots": [{"start": 0, "end": 5, "label": "verb"}]},
                {"slots": [{"start": 0, "end": 4, "label": "noun"}]},
                {"topics": ["a"]},
                {"urgency": 0.5},
            )
        ),
    ],
    ids=str,
)
def test_any_change_of_a_row_changes_it(desk: Desk, change: dict[str, Any]) -> None:
    assert digest(desk, {**ROWS[0], **change}, *ROWS[1:]) != digest(desk, *ROWS)


def test_a_row_more_changes_it_even_if_it_is_a_copy(desk: Desk) -> None:
    assert digest(desk, *ROWS, ROWS[0]) != digest(desk, *ROWS)


def test_what_does_not_change_the_rows_does_not_change_it(desk: Desk) -> None:
    assert digest(desk, *ROWS, b"broken", train={"epochs": 3}) == digest(desk, *ROWS)


def test_the_source_digest_knows_content_and_rules_but_no_place(desk: Desk) -> None:
    path = desk.file(*ROWS)
    elsewhere = desk.file()
    shutil.copyfile(path, elsewhere)
    digest = source_digest(desk.spec(path))
    assert source_digest(desk.spec(elsewhere)) == digest
    assert source_digest(desk.spec(path, train={"epochs": 3})) == digest
    assert source_digest(desk.spec(path, validate={"min_rows": 9})) != digest
    assert source_digest(desk.spec(path, heads={"intent": {"kind": "class"}})) != digest
    assert source_digest(desk.spec(data=[{"path": str(path), "lang": "de"}])) != digest
    path.write_bytes(path.read_bytes() + b"\n")
    assert source_digest(desk.spec(path)) != digest


def test_the_source_digest_of_a_recipe_sees_its_options_with_defaults(desk: Desk) -> None:
    def of(**options: Any) -> str:
        return source_digest(desk.spec(data=[{"recipe": "home-assistant", "options": options}]))

    assert of() == of(language="en")
    assert of() != of(seed=1)
