"""The compact trunk: hashed word features, then bidirectional LSTM layers.

Small enough for a speaker and quick on one core; see docs/adr/0003 for what it was measured against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from schemas.spec.net import TrunkSpec
from trunkline_edge.understanding.featurizer import FIRST_WORD_ID, PAD_ID, UNKNOWN_ID

VECTOR_SPREAD = 0.3
"""Standard deviation of word vectors from elsewhere when training starts."""
GRAM_SHARE = 0.3
"""What is left then of the random vectors of n-grams."""
GRAM_DROPOUT = 0.2
"""Share of words whose n-grams training hides then."""


class LockedDropout(nn.Module):
    """Dropout with one mask an utterance, the same for all its words (Gal & Ghahramani 2016, arXiv 1512.05287).

    It also draws N times fewer random numbers, which take a large share of a CPU step otherwise.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (B, N, d) -> (B, N, d)."""
        if not self.training or self.p == 0:
            return x
        keep = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= self.p  # (B, 1, d)
        return x * keep.to(x.dtype) / (1 - self.p)


class WordEmbedding(nn.Module):
    """The sum of a word's own vector and the mean of its n-grams' (Bojanowski et al. 2017), projected to width d."""

    def __init__(self, size: int, spec: TrunkSpec) -> None:
        super().__init__()
        self.word_dropout = spec.word_dropout
        self.gram_dropout = GRAM_DROPOUT if spec.vectors or spec.pretrained else 0.0
        self.words = size - FIRST_WORD_ID - spec.featurizer.buckets
        """Words with an id of their own: rows `FIRST_WORD_ID` and up of the table."""
        self.table = nn.Embedding(size, spec.embedding_width, padding_idx=PAD_ID)
        nn.init.normal_(self.table.weight, std=0.1)
        nn.init.zeros_(self.table.weight[PAD_ID])
        self.norm = nn.LayerNorm(spec.embedding_width)
        self.project = nn.Linear(spec.embedding_width, spec.width)

    @torch.no_grad()
    def start_from(self, rows: Sequence[int], vectors: Tensor) -> None:
        """Give some words vectors from elsewhere; n-grams step back, to add to these words and not to drown them.

        Shapes: (words,) rows of the table, (words, at least the embedding's width).
        """
        taken = vectors[:, : self.table.embedding_dim]
        self.table.weight *= GRAM_SHARE
        self.table.weight[list(rows)] = taken * (VECTOR_SPREAD / taken.std())

    def forward(self, ids: Tensor) -> Tensor:
        """Shape: (B, N, K) int64 -> (B, N, d)."""
        word, grams = ids[..., 0], ids[..., 1:]  # (B, N), (B, N, K - 1)
        if self.training and self.word_dropout + self.gram_dropout > 0:
            # A hidden word keeps its n-grams: the net learns to read the words it will never have seen. The other way
            # round it learns to trust a word's vector, which for words from `vectors` alone is all that it has.
            chance = torch.rand(word.shape, device=word.device)
            word = torch.where((chance < self.word_dropout) & (word != PAD_ID), UNKNOWN_ID, word)
            bare = (chance >= 1 - self.gram_dropout) & (word != UNKNOWN_ID)
            grams = torch.where(bare.unsqueeze(-1), PAD_ID, grams)
        embedded = self._distinct_sums(word, grams) if self.training else self._sums(word, grams)  # (B, N, e)
        projected: Tensor = self.project(self.norm(embedded))  # (B, N, d)
        return projected

    def _sums(self, word: Tensor, grams: Tensor) -> Tensor:
        """Shapes: (B, N), (B, N, K - 1) -> (B, N, e), in operators that ONNX has."""
        summed: Tensor = self.table(word) + self.table(grams).sum(-2) / _count(grams)
        return summed

    def _distinct_sums(self, word: Tensor, grams: Tensor) -> Tensor:
        """Return the same, fetching each row of the table once: its gradient is summed over a few thousand rows."""
        ids = torch.cat([word.unsqueeze(-1), grams], -1)
        used, place = torch.unique(ids.flatten(0, 1), return_inverse=True)
        share = (ids != PAD_ID).to(self.table.weight.dtype)
        share[..., 1:] /= _count(grams)
        rows = functional.embedding(used, self.table.weight, padding_idx=PAD_ID)
        summed = functional.embedding_bag(place, rows, mode="sum", per_sample_weights=share.flatten(0, 1))
        return summed.view(*word.shape, -1)


def _count(grams: Tensor) -> Tensor:
    """Return how many n-grams a word has, at least one. Shape: (B, N, K - 1) -> (B, N, 1)."""
    return (grams != PAD_ID).sum(-1, keepdim=True).clamp(min=1)


@dataclass(frozen=True)
class LayerStates:
    """What a trunk knows of each word."""

    layers: list[Tensor]
    """H^0 (embedding) to H^L, each (B, N, d)."""
    causal: Tensor
    """(B, N, causal_width): states that have seen no later word, for language-model heads."""


class PackedLstm(nn.Module):
    """A bidirectional LSTM over the words alone; its output is zero on padding. ONNX form: `model.export.lstm`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)

    def forward(self, hidden: Tensor, mask: Tensor, lengths: Tensor) -> Tensor:
        """Shapes: (B, N, d), (B, N) bool, (B,) int64 on the CPU -> (B, N, d)."""
        return run_lstm(self.lstm, dict(self.lstm.named_parameters()), hidden, mask, lengths)


def run_lstm(lstm: nn.LSTM, weights: Mapping[str, Tensor], hidden: Tensor, mask: Tensor, lengths: Tensor) -> Tensor:
    """Run a bidirectional LSTM of one layer with weights by its parameters' names, over the words alone.

    Shapes as for `PackedLstm`. (torch's `functional_call` does not reach an LSTM's weights.)
    """
    ways = [
        [weights[f"{part}_l0{way}"] for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        for way in ("", "_reverse")
    ]
    if hidden.device.type == "cuda":  # GPU only: cuDNN reads both ways, and packed, at once
        start = hidden.new_zeros(2, hidden.shape[0], lstm.hidden_size)
        packed = pack_padded_sequence(hidden, lengths, batch_first=True, enforce_sorted=False)
        flat = [*ways[0], *ways[1]]
        read = torch.lstm(packed.data, packed.batch_sizes, (start, start), flat, True, 1, 0.0, lstm.training, True)[0]
        output = PackedSequence(read, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
        return pad_packed_sequence(output, batch_first=True, total_length=mask.shape[1])[0]
    # On CPUs torch has a fused kernel (oneDNN's) for padded input and none for packed. Padding that comes last does
    # not reach the words when reading forward; so the other way reads words that have changed places.
    turned = _turned(mask)
    if torch.is_autocast_enabled("cpu"):
        # As autocast would, but before torch chooses a kernel: by fp32 it takes oneDNN's, which a CPU without AVX-512
        # does not have for bf16.
        hidden = hidden.to(torch.get_autocast_dtype("cpu"))

    def turn(states: Tensor) -> Tensor:
        return states.flatten(0, 1).index_select(0, turned).view_as(states)

    start = hidden.new_zeros(1, hidden.shape[0], lstm.hidden_size)
    forward, backward = (
        torch.lstm(states, (start, start), way, True, 1, 0.0, lstm.training, False, True)[0]
        for states, way in zip((hidden, turn(hidden)), ways, strict=True)
    )
    return torch.cat([forward, turn(backward)], 2) * mask.unsqueeze(2)


def _turned(mask: Tensor) -> Tensor:
    """Return where each word is found when the words of each row change their order and padding stays.

    Shape: (B, N) bool -> (B * N,) int64, positions among all B * N; doing it twice does nothing.
    """
    rows, words = mask.shape
    place = torch.arange(words)
    turned = torch.where(mask, mask.sum(1, keepdim=True) - 1 - place, place)
    return (turned + torch.arange(rows).unsqueeze(1) * words).flatten()


class LstmLayer(nn.Module):
    """An LSTM with a residual connection and layer norm; each direction has half the width."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.dropout = LockedDropout(dropout)
        self.read = PackedLstm(width)
        self.norm = nn.LayerNorm(width)

    def forward(self, hidden: Tensor, mask: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return the layer's state and the LSTM's own output, each (B, N, d); shapes as for `PackedLstm`."""
        read = self.read(self.dropout(hidden), mask, lengths)
        return self.norm(hidden + read), read


class CompactTrunk(nn.Module):
    """ids and mask to the states of every layer."""

    def __init__(self, size: int, spec: TrunkSpec, name_lists: int = 0) -> None:
        """`name_lists`: lists of the device's own names, of which the trunk reads two numbers a word each."""
        super().__init__()
        self.width = spec.width
        self.causal_width = spec.width // 2
        self.embedding = WordEmbedding(size, spec)
        self.layers = nn.ModuleList(LstmLayer(spec.width, spec.dropout) for _ in range(spec.layers))
        # Made last, so that a net without names starts from the weights that it always started from. Without a bias:
        # where nothing is known nothing is added.
        self.names = nn.Linear(2 * name_lists, spec.width, bias=False) if name_lists else None

    def param_groups(self) -> list[dict[str, Any]]:
        """Return none: all of it learns at the spec's rate."""
        return []

    def forward(self, ids: Tensor, mask: Tensor, lexicon: Tensor | None = None) -> LayerStates:
        """Read a batch. Shapes: `ids` (B, N, K) int64, `mask` (B, N) bool, True on words.

        `lexicon` (B, N, 2 x lists) float32 tells the words that begin and continue known names; None: none does.
        """
        lengths = mask.sum(1).cpu()
        embedded = self.embedding(ids)
        if self.names is not None and lexicon is not None:
            embedded = embedded + self.names(lexicon)
        layers = [embedded]  # each (B, N, d)
        causal = layers[0]
        for depth, layer in enumerate(self.layers):
            state, read = layer(layers[-1], mask, lengths)
            layers.append(state)
            if depth == 0:
                # Only the forward half of the *first* LSTM is causal: the second has already seen the backward half
                # of the first. Taken before the layer norm, which would mix the halves (cf. Rei 2017).
                causal = read[..., : self.causal_width]  # (B, N, d / 2)
        return LayerStates(layers, causal)
