"""What the flows' parameters may be, as the flow itself and Prefect's server see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from prefect import Flow
from prefect.exceptions import ParameterTypeError
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools import validate

from flows.drift import drift
from flows.ingest import ingest
from flows.retrain import retrain

SPEC = Path("specs/home.yaml")


def server_takes(flow: Flow[Any, Any], **values: Any) -> bool:
    """Would a deployment with `enforce_parameter_schema` take these?"""
    return not validate({"spec_path": str(SPEC), **values}, parameter_schema(flow).model_dump())


@pytest.mark.parametrize("flow", [drift, ingest, retrain], ids=lambda flow: flow.name)
def test_a_date_without_a_time_zone_is_utc(flow: Flow[Any, Any]) -> None:
    east = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    for given, taken in (
        (datetime(2026, 3, 1, 12), datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        (east, east),
        (None, None),
    ):
        found = flow.validate_parameters({"spec_path": SPEC, "now": given})["now"]
        assert (found, found and found.tzinfo is not None) == (taken, taken and True)
    assert server_takes(flow, now="2026-03-01T12:00:00Z")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("days", -3), ("days", 0), ("days", 1e9), ("before_days", 0), ("false_alarm", 0), ("false_alarm", 2),
     ("min_excess", -0.1), ("min_excess", 1.5)],
)  # fmt: skip
def test_drift_refuses_windows_and_bounds_that_none_can_have(name: str, wrong: float) -> None:
    with pytest.raises(ParameterTypeError, match=name):
        drift.validate_parameters({"spec_path": SPEC, name: wrong})
    assert not server_takes(drift, **{name: wrong})
    assert server_takes(drift, **{name: 0.5})
