from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.layers.reversal import reversal_strength
from schemas.data.heads import plan_heads
from schemas.spec.bounded_yaml import SpecError
from tests.model.lab import HEADS, Lab

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

SOURCE: dict[str, Any] = {"kind": "class", "reads": "source", "auxiliary": True}


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_strength_grows_from_nothing_to_almost_one(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= reversal_strength(low) <= reversal_strength(high) < 1
    assert reversal_strength(0) == 0
    assert reversal_strength(0.1) == pytest.approx(0.46212, abs=1e-5)  # tanh(5 p)
    assert reversal_strength(1) > 0.9999


@pytest.mark.parametrize("progress", [0.0, 0.05, 0.5, 1.0])
def test_the_trunk_gets_minus_lambda_times_the_gradient_and_the_head_all_of_it(
    workshop: Workshop, progress: float
) -> None:
    lab = Lab(workshop)
    gradients = {}
    for adversarial in (False, True):
        topic = {"kind": "class", "auxiliary": True, "adversarial": adversarial}
        net = lab.net(lab.spec(heads={"slots": HEADS["slots"], "intent": topic}))
        net.on_step_begin(progress)
        batch = lab.batches[0]
        losses = net.losses(net(batch.ids, batch.mask), {"intent": batch.targets["intent"]})
        torch.autograd.backward(losses["intent"])
        gradients[adversarial] = {name: p.grad for name, p in net.named_parameters() if p.grad is not None}
    assert gradients[True].keys() == gradients[False].keys()
    factor = -reversal_strength(progress)
    for name, reversed_ in gradients[True].items():
        of_head = name.startswith("heads.")
        wanted = gradients[False][name] * (1 if of_head else torch.tensor(factor).double())
        torch.testing.assert_close(reversed_, wanted, atol=1e-12, rtol=1e-6)
        assert of_head or progress == 0 or reversed_.any() == gradients[False][name].any()


def test_what_the_adversary_tells_is_unlearned(workshop: Workshop) -> None:
    """A trunk that is only told to hide the intent tells an adversary less of it than one that was left alone."""
    lab, losses = Lab(workshop), {}
    for adversarial in (False, True):
        intent = {"kind": "class", "auxiliary": True, "adversarial": adversarial}
        net = lab.net(lab.spec(heads={"slots": HEADS["slots"], "intent": intent}))
        net.on_step_begin(1.0)
        losses[adversarial] = lab.run(net, steps=60, heads=["intent"]).losses[-1]["intent"]
    assert losses[True] > 0.8 > 0.5 > losses[False]


def test_a_column_that_says_one_thing_is_refused_by_name_and_with_the_cure(workshop: Workshop) -> None:
    spec = workshop.spec({"intent": {"kind": "class"}, "nuisance": {**SOURCE, "adversarial": True}})
    with pytest.raises(SpecError, match=r"heads\.nuisance reads `source`, which says only `rows` in all train rows"):
        plan_heads(spec, workshop.dataset(spec))


def test_a_column_of_the_rows_is_encoded_where_rows_have_a_value_seen_in_train(workshop: Workshop) -> None:
    lang: dict[str, Any] = {**SOURCE, "reads": "lang"}
    spec = workshop.spec({"intent": {"kind": "class"}, "language": lang})
    rows = workshop.rows()
    for number, row in enumerate(rows):
        row["lang"] = "fr" if row["split"] == "valid" and number % 8 == 3 else ("en", "de")[number % 2]
    dataset = workshop.dataset(spec, rows)
    assert [plan.labels for plan in plan_heads(spec, dataset)] == [("ask", "off", "on"), ("de", "en")]
    encoded, _ = workshop.encoded(spec, dataset, "valid")
    told = [row["lang"] != "fr" for row in rows if row["split"] == "valid"]
    assert encoded.has_label["language"].tolist() == told
    assert set(encoded.targets["language"][told].tolist()) == {0}


def test_a_net_with_weak_labels_and_an_adversary_trains_and_ships_its_main_head_alone(workshop: Workshop) -> None:
    auxiliary = {"kind": "class", "auxiliary": True, "weight": 0.1}
    spec = workshop.spec(
        {
            "intent": {"kind": "class"},
            "number": {**auxiliary, "weak_label": "has_number"},
            "length": {**auxiliary, "weak_label": "length_bucket"},
            "source": {**auxiliary, "reads": "source", "adversarial": True},
        },
        epochs=1,
    )
    rows = workshop.rows()
    for number, row in enumerate(rows):
        row["source"] = f"mic{number % 2}"
    dataset = workshop.dataset(spec, rows)
    folder = workshop.train(spec, dataset)
    (epoch,) = workshop.history(folder)
    assert epoch["losses"].keys() == {"intent", "number", "length", "source"}
    assert epoch["valid"].keys() == {"intent"}
