"""Whatever a spec says, as long as it passes, can be trained."""

from __future__ import annotations

import math
import operator
import os
import types
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from model.training.failed import TrainingDiverged
from model.training.finished import read_history
from schemas.data.dataset import Dataset
from schemas.spec.balance import BalanceSpec
from schemas.spec.base import Section
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import parse_spec
from schemas.spec.net import TrainSpec, TrunkSpec
from schemas.spec.sharing import SharingSpec
from tests.model.conftest import HEADS

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

MANY = int(os.environ.get("TRUNKLINE_ANY_SPECS", "100"))
# As large as a machine of tests bears; all other numbers go to their bounds.
SMALL: dict[str, SearchStrategy[Any]] = {
    "vectors": st.none(),
    "pretrained": st.none(),
    # An encoder's own; a compact trunk refuses them.
    "tokenizer": st.just("words"),
    "feed_forward": st.none(),
    "attention_heads": st.none(),
    "embedding_width": st.integers(8, 24),
    "width": st.sampled_from([8, 10, 14, 16, 22, 24]),
    "layers": st.integers(1, 3),
    "vocabulary": st.integers(2, 300),
    "buckets": st.integers(64, 300),
    "adaptor_width": st.integers(2, 24),
    "label_width": st.integers(0, 24),
    "epochs": st.sampled_from([1, 1, 1, 2]),
    "batch_size": st.sampled_from([5, 16, 65_536]),
    "solo_epochs": st.integers(0, 1),
    "mends": st.sampled_from([0, 3, 200_000]),
    "skips": st.sampled_from([[], ["uh", "you"]]),
    "workers": st.just(1),
    "start_from": st.none(),
    "freeze": st.none(),
    "device": st.just("cpu"),
    "compile": st.just(False),
    "checkpoint_steps": st.sampled_from([2, 1_000_000]),
    "probe_steps": st.sampled_from([0, 1, 1_000_000]),
    "ranks": st.none() | st.lists(st.sampled_from([1, 2, 8192]), min_size=1, max_size=3),
    "clusters": st.integers(1, 4) | st.just([["intent", "slots"], ["topics"]]) | st.just([["intent"]]),
    "groups": st.none(),  # `any_spec` shares the drawn heads out
}


def values_of(annotation: Any, rules: list[Any]) -> SearchStrategy[Any]:
    """Draw what a field's type and bounds allow; bounds are drawn often."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return values_of(inner, rules + [rule for each in more for rule in getattr(each, "metadata", [each])])
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    if get_origin(annotation) in (Union, types.UnionType):
        return st.one_of([values_of(inner, rules) for inner in get_args(annotation)])
    if annotation is type(None):
        return st.none()
    if annotation is bool:
        return st.booleans()
    if annotation in (int, float):
        return numbers(annotation, rules)
    return section(annotation)


def numbers(kind: type[int] | type[float], rules: list[Any]) -> SearchStrategy[float]:
    """Draw a number between the bounds of a field."""
    bounds = {type(rule): astuple(rule)[0] for rule in rules}
    low, high = (bounds.get(loose, bounds.get(strict)) for loose, strict in ((Ge, Gt), (Le, Lt)))
    if kind is int:
        return st.sampled_from([low, high]) | st.integers(low, high)
    inside = st.floats(low, high, exclude_min=Gt in bounds, exclude_max=Lt in bounds)
    closed = [bounds[rule] for rule in (Ge, Le) if rule in bounds]
    return st.sampled_from(closed) | inside if closed else inside


def section(model: type[Section]) -> SearchStrategy[dict[str, Any]]:
    """Draw some fields of a section; the others stay at their defaults."""
    fields = {
        name: SMALL[name] if name in SMALL else values_of(field.annotation, field.metadata)
        for name, field in model.model_fields.items()
    }
    required = {name: fields.pop(name) for name in ("kind",) if name in fields}
    drawn = st.fixed_dictionaries(required, optional=fields)
    return drawn.map(ordered) if "ngram_min" in fields else drawn


def ordered(drawn: dict[str, Any]) -> dict[str, Any]:
    """Give the bounds of n-grams both or neither, the shorter first."""
    bounds = [drawn.pop(name) for name in ("ngram_min", "ngram_max") if name in drawn]
    return drawn | dict(zip(("ngram_min", "ngram_max"), sorted(bounds), strict=True)) if len(bounds) == 2 else drawn


TRUNKS = section(TrunkSpec).map(lambda drawn: {"width": 16, "embedding_width": 16} | drawn | {"kind": "compact"})
TRAINS = section(TrainSpec).map(lambda drawn: {"epochs": 1, "device": "cpu"} | drawn)
# Low rank adapts layers of attention, of which a compact trunk has none.
SHARED = values_of(SharingSpec, []).filter(lambda drawn: drawn["kind"] != "low_rank")
BALANCED = values_of(BalanceSpec, [])
ALL_HEADS: dict[str, dict[str, Any]] = {
    **HEADS,
    "time": {"kind": "class", "auxiliary": True, "weak_label": "has_time", "stop_after": 1},
    "length": {"kind": "class", "auxiliary": True, "weak_label": "length_bucket", "adversarial": True},
    "names": {"kind": "tag", "auxiliary": True, "weak_label": "has_name"},
}
WEIGHTS = st.fixed_dictionaries({}, optional={"weight": st.sampled_from([1e-6, 1.0, 1e4])})
DEPTHS = st.fixed_dictionaries({}, optional={"depth": st.none() | st.integers(1, 3)})
# The sharings in which a head may read another layer than the last; the others refuse it.
WITH_DEPTHS = ("low_supervision", "joint_many")


@st.composite
def groups_of(draw: st.DrawFn, names: list[str]) -> list[list[str]]:
    """Share heads out among groups."""
    groups: dict[int, list[str]] = {}
    for name in names:
        groups.setdefault(draw(st.integers(0, 2)), []).append(name)
    return list(groups.values())


@st.composite
def any_spec(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a spec of the corpus' heads that may or may not pass."""
    shipped = draw(st.sampled_from([name for name, head in ALL_HEADS.items() if not head.get("auxiliary")]))
    names = [shipped, *draw(st.lists(st.sampled_from([name for name in ALL_HEADS if name != shipped]), unique=True))]
    sharing = draw(SHARED)
    if sharing["kind"] == "grouped":
        sharing |= {"groups": draw(groups_of(names))}
    fields = st.builds(operator.or_, WEIGHTS, DEPTHS) if sharing["kind"] in WITH_DEPTHS else WEIGHTS
    return {
        "name": "any",
        "data": [{"path": "rows.jsonl"}],
        "heads": {name: ALL_HEADS[name] | draw(fields) for name in names},
        "trunk": draw(TRUNKS),
        "train": draw(TRAINS),
        "sharing": sharing,
        "balance": draw(BALANCED),
    }


def passes(raw: dict[str, Any]) -> bool:
    try:
        parse_spec(raw)
    except SpecError:
        return False
    return True


def trained(workshop: Workshop, dataset: Dataset, raw: dict[str, Any]) -> Path | None:
    """Train to the end and return the folder; None where the training diverges, and says by which settings."""
    try:
        folder = workshop.train(parse_spec(raw), dataset)
    except TrainingDiverged as error:
        assert "train.learning_rate" in str(error)
        return None
    losses = [loss for epoch in read_history(folder) for loss in epoch.losses.values()]
    assert losses and all(map(math.isfinite, losses))
    return folder


@settings(max_examples=20)
@given(raw=any_spec().filter(passes))
def test_any_spec_that_passes_can_be_trained(workshop: Workshop, dataset: Dataset, raw: dict[str, Any]) -> None:
    trained(workshop, dataset, raw)


@pytest.mark.slow
@settings(max_examples=MANY)
@given(raw=any_spec().filter(passes))
def test_many_specs_that_pass_can_be_trained(workshop: Workshop, dataset: Dataset, raw: dict[str, Any]) -> None:
    trained(workshop, dataset, raw)
