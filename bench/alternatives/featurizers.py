"""Other encodings of a word than its own id and its n-grams'. A position stays a word: labels, and the rest of the net,
stay as they are.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.data.batches import encode
from model.layers.encoder import load_pretrained
from model.net import Net
from model.training.loop import Training
from model.training.start import start_words
from schemas.artifacts.vectors import load_vectors
from trunkline_edge.bundle.manifest import PIECES
from trunkline_edge.understanding.featurizer import FIRST_WORD_ID, PAD_ID, Featurizer
from trunkline_edge.understanding.pieces import Pieces

ENCODER = Path("data/minilm.safetensors")
"""Whose word pieces are taken."""
BUCKETS = 1
"""N-grams are not read; a table has at least one row for them."""
BYTES = 256
BYTE_WIDTH, FILTERS, KERNELS = 32, 64, (2, 3, 4, 5)


class ByteFeaturizer(Featurizer):
    """A word is its bytes, between two marks."""

    def _features(self, form: str) -> tuple[int, ...]:
        kept = form.encode()[: self.config.max_features - 2]
        return tuple(FIRST_WORD_ID + value for value in (ord("<"), *kept, ord(">")))


class ByteWords(nn.Module):
    """Convolutions over a word's bytes, the greatest answer of each, a highway (Kim et al. 2016, arXiv 1508.06615)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(FIRST_WORD_ID + BYTES + BUCKETS, BYTE_WIDTH, padding_idx=PAD_ID)
        self.filters = nn.ModuleList(nn.Conv1d(BYTE_WIDTH, FILTERS, kernel) for kernel in KERNELS)
        size = FILTERS * len(KERNELS)
        self.change, self.gate = nn.Linear(size, size), nn.Linear(size, size)
        self.project = nn.Linear(size, width)

    def forward(self, ids: Tensor) -> Tensor:
        """Shape: (B, N, K) int64 -> (B, N, d)."""
        spelled = self.table(ids.flatten(0, 1)).transpose(1, 2)
        found = torch.cat([functional.relu(each(spelled)).amax(2) for each in self.filters], 1)
        gate = torch.sigmoid(self.gate(found))
        mixed = gate * functional.relu(self.change(found)) + (1 - gate) * found
        return self.project(mixed).view(*ids.shape[:2], -1)


class PieceFeaturizer(Featurizer):
    """A word is its pieces, the longest from the left: the first in place of its own id, the rest of n-grams."""

    @property
    def size(self) -> int:
        """Number of ids, and the row for n-grams that a compact trunk has."""
        return super().size + BUCKETS


def bytes_of_words(training: Training) -> None:
    """Read bytes; word vectors have no place."""
    config = replace(training.featurizer.config, buckets=BUCKETS)
    _read_with(training, ByteFeaturizer(config, [f"byte {value}" for value in range(BYTES)]))
    training.net.sharing.trunk.embedding = ByteWords(training.spec.trunk.width)


def word_pieces(training: Training) -> None:
    """Read pieces of MiniLM's vocabulary: those of the train rows' words, and all that are whole words with vectors."""
    all_pieces = load_pretrained(ENCODER).pieces
    model, names = Pieces(all_pieces), list(all_pieces)
    spec = training.spec.trunk
    assert spec.vectors is not None, "what this is compared with starts from word vectors"
    vectors = load_vectors(spec.vectors)
    said = {form for form in training.featurizer.vocabulary[: spec.featurizer.vocabulary] if form not in all_pieces}
    parts = {names[piece] for form in said for piece in model.cut(form) if piece is not None}
    config = replace(training.featurizer.config, kind=PIECES, buckets=BUCKETS)
    _read_with(training, PieceFeaturizer(config, sorted({*vectors.words, *parts})))
    start_words(training.net, training.spec.trunk, vectors, training.featurizer)


def _read_with(training: Training, featurizer: Featurizer) -> None:
    """Read all rows anew, and make a net for these ids."""
    training.featurizer = featurizer
    training.rows = encode(training.dataset, "train", featurizer, training.plans)
    training.valid = encode(training.dataset, "valid", featurizer, training.plans)
    # The net takes the size of the table from the featurizer, and what part of it is words from the spec.
    options = training.spec.trunk.featurizer.model_copy(update={"buckets": BUCKETS})
    trunk = training.spec.trunk.model_copy(update={"featurizer": options})
    training.net = Net(training.spec.model_copy(update={"trunk": trunk}), training.plans, featurizer.size)
