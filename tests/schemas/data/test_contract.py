from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from schemas.data.contract import REASONS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.schemas.conftest import Desk

CLOSED = {
    "intent": {"kind": "class", "labels": ["on", "off"]},
    "slots": {
        "kind": "tag",
        "labels": ["room", "level", "place", "time"],
        "auxiliary": True,
        "values": {"level": "percent", "place": "ordinal", "time": "datetime"},
    },
    "topics": {"kind": "multilabel", "labels": ["light", "heat"], "auxiliary": True},
    "urgency": {"kind": "score", "auxiliary": True},
    "next_intent": {"kind": "class", "labels": ["on", "off"], "auxiliary": True, "follows": "intent"},
    "next_topics": {"kind": "multilabel", "labels": ["light"], "auxiliary": True, "follows": "topics"},
}
GOOD = {"id": "good", "text": "the kitchen", "split": "train", "labels": {"intent": "on"}}


def spans(*bounds: tuple[Any, Any], label: Any = "room") -> dict[str, Any]:
    return {"slots": [{"start": start, "end": end, "label": label} for start, end in bounds]}


def valued(label: str, value: Any) -> dict[str, Any]:
    return {"slots": [{"start": 0, "end": 3, "label": label, "value": value}]}


FAULTY: list[tuple[str, Any]] = [
    ("unparsable", b'{"text": "the kitchen"'),
    ("unparsable", b"[1, 2]"),
    ("unparsable", b'"text"'),
    ("unparsable", b"NaN"),
    ("unparsable", b'{"text": "\\ud800"}'),
    ("unparsable", b'{"text": "a\x00b"}'),
    ("unparsable", b"[" * 5000),
    ("unparsable", b"[" * 900 + b"]" * 900),
    ("wrong_label_type", b'{"text": "on", "labels": {"intent": ' + b"[" * 900 + b"]" * 900 + b"}}"),
    ("undecodable", '{"text": "café"}'.encode("latin-1")),
    ("line_too_large", b'{"text": "' + b"x" * (1 << 20) + b'"}'),
    ("line_too_large", b'{"text": "a"}' + b" " * (1 << 20)),
    ("row_too_large", {"id": "x" * 33_000}),
    ("row_too_large", {"labels": {"topics": ["light"], "slots": None, "intent": "on"}, "source": "x" * 40_000}),
    ("wrong_type", {"id": 7}),
    ("wrong_type", {"split": ["train"]}),
    ("wrong_type", {"lang": {"en": 1}}),
    ("wrong_type", {"source": 1.5}),
    ("wrong_type", {"labels": "on"}),
    ("wrong_type", {"labels": [{"intent": "on"}]}),
    ("missing_text", {"text": None}),
    ("missing_text", {"text": 5}),
    ("missing_text", {"text": ["turn", "on"]}),
    ("missing_text", {"text": ""}),
    ("missing_text", {"text": " \t\n "}),
    ("missing_text", {"text": "\u200b\u2060"}),
    ("text_too_long", {"text": "x" * 513}),
    ("text_too_long", {"text": "the lamp" + " " * 2048}),
    ("text_too_long", {"text": "the la" + "\u0301" * 31 + "mp"}),
    ("control_character", {"text": "a\x00b"}),
    ("control_character", {"text": "a\x07b"}),
    ("control_character", {"text": "a\x85b"}),
    ("bad_split", {"split": "dev"}),
    ("bad_split", {"split": "Train"}),
    ("unknown_language", {"lang": "en_US"}),
    ("unknown_language", {"lang": "e"}),
    ("unknown_language", {"lang": "english language"}),
    ("wrong_label_type", {"labels": {"intent": 3}}),
    ("unknown_label", {"labels": {"intent": True}}),
    ("wrong_label_type", {"labels": {"intent": ""}}),
    ("wrong_label_type", {"labels": {"intent": "\x1b[2J"}}),
    ("wrong_label_type", {"labels": {"intent": "on\u2028off"}}),
    ("wrong_label_type", {"labels": {"intent": "x" * 257}}),
    ("wrong_label_type", {"labels": {"topics": ["light", "a\nb"]}}),
    ("wrong_label_type", {"labels": {"slots": [{"start": 0, "end": 2, "label": "a\tb"}]}}),
    ("wrong_label_type", {"labels": {"intent": ["on"]}}),
    ("wrong_label_type", {"labels": {"topics": "light"}}),
    ("wrong_label_type", {"labels": {"topics": ["light", None]}}),
    ("wrong_label_type", {"labels": {"urgency": "high"}}),
    ("wrong_label_type", {"labels": {"urgency": True}}),
    ("wrong_label_type", {"labels": {"slots": "room"}}),
    ("wrong_label_type", {"labels": {"slots": ["room"]}}),
    ("wrong_label_type", {"labels": spans((0.0, 3))}),
    ("wrong_label_type", {"labels": spans((0, True))}),
    ("wrong_label_type", {"labels": spans((0, 2**70))}),
    ("wrong_label_type", {"labels": spans((0, 3), label=None)}),
    ("wrong_label_type", {"labels": {"slots": [{"start": 0}, {"end": 1}]}}),
    ("unknown_label", {"labels": {"intent": "explode"}}),
    ("unknown_label", {"labels": {"topics": ["light", "noise"]}}),
    ("unknown_label", {"labels": spans((0, 3), label="floor")}),
    ("span_outside", {"labels": spans((4, 12))}),
    ("span_outside", {"labels": spans((-1, 3))}),
    ("span_outside", {"labels": spans((50, 60))}),
    ("span_empty", {"labels": spans((3, 3))}),
    ("span_empty", {"labels": spans((5, 2))}),
    ("span_overlap", {"labels": spans((0, 5), (4, 8))}),
    ("span_overlap", {"labels": spans((4, 8), (0, 5))}),
    ("span_overlap", {"labels": spans((0, 3), (0, 3))}),
    ("span_cuts_character", {"text": "the cafe\u0301", "labels": spans((4, 8))}),
    ("span_cuts_character", {"text": "\U0001f469\u200d\U0001f373 cooks", "labels": spans((0, 1))}),
    ("span_cuts_character", {"text": "\U0001f44d\U0001f3fd yes", "labels": spans((1, 5))}),
    ("wrong_label_type", {"labels": valued("level", [1])}),
    ("wrong_label_type", {"labels": valued("level", {"from": 1})}),
    ("wrong_label_type", {"labels": valued("level", 2**60)}),
    ("value_misfit", {"labels": valued("level", "half")}),
    ("value_misfit", {"labels": valued("level", "true")}),
    ("value_misfit", {"labels": valued("level", "")}),
    ("value_misfit", {"labels": valued("place", "0")}),
    ("value_misfit", {"labels": valued("level", True)}),
    ("value_misfit", {"labels": valued("place", 0)}),
    ("value_misfit", {"labels": valued("place", 1.5)}),
    ("value_misfit", {"labels": valued("time", "6:30")}),
    ("value_misfit", {"labels": valued("time", "24:00")}),
    ("next_misfit", {"next": "off"}),
    ("next_misfit", {"next": [{"intent": "off"}]}),
    ("next_misfit", {"next": {"intent": 3}}),
    ("next_misfit", {"next": {"intent": "explode"}}),
    ("next_misfit", {"next": {"topics": "light"}}),
    ("next_misfit", {"next": {"topics": ["heat"]}}),
    ("duplicate_id", {"id": "good", "text": "another"}),
    ("conflicting_labels", {"labels": {"intent": "off"}}),
]


@pytest.mark.parametrize(("code", "broken"), FAULTY, ids=lambda value: value if isinstance(value, str) else "")
def test_a_bad_row_is_quarantined_for_its_reason_and_for_no_other(desk: Desk, code: str, broken: Any) -> None:
    line = broken if isinstance(broken, bytes) else {**GOOD, "id": "bad", **broken}
    outcome = desk.judge(GOOD, line, heads=CLOSED)
    (bad,) = desk.bad(outcome)
    assert bad["reasons"] == [code]
    assert bad["line"] == 2
    assert bad["file"].endswith("rows.jsonl")
    assert bad["messages"][0]
    assert outcome.reasons == {code: 1}
    assert [row["id"] for row in desk.good(outcome)] == ["good"]


def test_a_row_of_a_megabyte_of_combining_marks_does_not_hang_validation(desk: Desk) -> None:
    begun = time.perf_counter()
    outcome = desk.judge(GOOD, {**GOOD, "id": "bad", "text": "a" + "\u0301\u0316" * 250_000}, heads=CLOSED)
    assert time.perf_counter() - begun < 10
    (bad,) = desk.bad(outcome)
    assert bad["reasons"] == ["text_too_long", "row_too_large"]
    assert bad["messages"][0].startswith("text of 500001 characters; at most 512 are read")


def test_every_reason_code_has_a_row_that_shows_it() -> None:
    assert {code for code, _ in FAULTY} == set(REASONS)


def test_a_row_with_two_faults_counts_in_both(desk: Desk) -> None:
    outcome = desk.judge(GOOD, {**GOOD, "id": "bad", "split": "dev", "labels": {"intent": 3, "urgency": "x"}})
    (bad,) = desk.bad(outcome)
    assert sorted(bad["reasons"]) == ["bad_split", "wrong_label_type"]
    assert outcome.reasons == {"bad_split": 1, "wrong_label_type": 1}
    assert outcome.quarantined == 1


@pytest.mark.parametrize(
    ("text", "start", "end", "found"),
    [
        ("dim the 💡 lamp", 8, 14, "💡 lamp"),
        ("play 日本語 radio", 5, 8, "日本語"),
        ("the cafe\u0301 lamp", 4, 9, "cafe\u0301"),
        ("\U0001f469\u200d\U0001f373 cooks", 0, 3, "\U0001f469\u200d\U0001f373"),
        ("über alles", 0, 4, "über"),
        ("i̇stanbul", 0, 9, "i̇stanbul"),
    ],
)
def test_offsets_count_code_points_of_the_text_as_given(
    desk: Desk, text: str, start: int, end: int, found: str
) -> None:
    outcome = desk.judge({**GOOD, "text": text, "labels": {"intent": "on"} | spans((start, end))})
    (row,) = desk.good(outcome)
    (span,) = row["labels"]["slots"]
    assert row["text"] == text
    assert row["text"][span["start"] : span["end"]] == found


def test_spans_in_any_order_are_sorted_and_label_lists_become_sets(desk: Desk) -> None:
    labels = {"intent": "on", **spans((4, 11), (0, 3)), "topics": ["light", "heat", "light"]}
    (row,) = desk.good(desk.judge({**GOOD, "labels": labels}))
    assert [span["start"] for span in row["labels"]["slots"]] == [0, 4]
    assert row["labels"]["topics"] == ["heat", "light"]


def test_an_unknown_label_is_null_and_an_empty_one_is_known(desk: Desk) -> None:
    outcome = desk.judge(
        {**GOOD, "labels": {"intent": "on", "slots": [], "topics": []}},
        {**GOOD, "id": "2", "text": "b", "labels": {"intent": "off", "slots": None}},
        {**GOOD, "id": "3", "text": "c", "labels": None},
        {"id": "4", "text": "d", "split": "train"},
    )
    known, *others = [row["labels"] for row in desk.good(outcome)]
    assert known == {"intent": "on", "slots": [], "topics": [], "urgency": None}
    assert others[0] == {"intent": "off", "slots": None, "topics": None, "urgency": None}
    assert others[1] == others[2] == dict.fromkeys(known)
    assert outcome.dataset is not None
    assert outcome.dataset.labelled["intent"] == {"train": 2, "valid": 0, "test": 0}
    assert outcome.dataset.labelled["slots"]["train"] == 1


def test_heads_that_the_spec_does_not_name_are_ignored(desk: Desk) -> None:
    outcome = desk.judge({**GOOD, "labels": {"intent": "on", "mood": 17}, "extra": [1]})
    assert outcome.good == 1


def test_only_the_languages_of_the_spec_pass_whatever_their_letter_case(desk: Desk) -> None:
    rows = [{**GOOD, "id": tag, "text": tag, "lang": tag} for tag in ("de", "pt-br", "fr")]
    outcome = desk.judge(*rows, validate={"languages": ["de", "pt-BR"], "max_reject_share": 1})
    assert [row["lang"] for row in desk.good(outcome)] == ["de", "pt-br"]
    assert outcome.reasons == {"unknown_language": 1}


def test_text_of_exactly_the_limit_and_text_that_only_its_spaces_make_long_pass(desk: Desk) -> None:
    outcome = desk.judge({**GOOD, "text": "x" * 512}, {**GOOD, "id": "2", "text": "a" + " " * 600 + "b\tc\n"})
    assert outcome.good == 2


def test_a_text_that_is_a_number_is_one_where_its_kind_is_and_nowhere_else(desk: Desk) -> None:
    def said(text: str, label: str, value: Any) -> dict[str, Any]:
        return {"text": text, "split": "train", "labels": {"intent": "on", **valued(label, value)}}

    outcome = desk.judge(said("one lamp", "level", "50"), said("two lamps", "room", "50"), heads=CLOSED)
    values = [row["labels"]["slots"][0]["value"] for row in desk.good(outcome)]
    assert sorted(values) == ['"50"', "50"]


def test_mark_up_and_synonyms_give_numbers_to_a_label_whose_kind_is_one(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text,split,intent\n[two](count:2) lattes,train,order\n", encoding="utf-8")
    intent = "- intent: order\n  examples: |\n    - [a pair](count) of teas\n"
    nlu = f'nlu:\n{intent}- synonym: "2"\n  examples: |\n    - a pair\n'
    (tmp_path / "nlu.yml").write_text(nlu, encoding="utf-8")
    heads = {"intent": {"kind": "class"}, "slots": {"kind": "tag", "values": {"count": "number"}}}
    data = [{"path": str(tmp_path / "rows.csv")}, {"path": str(tmp_path / "nlu.yml"), "format": "rasa"}]
    outcome = desk.run(desk.spec(heads=heads, data=data))
    assert desk.bad(outcome) == []
    rows = desk.good(outcome, "train", "valid", "test")
    assert [row["labels"]["slots"][0]["value"] for row in rows] == ["2", "2"]


def test_a_value_that_does_not_fit_is_told_with_what_would(desk: Desk) -> None:
    outcome = desk.judge(GOOD, {**GOOD, "id": "bad", "labels": valued("level", "half")}, heads=CLOSED)
    assert (
        'found "half" for level, expected a number such as 50; mend it or leave it out'
        in outcome.examples["value_misfit"]
    )
