from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec
from schemas.spec.search import Choice, Range, plan_search

HEADS = {"intent": {"kind": "class"}, "slots": {"kind": "tag"}}


def spec(**sections: Any) -> Spec:
    return parse_spec({"name": "home", "data": [{"path": "rows.jsonl"}], "heads": HEADS, **sections})


@pytest.mark.parametrize(
    ("said", "field", "span"),
    [
        ("train.learning_rate=1e-4..1e-2,log", "train.learning_rate", Range(1e-4, 1e-2, log=True)),
        ("trunk.dropout=0..0.5", "trunk.dropout", Range(0, 0.5)),
        ("heads.intent.weight=1..4", "heads.intent.weight", Range(1.0, 4.0)),
        ("trunk.width=64..257", "trunk.width", None),
        ("trunk.width=64..256", "trunk.width", Range(64, 256, step=2)),
        ("train.batch_size=8..64,log", "train.batch_size", Range(8, 64, log=True, step=1)),
        ("train.batch_size=8..3.2e1", "train.batch_size", Range(8, 32, step=1)),
        ("train.batch_size=8..1e2,log", "train.batch_size", Range(8, 100, log=True, step=1)),
        ("trunk.width=64.0..256", "trunk.width", Range(64, 256, step=2)),
        ("heads.intent.weight=1..4e0", "heads.intent.weight", Range(1.0, 4.0)),
        ("balance.kind=[equal, dwa]", "balance.kind", Choice(("equal", "dwa"))),
        ("balance=[{kind: dwa, temperature: 3}, {kind: equal}]", "balance",
         Choice(({"kind": "dwa", "temperature": 3}, {"kind": "equal"}))),
    ],
)  # fmt: skip
def test_a_range_takes_the_numbers_that_the_field_takes(said: str, field: str, span: Range | Choice | None) -> None:
    if span is None:
        with pytest.raises(SpecError, match="multiple of 2"):
            plan_search(spec(), [said])
        return
    assert plan_search(spec(), [said]).over == {field: span}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("train.learning_rat=1e-4..1e-2", "train.learning_rat: unknown key; did you mean `learning_rate`"),
        ("heads.intnt.weight=1..2", "no head `intnt`; did you mean `heads.intent`"),
        ("train.learning_rate=1e-4..10", "expected at most 1.0 (found 10)"),
        ("balance.kind=[equal, dwaa]", "did you mean `dwa`"),
        ("train.seed=0..9", "is luck"),
        ("gate.margin=0..1", "gate does not decide the net"),
        ("train.epochs=3", "`--set train.epochs=3` sets one"),
        ("train.learning_rate", "expected FIELD=LOW..HIGH"),
        ("trunk.dropout=0.5..0", "write the lower end first"),
        ("trunk.dropout=0..nan", "expected a number"),
        ("train.weight_decay=0..1,log", "begins above 0"),
        ("trunk.dropout=0..0.5,lg", "expected nothing or `,log`"),
        ("trunk.width=64..256,log", "only multiples of 2"),
        ("trunk.layers=[2, 2]", "stands in it twice"),
        ("train.learning_rate=[1e-3, 0.001]", "stands in it twice"),
        ("trunk=[{width: 32}, {width: 32, layers: 2}]", "stands in it twice"),
        ("trunk.layers=[2]", "2 to 64 values"),
    ],
)
def test_what_cannot_be_searched_is_refused_by_name(said: str, told: str) -> None:
    with pytest.raises(SpecError) as error:
        plan_search(spec(), [said])
    assert str(error.value).startswith(f"--over {said}: ") and told in str(error.value)


def test_a_field_is_searched_once() -> None:
    with pytest.raises(SpecError, match="searched twice"):
        plan_search(spec(), ["trunk.dropout=0..0.5", "trunk.dropout=0..0.2"])


def test_without_fields_the_search_is_around_the_specs_own_values() -> None:
    search = plan_search(spec(train={"learning_rate": 0.004}))
    assert search.over["train.learning_rate"] == Range(0.0005, 0.032, log=True)
    own = search.own()
    assert own == {"train.learning_rate": 0.004, "trunk.dropout": 0.3, "train.weight_decay": 0.01}
    assert search.at(own).training_digest() == search.base.training_digest()


def test_a_spec_whose_values_are_not_searched_has_none_of_its_own() -> None:
    assert plan_search(spec(), ["trunk.dropout=0.4..0.5"]).own() is None


@pytest.mark.parametrize(
    ("said", "own"),
    [
        ("train.learning_rate=[1e-3, 2e-3]", 0.002),
        ("trunk=[{width: 32}, {dropout: 3e-1}]", {"dropout": 0.3}),
        ("heads.slots.values=[{level: percent}, {}]", {}),
        ("trunk.featurizer.mends=[1000, 0]", 0),
        ("trunk.featurizer.mends=0..1e3", 0),
    ],
)
def test_the_specs_own_value_is_found_as_the_field_reads_it(said: str, own: Any) -> None:
    search = plan_search(spec(), [said])
    (field,) = search.over
    assert search.own() == {field: own}
    assert search.at({field: own}).training_digest() == search.base.training_digest()


def test_numbers_of_a_list_are_shown_as_numbers() -> None:
    search = plan_search(spec(), ["train.learning_rate=[1e-3, 2e-3]"])
    assert str(search.over["train.learning_rate"]) == "[0.001, 0.002]"


def test_values_that_do_not_go_together_are_refused() -> None:
    search = plan_search(spec(trunk={"layers": 4}, sharing={"kind": "low_supervision"}),
                         ["heads.slots.depth=[1, 3]", "trunk.layers=3..4"])  # fmt: skip
    assert search.at({"heads.slots.depth": 3, "trunk.layers": 3}).heads["slots"].depth == 3
    with pytest.raises(SpecError, match="a trial's values"):
        search.at({"heads.slots.depth": 5, "trunk.layers": 3})


@given(rate=st.floats(1e-9, 1), layers=st.integers(1, 12))
def test_a_trial_differs_from_its_spec_in_what_was_searched_alone(rate: float, layers: int) -> None:
    search = plan_search(spec(), ["train.learning_rate=1e-9..1,log", "trunk.layers=1..12"])
    made = search.at({"train.learning_rate": rate, "trunk.layers": layers})
    back = {"trunk": made.trunk.model_copy(update={"layers": 2})}
    back["train"] = made.train.model_copy(update={"learning_rate": 2e-3})
    assert (made.train.learning_rate, made.trunk.layers) == (rate, layers)
    assert made.model_copy(update=back).digest() == search.base.digest()
