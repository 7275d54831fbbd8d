"""The key of every step: what decides its output, by content, by the code that makes it and by the libraries below."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from deploy.bundle.built import Built
from schemas.artifacts.vectors import file_digest, start_files
from schemas.data.digest import source_parts
from schemas.spec.base import flatten
from schemas.spec.product import Spec
from schemas.spec.search import Search
from schemas.spec.teachers import teachers_of
from schemas.spec.variants import Trials
from tasks.cache.code import code_version
from tasks.cache.store import StepKey
from tasks.machine import releases
from tasks.records import Base, Champion, Exported, Learned, Origin, Read, RowsAt, Trained, Validated

# The module that does the work of each step; what it reaches is the step's code.
VALIDATE, TRAIN, EXPORT = "schemas.data.validate", "model.training.loop", "model.export.graphs"
BUILD, SCORE, JUDGE = "deploy.bundle.build", "deploy.evaluation.score", "deploy.evaluation.transfer"
FOLD = "schemas.data.folds"
READ, LEARN, SKILL = "deploy.skills.base", "model.skills.graphs", "deploy.skills.build"

CHAMPION = "champion"
"""Part of a training's key: the weights that it goes on from."""
FREEZE = "train.freeze"
"""Part of the key of a training that keeps something of these weights unchanged."""

_TORCH = ("torch", "numpy", "torchjd", "scikit-learn")
_DEVICE = ("onnxruntime", "numpy")


def validation_key(spec: Spec) -> StepKey:
    """Sources and rules. The champion's data only colours the data issues, so it is no part of the key."""
    recipes = any(source.recipe for source in spec.data)
    libraries = ("polars", "pandera", "orjson", *(("home-assistant-intents", "hassil") if recipes else ()))
    return _key("validate", (VALIDATE,), libraries, **source_parts(spec))


def fold_key(spec: Spec, learned: RowsAt, judged: Validated, fold: int, folds: int) -> StepKey:
    """Two data sets and a fold; what there is to know of the spec, its heads, is part of a data set's digest."""
    return _key("cut", (FOLD,), ("polars",), learned=learned.digest, judged=judged.digest, fold=f"{fold} of {folds}")


def training_key(spec: Spec, data: Validated, origin: Origin | None = None) -> StepKey:
    """Rows, net and training settings; what a net starts from counts by what the file holds."""
    champion = start_of(spec, data, origin)
    fields = (spec.going_on() if champion else spec).training_fields()
    fields |= {CHAMPION: champion} if champion else {}
    fields |= {FREEZE: spec.train.freeze} if champion and spec.train.freeze else {}
    start = spec.trunk.vectors or spec.trunk.pretrained
    found = start_files(start) if spec.trunk.pretrained and start else (start,) if start else ()
    files = {"start": " ".join(_start_digest(file, *_identity(file)) for file in found)} if found else {}
    # What decides a teacher decides its answers: the net need not wait for it to know its own key.
    teachers = {f"teacher/{name}": training_key(each, data).digest for name, each in teachers_of(spec).items()}
    return _key("train", (TRAIN,), _TORCH, data=data.digest, **fields, **files, **teachers)


def start_of(spec: Spec, data: Validated, origin: Origin | None) -> str | None:
    """Return the sha256 of the champion's weights that a training goes on from; None: it starts anew.

    Rows that the champion learned from already teach it nothing new: then its own start is taken, and with it, as long
    as nothing else has changed, its own key. So a second run trains nothing. But a trunk to be kept is the champion's,
    and where its start has another one, it goes on from the champion all the same.
    """
    if spec.train.start_from is None or origin is None:
        return None
    has_the_trunk = spec.train.freeze is None or origin.kept_trunk
    return origin.started_from if origin.data_digest == data.digest and has_the_trunk else origin.weights


def export_key(spec: Spec, data: Validated, trained: Trained) -> StepKey:
    """Net and export settings; the rows serve as parity inputs."""
    libraries = ("torch", "onnx", "onnxscript", *_DEVICE)
    return _key("export", (EXPORT,), libraries, data=data.digest, weights=trained.weights, **_fields(spec, "export"))


def bundle_key(spec: Spec, data: Validated, trained: Trained, exported: Exported) -> StepKey:
    """Graphs, product, data, and what a device makes of slots; not the gate or the paths of the spec.

    A new margin judges the same bundle again.
    """
    parts = {"product": spec.name, "data": data.digest, "graphs": exported.digest}
    return _key("build", (BUILD,), ("onnx", "polars", *_DEVICE), **parts, **_told_to_devices(spec))


def read_key(base: Base, rows: RowsAt, most: int) -> StepKey:
    """Trunk, words and rows, and how many of these are read."""
    parts = {"trunk": base.trunk, "words": base.words, "data": rows.digest, "most": str(most)}
    return _key("read", (READ,), _DEVICE, **parts)


def learn_key(spec: Spec, base: Base, data: Validated, others: Sequence[Read], layer: int) -> StepKey:
    """What the heads read, their labels, and what else their training is told."""
    parts = {"trunk": base.trunk, "words": base.words, "data": data.digest, "layer": str(layer)}
    parts |= {f"others/{number}": each.data for number, each in enumerate(others)}
    spec_digest, export = spec.training_digest(), spec.export.model_dump_json()
    libraries = ("torch", "onnx", "onnxscript", *_DEVICE)
    return _key("learn", (LEARN,), libraries, **parts, spec=spec_digest, export=export)


def skill_key(spec: Spec, base: Base, data: Validated, learned: Learned, others: Sequence[Read]) -> StepKey:
    """Graphs, base and data, as for a bundle."""
    parts = {"product": spec.name, "data": data.digest, "graphs": learned.digest, "base": base.bundle_id}
    parts |= {f"others/{number}": each.data for number, each in enumerate(others)}
    return _key("build", (SKILL,), ("onnx", "polars", *_DEVICE), **parts, **_told_to_devices(spec))


def score_key(bundle: Built | Champion, data: Validated) -> StepKey:
    """Bundle and rows."""
    return _key("score", (SCORE,), _DEVICE, bundle=bundle.bundle_id, data=data.digest, split=data.held_out)


def cost_key(specs: Mapping[str, Spec], bundles: Mapping[str, Built], data: Validated) -> StepKey:
    """Nets and bundles."""
    parts = {f"{name}.{what}": digest
             for name, spec in specs.items()
             for what, digest in (("net", spec.training_digest()), ("bundle", bundles[name].bundle_id))}  # fmt: skip
    return _key("measure", (TRAIN, SCORE), (*_TORCH, "onnxruntime"), data=data.digest, **parts)


def comparison_key(trials: Trials, data: Validated) -> StepKey:
    """The trainings that choose the rates, by what decides each; what follows from them; the code that judges."""
    keys = {trial.title: training_key(trial.spec, data).digest for trial in trials.grid(trials.nets)}
    rules = {"seeds": str(trials.seeds), "groups": str(trials.groups), "gate": trials.base.gate.model_dump_json()}
    return _key("compare", ("tasks.steps.compare", JUDGE), ("numpy",), **keys, **rules)


def sweep_key(search: Search, data: Validated) -> StepKey:
    """Rows, spec and what is searched: with any other, scores are no longer comparable, and it is another sweep."""
    return _key("sweep", (TRAIN,), _TORCH, base=training_key(search.base, data).digest, over=search.digest())


def wanted_by(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `values` that a function has parameters for, by name."""
    parameters = inspect.signature(function).parameters
    return {name: value for name, value in values.items() if name in parameters}


def _told_to_devices(spec: Spec) -> dict[str, str]:
    values = spec.model_dump(mode="json", include={"heads": {"__all__": {"values"}}})
    return _fields(spec, "export", "reject", "names") | dict(flatten(values))


def _fields(spec: Spec, *sections: str) -> dict[str, str]:
    return dict(flatten(spec.model_dump(mode="json", include=set(sections))))


def _key(step: str, modules: tuple[str, ...], libraries: tuple[str, ...], **parts: str) -> StepKey:
    return StepKey(step, {**parts, **releases(*libraries), "code": code_version(*modules)})


def _identity(path: Path) -> tuple[int, int, int]:
    """Return what changes with a file's content, at the price of a look."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)  # hashing it says what is wrong
    return found.st_mtime_ns, found.st_size, found.st_ino


@cache
def _start_digest(path: Path, *identity: int) -> str:
    """Hash what a net starts from, once: such files have tens of megabytes, and keys are asked for often."""
    return file_digest(path)
