"""The encoder trunk: a pre-trained model's attention layers over whole words.

The model (BERT, Devlin et al. 2019, arXiv 1810.04805; here MiniLM, Wang et al. 2020, arXiv 2002.10957) read word
pieces; a device reads words and n-grams, as under the compact trunk, so that bundle and runtime stay the same. A word
starts as the mean of its pieces, turned into fewer dimensions where the embedding is narrower (PCA). Some of the layers
may be left out: evenly, so that the first is kept.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from model.layers.trunk import LockedDropout, States, WordEmbedding
from schemas.artifacts.vectors import VectorsInvalid, require_file
from schemas.spec.product import TrunkSpec
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.understanding.featurizer import UNKNOWN_ID, Featurizer

HEAD_WIDTH = 32
"""Of one attention head of MiniLM."""
LAYER_RATE, TABLE_RATE = 0.075, 0.25
"""Shares of the learning rate for what was learned before, and for word vectors, of which most rows are seldom met."""
GRAM_SPREAD = 0.01
"""Standard deviation of the n-grams' random vectors at the start: they add to the words, of about 0.05, later."""


@dataclass(frozen=True)
class Pretrained:
    """What `bench.vectors` takes out of a pre-trained model."""

    pieces: dict[str, int]
    """Word piece -> row of `tensors["pieces"]`; a piece within a word begins with ##."""
    tensors: dict[str, Tensor]
    """`pieces` (pieces, d), `positions` (positions, d), `norm.weight` and `norm.bias` (d,), and of each layer
    `layers.<number>.<name>` for every parameter of an `AttentionLayer`."""

    @property
    def layers(self) -> int:
        """Number of layers."""
        return sum(name.endswith(".mix.weight") for name in self.tensors)

    def words(self) -> tuple[str, ...]:
        """Return the whole words among the pieces, in the model's order."""
        # "##ing" is not alphabetic.
        return tuple(piece for piece in self.pieces if piece.isalpha() and piece.isascii())

    def vectors(self, words: Sequence[str]) -> Tensor:
        """Return the mean of each word's pieces. Shape: (words, d)."""
        return torch.stack([self.tensors["pieces"][self._cut(word)].mean(0) for word in words])

    def _cut(self, word: str) -> list[int]:
        """Return the rows of a word's pieces; of one that cannot be cut, the row of what is unknown."""
        pieces = pieces_of(word, self.pieces)
        return [self.pieces[piece] for piece in (pieces if all(p in self.pieces for p in pieces) else ["[UNK]"])]


def pieces_of(word: str, known: Container[str]) -> list[str]:
    """Cut a word into the longest known pieces from the left. A letter with which none begins is a piece of its own."""
    pieces, start = [], 0
    while start < len(word):
        mark = "##" if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if mark + word[start:end] in known), start + 1)
        pieces.append(mark + word[start:end])
        start = end
    return pieces


def save_pretrained(path: Path, pretrained: Pretrained) -> None:
    """Write a pre-trained encoder as half floats: a net only starts from it."""
    halves = {name: tensor.half().contiguous() for name, tensor in pretrained.tensors.items()}
    write_atomic(path, save(halves, {"pieces": json.dumps(pretrained.pieces)}))


def load_pretrained(path: Path) -> Pretrained:
    """Read what `save_pretrained` wrote; raises `VectorsInvalid` when the file is missing or none."""
    require_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 (no mapping)
            pieces = json.loads(file.metadata()["pieces"])
    except FileNotFoundError:
        raise VectorsInvalid(f"{path}: no such file of a pre-trained encoder; `make vectors` writes one") from None
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise VectorsInvalid(f"{path}: no pre-trained encoder ({error}); expected what `make vectors` writes") from None
    return Pretrained(pieces, tensors)


class AttentionLayer(nn.Module):
    """Self-attention and a feed-forward net, each with a residual connection and layer norm after it (post-norm)."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.attention = nn.Linear(width, 3 * width)  # queries, keys, values
        self.mix = nn.Linear(width, width)
        self.mixed_norm = nn.LayerNorm(width, 1e-12)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm = nn.LayerNorm(width, 1e-12)
        self.dropout = LockedDropout(dropout)

    def forward(self, hidden: Tensor, bias: Tensor) -> Tensor:
        """Shapes: (B, N, d), (B, 1, 1, N) added to the attention's logits -> (B, N, d)."""
        rows, words, width = hidden.shape
        parts = self.attention(hidden).view(rows, words, 3, self.heads, HEAD_WIDTH).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)  # each (B, heads, N, HEAD_WIDTH)
        read = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        mixed = self.mixed_norm(hidden + self.dropout(self.mix(read.transpose(1, 2).reshape(rows, words, width))))
        result: Tensor = self.norm(mixed + self.dropout(self.narrow(functional.gelu(self.widen(mixed)))))
        return result


class EncoderTrunk(nn.Module):
    """ids and mask to the states of every layer. Without `start_from`, random: for weights that are loaded anyway."""

    def __init__(self, size: int, spec: TrunkSpec) -> None:
        super().__init__()
        self.width = spec.width
        self.embedding = WordEmbedding(size, spec)
        # The pre-trained layer norm comes after the positions; one before the projection would undo the start.
        self.embedding.norm = nn.Identity()  # type: ignore[assignment]  # where a LayerNorm stood
        self.positions = nn.Parameter(torch.zeros(spec.featurizer.max_words, spec.width))
        self.norm = nn.LayerNorm(spec.width, 1e-12)
        self.dropout = LockedDropout(spec.dropout)
        self.layers = nn.ModuleList(AttentionLayer(spec.width, spec.dropout) for _ in range(spec.layers))

    @torch.no_grad()
    def start_from(self, pretrained: Pretrained, featurizer: Featurizer) -> None:
        """Take over words, positions and layers; raises `VectorsInvalid` where the sizes of the spec do not fit."""
        positions = pretrained.tensors["positions"]
        sizes = self.width, self.embedding.table.embedding_dim, len(self.layers)
        if positions.shape[1] != self.width or sizes[1] > self.width or sizes[2] > pretrained.layers:
            raise VectorsInvalid(
                "trunk.width, embedding_width and layers are {}, {} and {}; ".format(*sizes)
                + f"the pre-trained encoder is {positions.shape[1]} wide and has {pretrained.layers} layers: "
                "set that width, and no more of the others"
            )
        vectors = pretrained.vectors(featurizer.vocabulary).to(self.positions.device)
        mean = vectors.mean(0)
        # Of the covariance, for there may be fewer words than dimensions; eigh begins with the least telling direction.
        directions = torch.linalg.eigh((vectors - mean).T @ (vectors - mean))[1].flip(1)
        kept = directions[:, : self.embedding.table.embedding_dim]
        self.embedding.table.weight.mul_(GRAM_SPREAD / self.embedding.table.weight.std())
        self.embedding.table.weight[[featurizer.word_id(word) for word in featurizer.vocabulary]] = (
            vectors - mean
        ) @ kept
        self.embedding.table.weight[UNKNOWN_ID] = 0
        self.embedding.project.weight.copy_(kept)
        self.embedding.project.bias.copy_(mean)
        # The first position was that of a mark before the sentence.
        after = torch.arange(1, len(self.positions) + 1).clamp(max=len(positions) - 1)
        self.positions.copy_(positions[after])
        self.norm.load_state_dict({part: pretrained.tensors[f"norm.{part}"] for part in ("weight", "bias")})
        for place, layer in enumerate(self.layers):
            source = place * pretrained.layers // len(self.layers)
            layer.load_state_dict({part: pretrained.tensors[f"layers.{source}.{part}"] for part in layer.state_dict()})

    def param_groups(self) -> list[dict[str, Any]]:
        """Return optimiser groups with a smaller share of the learning rate: what is known is not to be forgotten."""
        table = self.embedding.table.weight
        rest = [parameter for parameter in self.parameters() if parameter is not table]
        return [{"params": rest, "rate_factor": LAYER_RATE}, {"params": [table], "rate_factor": TABLE_RATE}]

    def forward(self, ids: Tensor, mask: Tensor) -> States:
        """Read a batch. Shapes: `ids` (B, N, K) int64, `mask` (B, N) bool, True on words."""
        embedded = self.norm(self.embedding(ids) + self.positions[: ids.shape[1]])
        bias = torch.zeros_like(mask, dtype=embedded.dtype).masked_fill(~mask, -1e9)[:, None, None, :]  # (B, 1, 1, N)
        layers = [self.dropout(embedded)]
        for layer in self.layers:
            layers.append(layer(layers[-1], bias))
        return States(layers, layers[0])
