from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from model.net import Net
from model.sharing.sluice import Sluice
from schemas.spec.sharing import HardSharing
from schemas.spec.sharing import Sluice as SluiceSpec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HEADS = ("intent", "slots", "topics")


def nets(workshop: Workshop, *systems: SluiceSpec | HardSharing) -> list[Net]:
    spec = workshop.spec(HEADS)
    dataset = workshop.dataset(spec)
    built = [workshop.net(spec.model_copy(update={"sharing": system}), dataset).double() for system in systems]
    for net in built[1:]:
        net.heads.load_state_dict(built[0].heads.state_dict())
    return built


def sluice(workshop: Workshop, **options: Any) -> Sluice:
    sharing = nets(workshop, SluiceSpec(**options))[0].sharing
    assert isinstance(sharing, Sluice)
    return sharing


def test_every_part_reads_every_part(workshop: Workshop) -> None:
    sharing = sluice(workshop, subspaces=4)
    torch.manual_seed(0)
    nn.init.normal_(sharing.alpha)
    states = torch.randn(3, 2, 5, 16, dtype=torch.float64)
    parts = states.view(3, 2, 5, 4, 4)
    wanted = torch.einsum("tgsh,sbnhd->tbngd", sharing.alpha[1, :, :, 0].view(3, 4, 3, 4), parts).reshape(3, 2, 5, 16)
    torch.testing.assert_close(torch.stack(sharing.mix(1, list(states))), wanted)


def test_a_head_reads_a_mixture_of_layers(workshop: Workshop) -> None:
    sharing = sluice(workshop)
    nn.init.normal_(sharing.beta)
    layers = torch.randn(2, 3, 2, 5, 16, dtype=torch.float64)
    wanted = torch.einsum("tl,ltbnd->tbnd", sharing.beta, layers)
    torch.testing.assert_close(torch.stack(sharing.join([list(layer) for layer in layers])), wanted)


def test_starts(workshop: Workshop) -> None:
    own = sluice(workshop, own=0.75, last_layer=0.7)
    torch.testing.assert_close(own.alpha[0, :, :, 0].diagonal().float(), torch.full((6,), 0.75))
    torch.testing.assert_close(own.alpha.sum(2).float(), torch.ones(2, 6, 1))
    torch.testing.assert_close(own.beta.float(), torch.tensor([[0.3, 0.7]] * 3))
    torch.testing.assert_close(sluice(workshop, balanced=True).alpha.float(), torch.full((2, 6, 6, 1), 1 / 6))


def test_tied_columns_of_identity_mixing_are_hard_sharing(workshop: Workshop) -> None:
    tied, hard = nets(workshop, SluiceSpec(own=1, last_layer=1), HardSharing())
    sharing = tied.sharing
    assert isinstance(sharing, Sluice)
    sharing.layers = nn.ModuleList([sharing.layers[0]] * 3)
    spec = workshop.spec(HEADS)
    _, featurizer = workshop.encoded(spec, workshop.dataset(spec))
    batch = workshop.random_batch(featurizer, [4, 6, 1])
    answers = [net(batch.ids, batch.mask) for net in (tied, hard)]
    torch.testing.assert_close(*answers, atol=1e-12, rtol=0)
    for net, logits in zip((tied, hard), answers, strict=True):
        sum(each.square().sum() for each in logits.values()).backward()
        net.heads.zero_grad()
    mine = {name.removeprefix("layers.0."): p.grad for name, p in sharing.named_parameters() if "layers.0." in name}
    theirs = {name.removeprefix("trunk.layers."): p.grad for name, p in hard.sharing.named_parameters()}
    torch.testing.assert_close(mine, {name: theirs[name] for name in mine}, atol=1e-8, rtol=0)


def test_a_block_pattern_is_a_shared_private_net(workshop: Workshop) -> None:
    """Part 1 of every column is the mean of all parts 1, which all read; part 2 is nobody else's."""
    sharing = sluice(workshop)
    blocks = torch.zeros(3, 2, 3, 2, dtype=torch.float64)
    blocks[:, 0, :, 0] = 1 / 3
    blocks[:, 1, :, 1] = torch.eye(3, dtype=torch.float64)
    sharing.alpha.data[:] = blocks.view(6, 6, 1)
    states = torch.randn(3, 2, 5, 16, dtype=torch.float64)
    mixed = torch.stack(sharing.mix(0, list(states)))
    torch.testing.assert_close(mixed[..., :8], states[..., :8].mean(0).expand(3, -1, -1, -1))
    torch.testing.assert_close(mixed[..., 8:], states[..., 8:])


@pytest.mark.parametrize("subspaces", [2, 4])
def test_orthogonality_is_the_overlap_of_the_candidates_input_weights(workshop: Workshop, subspaces: int) -> None:
    sharing = sluice(workshop, subspaces=subspaces, orthogonality=0.1)
    wanted = 0.0
    for t in range(3):
        for layer in sharing.tower(t):
            lstm = layer.read.lstm
            rows = torch.cat([lstm.weight_ih_l0[16:24], lstm.weight_ih_l0_reverse[16:24]]).detach()
            blocks = rows.chunk(subspaces)
            wanted += sum(float((blocks[g] @ blocks[h].T).square().sum()) for h in range(subspaces) for g in range(h))
    assert float(sharing.penalties()["orthogonality"].detach()) == pytest.approx(0.1 * wanted)


def test_orthogonal_subspaces_cost_nothing_and_a_norms_gain_cannot_undo_that(workshop: Workshop) -> None:
    sharing = sluice(workshop)
    with torch.no_grad():
        for t in range(3):
            for layer in sharing.tower(t):
                rows = torch.linalg.qr(torch.randn(16, 16, dtype=torch.float64)).Q
                layer.read.lstm.weight_ih_l0[16:24] = rows[:8]
                layer.read.lstm.weight_ih_l0_reverse[16:24] = rows[8:]
    assert float(sharing.penalties()["orthogonality"].detach()) < 1e-20
    assert sluice(workshop, subspaces=1).penalties() == {}


@torch.no_grad()
def test_the_candidates_weights_alone_write_a_subspaces_content(workshop: Workshop) -> None:
    """With the candidate's rows of part 1 at zero (and no bias or past), part 1 writes nothing, whatever the gates."""
    layer = sluice(workshop).tower(0)[0]
    with torch.no_grad():
        for name, parameter in layer.read.lstm.named_parameters():
            parameter.normal_()
            if not name.endswith("reverse"):
                parameter[16:24] = 0
    read = layer.read(torch.randn(2, 5, 16).double(), torch.ones(2, 5, dtype=torch.bool), torch.tensor([5, 5]))
    assert float(read[..., :8].abs().max()) == 0 < float(read[..., 8:].abs().min())


def test_tables_name_parts_and_layers(workshop: Workshop) -> None:
    *alphas, beta = sluice(workshop).tables()
    assert [table.name for table in alphas] == ["alpha_layer_1", "alpha_layer_2"]
    assert alphas[0].rows == ("intent 1", "intent 2", "slots 1", "slots 2", "topics 1", "topics 2")
    assert (beta.rows, beta.columns) == (HEADS, ("layer 1", "layer 2"))
    assert beta.values[2] == pytest.approx((0.1, 0.9))
