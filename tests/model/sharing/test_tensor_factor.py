from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from model.net import Net
from model.sharing.tensor_factor import WEIGHTS, FactoredWeight, TensorFactor
from model.sharing.towers import Towers
from schemas.spec.sharing import FACTORED_MODES
from schemas.spec.sharing import TensorFactor as TensorFactorSpec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HEADS = ("intent", "slots", "topics")
FORMS = list(FACTORED_MODES)


def net_of(workshop: Workshop, **options: Any) -> Net:
    """Nets that differ, as after solo epochs, then factored."""
    spec = workshop.spec(HEADS)
    net = workshop.net(
        spec.model_copy(update={"sharing": TensorFactorSpec(**options)}), workshop.dataset(spec)
    ).double()
    torch.manual_seed(1)
    for parameter in net.sharing.parameters():
        if parameter.abs().max() > 0:
            parameter.data += 0.05 * torch.randn_like(parameter)
    net.on_epoch_end(1)
    return net


def stack(seed: int = 0) -> torch.Tensor:
    return torch.randn(8, 5, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("form", FORMS)
def test_full_ranks_give_the_single_head_weights_back(form: str) -> None:
    weight = FactoredWeight((8, 5, 3), FACTORED_MODES[form]).double()
    weight.fit(stack(), [99] * len(FACTORED_MODES[form]), 0.1)
    torch.testing.assert_close(weight().detach(), stack(), atol=1e-13, rtol=0)
    assert weight.ranks.tolist() == [8, 5, 3]


def test_laf_is_tucker_and_tt_with_the_other_modes_full() -> None:
    composed = []
    for form, ranks in {"laf": [2], "tt": [8, 2], "tucker": [8, 5, 2]}.items():
        weight = FactoredWeight((8, 5, 3), FACTORED_MODES[form]).double()
        weight.fit(stack(), ranks, 0.1)
        assert weight.ranks.tolist() == [8, 5, 2]
        composed.append(weight().detach())
    torch.testing.assert_close(composed[0], composed[1], atol=1e-13, rtol=0)
    torch.testing.assert_close(composed[0], composed[2], atol=1e-13, rtol=0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("error", [0.5, 0.1])
def test_chosen_ranks_leave_no_more_than_the_error(form: str, error: float) -> None:
    weight = FactoredWeight((8, 5, 3), FACTORED_MODES[form]).double()
    noisy = 1 + 0.2 * stack()
    weight.fit(noisy, None, error)
    assert float((weight().detach() - noisy).norm() / noisy.norm()) <= error
    if error == 0.5:
        assert weight.ranks[2] == 1


@pytest.mark.parametrize(("form", "ranks"), [("tucker", [4, 3, 2]), ("tt", [4, 2]), ("laf", [2])])
def test_gradients_reach_every_factor_within_the_ranks_and_their_number_follows_the_formula(
    form: str, ranks: list[int]
) -> None:
    weight = FactoredWeight((8, 5, 3), FACTORED_MODES[form]).double()
    weight.fit(stack(), ranks, 0.1)
    (weight() * stack(1)).sum().backward()
    used = {name: int((p.grad != 0).sum()) for name, p in weight.named_parameters() if p.grad is not None}
    formula = {
        "tucker": {"core": 4 * 3 * 2, "factors.out": 8 * 4, "factors.in": 5 * 3, "factors.heads": 3 * 2},
        "tt": {"core": 4 * 5 * 2, "factors.out": 8 * 4, "factors.heads": 3 * 2},
        "laf": {"core": 8 * 5 * 2, "factors.heads": 3 * 2},
    }
    assert used == formula[form]


@pytest.mark.parametrize("form", FORMS)
def test_the_exported_net_of_ordinary_layers_answers_alike(workshop: Workshop, form: str) -> None:
    net = net_of(workshop, form=form, error=0.3).eval()
    exported = net.for_export()
    assert type(exported.sharing) is Towers
    assert not any("factors" in name or "core" in name for name, _ in exported.named_parameters())
    spec = workshop.spec(HEADS)
    _, featurizer = workshop.encoded(spec, workshop.dataset(spec))
    batch = workshop.random_batch(featurizer, [4, 1, 6])
    with torch.no_grad():
        wanted, found = net(batch.ids, batch.mask), exported(batch.ids, batch.mask)
    torch.testing.assert_close(found, wanted, atol=1e-12, rtol=0)


def test_the_nets_are_single_until_the_solo_epochs_are_over_and_almost_the_same_after(workshop: Workshop) -> None:
    spec = workshop.spec(HEADS)
    net = net_of(workshop, solo_epochs=2, error=1e-6)
    sharing = net.sharing
    assert isinstance(sharing, TensorFactor)
    _, featurizer = workshop.encoded(spec, workshop.dataset(spec))
    batch = workshop.random_batch(featurizer, [4, 6])
    before = net(batch.ids, batch.mask)
    before["intent"].sum().backward()
    assert all(p.grad is None for name, p in sharing.named_parameters() if name.startswith(("weights", "layers.1")))
    net.on_epoch_end(2)
    net.zero_grad()
    after = net(batch.ids, batch.mask)
    torch.testing.assert_close(after, before, atol=1e-4, rtol=0)
    after["intent"].sum().backward()
    for name, parameter in sharing.named_parameters():
        assert (parameter.grad is None) == (name.startswith(("layers.1", "layers.2")) or name.endswith(WEIGHTS)), name


def test_a_net_of_copies_has_rank_one_over_the_heads(workshop: Workshop) -> None:
    spec = workshop.spec(HEADS)
    net = workshop.net(spec.model_copy(update={"sharing": TensorFactorSpec()}), workshop.dataset(spec))
    net.on_epoch_end(1)
    ranks, norms, distances = net.tables()
    assert {line[2] for line in ranks.values} == {1.0}
    assert (norms.columns, distances.rows) == (("core", "out", "in", "heads"), HEADS)
    assert max(map(max, distances.values)) < 1e-5
    assert len(ranks.rows) == 2 * len(WEIGHTS)
