"""The gate `gate.no_flagged_head`: no main head of a champion is worse than a net that learns it alone.

The rule is cheap where all is well. One twin a main head, with the challenger's seed, screens: a head that is no worse
than its twin there passes. A head that is worse gets two more seeds of challenger and twin, and blocks when the whole
interval over rows and seeds lies below 0. So a good challenger costs a training a head, once: twins stay on the shelf
while data, trunk and training settings stay.
"""

from __future__ import annotations

from schemas.spec.product import Spec
from schemas.spec.variants import confirming_trials, screening_twins
from tasks.records import Champion, Judged, Scored, Trained, Validated
from tasks.steps.transfer_gate import behind_twins, judge_transfer
from tasks.trials.run import run_trials


def judge_beside_twins(
    spec: Spec, data: Validated, net: Trained, challenger: Scored, verdict: Judged, in_force: Champion | None
) -> Judged:
    """Return the verdict with what the twins have to say."""
    tried = run_trials(screening_twins(spec), data)
    behind = behind_twins(challenger, {trial.net: tried[trial.title] for trial in screening_twins(spec)})
    tried |= run_trials(confirming_trials(spec, behind), data)
    return judge_transfer(spec, net, challenger, behind, tried, verdict, in_force)
