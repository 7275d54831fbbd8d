"""Retrain: from rows to a bundle on a channel."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from prefect import flow
from prefect.states import Completed

from deploy.evaluation.gate import has_open_heads, judged_anew
from deploy.evaluation.verdict import Verdict
from flows.parameters import Moment
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from tasks.cache.origin import origin_of
from tasks.chain import make
from tasks.flow_run import tell_users_faults_in_a_sentence
from tasks.records import Champion, Made, Registered, Retrained
from tasks.settings import Settings
from tasks.steps.evaluate import heed_people, judge, report_scores, report_verdict, score, self_test
from tasks.steps.notify import tell_of_end, tell_people, verdict_text
from tasks.steps.register import promote, reconcile, register
from tasks.trials.baseline_gate import judge_beside_baselines
from tasks.trials.cross_validation import cross_validate
from tasks.turns import turn


# The parameters are those of the command line. A spec as one big value would copy the file into every deployment and
# make a form of sixty fields; a path keeps the file in the checkout the one place to change.
@flow(name="retrain", log_prints=False, on_failure=[tell_of_end], on_crashed=[tell_of_end])
def retrain(
    spec_path: Path,
    data: list[Path] | None = None,
    overrides: list[str] | None = None,
    reason: str = "",
    now: Moment | None = None,
) -> Retrained:
    """Train a challenger on the rows of a spec, and promote it if no main head is worse than the champion's.

    Args:
        spec_path: the spec file, for example specs/home.yaml
        data: files that take the place of the spec's data
        overrides: other fields of the spec, for example train.epochs=3
        reason: why it runs, where something asked for it; it stands in the message to people
        now: the date of its promotion in the log, for rows of earlier days; default: the moment at which it happens
    """
    tell_users_faults_in_a_sentence()
    spec = load_spec(spec_path, data=data or (), overrides=overrides or ())
    with turn(spec.name):  # one at a time; a second one waits, and says for whom
        champion = reconcile(spec)  # what a killed run left half done is finished first
        origin = origin_of(spec, champion, Settings.from_environment().cache)  # what the training goes on from
        # Rows, teachers, net, graphs, bundle, scores: tasks/chain.py.
        made = make(spec, champion=champion, origin=origin)
        report_scores(made.bundle, made.scored, made.run_id)
        registered = register(spec, made.data, made.bundle, made.run_id)
        verdict, champion = settle(spec, made, registered, champion, now)
    told = verdict_text(spec.name, registered, verdict, reason)
    tell_people(told)
    done = Retrained(
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
    # Callers get the data; the message is how the page of the run says that it has ended.
    return Completed(message=told, data=done)  # type: ignore[return-value]  # Prefect unpacks it


def settle(
    spec: Spec, made: Made, registered: Registered, champion: Champion | None, now: datetime | None = None
) -> tuple[Verdict, Champion | None]:
    """Judge the challenger and promote it if it may be; returns the verdict that holds, and the champion by then."""
    failure, overtaken = self_test(made.bundle), list[Verdict]()
    while (verdict := judged_anew(decide(spec, made, champion, failure), overtaken)).promote:
        if promoted := promote(spec, made.bundle, registered, verdict, now):
            champion = promoted
            break
        overtaken.append(verdict)  # another one has become champion since, and of that one the verdict says nothing
        champion = reconcile(spec)
    report_verdict(spec, verdict, made, registered)
    return verdict, champion


def decide(spec: Spec, made: Made, champion: Champion | None, failure: str | None) -> Verdict:
    """Return what the gate says of the challenger beside this champion; known scores come from the step cache."""
    in_force = score(champion, made.data) if champion else None
    verdict = judge(spec, made.data, made.scored, in_force, champion, failure)
    if champion and spec.gate.folds and has_open_heads(verdict, spec.gate):
        verdict = cross_validate(spec, spec.gate.folds, made.data, champion, verdict)
    if verdict.promote and spec.gate.no_flagged_head:
        verdict = judge_beside_baselines(spec, made.data, made.trained, made.scored, verdict)
    return heed_people(spec, made.bundle, verdict)
