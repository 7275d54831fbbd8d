"""The gate `gate.no_flagged_head`: no main head of a champion is worse than a net that learns it alone.

The rule is cheap where all is well. One baseline a main head, with the challenger's seed, screens: a head that is no
worse than its baseline there passes. A head that is worse gets two more seeds of challenger and baseline, and blocks
when the whole interval over rows and seeds lies below 0. So a good challenger costs a training a head, once: baselines
stay in the step cache while data, trunk and training settings stay.
"""

from __future__ import annotations

from deploy.evaluation.verdict import Verdict
from schemas.spec.product import Spec
from schemas.spec.variants import confirming_trials, screening_baselines
from tasks.records import Scored, Trained, Validated
from tasks.steps.transfer_gate import behind_baselines, judge_transfer
from tasks.trials.run import run_trials


def judge_beside_baselines(spec: Spec, data: Validated, net: Trained, challenger: Scored, verdict: Verdict) -> Verdict:
    """Return the verdict with what the baselines have to say."""
    tried = run_trials(screening_baselines(spec), data)
    behind = behind_baselines(challenger, {trial.net: tried[trial.title] for trial in screening_baselines(spec)})
    tried |= run_trials(confirming_trials(spec, behind), data)
    return judge_transfer(spec, net, challenger, behind, tried, verdict)
