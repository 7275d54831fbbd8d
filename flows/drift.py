"""Drift: has what devices hear, or answer, changed since? If so, a retrain is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow

from deploy.drift.decide import Bounds, Drift
from flows.parameters import Chance, Days, Moment, Share
from schemas.spec.load import load_spec
from tasks.flow_run import tell_users_faults_in_a_sentence
from tasks.steps.drift import look_for_drift, tell_drift
from tasks.steps.notify import tell_of_end, tell_people


@flow(name="drift", log_prints=False, on_failure=[tell_of_end], on_crashed=[tell_of_end])
def drift(
    spec_path: Path,
    days: Days = 7.0,
    before_days: Days = 28.0,
    false_alarm: Chance = 0.01,
    min_excess: Share = 0.03,
    now: Moment | None = None,
) -> Drift:
    """Compare the last days with those before; drift emits the event that starts `retrain`.

    Args:
        spec_path: the spec file, for example specs/home.yaml
        days: how long the newest window is
        before_days: how long the window before it is
        false_alarm: chance, at each look, of an alarm where nothing has changed
        min_excess: share of what was said that must be of another kind, beyond chance
        now: end of the newest window, to look at earlier days; default: this moment; without a time zone: UTC
    """
    tell_users_faults_in_a_sentence()
    spec, until = load_spec(spec_path), now or datetime.now(UTC)
    found = look_for_drift(spec, days, before_days, Bounds(false_alarm, min_excess), until)
    tell_drift(spec, spec_path, found, until)
    if found.drifted:
        tell_people(f"{spec.name}: drift. {'; '.join(found.reasons)}")
    return found
