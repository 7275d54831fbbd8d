from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.rollout.reports import MAX_REPORT_BYTES, AnswerCounts, ReportRefused, report_from, report_to_json
from deploy.rollout.store import COUNTED_BUNDLES, KEPT_DAYS, SILENT_DAYS, TRIMMED_EVERY, ReportStore, StoreFull
from tests.deploy.rollout.conftest import NOW, device, report
from trunkline_edge.bundle.store import State
from trunkline_edge.update.home import write_state
from trunkline_edge.update.progress import Outcome, Progress
from trunkline_edge.update.report import report_of
from trunkline_edge.update.served import Tally
from trunkline_edge.update.service import _is_news

A, B = "a" * 64, "b" * 64
GOOD: dict[str, Any] = json.loads(report_to_json(report(1, active=A, failed={B: "health.golden"})))


def test_what_a_device_sends_is_read_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    sent = report_of(tmp_path, "tiny", "stable", Outcome("kept", State(), "so"), None, datetime.now(UTC))
    found = report_from(json.dumps(sent).encode())
    kept = json.loads(report_to_json(found))
    assert {name: str(value)[:19] for name, value in kept.items() if value is not None and name in sent} == {
        name: str(value)[:19] for name, value in sent.items() if value is not None
    }


def test_what_the_service_counted_is_in_the_report(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    tally.begin(A)
    for rejected in (True, False, False):
        tally.count(A, rejected=rejected)
    tally.end()
    write_state(tmp_path, State(A))
    sent = report_of(tmp_path, "tiny", "stable", None, "update.unreachable", datetime.now(UTC))
    assert report_from(json.dumps(sent).encode()).answers == AnswerCounts(A, 3, 1)


NEWS = (
    (Progress(), Outcome("installed", State(A), ""), None),
    (Progress(code="update.unreachable"), Outcome("kept", State(A), ""), None),
    (Progress(), None, "update.unreachable"),
    (Progress(trying=A), Outcome("kept", State(A), ""), None),  # its probation has ended
    (Progress(), Outcome("kept", State(A), ""), "switch.probation"),
)


@pytest.mark.parametrize(("before", "outcome", "code"), NEWS)
def test_what_changes_a_device_is_reported(before: Progress, outcome: Outcome | None, code: str | None) -> None:
    assert _is_news(before, Progress(code=code), outcome, code)


def test_a_check_that_changes_nothing_is_not_reported() -> None:
    same = Progress(code="update.expired")
    assert not _is_news(same, same, None, "update.expired")
    assert not _is_news(Progress(), Progress(), Outcome("kept", State(A), ""), None)


def test_a_report_that_an_older_version_took_does_no_harm(tmp_path: Path) -> None:
    store = ReportStore(tmp_path / "reports.db")
    for number in (1, 2):
        store.add(report(number, active=A), NOW)
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute("UPDATE devices SET report = ? WHERE device = ?", (b"{}", device(1)))
    assert [each.report.device for each in store.devices("tiny", "stable")] == [device(2)]
    store.add(report(1, active=B, answers=AnswerCounts(B, 2, 1)), NOW)
    assert len(store.devices("tiny", "stable")) == 2


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"device": "../../etc"}, "device"), ({"device": device(1) + "A"}, "device"), ({"time": "soon"}, "time"),
        ({"time": "2026-11-26T00:00:00"}, "time"), ({"product": "a/b"}, "product"), ({"active": "x"}, "active"),
        ({"failed": {"x": "health.golden"}}, "failed"), ({"failed": {A: "<b>"}}, "failed"), ({"failed": []}, "failed"),
        ({"failed": {f"{n:064x}": "health.golden" for n in range(201)}}, "failed"),
        ({"answers": {"bundle_id": A, "answered": 1, "rejected": 2}}, "answers"),
        ({"answers": {"bundle_id": A, "answered": -1, "rejected": 0}}, "answers"),
        ({"p95_ms": -1}, "p95_ms"), ({"p95_ms": 1e300}, "p95_ms"), ({"cpu": "x" * 65}, "cpu"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused_by_field_and_never_repeated(change: dict[str, object], where: str) -> None:
    with pytest.raises(ReportRefused, match=where) as refused:
        report_from(json.dumps(GOOD | change).encode())
    assert "etc" not in str(refused.value) and "<b>" not in str(refused.value)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"[" * 10_000, b"null", b"\xff", b" " * (MAX_REPORT_BYTES + 1)])
def test_what_is_not_even_json_is_refused(raw: bytes) -> None:
    with pytest.raises(ReportRefused):
        report_from(raw)


def test_words_of_a_device_steer_no_terminal_and_new_fields_do_no_harm() -> None:
    found = report_from(json.dumps(GOOD | {"cpu": "\x1b[2Jarm\n", "mood": "good"}).encode())
    assert found.cpu == "?[2Jarm?"


# the store


@pytest.fixture
def store(tmp_path: Path) -> ReportStore:
    return ReportStore(tmp_path / "reports.db", max_devices=3)


def test_the_newest_report_of_each_device_is_kept(store: ReportStore) -> None:
    for active in (A, B):
        store.add(report(1, active=active), NOW)
    store.add(report(2, active=A), NOW)
    assert [(each.report.active, each.received) for each in store.devices("tiny", "stable")] == [(B, NOW), (A, NOW)]
    assert store.devices("tiny", "beta") == store.devices("other", "stable") == []


def test_a_full_store_takes_no_new_device_until_one_was_silent_for_long(store: ReportStore) -> None:
    for number in (1, 2, 3, 1):
        store.add(report(number), NOW + timedelta(days=number))
    with pytest.raises(StoreFull):
        store.add(report(4), NOW + timedelta(days=4))
    store.add(report(4), NOW + timedelta(days=SILENT_DAYS + 3))
    assert len(store.devices("tiny", "stable")) <= 3


counts = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=6)


@given(steps=counts)
@settings(max_examples=15)
def test_answers_between_reports_add_up_to_what_was_counted(
    steps: list[tuple[int, int]], tmp_path_factory: Any
) -> None:
    store = ReportStore(tmp_path_factory.mktemp("store") / "reports.db")
    answered = rejected = 0
    for understood, not_understood in steps:
        answered, rejected = answered + understood + not_understood, rejected + not_understood
        store.add(report(1, active=A, answers=AnswerCounts(A, answered, rejected)), NOW)
    told = [each.counts for each in store.answers("tiny", "stable", NOW)]
    assert (sum(each.answered for each in told), sum(each.rejected for each in told)) == (answered, rejected)


def test_counts_begin_anew_with_another_bundle_and_old_ones_are_dropped(store: ReportStore) -> None:
    for hours, answers in ((0, AnswerCounts(A, 9, 1)), (1, AnswerCounts(B, 4, 2)), (2, AnswerCounts(B, 3, 0))):
        moment = NOW + timedelta(hours=hours)
        store.add(replace(report(1, answers=answers), time=moment), moment)
    told = store.answers("tiny", "stable", NOW + timedelta(hours=1))
    assert [(each.counts.bundle_id, each.counts.answered) for each in told] == [(B, 4), (B, 3)]
    store.add(report(2), NOW + timedelta(days=KEPT_DAYS + 1))
    assert store.answers("tiny", "stable", NOW) == []


def test_old_counts_are_dropped_where_no_device_is_new(store: ReportStore) -> None:
    store.add(report(1, answers=AnswerCounts(A, 1, 0)), NOW)
    with closing(sqlite3.connect(store.path)) as database, database:  # as many reports would have left them
        columns = "received, device, product, channel, bundle_id, answered, rejected"
        database.executemany(
            f"INSERT INTO answers ({columns}) SELECT {columns} FROM answers LIMIT 1", [()] * (TRIMMED_EVERY - 2)
        )
    later = NOW + timedelta(days=KEPT_DAYS + 1)
    store.add(replace(report(1, answers=AnswerCounts(A, 2, 0)), time=later), later)
    assert [each.received for each in store.answers("tiny", "stable", NOW)] == [later]


def test_a_bundle_that_a_device_returns_to_goes_on_counting(store: ReportStore) -> None:
    for hours, answers in ((0, AnswerCounts(A, 9, 1)), (1, AnswerCounts(B, 4, 2)), (2, AnswerCounts(A, 12, 1))):
        moment = NOW + timedelta(hours=hours)
        store.add(replace(report(1, answers=answers), time=moment), moment)
    told = [each.counts for each in store.answers("tiny", "stable", NOW)]
    assert told == [AnswerCounts(A, 9, 1), AnswerCounts(B, 4, 2), AnswerCounts(A, 3, 0)]


def test_a_device_that_makes_up_bundles_fills_no_store(store: ReportStore) -> None:
    for number in range(20):
        moment = NOW + timedelta(hours=number)
        store.add(replace(report(1, answers=AnswerCounts(f"{number:064x}", 1, 0)), time=moment), moment)
    with closing(sqlite3.connect(store.path)) as database:
        assert database.execute("SELECT count(*) FROM counted").fetchone() == (COUNTED_BUNDLES,)
