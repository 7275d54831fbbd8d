from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor

from model.data.batches import IGNORE, Batch, collate
from model.layers.heads import Head, ScoreHead, build_head
from model.layers.trunk import CompactTrunk
from model.net import Net
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from schemas.spec.heads import HeadKind
from schemas.spec.product import Spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

KINDS: tuple[HeadKind, ...] = ("class", "tag", "multilabel", "score", "next_word")
WIDTH, ROWS, WORDS = 16, 64, 6
VOCABULARY = 30


def _head(spec: Spec, kind: HeadKind, labels: int, *, smoothing: float = 0.05, seed: int = 0) -> Head:
    torch.manual_seed(seed)
    trunk = CompactTrunk(2 + VOCABULARY + spec.trunk.featurizer.buckets, spec.trunk)
    plan = HeadPlan("h", kind, tuple(f"l{i}" for i in range(labels)), 1.0, kind == "next_word")
    return build_head(plan, trunk.width, trunk.embedding, dropout=0.0, label_smoothing=smoothing).eval()


def _states(kind: HeadKind) -> tuple[Tensor, Tensor]:
    """Hidden states of utterances of one to six words, and their mask."""
    width = WIDTH // 2 if kind == "next_word" else WIDTH
    hidden = torch.randn(ROWS, WORDS, width, generator=torch.Generator().manual_seed(1))
    return hidden, torch.arange(WORDS) <= (torch.arange(ROWS) % WORDS)[:, None]


def _target(kind: HeadKind, labels: int, mask: Tensor) -> Tensor:
    """Random labels for every row."""
    generator = torch.Generator().manual_seed(2)
    if kind == "class":
        return torch.randint(labels, (ROWS,), generator=generator)
    if kind == "multilabel":
        return torch.randint(2, (ROWS, labels), generator=generator).float()
    if kind == "score":
        return torch.randn(ROWS, generator=generator)
    choices = 2 * labels + 1 if kind == "tag" else VOCABULARY
    return torch.where(mask, torch.randint(choices, mask.shape, generator=generator), IGNORE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("labels", [4, 40])
@torch.inference_mode()
def test_an_untrained_head_loses_about_one(spec: Spec, kind: HeadKind, labels: int) -> None:
    hidden, mask = _states(kind)
    target = _target(kind, labels, mask)
    losses = []
    for seed in range(8):
        head = _head(spec, kind, labels, smoothing=0, seed=seed)
        losses.append(float(head.loss(head(hidden, mask), target)))
    # A little more than chance: the first answers are not nothing, they are wrong at random.
    assert 0.95 < np.mean(losses) < 1.45


@torch.inference_mode()
def test_every_head_of_an_untrained_net_loses_about_one(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    encoded, _ = workshop.encoded(spec, dataset)
    batch = collate(encoded, np.arange(len(encoded)))
    losses: dict[str, list[float]] = {name: [] for name in spec.heads}
    for seed in range(8):
        net = workshop.net(spec, dataset, seed=seed).eval()
        urgency = net.head("urgency")
        assert isinstance(urgency, ScoreHead)
        urgency.set_scale(float(encoded.targets["urgency"].mean()), float(encoded.targets["urgency"].std()))
        for name, loss in net.losses(net(batch.ids, batch.mask), batch.targets).items():
            losses[name].append(float(loss))
    means = {name: float(np.mean(values)) for name, values in losses.items()}
    # All utterances start out alike to a net, so its first scores are off by one number that they share.
    assert 0.95 < means.pop("urgency") < 2
    assert all(0.85 < mean < 1.45 for mean in means.values()), means  # label smoothing takes a little off a class head


@pytest.mark.parametrize("labels", [1, 2, 3, 150])
@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.5])
def test_the_best_answer_to_a_smoothed_label_loses_nothing(spec: Spec, labels: int, smoothing: float) -> None:
    head = _head(spec, "class", labels, smoothing=smoothing).double()
    shares = torch.full((1, labels), smoothing / labels, dtype=torch.float64)
    shares[0, 0] += 1 - smoothing
    assert float(head.loss((shares + 1e-300).log(), torch.tensor([0]))) == pytest.approx(0, abs=1e-9)
    noise = 0.1 * torch.randn(20, labels, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for near in (shares + 1e-300).log() + noise:
        assert float(head.loss(near[None], torch.tensor([0]))) >= -1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_unlabelled_rows_change_neither_loss_nor_gradient(spec: Spec, kind: HeadKind) -> None:
    head = _head(spec, kind, 5)
    hidden, mask = _states(kind)
    target = _target(kind, 5, mask)
    labelled = torch.arange(ROWS) % 3 == 0
    unknown = math.nan if target.is_floating_point() else IGNORE
    partial = torch.where(labelled.view(-1, *[1] * (target.ndim - 1)), target, unknown)

    def learn(rows: Tensor, target: Tensor) -> tuple[Tensor, list[Tensor]]:
        head.zero_grad()
        states = hidden[rows].requires_grad_()
        loss = head.loss(head(states, mask[rows]), target)
        loss.backward()
        assert states.grad is not None
        return states.grad, [loss.detach(), *(p.grad.clone() for p in head.parameters() if p.grad is not None)]

    everyone = torch.ones(ROWS, dtype=torch.bool)
    states_all, all_rows = learn(everyone, partial)
    states_alone, alone = learn(labelled, target[labelled])
    torch.testing.assert_close(all_rows, alone, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(states_all[labelled], states_alone, atol=1e-6, rtol=1e-5)
    assert not states_all[~labelled].any()


@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_padding_never_changes_an_answer(spec: Spec, kind: HeadKind) -> None:
    head = _head(spec, kind, 5)
    hidden, mask = _states(kind)
    noisy = torch.where(mask[..., None], hidden, 100 * torch.randn_like(hidden))
    answers = head(noisy, mask)
    for row in range(WORDS):
        length = int(mask[row].sum())
        alone = head(hidden[row : row + 1, :length], mask[row : row + 1, :length])[0]
        answer = answers[row, :length] if kind in ("tag", "next_word") else answers[row]
        torch.testing.assert_close(answer, alone, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_padding_never_changes_an_answer_of_a_whole_net(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    net = workshop.net(spec, dataset).eval()
    encoded, _ = workshop.encoded(spec, dataset)
    batch = collate(encoded, np.arange(len(encoded)))
    answers = net(batch.ids, batch.mask)
    for row in range(len(encoded)):
        alone = collate(encoded, np.array([row]))
        for name, answer in net(alone.ids, alone.mask).items():
            padded = answers[name][row, : answer.shape[1]] if name in encoded.per_word else answers[name][row]
            torch.testing.assert_close(padded, answer[0], atol=1e-5, rtol=1e-5)


def test_a_certain_and_right_answer_loses_nothing(spec: Spec) -> None:
    _, mask = _states("tag")
    tags = torch.tensor([0, 1, 2, 2, 3, 4]).expand(ROWS, -1)
    certain = 50.0 * torch.nn.functional.one_hot(tags, 7)
    assert float(_head(spec, "tag", 3).loss(certain, torch.where(mask, tags, IGNORE))) < 1e-6


def test_the_loss_of_tags_is_the_share_of_their_sequence_among_all_that_the_device_may_answer(spec: Spec) -> None:
    head = _head(spec, "tag", 2)
    logits = 3 * torch.randn(2, 4, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float32)
    target = torch.tensor([[1, 2, 0, 3], [3, 4, IGNORE, IGNORE]])
    expected, words = 0.0, 0
    for scores, tags in zip(logits.double(), target.tolist(), strict=True):
        gold = [tag for tag in tags if tag != IGNORE]
        legal = [
            path
            for path in itertools.product(range(5), repeat=len(gold))
            if all(
                tag == 0 or tag % 2 or before in (tag, tag - 1) for before, tag in zip((0, *path), path, strict=False)
            )
        ]
        weights = {path: math.exp(sum(float(scores[i, tag]) for i, tag in enumerate(path))) for path in legal}
        expected -= math.log(weights[tuple(gold)] / sum(weights.values()))
        words += len(gold)
    assert float(head.loss(logits, target)) == pytest.approx(expected / words / math.log(4), rel=1e-5)


def test_a_score_head_answers_in_the_unit_of_its_labels_and_loses_in_units_of_their_spread(spec: Spec) -> None:
    head = _head(spec, "score", 0)
    assert isinstance(head, ScoreHead)
    hidden, mask = _states("score")
    standard = head(hidden, mask)
    head.set_scale(5000.0, 200.0)
    torch.testing.assert_close(head(hidden, mask), 200 * standard + 5000)
    labels = 5000 + 200 * torch.randn(ROWS, generator=torch.Generator().manual_seed(0))
    mean = torch.full((ROWS, 1), 5000.0)
    assert float(head.loss(mean, labels)) == pytest.approx(float(((labels - 5000) / 200).square().mean()))


def test_a_score_that_never_varies_has_no_spread_to_divide_by(spec: Spec) -> None:
    head = _head(spec, "score", 0)
    assert isinstance(head, ScoreHead)
    head.set_scale(7.0, 0.0)
    hidden, mask = _states("score")
    assert head.loss(head(hidden, mask), torch.full((ROWS,), 7.0)).isfinite()


@torch.inference_mode()
def test_scores_keep_their_digits_under_bf16(spec: Spec) -> None:
    head = _head(spec, "score", 0)
    assert isinstance(head, ScoreHead)
    head.set_scale(5000.0, 1.0)
    hidden, mask = _states("score")
    exact = head(hidden, mask)
    with torch.autocast("cpu", torch.bfloat16):
        rough = head(hidden, mask)
    assert float((rough - exact).abs().max()) < 0.05


def test_the_next_word_head_shares_the_table_of_the_trunk(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    net = workshop.net(spec, dataset)
    head = net.head("next_word")
    trunk = CompactTrunk(net.sharing.trunk.embedding.table.num_embeddings, spec.trunk)
    own = {name for name, _ in head.named_parameters()}
    assert own == {"project.weight", "project.bias"}
    assert _count(net) == _count(trunk) + sum(_count(net.head(name)) for name in spec.heads)
    table = net.sharing.trunk.embedding.table.weight
    head(torch.randn(1, 2, trunk.causal_width), torch.ones(1, 2, dtype=torch.bool)).square().sum().backward()
    assert table.grad is not None
    assert head._table[0].weight is table


@pytest.mark.parametrize("words", [0, 1, VOCABULARY, 3000])
def test_next_words_are_words_and_never_ngrams(spec: Spec, words: int) -> None:
    trunk = CompactTrunk(2 + words + spec.trunk.featurizer.buckets, spec.trunk)
    head = build_head(
        HeadPlan("h", "next_word", (), 1.0, True), trunk.width, trunk.embedding, dropout=0.0, label_smoothing=0.0
    )
    logits = head(torch.randn(1, 2, trunk.causal_width), torch.ones(1, 2, dtype=torch.bool))
    assert logits.shape == (1, 2, min(words, 2000))


def _count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_heads_without_targets_have_no_loss(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    encoded, _ = workshop.encoded(spec, dataset)
    net: Net = workshop.net(spec, dataset).eval()
    batch: Batch = collate(encoded, np.arange(4))
    logits = net(batch.ids, batch.mask)
    assert net.losses(logits, {"slots": batch.targets["slots"]}).keys() == {"slots"}
    assert net.losses(logits, {}) == {}
