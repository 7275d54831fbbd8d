"""Retrain: from rows to a bundle on a channel."""

from __future__ import annotations

from pathlib import Path

from prefect import flow

from schemas.spec.product import load_spec
from tasks.chain import make
from tasks.records import Retrained
from tasks.steps.evaluate import judge, report_scores, score
from tasks.steps.register import promote, reconcile, register
from tasks.trials.baseline_gate import judge_beside_baselines


# The parameters are those of the command line. A spec as one big value would copy the file into every deployment and
# make a form of sixty fields; a path keeps the file in the checkout the one place to change.
@flow(name="retrain", log_prints=False)
def retrain(spec_path: Path, data: list[Path] | None = None, overrides: list[str] | None = None) -> Retrained:
    """Train a challenger on the rows of a spec, and promote it if no main head is worse than the champion's.

    Args:
        spec_path: the spec file, for example specs/home.yaml
        data: files that take the place of the spec's data
        overrides: other fields of the spec, for example train.epochs=3
    """
    spec = load_spec(spec_path, data=data or (), overrides=overrides or ())
    champion = reconcile(spec)  # what a killed run left half done is finished first
    made = make(spec, champion=champion)  # rows, teachers, net, graphs, bundle, scores: tasks/chain.py
    report_scores(made.bundle, made.scored, made.run_id)
    verdict = judge(spec, made.data, made.scored, score(champion, made.data) if champion else None, champion)
    if verdict.promote and spec.gate.no_flagged_head:
        verdict = judge_beside_baselines(spec, made.data, made.trained, made.scored, verdict, champion)
    registered = register(spec, made.data, made.bundle, made.run_id)
    if verdict.promote:
        champion = promote(spec, made.bundle, registered, verdict)
    return Retrained(
        product=spec.name,
        judged=verdict,
        data=made.data,
        trained=made.trained,
        run_id=made.run_id,
        bundle=made.bundle,
        scored=made.scored,
        registered=registered,
        in_force=champion,
    )
