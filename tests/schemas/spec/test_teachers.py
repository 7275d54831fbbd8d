from __future__ import annotations

from typing import Any

import pytest

from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import parse_spec
from schemas.spec.teachers import teachers_of

RAW: dict[str, Any] = {
    "name": "home",
    "data": [{"path": "rows.jsonl"}],
    "heads": {"intent": {"kind": "class"}, "next_word": {"kind": "next_word", "auxiliary": True}},
    "sharing": {"kind": "soft"},
    "balance": {"kind": "uncertainty"},
    "trunk": {"vectors": "words.safetensors"},
    "train": {"epochs": 7},
}


def test_a_spec_without_teachers_has_none() -> None:
    assert teachers_of(parse_spec(RAW)) == {}


def test_a_teacher_is_the_spec_but_for_what_it_says_itself() -> None:
    encoder = {"trunk": {"kind": "encoder", "pretrained": "m.safetensors", "width": 384}, "train": {"epochs": 3}}
    spec = parse_spec(RAW | {"distill": {"teachers": {"reader": encoder, "again": {"train": {"seed": 9}}}}})
    teachers = teachers_of(spec)
    assert teachers["reader"].trunk.kind == "encoder"
    assert teachers["reader"].trunk.vectors is None
    assert (teachers["reader"].train.epochs, teachers["again"].train.epochs) == (3, 7)
    assert teachers["again"].trunk == spec.trunk
    assert list(teachers["again"].heads) == ["intent"]
    assert (teachers["again"].sharing.kind, teachers["again"].balance.kind) == ("hard", "equal")
    assert not teachers["again"].distill.teachers
    assert {teacher.name for teacher in teachers.values()} == {"home-teacher"}


def test_a_teacher_that_cannot_be_is_named() -> None:
    spec = parse_spec(RAW | {"distill": {"teachers": {"wrong": {"trunk": {"widht": 3}}}}})
    with pytest.raises(SpecError, match=r"distill\.teachers\.wrong: trunk\.widht: unknown key; did you mean `width`"):
        teachers_of(spec)


def test_a_teacher_may_know_some_heads_and_balance_them_its_own_way() -> None:
    heads = {"intent": {"kind": "class"}, "mood": {"kind": "class"}}
    teacher = {"heads": ["mood"], "balance": {"kind": "gls"}}
    raw = RAW | {
        "heads": heads,
        "gate": {"waive": ["intent"], "floor": {"intent": 0.5}},
        "distill": {"teachers": {"moods": teacher}},
    }
    made = teachers_of(parse_spec(raw))["moods"]
    assert (list(made.heads), made.balance.kind) == (["mood"], "gls")


def test_a_teacher_of_a_head_that_is_none_is_refused() -> None:
    spec = parse_spec(RAW | {"distill": {"teachers": {"wrong": {"heads": ["next_word"]}}}})
    with pytest.raises(SpecError, match=r"wrong\.heads names next_word; main heads are intent"):
        teachers_of(spec)
