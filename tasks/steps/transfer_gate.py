"""The verdict of the baselines: is a main head of the challenger worse than a net that learns it alone?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from prefect import task

from deploy.evaluation.comparison import AFFINITY
from deploy.evaluation.transfer import Transfer, corrected, suspect, transfer_of
from deploy.evaluation.verdict import Verdict
from model.training.finished import read_tables
from schemas.evaluation.matrix import Table
from schemas.evaluation.metrics import PRIMARY, HeadScore, scored_as
from schemas.spec.product import Spec
from schemas.spec.variants import confirming_trials, screening_trials
from tasks.records import Made, Scored, Trained
from tasks.settings import Settings
from tasks.steps.score_files import load_scores


def behind_baselines(spec: Spec, challenger: Scored, tried: Mapping[str, Made]) -> tuple[str, ...]:
    """Return the heads that score less than their baseline in the mean of the screening's seeds."""
    return tuple(
        head for head in _judged(spec) if _mean(spec, _ours(spec, challenger, tried), head) < _alone(spec, tried, head)
    )


@task
def judge_transfer(
    spec: Spec, net: Trained, challenger: Scored, tried: Mapping[str, Made], verdict: Verdict
) -> Verdict:  # fmt: skip
    """Block what is flagged, and add to the verdict how every head stands to its baseline."""
    behind = behind_baselines(spec, challenger, tried)
    found = dict(zip(behind, _transfers(spec, behind, challenger, tried), strict=True))
    reasons = []
    for head in _judged(spec):
        if head in found:
            reasons.append(_reason(spec, found[head], net, tried))
        else:
            ours = _mean(spec, _ours(spec, challenger, tried), head)
            reasons.append(
                f"{head}: {ours:.4f} is no worse than {_alone(spec, tried, head):.4f} alone, mean of 2 seeds"
            )
    reasons += [f"{head}: waived, it may be worse than alone" for head in spec.gate.waive]
    blocked = any(transfer.is_negative for transfer in found.values())
    return replace(verdict, promote=verdict.promote and not blocked, reasons=(*verdict.reasons, *reasons))


def _judged(spec: Spec) -> list[str]:
    return [head for head in spec.main_heads if head not in spec.gate.waive]


def _ours(spec: Spec, challenger: Scored, tried: Mapping[str, Made]) -> list[Scored]:
    """Return the challenger and the second seed of its net."""
    return [challenger, *(tried[trial.title].scored for trial in screening_trials(spec) if not trial.is_baseline)]


def _alone(spec: Spec, tried: Mapping[str, Made], head: str) -> float:
    mine = [trial for trial in screening_trials(spec) if trial.is_baseline and trial.net == head]
    return _mean(spec, [tried[trial.title].scored for trial in mine], head)


def _mean(spec: Spec, scored: Sequence[Scored], head: str) -> float:
    metric = PRIMARY[scored_as(spec.heads[head].kind)]
    return fmean(each.metrics[head].get(metric, 0.0) for each in scored)  # rows that tell nothing set no net behind


def _transfers(
    spec: Spec, behind: Sequence[str], challenger: Scored, tried: Mapping[str, Made]
) -> tuple[Transfer, ...]:  # fmt: skip
    trials = (*screening_trials(spec), *confirming_trials(spec, behind))
    ours = [challenger, *(tried[trial.title].scored for trial in trials if not trial.is_baseline)]
    found = [
        transfer_of(
            head,
            [_score(scored, head) for scored in ours],
            [_score(tried[t.title].scored, head) for t in trials if t.is_baseline and t.net == head],
            confidence=spec.gate.confidence,
            resamples=spec.gate.resamples,
        )
        for head in behind
    ]
    return corrected(found, spec.gate.confidence)


def _reason(spec: Spec, transfer: Transfer, net: Trained, tried: Mapping[str, Made]) -> str:
    d = transfer.difference
    says = f"{transfer.head}: {d.value:+.4f} [{d.low:+.4f}, {d.high:+.4f}] against a net that learns it alone, 3 seeds"
    if not transfer.is_negative:
        return f"{says}: not sure enough to be called harm"
    trials = (*screening_trials(spec), *confirming_trials(spec, [transfer.head]))
    nets = [net, *(tried[trial.title].trained for trial in trials if not trial.is_baseline)]
    source = suspect(transfer.head, _affinities(nets), spec.gate.confidence)
    blame = f"{source.head} harms it, affinity {source.affinity:+.4f}" if source else "no one head is shown to harm it"
    return f"{says}: negative transfer blocks ({blame}; --waive {transfer.head} accepts it)"


def _affinities(nets: Sequence[Trained]) -> list[Table]:
    cache = Settings.from_environment().cache
    return [table for net in nets for table in read_tables(cache / net.cache_path) if table.name == AFFINITY]


def _score(scored: Scored, head: str) -> HeadScore:
    return load_scores(Settings.from_environment().cache / scored.cache_path).heads[head]
