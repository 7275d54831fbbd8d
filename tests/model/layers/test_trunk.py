from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from model.layers.trunk import GRAM_SHARE, VECTOR_SPREAD, CompactTrunk, LockedDropout, PackedLstm, WordEmbedding
from schemas.data.dataset import Dataset
from schemas.spec.net import TrunkSpec
from schemas.spec.product import Spec
from trunkline_edge.understanding.featurizer import PAD_ID, UNKNOWN_ID

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

SIZE = 100
LENGTHS = [5, 1, 9, 3]


@pytest.fixture(params=[1, 2, 3], ids=lambda layers: f"{layers} layers")
def trunk(request: pytest.FixtureRequest, spec: Spec) -> CompactTrunk:
    torch.manual_seed(0)
    return CompactTrunk(SIZE, spec.trunk.model_copy(update={"layers": request.param})).eval()


@pytest.fixture
def ragged() -> tuple[Tensor, Tensor]:
    """Four utterances of LENGTHS words. Padding holds ids too: the mask alone must say what counts."""
    ids = torch.randint(1, SIZE, (len(LENGTHS), max(LENGTHS), 6), generator=torch.Generator().manual_seed(0))
    return ids, torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]


@torch.inference_mode()
def test_padding_never_changes_the_state_of_a_word(trunk: CompactTrunk, ragged: tuple[Tensor, Tensor]) -> None:
    ids, mask = ragged
    together = trunk(ids, mask)
    for row, length in enumerate(LENGTHS):
        alone = trunk(ids[row : row + 1, :length], mask[row : row + 1, :length])
        torch.testing.assert_close(together.causal[row, :length], alone.causal[0], atol=1e-6, rtol=0)
        for padded, bare in zip(together.layers, alone.layers, strict=True):
            torch.testing.assert_close(padded[row, :length], bare[0], atol=1e-6, rtol=0)


@torch.inference_mode()
def test_there_is_a_state_a_layer_and_one_for_the_embedding(
    trunk: CompactTrunk, ragged: tuple[Tensor, Tensor], spec: Spec
) -> None:
    states = trunk(*ragged)
    assert len(states.layers) == len(trunk.layers) + 1
    assert {tuple(state.shape) for state in states.layers} == {(4, 9, spec.trunk.width)}
    assert states.causal.shape == (4, 9, trunk.causal_width)


@torch.inference_mode()
@pytest.mark.parametrize("changed", [1, 4, 8])
def test_a_later_word_never_reaches_the_causal_states_but_does_reach_the_last_layer(
    trunk: CompactTrunk, ragged: tuple[Tensor, Tensor], changed: int
) -> None:
    ids, mask = ragged[0][2:3], ragged[1][2:3]
    other = ids.clone()
    other[0, changed] = (other[0, changed] + 17) % SIZE
    before, after = trunk(ids, mask), trunk(other, mask)
    assert torch.equal(before.causal[:, :changed], after.causal[:, :changed])
    for position in range(changed):
        assert not torch.equal(before.layers[-1][:, position], after.layers[-1][:, position])
    assert not torch.equal(before.causal[:, changed], after.causal[:, changed])


@torch.inference_mode()
def test_the_next_word_never_reaches_the_logits_that_predict_it(
    workshop: Workshop, spec: Spec, dataset: Dataset
) -> None:
    net = workshop.net(spec, dataset).eval()
    _, featurizer = workshop.encoded(spec, dataset)
    batch = workshop.random_batch(featurizer, [7])
    other = batch.ids.clone()
    other[0, 4] = (other[0, 4] + 17) % featurizer.size
    before, after = net(batch.ids, batch.mask), net(other, batch.mask)
    assert torch.equal(before["next_word"][:, :4], after["next_word"][:, :4])
    assert not torch.equal(before["next_word"][:, 4:], after["next_word"][:, 4:])
    assert not torch.equal(before["slots"][:, :4], after["slots"][:, :4])


def test_no_gradient_flows_from_a_causal_state_to_a_later_word(
    trunk: CompactTrunk, ragged: tuple[Tensor, Tensor]
) -> None:
    ids, mask = ragged[0][2:3], ragged[1][2:3]
    embedded = trunk.embedding(ids).detach().requires_grad_()
    trunk.embedding.forward = lambda ids: embedded
    trunk(ids, mask).causal[0, 3].sum().backward()
    assert embedded.grad is not None
    reached = embedded.grad[0].abs().sum(-1) > 0
    assert reached.tolist() == [True] * 4 + [False] * 5


def test_locked_dropout_has_one_mask_an_utterance_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    dropped = LockedDropout(0.25).train()(torch.ones(400, 7, 50))
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert not torch.equal(dropped[0], dropped[1])
    assert dropped.unique().tolist() == [0, pytest.approx(1 / 0.75)]
    assert dropped.mean() == pytest.approx(1, abs=0.02)


def test_locked_dropout_does_nothing_outside_of_training() -> None:
    x = torch.randn(2, 3, 4)
    assert LockedDropout(0.5).eval()(x) is x
    assert LockedDropout(0.0).train()(x) is x


def _embedding(**settings: float) -> WordEmbedding:
    torch.manual_seed(0)
    return WordEmbedding(SIZE, TrunkSpec(embedding_width=8, width=8, **settings))


def test_word_dropout_hides_the_word_and_keeps_its_ngrams() -> None:
    # A share of 1 is refused by the spec; just below it, every word of these few is hidden.
    embedding = _embedding(word_dropout=1 - 1e-7).train()
    ids = torch.tensor([[[5, 60, 61, PAD_ID], [6, 62, PAD_ID, PAD_ID]]])
    hidden = ids.clone()
    hidden[..., 0] = UNKNOWN_ID
    trained = embedding(ids)
    embedding.eval()
    torch.testing.assert_close(trained, embedding(hidden), atol=1e-6, rtol=0)
    assert not torch.allclose(trained, embedding(ids))


def test_word_dropout_hides_the_share_that_the_spec_says() -> None:
    embedding = _embedding(word_dropout=0.3).train()
    ids = torch.tensor([5, 60, PAD_ID]).expand(1, 4000, 3)
    read = embedding(ids)[0]
    shown = (read - embedding.eval()(ids)[0]).abs().sum(-1) < 1e-6
    assert shown.float().mean() == pytest.approx(0.7, abs=0.03)


@torch.inference_mode()
def test_empty_feature_slots_change_no_word() -> None:
    embedding = _embedding().eval()
    few = torch.tensor([[[5, 60, 61]]])
    many = torch.tensor([[[5, 60, 61, PAD_ID, PAD_ID, PAD_ID]]])
    torch.testing.assert_close(embedding(few), embedding(many), atol=1e-7, rtol=0)
    assert not embedding.table.weight[PAD_ID].any()


def test_the_empty_feature_never_learns() -> None:
    embedding = _embedding()
    embedding(torch.tensor([[[5, 60, PAD_ID], [PAD_ID] * 3]])).square().sum().backward()
    assert embedding.table.weight.grad is not None
    assert not embedding.table.weight.grad[PAD_ID].any()
    assert embedding.table.weight.grad[5].any()


def test_training_sums_features_as_scoring_does_and_teaches_the_table_the_same(ragged: tuple[Tensor, Tensor]) -> None:
    ids = ragged[0].clone()
    ids[0, 0, 2:], ids[1] = PAD_ID, ids[2, :1]  # a word with few n-grams, and one word said over and over
    wanted, found = (_embedding(word_dropout=0.0).double().train(mode) for mode in (False, True))
    pull = torch.randn(*ids.shape[:2], 8, dtype=torch.float64)
    for embedding in (wanted, found):
        (embedding(ids) * pull).sum().backward()
    torch.testing.assert_close(found(ids), wanted(ids), atol=1e-12, rtol=0)
    for one, other in zip(found.parameters(), wanted.parameters(), strict=True):
        assert one.grad is not None and one.grad.any()
        torch.testing.assert_close(one.grad, other.grad, atol=1e-12, rtol=0)


@pytest.mark.parametrize("lengths", [LENGTHS, [4, 4, 4], [1]], ids=str)
def test_the_lstm_reads_padded_words_as_packed_ones(lengths: list[int]) -> None:
    torch.manual_seed(0)
    read = PackedLstm(6).double()
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    hidden, pull = torch.randn(2, *mask.shape, 6, dtype=torch.float64)
    packed = pack_padded_sequence(hidden.requires_grad_(), lengths, batch_first=True, enforce_sorted=False)
    wanted = pad_packed_sequence(read.lstm(packed)[0], batch_first=True)[0]
    found = read(hidden, mask, torch.tensor(lengths))
    torch.testing.assert_close(found, wanted, atol=1e-12, rtol=0)
    inputs = [hidden, *read.parameters()]
    gradients = (torch.autograd.grad((answer * pull).sum(), inputs) for answer in (found, wanted))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-12, rtol=0)


def test_the_lstm_reads_in_bf16_whatever_the_states_and_the_machine() -> None:
    torch.manual_seed(0)
    read, hidden = PackedLstm(16), torch.randn(3, 5, 16)
    mask, lengths = torch.ones(3, 5, dtype=torch.bool), torch.full((3,), 5)
    with torch.autocast("cpu", torch.bfloat16):
        states = [read(given, mask, lengths) for given in (hidden, hidden.bfloat16())]
    assert [each.dtype for each in states] == [torch.bfloat16] * 2
    torch.testing.assert_close(*states, rtol=0, atol=0)
    torch.testing.assert_close(states[0].float(), read(hidden, mask, lengths), rtol=0, atol=0.03)
    states[0].sum().backward()  # type: ignore[no-untyped-call]
    assert all(parameter.grad is not None for parameter in read.parameters())


def test_words_start_from_the_vectors_given_and_their_ngrams_step_back(spec: Spec) -> None:
    torch.manual_seed(0)
    embedding = WordEmbedding(SIZE, spec.trunk)
    before = embedding.table.weight.detach().clone()
    vectors = torch.randn(2, 40)
    embedding.start_from([3, 7], vectors)
    after = embedding.table.weight.detach()
    width = spec.trunk.embedding_width
    torch.testing.assert_close(after[[3, 7]], vectors[:, :width] * (VECTOR_SPREAD / vectors[:, :width].std()))
    others = [row for row in range(SIZE) if row not in (3, 7)]
    torch.testing.assert_close(after[others], before[others] * GRAM_SHARE)


def test_a_known_word_whose_ngrams_are_hidden_is_read_by_its_own_vector(spec: Spec) -> None:
    torch.manual_seed(0)
    embedding = WordEmbedding(SIZE, spec.trunk.model_copy(update={"vectors": Path("any")}))
    assert embedding.gram_dropout > 0
    embedding.gram_dropout = 0.999999
    known, unknown = torch.tensor([[[5, 60, 61]]]), torch.tensor([[[UNKNOWN_ID, 60, 61]]])
    bare = torch.tensor([[[5, PAD_ID, PAD_ID]]])
    torch.testing.assert_close(embedding(known), embedding.eval()(bare))
    torch.testing.assert_close(embedding.train()(unknown), embedding.eval()(unknown))
