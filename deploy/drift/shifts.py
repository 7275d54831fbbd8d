"""Do two windows differ in what is counted? A permutation test whose unit is the block.

If nothing has changed, any block could as well have fallen into the other window. So the blocks are dealt anew many
times, and the p-value is the share of deals whose chi-square is at least as high as the one seen, the one seen among
them (Phipson and Smyth 2010, "Permutation p-values should never be zero"): valid for any distribution and any number
of blocks, where the chi-square table would take the utterances of one household for independent ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.drift.said import Block

DEALS = 2_000
"""The smallest p-value is 1 / 2,001; Holm over 7 signals at 0.01 asks for 0.0014."""
KINDS = 40
"""Most frequent ones that count by themselves, the rest as one."""
REST = "(others)"
CHUNK = 250
"""Deals at once: of 100,000 blocks, 100 MB."""


@dataclass(frozen=True)
class Shift:
    """How one signal differs between two windows."""

    signal: str
    p_value: float
    distance: float
    """Total variation, 0 to 1: the share of what is counted that would have to be of another kind."""
    by_chance: float
    """The mean of that over the deals: so far apart two windows of this size are where nothing has changed."""
    moved: tuple[tuple[str, float, float], ...]
    """The kinds that changed most: name, share before, share now."""

    @property
    def excess(self) -> float:
        """Distance beyond chance."""
        return max(0.0, self.distance - self.by_chance)


def shift_of(
    signal: str, before: Mapping[Block, Counter[str]], now: Mapping[Block, Counter[str]], seed: int = 0
) -> Shift | None:
    """Compare two windows of blocks; None where there is nothing to count in one of them."""
    kinds = _kinds([*before.values(), *now.values()])
    table = np.array([_row(block, kinds) for block in (*before.values(), *now.values())], np.float32)
    is_now = np.arange(len(table)) >= len(before)
    if len(table) == 0 or not table[is_now].sum() or not table[~is_now].sum():
        return None
    chi, distance = _compared(table, is_now[None])
    dealt = np.random.default_rng(seed)
    deals = [
        _compared(table, dealt.permuted(np.tile(is_now, (min(CHUNK, DEALS - begin), 1)), axis=1))
        for begin in range(0, DEALS, CHUNK)
    ]
    chis, distances = (np.concatenate(each) for each in zip(*deals, strict=True))
    # A hair lower, so that deals which are equal but for rounding count as at least as high.
    as_high = int((chis >= chi[0] * (1 - 1e-5)).sum())
    shares = [table[mask].sum(0) / table[mask].sum() for mask in (~is_now, is_now)]
    order = np.argsort(-np.abs(shares[1] - shares[0]))[:3]
    return Shift(
        signal=signal,
        p_value=(1 + as_high) / (1 + DEALS),
        distance=float(distance[0]),
        by_chance=float(distances.mean()),
        moved=tuple((kinds[place], float(shares[0][place]), float(shares[1][place])) for place in order),
    )


def _compared(table: NDArray[np.float32], is_now: NDArray[np.bool_]) -> tuple[NDArray[np.float32], ...]:
    """Return chi-square and total variation of each deal; shape of `is_now`: (deals, blocks)."""
    now = is_now.astype(np.float32) @ table  # (deals, kinds)
    total = table.sum(0)
    before = total - now
    n_now, n_before = now.sum(1, keepdims=True), before.sum(1, keepdims=True)
    # A deal may leave one side without anything, as some blocks count nothing.
    share_now, share_before = now / np.maximum(n_now, 1), before / np.maximum(n_before, 1)
    weight = n_now * n_before / np.maximum(n_now + n_before, 1)
    gap = share_now - share_before
    chi = (weight * gap**2 / np.maximum(total / total.sum(), 1e-12)).sum(1)
    return chi, np.abs(gap).sum(1) / 2


def _kinds(blocks: list[Counter[str]]) -> list[str]:
    """Return the most frequent kinds of both windows together: chosen so, the choice does not know which is which."""
    total = Counter[str]()
    for block in blocks:
        total.update(block)
    return [*(kind for kind, _ in sorted(total.items(), key=lambda each: (-each[1], each[0]))[:KINDS]), REST]


def _row(block: Counter[str], kinds: list[str]) -> list[int]:
    known = [block[kind] for kind in kinds[:-1]]
    return [*known, block.total() - sum(known)]
