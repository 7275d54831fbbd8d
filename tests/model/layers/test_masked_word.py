"""A masked-word head names words that its pass has not read; other heads read everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
import torch

from model.data.batches import IGNORE, collate
from model.export.graphs import export_graphs
from model.layers.heads import COVERED_EVERY, MaskedWordHead, NextWordHead
from model.training.finished import read_history
from schemas.spec.bounded_yaml import SpecError

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HEADS: dict[str, dict[str, Any]] = {
    "intent": {"kind": "class"},
    "slots": {"kind": "tag"},
    "words": {"kind": "masked_word", "auxiliary": True, "weight": 0.1},
}


@pytest.fixture(scope="module", params=["compact", "encoder"])
def trunk(workshop: Workshop, request: pytest.FixtureRequest) -> dict[str, Any]:
    return workshop.encoder() if request.param == "encoder" else {}


def head_of(net: torch.nn.Module) -> MaskedWordHead:
    return cast(MaskedWordHead, cast(Any, net).heads["words"])


@pytest.mark.parametrize("step", [0, 1, 5])
def test_a_hidden_word_never_tells_its_name_and_other_heads_read_it(
    workshop: Workshop, trunk: dict[str, Any], step: int
) -> None:
    spec = workshop.spec(HEADS, trunk)
    dataset = workshop.dataset(spec)
    net = workshop.net(spec, dataset).eval()
    encoded, featurizer = workshop.encoded(spec, dataset)
    batch = collate(encoded, torch.arange(9).numpy())
    net.on_step_begin(0.5, step)
    head = head_of(net)
    covered = head.covered(batch.targets["words"] != IGNORE)
    other = featurizer.features("zzz")
    changed = batch.ids.clone()
    # Another known word with other n-grams in the place of each hidden one.
    known = featurizer.features(featurizer.vocabulary[0])
    changed[covered] = 0
    changed[..., : len(known)][covered] = torch.tensor(known)
    assert len(other) and not torch.equal(changed, batch.ids)
    before, after = net(batch.ids, batch.mask), net(changed, batch.mask)
    assert torch.equal(before["words"][covered], after["words"][covered])
    assert not torch.allclose(before["intent"], after["intent"], atol=1e-6)
    bare = workshop.net(workshop.spec(("intent", "slots"), trunk), dataset).eval()
    bare.load_state_dict(
        {name: value for name, value in net.state_dict().items() if not name.startswith("heads.words")}
    )
    assert torch.equal(bare(batch.ids, batch.mask)["intent"], before["intent"])


def test_every_word_with_a_target_comes_round_and_each_row_has_one_hidden(workshop: Workshop) -> None:
    spec = workshop.spec(HEADS)
    dataset = workshop.dataset(spec)
    net = workshop.net(spec, dataset)
    known = torch.rand(12, 23, generator=torch.Generator().manual_seed(0)) < 0.6
    known[3], known[4, 1:], known[5] = False, False, True
    head, seen = head_of(net), torch.zeros_like(known)
    for step in range(COVERED_EVERY):
        net.on_step_begin(0.0, step)
        covered = head.covered(known)
        assert not (covered & ~known).any()
        assert torch.equal(covered.any(1), known.any(1))
        assert int(covered[5].sum()) in (23 // COVERED_EVERY, 23 // COVERED_EVERY + 1)
        seen |= covered
    assert torch.equal(seen, known)


def test_its_loss_is_that_of_the_hidden_words_alone(workshop: Workshop) -> None:
    spec = workshop.spec(HEADS)
    dataset = workshop.dataset(spec)
    net, (encoded, _) = workshop.net(spec, dataset), workshop.encoded(spec, dataset)
    batch = collate(encoded, torch.arange(6).numpy())
    head, target = head_of(net), batch.targets["words"]
    logits = torch.randn(*target.shape, head.targets, requires_grad=True)
    loss = head.loss(logits, target)
    loss.backward()
    covered = head.covered(target != IGNORE)
    assert torch.equal(logits.grad.abs().sum(2) > 0, covered)
    likely = logits.log_softmax(2).gather(2, target.clamp(min=0).unsqueeze(2)).squeeze(2)
    torch.testing.assert_close(loss, -likely[covered].mean() / head.chance)
    torch.testing.assert_close(NextWordHead.loss(head, logits, target), -likely[target != IGNORE].mean() / head.chance)


def test_a_word_that_is_mended_is_hidden_and_named_as_the_word_meant(workshop: Workshop) -> None:
    spec = workshop.spec(HEADS, {"featurizer": {"buckets": 64, "max_features": 8, "max_words": 12, "mends": 100}})
    rows = workshop.rows()
    rows[0]["text"] = rows[0]["text"].replace("kitchen", "kitchan")
    rows[0]["labels"]["slots"] = []
    dataset = workshop.dataset(spec, rows)
    encoded, featurizer = workshop.encoded(spec, dataset)
    net = workshop.net(spec, dataset)
    head, targets = head_of(net), encoded.targets["words"]
    ids = torch.from_numpy(encoded.forms[encoded.words]).unsqueeze(0)
    word = ids[..., 0] - 2
    assert torch.equal((word >= 0) & (word < head.targets), torch.from_numpy(targets >= 0).unsqueeze(0))
    assert featurizer.word_id("kitchen") - 2 in targets.tolist()


def test_it_learns_and_stays_out_of_the_bundle(workshop: Workshop, trunk: dict[str, Any]) -> None:
    spec = workshop.spec(HEADS, trunk, epochs=6)
    dataset = workshop.dataset(spec)
    folder = workshop.train(spec, dataset)
    losses = [epoch.losses["words"] for epoch in read_history(folder)]
    assert losses[-1] < 0.9 * losses[0]
    graphs = export_graphs(folder, dataset, spec, workshop.folder())
    assert [graph.name for graph in graphs.graphs] == ["trunk", "intent", "slots"]
    assert graphs.graphs[0].outputs == ("hidden",)


def test_a_dropped_training_ends_as_if_it_had_not_been(workshop: Workshop) -> None:
    spec = workshop.spec(HEADS, {"dropout": 0.2}, checkpoint_steps=2, epochs=2)
    data = workshop.dataset(spec)
    resumed = workshop.weights(spec, workshop.train_in_two(spec, data, 3))
    whole = workshop.weights(spec, workshop.train(spec, data))
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


@pytest.mark.parametrize(
    ("sharing", "trunk", "said"),
    [
        ({"kind": "soft"}, {}, "reads a trunk that all heads share"),
        ({"kind": "hard", "prior": {"kind": "block_sparse"}}, {}, "reads a trunk that all heads share"),
        (None, {"tokenizer": "pieces"}, "of an encoder's pieces none is a word to name"),
    ],
)
def test_where_it_has_no_place_it_is_refused(
    workshop: Workshop, sharing: dict[str, Any] | None, trunk: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecError, match=said):
        workshop.spec(HEADS, {**workshop.encoder(), **trunk} if trunk else None, sharing)


def test_a_masked_word_head_never_ships(workshop: Workshop) -> None:
    with pytest.raises(SpecError, match="a masked_word head never ships: set `auxiliary: true`"):
        workshop.spec({**HEADS, "words": {"kind": "masked_word"}})
