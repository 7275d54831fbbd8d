"""The encoder trunk: a pre-trained model's attention layers over whole words, or over its own pieces.

The model (BERT, Devlin et al. 2019, arXiv 1810.04805; here MiniLM, Wang et al. 2020, arXiv 2002.10957, multilingual E5,
Wang et al. 2024, arXiv 2402.05672, and MPNet, Song et al. 2020, arXiv 2004.09297) read word pieces. A speaker reads
words and n-grams, as under the compact trunk: a word starts as the mean of its pieces, turned into fewer dimensions
where the embedding is narrower (PCA). A server or a teacher has room for the pieces themselves: a word's state is that
of its first piece. Some of the layers may be left out: evenly, so that the first is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from model.layers.trunk import LayerStates, LockedDropout, WordEmbedding
from schemas.artifacts.vectors import VectorsInvalid, require_file
from schemas.spec.net import TrunkSpec
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.bundle.manifest import PIECES
from trunkline_edge.understanding.featurizer import PAD_ID, UNKNOWN_ID, Featurizer
from trunkline_edge.understanding.pieces import WITHIN_WORD, WORD_START, Pieces
from trunkline_edge.understanding.text import MAX_CHARACTERS

MAX_PIECES = MAX_CHARACTERS + 2
"""Places of a text's pieces: each has a character, and a mark comes before and after."""
HEAD_WIDTH = 32
"""Of one attention head of MiniLM and E5-small; in BERT itself it is 64."""
MOST_DISTANCE = 128
"""Places that are farther apart attend to each other as if they were so far."""
LAYER_RATE, TABLE_RATE = 0.075, 0.25
"""Shares of the learning rate for what was learned before, and for word vectors, of which most rows are seldom met."""
GRAM_SPREAD = 0.01
"""Standard deviation of the n-grams' random vectors at the start: they add to the words, of about 0.05, later."""


@dataclass(frozen=True)
class Pretrained:
    """What `bench.vectors` takes out of a pre-trained model."""

    pieces: dict[str, int]
    """Piece -> row of `tensors["pieces"]`; marked as `trunkline_edge.understanding.pieces` says."""
    tensors: dict[str, Tensor]
    """`pieces` (pieces, d), `positions` (positions, d), `norm.weight` and `norm.bias` (d,), and of each layer
    `layers.<number>.<name>` for every parameter of an `AttentionLayer`; where attention looks at distances,
    `distances` (2 `MOST_DISTANCE` + 1, heads)."""
    marks: tuple[str, ...] = ("[CLS]", "[SEP]", "[UNK]")
    """Pieces that begin and end a text, and the one of what no piece has."""
    scores: tuple[float, ...] | None = None
    """Of the pieces in their order, where the model is a Unigram one; else the longest are taken first."""
    attention_heads: int | None = None
    """Of each layer; None: one for every `HEAD_WIDTH` of its width."""

    @property
    def layers(self) -> int:
        """Number of layers."""
        return sum(name.endswith(".mix.weight") for name in self.tensors)

    def words(self) -> tuple[str, ...]:
        """Return the whole words of English letters among the pieces, in the model's order."""
        mark = WORD_START if self.scores else ""
        words = (piece.removeprefix(mark) for piece in self.pieces if piece.startswith(mark))
        return tuple(word for word in words if word.isalpha() and word.isascii())  # "##ing" is not alphabetic

    def lines(self, characters: Container[str]) -> tuple[str, ...]:
        """Return as a vocabulary the pieces that are written with these characters alone, in the model's order."""
        scores = [""] * len(self.pieces) if self.scores is None else [f"\t{score:.4f}" for score in self.scores]
        return tuple(
            piece + score
            for piece, score in zip(self.pieces, scores, strict=True)
            if piece not in self.marks
            and all(c in characters for c in piece.removeprefix(WITHIN_WORD).removeprefix(WORD_START))
        )

    def vectors(self, words: Sequence[str]) -> Tensor:
        """Return the mean of each word's pieces, of one that cannot be cut that of what is unknown.

        Shape: (words, d).
        """
        lines = self.lines(frozenset[str]().union(*self.pieces))
        model, rows = Pieces(lines), self.rows(lines)
        unknown = [self.pieces[self.marks[2]]]
        cuts = (model.cut(word) for word in words)
        known = (unknown if None in cut else [rows[number] for number in cut if number is not None] for cut in cuts)
        return torch.stack([self.tensors["pieces"][row].mean(0) for row in known])

    def rows(self, lines: Sequence[str]) -> list[int]:
        """Return the row of the table of each piece of a vocabulary."""
        return [self.pieces[line.partition("\t")[0]] for line in lines]


def save_pretrained(path: Path, pretrained: Pretrained) -> None:
    """Write a pre-trained encoder as half floats: a net only starts from it."""
    halves = {name: tensor.half().contiguous() for name, tensor in pretrained.tensors.items()}
    facts = {"pieces": pretrained.pieces, "marks": pretrained.marks, "scores": pretrained.scores}
    write_atomic(path, save(halves, {name: json.dumps(fact) for name, fact in facts.items()}))


def load_pretrained(path: Path) -> Pretrained:
    """Read what `save_pretrained` wrote; raises `VectorsInvalid` when the file is missing or none."""
    require_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 (no mapping)
            facts = {name: json.loads(fact) for name, fact in file.metadata().items()}
            scores = None if facts["scores"] is None else tuple(facts["scores"])
            pretrained = Pretrained(facts["pieces"], tensors, tuple(facts["marks"]), scores)
    except FileNotFoundError:
        raise VectorsInvalid(f"{path}: no such file of a pre-trained encoder; `make vectors` writes one") from None
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise VectorsInvalid(f"{path}: no pre-trained encoder ({error}); expected what `make vectors` writes") from None
    return pretrained


More = Callable[[str, Tensor, Tensor], Tensor]
"""Name of a layer's linear map, its input, its output -> what takes the output's place: for adapters."""


def nothing_more(name: str, read: Tensor, found: Tensor) -> Tensor:
    """Return what a layer's own map gives."""
    return found


class AttentionLayer(nn.Module):
    """Self-attention and a feed-forward net, each with a residual connection and layer norm after it (post-norm)."""

    def __init__(self, width: int, heads: int, dropout: float, units: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention = nn.Linear(width, 3 * width)  # queries, keys, values
        self.mix = nn.Linear(width, width)
        self.mixed_norm = nn.LayerNorm(width, 1e-12)
        self.widen, self.narrow = nn.Linear(width, units), nn.Linear(units, width)
        self.norm = nn.LayerNorm(width, 1e-12)
        self.dropout = LockedDropout(dropout)

    def forward(self, hidden: Tensor, bias: Tensor, more: More = nothing_more) -> Tensor:
        """Shapes: (B, N, d), (B, 1 or heads, 1 or N, N) added to the attention's logits -> (B, N, d).

        `more` may change what `attention` and `mix` give.
        """
        rows, words, width = hidden.shape
        asked = more("attention", hidden, self.attention(hidden))
        parts = asked.view(rows, words, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)  # each (B, heads, N, d / heads)
        read = attend(query, key, value, bias, training=self.training)
        # A copy even where none is needed: as the exporter takes attention apart, its result lies otherwise in memory.
        read = read.transpose(1, 2).clone(memory_format=torch.contiguous_format).view(rows, words, width)
        mixed = self.mixed_norm(hidden + self.dropout(more("mix", read, self.mix(read))))
        result: Tensor = self.norm(mixed + self.dropout(self.narrow(functional.gelu(self.widen(mixed)))))
        return result


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor, *, training: bool) -> Tensor:
    """Return the values that each place attends to, `bias` added to the logits.

    Shapes: three times (B, heads, N, e), (B, 1 or heads, 1 or N, N) -> the first.

    The backward pass of torch's fused form works on a CPU in blocks far longer than utterances: 18 ms for 32 rows of 12
    pieces (bf16, torch 2.13), where that of matrix products takes 1 ms.
    """
    if not training or query.device.type != "cpu":
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    weights = (query * query.shape[-1] ** -0.5 @ key.transpose(-2, -1) + bias).softmax(-1)
    read: Tensor = weights.to(value.dtype) @ value
    return read


class PieceTable(nn.Module):
    """Vectors of pieces as the model learned them: training meets few of them, so none is changed.

    Where the table is narrower than the trunk they are turned into fewer dimensions, and a linear map leads back.
    """

    vectors: Tensor
    """Shape: (ids + 2, e); the last two begin and end a text."""

    def __init__(self, size: int, spec: TrunkSpec) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.zeros(size + 2, spec.embedding_width))
        narrow = spec.embedding_width < spec.width
        self.project = nn.Linear(spec.embedding_width, spec.width) if narrow else nn.Identity()

    def start_from(self, pretrained: Pretrained, featurizer: Featurizer) -> None:
        """Take over the vectors of the featurizer's pieces and of the marks."""
        begin, end, unknown = (pretrained.pieces[mark] for mark in pretrained.marks)
        rows = [unknown, *pretrained.rows(featurizer.vocabulary), begin, end]
        vectors = pretrained.tensors["pieces"][rows].to(self.vectors.device)
        if isinstance(self.project, nn.Linear):
            vectors = _narrowed(vectors, self.project)
        self.vectors[UNKNOWN_ID:] = vectors

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Put the pieces of all words in a row, between two marks.

        Shape: (B, N, K) int64 -> vectors (B, P, d), which of them are there (B, P) bool, and the place of the first
        piece of each word (B, N). P is what the longest row has.
        """
        flat = ids.flatten(1)  # (B, N K)
        place = (flat != PAD_ID).cumsum(1)  # from 1: place 0 is the mark's
        last = place[:, -1:] + 1  # (B, 1)
        size = cast("int", last.max().item()) + 1  # int() would make it a constant of the exported graph
        torch._check(size > 2)  # type: ignore[no-untyped-call]  # to the exporter it is any number
        # What is no piece goes to place 0, which the mark then takes.
        packed = flat.new_full((flat.shape[0], size), PAD_ID).scatter(1, torch.where(flat != PAD_ID, place, 0), flat)
        packed = packed.scatter(1, last, len(self.vectors) - 1)
        packed = packed.scatter(1, torch.zeros_like(last), len(self.vectors) - 2)
        first = place.view(ids.shape)[:, :, 0]
        vectors: Tensor = self.project(functional.embedding(packed, self.vectors))
        return vectors, packed != PAD_ID, first


class EncoderTrunk(nn.Module):
    """ids and mask to the states of every layer. Without `start_from`, random: for weights that are loaded anyway."""

    distances: nn.Parameter | None
    """What attention's logits have more of from a place to one so many places on, -`MOST_DISTANCE` first.

    Shape: (2 `MOST_DISTANCE` + 1, heads), the same in each layer.
    """

    def __init__(self, size: int, spec: TrunkSpec) -> None:
        super().__init__()
        self.width = spec.width
        self.embedding: WordEmbedding | PieceTable
        if spec.tokenizer == PIECES:
            self.embedding = PieceTable(size, spec)
            places = MAX_PIECES
        else:
            self.embedding = WordEmbedding(size, spec)
            # The pre-trained layer norm comes after the positions; one before the projection would undo the start.
            self.embedding.norm = nn.Identity()  # type: ignore[assignment]  # where a LayerNorm stood
            places = spec.featurizer.max_words
        self.positions = nn.Parameter(torch.zeros(places, spec.width))
        self.norm = nn.LayerNorm(spec.width, 1e-12)
        self.dropout = LockedDropout(spec.dropout)
        self.heads = spec.attention_heads or max(1, spec.width // HEAD_WIDTH)
        looks = nn.Parameter(torch.zeros(2 * MOST_DISTANCE + 1, self.heads)) if spec.relative_attention else None
        self.register_parameter("distances", looks)
        self.units = spec.feed_forward or 4 * spec.width
        self.layers = nn.ModuleList(
            AttentionLayer(spec.width, self.heads, spec.dropout, self.units) for _ in range(spec.layers)
        )

    @torch.no_grad()
    def start_from(self, pretrained: Pretrained, featurizer: Featurizer) -> None:
        """Take over words or pieces, positions and layers; raises `VectorsInvalid` where the sizes do not fit."""
        positions = pretrained.tensors["positions"]
        if isinstance(self.embedding, PieceTable):
            self._check(pretrained, self.embedding.vectors.shape[1])
            self.embedding.start_from(pretrained, featurizer)
            first = 0
        else:
            self._check(pretrained, self.embedding.table.embedding_dim)
            _start_words(self.embedding, pretrained, featurizer)
            first = 1  # position 0 was that of a mark before the sentence
        places = torch.arange(first, first + len(self.positions)).clamp(max=len(positions) - 1)
        self.positions.copy_(positions[places])
        if self.distances is not None:
            self.distances.copy_(pretrained.tensors["distances"])
        self.norm.load_state_dict({part: pretrained.tensors[f"norm.{part}"] for part in ("weight", "bias")})
        for place, layer in enumerate(self.layers):
            source = place * pretrained.layers // len(self.layers)
            layer.load_state_dict({part: pretrained.tensors[f"layers.{source}.{part}"] for part in layer.state_dict()})

    def _check(self, pretrained: Pretrained, embedding_width: int) -> None:
        width, sizes = pretrained.tensors["positions"].shape[1], (self.width, embedding_width, len(self.layers))
        if width != self.width or embedding_width > self.width or len(self.layers) > pretrained.layers:
            raise VectorsInvalid(
                "trunk.width, embedding_width and layers are {}, {} and {}; ".format(*sizes)
                + f"the pre-trained encoder is {width} wide and has {pretrained.layers} layers: "
                "set that width, and no more of the others"
            )
        units = len(pretrained.tensors["layers.0.widen.bias"])
        if units != self.units:
            raise VectorsInvalid(
                f"trunk.feed_forward is {self.units}, the pre-trained encoder has {units} units in a layer: set that"
            )
        heads = pretrained.attention_heads or max(1, width // HEAD_WIDTH)
        if heads != self.heads:
            raise VectorsInvalid(
                f"trunk.attention_heads is {self.heads}, the pre-trained encoder has {heads} in a layer: set that"
            )
        if (looks := "distances" in pretrained.tensors) != (self.distances is not None):
            has, wanted = ("a bias", "true") if looks else ("no bias", "false")
            raise VectorsInvalid(
                f"the pre-trained encoder has {has} for how far apart two places are: "
                f"set trunk.relative_attention: {wanted}"
            )

    def param_groups(self) -> list[dict[str, Any]]:
        """Return optimiser groups with a smaller share of the learning rate: what is known is not to be forgotten."""
        tables = [self.embedding.table.weight] if isinstance(self.embedding, WordEmbedding) else []
        rest = [parameter for parameter in self.parameters() if all(parameter is not table for table in tables)]
        return [{"params": rest, "rate_factor": LAYER_RATE}, {"params": tables, "rate_factor": TABLE_RATE}]

    def forward(self, ids: Tensor, mask: Tensor) -> LayerStates:
        """Read a batch. Shapes: `ids` (B, N, K) int64, `mask` (B, N) bool, True on words."""
        state, bias, first = self.begin(ids, mask)
        layers = [state]
        for layer in self.layers:
            layers.append(layer(layers[-1], bias))
        layers = [self.of_words(state, first) for state in layers]
        return LayerStates(layers, layers[0])

    def begin(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return what the first layer reads, the bias of its attention, and where each word's first piece is.

        Shapes: as for `forward` -> (B, P, d), (B, 1 or heads, 1 or P, P), (B, N); of words P is N, and their places are
        None.
        """
        if isinstance(self.embedding, PieceTable):
            vectors, present, first = self.embedding(ids)
        else:
            vectors, present, first = self.embedding(ids), mask, None
        # Some characters are several in their normal form: what comes after the last position is read as there.
        places = torch.arange(vectors.shape[1], device=vectors.device).clamp(max=len(self.positions) - 1)
        embedded = self.norm(vectors + functional.embedding(places, self.positions))
        bias = torch.zeros_like(present, dtype=embedded.dtype).masked_fill(~present, -1e9)[:, None, None, :]
        if self.distances is not None:
            apart = (places[None, :] - places[:, None]).clamp(-MOST_DISTANCE, MOST_DISTANCE) + MOST_DISTANCE
            bias = bias + functional.embedding(apart, self.distances).permute(2, 0, 1)
        return self.dropout(embedded), bias, first

    def of_words(self, state: Tensor, first: Tensor | None) -> Tensor:
        """Return a layer's states of words. Shapes: (B, P, d), (B, N) as `begin` gives it -> (B, N, d)."""
        return state if first is None else state.gather(1, first.unsqueeze(2).expand(-1, -1, self.width))


def _start_words(embedding: WordEmbedding, pretrained: Pretrained, featurizer: Featurizer) -> None:
    """Give words the means of their pieces, along the directions that tell most of them."""
    table = embedding.table.weight
    vectors = pretrained.vectors(featurizer.vocabulary).to(table.device)
    table.mul_(GRAM_SPREAD / table.std())
    table[[featurizer.word_id(word) for word in featurizer.vocabulary]] = _narrowed(vectors, embedding.project)
    table[UNKNOWN_ID] = 0


def _narrowed(vectors: Tensor, project: nn.Linear) -> Tensor:
    """Return vectors along the directions that tell most of them (PCA), and let `project` lead back.

    Shapes: (rows, d) -> (rows, what `project` reads).
    """
    mean = vectors.mean(0)
    kept = telling_directions(vectors - mean, project.in_features)
    project.weight.copy_(kept)
    project.bias.copy_(mean)
    narrowed: Tensor = (vectors - mean) @ kept
    return narrowed


def telling_directions(centred: Tensor, count: int) -> Tensor:
    """Return so many directions that tell most of vectors whose mean is 0 (PCA).

    Shape: (rows, d) -> (d, count).
    """
    # Of the covariance, for there may be fewer rows than dimensions; eigh begins with the least telling direction.
    directions: Tensor = torch.linalg.eigh(centred.T @ centred)[1].flip(1)
    return directions[:, :count]
