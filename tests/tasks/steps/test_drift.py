"""Drift looked for in a real store of what devices heard."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from deploy.drift.decide import Bounds
from deploy.intake.store import GoodLine
from schemas.spec.product import Spec
from tasks.steps.drift import look_for_drift
from tasks.steps.ingest import store_of

# MLflow warns of the types of its own request classes when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("weekday", [0, 3])
def test_ten_households_are_too_few_on_whatever_day_a_week_ends(tiny: Spec, weekday: int) -> None:
    now = datetime(2026, 11, 23, 2, tzinfo=UTC) + timedelta(days=weekday)
    store = store_of(tiny.name)
    result = {"text": "lamp on", "lang": "en", "bundle_id": "0" * 64, "intents": [], "domain": None, "heads": {},
              "rejected": True, "reason": "unsure"}  # fmt: skip
    for day in (1, 6, 8, 20):
        lines = [GoodLine(f"{day}/{home}".encode(), b"key", json.dumps(result), f"home {home}") for home in range(10)]
        store.add("heard.jsonl", str(day), lines, unlabelled=0, quarantined=0, now=now - timedelta(days=day))
    found = look_for_drift.fn(tiny, 7, 28, Bounds(), now)
    assert "words: 10 and 10 households, 20 are needed" in found.reasons and found.shifts == ()
