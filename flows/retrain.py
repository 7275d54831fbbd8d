"""Retrain: from rows to a bundle on a channel."""

from __future__ import annotations

from pathlib import Path

from prefect import flow

from schemas.spec.product import load_spec
from schemas.spec.teachers import teachers_of
from tasks.progress import reporting_as
from tasks.records import Retrained
from tasks.steps.evaluate import judge, report_scores, score
from tasks.steps.register import promote, reconcile, register
from tasks.steps.ship import build, export
from tasks.steps.train import record, train
from tasks.steps.validate import validate
from tasks.trials.baseline_gate import judge_beside_baselines


# The parameters are those of the command line. A spec as one big value would copy the file into every deployment and
# make a form of sixty fields; a path keeps the file in the checkout the one place to change.
@flow(name="retrain", log_prints=False)
def retrain(spec: Path, data: list[Path] | None = None, overrides: list[str] | None = None) -> Retrained:
    """Train a challenger on the rows of a spec, and promote it if no main head is worse than the champion's.

    Args:
        spec: the spec file, for example specs/home.yaml
        data: files that take the place of the spec's data
        overrides: other fields of the spec, for example train.epochs=3
    """
    what = load_spec(spec, data=data or (), overrides=overrides or ())
    champion = reconcile(what)  # what a killed run left half done is finished first
    rows = validate(what, champion)
    for name, teacher in teachers_of(what).items():
        with reporting_as(f"teacher {name}", last="train"):
            record(teacher, rows, train(teacher, rows))
    net = train(what, rows)
    run_id = record(what, rows, net)
    graphs = export(what, rows, net)
    challenger = build(what, rows, net, graphs, run_id)
    scored = score(challenger, rows)
    report_scores(challenger, scored, run_id)
    verdict = judge(what, rows, scored, score(champion, rows) if champion else None, champion)
    if verdict.promote and what.gate.no_flagged_head:
        verdict = judge_beside_baselines(what, rows, net, scored, verdict, champion)
    registered = register(what, rows, challenger, run_id)
    if verdict.promote:
        champion = promote(what, challenger, registered, verdict)
    return Retrained(
        product=what.name,
        judged=verdict,
        data=rows,
        trained=net,
        run_id=run_id,
        bundle=challenger,
        scored=scored,
        registered=registered,
        in_force=champion,
    )
