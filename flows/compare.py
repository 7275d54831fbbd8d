"""Compare: the same heads under several sharing systems, beside nets that learn each head alone."""

from __future__ import annotations

from pathlib import Path

from prefect import flow

from schemas.spec.load import load_spec
from schemas.spec.variants import net_of_group, plan_trials
from tasks.flow_run import tell_users_faults_in_a_sentence
from tasks.reports.comparison import Compared, publish
from tasks.steps.compare import measure, recommend, weigh
from tasks.steps.validate import validate
from tasks.trials.run import try_nets


@flow(name="compare", log_prints=False)
def compare(
    spec_path: Path,
    data: list[Path] | None = None,
    overrides: list[str] | None = None,
    variants: list[str] | None = None,
    seeds: list[int] | None = None,
    jobs: int = 0,
) -> Compared:
    """Train the variants of a spec's `compare` section and a baseline for each main head; promotes nothing.

    Each net first finds its learning rate on valid rows. The groups that the affinities recommend are trained last.

    Args:
        spec_path: the spec file, for example specs/compare-small.yaml
        data: files that take the place of the spec's data
        overrides: other fields of the spec, for example train.epochs=3
        variants: those of the section that run; `hard` always does
        seeds: of the trainings, at least three
        jobs: trainings at once; 0: one a core
    """
    tell_users_faults_in_a_sentence()
    trials = plan_trials(load_spec(spec_path, data=data or (), overrides=overrides or ()), variants or (), seeds or ())
    examples = validate(trials.base)
    tried = try_nets(trials, trials.nets, examples, jobs)
    grouping = recommend(trials, tried)
    groups = [net_of_group(trials, group.heads) for group in grouping.groups] if grouping else []
    tried |= try_nets(trials, [net for net in groups if net.name not in tried], examples, jobs)
    costs = measure(
        {name: each.spec for name, each in tried.items()},
        {name: each.made[0].bundle for name, each in tried.items()},
        examples,
    )
    return publish(trials, examples, tried, weigh(trials, examples, tried, grouping, costs))
