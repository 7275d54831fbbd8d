"""The gate `gate.folds`: where the held-out rows cannot tell, champion and challenger are compared as recipes.

For every fold both are trained anew, the champion by its own spec on its own rows, the challenger by today's; neither
learns from a row of the fold or from one like it, and both are asked all of them. That costs two trainings a fold,
where a set that is too small to decide otherwise takes seconds. Code and libraries are today's for both.
"""

from __future__ import annotations

from deploy.evaluation.verdict import Verdict
from schemas.spec.product import Spec
from schemas.spec.variants import fold_trial
from tasks.records import Champion, RowsAt, Validated
from tasks.steps.folds import NoFolds, check_fold, cut, judge_cross_validation, recipe_of, without_folds
from tasks.trials.processes import Work
from tasks.trials.run import run_each


def cross_validate(spec: Spec, folds: int, data: Validated, champion: Champion, verdict: Verdict) -> Verdict:
    """Return the verdict with what the folds have to say."""
    try:
        work = _plan(spec, folds, data, champion)
    except NoFolds as why:
        return without_folds(verdict, why)
    made = run_each([each for pair in work for each in pair])
    scored = [(made[ours.title].scored, made[theirs.title].scored) for (ours, _), (theirs, _) in work]
    return judge_cross_validation(spec, scored, verdict)


def _plan(spec: Spec, folds: int, data: Validated, champion: Champion) -> list[tuple[Work, Work]]:
    """Return the trainings of each fold: challenger's and champion's."""
    if spec.train.start_from:
        raise NoFolds("the challenger went on from the champion, and that has seen the rows")
    old_spec, old_data = recipe_of(spec.name, champion)
    if (old_spec.training_digest(), old_data.digest) == (spec.training_digest(), data.digest):
        raise NoFolds("both were trained with the same settings on the same rows, which folds cannot tell apart")
    sides = {"challenger": (spec, RowsAt(data.cache_path, data.digest)), "champion": (old_spec, old_data)}
    work = []
    for fold in range(folds):
        cuts = {who: cut(of, rows, data, fold, folds) for who, (of, rows) in sides.items()}
        if cuts["challenger"].counts["test"]:  # a few templates may leave a fold without rows
            for each in cuts.values():
                check_fold(each)
            ours, theirs = ((fold_trial(of, who, fold), cuts[who]) for who, (of, _) in sides.items())
            work.append((ours, theirs))
    return work
