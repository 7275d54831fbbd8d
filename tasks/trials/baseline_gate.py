"""The gate `gate.no_flagged_head`: no main head of a champion is worse than a net that learns it alone.

The rule is cheap where all is well. Two seeds of the net and of one baseline a main head screen, as one seed would let
half of all slight harm pass: a head whose mean is no worse than its baseline's there passes. The others get a third
seed, and block when they are worse beyond chance over rows and seeds, corrected for their number. So a good challenger
costs a training more, and two a head once: baselines stay in the step cache while data, trunk and training settings
stay. A baseline keeps its own best epoch here: it is the net that would ship in the challenger's place.
"""

from __future__ import annotations

from deploy.evaluation.verdict import Verdict
from schemas.spec.product import Spec
from schemas.spec.variants import confirming_trials, screening_trials
from tasks.records import Scored, Trained, Validated
from tasks.steps.transfer_gate import behind_baselines, judge_transfer
from tasks.trials.run import run_trials


def judge_beside_baselines(spec: Spec, data: Validated, net: Trained, challenger: Scored, verdict: Verdict) -> Verdict:
    """Return the verdict with what the baselines have to say."""
    tried = run_trials(screening_trials(spec), data)
    tried |= run_trials(confirming_trials(spec, behind_baselines(spec, challenger, tried)), data)
    return judge_transfer(spec, net, challenger, tried, verdict)
