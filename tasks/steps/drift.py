"""Drift looked at: windows out of the store, the verdict on them, an event where a retrain should follow."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.events import emit_event
from prefect.logging import get_run_logger

from deploy.drift.decide import Bounds, Drift, drift_between
from deploy.drift.said import Said, answer_signals, input_signals, label_signals, said_of, weeks_back
from deploy.intake.store import Reported, Store
from schemas.spec.product import Spec
from tasks.settings import Settings
from tasks.steps.ingest import store_of
from tasks.tracking.champion import champion_of, open_champion
from trunkline_edge.understanding.result import Result

FOUND = "trunkline.drift.found"
"""The event; `prefect.yaml` has the trigger that starts `retrain` with its reason."""
SEEN = "drift_seen"
"""File beside the store: when drift was found last. What was before is no measure of what comes."""


@task
def look_for_drift(spec: Spec, days: float, before_days: float, bounds: Bounds, now: datetime) -> Drift:
    """Compare what was heard and labelled in the last days with the days before, since drift was found last."""
    store = store_of(spec.name)
    turn = now - timedelta(days=days)
    begin = max(turn - timedelta(days=before_days), _seen(store) or datetime.min.replace(tzinfo=UTC))
    windows = (begin, turn), (turn, now)
    heard = [[_said(each, end) for each in store.heard(start, end)] for start, end in windows]
    rows = [_labelled(store.rows(*window)) for window in windows]
    bundles = Counter(said.bundle_id for said in heard[1])
    bundle = bundles.most_common(1)[0][0] if bundles else None
    heads = [name for name, head in spec.labelled_heads.items() if head.kind == "class" and head.follows is None]
    signals = {**input_signals(_vocabulary(spec)), **answer_signals(bundle), **label_signals(heads)}
    return drift_between([*heard[0], *rows[0]], [*heard[1], *rows[1]], signals, bounds)


@task
def tell_drift(spec: Spec, spec_path: Path, found: Drift, now: datetime) -> None:
    """Keep a page for people and, where there is drift, emit the event that starts a retrain."""
    lines = "\n".join(f"- {reason}" for reason in found.reasons)
    create_markdown_artifact(
        key=f"{spec.name.replace('_', '-')}-drift",
        markdown=f"**{'Drift' if found.drifted else 'No drift'}**\n\n{lines}",
    )
    get_run_logger().info("drift: %s: %s", found.drifted, "; ".join(found.reasons))
    if found.drifted:
        reason = f"drift: {'; '.join(found.reasons)}"
        emit_event(
            FOUND,
            resource={"prefect.resource.id": f"trunkline.product.{spec.name}"},
            payload={"spec_path": str(spec_path), "reason": reason},
        )
        mark = store_of(spec.name).path.with_name(SEEN)
        mark.write_text(now.isoformat())


def _seen(store: Store) -> datetime | None:
    try:
        return datetime.fromisoformat(store.path.with_name(SEEN).read_text())
    except (FileNotFoundError, ValueError):
        return None


def _said(heard: Reported, end: datetime) -> Said:
    return said_of(Result.from_json(json.loads(heard.result)), heard.device, weeks_back(heard.received, end))


def _labelled(rows: list[str]) -> list[Said]:
    """Return rows with a label of a class head; they tell of labels only, since people choose what they label."""
    labels = [json.loads(row)["labels"].items() for row in rows]
    classes = [{head: label for head, label in each if isinstance(label, str)} for each in labels]
    return [Said(f"row {number}", (), "", labels=each) for number, each in enumerate(classes) if each]


def _vocabulary(spec: Spec) -> set[str]:
    """Return the words that the champion knows; none before there is one."""
    repository = Settings.from_environment().repository
    champion = champion_of(repository, spec.name, spec.release.channel)
    return set(open_champion(repository, champion).featurizer.vocabulary) if champion else set()
