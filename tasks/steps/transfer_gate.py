"""The verdict of the baselines: is a main head of the challenger worse than a net that learns it alone?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from prefect import task

from deploy.evaluation.comparison import AFFINITY
from deploy.evaluation.transfer import Transfer, suspect, transfer_of
from deploy.evaluation.verdict import Verdict
from model.training.finished import read_tables
from schemas.evaluation.metrics import HeadScore
from schemas.spec.product import Spec
from schemas.spec.variants import confirming_trials, screening_baselines
from tasks.records import Made, Scored, Trained
from tasks.settings import Settings
from tasks.steps.score_files import load_scores


def behind_baselines(challenger: Scored, baselines: Mapping[str, Made]) -> tuple[str, ...]:
    """Return the heads that score less than their baseline; each bundle's metrics begin with the one that decides."""
    return tuple(
        head for head, baseline in baselines.items() if _primary(challenger, head) < _primary(baseline.scored, head)
    )


@task
def judge_transfer(
    spec: Spec, net: Trained, challenger: Scored, behind: Sequence[str], tried: Mapping[str, Made], verdict: Verdict
) -> Verdict:
    """Block what is flagged, and add to the verdict how every head stands to its baseline."""
    reasons, blocked = [], False
    for trial in screening_baselines(spec):
        if trial.net not in behind:
            ours, alone = _primary(challenger, trial.net), _primary(tried[trial.title].scored, trial.net)
            reasons.append(f"{trial.net}: {ours:.4f} is no worse than {alone:.4f} alone")
            continue
        transfer = _transfer(spec, trial.net, challenger, tried)
        blocked |= transfer.is_negative
        reasons.append(_reason(transfer, net))
    reasons += [f"{head}: waived, it may be worse than alone" for head in spec.gate.waive]
    return replace(verdict, promote=verdict.promote and not blocked, reasons=(*verdict.reasons, *reasons))


def _transfer(spec: Spec, head: str, challenger: Scored, tried: Mapping[str, Made]) -> Transfer:
    (first,) = (trial for trial in screening_baselines(spec) if trial.net == head)
    more = confirming_trials(spec, [head])
    ours = [challenger, *(tried[trial.title].scored for trial in more if not trial.is_baseline)]
    alone = [tried[trial.title].scored for trial in (first, *more) if trial.is_baseline]
    return transfer_of(
        head,
        [_score(scored, head) for scored in ours],
        [_score(scored, head) for scored in alone],
        confidence=spec.gate.confidence,
        resamples=spec.gate.resamples,
    )


def _reason(transfer: Transfer, net: Trained) -> str:
    d = transfer.difference
    says = f"{transfer.head}: {d.value:+.4f} [{d.low:+.4f}, {d.high:+.4f}] against a net that learns it alone, 3 seeds"
    if not transfer.is_negative:
        return f"{says}: not sure enough to be called harm"
    tables = read_tables(Settings.from_environment().cache / net.cache_path)
    source = suspect(transfer.head, next((table for table in tables if table.name == AFFINITY), None))
    blame = (
        f"suspect: {source.head}, affinity {source.affinity:+.4f}" if source else "train.probe_steps finds a suspect"
    )
    return f"{says}: negative transfer blocks ({blame}; --waive {transfer.head} accepts it)"


def _score(scored: Scored, head: str) -> HeadScore:
    return load_scores(Settings.from_environment().cache / scored.cache_path).heads[head]


def _primary(scored: Scored, head: str) -> float:
    return next(iter(scored.metrics[head].values()))
