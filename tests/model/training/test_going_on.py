"""Going on from a finished training: nothing new and no step give the same answers; new rows leave the old in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from model.data.batches import collate, encode
from model.export.graphs import export_graphs
from model.training.finished import load_net
from model.training.going_on import AnotherNet
from model.training.loop import Training
from schemas.data.dataset import Dataset
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.product import Spec

SHARING: list[dict[str, Any]] = [
    {"kind": "hard"},
    {"kind": "hard", "prior": {"kind": "cluster", "clusters": 2}},
    {"kind": "hard", "prior": {"kind": "block_sparse"}},
    {"kind": "soft", "share_embedding": False},
    {"kind": "low_supervision"},
    {"kind": "cross_stitch"},
    {"kind": "sluice"},
    {"kind": "tensor_factor"},
    {"kind": "adaptive"},
    {"kind": "grouped", "groups": [["intent", "slots"], ["topics", "urgency"]]},
    {"kind": "gated_experts"},
]


def logits(training: Training) -> dict[str, Tensor]:
    """Return what a training's net says to its valid rows before any step."""
    return answers(training.net, training, training.featurizer)


def answers(net: Any, training: Training, featurizer: Any) -> dict[str, Tensor]:
    plans = tuple(net.plans)
    rows = encode(training.dataset, "valid", featurizer, plans)
    batch = collate(rows, torch.arange(len(rows)).numpy())
    with torch.no_grad():
        return dict(net.eval()(*batch.inputs))


def go_on(spec: Spec, dataset: Dataset, place: Path, start: Path) -> Training:
    return Training(spec.going_on(), dataset, place, start=start)


@pytest.mark.parametrize("sharing", SHARING, ids=lambda sharing: sharing.get("prior", sharing)["kind"])
def test_the_same_rows_and_no_step_give_the_same_answers(workshop, sharing: dict[str, Any]) -> None:
    heads = ("intent", "slots", "topics", "urgency")
    spec = workshop.spec(heads, sharing=sharing, epochs=2)
    dataset = workshop.dataset(spec)
    start = workshop.train(spec, dataset)
    training = go_on(spec, dataset, workshop.folder(), start)
    net, featurizer = load_net(spec, start)
    before, now = answers(net, training, featurizer), logits(training)
    assert before.keys() == now.keys()
    assert all(torch.equal(before[head], now[head]) for head in before)


@pytest.mark.parametrize("kind", ["cross_stitch", "tensor_factor"])
def test_towers_that_are_tied_stay_tied_as_they_are(workshop, kind: str) -> None:
    heads, sharing = ("intent", "slots"), {"kind": kind, "solo_epochs": 2}
    spec, still = (
        workshop.spec(heads, sharing=sharing, epochs=6, more_epochs=3, keep="last", learning_rate=rate)
        for rate in (0.02, 1e-8)
    )
    dataset = workshop.dataset(spec)
    training = go_on(still, dataset, workshop.folder(), workshop.train(spec, dataset))
    before = logits(training)
    for _ in training.run():
        assert not training.net.sharing.is_solo
    for head, answer in logits(training).items():
        torch.testing.assert_close(answer, before[head], atol=1e-4, rtol=0)


def test_new_words_and_labels_get_rows_of_their_own_and_the_old_keep_theirs(workshop) -> None:
    spec = workshop.spec(epochs=2)
    start = workshop.train(spec, workshop.dataset(spec))
    # Labels and words that sort before, between and after those known: no old one stays where it was.
    rows = workshop.rows()
    for number, (intent, room) in enumerate([("ask-why", "annexe"), ("zap", "workroom")] * 4):
        labels = {"intent": intent, "slots": [{"start": 15, "end": 15 + len(room), "label": f"a{room}"}],
                  "topics": ["audio"], "urgency": 20.0}  # fmt: skip
        split = "valid" if number > 5 else "train"
        rows.append({"text": f"zapping aft it {room} say {'so ' * number}".strip(), "split": split, "labels": labels})
    training = go_on(spec, workshop.dataset(spec, rows), workshop.folder(), start)
    net, featurizer = load_net(spec, start)
    known = set(featurizer.vocabulary)
    assert {"zapping", "annexe"} <= set(training.featurizer.vocabulary) - known
    old, new = net.sharing.trunk.embedding.table.weight, training.net.sharing.trunk.embedding.table.weight
    for word in known & set(training.featurizer.vocabulary):
        assert torch.equal(new[training.featurizer.word_id(word)], old[featurizer.word_id(word)]), word
    assert torch.equal(new[-spec.trunk.featurizer.buckets :], old[-spec.trunk.featurizer.buckets :])

    plans = {plan.name: plan for plan in training.net.plans}
    for plan in net.plans:
        if plan.kind in ("class", "multilabel"):
            assert set(plans[plan.name].labels) > set(plan.labels)
            place = [plans[plan.name].labels.index(label) for label in plan.labels]
            assert place != list(range(len(place)))
            assert torch.equal(training.net.head(plan.name).project.weight[place], net.head(plan.name).project.weight)
    tags, before = training.net.head("slots"), net.head("slots")
    for label in next(plan.labels for plan in net.plans if plan.name == "slots"):
        ours, theirs = (1 + 2 * each.index(label) for each in (
            plans["slots"].labels, next(plan.labels for plan in net.plans if plan.name == "slots")))  # fmt: skip
        assert torch.equal(tags.context.weight[ours : ours + 2], before.context.weight[theirs : theirs + 2])
        assert torch.equal(tags.project.bias[ours : ours + 2], before.project.bias[theirs : theirs + 2])
    assert torch.equal(tags.project.weight[0], before.project.weight[0])


def test_what_it_goes_on_from_is_learned_in_fewer_steps_than_from_nothing(workshop) -> None:
    spec = workshop.spec(("intent", "slots"), epochs=12)
    dataset = workshop.dataset(spec)
    start = workshop.train(spec, dataset)
    short = workshop.spec(("intent", "slots"), epochs=1, more_epochs=1)
    anew = workshop.history(workshop.train(short, dataset))
    folder = workshop.folder()
    for _ in go_on(short, dataset, folder, start).run():
        pass
    assert [epoch["epoch"] for epoch in workshop.history(folder)] == [1]
    assert workshop.history(folder)[0]["score"] > anew[0]["score"] + 0.2


def whole_and_cut_off(workshop, spec: Spec, dataset: Dataset, start: Path) -> tuple[dict[str, Tensor], ...]:
    """Return the weights of a training that goes on undisturbed, and of one that is cut off and taken up again."""
    whole, cut = workshop.folder(), workshop.folder()
    for _ in go_on(spec, dataset, whole, start).run():
        pass
    workshop.stop_after(2, go_on(spec, dataset, cut, start).run())
    for _ in go_on(spec, dataset, cut, start).run():
        pass
    return tuple(workshop.weights(spec, folder) for folder in (whole, cut))


def test_a_training_that_goes_on_and_is_cut_off_ends_as_an_undisturbed_one(workshop) -> None:
    spec = workshop.spec(epochs=2, more_epochs=2, checkpoint_steps=1)
    dataset = workshop.dataset(spec)
    start = workshop.train(spec, dataset)
    ours, theirs = whole_and_cut_off(workshop, spec, dataset, start)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_head_that_is_new_starts_as_it_is_and_the_others_go_on(workshop) -> None:
    spec = workshop.spec(("intent", "slots"), epochs=2)
    start = workshop.train(spec, workshop.dataset(spec))
    more = workshop.spec(("intent", "slots", "topics"), epochs=2)
    training = go_on(more, workshop.dataset(more), workshop.folder(), start)
    net, featurizer = load_net(spec, start)
    before, now = answers(net, training, featurizer), logits(training)
    assert all(torch.equal(before[head], now[head]) for head in before)
    assert now["topics"].isfinite().all()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"trunk": {"width": 32}}, r"project\.weight"),
        ({"trunk": {"layers": 1}}, r"layers\.1"),
        ({"trunk": {"featurizer": {"buckets": 128}}}, "trunk.featurizer"),
        ({"sharing": {"kind": "sluice"}}, "none"),
    ],
    ids=["width", "layers", "buckets", "sharing"],
)
def test_another_architecture_is_refused_with_what_differs(workshop, changed: dict[str, Any], told: str) -> None:
    spec = workshop.spec(("intent", "slots"), epochs=1)
    start = workshop.train(spec, workshop.dataset(spec))
    other = workshop.spec(("intent", "slots"), epochs=1, **changed)
    with pytest.raises(AnotherNet, match=told) as caught:
        go_on(other, workshop.dataset(other), workshop.folder(), start)
    assert "--set train.start_from=null" in str(caught.value)


def longer(workshop) -> list[dict[str, Any]]:
    """Return the corpus with rows that bring words and labels of their own."""
    rows = workshop.rows()
    for number in range(8):
        labels = {"intent": "ask-why", "slots": [], "topics": ["audio"], "urgency": 20.0}
        split = "valid" if number > 5 else "train"
        rows.append({"text": f"whyever is it {'so ' * number}dark".strip(), "split": split, "labels": labels})
    return rows


KEEPS: dict[str, Any] = {"start_from": "champion", "freeze": "trunk"}


@pytest.mark.slow
def test_a_frozen_trunk_is_the_same_file_in_every_precision_and_the_heads_learn_the_new_rows(workshop) -> None:
    spec = workshop.spec(epochs=2)
    first = workshop.dataset(spec)
    start = workshop.train(spec, first)
    keeps = workshop.spec(epochs=2, more_epochs=4, **KEEPS)
    dataset, folder = workshop.dataset(keeps, longer(workshop)), workshop.folder()
    for _ in go_on(keeps, dataset, folder, start).run():
        pass
    before, now = workshop.weights(spec, start), workshop.weights(keeps, folder)
    moved = {name for name in before if not torch.equal(before[name], now[name])}
    learned = {name.split(".")[1] for name in moved if name.startswith("heads.")}
    assert learned == {"intent", "slots", "topics", "urgency"}, "an auxiliary head has nobody to teach"
    assert {name for name in moved if not name.startswith("heads.")} == set()
    assert "ask-why" in load_net(keeps, folder)[0].plans[0].labels
    ours, theirs = (export_graphs(trained, rows, each, workshop.folder()) for trained, rows, each in (
        (start, first, spec), (folder, dataset, keeps)))  # fmt: skip
    same = ("trunk.onnx", "trunk.int8.onnx", "trunk.mixed.onnx", "vocabulary.txt")
    for file in same:
        assert (ours.folder / file).read_bytes() == (theirs.folder / file).read_bytes(), file
    assert ours.trunk_id == theirs.trunk_id
    assert (ours.folder / "intent.onnx").read_bytes() != (theirs.folder / "intent.onnx").read_bytes()


def test_a_training_on_a_frozen_trunk_that_is_cut_off_ends_as_an_undisturbed_one(workshop) -> None:
    spec = workshop.spec(epochs=1, more_epochs=2, checkpoint_steps=1, moments="per_head", augment=0.5, **KEEPS)
    dataset = workshop.dataset(spec)
    start = workshop.train(spec, dataset)
    (ours, theirs), before = whole_and_cut_off(workshop, spec, dataset, start), workshop.weights(spec, start)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert all(torch.equal(ours[name], before[name]) for name in ours if not name.startswith("heads."))
    assert not torch.equal(ours["heads.intent.project.weight"], before["heads.intent.project.weight"])


def test_a_frozen_trunk_of_another_featurizer_is_refused(workshop) -> None:
    spec = workshop.spec(("intent",), epochs=1)
    start = workshop.train(spec, workshop.dataset(spec))
    other = workshop.spec(("intent",), epochs=1, trunk={"featurizer": {"buckets": 128}}, **KEEPS)
    with pytest.raises(AnotherNet, match=r"trunk\.featurizer"):
        go_on(other, workshop.dataset(other), workshop.folder(), start)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"freeze": "trunk"}, r"set train\.start_from: champion"),
        (KEEPS | {"sharing": {"kind": "cross_stitch"}}, r"sharing\.kind cross_stitch"),
        (KEEPS | {"sharing": {"kind": "hard", "prior": {"kind": "block_sparse"}}}, r"sharing\.prior"),
        (KEEPS | {"balance": {"kind": "uncertainty"}}, r"balance\.kind uncertainty has nothing to weigh"),
    ],
    ids=["start", "sharing", "prior", "balance"],
)
def test_what_leaves_no_trunk_to_keep_is_refused_by_the_spec(workshop, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(SpecError, match=told):
        workshop.spec(("intent", "slots"), **changed)


def test_label_vectors_have_no_place_for_new_labels_and_the_spec_says_so(workshop) -> None:
    with pytest.raises(SpecError, match=r"train\.start_from"):
        workshop.spec(("intent", "slots"), sharing={"kind": "joint_many"}, start_from="champion")
