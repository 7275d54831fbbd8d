"""A sweep: trials of other values in a spec, chosen by Optuna from what the trials before them came to.

The study lies in a database of its own. Optuna and MLflow both keep the version of their tables in a table named
`alembic_version`, and each takes the other's number for its own (mlflow issue 3374): they cannot share a database.

A trial whose process has died is taken over by whoever asks for a trial next, and its training goes on from the last
checkpoint in the step cache.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event as Flag
from typing import Any

import optuna
from filelock import FileLock
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME
from optuna.trial import FrozenTrial, TrialState
from prefect import task

from schemas.errors import UserError
from schemas.spec.product import Spec
from schemas.spec.search import Choice, Search, Span
from schemas.spec.variants import Trial
from tasks.cache.keys import sweep_key, training_key
from tasks.cache.store import FinishedStep
from tasks.chain import TRAINING, last_step, look_up
from tasks.processes import is_dead, this_process
from tasks.progress import EpochEnded, Event, GivenUp, SourcedEvent, overheard_by, tell
from tasks.records import Attempt, Trained, Validated
from tasks.settings import Settings
from tasks.tracking import runs as tracking
from tasks.trials.processes import cores_shared, in_processes
from tasks.trials.run import Executor

OWNER, WHY = "process", "why"
"""Notes at a trial: the process that works on it; why it failed."""
FIRST_PRUNED = 4
"""Finished trials before one is pruned: a median of fewer says little."""
ENDS = {TrialState.COMPLETE: "finished", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}
DIVERGED = "its losses, weights or scores were no longer numbers"


class _Pruned(Exception):
    """The trial is behind the others' median at the same epoch."""


class _Ending(Exception):
    """Whoever asked for the sweep has stopped it."""


_ending = Flag()


@contextmanager
def sweep_run(search: Search, data: Validated, jobs: int) -> Iterator[str]:
    """Open the sweep's MLflow run, that of an earlier call again, and share the cores; yields the run's id.

    When the block is left with an error, trials that are under way in this process end with it.
    """
    if not data.counts.get("valid"):
        raise UserError(
            f"{search.base.name} has no valid rows to compare trials on: give rows the split valid, or raise "
            "validate.valid_share"
        )
    _ending.clear()
    key = sweep_key(search, data).digest
    with tracking.run_for(swept_product(search.base), key) as run_id, cores_shared(jobs):
        tracking.connect().set_tag(run_id, MLFLOW_RUN_NAME, f"sweep {search.base.name} {key[:8]}")
        try:
            yield run_id
        except BaseException:
            _ending.set()
            raise


def trials_left(search: Search, data: Validated, wanted: int) -> int:
    """Return how many of `wanted` trials have not come to an end yet."""
    return max(0, wanted - len(attempts_of(search, data)))


def attempts_of(search: Search, data: Validated) -> tuple[Attempt, ...]:
    """Return the trials that have come to an end, in their order."""
    return tuple(_attempt(trial) for trial in _open(search, data).get_trials(deepcopy=False, states=tuple(ENDS)))


@task(retries=1, persist_result=False)
def try_next(search: Search, data: Validated, parent: str, executor: Executor = in_processes) -> None:
    """Ask the study what to try, train it, and tell the study what it came to; `parent` is the sweep's MLflow run.

    Where the training's process dies, the trial is given back, and the retry takes it up again.
    """
    # Dask and Ray send a task's function with whatever it names, but of a module's function the name alone: so the flag
    # of this process, which cannot be sent, stays out of it.
    _try_next(search, data, parent, executor)


def _try_next(search: Search, data: Validated, parent: str, executor: Executor) -> None:
    if _ending.is_set():
        return
    study = _open(search, data)
    with _claimed(study, search) as trial:
        try:
            spec = trial_spec(search, _values(trial.params))
            study.tell(trial, _train(study, trial, spec, data, executor))
        except _Pruned as pruned:
            study.tell(trial, state=TrialState.PRUNED)
            _tell_end(trial, search, str(pruned))
        except UserError as error:  # values that do not go together, a loss that is no number, too little memory
            trial.set_user_attr(WHY, str(error))
            study.tell(trial, state=TrialState.FAIL)
            _tell_end(trial, search, f"failed: {error}")
        with suppress(UserError):
            spec = trial_spec(search, _values(trial.params))
            tracking.nest_run(parent, spec.name, training_key(spec, data).digest, f"trial {trial.number}")


def trial_spec(search: Search, values: Mapping[str, Any]) -> Spec:
    """Return what a trial trains, under a product name of its own: its runs are no business of the product's."""
    return search.at(values).model_copy(update={"name": swept_product(search.base)})


def swept_product(spec: Spec) -> str:
    """Return the product name of a sweep's trials."""
    return f"{spec.name[:56]}-sweep"


def _train(study: optuna.Study, trial: optuna.Trial, spec: Spec, data: Validated, executor: Executor) -> float:
    """Return the score on valid rows; raises `_Pruned` at an epoch that is worse than the others' median."""
    mine = next(each for each in study.get_trials(deepcopy=False) if each.number == trial.number)
    reported = set(mine.intermediate_values)  # of a trial that was taken over

    def hear(event: Event) -> None:
        if _ending.is_set():
            raise _Ending
        match event:
            case SourcedEvent(_, EpochEnded(_, epoch, score), _) if epoch not in reported:
                trial.report(score, epoch)
                if trial.should_prune():
                    raise _Pruned(f"pruned after epoch {epoch}: score {score:.3f} is below the others' median")

    if (known := _trained(spec, data)) is None:
        with overheard_by(hear):
            executor([(_named(trial, spec), data)], 1, TRAINING)
        known = _trained(spec, data)
    if known is None:
        raise UserError(DIVERGED)
    return known.score


def _tell_end(trial: optuna.Trial, search: Search, why: str) -> None:
    last = last_step(TRAINING)
    tell(SourcedEvent(_named(trial, search.base).title, GivenUp(last, why), last))


def _named(trial: optuna.Trial, spec: Spec) -> Trial:
    return Trial(f"trial {trial.number}", False, spec.train.seed, spec)


def _trained(spec: Spec, data: Validated) -> Trained | None:
    *_, looked = look_up({"spec": spec, "data": data}, Settings.from_environment().cache, TRAINING)
    return looked.found.record if isinstance(looked.found, FinishedStep) else None


def _open(search: Search, data: Validated) -> optuna.Study:
    """Open the study of a search on these rows; a new one begins with the spec's own values."""
    optuna.logging.disable_default_handler()
    name = sweep_key(search, data).digest
    with _locked(name):
        study = optuna.create_study(
            storage=Settings.from_environment().sweeps_uri,
            study_name=name,
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=FIRST_PRUNED, n_warmup_steps=_warm_up(search.base)),
        )
        own = search.own()
        if own is not None and not study.get_trials(deepcopy=False):
            study.enqueue_trial({field: _parameter(search.over[field], value) for field, value in own.items()})
    return study


def _warm_up(spec: Spec) -> int:
    """Return the first epoch after which a trial may be pruned: rates that start slowly often end well."""
    return max(2, spec.train.epochs // 4)


@contextmanager
def _claimed(study: optuna.Study, search: Search) -> Iterator[optuna.Trial]:
    """Yield a trial that is this process's until the block ends: one that was left behind, or a new one."""
    with _locked(study.study_name):
        trials = study.get_trials(deepcopy=False)
        study.sampler = optuna.samplers.TPESampler(seed=zlib.crc32(f"{study.study_name} {len(trials)}".encode()))
        left = next((trial for trial in trials if _is_left(trial)), None)
        trial = optuna.Trial(study, left._trial_id) if left else study.ask()
        for field, span in search.over.items():
            _suggest(trial, field, span)
        trial.set_user_attr(OWNER, this_process())
    try:
        yield trial
    except BaseException:
        trial.set_user_attr(OWNER, "")
        raise


def _is_left(trial: FrozenTrial) -> bool:
    """Is nobody at work on it? Who asks for a trial puts down its name before it lets the lock go."""
    owner = trial.user_attrs.get(OWNER)
    return trial.state is TrialState.RUNNING and (not owner or is_dead(owner))


def _locked(study: str) -> FileLock:
    locks = Settings.from_environment().locks
    locks.mkdir(parents=True, exist_ok=True)
    return FileLock(locks / f"sweep-{study[:16]}.lock")


def _suggest(trial: optuna.Trial, field: str, span: Span) -> None:
    if isinstance(span, Choice):
        trial.suggest_categorical(field, [_parameter(span, value) for value in span.values])
    elif span.step is None:
        trial.suggest_float(field, span.low, span.high, log=span.log)
    else:
        trial.suggest_int(field, int(span.low), int(span.high), step=span.step, log=span.log)


def _parameter(span: Span, value: Any) -> Any:
    """Return a value as the study keeps it: those of a list as JSON, for they may be whole sections."""
    return json.dumps(value, ensure_ascii=False) if isinstance(span, Choice) else value


def _values(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {field: json.loads(value) if isinstance(value, str) else value for field, value in parameters.items()}


def _attempt(trial: FrozenTrial) -> Attempt:
    told = trial.intermediate_values
    return Attempt(
        number=trial.number,
        values=_values(trial.params),
        end=ENDS[trial.state],  # type: ignore[arg-type]  # its values are those of the Literal
        score=trial.value if trial.state is TrialState.COMPLETE else max(told.values(), default=None),
        epochs=max(told, default=0),
        why=trial.user_attrs.get(WHY, ""),
    )
