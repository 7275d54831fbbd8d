"""The chain from rows to a scored bundle: its steps in order, once. What runs it and what looks it up walk this list.

A step takes what was made before it by the names of its parameters, so a new step is a new line here and a file of its
own. Steps are named, not imported: looking up needs neither torch nor Prefect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from deploy.bundle.built import Built
from schemas.spec.product import Spec
from schemas.spec.teachers import teachers_of
from tasks.cache.keys import bundle_key, export_key, score_key, training_key, validation_key, wanted_by
from tasks.cache.store import FinishedStep, StepKey, Unfinished, lookup
from tasks.progress import reporting_as
from tasks.records import Exported, Made, Scored, Trained, Validated


@dataclass(frozen=True)
class Link:
    """One step of the chain."""

    task: str
    """`module:function`; the function's name is the step's."""
    makes: str
    """The name by which later steps take its output."""
    record: type
    says: str
    """What a person reads while it runs."""
    key: Callable[..., StepKey] | None = None
    """None: its output lies in no cache; it is cheap, and doing it twice changes nothing."""
    for_teachers: bool = False
    """Also done for every teacher of the spec, before the spec's own net."""

    @property
    def step(self) -> str:
        """The step's name."""
        return self.task.rpartition(":")[2]

    def load(self) -> Callable[..., Any]:
        """Import the task."""
        module, _, function = self.task.partition(":")
        found: Callable[..., Any] = getattr(import_module(module), function)
        return found


CHAIN = (
    Link("tasks.steps.validate:validate", "data", Validated, "validating rows", validation_key),
    Link("tasks.steps.train:train", "trained", Trained, "training", training_key, for_teachers=True),
    Link("tasks.steps.train:record", "run_id", str, "completing the MLflow run", for_teachers=True),
    Link("tasks.steps.ship:export", "exported", Exported, "exporting graphs", export_key),
    Link("tasks.steps.ship:build", "bundle", Built, "building the bundle", bundle_key),
    Link("tasks.steps.evaluate:score", "scored", Scored, "scoring the bundle", score_key),
)
TRAINING = CHAIN[:2]
"""Up to a trained net, for those who ask no more than its score on valid rows."""


def last_step(chain: Sequence[Link] = CHAIN) -> str:
    """Return the step that ends a walk, for those who listen: one without a cache tells nothing."""
    return [link.step for link in chain if link.key is not None][-1]


SAYS = {link.step: link.says for link in CHAIN} | {
    "cut": "cutting folds",
    "measure": "measuring the cost",
    "read": "reading trunk states",
    "learn": "training the heads",
    "build_skill": "building the skill",
}
"""Step -> what a person reads while it runs; a comparison measures beside the chain, and skills have no net of their
own."""

Values = Mapping[str, Any]
Call = Callable[[Any], Callable[..., Any]]
"""From a Prefect task to what runs it: itself, or its `fn` where there is no Prefect."""


def make(spec: Spec, call: Call = lambda task: task, **given: Any) -> Made:
    """Run the chain. `given` is there already, by name; `call` turns a task into what runs it."""
    return Made(**wanted_by(Made, walk({"spec": spec, **given}, call)))


def walk(values: Values, call: Call = lambda task: task, chain: Sequence[Link] = CHAIN) -> dict[str, Any]:
    """Run every link whose output is not among `values`; returns these with all that was made."""
    made = dict(values)
    taught = [link for link in chain if link.for_teachers]
    for link in chain:
        if link.makes in made:
            continue
        if link in taught[:1]:
            for name, teacher in teachers_of(made["spec"]).items():
                with reporting_as(f"teacher {name}", last_step(taught)):
                    walk({**made, "spec": teacher, "origin": None}, call, taught)
        task = link.load()
        made[link.makes] = call(task)(**wanted_by(task, made))
    return made


@dataclass(frozen=True)
class Looked:
    """A step that was looked up."""

    step: str
    """And the teacher whose it is, if it is one's."""
    key: StepKey
    found: FinishedStep | Unfinished


def look_up(values: Values, cache: Path, chain: Sequence[Link] = CHAIN) -> Iterator[Looked]:
    """Yield what the cache has of each step, in order, up to the first that has to run: later keys need its output."""
    known = dict(values)
    for link in chain:
        if link.makes in known or link.key is None:
            continue
        if link.for_teachers:
            for name, teacher in teachers_of(known["spec"]).items():
                yield _look({**known, "spec": teacher, "origin": None}, cache, link, f"{link.step} {name}")
        looked = _look(known, cache, link, link.step)
        yield looked
        if isinstance(looked.found, Unfinished):
            return
        known[link.makes] = looked.found.record


def _look(known: Values, cache: Path, link: Link, step: str) -> Looked:
    assert link.key is not None
    key = link.key(**wanted_by(link.key, known))
    return Looked(step, key, lookup(cache / key.cache_path, link.record))
