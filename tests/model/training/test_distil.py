from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch

from model.data.synthetic import Recombiner
from model.net import Net
from model.training.device import choose_compute
from model.training.distil import Teacher, Teaching
from model.training.finished import load_net
from model.training.loop import train
from schemas.data.dataset import Dataset
from schemas.data.heads import plan_heads
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec
from tests.model.conftest import Workshop
from trunkline_edge.understanding.decode import softmax
from trunkline_edge.understanding.text import split_words

HEADS = ("intent", "slots")


def _taught(spec: Spec) -> Spec:
    return parse_spec(
        spec.model_dump(mode="json", by_alias=True) | {"distill": {"teachers": {"first": {"train": {"seed": 1}}}}}
    )


@pytest.fixture(scope="module")
def plain(workshop: Workshop) -> Spec:
    return workshop.spec(HEADS)


@pytest.fixture(scope="module")
def rows(workshop: Workshop, plain: Spec) -> Dataset:
    return workshop.dataset(plain)


@pytest.fixture(scope="module")
def teacher(workshop: Workshop, plain: Spec, rows: Dataset) -> Path:
    return workshop.train(plain, rows)


@pytest.fixture(scope="module")
def teaching(workshop: Workshop, plain: Spec, rows: Dataset, teacher: Path) -> Teaching:
    net, featurizer = load_net(plain, teacher)
    plans = plan_heads(plain, rows)
    compute = choose_compute(plain.train)
    return Teaching(
        [Teacher(net, featurizer)], rows, plans, featurizer, made=2, weight=1.0, batch_size=4, seed=0, compute=compute
    )


def _loss(net: Net, teaching: Teaching) -> float:
    with torch.no_grad():
        return float(sum(teaching.losses(net.eval(), 1, 0).values()))


def test_synthetic_rows_keep_what_is_said_around_their_spans(plain: Spec, rows: Dataset) -> None:
    (frame,) = rows.batches("train")
    make = Recombiner(rows, plan_heads(plain, rows), ["zebra", "violin"], "0")
    made = make(frame)
    assert made["text"].equals(make(frame)["text"])
    assert not made["text"].equals(Recombiner(rows, plan_heads(plain, rows), ["zebra"], "1")(frame)["text"])
    known = {"lamp", "heater", "fan", "kitchen", "hall", "attic", "cellar", "zebra", "violin"}
    for before, after, labels in zip(frame["text"], made["text"], frame["labels"].to_list(), strict=True):
        spans = [(span["start"], span["end"]) for span in labels["slots"]]
        words = split_words(before)
        assert len(split_words(after)) == len(words)
        for old, new in zip(words, split_words(after), strict=True):
            is_inside = any(start <= old.start < end for start, end in spans)
            assert new.form in known if is_inside else new.form == old.form
    assert (made["text"] != frame["text"]).mean() > 0.3


def test_rows_without_spans_have_words_exchanged_anywhere(workshop: Workshop) -> None:
    spec = workshop.spec(("intent",))
    rows = workshop.dataset(spec)
    (frame,) = rows.batches("train")
    made = Recombiner(rows, plan_heads(spec, rows), ["zebra"], "0")(frame)
    assert "zebra" in " ".join(made["text"])
    assert {len(split_words(a)) - len(split_words(b)) for a, b in zip(frame["text"], made["text"], strict=True)} == {0}


def test_the_answers_kept_are_the_teachers_own(plain: Spec, rows: Dataset, teacher: Path, teaching: Teaching) -> None:
    net, _ = load_net(plain, teacher)
    made = teaching.rounds[0]
    row = 5
    place = slice(made.rows.offsets[row], made.rows.offsets[row + 1])
    ids = torch.from_numpy(made.rows.forms[made.rows.words[place]])[None]
    with torch.inference_mode():
        logits = net(ids, torch.ones(ids.shape[:2], dtype=torch.bool))
    np.testing.assert_allclose(made.answers["intent"][row], softmax(logits["intent"][0].numpy()), atol=1e-3)
    np.testing.assert_allclose(made.answers["slots"][place], softmax(logits["slots"][0].numpy()), atol=1e-3)


def test_nobody_answers_as_the_teacher_does_but_the_teacher(
    workshop: Workshop, plain: Spec, rows: Dataset, teacher: Path, teaching: Teaching
) -> None:
    net, _ = load_net(plain, teacher)
    assert _loss(net, teaching) < _loss(workshop.net(plain, rows), teaching)
    # The divergence is 0 where q = p, and so is its gradient, but for the answers' half precision.
    loss = sum(teaching.losses(net.eval(), 1, 0).values(), start=torch.zeros(()))
    assert abs(float(loss.detach())) < 1e-3
    loss.backward()
    assert max(float(p.grad.abs().max()) for p in net.parameters() if p.grad is not None) < 1e-2


def test_a_net_with_teachers_learns_from_them_and_resumes_to_the_same_weights(
    workshop: Workshop, plain: Spec, rows: Dataset, teacher: Path
) -> None:
    spec = _taught(plain)
    teachers = MappingProxyType({"first": teacher})
    whole, resumed = workshop.folder(), workshop.folder()
    for _ in train(spec, rows, whole, teachers):
        pass
    workshop.stop_after(2, train(spec, rows, resumed, teachers))
    for _ in train(spec, rows, resumed, teachers):
        pass
    ours, theirs = workshop.weights(spec, whole), workshop.weights(spec, resumed)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    losses = [sum(epoch["losses"].values()) for epoch in workshop.history(whole)]
    assert losses[-1] < losses[0]
    untaught = workshop.weights(plain, workshop.train(plain, rows))
    assert any(not torch.equal(ours[name], untaught[name]) for name in ours)


def test_a_head_learns_nothing_from_rows_that_do_not_label_it(workshop: Workshop, plain: Spec) -> None:
    rows = workshop.rows()
    for row in rows[::2]:
        del row["labels"]["slots"]
    data = workshop.dataset(plain, rows)
    net, featurizer = load_net(plain, workshop.train(plain, data))
    compute = choose_compute(plain.train)
    plans = plan_heads(plain, data)
    teaching = Teaching(
        [Teacher(net, featurizer)], data, plans, featurizer, made=1, weight=1.0, batch_size=1, seed=0, compute=compute
    )
    made = teaching.rounds[0]
    before = _loss(net, teaching)
    unlabelled = np.repeat(~made.rows.has_label["slots"], made.rows.lengths)
    assert 0 < unlabelled.mean() < 1
    made.answers["slots"][unlabelled] = 1
    assert _loss(net, teaching) == before


def test_a_teacher_that_knows_one_head_teaches_that_one(workshop: Workshop, plain: Spec, rows: Dataset) -> None:
    alone = workshop.spec(("intent",))
    net, featurizer = load_net(alone, workshop.train(alone, rows))
    plans = plan_heads(plain, rows)
    compute = choose_compute(plain.train)
    settings = {"made": 1, "weight": 1.0, "batch_size": 4, "seed": 0, "compute": compute}
    teaching = Teaching([Teacher(net, featurizer)], rows, plans, featurizer, **settings)
    assert set(teaching.losses(workshop.net(plain, rows).eval(), 1, 0)) == {"intent"}


def test_twice_the_weight_is_twice_the_loss(
    workshop: Workshop, plain: Spec, rows: Dataset, teacher: Path, teaching: Teaching
) -> None:
    net, featurizer = load_net(plain, teacher)
    pupil = workshop.net(plain, rows)
    settings = {"made": 2, "weight": 2.0, "batch_size": 4, "seed": 0, "compute": choose_compute(plain.train)}
    twice = Teaching([Teacher(net, featurizer)], rows, plan_heads(plain, rows), featurizer, **settings)
    assert _loss(pupil, twice) == pytest.approx(2 * _loss(pupil, teaching), rel=1e-5)


@pytest.mark.parametrize("kind", ["uncertainty", "famo", "upgrad"])
def test_balancing_weighs_what_teachers_say_with_the_labels(
    workshop: Workshop, plain: Spec, rows: Dataset, teacher: Path, kind: str
) -> None:
    def trained(spec: Spec, teachers: dict[str, Path]) -> list[float]:
        folder = workshop.folder()
        for _ in train(spec, rows, folder, teachers):
            pass
        return [sum(epoch["losses"].values()) for epoch in workshop.history(folder)]

    balanced = parse_spec(plain.model_dump(mode="json", by_alias=True) | {"balance": {"kind": kind}})
    taught = trained(_taught(balanced), {"first": teacher})
    assert taught[-1] < taught[0]
    assert taught[0] > trained(balanced, {})[0]  # the teacher's part is in the losses that are balanced
