"""The key of every step: what decides its output, by content and by the code that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from schemas.artifacts.vectors import file_digest
from schemas.data.validate import source_digest
from schemas.spec.product import Spec
from schemas.spec.teachers import teachers_of
from schemas.spec.variants import Trials
from tasks.cache.store import StepKey
from tasks.records import Bundled, Champion, Exported, Trained, Validated
from tasks.settings import code_version

_ROWS = ("schemas", "trunkline_edge")
_NET = (*_ROWS, "model")
_BUNDLE = (*_ROWS, "deploy")


def validation_key(spec: Spec) -> StepKey:
    """Sources and rules. The champion's data only colours the data issues, so it is no part of the key."""
    recipes = any(source.recipe for source in spec.data)
    return _key(
        "validate",
        _ROWS,
        ("polars", *(("home-assistant-intents", "hassil") if recipes else ())),
        data=source_digest(spec),
    )


def training_key(spec: Spec, data: Validated) -> StepKey:
    """Rows, net and training settings; what a net starts from counts by what the file holds."""
    start = spec.trunk.vectors or spec.trunk.pretrained
    files = {"start": file_digest(start)} if start else {}
    # What decides a teacher decides its answers: the net need not wait for it to know its own key.
    teachers = {f"teacher/{name}": training_key(each, data).digest for name, each in teachers_of(spec).items()}
    return _key("train", _NET, ("torch", "numpy"), data=data.digest, spec=spec.training_digest(), **files, **teachers)


def export_key(spec: Spec, data: Validated, trained: Trained) -> StepKey:
    """Weights and export settings; the rows serve as parity inputs."""
    settings = spec.export.model_dump_json()
    libraries = ("torch", "onnx", "onnxscript")
    return _key("export", _NET, libraries, data=data.digest, weights=trained.weights, export=settings)


def bundle_key(spec: Spec, data: Validated, trained: Trained, exported: Exported) -> StepKey:
    """Graphs, product and data; not the gate or the paths of the spec: a new margin judges the same bundle again."""
    settings = spec.export.model_dump_json() + spec.reject.model_dump_json()
    return _key(
        "build", _BUNDLE, ("onnx",), product=spec.name, data=data.digest, graphs=exported.digest, export=settings
    )


def score_key(bundle: Bundled | Champion, data: Validated) -> StepKey:
    """Bundle and rows."""
    return _key("score", _BUNDLE, ("numpy",), bundle=bundle.bundle_id, data=data.digest, split=data.held_out)


def cost_key(specs: Mapping[str, Spec], bundles: Mapping[str, Bundled], data: Validated) -> StepKey:
    """Nets and bundles."""
    parts = {f"{name}.{what}": digest
             for name, spec in specs.items()
             for what, digest in (("net", spec.training_digest()), ("bundle", bundles[name].bundle_id))}  # fmt: skip
    return _key("measure", (*_NET, "deploy"), ("torch", "numpy"), data=data.digest, **parts)


def comparison_key(trials: Trials, data: Validated) -> StepKey:
    """All trainings, by what decides each, and the code that judges them."""
    return _key(
        "compare", (*_NET, "deploy"), (), **{trial.title: training_key(trial.spec, data).digest for trial in trials.all}
    )


def _key(step: str, packages: tuple[str, ...], libraries: tuple[str, ...], **parts: str) -> StepKey:
    releases = {library: version(library) for library in libraries}
    return StepKey(step, {**parts, **releases, "code": code_version(*packages)})
