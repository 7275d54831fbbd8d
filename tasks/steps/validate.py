"""Rows in; a data set, a quarantine and a report out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.task_runners import TaskRunner

from schemas.data.contract import REASONS
from schemas.data.judge import Judged, Portion, judge
from schemas.data.validate import Validation, judge_here
from schemas.spec.product import Spec
from tasks import rows
from tasks.flow_run import describe_flow_run, say
from tasks.records import Champion, Validated
from tasks.runners import task_runner
from tasks.settings import Settings


@task(persist_result=False)
def validate(spec: Spec, champion: Champion | None = None) -> Validated:
    """Read and judge the rows, and put a report on the flow run; raises as `tasks.rows.validate` does.

    With a runner set (`tasks.runners`), each partition of the sources is judged by a task of its own.
    """
    runner = Settings.from_environment().runner
    try:
        data = rows.validate(spec, champion, partial(judge_by, task_runner(runner)) if runner else judge_here)
    except rows.RowsRefused as refused:
        _report(spec.name, refused.outcome, f"Refused: {refused}")
        raise
    describe_flow_run(spec.name, data.digest)
    say(f"validate: {data.in_short}")
    _report(spec.name, data, "The rows are a data set.")
    return data


def judge_by(
    runner: TaskRunner[Any], spec: Spec, portions: Sequence[Portion], folders: Sequence[Path]
) -> Iterator[Judged]:
    """Judge each portion as a task that the runner places; what comes of it is what comes of it in one process."""
    with runner:
        begun = [
            runner.submit(judge_portion, {"spec": spec, "portion": portion, "folder": folder})
            for portion, folder in zip(portions, folders, strict=True)
        ]
        for each in begun:
            yield from each.result()


@task(name="judge", persist_result=False, cache_policy=NO_CACHE)
def judge_portion(spec: Spec, portion: Portion, folder: Path) -> list[Judged]:
    """Judge the rows of one partition."""
    return list(judge(spec, portion, folder))


def _report(product: str, found: Validation | Validated, said: str) -> None:
    """Show what became of the rows: counts, reasons, data issues, and the first rows of the quarantine."""
    if flow_run.id is None:  # a trial's process: there is no page to put the report on
        return
    table: list[dict[str, object]] = [
        {"what": "rows read", "value": found.read},
        {"what": "good", "value": found.read - found.quarantined},
        {"what": "quarantined", "value": found.quarantined},
    ]
    for code, count in found.reasons.items():
        table.append({"what": f"bad rows: {REASONS[code]}", "value": f"{count}, the first in {found.examples[code]}"})
    if isinstance(found, Validated):
        table += [{"what": f"data issue: {issue.code}", "value": issue.message} for issue in found.data_issues]
    table += [{"what": "quarantined row", "value": str(row)} for row in rows.first_quarantined(found)]
    description = f"{said} Quarantine: {rows.quarantine_of(found) or 'empty'}"
    create_table_artifact(key=f"{product.replace('_', '-')}-validation", table=table, description=description)
