"""Files come in: rows, heard utterances, a queue that a person fills; each counted, each once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from deploy.intake.queue import queue_lines, to_label
from deploy.intake.store import Store
from deploy.intake.take import take
from schemas.data.sources.records import DataRefused
from schemas.data.validate import validate
from schemas.spec.load import load_spec, parse_spec
from schemas.spec.product import Spec
from tasks.settings import ROOT

SPEC = load_spec(ROOT / "tests" / "tasks" / "tiny.yaml")
NOW = datetime(2026, 11, 26, tzinfo=UTC)


class Desk:
    def __init__(self, folder: Path, spec: Spec = SPEC) -> None:
        self.folder, self.spec, self.store = folder, spec, Store(folder / "stores" / spec.name / "store.db")

    def take(self, name: str, *lines: object):
        file = self.folder / name
        file.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
        taken = take(self.spec, file, self.store, self.folder / "quarantine", NOW)
        parts = taken.rows + taken.heard + taken.repeated + taken.unlabelled + taken.quarantined
        assert parts == taken.read
        return taken


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def row(text: str, intent: str | None = "light_on") -> dict[str, object]:
    return {"text": text, "labels": {"intent": intent}}


def heard(text: str, *, rejected: bool = False, p: float = 0.9, **more: object) -> dict[str, object]:
    intents = [{"name": "light_on", "p": p, "slots": []}]
    answer = {"text": text, "lang": "en", "bundle_id": "0" * 64, "intents": intents, "domain": None, "heads": {}}
    return {**answer, "rejected": rejected, "reason": "unsure" if rejected else None, "device": "d1", "opt_in": True,
            "time": "2026-11-26T08:00:00Z", **more}  # fmt: skip


def test_rows_enter_once_however_often_and_under_whatever_name_they_come(desk: Desk) -> None:
    first = desk.take("a.jsonl", row("lamp on"), row("light please"))
    assert (first.rows, first.repeated) == (2, 0)
    assert desk.take("again.jsonl", row("lamp on"), row("light please")).is_known
    other = desk.take("b.jsonl", row("light please"), row("more light"), row("more light"))
    assert (other.rows, other.repeated) == (1, 2)
    assert len(desk.store.rows()) == 3


def test_bad_lines_are_quarantined_with_their_reasons(desk: Desk) -> None:
    taken = desk.take("a.jsonl", "{broken", row(""), row("good one"), heard("hi", opt_in=False))
    assert (taken.rows, taken.heard, taken.quarantined) == (1, 0, 3)
    (file,) = (desk.folder / "quarantine").glob("*.parquet")
    messages = pl.read_parquet(file)["messages"].explode().to_list()
    assert any("opt_in" in message for message in messages)


def test_what_was_heard_without_consent_or_sender_is_not_kept(desk: Desk) -> None:
    taken = desk.take("a.jsonl", heard("one", opt_in="yes"), heard("two", device=None), heard("three"))
    assert (taken.heard, taken.quarantined) == (1, 2)
    assert [json.loads(each.result)["text"] for each in desk.store.heard()] == ["three"]
    (file,) = (desk.folder / "quarantine").glob("*.parquet")
    bad = pl.read_parquet(file).sort("line")
    assert bad["line"].to_list() == [1, 2]
    assert [("one" in raw, "two" in raw) for raw in bad["raw"]] == [(False, False), (False, True)]


def test_hard_utterances_are_queued_filled_by_a_person_and_come_back_as_rows(desk: Desk) -> None:
    again = {"time": "2026-11-26T09:00:00Z"}
    desk.take(
        "heard.jsonl",
        heard("make it cosy", rejected=True), heard("Make it cosy", rejected=True, **again),
        heard("lamp", p=0.4), heard("lights on", p=0.99),
    )  # fmt: skip
    waiting = to_label(desk.store.heard(), desk.store.labelled_keys())
    assert [(each.text, each.times) for each in waiting] == [("make it cosy", 2), ("lamp", 1)]
    lines = queue_lines(SPEC, waiting).splitlines()
    assert desk.take("untouched.jsonl", *lines).unlabelled == 2
    filled = json.loads(lines[0])
    filled["labels"]["intent"] = "set_mood"
    taken = desk.take("filled.jsonl", filled, lines[1])
    assert (taken.rows, taken.unlabelled) == (1, 1)
    assert json.loads(desk.store.rows()[-1])["labels"] == {"intent": "set_mood"}
    left = to_label(desk.store.heard(), desk.store.labelled_keys())
    assert [each.text for each in left] == ["lamp"]


def test_a_file_that_is_none_is_refused_and_can_come_again(desk: Desk) -> None:
    with pytest.raises(DataRefused):
        take(SPEC, desk.folder / "absent.jsonl", desk.store, desk.folder / "quarantine", NOW)


def test_spans_come_through_as_they_were_written(desk: Desk) -> None:
    span = {"start": 0, "end": 4, "label": "thing"}
    desk.take("a.jsonl", {"text": "lamp on", "labels": {"intent": "light_on", "slots": [span]}})
    assert json.loads(desk.store.rows()[0])["labels"]["slots"] == [span]


def test_a_row_keeps_its_split_and_takes_one_that_it_is_given_later(desk: Desk) -> None:
    def splits() -> list[str | None]:
        return [json.loads(each).get("split") for each in desk.store.rows()]

    desk.take("a.jsonl", row("lamp on"), {**row("light please"), "split": "test"})
    assert splits() == [None, "test"]
    later = desk.take("b.jsonl", {**row("lamp on"), "split": "valid"}, {**row("light please"), "split": "test"})
    assert (later.rows, later.repeated, splits()) == (1, 1, ["valid", "test"])
    without = desk.take("c.jsonl", row("light please"), row("lamp on"))
    assert (without.rows, without.repeated, splits()) == (0, 2, ["valid", "test"])


def test_a_label_that_comes_back_after_a_correction_is_the_latest_again(desk: Desk) -> None:
    def labels() -> list[str]:
        return [json.loads(each)["labels"]["intent"] for each in desk.store.rows()]

    def labelled(intent: str) -> dict[str, object]:
        return {"text": "the hall please", "labels": {"intent": intent, "slots": []}}

    desk.take("a.jsonl", {**labelled("light_on"), "split": "test"}, row("more light"))
    desk.take("b.jsonl", labelled("light_off"))
    assert labels() == ["light_on", "light_on", "light_off"]
    back = desk.take("c.jsonl", row("more light"), labelled("light_on"))
    assert (back.rows, back.repeated, labels()) == (1, 1, ["light_on", "light_off", "light_on"])
    assert json.loads(desk.store.rows()[-1])["split"] == "test"
    again = desk.take("d.jsonl", labelled("light_on"), row("more light"), row("lamp on"))
    assert (again.rows, again.repeated, len(desk.store.rows())) == (1, 2, 4)


def test_what_followed_a_row_comes_through_as_validation_reads_it(tmp_path: Path) -> None:
    heads = {"intent": {"kind": "class"}, "then": {"kind": "class", "auxiliary": True, "follows": "intent"}}
    rows = tmp_path / "rows.jsonl"
    spec = parse_spec({"name": "turns", "data": [{"path": str(rows)}], "heads": heads})
    desk = Desk(tmp_path, spec)
    turns = [{**row(f"lamp {number} on"), "next": {"intent": "light_off"}} for number in range(40)]
    desk.take("turns.jsonl", *turns, {"text": "and", "next": {"intent": "light_off"}})
    rows.write_text("".join(f"{each}\n" for each in desk.store.rows()))
    (tmp_path / "scratch").mkdir()
    kept = validate(spec, cache=tmp_path / "cache", quarantine=tmp_path / "bad", scratch=tmp_path / "scratch").dataset
    assert kept is not None
    assert [sum(kept.labelled[head].values()) for head in heads] == [40, 41]


def test_one_bad_file_in_the_inboxes_of_two_products_is_quarantined_for_each(tmp_path: Path) -> None:
    for name, head in (("one", "intent"), ("two", "mood")):
        spec = parse_spec({"name": name, "data": [{"path": "rows.jsonl"}], "heads": {head: {"kind": "class"}}})
        Desk(tmp_path, spec).take("a.jsonl", {"text": "x", "intent": []}, {"text": "y", "mood": []})
    lines = [pl.read_parquet(file)["line"].to_list() for file in (tmp_path / "quarantine").glob("*.parquet")]
    assert sorted(lines) == [[1], [2]]
