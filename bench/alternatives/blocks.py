"""Layers in place of the LSTMs."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.layers.encoder import attend
from model.layers.trunk import LockedDropout
from model.training.loop import Training

KERNEL = 3
CONVOLUTIONS = 4
"""Layers: each state then sees four words to either side."""
ATTENTION_HEADS = 4
ATTENTIONS = 2


def convolutions(training: Training) -> None:
    """Read with gated convolutions."""
    _exchange(training, [GatedConvolution(*_sizes(training)) for _ in range(CONVOLUTIONS)])


def rotary_attention(training: Training) -> None:
    """Read with attention that knows how far words are apart."""
    _exchange(training, [RotaryAttention(*_sizes(training)) for _ in range(ATTENTIONS)])


class GatedConvolution(nn.Module):
    """A convolution whose one half gates the other (Dauphin et al. 2017, arXiv 1612.08083), residual, layer norm."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.dropout = LockedDropout(dropout)
        # A product with neighbours side by side: the pass to int8 leaves convolutions as they are.
        self.read = nn.Linear(KERNEL * width, 2 * width)
        self.norm = nn.LayerNorm(width)

    def forward(self, hidden: Tensor, mask: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Shapes and answer as for `model.layers.trunk.LstmLayer`."""
        words = functional.pad(self.dropout(hidden) * mask.unsqueeze(2), (0, 0, KERNEL // 2, KERNEL // 2))
        seen = torch.cat([words[:, shift : shift + hidden.shape[1]] for shift in range(KERNEL)], 2)
        read = functional.glu(self.read(seen), 2)
        return self.norm(hidden + read), read


class RotaryAttention(nn.Module):
    """Self-attention with rotary positions (Su et al. 2021, arXiv 2104.09864) and a feed-forward net, norms after."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.dropout = LockedDropout(dropout)
        self.attention, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.mixed_norm, self.norm = nn.LayerNorm(width), nn.LayerNorm(width)
        pairs = width // ATTENTION_HEADS // 2
        self.rates: Tensor
        self.register_buffer("rates", 1000.0 ** -(torch.arange(pairs) / pairs), persistent=False)

    def forward(self, hidden: Tensor, mask: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Shapes and answer as for `model.layers.trunk.LstmLayer`."""
        rows, words, width = hidden.shape
        parts = self.attention(self.dropout(hidden)).view(rows, words, 3, ATTENTION_HEADS, -1).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        turn = torch.arange(words, device=hidden.device).unsqueeze(1) * self.rates
        bias = torch.zeros_like(mask, dtype=hidden.dtype).masked_fill(~mask, -1e9)[:, None, None, :]
        read = attend(_turned(query, turn), _turned(key, turn), value, bias, training=self.training)
        read = self.mix(read.transpose(1, 2).reshape(rows, words, width))
        mixed = self.mixed_norm(hidden + read)
        return self.norm(mixed + self.narrow(functional.gelu(self.widen(self.dropout(mixed))))), read


def _turned(states: Tensor, turn: Tensor) -> Tensor:
    """Turn pairs of features by angles. Shapes: (B, heads, N, w), (N, w / 2) -> (B, heads, N, w)."""
    one, other = states.chunk(2, -1)
    cosine, sine = turn.cos(), turn.sin()
    return torch.cat([one * cosine - other * sine, one * sine + other * cosine], -1)


def _sizes(training: Training) -> tuple[int, float]:
    return training.spec.trunk.width, training.spec.trunk.dropout


def _exchange(training: Training, layers: list[nn.Module]) -> None:
    training.net.sharing.trunk.layers = nn.ModuleList(layers)
