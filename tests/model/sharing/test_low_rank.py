"""Adapters of each head's own on an encoder: hard sharing at one end, layers of each head's own at the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from model.net import Net
from model.sharing.low_rank import Adapter, LowRank
from model.training.loop import Training
from schemas.spec.bounded_yaml import SpecError

if TYPE_CHECKING:
    from model.data.batches import Batch
    from schemas.data.dataset import Dataset
    from schemas.spec.product import Spec
    from tests.model.conftest import Workshop

HEADS = ("intent", "slots", "topics")


@pytest.fixture(scope="module")
def encoder(workshop: Workshop) -> dict[str, Any]:
    return workshop.encoder()


def spec_of(workshop: Workshop, encoder: dict[str, Any], **options: Any) -> Spec:
    sharing = {"kind": "low_rank", "rank": 4, **options}
    return workshop.spec(HEADS, encoder, sharing=sharing, epochs=2, checkpoint_steps=2)


def lab(workshop: Workshop, encoder: dict[str, Any], **options: Any) -> tuple[Net, LowRank, Batch, Dataset]:
    """Return a net in float64 whose adapters add something, and a batch of two utterances."""
    spec = spec_of(workshop, encoder, **options)
    dataset = workshop.dataset(spec)
    net = workshop.net(spec, dataset).double().eval()
    assert isinstance(net.sharing, LowRank)
    for adapter in adapters(net.sharing):
        nn.init.normal_(adapter.ups, std=0.2)
    return net, net.sharing, workshop.random_batch(workshop.encoded(spec, dataset)[1], [6, 4]), dataset


def adapters(sharing: LowRank) -> list[Adapter]:
    return [module for module in sharing.adapters.modules() if isinstance(module, Adapter)]


def hard_twin(workshop: Workshop, encoder: dict[str, Any], net: Net, dataset: Dataset) -> Net:
    """Return a net without adapters that has the same trunk and heads."""
    twin = workshop.net(workshop.spec(HEADS, encoder), dataset).double().eval()
    twin.load_state_dict({name: value for name, value in net.state_dict().items() if ".adapters." not in name})
    return twin


@pytest.mark.parametrize("layers", [1, 2])
def test_adapters_that_add_nothing_are_hard_sharing_and_train_as_it_does(
    workshop: Workshop, encoder: dict[str, Any], layers: int
) -> None:
    net, sharing, batch, dataset = lab(workshop, encoder, layers=layers)
    for adapter in adapters(sharing):
        nn.init.zeros_(adapter.ups).requires_grad_(False)
    twin = hard_twin(workshop, encoder, net, dataset)
    steps = [torch.optim.SGD((p for p in each.parameters() if p.requires_grad), lr=0.01) for each in (net, twin)]
    for _ in range(4):
        answers = [each(batch.ids, batch.mask) for each in (net, twin)]
        for head in HEADS:
            torch.testing.assert_close(answers[0][head], answers[1][head], atol=1e-8, rtol=0)
        for step, found in zip(steps, answers, strict=True):
            step.zero_grad()
            torch.autograd.backward(sum(logits.square().mean() for logits in found.values()))
            step.step()


def test_a_head_reads_the_layer_whose_weights_are_shared_ones_and_its_own_product(
    workshop: Workshop, encoder: dict[str, Any]
) -> None:
    net, sharing, batch, dataset = lab(workshop, encoder)
    nn.init.normal_(sharing.adapters[0]["attention"].own)
    found = net.states(batch.ids, batch.mask)
    for number, head in enumerate(HEADS):
        twin = hard_twin(workshop, encoder, net, dataset)
        for name in ("attention", "mix"):
            adapter, layer = sharing.adapters[0][name], twin.sharing.trunk.layers[-1]
            shares = adapter.weights[number].softmax(0)
            up = sum(share * each for share, each in zip(shares, adapter.ups, strict=True))
            with torch.no_grad():
                getattr(layer, name).weight += up @ adapter.own[number] @ adapter.down
        states = twin.states(batch.ids, batch.mask)
        torch.testing.assert_close(found[head], states[head], atol=1e-10, rtol=0)
    assert not torch.allclose(found["intent"], found["slots"])


def test_heads_with_equal_matrices_of_their_own_read_equal_states(workshop: Workshop, encoder: dict[str, Any]) -> None:
    net, sharing, batch, _ = lab(workshop, encoder)
    for adapter in adapters(sharing):
        with torch.no_grad():
            adapter.weights.copy_(adapter.weights[:1].expand_as(adapter.weights))
    states = net.states(batch.ids, batch.mask)
    assert torch.equal(states["intent"], states["slots"])


def test_a_net_starts_where_hard_sharing_does_and_its_maps_back_up_part(
    workshop: Workshop, encoder: dict[str, Any]
) -> None:
    spec = spec_of(workshop, encoder)
    training = Training(spec, workshop.dataset(spec), workshop.folder())
    sharing = training.net.sharing
    assert isinstance(sharing, LowRank)
    assert all(not adapter.ups.any() for adapter in adapters(sharing))
    rates = {id(p): group for group in training.optimiser.param_groups for p in group["params"]}
    for adapter in adapters(sharing):
        assert all(rates[id(p)]["rate_factor"] == 1 and rates[id(p)]["weight_decay"] == 0 for p in adapter.parameters())
    for _ in training.run():
        pass
    for adapter in adapters(sharing):
        assert not torch.allclose(adapter.ups[0], adapter.ups[1], atol=1e-4)
        assert not torch.allclose(adapter.own[0], adapter.own[1], atol=1e-4)
    (table,) = training.net.tables()
    assert (table.rows, table.columns) == (HEADS, ("layer 2",))
    assert min(min(line) for line in table.values) > 0


def test_a_loss_reaches_what_is_shared_and_its_own_matrices_alone(workshop: Workshop, encoder: dict[str, Any]) -> None:
    net, sharing, batch, _ = lab(workshop, encoder)
    net(batch.ids, batch.mask)["slots"].sum().backward()
    assert all(p.grad is not None for p in sharing.shared_parameters() if p.requires_grad)
    for adapter in adapters(sharing):
        for own in (adapter.own, adapter.weights):
            assert own.grad is not None
            assert [bool(line.any()) for line in own.grad] == [False, True, False]


@pytest.mark.parametrize("tokenizer", ["words", "pieces"])
def test_lower_layers_run_once_and_the_others_once_a_head(
    workshop: Workshop, encoder: dict[str, Any], tokenizer: str
) -> None:
    spec = spec_of(workshop, {**encoder, "tokenizer": tokenizer})
    training = Training(spec, workshop.dataset(spec), workshop.folder())
    net, sharing = training.net.eval(), training.net.sharing
    assert isinstance(sharing, LowRank)
    batch, runs = workshop.random_batch(training.featurizer, [6, 4]), [0, 0]
    for number, layer in enumerate(sharing.trunk.layers):
        layer.register_forward_hook(lambda *_, at=number: runs.__setitem__(at, runs[at] + 1))
    states = net.states(batch.ids, batch.mask)
    assert runs == [1, len(HEADS)]
    assert {state.shape for state in states.values()} == {(2, 6, 32)}


def test_what_is_exported_has_the_shared_weights_once_and_two_small_matrices_a_head(
    workshop: Workshop, encoder: dict[str, Any]
) -> None:
    net, _, batch, _ = lab(workshop, encoder)
    written = net.for_export()
    for head, logits in net(batch.ids, batch.mask).items():
        torch.testing.assert_close(written(batch.ids, batch.mask)[head], logits, atol=1e-12, rtol=0)
    added = {name for name, _ in written.named_parameters()} - {name for name, _ in net.named_parameters()}
    assert len(added) == 2 * 2 * len(HEADS)
    assert not any(isinstance(module, Adapter) for module in written.modules())


def test_a_dropped_training_ends_as_if_it_had_not_been(workshop: Workshop, encoder: dict[str, Any]) -> None:
    spec = spec_of(workshop, encoder)
    data = workshop.dataset(spec)
    resumed = workshop.weights(spec, workshop.train_in_two(spec, data, 3))
    whole = workshop.weights(spec, workshop.train(spec, data))
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_a_compact_trunk_and_more_layers_than_there_are_get_refused(
    workshop: Workshop, encoder: dict[str, Any]
) -> None:
    with pytest.raises(SpecError, match="a compact trunk has no attention layers to adapt"):
        workshop.spec(HEADS, sharing={"kind": "low_rank"})
    with pytest.raises(SpecError, match=r"sharing\.layers is 3, the trunk has 2 layers"):
        spec_of(workshop, encoder, layers=3)


def test_the_ways_up_that_heads_share_do_not_learn_the_same() -> None:
    torch.manual_seed(0)
    adapter = Adapter(nn.Linear(8, 6), heads=2, rank=2, ups=3)
    (adapter(0, torch.randn(1, 4, 8)) * torch.randn(1, 4, 6)).sum().backward()
    assert adapter.ups.grad is not None
    first, *others = adapter.ups.grad
    assert all(not torch.allclose(first, other) for other in others)
