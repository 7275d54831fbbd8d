"""A next-word head may not see the word it predicts, whatever the sharing system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
import torch

from schemas.spec.sharing import LowRank, Prior, SharingSpec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

SETTINGS: dict[str, dict[str, Any]] = {
    "tensor_factor": {"form": "laf", "ranks": [2], "solo_epochs": 0},
    "grouped": {"groups": [["intent"], ["slots", "next_word"]]},
}
KINDS = [
    section.model_fields["kind"].default
    for section in get_args(get_args(SharingSpec)[0])
    if section is not LowRank  # an encoder's, which has no causal states
]
PRIORS = [section.model_fields["kind"].default for section in get_args(get_args(Prior)[0])]
SYSTEMS = {kind: {"kind": kind, **SETTINGS.get(kind, {})} for kind in KINDS} | {
    f"hard with {prior}": {"kind": "hard", "prior": {"kind": prior}} for prior in PRIORS
}
HEADS: dict[str, dict[str, Any]] = {
    "intent": {"kind": "class"},
    "slots": {"kind": "tag"},
    "next_word": {"kind": "next_word", "auxiliary": True},
}


@pytest.mark.parametrize("system", SYSTEMS)
@torch.no_grad()
def test_a_later_word_never_changes_the_guess_of_an_earlier_one(workshop: Workshop, system: str) -> None:
    spec = workshop.spec(HEADS, sharing=SYSTEMS[system])
    dataset = workshop.dataset(spec)
    net = workshop.net(spec, dataset).eval()
    for parameter in net.parameters():  # columns start as copies: no two may hide each other's leak
        parameter.add_(0.1 * torch.randn_like(parameter))
    _, featurizer = workshop.encoded(spec, dataset)
    batch, other = workshop.random_batch(featurizer, [6, 4]), workshop.random_batch(featurizer, [6, 4], seed=1)
    before = net(batch.ids, batch.mask)
    for word in range(5):
        changed = batch.ids.clone()
        changed[:, word + 1] = other.ids[:, word + 1]
        after = net(changed, batch.mask)
        torch.testing.assert_close(
            after["next_word"][:, : word + 1], before["next_word"][:, : word + 1], atol=1e-6, rtol=0
        )
        assert (after["next_word"][0, word + 1] - before["next_word"][0, word + 1]).abs().max() > 1e-4
        assert (after["slots"][0, word] - before["slots"][0, word]).abs().max() > 1e-4  # which may look ahead
