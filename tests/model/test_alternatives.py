"""What the bake-off puts in place of our parts is what its names say: limit cases where it is ours again."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bench.alternatives import PARTS, STEPS, train_with
from bench.alternatives import steps as steps_module
from bench.alternatives.blocks import GatedConvolution, RotaryAttention
from bench.alternatives.featurizers import ByteFeaturizer
from bench.alternatives.tags import IndependentTags, LearnedTransitions
from model.data.batches import IGNORE
from model.layers.heads import TagHead
from model.training.loop import Training
from trunkline_edge.bundle.manifest import FeaturizerConfig
from trunkline_edge.understanding.decode import best_tags
from trunkline_edge.understanding.featurizer import FIRST_WORD_ID

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

WIDTH, LABELS = 16, ("room", "thing", "time")
LENGTHS = torch.tensor([1, 4, 6, 3])
MASK = torch.arange(6) < LENGTHS.unsqueeze(1)


def _heads(kind: type[TagHead]) -> tuple[TagHead, Any]:
    """Return our head and another kind with the same weights."""
    torch.manual_seed(0)
    ours = TagHead(WIDTH, LABELS, None, 0.0)
    other = kind(WIDTH, LABELS, None, 0.0)
    other.load_state_dict(ours.state_dict(), strict=False)
    return ours, other


def _hidden() -> Tensor:
    return 3 * torch.randn(*MASK.shape, WIDTH, generator=torch.Generator().manual_seed(1))


def _target() -> Tensor:
    """Return legal sequences."""
    rows = [[1], [0, 3, 4, 4], [1, 2, 0, 5, 6, 6], [0, 0, 3]]
    return torch.tensor([[*row, *[IGNORE] * (6 - len(row))] for row in rows])


def test_transitions_that_have_learned_nothing_lose_what_our_tags_lose() -> None:
    ours, learned = _heads(LearnedTransitions)
    logits = ours(_hidden(), MASK)
    torch.testing.assert_close(learned.loss(logits, _target()), ours.loss(logits, _target()))


def test_transitions_that_have_learned_nothing_decode_what_devices_decode() -> None:
    ours, learned = _heads(LearnedTransitions)
    found = learned.eval()(_hidden(), MASK).argmax(2)
    logits = ours(_hidden(), MASK).log_softmax(2).detach().numpy()
    for row, length in enumerate(LENGTHS.tolist()):
        assert found[row, :length].tolist() == best_tags(logits[row, :length].astype(np.float64))


@torch.no_grad()
def test_learned_transitions_count_all_legal_sequences_and_find_the_best() -> None:
    _, learned = _heads(LearnedTransitions)
    learned.transitions.normal_(generator=torch.Generator().manual_seed(2))
    logits, tags = learned.train()(_hidden(), MASK)[1, :4], 7
    weights = {}
    for number in range(tags**4):
        path = [number // tags**place % tags for place in range(4)]
        legal = [after % 2 or not after or before in (after, after - 1) for before, after in pairwise([0, *path])]
        if all(legal):
            steps = sum(learned.transitions[a, b] for a, b in pairwise(path))
            weights[tuple(path)] = float(sum(logits[i, tag] for i, tag in enumerate(path)) + steps)
    target = _target()[1:2, :4]
    expected = np.logaddexp.reduce(list(weights.values())) - weights[tuple(target[0].tolist())]
    loss = float(learned.loss(logits.unsqueeze(0), target))
    assert loss == pytest.approx(expected / 4 / learned.chance, rel=1e-5)
    best = learned.best(logits.unsqueeze(0), MASK[1:2, :4])
    assert tuple(best[0].tolist()) == max(weights, key=lambda path: weights[path])


def test_independent_tags_lose_at_least_what_sequences_lose() -> None:
    # Legal sequences are some of all: their probabilities, given that they are legal, are no smaller.
    ours, alone = _heads(IndependentTags)
    logits = ours(_hidden(), MASK)
    assert alone.loss(logits, _target()) > ours.loss(logits, _target())


@pytest.mark.parametrize("kind", [GatedConvolution, RotaryAttention])
def test_a_block_sees_its_neighbours_and_no_padding(kind: type[nn.Module]) -> None:
    torch.manual_seed(0)
    block, hidden = kind(WIDTH, 0.0).eval(), _hidden()
    state = block(hidden, MASK, LENGTHS)[0]
    padded = torch.where(MASK.unsqueeze(2), hidden, 7.0)
    torch.testing.assert_close(block(padded, MASK, LENGTHS)[0][MASK], state[MASK])
    moved = hidden.clone()
    moved[:, 1] += 1
    assert not torch.allclose(block(moved, MASK, LENGTHS)[0][1:, 0], state[1:, 0])


def test_attention_depends_on_distance_and_not_on_place() -> None:
    torch.manual_seed(0)
    block, words = RotaryAttention(WIDTH, 0.0).eval(), _hidden()[2:3]
    after = torch.cat([torch.zeros(1, 3, WIDTH), words], 1)
    # The three words before cannot be seen: as padding, which may stand anywhere.
    seen = torch.tensor([[False] * 3 + [True] * 6])
    shifted = block(after, seen, torch.tensor([9]))[0][:, 3:]
    torch.testing.assert_close(shifted, block(words, seen[:, 3:], torch.tensor([6]))[0], atol=1e-5, rtol=1e-5)
    turned = block(words.flip(1), seen[:, 3:], torch.tensor([6]))[0].flip(1)
    assert not torch.allclose(turned, block(words, seen[:, 3:], torch.tensor([6]))[0], atol=1e-3)


def test_bytes_tell_words_apart_that_no_row_had() -> None:
    featurizer = ByteFeaturizer(FeaturizerConfig(1, 3, 5, 8, 12), [])
    assert featurizer.features("dé") == tuple(FIRST_WORD_ID + byte for byte in b"<d\xc3\xa9>")
    assert len(featurizer.features("a long word")) == 8


@pytest.mark.parametrize(
    ("kind", "setting", "nothing"), [("averaged", "MEMORY", 0.0), ("sharpness aware", "RADIUS", 0.0)]
)
def test_steps_that_do_nothing_more_train_the_same_net(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, kind: str, setting: str, nothing: float
) -> None:
    spec = workshop.spec(trunk={"dropout": 0.2})
    dataset = workshop.dataset(spec)
    monkeypatch.setattr(steps_module, setting, nothing)
    net = train_with([kind], spec, dataset, workshop.folder()).net
    plain = workshop.weights(spec, workshop.train(spec, dataset))
    for name, weight in net.state_dict().items():
        torch.testing.assert_close(weight, plain[name])


@pytest.mark.parametrize("kind", STEPS)
def test_steps_that_do_more_train_another_net(workshop: Workshop, kind: str) -> None:
    spec = workshop.spec()
    dataset = workshop.dataset(spec)
    net = train_with([kind], spec, dataset, workshop.folder()).net
    plain = workshop.weights(spec, workshop.train(spec, dataset))
    assert any(not torch.allclose(weight, plain[name]) for name, weight in net.state_dict().items())


@pytest.mark.parametrize("part", sorted(PARTS.keys() - {"pieces"}))
def test_a_net_learns_with_each_part(workshop: Workshop, part: str) -> None:
    spec = workshop.spec(["intent", "slots"], epochs=12)
    dataset = workshop.dataset(spec)
    training = train_with([part], spec, dataset, workshop.folder())
    assert isinstance(training, Training)
    assert training.progress.history[-1]["losses"]["intent"] < 0.5 * training.progress.history[0]["losses"]["intent"]


def test_a_part_that_there_is_not_is_refused(workshop: Workshop) -> None:
    spec = workshop.spec()
    with pytest.raises(ValueError, match="hexagons"):
        train_with(["hexagons"], spec, workshop.dataset(spec), workshop.folder())


def test_two_ways_to_step_are_refused(workshop: Workshop) -> None:
    spec = workshop.spec()
    with pytest.raises(ValueError, match="one way to step"):
        train_with(STEPS, spec, workshop.dataset(spec), workshop.folder())
