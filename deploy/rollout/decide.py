"""What to do about a rollout, as a function of its plan and of what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from deploy.rollout.plan import Plan
from deploy.rollout.sequential import NO_RISE, Rise, p_value_of_share

Action = Literal["wait", "ask", "widen", "finish", "stop"]


@dataclass(frozen=True)
class Evidence:
    """What a stage has shown so far."""

    hours: float
    """Since it began."""
    stood: int
    """Devices that run the candidate and are past its probation."""
    on_trial: int
    """That run it on probation."""
    failed: int
    """On which it failed its test or its probation; they run something else and never try it again."""
    codes: Mapping[str, int] = field(default_factory=dict)
    """Of the failed."""
    rise: Rise = NO_RISE

    @property
    def reports(self) -> int:
        """Devices that know how it ended."""
        return self.stood + self.failed


@dataclass(frozen=True)
class RolloutDecision:
    """What to do, and the numbers that led to it."""

    action: Action
    """ask: the reports do not come, a person must decide. finish: the candidate is for all devices."""
    reasons: tuple[str, ...]


def decide(plan: Plan, stage: int, evidence: Evidence) -> RolloutDecision:
    """Say what to do at a stage (a number from 0). What speaks for stopping comes before everything else."""
    if against := _against(plan, evidence):
        return RolloutDecision("stop", against)
    now = plan.stages[stage]
    missing = []
    if evidence.reports < now.min_reports:
        missing.append(f"{evidence.reports} of {now.min_reports} devices have reported, {evidence.on_trial} are trying")
    if (p_value := _p_value(plan, evidence)) < 1:
        # The test is not sure, but leans that way: meanwhile no more devices are put at risk.
        missing.append(f"{_failures(evidence)}: likely more than {plan.max_failed_percent:g} % (p {p_value:.2g})")
    if missing and evidence.hours >= plan.max_hours:
        over = f"the stage has lasted {evidence.hours:.0f} hours, planned are at most {plan.max_hours:g}"
        return RolloutDecision("ask", (over, *missing))
    if evidence.hours < now.min_hours:
        missing.append(f"{evidence.hours:.1f} of {now.min_hours:g} hours are over")
    if missing:
        return RolloutDecision("wait", tuple(missing))
    found = f"devices past probation: {evidence.stood}, failed: {evidence.failed}, after {evidence.hours:.1f} hours"
    if stage + 1 == len(plan.stages):
        return RolloutDecision("finish", (found, "this was the last stage"))
    return RolloutDecision("widen", (found, f"next: {plan.stages[stage + 1].percent:g} %"))


def _against(plan: Plan, evidence: Evidence) -> tuple[str, ...]:
    reasons = []
    if evidence.failed >= plan.max_failed:
        reasons.append(f"{_failures(evidence)}: the limit is {plan.max_failed}")
    p_value = _p_value(plan, evidence)
    if p_value <= plan.false_alarm:
        reasons.append(f"{_failures(evidence)}: surely more than {plan.max_failed_percent:g} % (p {p_value:.2g})")
    rise = evidence.rise
    if rise.p_value <= plan.false_alarm:
        reasons.append(
            f"devices with it reject {100 * rise.candidate:.1f} % of utterances, the others {100 * rise.base:.1f} %: "
            f"more in {rise.higher} of {rise.pairs} pairs, less in {rise.lower} (p {rise.p_value:.2g})"
        )
    return tuple(reasons)


def _p_value(plan: Plan, evidence: Evidence) -> float:
    """Of "no more devices fail than may": those on probation have at least passed their test."""
    return p_value_of_share(plan.max_failed_percent / 100, evidence.failed, evidence.stood + evidence.on_trial)


def _failures(evidence: Evidence) -> str:
    tried = evidence.reports + evidence.on_trial
    codes = ", ".join(f"{code} {count}" for code, count in sorted(evidence.codes.items()))
    return f"failed on {evidence.failed} of {tried} devices" + (f" ({codes})" if codes else "")
