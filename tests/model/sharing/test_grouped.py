from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from model.sharing.grouped import Grouped
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import parse_spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HEADS = ("intent", "slots", "topics", "next_word")
GROUPS = [["intent", "next_word"], ["slots", "topics"]]


def sharing_of(workshop: Workshop, **options: Any) -> Grouped:
    spec = workshop.spec(HEADS, sharing={"kind": "grouped", "groups": GROUPS, **options})
    sharing = workshop.net(spec, workshop.dataset(spec)).sharing
    assert isinstance(sharing, Grouped)
    return sharing


def test_heads_of_a_group_read_one_tensor_and_groups_read_different_ones(workshop: Workshop) -> None:
    assert sharing_of(workshop).hidden_names() == {"intent": "hidden.0", "slots": "hidden.1", "topics": "hidden.1"}


@pytest.mark.parametrize("share_embedding", [False, True])
def test_a_loss_reaches_the_trunk_of_its_group_alone(workshop: Workshop, share_embedding: bool) -> None:
    spec = workshop.spec(HEADS, sharing={"kind": "grouped", "groups": GROUPS, "share_embedding": share_embedding})
    dataset = workshop.dataset(spec)
    net = workshop.net(spec, dataset)
    _, featurizer = workshop.encoded(spec, dataset)
    batch = workshop.random_batch(featurizer, [5, 3])
    net(batch.ids, batch.mask)["slots"].sum().backward()
    sharing = net.sharing
    assert isinstance(sharing, Grouped)
    assert all(p.grad is None for p in sharing.layers[0].parameters())
    assert all(p.grad is not None for p in sharing.layers[1].parameters())
    assert len(sharing.embeddings) == (1 if share_embedding else 2)
    assert all(p.grad is not None for p in sharing.embedding_of("topics").parameters())


def test_shared_parameters_are_those_that_two_losses_reach(workshop: Workshop) -> None:
    alone = sharing_of(workshop, groups=[["intent", "next_word", "topics"], ["slots"]])
    assert {id(p) for p in alone.shared_parameters()} == {
        id(p) for module in (alone.embeddings[0], alone.layers[0]) for p in module.parameters()
    }
    together = sharing_of(workshop, groups=[["intent", "next_word", "topics"], ["slots"]], share_embedding=True)
    assert {id(p) for p in together.shared_parameters()} == {
        id(p) for module in (together.embeddings[0], together.layers[0]) for p in module.parameters()
    }


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        ([["intent"], ["slots"]], "heads in no group: next_word, topics"),
        ([["intent", "slots", "topics"], ["next_word"]], "next_word are auxiliary"),
        ([["intent", "slots"], ["slots", "topics", "next_word"]], "heads named twice: slots"),
        ([["intent", "slots", "topics", "next_word", "mood"]], "unknown heads: mood"),
        ([["intent", "slots", "topics", "next_word"], []], "empty groups: 1"),
    ],
)
def test_groups_that_do_not_hold_each_head_once_are_refused(
    workshop: Workshop, groups: list[list[str]], found: str
) -> None:
    raw = workshop.spec(HEADS).model_dump(mode="json", by_alias=True)
    with pytest.raises(SpecError, match=found):
        parse_spec({**raw, "sharing": {"kind": "grouped", "groups": groups}})


def test_gradnorm_needs_a_layer_that_groups_share(workshop: Workshop) -> None:
    raw = workshop.spec(HEADS).model_dump(mode="json", by_alias=True) | {"balance": {"kind": "gradnorm"}}
    with pytest.raises(SpecError, match="share_embedding: true"):
        parse_spec({**raw, "sharing": {"kind": "grouped", "groups": GROUPS}})
    parse_spec({**raw, "sharing": {"kind": "grouped", "groups": GROUPS, "share_embedding": True}})
